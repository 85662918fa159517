"""The paper's cell scores. Direction: label quality in [0, 1], low = likely wrong; NaN where the label is unknown.

Reference: Thyagarajan, Snorrason, Northcutt, Mueller, "Identifying Incorrect Annotations in Multi-Label Classification
Data" (2022), section 3. Each function takes checked labels (n, K) int8 and pred_probs (n, K) float32 or float64, looks
at each cell by itself, and computes in the type of the probabilities, as cleanlab does.
"""

import numpy as np
from scipy.special import xlogy

from labelreview.scoring.arrays import Floats, Scores
from labelreview.tags import ABSENT, UNKNOWN, Labels


def self_confidence(labels: Labels, pred_probs: Floats) -> Scores:
    """The probability of the label that was given: p where present, 1 - p where absent.

    >>> self_confidence(np.array([[1, 0, -1]], np.int8), np.array([[0.25, 0.25, 0.25]]))
    array([[0.25, 0.75,  nan]])
    """
    scores: Scores = np.subtract(pred_probs, labels == ABSENT, dtype=pred_probs.dtype)
    np.abs(scores, out=scores)
    return _unknown_is_nan(scores, labels)


def normalized_margin(labels: Labels, pred_probs: Floats) -> Scores:
    """(p(given) - p(other) + 1) / 2. With two classes that is the self-confidence again, up to rounding.

    >>> normalized_margin(np.array([[1, 0, -1]], np.int8), np.array([[0.25, 0.25, 0.25]]))
    array([[0.25, 0.75,  nan]])
    """
    present = labels != ABSENT
    complement = 1 - pred_probs
    given, other = np.where(present, pred_probs, complement), np.where(present, complement, pred_probs)
    scores: Scores = (given - other + 1) / 2
    return _unknown_is_nan(scores, labels)


def confidence_weighted_entropy(labels: Labels, pred_probs: Floats) -> Scores:
    """log(1 + q) / q with q = entropy(p) / p(given), entropy in bits.

    cleanlab gives 0, its worst score, to every cell with p = 0 or 1, be the label right or wrong, and nearly its best
    to a label given p = 1e-9, because it clips q and p(given) at 1e-6. Here these cells get the limit of the formula: 1
    where the model is certain of the given label, 0 where it is certain of the other. Elsewhere the values are equal.

    >>> confidence_weighted_entropy(np.array([[1, 1, 1]], np.int8), np.array([[0.0, 0.5, 1.0]]))
    array([[0.        , 0.54930614, 1.        ]])
    """
    complement = 1 - pred_probs
    given = np.where(labels != ABSENT, pred_probs, complement)
    entropy = -(xlogy(complement, complement) + xlogy(pred_probs, pred_probs)) / np.log(2)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = entropy / given
        scores: Scores = np.log1p(ratio) / ratio
    scores[ratio == 0] = 1
    scores[given == 0] = 0
    return _unknown_is_nan(scores, labels)


def _unknown_is_nan(scores: Scores, labels: Labels) -> Scores:
    if labels.min(initial=0) == UNKNOWN:
        scores[labels == UNKNOWN] = np.nan
    return scores
