"""Does it matter? A model's figures on the labels as given and as corrected, and how sure the difference is.

After Northcutt, Athalye & Mueller 2021, "Pervasive label errors in test sets". Average precision as in scikit-learn
(equal scores are one threshold); F1 at a threshold. Unknown cells (-1) and cells without a score (NaN) are left out.
Intervals: paired bootstrap over items. With more than 200 items, 200 random groups of items are drawn instead, so that
the cost does not grow with the number of resamples; scores are then ranked in fine bins (single ranks at the top).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
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
    return _judged(pred_probs, pred_probs, given, corrected, kept, threshold, resamples, confidence, seed)


def gain(
    before: npt.NDArray[np.floating],
    after: npt.NDArray[np.floating],
    truth: Labels,
    *,
    threshold: float = 0.5,
    resamples: int = 300,
    confidence: float = 0.95,
    seed: int = 0,
) -> Impact:
    """Two models judged by the same labels, (N, K) each: `given` is the first one's figure, `corrected` the second's.

    For models that learned from the given and from the corrected labels. Cells that either did not score are left out.

    >>> before, after = np.array([[0.9], [0.2], [0.8]]), np.array([[0.9], [0.8], [0.2]])
    >>> found = gain(before, after, np.array([[1], [1], [0]], np.int8), resamples=100)
    >>> round(found.macro_ap.given, 3), found.macro_ap.corrected
    (0.833, 1.0)
    """
    if not before.shape == after.shape == truth.shape:
        raise InputError(f"The models' probabilities are {before.shape} and {after.shape}, the labels {truth.shape}. "
                         "Give all for the same items and tags.")  # fmt: skip
    kept = (truth != UNKNOWN) & ~np.isnan(before) & ~np.isnan(after)
    return _judged(before, after, truth, truth, kept, threshold, resamples, confidence, seed)


def _judged(
    first: npt.NDArray[np.floating],
    second: npt.NDArray[np.floating],
    given: Labels,
    corrected: Labels,
    kept: Mask,
    threshold: float,
    resamples: int,
    confidence: float,
    seed: int,
) -> Impact:
    """The first scores on the given labels against the second scores on the corrected ones."""
    group, weights = _resampling(len(given), resamples, seed)

    def chosen(tag: int) -> _Cells:
        rows = np.flatnonzero(kept[:, tag])
        scores = first[rows, tag]
        others = scores if second is first else second[rows, tag]
        return _Cells(scores, others, given[rows, tag] == PRESENT, corrected[rows, tag] == PRESENT, group[rows])

    tags = [chosen(tag) for tag in range(given.shape[1])]
    hits = np.array([_hits(cells, weights, threshold) for cells in tags])
    ap = np.array([_precisions(cells, weights) for cells in tags])
    every = _precisions(_joined(tags), weights)
    figures = _mean(ap), every, _mean(_f1(hits)), _f1(hits.sum(axis=0, keepdims=True))[0]
    macro_ap, micro_ap, macro_f1, micro_f1 = (_change(each, confidence) for each in figures)
    return Impact(macro_ap, micro_ap, macro_f1, micro_f1, tuple(_change(figure, confidence) for figure in ap))


def _resampling(items: int, resamples: int, seed: int) -> tuple[Ints, Floats]:
    """Each item's group, and how often each group counts: once in the first row, then by resample."""
    rng, groups = np.random.default_rng(seed), max(1, min(items, GROUPS))
    drawn = rng.multinomial(groups, np.full(groups, 1 / groups), resamples)
    return rng.permutation(items) % groups, np.vstack([np.ones(groups), drawn]).astype(float)


@dataclass(frozen=True)
class _Cells:
    first: npt.NDArray[np.floating]
    second: npt.NDArray[np.floating]
    given: Mask
    corrected: Mask
    group: Ints

    @property
    def same(self) -> bool:
        """No difference in any resample."""
        return self.second is self.first and np.array_equal(self.given, self.corrected)


def _joined(tags: list[_Cells]) -> _Cells:
    first = np.concatenate([cells.first for cells in tags])
    same = all(cells.second is cells.first for cells in tags)
    second = first if same else np.concatenate([cells.second for cells in tags])
    given, corrected, group = (np.concatenate([getattr(cells, name) for cells in tags]) for name in
                               ("given", "corrected", "group"))  # fmt: skip
    return _Cells(first, second, given, corrected, group)


def _precisions(cells: _Cells, weights: Floats) -> Floats:
    """Average precision of both, (2, 1 + resamples): first the exact one, then the resamples, shifted by what the bins
    change. Without a difference all are the exact one."""
    first = _Ranking(cells.first, cells.group, weights)
    if cells.same:
        return np.full((2, len(weights)), first.exact(cells.given))
    second = first if cells.second is cells.first else _Ranking(cells.second, cells.group, weights)
    return np.array([first.resampled(cells.given), second.resampled(cells.corrected)])


class _Ranking:
    """Cells from the highest score down; equal scores are one threshold."""

    def __init__(self, scores: npt.NDArray[np.floating], group: Ints, weights: Floats) -> None:
        self.order, self.group, self.weights = _descending(scores), group, weights
        ranked = scores[self.order]
        fresh = np.ones(len(ranked), bool)
        fresh[1:] = ranked[1:] != ranked[:-1]
        self.starts = np.flatnonzero(fresh)

    def exact(self, present: Mask) -> float:
        """Mean precision at the present cells, by the end of the threshold that each stands in."""
        places = np.flatnonzero(present[self.order])
        if not len(places):
            return float("nan")
        ends = np.append(self.starts[1:], len(self.order)) - 1
        end = ends[np.searchsorted(self.starts, places, side="right") - 1]
        return float(np.mean(np.searchsorted(places, end, side="right") / (end + 1)))

    def resampled(self, present: Mask) -> Floats:
        """The exact figure, then one for each resample."""
        value = self.exact(present)
        binned = _average_precision(self._counts(self._places[present[self.order]]), self._every)
        return np.concatenate([[value], binned[1:] + (value - binned[0])])

    @cached_property
    def _places(self) -> npt.NDArray[np.int32]:
        """Group and bin of each cell as one number. Bins begin where a threshold does: single ranks, then 4 % wide."""
        edges = [*range(min(SINGLE_RANKS, len(self.order)))]
        while edges and edges[-1] < len(self.order):
            edges.append(max(edges[-1] + 1, int(edges[-1] * GROWTH)))
        at = np.searchsorted(self.starts, edges)
        begins = np.unique(self.starts[at[at < len(self.starts)]])
        sizes = np.diff(np.append(begins, len(self.order)))
        self._bins = max(len(begins), 1)
        bins = np.repeat(np.arange(len(begins), dtype=np.int32), sizes)
        return np.asarray(self.group[self.order] * self._bins + bins, np.int32)

    @cached_property
    def _every(self) -> Floats:
        return self._counts(self._places)

    def _counts(self, places: npt.NDArray[np.int32]) -> Floats:
        groups = self.weights.shape[1]
        counts = np.bincount(places, minlength=groups * self._bins).reshape(groups, self._bins)
        return np.asarray(self.weights @ counts)


def _descending(scores: npt.NDArray[np.floating]) -> Ints:
    """Positions from the greatest score down, equal ones in their order. For float32 in [0, 1] a sort of integers whose
    upper half sorts like the score: five times faster than argsort."""
    if scores.dtype != np.float32 or len(scores) >= 1 << 32 or (scores < 0).any():
        return np.argsort(-scores, kind="stable")
    keys = (~(scores + np.float32(0)).view(np.uint32)).astype(np.uint64) << np.uint64(32)
    keys |= np.arange(len(scores), dtype=np.uint64)
    keys.sort()
    return (keys & np.uint64(0xFFFFFFFF)).view(np.int64)


def _average_precision(hit: npt.NDArray[Any], every: npt.NDArray[Any]) -> Floats:
    """Mean precision over the present cells; thresholds from high to low along the last axis."""
    found, asked = np.cumsum(hit, axis=-1), np.cumsum(every, axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(asked > 0, found / asked, 0)
        return np.asarray((precision * hit).sum(axis=-1) / found[..., -1])


def _hits(cells: _Cells, weights: Floats, threshold: float) -> Floats:
    """True positives, false positives, false negatives: (2, 3, 1 + resamples)."""
    groups, found = weights.shape[1], []
    for scores, present in ((cells.first, cells.given), (cells.second, cells.corrected)):
        kind = np.asarray(4 * cells.group + 2 * (scores >= threshold) + present)
        counts = np.bincount(kind, minlength=4 * groups).reshape(groups, 4)
        found.append([weights @ counts[:, column] for column in (3, 2, 1)])
    return np.array(found)


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
