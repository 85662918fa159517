"""From the scores of an item's cells to one score for the item. Direction: low = likely wrong, in and out.

Every pooler takes scores (n, K), NaN where unknown, and gives (n,) float64; the item's known cells alone count, and an
item without any is NaN. Values are in [0, 1] except where the docstring says otherwise. Names and formulas are those of
the paper (Thyagarajan et al. 2022, section 3 and appendix): `sorted` means its known scores in ascending order.
"""

import numpy as np

from labelreview.errors import InputError
from labelreview.scoring.arrays import Counts, Float64s, Scores

MOST_TAGS_FOR_A_PRODUCT = 10


def ema(scores: Scores, *, alpha: float | None = 0.8) -> Float64s:
    """Exponential moving average over the scores from the best to the worst; alpha None stands for 2 / (K + 1).

    >>> ema(np.array([[0.1, 0.2, 0.3], [0.1, np.nan, np.nan]]), alpha=0.5)
    array([0.175, 0.1  ])
    """
    if alpha is not None and not 0 <= alpha <= 1:
        raise InputError(f"ema: alpha is {alpha}. Give a number from 0 to 1.")
    if np.isnan(scores).any():
        return _ema_of_known(scores, alpha)
    weight = 2 / (scores.shape[1] + 1) if alpha is None else alpha
    ascending = np.sort(scores, axis=1).T.astype(np.float64, order="C")
    average: Float64s = ascending[-1]
    weighted = np.empty(len(scores))
    for worse in ascending[-2::-1]:
        np.multiply(worse, weight, out=weighted)
        average *= 1 - weight
        average += weighted
    return average


def _ema_of_known(scores: Scores, alpha: float | None) -> Float64s:
    """The same with unknown cells, which sort to the end and leave the average as it is."""
    ascending, known = _ascending(scores)
    weight = 2 / (known + 1) if alpha is None else alpha
    average = ascending[:, -1].copy()
    for worse in ascending.T[-2::-1]:
        average = np.where(np.isnan(average), worse, weight * worse + (1 - weight) * average)
    return average


def softmin(scores: Scores, *, temperature: float = 0.1) -> Float64s:
    """The mean of the scores, each weighted by exp((1 - score) / temperature)."""
    if not temperature > 0:
        raise InputError(f"softmin: temperature is {temperature}. Give a number above 0.")
    scores = scores.astype(np.float64)
    nearness = (1 - scores) / max(temperature, 1e-6)
    nearness -= np.fmax.reduce(nearness, axis=1, keepdims=True)
    weights = np.nan_to_num(np.exp(nearness), nan=0.0)
    with np.errstate(invalid="ignore"):
        weights /= weights.sum(axis=1, keepdims=True)
    return np.asarray(np.einsum("ij,ij->i", np.nan_to_num(scores, nan=0.0), weights))


def lowest(scores: Scores) -> Float64s:
    """The worst score."""
    return np.asarray(np.fmin.reduce(scores, axis=1), np.float64)


def highest(scores: Scores) -> Float64s:
    """The best score."""
    return np.asarray(np.fmax.reduce(scores, axis=1), np.float64)


def mean(scores: Scores) -> Float64s:
    """The mean score."""
    return _mean_of_known(scores.astype(np.float64))


def median(scores: Scores) -> Float64s:
    """The median score."""
    ascending, known = _ascending(scores)
    rows, top = np.arange(len(scores)), max(0, scores.shape[1] - 1)
    low, high = np.clip((known - 1) // 2, 0, top), np.clip(known // 2, 0, top)
    middle: Float64s = (ascending[rows, low] + ascending[rows, high]) / 2
    return middle


def log_transform_mean(scores: Scores) -> Float64s:
    """The mean of log(score + 1e-8): from -18.5 to 0, not in [0, 1].

    >>> log_transform_mean(np.array([[0.0, 1.0]])).round(3)
    array([-9.21])
    """
    return _mean_of_known(np.log(scores.astype(np.float64) + 1e-8))


def cumulative_average(scores: Scores, *, k: int = 2) -> Float64s:
    """The mean of the k worst scores (of all, where fewer are known)."""
    ascending, _ = _ascending(scores)
    return _mean_of_known(ascending[:, : _window("cumulative_average", k)])


def simple_moving_average(scores: Scores, *, k: int = 2) -> Float64s:
    """The mean of the means of every k neighbours in sorted order (k is cut at the number of known scores).

    >>> simple_moving_average(np.array([[0.0, 0.3, 0.9]]), k=2).round(3)
    array([0.375])
    """
    ascending, known = _ascending(scores)
    width = np.minimum(_window("simple_moving_average", k), np.maximum(known, 1))[:, None]
    place, last = np.arange(scores.shape[1]), known[:, None]
    covering = np.minimum(np.minimum(place + 1, last - place), np.minimum(width, last - width + 1))
    weights = np.where(place < last, covering, 0) / (width * np.maximum(last - width + 1, 1))
    return _weighted(ascending, weights, known)


def weighted_cumulative_average(scores: Scores) -> Float64s:
    """The sum of exp(-i) × (mean of the i + 1 worst scores) over i = 0, 1, ...: from 0 to 1.582, not in [0, 1]."""
    ascending, known = _ascending(scores)
    places = np.arange(scores.shape[1])
    terms = np.cumsum(np.nan_to_num(ascending, nan=0.0), axis=1) / (places + 1)
    return _weighted(terms, np.where(places < known[:, None], np.exp(-places), 0), known)


def all_right(scores: Scores, *, sharpness: float = 1.5) -> Float64s:
    """How likely every label of the item is right: the product of the scores up to 10 tags, the worst score for more.

    With many tags the small doubts of all right cells add up and drown the one wrong cell; the worst score does not.
    For the same reason the product takes scores whose log-odds are stretched by `sharpness`: small doubts weigh less.

    >>> all_right(np.array([[0.5, 0.9], [0.5, 1.0]])).round(3)
    array([0.482, 0.5  ])
    """
    if not sharpness > 0:
        raise InputError(f"all_right: sharpness is {sharpness}. Give a number above 0.")
    if scores.shape[1] > MOST_TAGS_FOR_A_PRODUCT:
        return lowest(scores)
    known = ~np.isnan(scores)
    right = np.where(known, scores, 1.0).astype(np.float64) ** sharpness
    right /= right + (1 - np.where(known, scores, 1.0).astype(np.float64)) ** sharpness
    return np.where(known.any(axis=1), right.prod(axis=1), np.nan)


def _window(name: str, k: int) -> int:
    if k != int(k) or k < 1:
        raise InputError(f"{name}: k is {k}. Give a whole number from 1.")
    return int(k)


def _ascending(scores: Scores) -> tuple[Float64s, Counts]:
    """Scores in ascending order, NaN last, and how many are known."""
    return np.sort(scores.astype(np.float64), axis=1), np.count_nonzero(~np.isnan(scores), axis=1).astype(np.int64)


def _mean_of_known(values: Float64s) -> Float64s:
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        means: Float64s = np.where(known, values, 0).sum(axis=1) / known.sum(axis=1)
    return means


def _weighted(values: Float64s, weights: Float64s, known: Counts) -> Float64s:
    sums = np.einsum("ij,ij->i", np.nan_to_num(values, nan=0.0), weights)
    return np.where(known > 0, sums, np.nan)
