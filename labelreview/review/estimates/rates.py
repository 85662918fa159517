"""How many labels are wrong: overall, by tag, by direction, in the answered, the unanswered and all cells.

Answered cells are known exactly; the rest is estimated from the audit's draws alone, stratum by stratum. A verdict is
taken for the truth here: what reviewers overlook is not in the interval.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from labelreview.decisions import Direction
from labelreview.errors import InputError
from labelreview.review.audit import Answers, Audit, Evidence
from labelreview.review.estimates.likelihood import Draws, Groups, remaining
from labelreview.review.strata import coins

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

FEWEST = 5


@dataclass(frozen=True)
class Estimate:
    """A number with its interval; the value is NaN where nothing was drawn that could tell."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class ErrorRate:
    """Wrong labels of one domain (all cells, a tag, a direction): counts of cells, and estimates of errors.

    `found` errors are among the `answered` and known exactly. `left`: errors among the unanswered. `drawn`: answers
    that chance had asked for; they alone tell about the rest.
    """

    cells: int
    answered: int
    found: int
    drawn: int
    left: Estimate

    @property
    def errors(self) -> Estimate:
        """Errors in all cells of the domain."""
        return Estimate(self.found + self.left.value, self.found + self.left.low, self.found + self.left.high)

    @property
    def rate(self) -> Estimate:
        """Share of wrong labels as they were given, among all cells."""
        return _share(self.errors, self.cells)

    @property
    def rate_left(self) -> Estimate:
        """Share of labels still wrong after the answers, among all cells."""
        return _share(self.left, self.cells)

    @property
    def rate_unanswered(self) -> Estimate:
        """Share of wrong labels among the unanswered cells."""
        return _share(self.left, self.cells - self.answered)

    @property
    def rate_answered(self) -> float:
        """Share of wrong labels among the answered cells: exact, and biased towards what was suspicious."""
        return self.found / self.answered if self.answered else float("nan")

    @property
    def share_found(self) -> Estimate:
        """Share of all errors that has been found."""
        value, low, high = (self.found / total if total else 1.0 for total in
                            (self.errors.value, self.errors.high, self.errors.low))  # fmt: skip
        return Estimate(value, low, high)


def error_rate(evidence: Evidence, confidence: float = 0.95) -> ErrorRate:
    """The error rate of all cells. Design-based: coverage does not rest on the model (docs/estimates.md).

    Raises InputError when confidence is not between 0 and 1. References: Cochran 1977, ch. 5 (stratified samples);
    Des Raj 1956 (draws from what is left); Owen 1990 (profile likelihood).

    >>> labels = np.zeros((50, 2), np.int8)
    >>> audit = Audit(labels, np.full((50, 2), 0.9), seed="doc", ahead=20)
    >>> asked = sorted(audit.next_cells(20))
    >>> seen = Answers(np.array(asked), np.array([1] + [0] * 19, np.int8))
    >>> rate = error_rate(audit.evidence(seen)).rate
    >>> round(rate.value, 3), round(rate.low, 3), round(rate.high, 3)
    (0.045, 0.01, 0.199)
    """
    return _rates(evidence, np.zeros(len(evidence.cells), np.int64), evidence.totals.sum(axis=1)[:, None], confidence)[
        0
    ]


def by_direction(evidence: Evidence, confidence: float = 0.95) -> dict[Direction, ErrorRate]:
    """The error rate of the cells given as present (wrong tags) and as absent (missing tags)."""
    absent = evidence.absent.astype(np.int64)
    totals = evidence.totals.sum(axis=1)[:, None] * (absent[:, None] == np.arange(2))
    found = _rates(evidence, absent[evidence.strata], totals, confidence)
    return {Direction.WRONG: found[0], Direction.MISSING: found[1]}


def by_tag(evidence: Evidence, direction: Direction | None = None, confidence: float = 0.95) -> list[ErrorRate]:
    """The error rate of each tag, in the order of the columns; with a direction, of its cells of that direction."""
    return by_domain(evidence, evidence.cells % evidence.totals.shape[1], evidence.totals, direction, confidence)


def by_domain(
    evidence: Evidence, domain: Ints, totals: Ints, direction: Direction | None = None, confidence: float = 0.95
) -> list[ErrorRate]:
    """The error rate of any sets of cells that share none. domain: (m,) from 0, the set of each answered cell; totals:
    (H, D) cells by stratum and set (`Audit.totals_of`). The sets may rest on anything but what was found."""
    if direction is None:
        return _rates(evidence, domain, totals, confidence)
    side = evidence.absent == (direction is Direction.MISSING)
    kept = side[evidence.strata]
    return _rates(_only(evidence, kept), domain[kept], totals * side[:, None], confidence)


def by_items(audit: Audit, evidence: Evidence, codes: Ints, confidence: float = 0.95) -> list[ErrorRate]:
    """The error rate of groups of items: by source, by annotator, by any column of the items file.

    codes: (N,) from 0, the group of each item. Gives one rate a group, in the order of the codes.
    """
    totals = audit.totals_by(codes)
    return _rates(evidence, codes[evidence.cells // evidence.totals.shape[1]], totals, confidence)


def unsure_bounds(audit: Audit, answered: Answers, confidence: float = 0.95) -> tuple[ErrorRate, ErrorRate]:
    """The overall error rate if every unsure cell were right, and if every one were wrong."""
    low, high = audit.evidence(answered, unsure="right"), audit.evidence(answered, unsure="wrong")
    return error_rate(low, confidence), error_rate(high, confidence)


def _only(evidence: Evidence, kept: Mask) -> Evidence:
    return Evidence(
        evidence.cells[kept], evidence.strata[kept], evidence.wrong[kept], evidence.drawn[kept], evidence.even[kept],
        evidence.totals, evidence.sizes, evidence.absent, evidence.unsure,
    )  # fmt: skip


def _rates(evidence: Evidence, domain: Ints, totals: Ints, confidence: float) -> list[ErrorRate]:
    """Error rates of domains. domain: (m,) that of each answer; totals: (H, D) cells by stratum and domain."""
    if not 0 < confidence < 1:
        raise InputError(f"The confidence is {confidence}. Give a number between 0 and 1, such as 0.95.")
    domains = totals.shape[1]
    group_of, smallest = _joined(evidence, domain, totals)
    group = group_of[evidence.strata, domain]
    size = len(smallest)
    cells = np.bincount(group_of[totals > 0], totals[totals > 0], size).astype(float)
    room = np.asarray(cells - np.bincount(group, minlength=size), float)
    kept = evidence.drawn & (
        evidence.even | (coins(evidence.cells) * evidence.sizes[evidence.strata] < smallest[group])
    )
    pool, later = _history(group, evidence.wrong, cells)
    draws = Draws(group[kept], evidence.wrong[kept], pool[kept], later[kept], np.ones(int(kept.sum())))
    owner = np.zeros(size, np.int64)
    owner[group_of[totals > 0]] = np.nonzero(totals > 0)[1]
    value, low, high = remaining(draws, Groups(room, owner, domains), confidence)
    counts = [np.bincount(domain[mask], minlength=domains)
              for mask in (np.ones(len(domain), bool), evidence.wrong, evidence.drawn)]  # fmt: skip
    return [
        ErrorRate(int(total), int(answered), int(found), int(drawn), Estimate(float(v), float(a), float(b)))
        for total, answered, found, drawn, v, a, b in zip(totals.sum(axis=0), *counts, value, low, high, strict=True)
    ]


def _joined(evidence: Evidence, domain: Ints, totals: Ints) -> tuple[Ints, Floats]:
    """Strata joined inside each domain until every group has about FEWEST draws: (H, D) group numbers, and the smallest
    size of each group's strata.

    Where strata are joined, draws from the more often drawn one are thinned by coin to the chance of the least often
    drawn, so that all cells of the group had the same chance. Only counts of draws decide, never what they found.
    """
    strata, domains = totals.shape
    even, drawn = np.zeros((2, strata, domains))
    np.add.at(even, (evidence.strata[evidence.drawn & evidence.even], domain[evidence.drawn & evidence.even]), 1)
    np.add.at(drawn, (evidence.strata[evidence.drawn & ~evidence.even], domain[evidence.drawn & ~evidence.even]), 1)
    group = np.zeros((strata, domains), np.int64)
    current, have = np.zeros(domains, np.int64), np.zeros(domains)
    start = np.full(domains, np.nan)
    for at in np.argsort(evidence.sizes, kind="stable"):
        here = totals[at] > 0
        fresh = here & (np.isnan(start) | (have >= FEWEST))
        current[fresh & ~np.isnan(start)] += 1
        start[fresh], have[fresh] = evidence.sizes[at], 0
        have[here] += even[at, here] + drawn[at, here] * start[here] / evidence.sizes[at]
        group[at] = current
    poor = (have < FEWEST) & (current > 0)
    group[:, poor] = np.minimum(group[:, poor], current[poor] - 1)
    current[poor] -= 1
    offset = np.concatenate([[0], np.cumsum(current + 1)[:-1]])
    group += offset
    smallest = np.full(int(offset[-1] + current[-1] + 1), np.inf)
    there = totals > 0
    np.minimum.at(smallest, group[there], np.broadcast_to(evidence.sizes[:, None], totals.shape)[there])
    return group, smallest


def _history(group: Ints, wrong: Mask, cells: Floats) -> tuple[Floats, Floats]:
    """For each answer: open cells of its group when it left the pool, and errors found in the group from then on."""
    order = np.argsort(group, kind="stable")
    sorted_group, sorted_wrong = group[order], wrong[order].astype(np.int64)
    first = np.searchsorted(sorted_group, sorted_group)
    last = np.searchsorted(sorted_group, sorted_group, side="right")
    upto = np.concatenate([[0], np.cumsum(sorted_wrong)])
    pool, later = np.empty(len(group)), np.empty(len(group))
    pool[order] = cells[sorted_group] - (np.arange(len(group)) - first)
    later[order] = upto[last] - upto[np.arange(len(group))]
    return pool, later


def _share(estimate: Estimate, cells: int) -> Estimate:
    if not cells:
        return Estimate(0.0, 0.0, 0.0)
    return Estimate(estimate.value / cells, estimate.low / cells, estimate.high / cells)
