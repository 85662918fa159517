"""Every order in which a project's cells can be asked, by name, and the one that learns from the answers.

`learned` starts as the recipe of scoring and is corrected after every 25 events of the decision log, whoever gave them:
the correction depends on the log alone, so every process comes to the same order. The other names are the scorers, and
the poolers, which take item after item. Big arrays are kept beside the project's data and opened by memory map.
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from labelreview import scoring
from labelreview.decisions import Direction
from labelreview.desk.folder import Folder
from labelreview.errors import InputError
from labelreview.grid import Index, among
from labelreview.review.order import worst_first
from labelreview.review.worklist import Cells, Filters, Mask
from labelreview.scoring import rerank
from labelreview.scoring.arrays import Scores
from labelreview.scoring.recipe import ErrorLogOdds, quality, reasons
from labelreview.tags import PRESENT, UNKNOWN, Probs

LEARNED = "learned"
BY_TAG, UNCERTAIN = "tags", "uncertain"
LEARNING = (LEARNED, BY_TAG)
EVERY = 25
CHUNK = 1024
DEPTH = 1000
KEPT_ORDERS, KEPT_CELLS = 8, 100_000_000
HEADS = 2_000_000  # by candidate and direction; with thousands of tags each group's head is short
ONE_ODDS = ("p_only", "rates", "wrong_share")
ORDERS = (LEARNED, *scoring.SCORERS, *scoring.POOLERS, BY_TAG, UNCERTAIN)
OF_UNLABELLED = (BY_TAG, UNCERTAIN)  # beside the likeliest first: of labels left empty no scorer says anything


@dataclass(frozen=True)
class Reason:
    """Why a cell stands where it stands, in numbers; all of it estimated, none of it a reviewer's word but `asked`.

    expected: probability of the tag by the model and the item's other tags, or by the model `alone` (in a sparse
    project: no pairs of tags are counted); rate: estimated share of wrong labels among this tag's labels given so;
    asked, wrong: such cells answered so far, and how many of them were wrong; moved: by how much the answers moved such
    cells against all others, in log-odds; chance, low, high: probability that the label is wrong, calibrated by the
    answers, with its 90 % interval (None while the answers do not reach that far).
    """

    expected: float
    alone: bool
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
        self.folder, self.dataset, self.grid = folder, folder.dataset, folder.dataset.grid
        self.revision = 0
        self._correction: rerank.Correction | None = None
        self._worth: tuple[int, Scores] | None = None  # the corrected log-odds of every cell, at a revision
        self._sorted: OrderedDict[tuple[str, int, Filters, int], Cells] = OrderedDict()

    @property
    def names(self) -> dict[str, str]:
        """The orders that this project has, and under which name each is told of in words."""
        there = scoring.SPARSE_SCORERS if self.grid.sparse else scoring.SCORERS
        names = {name: name for name in ORDERS if name not in scoring.SCORERS or name in there}
        return names | ({"recipe": "p_only"} if self.grid.sparse else {})

    def prepare(self, tell: Callable[[float], None] = lambda share: None) -> None:
        """Compute now what the first question needs."""
        tell(0.0)
        _ = self._odds
        tell(0.5)
        _ = self._heads
        tell(0.7)
        _ = self.scores("recipe")  # the random audit goes by them, from the first question on

    def learn(self, cells: Cells, wrong: Mask) -> rerank.Correction:
        """What the answers say about the order; takes effect by `adopt`. Safe to call from another thread."""
        return rerank.learned(self.dataset.judged, self._odds, cells, wrong, self.grid)

    def adopt(self, correction: rerank.Correction, revision: int) -> None:
        """Use a correction; `revision` is the number of events it knows."""
        self._correction, self.revision = correction, revision

    def cells(self, filters: Filters, rows: Mask | None, only: Mask | None = None) -> Iterator[Cells]:
        """Cells under a filter, likely wrong first, in chunks. `rows` (N,) bool: the items whose id matches. `only` (by
        slot): what else the filter keeps; item after item nothing else comes, or one would wade through thousands."""
        if filters.order not in self.names:
            raise InputError(f"There is no order '{filters.order}' here. Choose one of {', '.join(self.names)}.")
        first = np.zeros(0, np.int64)
        if filters.order == LEARNED and not filters.tag and rows is None and not filters.unlabelled:
            first = self._front(filters.direction)
            yield from _chunks(first)
        order = self._order(filters, rows, only)
        yield from _chunks(order[~np.isin(order, first)] if len(first) else order)

    def foremost(
        self,
        most: int,
        filters: Filters,
        *,
        without: Cells,
        only: Mask | None = None,
        dropped: Sequence[str] = (),
    ) -> Cells:
        """The front of the learned order under tag and direction, of those cells that are True in `only` (by slot);
        without some (flat positions) and, where no tag is named, without the dropped tags: exact, and far faster than
        all of it."""
        column = self.dataset.column(filters.tag) if filters.tag else None
        grid, labels, index = self.grid, self.dataset.judged, self.grid.under(column)
        if column is None:
            if self._worth is None or self._worth[0] != self.revision:
                self._worth = self.revision, _worth(rerank.reordered(labels, self._odds, self._taught, grid))
            worth, gone = self._worth[1].copy(), grid.slots(without)
        else:
            cells = grid.picked(index, np.arange(len(np.ravel(labels)[index])))
            worth = _worth(rerank.corrected(labels, self._odds, self._taught, cells, grid).astype(np.float32))
            gone = np.searchsorted(cells, without[without % grid.tags == column])
        given = np.ravel(labels)[index]
        worth[gone] = -np.inf
        for tag in dropped if column is None else ():
            worth[grid.under(self.dataset.column(tag))] = -np.inf
        if filters.direction is not None:
            worth[(given == PRESENT) != (filters.direction is Direction.WRONG)] = -np.inf
        if only is not None:
            worth[~only[index]] = -np.inf
        least = np.partition(worth, len(worth) - most)[len(worth) - most] if 0 < most < len(worth) else -np.inf
        there = np.flatnonzero((worth >= least) & (worth > -np.inf))
        return grid.picked(index, there[np.argsort(-worth[there], kind="stable")][:most])

    def score(self, order: str, cells: Cells) -> Scores:
        """The label quality of some cells (flat positions) by an order's own measure, low = likely wrong."""
        if order in (*LEARNING, UNCERTAIN):
            odds = rerank.corrected(self.dataset.judged, self._odds, self._taught, cells, self.grid)
            return quality(odds.astype(np.float32))
        scores = self.scores(order if order in scoring.SCORERS else "self_confidence")
        return np.asarray(np.ravel(scores)[self.grid.slots(cells)])

    def scores(self, scorer: str) -> Probs:
        """Label quality over the grid by a scorer, kept on disk."""
        return self.folder.kept(f"scores-{scorer}", lambda: self._scored(scorer))

    def _scored(self, scorer: str) -> Probs:
        if scorer == "recipe":  # its costly part is on disk already
            return quality(scoring.recipe.mixed(np.asarray(self._odds.p_only), np.asarray(self._odds.cooc)))
        scores = scoring.cell_scores(self.dataset.judged, self.dataset.pred_probs, scorer=scorer, grid=self.grid)
        return np.asarray(scores, np.float32)

    def reasons(self, cells: Cells) -> list[Reason]:
        """Why cells stand where they stand."""
        labels, pred_probs, taught = self.dataset.judged, self.dataset.pred_probs, self._taught
        why = reasons(labels, pred_probs, self._odds, cells, self.grid)
        chances = rerank.calibrated(labels, self._odds, taught, cells, self.grid)
        groups = 2 * (cells % len(self.dataset.tags)) + (why.given == PRESENT)
        return [
            Reason(
                float(why.expected[at]),
                self.grid.sparse,
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
        computed = partial(scoring.error_log_odds, labels, pred_probs, grid=self.grid)
        if not self.grid.sparse:
            return ErrorLogOdds(*self.folder.kept_parts("odds", ErrorLogOdds._fields, computed))
        alone, *rest = self.folder.kept_parts("odds", ONE_ODDS, lambda: [computed()[at] for at in (0, 2, 3)])
        return ErrorLogOdds(alone, alone, *rest)

    @cached_property
    def _heads(self) -> rerank.Heads:
        labels, depth = self.dataset.judged, max(1, min(DEPTH, len(self.dataset.ids), HEADS // len(self.dataset.tags)))
        return rerank.Heads(
            *self.folder.kept_parts(
                "heads", rerank.Heads._fields, lambda: rerank.heads(labels, self._odds, depth=depth, grid=self.grid)
            )
        )

    @property
    def _taught(self) -> rerank.Correction:
        nothing = np.zeros(0, np.int64), np.zeros(0, bool)
        return self._correction or rerank.learned(self.dataset.judged, self._odds, *nothing, self.grid)

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

    def _order(self, filters: Filters, rows: Mask | None, only: Mask | None) -> Cells:
        order = filters.order
        if filters.unlabelled:  # no scorer says anything of them
            order = order if order in OF_UNLABELLED else LEARNED
            filters = replace(filters, order=order, direction=None)
        if order not in scoring.POOLERS:  # what the worklist picks from any other order
            only = None
        sorted_by = filters.anew
        if only is None:
            sorted_by = Filters(
                filters.tag, filters.direction, filters.text, unlabelled=filters.unlabelled, selection=filters.selection
            )
        # The filter says what `only` holds, but for an items file, which can be another one at any time.
        picked = hash(only.tobytes()) if only is not None and filters.column else 0
        key = (order, self.revision if order in LEARNING else 0, sorted_by, picked)
        if key not in self._sorted:
            self._sorted[key] = self._computed(filters, rows, only)
            while len(self._sorted) > 1 and self._too_much:
                self._sorted.popitem(last=False)
        self._sorted.move_to_end(key)
        return self._sorted[key]

    @property
    def _too_much(self) -> bool:
        return len(self._sorted) > KEPT_ORDERS or sum(map(len, self._sorted.values())) > KEPT_CELLS

    def _computed(self, filters: Filters, rows: Mask | None, only: Mask | None) -> Cells:
        column = self.dataset.column(filters.tag) if filters.tag else None
        index = self.grid.under(column, rows)
        if filters.order in scoring.POOLERS:
            return self._by_item(filters, index if only is None else among(index, only))
        if filters.unlabelled:
            return self._likeliest(filters.order, index)
        # The recipe's log-odds of both directions are comparable, certainty too; the paper's scores are not, hence
        # mixed by rank.
        mix = filters.order not in (*LEARNING, UNCERTAIN, "recipe", "p_only", "cooc")
        cells = self._worst_first(self._urgency(filters.order, index), index, mix, filters)
        return cells[np.argsort(cells % len(self.dataset.tags), kind="stable")] if filters.order == BY_TAG else cells

    def _likeliest(self, order: str, index: Index) -> Cells:
        """Cells whose label was left empty: the likeliest first, the least certain first, or tag after tag the
        likeliest; those that no model scored last."""
        slots = np.flatnonzero(np.ravel(self.dataset.labels)[index] == UNKNOWN)
        probs = np.ravel(self.dataset.pred_probs)[index][slots]
        urgency = np.abs(probs - np.float32(0.5)) if order == UNCERTAIN else -probs
        cells = self.grid.picked(index, slots[np.argsort(urgency, kind="stable")])  # sorts NaN last
        return cells[np.argsort(cells % len(self.dataset.tags), kind="stable")] if order == BY_TAG else cells

    def _urgency(self, order: str, index: Index) -> Scores:
        """Scores of the slots of an index, low = first; NaN: never."""
        if order == UNCERTAIN:
            certain = np.abs(np.ravel(self.dataset.pred_probs)[index] - np.float32(0.5))
            return np.where(np.ravel(self.dataset.judged)[index] == UNKNOWN, np.float32(np.nan), certain)
        if order in LEARNING:
            return -rerank.reordered_under(index, self.dataset.judged, self._odds, self._taught, self.grid)
        return np.asarray(np.ravel(self.scores(order))[index])

    def arranged(self, order: str, cells: Cells) -> Cells:
        """Some cells (flat positions) in an order; those that it does not score last."""
        columns, worth = cells % len(self.dataset.tags), self.score(order, cells)
        if order == UNCERTAIN:
            worth = np.abs(np.asarray(self.dataset.scored(cells)) - np.float32(0.5))
        if order in scoring.POOLERS:
            return cells[np.lexsort((worth, self._items(order)[cells // len(self.dataset.tags)]))]
        first = columns if order == BY_TAG else np.zeros(len(cells))
        return cells[np.lexsort((worth, first))]

    def _worst_first(self, scores: Scores, index: Index, mix: bool, filters: Filters) -> Cells:
        labels = np.ravel(self.dataset.judged)[index]
        return self.grid.picked(index, worst_first(scores, labels, mix=mix, direction=filters.direction))

    def _by_item(self, filters: Filters, index: Index) -> Cells:
        """Item after item, the worst by the pooler first; within an item the cells of lowest self-confidence."""
        cells = self._worst_first(self._urgency("self_confidence", index), index, False, filters)
        return cells[np.argsort(self._items(filters.order)[cells // len(self.dataset.tags)], kind="stable")]

    def _items(self, pooler: str) -> Scores:
        """(N,) scores of the items by a pooler, kept on disk."""
        labels, pred_probs = self.dataset.judged, self.dataset.pred_probs
        pooled = partial(scoring.item_scores, labels, pred_probs, pooler, grid=self.grid)
        return np.asarray(self.folder.kept(f"items-{pooler}", pooled))


def _worth(odds: Scores) -> Scores:
    """Log-odds to sort by: what has none comes never."""
    return np.where(np.isnan(odds), np.float32(-np.inf), odds).ravel()


def _chunks(cells: Cells) -> Iterator[Cells]:
    return (cells[start : start + CHUNK] for start in range(0, len(cells), CHUNK))
