"""Predictions without training: how much a picture's embedding resembles the embedding of the tag's name.

For models that put pictures and words into one space (CLIP and its kin). images (N, D) and tags (K, D) are embeddings
of the same model; likeness is their cosine, standardised for each tag over the pictures, because some words resemble
every picture. Likeness becomes a probability by two numbers a tag, learned from the given labels of the other folds and
drawn to what all tags have in common, so that a tag with few labels or none has a probability too.
"""

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from labelreview.errors import InputError
from labelreview.scoring.arrays import Float32s, Float64s, checked_labels
from labelreview.scoring.duplicates import Groups, near_duplicates
from labelreview.scoring.predict import FOLDS, folds_of
from labelreview.tags import PRESENT, UNKNOWN, Labels

TEMPERATURE = 0.01
STRANGE = 2.0
STEPS = 25
PRIOR = np.array([1.0, 4.0])


def zero_shot(
    images: npt.ArrayLike, tags: npt.ArrayLike, labels: npt.ArrayLike | None = None, groups: Groups | None = None
) -> Float32s:
    """Probabilities of present, (N, K) float32, calibrated out of fold by `labels` (N, K).

    Without a known label: sigmoid((cosine - c) / 0.01), where c is two deviations above the tag's mean over the
    pictures. NaN where an image's embedding is not finite. Raises InputError for matrices that do not fit together.

    >>> images = np.eye(9); zero_shot(images, images[:2]).round(2).tolist()[0]
    [1.0, 0.0]
    """
    cosine = likeness(images, tags)
    given = np.full(cosine.shape, UNKNOWN, np.int8) if labels is None else checked_labels(labels)
    if given.shape != cosine.shape:
        raise InputError(f"labels are {given.shape[0]} × {given.shape[1]}, the embeddings of {cosine.shape[0]} images "
                         f"and {cosine.shape[1]} tags. Give all for the same items and tags.")  # fmt: skip
    usable = np.asarray(~np.isnan(cosine).any(axis=1), np.bool_)
    given = np.where(usable[:, None], given, UNKNOWN).astype(np.int8)
    spread = np.maximum(cosine[usable].std(axis=0), 1e-9) if usable.any() else np.ones(cosine.shape[1])
    centred = cosine - (cosine[usable].mean(axis=0) if usable.any() else 0)
    if not (given != UNKNOWN).any():
        return np.asarray(expit((centred - STRANGE * spread) / TEMPERATURE), np.float32)
    fold = folds_of(near_duplicates(images) if groups is None else groups, FOLDS)
    out, like = np.empty(cosine.shape), centred / spread
    for held in range(FOLDS):
        test = fold == held
        intercept, slope = _calibration(like[~test], given[~test])
        out[test] = expit(intercept + slope * like[test])
    return np.asarray(out, np.float32)


def likeness(images: npt.ArrayLike, tags: npt.ArrayLike) -> Float64s:
    """Cosines of images (N, D) and tags (K, D): (N, K), NaN where an image is not finite."""
    left, right = np.asarray(images, np.float64), np.asarray(tags, np.float64)
    if left.ndim != 2 or right.ndim != 2 or left.shape[1] != right.shape[1]:
        raise InputError(f"Embeddings of images are {' × '.join(map(str, left.shape))}, of tags "
                         f"{' × '.join(map(str, right.shape))}. Give both from the same model.")  # fmt: skip
    if not np.isfinite(right).all():
        raise InputError("An embedding of a tag is not finite. Make the tag embeddings anew.")
    left = np.where(np.isfinite(left).all(axis=1, keepdims=True), left, np.nan)
    lengths = np.linalg.norm(left, axis=1, keepdims=True), np.linalg.norm(right, axis=1, keepdims=True)
    return np.asarray((left / np.maximum(lengths[0], 1e-12)) @ (right / np.maximum(lengths[1], 1e-12)).T)


def _calibration(like: Float64s, given: Labels) -> tuple[Float64s, Float64s]:
    """Intercept and slope of each tag, (K,): first those of all tags together, then each tag's, drawn to them."""
    known = given != UNKNOWN
    counts, present = known.sum(axis=0), (given == PRESENT).sum(axis=0)
    overall = (present.sum() + 0.5) / (counts.sum() + 1)
    share = (present + 2 * overall) / (counts + 2)
    centre = np.stack([np.log(share / (1 - share)), np.zeros(len(share))])
    tied = _newton(like, given, centre, np.array([1e-3, 1e-3]), tied=True)
    found = _newton(like, given, tied, PRIOR, tied=False)
    return found[0], found[1]


def _newton(like: Float64s, given: Labels, start: Float64s, prior: Float64s, *, tied: bool) -> Float64s:
    """(2, K): the likeliest intercepts and slopes around `start`; `tied`: all tags move by the same two numbers."""
    known, present = given != UNKNOWN, given == PRESENT
    filled, moved = np.where(known, like, 0), np.zeros_like(start)
    for _ in range(STEPS):
        prob = expit(start[0] + moved[0] + (start[1] + moved[1]) * filled)
        rest, bend = np.where(known, present - prob, 0), np.where(known, prob * (1 - prob), 0)
        up = np.stack([rest.sum(axis=0), (rest * filled).sum(axis=0)])
        square = np.stack([bend.sum(axis=0), (bend * filled).sum(axis=0), (bend * filled**2).sum(axis=0)])
        if tied:
            up, square = (np.repeat(sums.sum(axis=1, keepdims=True), sums.shape[1], axis=1) for sums in (up, square))
        up -= prior[:, None] * moved
        first, across, last = square[0] + prior[0], square[1], square[2] + prior[1]
        area = first * last - across**2
        step = np.stack([last * up[0] - across * up[1], first * up[1] - across * up[0]]) / area
        moved += np.clip(step, -1, 1)
        if np.abs(step).max(initial=0) < 1e-6:
            break
    return start + moved
