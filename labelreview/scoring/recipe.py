"""The default order: log-odds that a given label is wrong, from the labels and the probabilities alone.

Direction: log-odds of error, high = likely wrong; the scorers turn them into label quality in [0, 1], low = likely
wrong: 1 - sigmoid(log-odds). Neither is a calibrated probability before decisions make it one (`rerank.calibrated`).

How a cell is judged. (1) Two candidates give log-odds that the tag is present: *p_only* from the probabilities (the
model's own, or where it is worth it the opinion ALONE), *cooc* also from the other given labels (the opinion TOGETHER);
an opinion joins by a logistic for each tag on [1, logit p, opinion]. (2) Rates of spurious (ρ0) and missing tags (ρ1)
are read off where a candidate is clearest: ρ0 is the share given present among the lowest 5 % (at least 50) of known
cells, ρ1 the share given absent among the highest 5 %, both drawn to the geometric mean over the tags with the weight
of 50 cells; ρ1 is at most √(ρ0 ρ1). (3) Log-odds of error: the candidate against the given label, plus
log(ρ0 / (1 - ρ1)) where present, log(ρ1 / (1 - ρ0)) where absent.

The recipe is one third p_only and two thirds cooc: cooc is better where errors are blunders, p_only where they keep the
structure of the tags (a tag swapped for a likely confusion).

Unknown cells have NaN log-odds; logistics and rates are fitted on known cells alone. Memory: the outputs, and a block.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from labelreview.grid import Grid
from labelreview.scoring.arrays import Float32s, Float64s, Floats, Mask, blocks, checked, turned
from labelreview.scoring.opinion import logit, opinions
from labelreview.tags import ABSENT, PRESENT, UNKNOWN, Labels

COOC_SHARE = np.float32(2 / 3)
ANCHORS, FEWEST_ANCHORS, DRAWN_BY = 0.05, 50, 50
FITTED_ON = 10_000
CUT_ON = 50_000
TAGS_AT_ONCE = 16

Label = npt.NDArray[np.int8]


class ErrorLogOdds(NamedTuple):
    """p_only and cooc: float32 log-odds of error over the grid, (N, K) where all cells exist, NaN where unknown; the
    rates that entered them.

    rates: (2, K, 2) float64 in (0, 1), [p_only or cooc, tag, given]: missing (ρ1) for absent, spurious (ρ0) for
    present. wrong_share: (K, 2) float64, [tag, given]: the share of labels given so that cooc's rates call wrong.
    """

    p_only: Float32s
    cooc: Float32s
    rates: Float64s
    wrong_share: Float64s

    @property
    def recipe(self) -> Float32s:
        """The default order's log-odds of error."""
        return mixed(self.p_only, self.cooc)

    @property
    def one(self) -> bool:
        """Whether there is but one candidate: of sparse data, where cooc is p_only."""
        return self.cooc is self.p_only


class Reasons(NamedTuple):
    """Why cells stand where they stand, (n,) each.

    given: int8 label; pred_prob: p; expected: cooc's probability of present, given the item's other tags; rate: the
    share of this tag's labels given so that are wrong, as estimated before any decision (`wrong_share`).
    """

    given: Label
    pred_prob: Floats
    expected: Float32s
    rate: Float64s


def error_log_odds(labels: npt.ArrayLike, pred_probs: Any) -> ErrorLogOdds:
    """Both candidates' log-odds of error of every cell, for orders that learn (`rerank`) and for `reasons`.

    Raises InputError for unusable matrices.

    >>> labels = np.tile([[1, 0], [0, 1]], (200, 1)); probs = np.tile([[0.9, 0.1], [0.1, 0.9]], (200, 1))
    >>> labels[0] = 0
    >>> odds = error_log_odds(labels, probs)
    >>> odds.cooc.shape, int(odds.cooc.argmax()), int(odds.p_only.argmax())
    ((400, 2), 0, 0)
    """
    known, probs = checked(labels, pred_probs)
    found = _candidates(known, probs)
    alone = np.empty(known.shape, np.float32) if found.alone is None else found.alone
    for rows in blocks(*known.shape):
        alone[rows] = _error(known[rows], found.own(probs, rows), found.rates[0])
        found.together[rows] = _error(known[rows], found.together[rows], found.rates[1])
    share = wrong_share(found.rates[1], found.prevalence)
    return ErrorLogOdds(alone, found.together, found.rates, share)


def mixed(p_only: Float32s, cooc: Float32s) -> Float32s:
    """One third p_only, two thirds cooc."""
    odds: Float32s = cooc - p_only
    odds *= COOC_SHARE
    odds += p_only
    return odds


def recipe(labels: Labels, pred_probs: Floats) -> Float32s:
    """Label quality by both candidates, (N, K) float32."""
    found = _candidates(labels, pred_probs)
    for rows in blocks(*labels.shape):
        own = _error(labels[rows], found.own(pred_probs, rows), found.rates[0])
        together = _error(labels[rows], found.together[rows], found.rates[1])
        found.together[rows] = quality(mixed(own, together))
    return found.together


def p_only(labels: Labels, pred_probs: Floats) -> Float32s:
    """Label quality by the probabilities alone, (N, K) float32."""
    found = _candidates(labels, pred_probs, together=False)
    out = np.empty(labels.shape, np.float32) if found.alone is None else found.alone
    for rows in blocks(*labels.shape):
        out[rows] = quality(_error(labels[rows], found.own(pred_probs, rows), found.rates[0]))
    return out


def cooc(labels: Labels, pred_probs: Floats) -> Float32s:
    """Label quality by the probabilities and the other given labels, (N, K) float32."""
    found = _candidates(labels, pred_probs)
    for rows in blocks(*labels.shape):
        found.together[rows] = quality(_error(labels[rows], found.together[rows], found.rates[1]))
    return found.together


def quality(odds: Float32s) -> Float32s:
    """1 - sigmoid(log-odds of error), in place.

    >>> quality(np.array([0.0, 1.0, -100.0], np.float32)).round(3)
    array([0.5  , 0.269, 1.   ], dtype=float32)
    """
    np.clip(odds, -80, 80, out=odds)
    np.exp(odds, out=odds)
    odds += 1
    return np.reciprocal(odds, out=odds)


def reasons(
    labels: npt.ArrayLike,
    pred_probs: npt.ArrayLike,
    odds: ErrorLogOdds,
    cells: npt.ArrayLike,
    grid: Grid | None = None,
) -> Reasons:
    """The numbers behind some cells, given as flat positions (row * K + column) of the grid (None: all cells exist).

    `odds` are those of `error_log_odds` for the same matrices. Raises InputError for unusable matrices.

    >>> labels = np.tile([[1, 0], [0, 1]], (200, 1)); probs = np.tile([[0.9, 0.1], [0.1, 0.9]], (200, 1))
    >>> labels[0] = 0
    >>> why = reasons(labels, probs, error_log_odds(labels, probs), [0])
    >>> why.given, why.pred_prob, bool(why.expected > 0.8)
    (array([0], dtype=int8), array([0.9]), True)
    """
    places = np.asarray(cells, np.int64)
    grid = grid or Grid(*odds.cooc.shape)
    slots, tags = grid.slots(places), places % grid.tags
    some = np.ravel(labels)[slots].astype(np.int8)
    given = np.maximum(some, 0)
    error = np.ravel(odds.cooc)[slots] - offsets(odds.rates[1])[tags, given]
    expected = expit(np.where(some == PRESENT, -error, error)).astype(np.float32)
    return Reasons(some, np.ravel(pred_probs)[slots], expected, odds.wrong_share[tags, given])


class _Candidates(NamedTuple):
    """Log-odds of present by p_only (None: the model's own) and cooc; rates [candidate, tag, given]; prevalence."""

    alone: Float32s | None
    together: Float32s
    rates: Float64s
    prevalence: Float64s

    def own(self, probs: Floats, rows: slice) -> Float32s:
        """p_only's log-odds of a block."""
        return logit(probs[rows]) if self.alone is None else self.alone[rows]


def _candidates(labels: Labels, probs: Floats, *, together: bool = True) -> _Candidates:
    """Without `together`, cooc stays empty."""
    tags = labels.shape[1]
    if not labels.size:
        return _Candidates(None, np.empty(labels.shape, np.float32), np.full((2, tags, 2), 0.5), np.zeros(tags))
    with threadpool_limits(1, user_api="blas"):  # small products: threads that wait for a busy core cost far more
        alone, both = opinions(labels, probs, together=together)
        counts, prevalence = _calibrated_in_place(labels, probs, (alone, both))
    nothing = np.empty((0, tags), np.float32)
    return _Candidates(alone, nothing if both is None else both, rates_of(counts), prevalence)


def _calibrated_in_place(
    labels: Labels, probs: Floats, found: tuple[Float32s | None, Float32s | None]
) -> tuple[Float64s, Float64s]:
    """Opinions become log-odds of present; anchors [candidate, tag, given, (errors, anchors)] and prevalence (K,)."""
    tags = labels.shape[1]
    counts, prevalence = np.zeros((2, tags, 2, 2)), np.zeros(tags)
    for some in (slice(first, first + TAGS_AT_ONCE) for first in range(0, tags, TAGS_AT_ONCE)):
        given, odds = turned(labels[:, some]), logit(turned(probs[:, some]))
        for at, opinion in enumerate(found):
            values = odds if opinion is None else turned(opinion[:, some])
            for tag, (label, own, value) in enumerate(zip(given, odds, values, strict=True), start=some.start):
                if opinion is not None:
                    value[:] = _calibrated(label, own, value)
                counts[at, tag] = anchors(label, value)
            if opinion is not None:
                opinion[:, some] = values.T
        present, known = np.count_nonzero(given == PRESENT, axis=1), np.count_nonzero(given != UNKNOWN, axis=1)
        prevalence[some] = _shares(present, known)
    return counts, prevalence


def _calibrated(label: Label, own: Float32s, opinion: Float32s) -> Float32s:
    """A logistic on [1, logit p, opinion], fitted on known cells: at most 10,000 of each label, weighted back."""
    rows, weights = [], []
    own = np.nan_to_num(own, nan=0.0)
    for given in (ABSENT, PRESENT):
        there = np.flatnonzero(label == given)
        rows.append(there[:: max(1, len(there) // FITTED_ON)])
        weights.append(np.full(len(rows[-1]), len(there) / max(len(rows[-1]), 1)))
    if not (len(rows[ABSENT]) and len(rows[PRESENT])):
        return own
    some = np.concatenate(rows)
    inputs = np.stack([np.ones(len(some)), own[some], opinion[some]], dtype=np.float64)
    first, second, third = logistic(inputs, label[some] == PRESENT, np.concatenate(weights)).astype(np.float32)
    own *= second
    own += third * opinion
    own += first
    return own


def logistic(inputs: Float64s, present: Mask, weights: Float64s, ridge: float = 0.01) -> Float64s:
    """Coefficients (m,) for inputs (m, n), with a weak ridge, by Newton's method; a step that overshoots is halved."""
    beta, penalty = np.zeros(len(inputs)), ridge * np.eye(len(inputs))
    odds, loss = np.zeros(inputs.shape[1]), weights.sum() * np.log(2)
    for _ in range(30):
        mean = 1 / (1 + np.exp(-np.clip(odds, -500, 500)))
        gradient = inputs @ (weights * (present - mean)) - ridge * beta
        step = np.linalg.solve((inputs * (weights * mean * (1 - mean))) @ inputs.T + penalty, gradient)
        for _ in range(12):
            moved = (beta + step) @ inputs
            costs = np.maximum(moved, 0) - moved * present + np.log1p(np.exp(-np.abs(moved)))
            now = weights @ costs + ridge / 2 * ((beta + step) ** 2).sum()
            if now <= loss:
                break
            step /= 2
        else:
            break
        beta, odds, gain, loss = beta + step, moved, loss - now, now
        if gain < 1e-6 * loss:
            break
    return beta


def anchors(label: Label, odds: Float32s, *, at_most: float = 1.0) -> Float64s:
    """[given, (errors, anchors)] of one tag; all cells at a cut are anchors, cuts are set on at most 50,000 cells.

    at_most: the share of the cells that may be anchors of one side, for tags that have few.
    """
    there = np.flatnonzero(label != UNKNOWN)
    if not len(there):
        return np.zeros((2, 2))
    known, value = (label, odds) if len(there) == len(label) else (label.take(there), odds.take(there))
    sample = value[:: max(1, len(value) // CUT_ON)]
    most = max(1, int(at_most * len(sample)))
    count = min(most, max(FEWEST_ANCHORS, int(ANCHORS * len(sample))))
    high = value >= np.partition(sample, len(sample) - count)[len(sample) - count]
    low = value <= np.partition(sample, count - 1)[count - 1]
    return np.array(
        [
            [np.count_nonzero(high & (known == ABSENT)), np.count_nonzero(high)],
            [np.count_nonzero(low & (known == PRESENT)), np.count_nonzero(low)],
        ]
    )


def rates_of(counts: Float64s) -> Float64s:
    """[candidate, tag, given]: missing (ρ1) and spurious (ρ0), in (0, 1)."""
    errors, anchors = counts[..., 0], counts[..., 1]
    rough = (errors + 0.5) / (anchors + 1)
    usual = np.exp(np.log(rough).mean(axis=1, keepdims=True))
    rates = (rough * anchors + usual * DRAWN_BY) / (anchors + DRAWN_BY)
    rates[..., ABSENT] = np.minimum(rates[..., ABSENT], np.sqrt(rates[..., ABSENT] * rates[..., PRESENT]))
    return np.asarray(rates)


def offsets(rates: Float64s) -> Float32s:
    """(K, 2), [tag, given]: log(ρ1 / (1 - ρ0)) and log(ρ0 / (1 - ρ1))."""
    return np.asarray(np.log(rates / (1 - rates[:, ::-1])), np.float32)


def _error(labels: Labels, present: Float32s, rates: Float64s) -> Float32s:
    """Log-odds of error from log-odds of present; NaN where unknown."""
    apart, given = offsets(rates), labels == PRESENT
    error = np.where(given, apart[:, PRESENT] - present, apart[:, ABSENT] + present)
    if labels.min(initial=0) == UNKNOWN:
        error[labels == UNKNOWN] = np.nan
    return error


def wrong_share(rates: Float64s, prevalence: Float64s) -> Float64s:
    """[tag, given]: p(truly present | given absent) and p(truly absent | given present), by Bayes."""
    missing, spurious = rates[:, ABSENT], rates[:, PRESENT]
    truly = np.clip((prevalence - spurious) / np.maximum(1 - missing - spurious, 1e-9), 0, 1)
    shares = [_shares(missing * truly, 1 - prevalence), _shares(spurious * (1 - truly), prevalence)]
    return np.clip(np.stack(shares, axis=1), 0, 1)


def _shares(parts: npt.NDArray[np.floating | np.int64], wholes: npt.NDArray[np.floating | np.int64]) -> Float64s:
    return np.asarray(parts / np.maximum(wholes, 1e-9), np.float64)
