"""The list of cells still to look at, worst first, under any filter, kept up to date with the answers.

PURE: arrays and nouns only. One `Worklist` serves all reviewers of a project; who holds which cell (leases) is the
log's business. A filter's order is computed once and kept; open cells are found by chunks from its front.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from labelreview.decisions import Direction
from labelreview.review.order import worst_first
from labelreview.tags import PRESENT, UNKNOWN, Dataset, Probs

Cells = npt.NDArray[np.int64]
CHUNK = 1024
KEPT_ORDERS = 12


@dataclass(frozen=True)
class Filters:
    """Which cells to ask about: one tag, one direction, ids that contain a text (letter case ignored)."""

    tag: str = ""
    direction: Direction | None = None
    text: str = ""


@dataclass(frozen=True)
class Progress:
    """Known cells under a filter, and how many of them have a standing answer."""

    total: int
    answered: int

    @property
    def remaining(self) -> int:
        return self.total - self.answered


class Worklist:
    """Cells by suspicion. `scores`: (N, K) label quality, low = likely wrong, NaN = not asked."""

    def __init__(self, dataset: Dataset, scores: Probs) -> None:
        self.dataset, self.scores = dataset, scores
        self._answered = np.zeros(dataset.labels.size, bool)
        self._orders: OrderedDict[Filters, Cells] = OrderedDict()

    def mark(self, cell: int, answered: bool) -> None:
        """Say whether a cell (flat position) has a standing answer."""
        self._answered[cell] = answered

    def open_cells(self, filters: Filters) -> Iterator[Cells]:
        """Unanswered cells under the filter, worst first, in chunks."""
        order = self._order(filters)
        for start in range(0, len(order), CHUNK):
            chunk = order[start : start + CHUNK]
            unanswered = chunk[~self._answered[chunk]]
            if len(unanswered):
                yield unanswered

    def progress(self, filters: Filters) -> Progress:
        """How far the cells under the filter are answered."""
        answered = np.flatnonzero(self._answered)
        return Progress(len(self._order(filters)), int(np.count_nonzero(self._matches(answered, filters))))

    def _order(self, filters: Filters) -> Cells:
        if filters not in self._orders:
            self._orders[filters] = worst_first(
                self.scores,
                self.dataset.labels,
                direction=filters.direction,
                column=self.dataset.column(filters.tag) if filters.tag else None,
                rows=self._rows(filters.text) if filters.text else None,
            )
            if len(self._orders) > KEPT_ORDERS:
                self._orders.popitem(last=False)
        self._orders.move_to_end(filters)
        return self._orders[filters]

    def _rows(self, text: str) -> npt.NDArray[np.bool_]:
        wanted = text.casefold()
        return np.fromiter((wanted in item.casefold() for item in self.dataset.ids), bool, len(self.dataset.ids))

    def _matches(self, cells: Cells, filters: Filters) -> npt.NDArray[np.bool_]:
        rows, columns = np.divmod(cells, len(self.dataset.tags))
        given = self.dataset.labels[rows, columns]
        matches: npt.NDArray[np.bool_] = (given != UNKNOWN) & ~np.isnan(self.scores[rows, columns])
        if filters.direction:
            matches &= (given == PRESENT) == (filters.direction is Direction.WRONG)
        if filters.tag:
            matches &= columns == self.dataset.column(filters.tag)
        if filters.text:
            wanted = filters.text.casefold()
            matches &= np.fromiter((wanted in self.dataset.ids[row].casefold() for row in rows), bool, len(rows))
        return matches
