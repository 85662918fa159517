"""May we stop? A bound on the labels still wrong that holds at all moments at once, so that looking never spoils it.

A bettor who starts with 1 bets, before each draw of the audit, that it will look better than "so many errors in all"
would have it. If the statement is true, the capital is a fair game and grows above 1/alpha with a chance of at most
alpha, whenever one looks (Ville's inequality). The bound is the greatest number of errors that the bettor has not
refuted. Nothing is assumed about the model or about how the ranked queue chose: each draw's chances are known.

References: Waudby-Smith & Ramdas 2024, "Estimating means of bounded random variables by betting" (and 2020 for sampling
without replacement); Ville 1939; the control variate is the difference estimator (Cochran 1977, ch. 7).
"""

from bisect import bisect_left
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from labelreview.errors import InputError
from labelreview.review.audit import Evidence
from labelreview.review.estimates.rates import Estimate

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

FIXED = (0.9, 0.4, 0.15, 0.05, 0.015)
BOLDEST = 0.9
GRID = 64
AT_ONCE = 8
FUTURES, LOOKS, AT_A_TIME = 9, 60, 250


@dataclass(frozen=True)
class Stop:
    """Whether the target is met: with `confidence`, at most `left_at_most` labels of `cells` are still wrong."""

    met: bool
    target: float
    confidence: float
    left_at_most: int
    cells: int

    @property
    def rate_at_most(self) -> float:
        return self.left_at_most / self.cells


class _Game(NamedTuple):
    """For each draw (n,): errors found before it, the unbiased guess of the errors open then, the greatest value that
    it could have, and the bettor's forecast (mean, variance) from the draws before."""

    before: Floats
    guess: Floats
    highest: Floats
    mean: Floats
    variance: Floats


def may_stop(evidence: Evidence, target: float, confidence: float = 0.95) -> Stop:
    """Whether at most a share `target` of all labels is still wrong, given the answers; valid at every look.

    Raises InputError when target is not in [0, 1] or confidence not in (0, 1). The chance that it ever says `met` while
    more labels are wrong is at most 1 - confidence. Answers count as the truth; cells answered "unsure" are left out as
    missing at random (evidence with unsure="wrong" is the careful way).

    >>> from labelreview.review.audit import Answers, Audit
    >>> audit = Audit(np.zeros((5000, 4), np.int8), np.full((5000, 4), 0.9), seed="doc", ahead=400)
    >>> right = Answers(np.array(sorted(audit.next_cells(400))), np.zeros(400, np.int8))
    >>> stop = may_stop(audit.evidence(right), 0.02)
    >>> stop.met, stop.left_at_most
    (True, 194)
    """
    if not 0 <= target <= 1:
        raise InputError(f"The target error rate is {target}. Give a share between 0 and 1, such as 0.01 for 1 %.")
    left = left_at_most(evidence, confidence)
    return Stop(left <= target * evidence.population, target, confidence, left, evidence.population)


def left_at_most(evidence: Evidence, confidence: float = 0.95) -> int:
    """The greatest number of errors left among the unanswered cells that the draws so far have not refuted."""
    if not 0 < confidence < 1:
        raise InputError(f"The confidence is {confidence}. Give a number between 0 and 1, such as 0.95.")
    room, found = evidence.population - len(evidence.cells), evidence.found
    game, limit = _game(evidence), -np.log(1 - confidence)
    low, high = 0, room
    while high - low > 1 and len(game.guess):
        grid = np.unique(np.concatenate([[low], low + np.geomspace(1, high - low, GRID).astype(np.int64)]))
        at = _last_kept(game, found + grid.astype(float), float(limit))
        if at == len(grid) - 1:
            return int(grid[-1])
        low, high = int(grid[at]), int(grid[at + 1])
        if high - low <= max(1, low // 200):
            break
    return high if len(game.guess) else room


def draws_to_stop(
    evidence: Evidence, left: Estimate, target: float, confidence: float = 0.95, most: int = 5000
) -> Estimate:
    """How many more answers to draws of the audit until `may_stop` says yes, if they go on as so far: of nine
    simulated futures the median, the least and the greatest. Infinite: not within `most` draws, or errors have to be
    found first.

    Each future takes a number of errors left from its interval `left` (of `error_rate`, with the same confidence),
    spread over the strata as the draws so far found them; nothing but the audit is answered meanwhile. A forecast, and
    no promise as the rule is.

    >>> from labelreview.review.audit import Answers, Audit
    >>> from labelreview.review.estimates.rates import error_rate
    >>> audit = Audit(np.zeros((5000, 4), np.int8), np.full((5000, 4), 0.9), seed="doc", ahead=150)
    >>> right = Answers(np.array(sorted(audit.next_cells(150))), np.zeros(150, np.int8))
    >>> seen = audit.evidence(right)
    >>> draws_to_stop(seen, error_rate(seen).left, 0.02)
    Estimate(value=49.0, low=49.0, high=1575.0)
    """
    rng, game = np.random.default_rng(len(evidence.cells)), _game(evidence)
    allowed, limit = int(target * evidence.population), -np.log(1 - confidence)
    needed = [
        _draws_until(evidence, game, errors, allowed, limit, most, rng) if errors <= allowed else np.inf
        for errors in _quantiles(left, np.arange(1, FUTURES + 1) / (FUTURES + 1), confidence)
    ]
    return Estimate(float(np.median(needed)), min(needed), max(needed))


def _quantiles(of: Estimate, shares: Floats, confidence: float) -> list[float]:
    """Of an estimate, as if each side of its interval were half of a normal curve."""
    steps = ndtri(shares) / ndtri((1 + confidence) / 2)
    return [of.value + step * ((of.high - of.value) if step > 0 else (of.value - of.low)) for step in steps.tolist()]


def _draws_until(
    evidence: Evidence, game: _Game, errors: float, allowed: int, limit: float, most: int, rng: np.random.Generator
) -> float:
    """Draws until no more than `allowed` errors are left as far as the bettor can tell, in one future; game: so far."""
    strata = _future(evidence, most, rng)
    if not len(strata):
        return 0.0
    wrong = rng.random(len(strata)) < _error_rates(evidence, errors)[strata]
    so_far = len(game.guess)
    game = _Game(*map(np.concatenate, zip(game, _further(evidence, strata, wrong), strict=True)))
    found = evidence.found + np.concatenate([[0], np.cumsum(wrong)])

    def met(draws: int) -> bool:
        until = _Game(*(part[: so_far + draws] for part in game))
        return bool(_capital(until, np.array([float(found[draws] + allowed + 1)]))[0] >= limit)

    looks = np.unique(np.geomspace(1, max(1, len(strata)), LOOKS).astype(np.int64)).tolist()
    at = bisect_left(looks, True, key=met)  # what is once refuted stays refuted, but for errors found since
    return float(looks[at]) if at < len(looks) else np.inf


def _future(evidence: Evidence, most: int, rng: np.random.Generator) -> Ints:
    """The strata of the next draws."""
    pool, drawn = _open(evidence), np.zeros(0, np.int64)
    while len(drawn) < most and pool.any():
        mass = pool * evidence.sizes
        more = np.minimum(rng.multinomial(AT_A_TIME, mass / mass.sum()), pool)
        pool = pool - more
        drawn = np.concatenate([drawn, rng.permutation(np.repeat(np.arange(len(pool)), more))])
    return drawn


def _open(evidence: Evidence) -> Ints:
    """Cells without an answer, by stratum (H,)."""
    return np.asarray(evidence.totals.sum(axis=1) - np.bincount(evidence.strata, minlength=len(evidence.totals)))


def _error_rates(evidence: Evidence, errors: float) -> Floats:
    """The share of wrong cells among the open ones of each stratum, (H,), such that `errors` are left in all."""
    asked, hits = _drawn(evidence)
    rates, pool = (hits + 0.25) / (asked + 1), _open(evidence)
    return np.asarray(np.minimum(1, rates * errors / max((rates * pool).sum(), 1e-12)))


def _drawn(evidence: Evidence) -> tuple[Ints, Floats]:
    """Draws by stratum, and those of them that were wrong; (H,) each."""
    strata, size = evidence.strata[evidence.drawn], len(evidence.totals)
    hits = np.asarray(np.bincount(strata, evidence.wrong[evidence.drawn], size), float)
    return np.bincount(strata, minlength=size), hits


def _further(evidence: Evidence, strata: Ints, wrong: Mask) -> _Game:
    """The game of more draws, behind those of the evidence."""
    drawn = strata[:, None] == np.arange(len(evidence.totals))
    pool = (_open(evidence) - np.cumsum(drawn, axis=0) + drawn).astype(float)
    before = evidence.found + np.cumsum(wrong, dtype=float) - wrong
    return _played(strata, wrong, pool, before, evidence.sizes, *_drawn(evidence))


def _last_kept(game: _Game, totals: Floats, limit: float) -> int:
    """The position of the greatest total that is not refuted, 0 where all are; looked for from above."""
    for end in range(len(totals), 0, -AT_ONCE):
        start = max(0, end - AT_ONCE)
        kept = np.flatnonzero(_capital(game, totals[start:end]) < limit)
        if len(kept):
            return start + int(kept[-1])
    return 0


def ever_refuted(evidence: Evidence, total: int, confidence: float = 0.95) -> bool:
    """Whether the draws have refuted, at any moment so far, that `total` labels were wrong as given (for checks against
    a known truth: it happens to the true number with a chance of at most 1 - confidence)."""
    return bool(_capital(_game(evidence), np.array([float(total)]))[0] >= -np.log(1 - confidence))


def _capital(game: _Game, total: Floats) -> Floats:
    """The greatest log capital that the bettor ever had against each total number of errors, (T,)."""
    impossible = (total[:, None] - game.before > game.highest).any(axis=1)
    return np.asarray(np.where(impossible, np.inf, _capitals(game, total).max(axis=1, initial=0)))


def _capitals(game: _Game, total: Floats) -> Floats:
    """The log capital after each draw, (T, n): the mean of a bettor who learns (half) and of some with fixed stakes.

    The stake is a share of what cannot be lost. The learning one is the growth-optimal of a mean and a variance
    forecast from earlier draws ("aGRAPA").
    """
    open_errors = total[:, None] - game.before
    reach = np.maximum(game.highest - open_errors, 1e-9)
    gain = (open_errors - game.guess) / reach
    edge = np.maximum(open_errors - game.mean, 0)
    learned = np.minimum(edge / (game.variance + edge**2 + 1e-12) * reach, BOLDEST)
    logs = [_capital_of(learned, gain, 0.5), *(_capital_of(fixed, gain, 0.5 / len(FIXED)) for fixed in FIXED)]
    peak, whole = np.maximum.reduce(logs), np.zeros_like(gain)
    for each in logs:
        each -= peak
        whole += np.exp(each, out=each)
    return np.asarray(peak + np.log(whole, out=whole))


def _capital_of(stake: Floats | float, gain: Floats, share: float) -> Floats:
    """The log capital after each draw of one who began with a share of 1. In place: there are many draws."""
    log = stake * gain
    np.maximum(log, -1 + 1e-12, out=log)
    np.cumsum(np.log1p(log, out=log), axis=1, out=log)
    log += np.log(share)
    return log


def _game(evidence: Evidence) -> _Game:
    at = np.flatnonzero(evidence.drawn)
    strata, cells = evidence.strata, evidence.totals.sum(axis=1)
    sizes = np.where(evidence.even[at, None], 1.0, evidence.sizes)
    drawn = strata[at, None] == np.arange(len(cells))
    turn: Ints = np.cumsum(evidence.drawn) - evidence.drawn  # draws before each answer
    leaving = np.bincount(turn * len(cells) + strata, minlength=(len(at) + 1) * len(cells)).reshape(-1, len(cells))
    pool = (cells - np.cumsum(leaving[: len(at)], axis=0) + drawn).astype(float)
    found = evidence.wrong.astype(float)
    return _played(strata[at], evidence.wrong[at], pool, (np.cumsum(found) - found)[at], sizes)


def _played(
    mine: Ints, wrong: Mask, pool: Floats, before: Floats, sizes: Floats, asked: Ints | int = 0, hits: Floats | int = 0
) -> _Game:
    """The game of draws (n,): their strata and whether they were wrong, the cells of each stratum then (n, H), errors
    found before, the strata's sizes; asked, hits: draws before these, by stratum, and those of them that were wrong."""
    drawn = mine[:, None] == np.arange(pool.shape[1])
    times = asked + np.cumsum(drawn, axis=0) - drawn
    hit = drawn * wrong[:, None]
    seen = hits + np.cumsum(hit, axis=0) - hit
    expected = pool * seen / (times + 1)
    careful = np.minimum((seen + 0.25) / (times + 1), 0.5)
    mass = (pool * sizes).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where(pool > 0, mass[:, None] / (sizes * pool), 0)
    row = np.arange(len(mine))
    mean = expected.sum(axis=1)
    guess = scale[row, mine] * (pool[row, mine] * wrong - expected[row, mine]) + mean
    highest = (scale * (pool - expected)).max(axis=1, initial=0) + mean
    variance = (mass[:, None] / sizes * pool * careful * (1 - careful)).sum(axis=1)
    return _Game(before, guess, highest, mean, variance)
