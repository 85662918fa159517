"""One regularised logistic for each tag, all tags at once: two matrix products a step, whatever the number of tags.

Rows (n, D) float32, best in a basis of principal components (the steps are scaled by the variance of each column).
Weights (D, K) carry a penalty of penalty/2 · |w|², intercepts (K,) none. Unknown labels are outside.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import expit

from labelreview.scoring.arrays import Float32s, Mask
from labelreview.tags import PRESENT, UNKNOWN, Labels

STEPS, LINE_STEPS = 60, 8
TOLERANCE, FLAT, TINY = 2e-4, 0.1, np.float32(1e-12)


class Linear(NamedTuple):
    """weights (D, K) and intercepts (K,), float32."""

    weights: Float32s
    intercepts: Float32s

    def log_odds(self, rows: Float32s) -> Float32s:
        odds: Float32s = rows @ self.weights
        odds += self.intercepts
        return odds

    def probs(self, rows: Float32s) -> Float32s:
        """(n, K) in (0, 1)."""
        return np.asarray(expit(self.log_odds(rows)), np.float32)


def fitted(rows: Float32s, labels: Labels, penalty: float, start: Linear | None = None) -> Linear:
    """The logistics of all tags, by conjugate gradients with Newton steps along each direction; tags stop together."""
    known = labels != UNKNOWN
    present = (labels == PRESENT).astype(np.float32)
    share = (present.sum(axis=0) + 0.5) / (known.sum(axis=0) + 1)
    curvature = (share * (1 - share) * known.sum(axis=0)).astype(np.float32)
    scale = 1 / ((rows**2).mean(axis=0)[:, None] * curvature + np.float32(penalty))
    slope = _Slope(rows, present, None if known.all() else known, np.float32(penalty))
    at = start or Linear(
        np.zeros((rows.shape[1], labels.shape[1]), np.float32), np.log(share / (1 - share)).astype(np.float32)
    )
    return _descend(slope, at, scale, 1 / np.maximum(curvature, 1e-6))


class _Slope(NamedTuple):
    """The log-likelihood less the penalty: its gradient, and the best step along a direction."""

    rows: Float32s
    present: Float32s
    known: Mask | None
    penalty: np.float32

    def gradient(self, at: Linear, odds: Float32s) -> Linear:
        rest = self.present - expit(odds)
        if self.known is not None:
            rest *= self.known
        return Linear(self.rows.T @ rest - self.penalty * at.weights, rest.sum(axis=0))

    def step(self, at: Linear, along: Linear, odds: Float32s, moved: Float32s) -> Float32s:
        """For each tag how far to go: where the slope along the line is a tenth of what it was, or short of the top.

        Newton's method overshoots where the curve is flat far out, so it is kept between a point before the top and one
        beyond it.
        """
        step = np.zeros(len(along.intercepts), np.float32)
        before, beyond = step.copy(), np.full_like(step, np.inf)
        turn, square = (at.weights * along.weights).sum(axis=0), (along.weights**2).sum(axis=0)
        seen = moved if self.known is None else moved * self.known
        first, done = step, np.zeros(len(step), np.bool_)
        for count in range(LINE_STEPS):
            prob = expit(odds + step * moved)
            up = np.einsum("ij,ij->j", seen, self.present - prob) - self.penalty * (turn + step * square)
            first = up if count == 0 else first
            done = np.abs(up) <= FLAT * np.abs(first)
            if done.all():
                break
            before, beyond = np.where(up > 0, step, before), np.where(up < 0, step, beyond)
            bend = np.einsum("ij,ij->j", seen * moved, prob * (1 - prob)) + self.penalty * square
            step = np.where(done, step, _between(before, beyond, step + up / np.maximum(bend, TINY)))
        return np.where(done, step, before)


def _between(before: Float32s, beyond: Float32s, wanted: Float32s) -> Float32s:
    """The wanted point, or where it leaves the bracket, the middle of it."""
    out = np.where(np.isfinite(beyond), (before + beyond) / 2, wanted)
    return np.asarray(np.where((wanted > before) & (wanted < beyond), wanted, out), np.float32)


def _descend(slope: _Slope, at: Linear, scale: Float32s, intercept_scale: Float32s) -> Linear:
    odds = at.log_odds(slope.rows)
    along, old, old_size, first = at, at, np.ones(0, np.float32), np.ones(0, np.float32)
    for count in range(STEPS):
        up = slope.gradient(at, odds)
        scaled = Linear(scale * up.weights, (intercept_scale * up.intercepts).astype(np.float32))
        size = _dot(up, scaled)
        if count == 0:
            along, first = scaled, size
        else:
            turned = _dot(Linear(up.weights - old.weights, up.intercepts - old.intercepts), scaled)
            keep = np.maximum(0, turned / np.maximum(old_size, 1e-30)).astype(np.float32)
            keep[_dot(up, along) * keep + size <= 0] = 0
            along = Linear(scaled.weights + keep * along.weights, scaled.intercepts + keep * along.intercepts)
        if (size <= TOLERANCE**2 * first).all():
            break
        old, old_size = up, size
        moved = along.log_odds(slope.rows)
        step = slope.step(at, along, odds, moved)
        at = Linear(at.weights + step * along.weights, at.intercepts + step * along.intercepts)
        odds += step * moved
    return at


def _dot(left: Linear, right: Linear) -> Float32s:
    both: Float32s = (left.weights * right.weights).sum(axis=0) + left.intercepts * right.intercepts
    return both
