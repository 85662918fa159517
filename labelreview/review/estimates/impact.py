"""Does it matter? A model's figures on the labels as given and as corrected, and how sure the difference is.

After Northcutt, Athalye & Mueller 2021, "Pervasive label errors in test sets". Average precision as in scikit-learn
(equal scores are one threshold); F1 at a threshold. Unknown cells (-1) and cells without a score (NaN) are left out.
Intervals: paired bootstrap over items. With more than 200 items, 200 random groups of items are drawn instead, so that
the cost does not grow with the number of resamples; scores are then ranked in fine bins (single ranks at the top).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from labelreview.errors import InputError
from labelreview.review.estimates.rates import Estimate
from labelreview.tags import PRESENT, UNKNOWN, Labels

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

GROUPS = 200
SINGLE_RANKS = 128
GROWTH = 1.04


@dataclass(frozen=True)
class Change:
    """A figure on given and on corrected labels, and corrected minus given with its interval."""

    given: float
    corrected: float
    difference: Estimate


@dataclass(frozen=True)
class Impact:
    """A model's figures. `by_tag`: average precision of each tag, NaN where the tag is never present."""

    macro_ap: Change
    micro_ap: Change
    macro_f1: Change
    micro_f1: Change
    by_tag: tuple[Change, ...]


def impact(
    pred_probs: npt.NDArray[np.floating],
    given: Labels,
    corrected: Labels,
    *,
    only: Mask | None = None,
    threshold: float = 0.5,
    resamples: int = 300,
    confidence: float = 0.95,
    seed: int = 0,
) -> Impact:
    """What the corrections change in a model's figures. pred_probs, given, corrected: (N, K).

    only: (N, K) bool, the cells to count (the reviewed ones, say: chosen as suspicious, so low by choice). Raises
    InputError when the shapes differ.

    >>> probs = np.array([[0.9], [0.8], [0.3], [0.2]])
    >>> before, after = np.array([[1], [0], [1], [0]], np.int8), np.array([[1], [1], [0], [0]], np.int8)
    >>> found = impact(probs, before, after, resamples=100)
    >>> round(found.macro_ap.given, 3), found.macro_ap.corrected
    (0.833, 1.0)
    """
    if not pred_probs.shape == given.shape == corrected.shape or (only is not None and only.shape != given.shape):
        raise InputError(f"pred_probs are {pred_probs.shape}, given labels {given.shape} and corrected labels "
                         f"{corrected.shape}. Give all for the same items and tags.")  # fmt: skip
    kept = (given != UNKNOWN) & (corrected != UNKNOWN) & ~np.isnan(pred_probs)
    if only is not None:
        kept &= only
    group, weights = _resampling(len(given), resamples, seed)
    every = _chosen(pred_probs, given, corrected, group, *np.nonzero(kept))
    tags = [_chosen(pred_probs, given, corrected, group, *_cells_of(kept, tag)) for tag in range(given.shape[1])]
    ap = np.array([_precisions(cells, weights) for cells in tags])
    hits = np.array([_hits(cells, weights, threshold) for cells in tags])
    figures = _mean(ap), _precisions(every, weights), _mean(_f1(hits)), _f1(hits.sum(axis=0, keepdims=True))[0]
    macro_ap, micro_ap, macro_f1, micro_f1 = (_change(each, confidence) for each in figures)
    return Impact(macro_ap, micro_ap, macro_f1, micro_f1, tuple(_change(figure, confidence) for figure in ap))


def _resampling(items: int, resamples: int, seed: int) -> tuple[Ints, Floats]:
    """Each item's group, and how often each group counts: once in the first row, then by resample."""
    rng, groups = np.random.default_rng(seed), max(1, min(items, GROUPS))
    drawn = rng.multinomial(groups, np.full(groups, 1 / groups), resamples)
    return rng.permutation(items) % groups, np.vstack([np.ones(groups), drawn]).astype(float)


@dataclass(frozen=True)
class _Cells:
    scores: npt.NDArray[np.floating]
    given: Mask
    corrected: Mask
    group: Ints


def _cells_of(kept: Mask, tag: int) -> tuple[Ints, Ints]:
    rows = np.flatnonzero(kept[:, tag])
    return rows, np.full(len(rows), tag)


def _chosen(
    probs: npt.NDArray[np.floating], given: Labels, corrected: Labels, group: Ints, rows: Ints, columns: Ints
) -> _Cells:
    before, after = given[rows, columns] == PRESENT, corrected[rows, columns] == PRESENT
    return _Cells(probs[rows, columns], before, after, group[rows])


def _precisions(cells: _Cells, weights: Floats) -> Floats:
    """Average precision on given and corrected labels, (2, 1 + resamples): first the exact one, then the resamples,
    shifted by what the bins change. Without a correction all are the exact one."""
    order = np.argsort(-cells.scores, kind="stable")
    scores, group = cells.scores[order], cells.group[order]
    starts = np.flatnonzero(np.diff(scores, prepend=np.nan) != 0)
    tie = np.searchsorted(starts, np.arange(len(scores)), side="right") - 1
    exact = [float(_average_precision(np.bincount(tie, present[order]), np.bincount(tie, minlength=1)))
             for present in (cells.given, cells.corrected)]  # fmt: skip
    if np.array_equal(cells.given, cells.corrected):  # no correction, no difference in any resample
        return np.repeat(np.array(exact)[:, None], len(weights), axis=1)
    bins = _bin_of(starts)[tie]
    size, groups = int(bins.max(initial=0)) + 1, weights.shape[1]
    place = group * size + bins
    every = weights @ np.bincount(place, minlength=groups * size).reshape(groups, size)
    out = []
    for present, value in zip((cells.given[order], cells.corrected[order]), exact, strict=True):
        hit = weights @ np.bincount(place, present, groups * size).reshape(groups, size)
        binned = _average_precision(hit, every)
        out.append(np.concatenate([[value], binned[1:] + (value - binned[0])]))
    return np.array(out)


def _average_precision(hit: npt.NDArray[Any], every: npt.NDArray[Any]) -> Floats:
    """Mean precision over the present cells; thresholds from high to low along the last axis."""
    found, asked = np.cumsum(hit, axis=-1), np.cumsum(every, axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(asked > 0, found / asked, 0)
        return np.asarray((precision * hit).sum(axis=-1) / found[..., -1])


def _bin_of(ranks: Ints) -> Ints:
    """Bins of ranks: one each up to 128, then 4 % wide."""
    beyond = np.maximum(ranks, SINGLE_RANKS) / SINGLE_RANKS
    wide = SINGLE_RANKS + (np.log(beyond) / np.log(GROWTH)).astype(np.int64)
    return np.asarray(np.unique(np.where(ranks < SINGLE_RANKS, ranks, wide), return_inverse=True)[1])


def _hits(cells: _Cells, weights: Floats, threshold: float) -> Floats:
    """True positives, false positives, false negatives: (2, 3, 1 + resamples)."""
    said = cells.scores >= threshold
    groups = weights.shape[1]
    return np.array([
        [weights @ np.bincount(cells.group, hit, groups) for hit in (said & present, said & ~present, ~said & present)]
        for present in (cells.given, cells.corrected)
    ])  # fmt: skip


def _f1(counts: Floats) -> Floats:
    """(tags, 2, 3, resamples) → (tags, 2, resamples); NaN where nothing is present and nothing was said."""
    right, invented, missed = (counts[:, :, at] for at in range(3))
    with np.errstate(invalid="ignore"):
        return np.asarray(2 * right / (2 * right + invented + missed))


def _mean(figures: Floats) -> Floats:
    """The mean over tags of those that have a figure on both label sets, so that the two stay comparable."""
    there = ~np.isnan(figures).any(axis=1, keepdims=True)
    count = there.sum(axis=0)
    return np.asarray(np.where(there, figures, 0).sum(axis=0) / np.where(count, count, np.nan))


def _change(figure: Floats, confidence: float) -> Change:
    before, after = figure[0, 0], figure[1, 0]
    differences = figure[1, 1:] - figure[0, 1:]
    differences = differences[~np.isnan(differences)]
    if not len(differences) or np.isnan(after - before):
        return Change(float(before), float(after), Estimate(float("nan"), float("nan"), float("nan")))
    low, high = np.quantile(differences, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Change(float(before), float(after), Estimate(float(after - before), float(low), float(high)))


def ranks(figures: Iterable[float]) -> list[int]:
    """Places in a table of models, 1 = greatest figure; equal figures share a place.

    >>> ranks([0.7, 0.9, 0.7])
    [2, 1, 2]
    """
    values = list(figures)
    return [1 + sum(other > value for other in values) for value in values]
