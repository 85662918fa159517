"""Which labels look wrong: arrays in, arrays out, never an id or a name.

Direction: every score is a label quality, low = likely wrong. labels are (N, K) with 1 present, 0 absent, -1 unknown;
pred_probs are (N, K) in [0, 1], float32 or float64, or a list of such matrices (several models, combined). An unknown
cell has a NaN score and is outside every count. A scorer is one function and one row in SCORERS, a pooler one function
and one row in POOLERS. With a `SparseGrid` all (N, K) arrays are (M,), over the cells that exist (`sparse`).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from labelreview.errors import InputError
from labelreview.grid import Grid, SparseGrid
from labelreview.scoring import confident, paper, pooling, recipe, sparse
from labelreview.scoring.arrays import Float64s, Floats, Mask, Scores, blocks, checked
from labelreview.scoring.confident import (
    FILTERS,
    confident_joint,
    confident_thresholds,
    find_item_issues,
    noise_matrices,
)
from labelreview.scoring.health import Health, health
from labelreview.scoring.recipe import ErrorLogOdds, Reasons, reasons
from labelreview.tags import Labels

__all__ = [
    "FILTERS",
    "POOLERS",
    "SCORERS",
    "SPARSE_SCORERS",
    "ErrorLogOdds",
    "Health",
    "Reasons",
    "Scorer",
    "cell_scores",
    "confident_joint",
    "confident_thresholds",
    "error_log_odds",
    "find_item_issues",
    "find_label_issues",
    "health",
    "item_scores",
    "noise_matrices",
    "reasons",
]


class Scorer(NamedTuple):
    """`cells` gives (N, K) scores of checked matrices; `by_cell`: each score depends on its own cell alone."""

    title: str
    cells: Callable[[Labels, Floats], Scores]
    by_cell: bool = True


SCORERS: dict[str, Scorer] = {
    "recipe": Scorer("predictions and other tags", recipe.recipe, by_cell=False),
    "p_only": Scorer("predictions alone", recipe.p_only, by_cell=False),
    "cooc": Scorer("other tags", recipe.cooc, by_cell=False),
    "self_confidence": Scorer("self-confidence", paper.self_confidence),
    "normalized_margin": Scorer("normalised margin", paper.normalized_margin),
    "confidence_weighted_entropy": Scorer("confidence-weighted entropy", paper.confidence_weighted_entropy),
}

SPARSE_SCORERS = ("recipe", *(name for name, scorer in SCORERS.items() if scorer.by_cell))  # recipe: p_only there

POOLERS: dict[str, Callable[..., Float64s]] = {
    "all_right": pooling.all_right,
    "ema": pooling.ema,
    "softmin": pooling.softmin,
    "min": pooling.lowest,
    "mean": pooling.mean,
    "median": pooling.median,
    "max": pooling.highest,
    "log_transform_mean": pooling.log_transform_mean,
    "cumulative_average": pooling.cumulative_average,
    "simple_moving_average": pooling.simple_moving_average,
    "weighted_cumulative_average": pooling.weighted_cumulative_average,
}


def cell_scores(labels: npt.ArrayLike, pred_probs: Any, scorer: str = "recipe", *, grid: Grid | None = None) -> Scores:
    """The label quality of every cell: (N, K) in [0, 1], low = likely wrong, NaN where unknown.

    `scorer` is a name in SCORERS. Raises InputError for other names and for unusable matrices.

    >>> cell_scores([[1, 0, -1]], [[0.25, 0.25, 0.25]], "self_confidence")
    array([[0.25, 0.75,  nan]])
    """
    if isinstance(grid, SparseGrid):
        return _sparse_cells(labels, pred_probs, grid, scorer)
    known, probs = checked(labels, pred_probs)
    return _cells(_scorer(scorer), known, probs)


def _sparse_cells(labels: npt.ArrayLike, pred_probs: Any, grid: SparseGrid, name: str) -> Scores:
    scorer = _scorer(name)
    if scorer.by_cell:
        return sparse.cell_scores(labels, pred_probs, scorer.cells)
    if name != "recipe":
        raise InputError(f"'{name}' is not for sparse data. Choose one of {', '.join(SPARSE_SCORERS)}.")
    return recipe.quality(sparse.error_log_odds(labels, pred_probs, grid).p_only.copy())


def find_label_issues(
    labels: npt.ArrayLike,
    pred_probs: npt.ArrayLike,
    filter_by: str = "prune_by_noise_rate",
    *,
    grid: Grid | None = None,
) -> Mask:
    """Which cells confident learning takes for wrong: `confident.find_label_issues`, (M,) on a sparse grid.

    >>> find_label_issues([[1], [1], [0], [0]], np.array([[0.9], [0.2], [0.1], [0.3]])).ravel()
    array([False,  True, False, False])
    """
    if isinstance(grid, SparseGrid):
        return sparse.find_label_issues(labels, pred_probs, grid, confident.filter_of(filter_by))
    return confident.find_label_issues(labels, pred_probs, filter_by)


def error_log_odds(labels: npt.ArrayLike, pred_probs: Any, *, grid: Grid | None = None) -> ErrorLogOdds:
    """Both candidates' log-odds of error: `recipe.error_log_odds`; on a sparse grid p_only twice, (M,)."""
    if isinstance(grid, SparseGrid):
        return sparse.error_log_odds(labels, pred_probs, grid)
    return recipe.error_log_odds(labels, pred_probs)


def item_scores(
    labels: npt.ArrayLike,
    pred_probs: Any,
    scorer: str = "recipe",
    *,
    cells: str | None = None,
    grid: Grid | None = None,
    **options: Any,
) -> Float64s:
    """The label quality of every item: (N,) float64, low = likely wrong, NaN where no cell is known.

    `scorer` is a name in POOLERS, which pools the cell scores of `cells` (a name in SCORERS, default self_confidence),
    with the pooler's own options; or a name in SCORERS, pooled by "all_right". Raises InputError for other names and
    options and for unusable matrices.

    >>> item_scores([[1, 0], [0, 0]], [[0.5, 0.0], [0.0, 0.5]], "ema", alpha=0.8).round(2)
    array([0.6, 0.6])
    """
    pooler, source = (scorer, cells or "self_confidence") if scorer in POOLERS else ("all_right", scorer)
    if scorer in SCORERS and cells is not None:
        raise InputError(f"'{scorer}' scores cells by itself: leave out cells='{cells}', or name a pooler first.")
    if source not in SCORERS:
        raise InputError(f"There is no scorer '{source}'. Choose one of {', '.join([*SCORERS, *POOLERS])}.")
    if isinstance(grid, SparseGrid):
        scores = _sparse_cells(labels, pred_probs, grid, source)
        return sparse.item_scores(scores, grid, lambda some: _pool(pooler, some, options))
    known, probs = checked(labels, pred_probs)
    return _pooled(SCORERS[source], pooler, known, probs, options)


def _scorer(name: str) -> Scorer:
    if name not in SCORERS:
        raise InputError(f"There is no scorer '{name}' for cells. Choose one of {', '.join(SCORERS)}.")
    return SCORERS[name]


def _cells(scorer: Scorer, labels: Labels, probs: Floats) -> Scores:
    if not scorer.by_cell:
        return scorer.cells(labels, probs)
    scores: Scores = np.empty(probs.shape, scorer.cells(labels[:0], probs[:0]).dtype)
    for rows in blocks(*probs.shape):
        scores[rows] = scorer.cells(labels[rows], probs[rows])
    return scores


def _pooled(scorer: Scorer, pooler: str, labels: Labels, probs: Floats, options: dict[str, Any]) -> Float64s:
    pooled = np.full(len(labels), np.nan)
    whole = None if scorer.by_cell else scorer.cells(labels, probs)
    for rows in blocks(*probs.shape):
        if probs.shape[1]:
            part = scorer.cells(labels[rows], probs[rows]) if whole is None else whole[rows]
            pooled[rows] = _pool(pooler, part, options)
    return pooled


def _pool(pooler: str, scores: Scores, options: dict[str, Any]) -> Float64s:
    try:
        return POOLERS[pooler](scores, **options)
    except TypeError as wrong:
        if "unexpected keyword" not in str(wrong):
            raise
        raise InputError(f"{pooler}: {wrong}. Leave the option out.") from None
