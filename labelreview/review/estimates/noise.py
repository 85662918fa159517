"""What kind of errors: how labels were turned by tag, and which tags are wrong together."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from labelreview.decisions import Direction
from labelreview.review.audit import Evidence
from labelreview.review.estimates.rates import ErrorRate, Estimate, by_tag

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class TagNoise:
    """Of one tag: P(given absent | truly present) and P(given present | truly absent)."""

    missed: Estimate
    invented: Estimate


@dataclass(frozen=True)
class CoWrong:
    """Two tags (columns) of one item: items where both were answered, where each and both were wrong, how many times as
    often as if they had nothing to do with each other, and how seldom chance alone does that (one-sided)."""

    first: int
    second: int
    answered: int
    first_wrong: int
    second_wrong: int
    both_wrong: int
    lift: float
    p_value: float


def noise_by_tag(evidence: Evidence, confidence: float = 0.95) -> list[TagNoise]:
    """How labels of each tag were turned, both ways, with intervals; in the order of the columns."""
    wrong, missing = (by_tag(evidence, side, confidence) for side in (Direction.WRONG, Direction.MISSING))
    return [turned(*pair) for pair in zip(wrong, missing, strict=True)]


def turned(wrong: ErrorRate, missing: ErrorRate) -> TagNoise:
    """The noise of a tag from the errors among its given-present and given-absent cells.

    The truly present are the given-present without the wrong ones, and the missing ones. Interval: the two errors'
    intervals joined by the square root of the summed squares (MOVER; Zou & Donner 2008), within [0, 1].

    >>> present = ErrorRate(100, 100, 10, 0, Estimate(0.0, 0.0, 0.0))
    >>> absent = ErrorRate(900, 900, 30, 0, Estimate(0.0, 0.0, 0.0))
    >>> noise = turned(present, absent)
    >>> round(noise.missed.value, 3), round(noise.invented.value, 4)
    (0.25, 0.0114)
    """
    return TagNoise(_share_of_truth(missing, wrong), _share_of_truth(wrong, missing))


def co_wrong(evidence: Evidence, limit: int = 100) -> list[CoWrong]:
    """Pairs of tags that were wrong on the same item, least likely by chance first.

    Counts are over items of which both cells have an answer, and these were not chosen by chance: a pair tells where to
    look, not how frequent it is. Test: Fisher's exact (hypergeometric).

    >>> seen = Evidence(np.arange(8), np.zeros(8, int), np.array([1, 1, 0, 0, 0, 0, 0, 0], bool), np.zeros(8, bool),
    ...                 np.zeros(8, bool), np.array([[4, 4]]), np.ones(1), np.zeros(1, bool), 0)
    >>> co_wrong(seen)[0]
    CoWrong(first=0, second=1, answered=4, first_wrong=1, second_wrong=1, both_wrong=1, lift=4.0, p_value=0.25)
    """
    both = _Pairs(evidence, evidence.wrong, evidence.wrong, np.ones(len(evidence.cells), bool))
    return both.likeliest(limit, once=True)


def confused(evidence: Evidence, limit: int = 100) -> list[CoWrong]:
    """Pairs of tags of one item, the first there and wrong, the second missing; least likely by chance first.

    Counts and test as for `co_wrong`: over items whose cells of both tags have an answer, the first given as present
    and the second as absent.

    >>> seen = Evidence(np.arange(8), np.array([1, 0] * 4), np.array([1, 1, 0, 0, 0, 0, 0, 0], bool), np.zeros(8, bool),
    ...                 np.zeros(8, bool), np.array([[0, 4], [4, 0]]), np.ones(2), np.array([True, False]), 0)
    >>> [(pair.first, pair.second, pair.both_wrong, pair.answered) for pair in confused(seen)]
    [(0, 1, 1, 4)]
    """
    absent = evidence.absent[evidence.strata]
    there = _Pairs(evidence, evidence.wrong & ~absent, evidence.wrong & absent, ~absent)
    return there.likeliest(limit, once=False)


class _Pairs:
    """Counts over items: of `first` errors (rows) with `second` ones (columns), where both cells were asked."""

    def __init__(self, evidence: Evidence, first: Mask, second: Mask, asked: Mask) -> None:
        tags = evidence.totals.shape[1]
        _, rows = np.unique(evidence.cells // tags, return_inverse=True)
        shape, columns = (int(rows.max(initial=-1)) + 1, tags), evidence.cells % tags

        def matrix(chosen: Mask) -> csr_array:
            return csr_array((np.ones(int(chosen.sum()), np.int64), (rows[chosen], columns[chosen])), shape)

        self.first, self.second, self.asked = matrix(first), matrix(second), matrix(asked)
        self.others = self.asked if asked.all() else matrix(~asked)

    def likeliest(self, limit: int, *, once: bool) -> list[CoWrong]:
        """`once`: each pair of tags once, else the first and the second are told apart."""
        from scipy.stats import hypergeom  # a second to import, and this alone needs it

        if not self.first.shape[0]:
            return []
        both = (self.first.T @ self.second).tocoo()
        kept = both.row < both.col if once else both.row != both.col
        first, second, together = both.row[kept], both.col[kept], both.data[kept]
        if not len(first):
            return []
        pairs = (self.first, self.others), (self.asked, self.second), (self.asked, self.others)
        left, right, seen = ((row.T @ column).tocsr()[first, second] for row, column in pairs)
        counts = [np.asarray(values, np.int64).ravel() for values in (seen, left, right, together)]
        lift = counts[3] * counts[0] / (counts[1] * counts[2])
        chance = hypergeom.sf(counts[3] - 1, counts[0], counts[1], counts[2])
        order = np.lexsort((-lift, chance))[:limit]
        columns = [values[order].tolist() for values in (first, second, *counts, lift, chance)]
        return [CoWrong(*row) for row in zip(*columns, strict=True)]


def _share_of_truth(gone: ErrorRate, come: ErrorRate) -> Estimate:
    """Errors `gone` from a true value to the other, as a share of the cells that truly have it.

    gone: errors among the cells given as the other value; come: errors among the cells given as this value.
    """

    def share(left: float, entered: float) -> float:
        truly = come.cells - entered + left
        return left / truly if truly > 0 else 0.0

    away, into = gone.errors, come.errors
    if np.isnan(away.value) or np.isnan(into.value):  # chance asked nothing on one side: no value, but a range
        return Estimate(float("nan"), share(away.low, into.low), min(1.0, share(away.high, into.high)))
    value = share(away.value, into.value)
    below = np.hypot(value - share(away.low, into.value), value - share(away.value, into.low))
    above = np.hypot(share(away.high, into.value) - value, share(away.value, into.high) - value)
    return Estimate(value, max(0.0, value - float(below)), min(1.0, value + float(above)))
