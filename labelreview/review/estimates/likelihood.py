"""How many errors are left among cells that were drawn from by chance: a likelihood, and what it cannot exclude.

A *group* is a set of cells of which every open one had the same chance at each draw. `later` counts the errors that
were found from a draw on (its own included), so if r errors are left now, a draw from `pool` open cells hit one of
r + later: the draw was wrong with probability (r + later) / pool, whatever the ranked queue did meanwhile.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

STEPS = 32
HALVINGS = 50
PSEUDO = 1 / 4


@dataclass(frozen=True)
class Draws:
    """Draws by group: (n,) each. pool: open cells of the group at the draw; later: errors found from then on."""

    group: Ints
    wrong: Mask
    pool: Floats
    later: Floats
    weight: Floats

    @cached_property
    def sign(self) -> Floats:
        return np.where(self.wrong, 1.0, -1.0)

    @cached_property
    def base(self) -> Floats:
        """A draw was of so many cells that are as it was, `sign` times the errors left more."""
        return np.where(self.wrong, self.later, self.pool - self.later)


@dataclass(frozen=True)
class Groups:
    """(G,) each. room: cells of the group without an answer; domain: what the group is summed into, of `domains`."""

    room: Floats
    domain: Ints
    domains: int


def remaining(draws: Draws, groups: Groups, confidence: float = 0.95) -> tuple[Floats, Floats, Floats]:
    """Errors left in each domain: estimate, low and high, (domains,) each.

    The estimate is the maximum of the likelihood (n draws without other answers: share of wrong draws × cells). The
    bounds are the least and the greatest sum over a domain's groups whose likelihood is within a chi-square quantile of
    the maximum (profile likelihood: the most favourable split over the groups counts). For the upper bound a quarter of
    an error is added to the group where a draw stands for most cells; without it the bound is too low at small counts
    (none in n draws: 1.9 / n without it, 2.8 / n with it; exact mid-P, Berry & Armitage 1995, says 3.0 / n). A group
    without draws may hold errors in its whole room; if no group of a domain has draws, its estimate is NaN.

    >>> none_of_100 = Draws(np.zeros(100, int), np.zeros(100, bool), np.full(100, 1e6), np.zeros(100), np.ones(100))
    >>> estimate, low, high = remaining(none_of_100, Groups(np.array([1e6]), np.array([0]), 1))
    >>> [round(float(value[0]) / 1e6, 3) for value in (estimate, low, high)]
    [0.0, 0.0, 0.027]
    """
    cut = float(gammaincinv(0.5, confidence))  # half of chi-square's quantile, one degree of freedom
    count = np.bincount(draws.group, draws.weight, len(groups.room)).astype(float)
    best = _best(draws, groups)
    below = _reach(draws, groups, best, cut, up=False)
    raised = _with_pseudo_error(draws, groups, count)
    top = _best(raised, groups)
    above = _reach(raised, groups, top, cut, up=True)
    sums = [np.bincount(groups.domain, values, groups.domains) for values in (best, best, top)]
    low = sums[1] - _budget(draws, groups, best, below, cut)
    high = sums[2] + _budget(raised, groups, top, above, cut)
    nothing = np.bincount(groups.domain, count, groups.domains) == 0
    room = np.bincount(groups.domain, groups.room, groups.domains)
    low = np.where(nothing, 0, np.clip(low, 0, room))
    high = np.where(nothing, room, np.clip(high, 0, room))
    return np.where(nothing & (room > 0), np.nan, np.where(nothing, 0, sums[0])), low, high


def _best(draws: Draws, groups: Groups) -> Floats:
    """Errors left in each group where its likelihood is greatest, by bisection of the (falling) slope."""
    low, high = np.zeros(len(groups.room)), np.array(groups.room)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        with np.errstate(divide="ignore"):
            parts = draws.sign / (draws.base + draws.sign * middle[draws.group])
        rising = np.bincount(draws.group, draws.weight * parts, len(low)) > 0
        low, high = np.where(rising, middle, low), np.where(rising, high, middle)
    return np.asarray((low + high) / 2)


def _loglik(draws: Draws, left: Floats, size: int) -> Floats:
    """Log likelihood of `left` errors by group."""
    chance = draws.base + draws.sign * left[draws.group]
    with np.errstate(divide="ignore"):
        parts = draws.weight * np.log(np.maximum(chance, 0) / draws.pool)
    return np.asarray(np.bincount(draws.group, parts, size))


def _reach(draws: Draws, groups: Groups, best: Floats, cut: float, *, up: bool) -> Floats:
    """How far each group alone may go from its best until its likelihood has fallen by `cut`."""
    size, edge = len(best), groups.room if up else np.zeros(len(best))
    inner, outer, peak = np.array(best), np.array(edge), _loglik(draws, best, len(best))
    for _ in range(HALVINGS):
        middle = (inner + outer) / 2
        fits = peak - _loglik(draws, middle, size) <= cut
        inner, outer = np.where(fits, middle, inner), np.where(fits, outer, middle)
    return outer


def _budget(draws: Draws, groups: Groups, start: Floats, end: Floats, cut: float) -> Floats:
    """The greatest way from `start` to `end`, summed by domain, for which the likelihood falls by `cut` in all.

    Each group's way is cut in steps; the cheapest steps (least fall by way) of a domain are taken until `cut` is spent.
    As the log likelihood is concave, a group's steps are taken in their order.
    """
    size = len(start)
    levels = [_loglik(draws, start + (end - start) * step / STEPS, size) for step in range(STEPS + 1)]
    fall = np.maximum(-np.diff(np.array(levels), axis=0), 0)
    way = np.broadcast_to(np.abs(end - start) / STEPS, fall.shape)
    with np.errstate(invalid="ignore"):
        cost = np.where(way > 0, fall / np.where(way > 0, way, 1), np.inf)
    domain = np.broadcast_to(groups.domain, fall.shape).ravel()
    order = np.lexsort((cost.ravel(), domain))
    domain, fall, way = domain[order], fall.ravel()[order], way.ravel()[order]
    finite = np.minimum(fall, 100 * cut)  # steps into the impossible: never taken whole, and no burden for the sums
    spent = np.cumsum(finite)
    first = np.searchsorted(domain, np.arange(groups.domains))
    before = np.concatenate([[0.0], spent])[first]
    left = cut - (spent - finite - before[domain])
    taken = np.clip(left / np.where(finite > 0, finite, 1), 0, 1)
    taken = np.where(finite > 0, taken, left > 0)
    return np.asarray(np.bincount(domain, taken * way, groups.domains))


def _with_pseudo_error(draws: Draws, groups: Groups, count: Floats) -> Draws:
    """A quarter of a wrong draw more in the group of each domain where a draw stands for most cells."""
    stands_for = np.where((count > 0) & (groups.room > 0), groups.room / np.maximum(count, 1e-9), -1.0)
    order = np.lexsort((-stands_for, groups.domain))
    first = np.flatnonzero(np.diff(groups.domain[order], prepend=-1))
    heavy = order[first]
    heavy = heavy[stands_for[heavy] > 0]
    later = np.zeros(len(groups.room))
    np.maximum.at(later, draws.group, draws.later)
    return replace(
        draws,
        group=np.concatenate([draws.group, heavy]),
        wrong=np.concatenate([draws.wrong, np.ones(len(heavy), bool)]),
        pool=np.concatenate([draws.pool, groups.room[heavy] + later[heavy]]),
        later=np.concatenate([draws.later, later[heavy]]),
        weight=np.concatenate([draws.weight, np.full(len(heavy), PSEUDO)]),
    )
