"""What further verdicts will find, and what a target costs: in verdicts, and in hours at the team's pace.

The model's doubt (its probability that the given label is wrong) is brought into line with the verdicts so far, by a
logistic curve. This is a forecast from a model, not an estimate from chance draws: its band says how far it has been
off so far. How many errors there are at all is `rates`' business, and caps the forecast.
"""

from dataclasses import dataclass
from math import nan

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit, ndtri

from labelreview.errors import InputError
from labelreview.review.estimates.rates import ErrorRate, Estimate

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BLOCK = 25
BINS = 2048
LONGEST_PAUSE = 60.0
# Before any verdict the doubt is taken as it is (intercept 0, slope 1), give or take these standard deviations.
AS_IT_IS, PRIOR_SD = np.array([0.0, 1.0]), np.array([2.0, 0.5])


@dataclass(frozen=True)
class Calibration:
    """wrong ~ expit(coefficients[0] + coefficients[1] * logit(doubt)); `excess`: variance seen over expected."""

    coefficients: Floats
    covariance: Floats
    excess: float

    def __call__(self, doubt: npt.ArrayLike) -> Floats:
        """The calibrated probability of an error, same shape."""
        return np.asarray(expit(self.coefficients[0] + self.coefficients[1] * _odds(doubt)))


@dataclass(frozen=True)
class Forecast:
    """After each of `verdicts` further verdicts: errors found among them, and the band. (P,) each."""

    verdicts: Ints
    found: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Cost:
    """Further verdicts, and hours, to reach a target. NaN or infinite: not within the cells that were given."""

    verdicts: Estimate
    hours: Estimate


def found_curve(wrong: npt.ArrayLike) -> Ints:
    """Errors found by verdict n, (m + 1,), from 0. wrong: (m,) bool, verdicts in order.

    >>> found_curve([True, False, True]).tolist()
    [0, 1, 1, 2]
    """
    return np.asarray(np.concatenate([[0], np.cumsum(np.asarray(wrong, np.int64))]))


def calibration(doubt: npt.ArrayLike, wrong: npt.ArrayLike) -> Calibration:
    """Doubt brought into line with verdicts. doubt: (m,) in [0, 1]; wrong: (m,) bool; in the order of the verdicts.

    Raises InputError when the lengths differ. Reference: Platt 1999, with a normal prior around "as it is" (Newton's
    method); over-dispersion by blocks of 25 verdicts (McCullagh & Nelder 1989, 4.5).

    >>> fitted = calibration(np.full(200, 0.9), np.arange(200) % 2 == 0)
    >>> round(float(fitted(0.9)), 1)
    0.5
    """
    odds, seen = _odds(doubt), np.asarray(wrong, float)
    if odds.shape != seen.shape:
        raise InputError(f"doubt has {odds.shape} values and wrong {seen.shape}. Give one of each for every verdict.")
    at, information = _fitted(*_binned(odds, seen))
    return Calibration(at, np.asarray(np.linalg.inv(information), float), _excess(expit(at[0] + at[1] * odds), seen))


def _binned(odds: Floats, seen: Floats) -> tuple[Floats, Floats, Floats]:
    """Log-odds, errors and verdicts, (b,) each: verdicts of nearly the same log-odds as one, where there are many. A
    bin is about 0.01 wide and stands at its mean, so that the fit is the same to four digits."""
    if len(odds) <= BINS:
        return odds, seen, np.ones_like(odds)
    low, high = odds.min(), odds.max()
    at = np.minimum((odds - low) / max(high - low, 1e-12) * BINS, BINS - 1).astype(np.int64)
    counts = np.bincount(at, minlength=BINS).astype(float)
    there = counts > 0
    total, wrong = (np.bincount(at, values, BINS)[there].astype(float) for values in (odds, seen))
    return total / counts[there], wrong, counts[there]


def _fitted(odds: Floats, seen: Floats, count: Floats) -> tuple[Floats, Floats]:
    """Coefficients and information of the penalised likelihood, by Newton's method with halved steps: a doubt of nearly
    1 that is often wrong gives steps that are far too long. odds, errors seen and verdicts: (b,)."""
    design = np.stack([np.ones_like(odds), odds], axis=1)

    def height(coefficients: Floats) -> float:
        line = design @ coefficients
        return float(
            seen @ line - count @ np.logaddexp(0, line) - (((coefficients - AS_IT_IS) / PRIOR_SD) ** 2).sum() / 2
        )

    at, penalty, information = AS_IT_IS, np.diag(1 / PRIOR_SD**2), np.eye(2)
    for _ in range(50):
        chance = expit(design @ at)
        information = (design * (count * chance * (1 - chance))[:, None]).T @ design + penalty
        step = np.linalg.solve(information, design.T @ (seen - count * chance) - (at - AS_IT_IS) / PRIOR_SD**2)
        here = height(at)
        while height(at + step) < here and np.abs(step).max() > 1e-9:
            step = step / 2
        at = at + step
        if np.abs(step).max() < 1e-8:
            break
    return at, information


def forecast(
    fitted: Calibration, doubt: npt.ArrayLike, left: Estimate | None = None, confidence: float = 0.95, points: int = 200
) -> Forecast:
    """Errors found by the next n verdicts. doubt: (n,) of the next cells in the order they will be asked.

    left: errors left in all unanswered cells; more cannot be found. The band holds the chance of each cell, the
    uncertainty of the calibration and the over-dispersion so far; about `confidence` of futures lie in it at each n.

    >>> nothing_known = calibration([], [])
    >>> ahead = forecast(nothing_known, np.full(100, 0.5))
    >>> int(ahead.verdicts[-1]), round(float(ahead.found[-1]))
    (100, 50)
    """
    odds = _odds(doubt)
    chance = fitted(doubt)
    slope = chance * (1 - chance)
    mean, spread = np.cumsum(chance), np.cumsum(slope)
    ways = np.stack([spread, np.cumsum(slope * odds)], axis=1)
    at = np.unique(np.linspace(1, len(odds), min(points, len(odds))).astype(np.int64)) - 1
    drift = np.einsum("ni,ij,nj->n", ways[at], fitted.covariance, ways[at])
    half = ndtri(0.5 + confidence / 2) * np.sqrt(fitted.excess * (spread[at] + drift))
    cap = np.minimum(at + 1.0, np.inf if left is None or np.isnan(left.high) else left.high)
    low, high = np.clip(mean[at] - half - 0.5, 0, cap), np.clip(mean[at] + half + 0.5, 0, cap)
    return Forecast(at + 1, np.minimum(mean[at], cap), low, high)


def cost_to_reach(target: float, whole: ErrorRate, ahead: Forecast, seconds: float = nan) -> Cost:
    """Verdicts in the order of the queue until at most a share `target` of all labels is still wrong.

    whole: the error rate of all cells; ahead: the forecast over the cells still to ask, all of them for an answer in
    all cases; seconds: by verdict (`pace`). The interval pairs the fewest errors left with the upper edge of the band,
    and the most with the lower: it is careful.

    >>> half_wrong = ErrorRate(1000, 0, 0, 50, Estimate(100.0, 80.0, 130.0))
    >>> ahead = forecast(calibration([], []), np.full(1000, 0.2))
    >>> cost = cost_to_reach(0.02, half_wrong, ahead, seconds=3.6)
    >>> round(cost.verdicts.value, -2), round(cost.hours.value, 1)
    (400.0, 0.4)
    """
    if not 0 <= target <= 1:
        raise InputError(f"The target error rate is {target}. Give a share between 0 and 1, such as 0.01 for 1 %.")
    allowed = target * whole.cells
    value, low, high = (
        _first(ahead, left - allowed, found)
        for left, found in ((whole.left.value, ahead.found), (whole.left.low, ahead.high), (whole.left.high, ahead.low))
    )
    hours = [verdicts * seconds / 3600 for verdicts in (value, low, high)]
    return Cost(Estimate(value, low, high), Estimate(*hours))


def pace(seconds: npt.ArrayLike) -> float:
    """Seconds by verdict: the mean, where a pause counts as a minute at most; NaN without verdicts.

    >>> pace([2, 4, 3600])
    22.0
    """
    taken = np.asarray(seconds, float)
    taken = taken[taken > 0]
    return float(np.minimum(taken, LONGEST_PAUSE).mean()) if len(taken) else nan


def _first(ahead: Forecast, wanted: float, found: Floats) -> float:
    if np.isnan(wanted):
        return nan
    if wanted <= 0:
        return 0.0
    enough = np.flatnonzero(np.maximum.accumulate(found) >= wanted)
    return float(ahead.verdicts[enough[0]]) if len(enough) else float("inf")


def _odds(doubt: npt.ArrayLike) -> Floats:
    return np.asarray(logit(np.clip(np.asarray(doubt, float), 1e-6, 1 - 1e-6)))


def _excess(chance: Floats, seen: Floats) -> float:
    """Variance of found minus expected over blocks of verdicts, over what chance alone would give; at least 1."""
    blocks = len(seen) // BLOCK
    if blocks < 4:
        return 2.0
    shape = (blocks, BLOCK)
    chance, seen = chance[-blocks * BLOCK :].reshape(shape), seen[-blocks * BLOCK :].reshape(shape)
    expected = np.maximum((chance * (1 - chance)).sum(axis=1), 0.5)
    return max(1.0, float(np.mean((seen - chance).sum(axis=1) ** 2 / expected)))
