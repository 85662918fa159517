"""Every order in which a project's cells can be asked, by name, and the one that learns from the answers.

`learned` starts as the recipe of scoring and is corrected after every 25 events of the decision log, whoever gave them:
the correction depends on the log alone, so every process comes to the same order. The other names are the scorers, and
the poolers, which take item after item. Big arrays are kept beside the project's data and opened by memory map.
"""

import math
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from labelreview import scoring
from labelreview.decisions import Direction
from labelreview.errors import InputError
from labelreview.folder import Folder
from labelreview.review.order import worst_first
from labelreview.review.worklist import Cells, Filters, Mask
from labelreview.scoring import rerank
from labelreview.scoring.arrays import Scores
from labelreview.scoring.recipe import ErrorLogOdds, quality, reasons
from labelreview.tags import PRESENT, Probs

LEARNED = "learned"
EVERY = 25
CHUNK = 1024
DEPTH = 1000
KEPT_ORDERS = 8
ORDERS: dict[str, str] = {
    LEARNED: "worst first, learning",
    **{name: scorer.title for name, scorer in scoring.SCORERS.items()},
    **{name: f"items by {name.replace('_', ' ')}" for name in scoring.POOLERS},
}


@dataclass(frozen=True)
class Reason:
    """Why a cell stands where it stands, in numbers; all of it estimated, none of it a reviewer's word but `asked`.

    expected: probability of the tag by the model and the item's other tags; rate: estimated share of wrong labels among
    this tag's labels given so; asked, wrong: such cells answered so far, and how many of them were wrong; moved: by how
    much the answers moved such cells against all others, in log-odds; chance, low,
    high: probability that the label is wrong, calibrated by the answers, with its 90 % interval (None while the answers
    do not reach that far).
    """

    expected: float
    rate: float
    asked: int
    wrong: int
    moved: float
    chance: float | None
    low: float | None
    high: float | None


class Orders:
    """The orders of one project. Not locked: its project is."""

    def __init__(self, folder: Folder) -> None:
        self.folder, self.dataset = folder, folder.dataset
        self.revision = 0
        self._correction: rerank.Correction | None = None
        self._worth: tuple[int, Scores] | None = None  # the corrected log-odds of every cell, at a revision
        self._sorted: OrderedDict[tuple[str, int, Filters], Cells] = OrderedDict()

    def prepare(self) -> None:
        """Compute now what the first question needs."""
        _ = self._heads

    def learn(self, cells: Cells, wrong: Mask) -> rerank.Correction:
        """What the answers say about the order; takes effect by `adopt`. Safe to call from another thread."""
        return rerank.learned(self.dataset.judged, self._odds, cells, wrong)

    def adopt(self, correction: rerank.Correction, revision: int) -> None:
        """Use a correction; `revision` is the number of events it knows."""
        self._correction, self.revision = correction, revision

    def cells(self, filters: Filters, rows: Mask | None) -> Iterator[Cells]:
        """Cells under a filter, likely wrong first, in chunks. `rows` (N,) bool: the items whose id matches."""
        if filters.order not in ORDERS:
            raise InputError(f"There is no order '{filters.order}'. Choose one of {', '.join(ORDERS)}.")
        first = np.zeros(0, np.int64)
        if filters.order == LEARNED and not filters.tag and rows is None:
            first = self._front(filters.direction)
            yield from _chunks(first)
        order = self._order(filters, rows)
        yield from _chunks(order[~np.isin(order, first)] if len(first) else order)

    def foremost(
        self, most: int, *, without: Cells, column: int | None = None, direction: Direction | None = None
    ) -> Cells:
        """The front of the learned order without some cells (flat positions): exact, and far faster than all of it."""
        labels, step = self.dataset.judged, len(self.dataset.tags)
        if column is None:
            if self._worth is None or self._worth[0] != self.revision:
                self._worth = self.revision, np.ravel(rerank.reordered(labels, self._odds, self._taught))
            worth, given = self._worth[1], labels.reshape(-1)
        else:
            cells = np.arange(column, labels.size, step)
            worth, given = self._corrected(cells).astype(np.float32), labels[:, column]
            without = without[without % step == column] // step
        worth = np.where(np.isnan(worth), np.float32(-np.inf), worth)
        worth[without] = -np.inf
        if direction is not None:
            worth[(given == PRESENT) != (direction is Direction.WRONG)] = -np.inf
        least = np.partition(worth, len(worth) - most)[len(worth) - most] if 0 < most < len(worth) else -np.inf
        cells = np.flatnonzero((worth >= least) & (worth > -np.inf))
        front: Cells = cells[np.argsort(-worth[cells], kind="stable")][:most]
        return front if column is None else front * step + column

    def score(self, order: str, cells: Cells) -> Scores:
        """The label quality of some cells (flat positions) by an order's own measure, low = likely wrong."""
        if order == LEARNED:
            return quality(self._corrected(cells).astype(np.float32))
        scores = self.scores(order if order in scoring.SCORERS else "self_confidence")
        return np.asarray(scores[np.divmod(cells, len(self.dataset.tags))])

    def scores(self, scorer: str) -> Probs:
        """(N, K) label quality by a scorer, kept on disk."""
        return self.folder.kept(f"scores-{scorer}", lambda: self._scored(scorer))

    def _scored(self, scorer: str) -> Probs:
        if scorer == "recipe":  # its costly part is on disk already
            return quality(scoring.recipe.mixed(np.asarray(self._odds.p_only), np.asarray(self._odds.cooc)))
        scores = scoring.cell_scores(self.dataset.judged, self.dataset.pred_probs, scorer=scorer)
        return np.asarray(scores, np.float32)

    def reasons(self, cells: Cells) -> list[Reason]:
        """Why cells stand where they stand."""
        labels, pred_probs, taught = self.dataset.judged, self.dataset.pred_probs, self._taught
        why = reasons(labels, pred_probs, self._odds, cells)
        chances = rerank.calibrated(labels, self._odds, taught, cells)
        rows, columns = np.divmod(cells, len(self.dataset.tags))
        groups = 2 * columns + (np.asarray(labels[rows, columns]) == PRESENT)
        return [
            Reason(
                float(why.expected[at]),
                float(why.rate[at]),
                int(taught.asked[group]),
                int(taught.wrong[group]),
                float(taught.lift[group]),
                *(None if math.isnan(chance[at]) else float(chance[at]) for chance in chances),
            )
            for at, group in enumerate(groups)
        ]

    @cached_property
    def _odds(self) -> ErrorLogOdds:
        labels, pred_probs = self.dataset.judged, self.dataset.pred_probs
        return ErrorLogOdds(
            *self.folder.kept_parts("odds", ErrorLogOdds._fields, lambda: scoring.error_log_odds(labels, pred_probs))
        )

    @cached_property
    def _heads(self) -> rerank.Heads:
        labels, depth = self.dataset.judged, min(DEPTH, len(self.dataset.ids))
        return rerank.Heads(
            *self.folder.kept_parts(
                "heads", rerank.Heads._fields, lambda: rerank.heads(labels, self._odds, depth=depth)
            )
        )

    @property
    def _taught(self) -> rerank.Correction:
        nothing = np.zeros(0, np.int64), np.zeros(0, bool)
        return self._correction or rerank.learned(self.dataset.judged, self._odds, *nothing)

    def _corrected(self, cells: Cells) -> npt.NDArray[np.float64]:
        rows, columns = np.divmod(cells, len(self.dataset.tags))
        taught = self._taught
        own, together = self._odds.p_only[rows, columns], self._odds.cooc[rows, columns]
        odds = (own, together, scoring.recipe.mixed(own, together))[taught.candidate]
        groups = 2 * columns + (np.asarray(self.dataset.judged[rows, columns]) == PRESENT)
        return np.asarray(taught.slope * odds + taught.shift[groups], float)

    def _front(self, direction: Direction | None) -> Cells:
        """The exact front of the learned order: as far as every group's head reaches."""
        taught, heads = self._taught, self._heads
        cells = np.asarray(heads.cells[taught.candidate])
        values = taught.slope * np.asarray(heads.odds[taught.candidate], float) + taught.shift[:, None]
        if direction is not None:
            side = slice(int(direction is Direction.WRONG), None, 2)
            cells, values = cells[side], values[side]
        reach = np.where(cells[:, -1] >= 0, values[:, -1], -np.inf).max(initial=-np.inf)
        there = (cells >= 0) & (values > reach) & ~np.isnan(values)
        found, worth = cells[there], values[there]
        front: Cells = found[np.lexsort((found, -worth))]
        return front

    def _order(self, filters: Filters, rows: Mask | None) -> Cells:
        filters = replace(filters, suspects=False)  # the worklist picks those from any order
        key = (filters.order, self.revision if filters.order == LEARNED else 0, filters)
        if key not in self._sorted:
            self._sorted[key] = self._computed(filters, rows)
            if len(self._sorted) > KEPT_ORDERS:
                self._sorted.popitem(last=False)
        self._sorted.move_to_end(key)
        return self._sorted[key]

    def _computed(self, filters: Filters, rows: Mask | None) -> Cells:
        labels = self.dataset.judged
        column = self.dataset.column(filters.tag) if filters.tag else None
        if filters.order in scoring.POOLERS:
            return self._by_item(filters, rows, column)
        if filters.order == LEARNED:
            scores = -rerank.reordered(labels, self._odds, self._taught)
        else:
            scores = self.scores(filters.order)
        # The recipe's log-odds of both directions are comparable; the paper's scores are not, hence mixed by rank.
        mix = filters.order not in (LEARNED, "recipe", "p_only", "cooc")
        return worst_first(scores, labels, mix=mix, direction=filters.direction, column=column, rows=rows)

    def _by_item(self, filters: Filters, rows: Mask | None, column: int | None) -> Cells:
        """Item after item, the worst by the pooler first; within an item the cells of lowest self-confidence."""
        labels, scores = self.dataset.judged, self.scores("self_confidence")
        items = scoring.item_scores(labels, self.dataset.pred_probs, scorer=filters.order)
        cells = worst_first(scores, labels, mix=False, direction=filters.direction, column=column, rows=rows)
        return cells[np.argsort(items[cells // labels.shape[1]], kind="stable")]


def _chunks(cells: Cells) -> Iterator[Cells]:
    return (cells[start : start + CHUNK] for start in range(0, len(cells), CHUNK))
