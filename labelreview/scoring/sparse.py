"""The same scores where most cells do not exist: arrays (M,) over the cells of a `SparseGrid`, never (N, K).

A cell that does not exist counts like an unknown one: every function gives what its dense counterpart gives where all
other cells are unknown (poolers that sum, up to rounding). The default order is the probabilities alone: the rates of
spurious and missing tags come from each tag's own cells, and a tag's few cells weigh little against the usual rate.
What the other tags say (`cooc`) is left out, since that takes all pairs of tags.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from labelreview.grid import Ints, SparseGrid
from labelreview.scoring import recipe
from labelreview.scoring.arrays import CELLS_A_BLOCK, Float32s, Float64s, Floats, Mask, Scores, blocks, checked
from labelreview.scoring.confident import Tag, side, tag_of
from labelreview.scoring.opinion import logit
from labelreview.scoring.pooling import MOST_TAGS_FOR_A_PRODUCT
from labelreview.tags import ABSENT, PRESENT, UNKNOWN, Labels

ANCHORS_AT_MOST = 0.2


def cell_scores(labels: npt.ArrayLike, pred_probs: Any, score: Callable[[Labels, Floats], Scores]) -> Scores:
    """(M,) by a scorer that looks at each cell by itself.

    >>> from labelreview.scoring.paper import self_confidence
    >>> cell_scores(np.array([1, 0, -1], np.int8), np.array([0.25, 0.25, 0.25]), self_confidence)
    array([0.25, 0.75,  nan])
    """
    known, probs = checked_cells(labels, pred_probs)
    scores: Scores = np.empty(len(known), score(known[:0], probs[:0]).dtype)
    for part in blocks(len(known), 1):
        scores[part] = score(known[part], probs[part])
    return scores


def checked_cells(labels: npt.ArrayLike, pred_probs: Any) -> tuple[Labels, Floats]:
    """`checked` for (M,) arrays; an error names a cell by its slot, as the row."""
    known, probs = checked(np.reshape(labels, (-1, 1)), np.reshape(pred_probs, (-1, 1)))
    return known[:, 0], probs[:, 0]


def item_scores(scores: Scores, grid: SparseGrid, pool: Callable[[Scores], Float64s]) -> Float64s:
    """(N,) from cell scores (M,): the pooler's own formula, on items with equally many known cells at a time."""
    known = np.flatnonzero(~np.isnan(scores))
    counts = np.bincount(grid.positions[known] // grid.tags, minlength=grid.items)
    starts, pooled = np.concatenate([[0], np.cumsum(counts)]), np.full(grid.items, np.nan)
    for items, count in _equally_many(counts):
        width = max(count, min(grid.tags, MOST_TAGS_FOR_A_PRODUCT + 1))  # a pooler may ask how many tags there are
        block = np.full((len(items), width), np.nan, scores.dtype)
        block[:, :count] = scores[known[starts[items][:, None] + np.arange(count)]]
        pooled[items] = pool(block if count < width else np.ascontiguousarray(block))
    return pooled


def _equally_many(counts: Ints) -> Iterator[tuple[Ints, int]]:
    """Items with equally many known cells, and how many; none of those without."""
    order = np.argsort(counts, kind="stable")
    ends = [*np.flatnonzero(np.diff(counts[order])) + 1, len(order)]
    for start, end in zip([0, *ends], ends, strict=False):
        count = int(counts[order[start]]) if end > start else 0
        step = max(1, CELLS_A_BLOCK // max(count, 1))
        for at in range(start, end if count else start, step):
            yield order[at : min(at + step, end)], count


def find_label_issues(
    labels: npt.ArrayLike, pred_probs: Any, grid: SparseGrid, flag: Callable[[Tag, Mask], None]
) -> Mask:
    """(M,) bool: which cells confident learning takes for wrong, tag by tag."""
    known, probs = checked_cells(labels, pred_probs)
    issues = np.zeros(len(known), np.bool_)
    for slots in map(grid.tagwise, range(grid.tags)):
        label, column = known[slots], probs[slots]
        found = np.zeros(len(label), np.bool_)
        flag(tag_of(side(column, label, ABSENT), side(column, label, PRESENT)), found)
        issues[slots] = found
    return issues


def error_log_odds(labels: npt.ArrayLike, pred_probs: Any, grid: SparseGrid) -> recipe.ErrorLogOdds:
    """Log-odds of error (M,) by the probabilities alone, as both candidates."""
    known, probs = checked_cells(labels, pred_probs)
    counts, present, judged = np.zeros((grid.tags, 2, 2)), np.zeros(grid.tags), np.zeros(grid.tags)
    for tag in range(grid.tags):
        slots = grid.tagwise(tag)
        label = known[slots]
        counts[tag] = recipe.anchors(label, logit(probs[slots]), at_most=ANCHORS_AT_MOST)
        present[tag], judged[tag] = np.count_nonzero(label == PRESENT), np.count_nonzero(label != UNKNOWN)
    rates = recipe.rates_of(counts[None])
    offsets, odds = recipe.offsets(rates[0]), np.empty(len(known), np.float32)
    for part in blocks(len(known), 1):
        odds[part] = _error(known[part], logit(probs[part]), offsets[grid.columns(part)])
    share = recipe.wrong_share(rates[0], present / np.maximum(judged, 1e-9))
    return recipe.ErrorLogOdds(odds, odds, np.concatenate([rates, rates]), share)


def _error(labels: Labels, present: Float32s, offsets: Float32s) -> Float32s:
    error = np.where(labels == PRESENT, offsets[:, PRESENT] - present, offsets[:, ABSENT] + present)
    error[labels == UNKNOWN] = np.nan
    return error
