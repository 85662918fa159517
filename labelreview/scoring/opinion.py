"""Second opinions: what the other tags of an item say about each tag, out of fold, by linear algebra alone.

An opinion is a linear predictor of every tag's given label, (N, K) float32, from the covariance of the other four folds
(row i is in fold i mod 5, ridge 1e-2). ALONE sees all probabilities of the item, TOGETHER also the given labels of its
other tags, never the cell's own: one inverse gives all tags at once, w = -Ω[:, k] / Ω[k, k].

Where tags depend on each other in a way that is not linear, 64 fixed random directions of the whitened log-odds, each
bent by tanh, join the predictors; they are used where they lower the squared error of held-out folds by 0.5 % or more.

Unknown cells: an unknown label enters as its probability, a NaN probability as the tag's mean.

Time and memory grow with the square of the tags that predict. Of more than LEADING tags only these do: those whose
labels tell most (largest variance over the items that know them). All others are predicted from them.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from labelreview.scoring.arrays import Float32s, Float64s, Floats, Ints, blocks
from labelreview.tags import UNKNOWN, Labels

FOLDS = 5
RIDGE = 1e-2
CLIP = 1e-3
DIRECTIONS, COMPONENTS = 64, 12
WORTH_BENDING = 0.005
SAMPLE = 20_000
CELLS_A_FOLD = 1 << 17
LEADING = 512


class Basis(NamedTuple):
    """How rows become predictors: centre and scale of the log-odds, the bent directions, all of the leading tags; the
    means of all tags. leading, further: columns of the tags that predict, and of those that are only predicted."""

    centre: Float32s
    scale: Float32s
    mean: Float32s
    mixing: Float32s
    shift: Float32s
    leading: Ints
    further: Ints

    def design(self, labels: Labels, probs: Floats) -> Float32s:
        """(n, 2L + directions): given labels, standardised log-odds, bent directions; unknowns filled in."""
        tags = len(self.leading)
        out = np.empty((len(labels), 2 * tags + len(self.shift)), np.float32)
        out[:, :tags] = self.filled(labels, probs, self.leading)
        standard = self.standard(probs if not len(self.further) else probs[:, self.leading])
        out[:, tags : 2 * tags] = standard
        if len(self.shift):
            np.tanh(standard @ self.mixing + self.shift, out=out[:, 2 * tags :])
        return out

    def filled(self, labels: Labels, probs: Floats, tags: Ints) -> Labels | Floats:
        """The given labels of some tags; where unknown their probability, or the tag's mean."""
        whole = len(tags) == labels.shape[1]
        given = labels if whole else labels[:, tags]
        if given.min(initial=0) != UNKNOWN:
            return given
        own = probs if whole else probs[:, tags]
        return np.where(given == UNKNOWN, np.where(np.isnan(own), self.mean[tags], own), given)

    def standard(self, probs: Floats) -> Float32s:
        """Log-odds with mean 0 and deviation 1, 0 where there is no probability."""
        odds = logit(probs)
        odds -= self.centre
        odds *= self.scale
        if np.isnan(odds.sum()):
            odds[np.isnan(odds)] = 0
        return odds


class Moments(NamedTuple):
    """Rows, means and second moments about 0, by fold: of the design's W columns with themselves and with the R further
    tags' labels, (F,), (F, W + R), (F, W, W + R)."""

    rows: Float64s
    mean: Float64s
    second: Float64s

    def of(self, folds: list[int]) -> tuple[Float64s, Float64s]:
        """Mean (W + R,) and covariance (W, W + R) over some folds together."""
        weights = self.rows[folds] / max(self.rows[folds].sum(), 1)
        mean = weights @ self.mean[folds]
        crossed = np.outer(mean[: self.second.shape[1]], mean)
        return mean, np.tensordot(weights, self.second[folds], 1) - crossed

    def others(self, fold: int) -> tuple[Float64s, Float64s]:
        """Mean and covariance over all other folds that have rows."""
        return self.of([other for other in range(FOLDS) if other != fold and self.rows[other]] or [fold])


def logit(probs: Floats) -> Float32s:
    """Log-odds of the probabilities, cut at 1e-3.

    >>> logit(np.array([0.5, 1.0], np.float32)).round(2)
    array([0.  , 6.91], dtype=float32)
    """
    odds = np.clip(probs, CLIP, 1 - CLIP).astype(np.float32, copy=False)
    rest = 1 - odds
    odds /= rest
    return np.log(odds, out=odds)


def opinions(labels: Labels, probs: Floats, *, together: bool = True) -> tuple[Float32s | None, Float32s | None]:
    """ALONE (None where nothing is bent: then the model's own log-odds serve as well) and TOGETHER, (N, K) each."""
    basis = fitted_basis(labels, probs)
    tags = len(basis.leading)
    choices = ([slice(tags, None)] if len(basis.shift) else []) + ([slice(0, None)] if together else [])
    found = iter(_cross_fitted(labels, probs, basis, choices) if choices else [])
    return next(found) if len(basis.shift) else None, next(found) if together else None


def fitted_basis(labels: Labels, probs: Floats, most: int = LEADING) -> Basis:
    """Centres, scales and directions from at most 20,000 rows, evenly spread; at most so many leading tags."""
    rows = slice(None, None, max(1, -(-len(labels) // SAMPLE)))
    given, own = labels[rows], probs[rows]
    mean, deviation = _mean_and_spread(given, given != UNKNOWN)
    by_spread = np.argsort(-deviation, kind="stable")
    leading, further = np.sort(by_spread[:most]), np.sort(by_spread[most:])
    if len(further):
        given, own = given[:, leading], own[:, leading]
    odds = logit(own)
    centre, spread = _mean_and_spread(odds, ~np.isnan(odds))
    scale = np.where(spread > 1e-6, 1 / np.maximum(spread, 1e-6), 0)
    none = np.zeros((len(leading), 0), np.float32), np.zeros(0, np.float32)
    single = [np.asarray(array, np.float32) for array in (centre, scale, mean)]
    plain = Basis(single[0], single[1], single[2], *none, leading, further)
    mixing, shift = _directions(plain.standard(own))
    bent = plain._replace(mixing=mixing.astype(np.float32), shift=shift.astype(np.float32))
    alone = bent._replace(mean=bent.mean[leading], leading=np.arange(len(leading)), further=further[:0])
    return bent if _worth_bending(given, own, alone) else plain


def _mean_and_spread(
    values: npt.NDArray[np.floating | np.int8], known: npt.NDArray[np.bool_]
) -> tuple[Float64s, Float64s]:
    count = np.maximum(np.count_nonzero(known, axis=0), 1)
    mean = np.where(known, values, 0).sum(axis=0, dtype=np.float64) / count
    return mean, np.sqrt((np.where(known, values - mean, 0) ** 2).sum(axis=0) / count)


def _directions(standard: Float32s) -> tuple[Float64s, Float64s]:
    """Fixed random directions in the space of the first principal components, whitened."""
    values, vectors = np.linalg.eigh((standard.T @ standard).astype(np.float64) / max(len(standard), 1))
    leading = slice(None, -1 - min(COMPONENTS, len(values)), -1)
    white = vectors[:, leading] / np.sqrt(np.maximum(values[leading], CLIP))
    generator = np.random.default_rng(0)
    mixing = generator.normal(0, 1.5 / np.sqrt(white.shape[1]), (white.shape[1], DIRECTIONS))
    return white @ mixing, generator.normal(0, 1, DIRECTIONS)


def _worth_bending(labels: Labels, probs: Floats, basis: Basis) -> bool:
    """Whether the bent directions tell the given labels of held-out folds clearly better than all that is straight.

    Straight are the log-odds and the probabilities: a curve of the tag's own probability is the logistic's business.
    """
    tags = labels.shape[1]
    centre, spread = _mean_and_spread(probs, ~np.isnan(probs))
    scale = 1 / np.maximum(spread, 1e-6)

    def design(given: Labels, own: Floats) -> Float32s:
        whole, straight = basis.design(given, own), np.nan_to_num((own - centre) * scale, nan=0.0)
        return np.concatenate([whole[:, : 2 * tags], straight, whole[:, 2 * tags :]], axis=1, dtype=np.float32)

    moments = _moments(labels, probs, design)
    straight = sum(_squared_error(moments, fold, tags, slice(tags, 3 * tags)) for fold in range(FOLDS))
    bent = sum(_squared_error(moments, fold, tags, slice(tags, None)) for fold in range(FOLDS))
    return bent < straight * (1 - WORTH_BENDING)


def _squared_error(moments: Moments, fold: int, tags: int, some: slice) -> float:
    """Of predicting the held-out fold, summed over tags, from its moments."""
    slope, intercept = _weights(*moments.others(fold), tags, some)
    mean, covariance = moments.of([fold])
    bias = mean[:tags] - mean[some] @ slope - intercept
    crossed = np.einsum("ij,ij->j", slope, covariance[some, :tags])
    spread = np.einsum("ij,ij->j", slope, covariance[some, some] @ slope)
    return float((np.diag(covariance)[:tags] - 2 * crossed + spread + bias**2).sum())


def _cross_fitted(labels: Labels, probs: Floats, basis: Basis, choices: list[slice]) -> list[Float32s]:
    """For each choice of design columns the linear predictor of every tag, (N, K), from the other folds."""
    moments, tags = _moments(labels, probs, basis.design, basis), len(basis.leading)
    weights = [[_weights(*moments.others(fold), tags, some) for some in choices] for fold in range(FOLDS)]
    out = [np.empty(labels.shape, np.float32) for _ in choices]
    order = np.concatenate([basis.leading, basis.further]) if len(basis.further) else slice(None)
    for fold, rows in _parts(labels):
        design = basis.design(labels[rows], probs[rows])
        for predictor, some, (slope, intercept) in zip(out, choices, weights[fold], strict=True):
            part = design[:, some] @ slope
            part += intercept
            predictor[rows][:, order] = part
    return out


def _moments(
    labels: Labels, probs: Floats, design: Callable[[Labels, Floats], Float32s], basis: Basis | None = None
) -> Moments:
    """`basis`: its further tags' labels are counted, too."""
    further = basis.further if basis else ()
    width = design(labels[:0], probs[:0]).shape[1]
    shape = FOLDS, width, width + len(further)
    rows, sums, second = np.zeros(FOLDS), np.zeros((FOLDS, shape[2])), np.zeros(shape)
    for fold, part in _parts(labels):
        block = design(labels[part], probs[part])
        whole = block
        if basis and len(further):
            whole = np.hstack([block, basis.filled(labels[part], probs[part], basis.further)], dtype=np.float32)
        rows[fold] += len(block)
        sums[fold] += np.ones(len(block), np.float32) @ whole
        second[fold] += block.T @ whole
    total = np.maximum(rows, 1)
    return Moments(rows, sums / total[:, None], second / total[:, None, None])


def _weights(mean: Float64s, covariance: Float64s, tags: int, some: slice) -> tuple[Float32s, Float32s]:
    """Slopes (columns, K) and intercepts (K,) that predict each tag from `some` columns, never from its own label: the
    leading tags first, then the further ones. covariance: (W, W + R)."""
    width = len(covariance)
    some = slice(*some.indices(width))
    ridged = covariance[some, some] + RIDGE * np.eye(some.stop - some.start)
    slope: Float64s
    if some.start == 0:
        inverse = np.linalg.inv(ridged)
        slope = -inverse[:, :tags] / np.diag(inverse)[:tags]
        np.fill_diagonal(slope, 0)
        slope = np.hstack([slope, inverse @ covariance[some, width:]])
    else:
        targets = np.hstack([covariance[some, :tags], covariance[some, width:]])
        slope = np.asarray(np.linalg.solve(ridged, targets), np.float64)
    means = np.concatenate([mean[:tags], mean[width:]])
    return slope.astype(np.float32), (means - mean[some] @ slope).astype(np.float32)


def _parts(labels: Labels) -> Iterator[tuple[int, slice]]:
    """Every row once: block by block, and of each block the rows of one fold after the other."""
    for rows in blocks(-(-len(labels) // FOLDS), labels.shape[1], CELLS_A_FOLD):
        for fold in range(FOLDS):
            part = slice(rows.start * FOLDS + fold, min(rows.stop * FOLDS, len(labels)), FOLDS)
            if part.start < part.stop:
                yield fold, part
