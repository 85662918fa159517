"""Does it matter? A model's figures on the labels as given and as corrected, and how sure the difference is.

After Northcutt, Athalye & Mueller 2021, "Pervasive label errors in test sets". Average precision as in scikit-learn
(equal scores are one threshold); F1 at a threshold. Unknown cells (-1) and cells without a score (NaN) are left out.
Intervals: paired bootstrap over items. With more than 200 items, 200 random groups of items are drawn instead, so that
the cost does not grow with the number of resamples; scores are then ranked in fine bins (single ranks at the top).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from labelreview.errors import InputError
from labelreview.review.estimates.rates import Estimate
from labelreview.tags import PRESENT, UNKNOWN, Labels

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Packed = npt.NDArray[np.uint64]

GROUPS = 200  # no more than fit in GROUP
SINGLE_RANKS = 128
GROWTH = 1.04
BITS, GROUP, GIVEN, CORRECTED = 16, 255, 1 << 8, 1 << 9  # of a cell beside its score: its group, whether present


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
    there = np.ascontiguousarray(kept.T)
    rest = np.broadcast_to(group.astype(np.uint16), there.shape)[there]
    for labels, bit in ((given, GIVEN), (corrected, CORRECTED)):
        rest |= (labels.T[there] == PRESENT) * np.uint16(bit)
    models = [first] if second is first else [first, second]
    cells = [_packed(scores.T[there], rest) for scores in models]
    above = [np.count_nonzero(kept & (scores >= threshold), axis=0) for scores in models]
    ends, hits, ap = np.cumsum(np.count_nonzero(there, axis=1)).tolist(), [], []
    for tag, (start, end) in enumerate(pairwise([0, *ends])):
        for packed in cells:
            packed[start:end].sort()
        ranked = [_Ranking(packed[start:end], weights) for packed in cells]
        hits.append([ranked[0].hits(above[0][tag], GIVEN), ranked[-1].hits(above[-1][tag], CORRECTED)])
        ap.append(_precisions(ranked))
    every = _precisions([_Ranking(np.sort(packed), weights) for packed in cells])
    f1 = np.array(hits)
    figures = _mean(np.array(ap)), every, _mean(_f1(f1)), _f1(f1.sum(axis=0, keepdims=True))[0]
    macro_ap, micro_ap, macro_f1, micro_f1 = (_change(each, confidence) for each in figures)
    return Impact(macro_ap, micro_ap, macro_f1, micro_f1, tuple(_change(figure, confidence) for figure in ap))


def _resampling(items: int, resamples: int, seed: int) -> tuple[Ints, Floats]:
    """Each item's group, and how often each group counts: once in the first row, then by resample."""
    rng, groups = np.random.default_rng(seed), max(1, min(items, GROUPS))
    drawn = rng.multinomial(groups, np.full(groups, 1 / groups), resamples)
    return rng.permutation(items) % groups, np.vstack([np.ones(groups), drawn]).astype(float)


def _packed(scores: npt.NDArray[np.floating], rest: npt.NDArray[np.uint16]) -> Packed:
    """Cells as numbers that sort by score, the greatest first, and bring along in their lowest bits the group and what
    the labels say. (To sort places, and to fetch what stands there, takes twice the time.)"""
    if scores.dtype == np.float32 and not (scores < 0).any():
        high = ~(scores + np.float32(0)).view(np.uint32)
    else:
        high = np.unique(-scores, return_inverse=True)[1].astype(np.uint32)
    packed = high.astype(np.uint64) << np.uint64(BITS)
    packed |= rest
    return packed


class _Ranking:
    """Cells from the highest score down; equal scores are one threshold."""

    def __init__(self, packed: Packed, weights: Floats) -> None:
        self._rest, self._weights = packed.astype(np.uint16), weights
        fresh = packed[1:] ^ packed[:-1] >= 1 << BITS
        self._ends = np.append(np.flatnonzero(fresh), len(packed) - 1)[: len(packed)]

    @property
    def alike(self) -> Floats | None:
        """The precisions that both labels have, where they are the same."""
        differs = (self._present(GIVEN) != self._present(CORRECTED)).any()
        return None if differs else np.full((2, len(self._weights)), self._exact(GIVEN))

    def _present(self, labels: int) -> Mask:
        return np.asarray(self._rest & np.uint16(labels) > 0)

    def _exact(self, labels: int) -> float:
        """Mean precision at the present cells, by the end of the threshold that each stands in."""
        hits = np.cumsum(self._present(labels), dtype=np.int64)[self._ends]
        if not len(hits) or not hits[-1]:
            return float("nan")
        more = np.diff(hits, prepend=0)
        some = np.flatnonzero(more)
        return float(np.mean(np.repeat(hits[some] / (self._ends[some] + 1), more[some])))

    def resampled(self, labels: int) -> Floats:
        """The exact figure, then one for each resample."""
        value = self._exact(labels)
        binned = _average_precision(self._counts(self._places[self._present(labels)]), self._every)
        return np.concatenate([[value], binned[1:] + (value - binned[0])])

    def hits(self, above: int, labels: int) -> Floats:
        """True positives, false positives, false negatives, where the first `above` are said to be present."""
        kinds = (self._rest & np.uint16(GROUP)) * np.uint16(2) + self._present(labels)
        said, left = (self._by_group(kinds[part], 2) for part in (slice(above), slice(above, None)))
        return np.array([self._weights @ counts for counts in (said[:, 1], said[:, 0], left[:, 1])])

    def _by_group(self, places: npt.NDArray[np.integer], size: int) -> Ints:
        groups = self._weights.shape[1]
        return np.bincount(places, minlength=groups * size).reshape(groups, size)

    @cached_property
    def _places(self) -> Ints:
        """Group and bin of each cell as one number. Bins begin where a threshold does: single ranks, then 4 % wide."""
        count = len(self._rest)
        edges = [*range(min(SINGLE_RANKS, count))]
        while edges and edges[-1] < count:
            edges.append(max(edges[-1] + 1, int(edges[-1] * GROWTH)))
        starts = np.append(0, self._ends[:-1] + 1)[: len(self._ends)]
        at = np.searchsorted(starts, edges)
        begins = np.unique(starts[at[at < len(starts)]])
        self._bins = max(len(begins), 1)
        places = (self._rest & np.uint16(GROUP)).astype(np.int64) * self._bins
        places += np.repeat(np.arange(len(begins)), np.diff(np.append(begins, count)))
        return places

    @cached_property
    def _every(self) -> Floats:
        return np.cumsum(self._counts(self._places), axis=-1)

    def _counts(self, places: Ints) -> Floats:
        counts = self._by_group(places, self._bins)
        small = counts.sum(axis=0).max(initial=0) * self._weights.max() < 1 << 24  # float32 holds them as exactly
        kind = np.float32 if small else np.float64
        return np.asarray(self._weights.astype(kind) @ counts.astype(kind), float)


def _precisions(ranked: Sequence[_Ranking]) -> Floats:
    """Average precision of both, (2, 1 + resamples): first the exact one, then the resamples, shifted by what the bins
    change. Without a difference all are the exact one."""
    if len(ranked) == 1 and (alike := ranked[0].alike) is not None:
        return alike
    return np.array([ranked[0].resampled(GIVEN), ranked[-1].resampled(CORRECTED)])


def _average_precision(hit: Floats, asked: Floats) -> Floats:
    """Mean precision over the present cells; thresholds from high to low along the last axis. asked: cells so far."""
    found = np.cumsum(hit, axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(asked > 0, found / asked, 0)
        return np.asarray((precision * hit).sum(axis=-1) / found[..., -1])


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
