"""Were predictions made on the labels that the model learned from? Then it has learned the errors too, and hides them.

Three signs, each measured on at most 400,000 cells; labels (N, K) 1, 0, -1 unknown, pred_probs (N, K), NaN not scored.

- auc: the mean over the tags of how well the probabilities tell present from absent. Beyond .9995 hardly a given label
  is contradicted, which no honest model of labels made by people reaches.
- surprise: the labels' log loss over what the probabilities themselves expect. Honest ones are about 1; a model that
  was held back but saw the labels is right much more often than it dares to say.
- left: how much of what the *other* tags say about a label is left once its own probability is known. Honest: half or
  more of it, some for an excellent model. Below zero: where the other tags contradict a label, the model agrees with
  the label all the more, as if it had known it.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from labelreview.grid import Grid, SparseGrid
from labelreview.scoring.arrays import Float32s, Float64s, checked
from labelreview.scoring.logistic import fitted
from labelreview.tags import ABSENT, PRESENT, UNKNOWN, Labels

CELLS, TAGS = 400_000, 500
FEWEST_PRESENT = 100
FOLDS = 5
RIDGE = 1e-2
CLIP = 1e-3
NEARLY_PERFECT, GOOD, UNSURPRISED, SPEAKS_AGAINST = 0.9995, 0.98, 0.6, -0.05


class Signs(NamedTuple):
    """What was measured; `left` is NaN where there are no other tags to ask."""

    auc: float
    surprise: float
    left: float

    @property
    def in_sample(self) -> bool:
        held_back = self.auc >= GOOD and self.surprise <= UNSURPRISED
        return self.auc >= NEARLY_PERFECT or held_back or self.left <= SPEAKS_AGAINST


def looks_in_sample(labels: npt.ArrayLike, pred_probs: Any, grid: Grid | None = None) -> str | None:
    """A warning where predictions look as if the model had been trained on these labels, otherwise None.

    Raises InputError for unusable matrices.

    >>> labels = np.random.default_rng(0).integers(0, 2, (500, 3))
    >>> looks_in_sample(labels, 0.1 + 0.8 * labels)
    'The predictions look as if ...
    >>> looks_in_sample(labels, np.full((500, 3), 0.5)) is None
    True
    """
    found = sparse_signs(labels, pred_probs, grid) if isinstance(grid, SparseGrid) else signs(labels, pred_probs)
    if found is None or not found.in_sample:
        return None
    if found.auc >= NEARLY_PERFECT:
        seen = "they contradict almost none of the given labels"
    elif found.left <= SPEAKS_AGAINST:
        seen = "they agree with the given labels even where the other tags speak against it"
    else:
        seen = "they fit the given labels much better than their own probabilities expect"
    return (
        f"The predictions look as if the model was trained on these labels ({seen}; mean AUC {found.auc:.4f}). Such a "
        "model has learned the errors too and hides them. Use predictions for pictures that were held out "
        "(cross-validation), or let labelreview make them: labelreview predict."
    )


def signs(labels: npt.ArrayLike, pred_probs: Any) -> Signs | None:
    """The three signs; None where fewer than 100 cells are present or absent, too few to tell."""
    given, probs = checked(labels, pred_probs)
    step = max(1, -(-given.size // CELLS)) if given.size else 1
    given, some = given[::step], np.asarray(probs[::step], np.float64)
    given = np.where(np.isnan(some), UNKNOWN, given).astype(np.int8)
    if min((given == PRESENT).sum(), (given == ABSENT).sum()) < FEWEST_PRESENT:
        return None
    own: Float64s = np.clip(some, CLIP, 1 - CLIP)
    aucs = [_auc(given[:, tag], own[:, tag]) for tag in range(given.shape[1])]
    return Signs(float(np.nanmean(aucs)), _surprise(given, own), _left(given, own))


def sparse_signs(labels: npt.ArrayLike, pred_probs: Any, grid: SparseGrid) -> Signs | None:
    """The first two signs, from the cells of at most 500 tags, evenly spread; None where they are too few to tell."""
    given, probs = np.asarray(labels), np.asarray(pred_probs)
    tags = range(0, grid.tags, max(1, -(-grid.tags // TAGS)))
    columns = [index[:: max(1, -(-len(index) * len(tags) // CELLS))] for index in map(grid.tagwise, tags)]
    cells = np.concatenate([np.zeros(0, np.int64), *columns])
    scored = cells[~np.isnan(probs[cells])]
    if min((given[scored] == PRESENT).sum(), (given[scored] == ABSENT).sum()) < FEWEST_PRESENT:
        return None

    def own(some: npt.NDArray[np.int64]) -> tuple[Labels, Float64s]:
        judged = np.where(np.isnan(probs[some]), UNKNOWN, given[some]).astype(np.int8)
        return judged, np.clip(probs[some].astype(np.float64), CLIP, 1 - CLIP)

    aucs = [auc for auc in (_auc(*own(column)) for column in columns) if not np.isnan(auc)]
    return Signs(float(np.mean(aucs)) if aucs else np.nan, _surprise(*own(cells)), np.nan)


def _auc(given: Labels, probs: Float64s) -> float:
    from sklearn.metrics import roc_auc_score  # two seconds to import, which most commands do not need

    known = given != UNKNOWN
    present = given[known] == PRESENT
    return float(roc_auc_score(present, probs[known])) if present.any() and not present.all() else np.nan


def _surprise(given: Labels, probs: Float64s) -> float:
    known = given != UNKNOWN
    prob, present = probs[known], given[known] == PRESENT
    expected = -(prob * np.log(prob) + (1 - prob) * np.log1p(-prob)).sum()
    return float(-np.log(np.where(present, prob, 1 - prob)).sum() / expected)


def _left(given: Labels, probs: Float64s) -> float:
    """The slope on the other tags' opinion beside a curve of the cell's own log-odds, over the slope without it."""
    odds = np.log(probs / (1 - probs))
    opinion = _of_others(given, odds)
    known = (given != UNKNOWN) & ~np.isnan(opinion)
    if not known.any():
        return np.nan
    own, said = odds[known], opinion[known]
    own = (own - own.mean()) / max(own.std(), 1e-9)
    present = given[known][:, None]
    alone = fitted(_columns(said), present, 1.0).weights[0, 0]
    beside = fitted(_columns(said, own, own**2), present, 1.0).weights[0, 0]
    return float(beside / alone) if alone > 0.1 else np.nan


def _columns(*columns: Float64s) -> Float32s:
    return np.stack(columns, axis=1).astype(np.float32)


def _of_others(given: Labels, odds: Float64s) -> Float64s:
    """(N, K): each tag's label from the labels and log-odds of the item's other tags, out of fold; deviation 1.

    The block of the inverse covariance that belongs to a tag (its label, its log-odds) gives the regression of both on
    all the rest. NaN for tags that the others say nothing about, or that are always or never there.
    """
    design = _design(given, odds)
    tags, fold = given.shape[1], np.arange(len(given)) % FOLDS
    out = np.empty(given.shape)
    both = np.stack([np.arange(tags), tags + np.arange(tags)], axis=1)
    for held in range(FOLDS):
        train = design[fold != held]
        inverse = np.linalg.inv(train.T @ train / max(len(train), 1) + RIDGE * np.eye(2 * tags))
        block = np.linalg.inv(inverse[both[:, :, None], both[:, None, :]])
        slope = -np.einsum("kb,kbj->jk", block[:, 0], inverse[both])
        slope[both[:, 0], np.arange(tags)] = slope[both[:, 1], np.arange(tags)] = 0
        out[fold == held] = design[fold == held] @ slope
    spread = out.std(axis=0)
    counts = np.minimum((given == PRESENT).sum(axis=0), (given == ABSENT).sum(axis=0))
    return np.where((spread > 1e-6) & (counts > FOLDS), out / np.maximum(spread, 1e-6), np.nan)


def _design(given: Labels, odds: Float64s) -> Float64s:
    """(N, 2K): labels centred, 0 where unknown; log-odds with mean 0 and deviation 1."""
    known = given != UNKNOWN
    mean = np.where(known, given, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    odds = np.where(np.isnan(odds), 0, odds - np.nanmean(np.where(known, odds, 0), axis=0))
    return np.concatenate([np.where(known, given - mean, 0), odds / np.maximum(odds.std(axis=0), 1e-9)], axis=1)
