"""An order that learns: what reviewers found so far moves all cells of the same tag and direction up or down.

Direction: log-odds of error, high = likely wrong. Cells are flat positions row * K + column in a grid (None: all
exist); labels and odds are arrays over it. A *group* is the cells of one tag with one given label, tag * 2 + given
(absent: maybe missing; present: maybe wrong), G = 2K of them.

The model of a decision: logit p(wrong) = slope × candidate's log-odds + shift of the group. The shift is the sum of an
intercept, a direction, a tag and a tag with direction, normal about 0 with variances 1, .3, .3, .3; its mode is found
by Newton's method (Rasmussen and Williams 2006, section 3.4). Candidate (p_only, cooc, recipe) and slope (.3 to 2) are
those of highest posterior density at the mode; sparse data have p_only alone. One answer is one binary outcome; the
same answers give the same order. Beyond the 400 tags with most answers, all others share one shift for each direction.

As a shift is one number a group and a slope scales all, the front of the queue needs but the head of every group: heads
are sorted once, and re-ranking millions of cells takes milliseconds.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from labelreview.errors import InputError
from labelreview.grid import Grid, Index
from labelreview.scoring.arrays import Counts, Float32s, Float64s, Mask
from labelreview.scoring.recipe import ErrorLogOdds, mixed
from labelreview.tags import UNKNOWN, Labels

CANDIDATES = ("p_only", "cooc", "recipe")
SLOPES = (0.3, 0.5, 0.75, 1.0, 1.5, 2.0)
VARIANCES = {"intercept": 1.0, "direction": 0.3, "tag": 0.3, "both": 0.3}
FEWEST = 25
MOST_TAGS = 400
NINETY_PERCENT = 1.645
UNREACHED = 0.02

Places = npt.NDArray[np.int64]


class Correction(NamedTuple):
    """What the decisions taught: the recipe as it is before there are 25 of them.

    candidate: index into CANDIDATES; slope: float; reach: the candidate's log-odds down to which decisions have gone.
    By group, (G,): mean and deviation of the shift in log-odds; how many decisions, and how many of them were errors.
    """

    candidate: int
    slope: float
    reach: float
    shift: Float64s
    spread: Float64s
    asked: Counts
    wrong: Counts

    @property
    def lift(self) -> Float64s:
        """(G,): how far the answers moved the cells of a group against those of the average group, in log-odds."""
        return np.asarray(self.shift - self.shift.mean())


class Heads(NamedTuple):
    """The `depth` cells of highest log-odds of every group, by candidate: (C, G, depth), best first, -1 where fewer."""

    cells: Places
    odds: Float32s


class Chances(NamedTuple):
    """Probability that a cell is wrong, and the interval that holds it nine times in ten, (n,) each."""

    probability: Float64s
    low: Float64s
    high: Float64s


def learned(
    labels: Labels, odds: ErrorLogOdds, cells: npt.ArrayLike, wrong: npt.ArrayLike, grid: Grid | None = None
) -> Correction:
    """The correction from decisions on `cells` (n,) flat positions, `wrong` (n,) bool: was the given label an error?

    Cells whose given label is unknown say nothing and are left out. Raises InputError if the lengths differ or a cell
    lies outside.

    >>> labels = np.ones((200, 2), np.int8); flat = np.zeros((200, 2), np.float32)
    >>> odds = ErrorLogOdds(flat, flat, np.full((2, 2, 2), 0.5), np.full((2, 2), 0.5))
    >>> taught = learned(labels, odds, np.arange(120), np.arange(120) % 2 == 0)
    >>> taught.asked, taught.wrong, bool(taught.shift[1] > 1 > -1 > taught.shift[3])
    (array([ 0, 60,  0, 60]), array([ 0, 60,  0,  0]), True)
    """
    grid = grid or Grid(*labels.shape)
    slots, outcome, group = _decided(labels, cells, wrong, grid)
    groups = 2 * grid.tags
    asked = np.bincount(group, minlength=groups)
    found = np.bincount(group, outcome, minlength=groups).astype(np.int64)
    if len(slots) < FEWEST:
        unknown = np.sqrt(np.full(groups, sum(VARIANCES.values())))
        return Correction(0 if odds.one else 2, 1.0, np.inf, np.zeros(groups), unknown, asked, found)
    shared = _shared(asked)
    answered, within = np.unique(shared[group], return_inverse=True)
    prior = _covariance(answered, answered)
    with threadpool_limits(1, user_api="blas"):
        fits = [
            (*_mode(slope * values, outcome, within, prior), at, slope) for at, slope, values in _offers(odds, slots)
        ]
        best = max(fits, key=lambda fit: fit[0])
    _, pull, weight, candidate, slope = best
    reach = float(np.quantile(_candidate(odds, candidate, slots), UNREACHED))
    shift, spread = _shifts(groups, answered, prior, pull, weight)
    return Correction(candidate, slope, reach, shift[shared], spread[shared], asked, found)


def heads(
    labels: Labels,
    odds: ErrorLogOdds,
    *,
    answered: npt.ArrayLike = (),
    depth: int = 1000,
    grid: Grid | None = None,
) -> Heads:
    """The front of every group, leaving out `answered` cells. Some 0.1 s a million cells; once, in the background.

    >>> labels = np.array([[1], [1], [0]], np.int8); flat = np.array([[1], [2], [3]], np.float32)
    >>> heads(labels, ErrorLogOdds(flat, flat.copy(), np.zeros((2, 1, 2)), np.zeros((1, 2))), depth=2).cells[0]
    array([[ 2, -1],
           [ 1,  0]])
    """
    grid = grid or Grid(*labels.shape)
    tags, candidates = grid.tags, 1 if odds.one else len(CANDIDATES)
    cells, values = np.full((candidates, 2 * tags, depth), -1), np.full((candidates, 2 * tags, depth), -np.inf, "f4")
    open_labels = np.array(labels, np.int8).reshape(-1)
    open_labels[grid.slots(np.asarray(answered, np.int64))] = UNKNOWN
    alone, together = odds.p_only.reshape(-1), odds.cooc.reshape(-1)
    for tag in range(tags):
        index = grid.under(tag)
        label, columns = open_labels[index], [np.ascontiguousarray(alone[index])]
        if not odds.one:
            columns.append(np.ascontiguousarray(together[index]))
            columns.append(mixed(*columns))
        for at, column in enumerate(columns):
            for given in (0, 1):
                there = np.flatnonzero(label == given)
                best = there[highest(column.take(there), depth)]
                cells[at, 2 * tag + given, : len(best)] = grid.picked(index, best)
                values[at, 2 * tag + given, : len(best)] = column[best]
    return Heads(cells, values)


def front(
    ahead: Heads, correction: Correction, *, answered: npt.ArrayLike = (), want: int = 50
) -> tuple[Places, Float64s]:
    """The first `want` cells of the corrected order without the answered ones, and their log-odds, best first.

    Exact as long as no group has had all its `depth` cells answered; then build the heads anew.
    """
    cells = ahead.cells[correction.candidate]
    values = correction.slope * ahead.odds[correction.candidate] + correction.shift[:, None]
    open_cells, open_values = cells.ravel(), values.ravel()
    keep = (open_cells >= 0) & ~_among(open_cells, np.sort(np.asarray(answered, np.int64)))
    open_cells, open_values = open_cells[keep], open_values[keep]
    first = highest(open_values, want, open_cells)
    return open_cells[first], open_values[first]


def reordered(labels: Labels, odds: ErrorLogOdds, correction: Correction, grid: Grid | None = None) -> Float32s:
    """The corrected log-odds of every cell: float32 over the grid, NaN where unknown."""
    grid = grid or Grid(*labels.shape)
    shift = correction.shift.astype(np.float32).reshape(-1, 2)
    new = _scaled(odds.p_only, odds.cooc, correction)
    new += np.where(labels == 1, grid.by_tag(shift[:, 1]), grid.by_tag(shift[:, 0]))
    return new


def reordered_under(
    index: Index, labels: Labels, odds: ErrorLogOdds, correction: Correction, grid: Grid | None = None
) -> Float32s:
    """What `reordered` has under an index of the grid, for the time of these cells alone."""
    grid, shift = grid or Grid(*labels.shape), correction.shift.astype(np.float32)
    given = labels.reshape(-1)[index]
    new = _scaled(odds.p_only.reshape(-1)[index], odds.cooc.reshape(-1)[index], correction)
    new += shift[2 * (grid.picked(index, np.arange(len(given))) % grid.tags) + (given == 1)]
    return new


def _scaled(p_only: Float32s, cooc: Float32s, correction: Correction) -> Float32s:
    whole = (p_only, cooc, None)[correction.candidate]
    return (mixed(p_only, cooc) if whole is None else whole) * np.float32(correction.slope)


def calibrated(
    labels: Labels, odds: ErrorLogOdds, correction: Correction, cells: npt.ArrayLike, grid: Grid | None = None
) -> Chances:
    """How likely some cells (flat positions) are wrong, from the decisions so far.

    NaN where the label is unknown, before 25 decisions, and below the log-odds that decisions have reached (all but
    their lowest 2 %): from the worst cells nothing follows about the rest. The interval covers what is not known about
    the group's shift: it is wide for groups that nobody looked at.
    """
    grid, places = grid or Grid(*labels.shape), np.asarray(cells, np.int64)
    slots = grid.slots(places)
    given = labels.reshape(-1)[slots]
    value = _candidate(odds, correction.candidate, slots).astype(np.float64)
    group = 2 * (places % grid.tags) + np.maximum(given, 0)
    taught = (given != UNKNOWN) & (value >= correction.reach)
    mean = np.where(taught, correction.slope * value + correction.shift[group], np.nan)
    spread = correction.spread[group]
    averaged = mean / np.sqrt(1 + np.pi * spread**2 / 8)
    return Chances(expit(averaged), expit(mean - NINETY_PERCENT * spread), expit(mean + NINETY_PERCENT * spread))


def corrected(
    labels: Labels, odds: ErrorLogOdds, correction: Correction, cells: npt.ArrayLike, grid: Grid | None = None
) -> Float64s:
    """The corrected log-odds of some cells (flat positions); `reordered` for a few."""
    grid, places = grid or Grid(*labels.shape), np.asarray(cells, np.int64)
    slots = grid.slots(places)
    groups = 2 * (places % grid.tags) + (labels.reshape(-1)[slots] == 1)
    values = _candidate(odds, correction.candidate, slots)
    return np.asarray(correction.slope * values + correction.shift[groups], np.float64)


def highest(values: npt.NDArray[np.floating], count: int, ties: Places | None = None) -> Places:
    """Places of the `count` highest values, best first; equal values in the order of `ties` (default: of place).

    >>> highest(np.array([1.0, 3.0, 3.0, 2.0]), 3)
    array([1, 2, 3])
    """
    if count <= 0 or not len(values):
        return np.zeros(0, np.int64)
    places = np.arange(len(values))
    if count < len(values):
        cut = np.partition(values, len(values) - count)[len(values) - count]
        places = np.flatnonzero(values >= cut)
    order = np.lexsort((places if ties is None else ties[places], -values[places]))
    return places[order][:count]


def _decided(labels: Labels, cells: npt.ArrayLike, wrong: npt.ArrayLike, grid: Grid) -> tuple[Places, Mask, Places]:
    places, outcome = np.asarray(cells, np.int64).ravel(), np.asarray(wrong, np.bool_).ravel()
    if len(places) != len(outcome):
        raise InputError(f"decisions: {len(places)} cells, but {len(outcome)} outcomes. Give one outcome a cell.")
    if len(places) and (places.min() < 0 or places.max() >= grid.items * grid.tags):
        raise InputError(f"decisions: cells run from 0 to {grid.items * grid.tags - 1}, found {places.min()} to "
                         f"{places.max()}.")  # fmt: skip
    slots = grid.slots(places)
    given = labels.reshape(-1)[slots]
    known = given != UNKNOWN
    return slots[known], outcome[known], 2 * (places[known] % grid.tags) + given[known]


def _shared(asked: Counts) -> Places:
    """(G,): the group whose shift each group takes; its own, but where more tags have answers than are told apart."""
    own = np.arange(len(asked))
    by_tag = asked.reshape(-1, 2).sum(axis=1)
    told = np.argsort(-by_tag, kind="stable")
    rest = np.sort(told[MOST_TAGS : np.count_nonzero(by_tag)])
    own.reshape(-1, 2)[rest] = 2 * rest[:1, None] + np.arange(2)
    return own


def _candidate(odds: ErrorLogOdds, at: int, slots: Places) -> Float32s:
    alone = odds.p_only.reshape(-1)[slots]
    if at == 0:
        return alone
    together = odds.cooc.reshape(-1)[slots]
    return together if at == 1 else mixed(alone, together)


def _offers(odds: ErrorLogOdds, slots: Places) -> Iterator[tuple[int, float, Float64s]]:
    for at in range(1 if odds.one else len(CANDIDATES)):
        values = _candidate(odds, at, slots).astype(np.float64)
        for slope in SLOPES:
            yield at, slope, values


def _covariance(some: Places, others: Places) -> Float64s:
    """Prior covariance of the shifts of two sets of groups."""
    tag, direction = some[:, None] // 2 == others // 2, some[:, None] % 2 == others % 2
    covariance = VARIANCES["intercept"] + VARIANCES["direction"] * direction + VARIANCES["tag"] * tag
    return np.asarray(covariance + VARIANCES["both"] * (tag & direction), np.float64)


def _mode(offset: Float64s, wrong: Mask, group: Places, prior: Float64s) -> tuple[float, Float64s, Float64s]:
    """Log posterior density at the mode; there, by group, the pull (sum of outcome minus mean) and the weight."""
    size, sign = len(prior), np.where(wrong, -1.0, 1.0)
    pull, shift, weight, density = np.zeros(size), np.zeros(size), np.zeros(size), -np.inf
    for _ in range(20):
        mean = expit(offset + shift[group])
        weight = np.asarray(np.bincount(group, mean * (1 - mean), size), np.float64)
        gradient = np.bincount(group, wrong - mean, size)
        root = np.sqrt(weight)
        target = weight * shift + gradient
        factor = cho_factor(np.eye(size) + root[:, None] * prior * root, lower=True, check_finite=False)
        step = target - root * cho_solve(factor, root * (prior @ target), check_finite=False) - pull
        for halved in (1.0, 0.5, 0.25, 0.125):
            tried = pull + halved * step
            moved = prior @ tried
            now = float(-np.logaddexp(0, sign * (offset + moved[group])).sum() - tried @ moved / 2)
            if now >= density:
                break
        if now - density < 1e-4:
            break
        pull, shift, density = tried, moved, now
    return density, pull, weight


def _shifts(
    groups: int, answered: Places, prior: Float64s, pull: Float64s, weight: Float64s
) -> tuple[Float64s, Float64s]:
    """Mean and deviation of every group's shift, given what the answered groups say."""
    # A tag without answers takes what the others say of its direction: one such tag stands for all of them.
    tags = np.append(np.unique(answered // 2), groups)
    told = (2 * tags[:, None] + np.arange(2)).ravel()
    across, root = _covariance(told, answered), np.sqrt(weight)
    factor = cho_factor(np.eye(len(prior)) + root[:, None] * prior * root, lower=True, check_finite=False)
    known = np.einsum("ij,ji->i", across * root, cho_solve(factor, (across * root).T, check_finite=False))
    mean, spread = across @ pull, np.sqrt(np.maximum(sum(VARIANCES.values()) - known, 1e-12))
    found = np.tile(mean[-2:], groups // 2), np.tile(spread[-2:], groups // 2)
    for whole, part in zip(found, (mean, spread), strict=True):
        whole[told[:-2]] = part[:-2]
    return found


def _among(values: Places, ordered: Places) -> Mask:
    """Which values are in a sorted array."""
    if not len(ordered):
        return np.zeros(len(values), np.bool_)
    there = np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)
    return np.asarray(ordered[there] == values)
