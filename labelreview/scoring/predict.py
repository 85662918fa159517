"""Predictions made from embeddings: out of sample by construction, one regularised logistic for each tag.

Rows are held out by folds, near-duplicates in one fold, so that a row's probability depends neither on its own labels
nor on those of its twins; the penalty too is chosen by other folds alone. embeddings are (N, D); labels (N, K) with 1
present, 0 absent, -1 unknown; pred_probs (N, K) float32. A cell has NaN where nothing can be said: the row's embedding
is not finite, or the other folds hold fewer than three present or three absent labels of the tag.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from labelreview.errors import InputError
from labelreview.scoring.arrays import Float32s, Float64s, Mask, checked_labels
from labelreview.scoring.duplicates import Groups, near_duplicates, unit_rows
from labelreview.scoring.logistic import Linear, fitted
from labelreview.tags import ABSENT, PRESENT, UNKNOWN, Labels

COMPONENTS = 512
FEWEST = 3
FEW_ROWS, FOLDS_OF_FEW, FOLDS = 5_000, 10, 5
PENALTIES = (4.0, 1.2, 0.4, 0.12, 0.04, 0.012)
USUAL_PENALTY = 0.4
CHOSEN_ON = 6_000


class Comparison(NamedTuple):
    """Average precision of each tag (NaN where it has no present or no absent label), and their means."""

    before: Float64s
    after: Float64s
    changed: int

    @property
    def macro(self) -> tuple[float, float]:
        """Over the tags that both have."""
        both = ~np.isnan(self.before) & ~np.isnan(self.after)
        return (float(self.before[both].mean()), float(self.after[both].mean())) if both.any() else (np.nan, np.nan)


def out_of_sample(
    embeddings: npt.ArrayLike,
    labels: npt.ArrayLike,
    groups: Groups | None = None,
    *,
    folds: int | None = None,
    progress: Callable[[float], object] = float,
) -> Float32s:
    """Probabilities of present, (N, K) float32. `groups` (N,) are rows that must not be told apart by folds;
    `progress` is told the share done, after each fold.

    Default: near-duplicate embeddings are a group; 10 folds up to 5,000 rows, 5 for more. Raises InputError for
    matrices that are not usable or not of the same rows.

    >>> rng = np.random.default_rng(0); rows = rng.normal(size=(200, 8)); labels = (rows[:, :2] > 0).astype(np.int8)
    >>> bool((((out_of_sample(rows, labels) > 0.5) == labels).mean() > 0.9))
    True
    """
    known = checked_labels(labels)
    rows, usable = unit_rows(embeddings)
    if len(rows) != len(known):
        raise InputError(f"embeddings have {len(rows)} rows, labels {len(known)}. Give both for the same items.")
    groups = near_duplicates(embeddings) if groups is None else groups
    fold = folds_of(groups, folds or (FOLDS_OF_FEW if len(rows) <= FEW_ROWS else FOLDS))
    fold[~usable] = -1
    rows, out = principal(rows), np.full(known.shape, np.nan, np.float32)
    for held in range(fold.max(initial=-1) + 1):
        train, test = np.flatnonzero((fold != held) & usable), fold == held
        tags = enough(known[train])
        if tags.any():
            model = fitted(rows[train], known[np.ix_(train, tags)], _penalty(rows, known, fold, held))
            out[np.ix_(test, tags)] = model.probs(rows[test])
        progress((held + 1) / (fold.max() + 1))
    return out


def folds_of(groups: Groups, folds: int) -> Groups:
    """The fold of each row, 0 to folds - 1: whole groups, the largest first to the emptiest fold.

    >>> folds_of(np.array([0, 0, 1, 2]), 2).tolist() in ([0, 0, 1, 1], [1, 1, 0, 0])
    True
    """
    if folds < 2:
        raise InputError(f"{folds} folds. Give at least 2, so that each row can be predicted by others.")
    _, inverse, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    order = np.random.default_rng(0).permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    fold, load = np.empty(len(sizes), np.int64), np.zeros(folds, np.int64)
    large = order[: np.count_nonzero(sizes > 1)]
    for group in large:
        fold[group] = load.argmin()
        load[fold[group]] += sizes[group]
    room = np.repeat(np.arange(folds), np.maximum(0, -(-len(groups) // folds) - load))
    fold[order[len(large) :]] = np.resize(np.random.default_rng(1).permutation(room), len(order) - len(large))
    return fold[inverse]


def principal(rows: Float32s, components: int = COMPONENTS) -> Float32s:
    """The rows in the basis of their first principal components; labels play no part."""
    few_rows = len(rows) < rows.shape[1]
    square = (rows @ rows.T if few_rows else rows.T @ rows).astype(np.float64)
    values, vectors = np.linalg.eigh(square)
    first = slice(None, -1 - min(components, len(values)), -1)
    values, vectors = values[first], vectors[:, first]
    some = values > 1e-7 * max(values.max(initial=0), 1e-30)
    kept = vectors[:, some].astype(np.float32)
    return kept * np.sqrt(values[some]).astype(np.float32) if few_rows else rows @ kept


def enough(labels: Labels) -> Mask:
    """The tags (K,) with at least three present and three absent labels."""
    return np.asarray(
        ((labels == PRESENT).sum(axis=0) >= FEWEST) & ((labels == ABSENT).sum(axis=0) >= FEWEST), np.bool_
    )


def compared(
    embeddings: npt.ArrayLike, before: npt.ArrayLike, after: npt.ArrayLike, groups: Groups | None = None
) -> Comparison:
    """What corrections did to the predictions: models of the labels before and after, both out of sample.

    Both are judged by the labels after, on the cells that both scored.
    """
    old, new = checked_labels(before), checked_labels(after)
    groups = near_duplicates(embeddings) if groups is None else groups
    probs = [out_of_sample(embeddings, labels, groups) for labels in (old, new)]
    judged = np.where(np.isnan(probs[0]) | np.isnan(probs[1]), UNKNOWN, new)
    found = [average_precisions(judged, some) for some in probs]
    return Comparison(found[0], found[1], int((old != new).sum()))


def average_precisions(labels: Labels, pred_probs: Float32s) -> Float64s:
    """The average precision of each tag over its known cells, (K,); NaN without a present or an absent label."""
    from sklearn.metrics import average_precision_score  # two seconds to import, which most commands do not need

    out = np.full(labels.shape[1], np.nan)
    for tag in range(labels.shape[1]):
        known = (labels[:, tag] != UNKNOWN) & ~np.isnan(pred_probs[:, tag])
        present = labels[known, tag] == PRESENT
        if present.any() and not present.all():
            out[tag] = average_precision_score(present, pred_probs[known, tag])
    return out


def _penalty(rows: Float32s, labels: Labels, fold: Groups, held: int) -> float:
    """The penalty that tells the labels of another fold best, learned without it and without the held-out one."""
    judge = (held + 1) % (fold.max() + 1)
    train, test = np.flatnonzero((fold >= 0) & (fold != held) & (fold != judge)), np.flatnonzero(fold == judge)
    train, test = (some[:: max(1, -(-len(some) // CHOSEN_ON))] for some in (train, test))
    tags = enough(labels[train])
    best, lowest, model = USUAL_PENALTY, np.inf, None
    if not tags.any() or not len(test):
        return best
    given, told = labels[np.ix_(train, tags)], labels[np.ix_(test, tags)]
    for penalty in PENALTIES:  # the strongest first; each starts where the one before ended
        model = fitted(rows[train], given, penalty, model)
        loss = _loss(model, rows[test], told)
        if loss >= lowest:
            break
        best, lowest = penalty, loss
    return best


def _loss(model: Linear, rows: Float32s, labels: Labels) -> float:
    signed = np.where(labels == PRESENT, -1, 1) * model.log_odds(rows)
    return float(np.where(labels == UNKNOWN, 0, np.logaddexp(0, signed)).sum(dtype=np.float64))
