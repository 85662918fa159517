"""The cells still to look at under any filter, and how far they are answered, kept up to date with the answers.

PURE: arrays and nouns only. One `Worklist` serves all reviewers of a project; who holds which cell (leases) is the
log's business, and in which order cells are asked is told by `order`.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from labelreview.decisions import Decision, Direction, Verdict
from labelreview.grid import ALL, Index
from labelreview.review.order import spread
from labelreview.tags import PRESENT, UNKNOWN, Dataset, Labels, Probs

Cells = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
KEPT = 12
LIKELY = 0.5  # a tag that a model gives this much is worth a look at the whole item


@dataclass(frozen=True)
class Filters:
    """Which cells to ask about, in which order: one tag, one direction, ids that contain a text whatever its case (in
    quotes: the one id).

    `suspects`: only the cells that confident learning holds for wrong. `listed`: only what an item's list of tags shows
    unasked: suspects, given tags, and those that a model finds likely. `unlabelled`: only cells whose label was left
    empty, which no other filter asks and no direction and no range of label quality is of. `disputes`: only answered
    cells, on which reviewers say different things. `low`, `high`: label quality (the recipe's, which no answer moves)
    from `low` to below `high`, 1 included; `p_low`, `p_high`: the model's probability, likewise. `selection`: only the
    items of a saved selection; `column`, `value`: only those that have this value in a column of the items file.
    `status`, `reviewer`: not the open cells, but those to look at again (`review.again`); `mark`: of these, what stands
    behind a mark of a chart (`triage.behind`).
    """

    tag: str = ""
    direction: Direction | None = None
    text: str = ""
    order: str = "learned"
    suspects: bool = False
    unlabelled: bool = False
    disputes: bool = False
    listed: bool = False
    low: float = 0.0
    high: float = 1.0
    selection: str = ""
    status: str = ""
    reviewer: str = ""
    p_low: float = 0.0
    p_high: float = 1.0
    column: str = ""
    value: str = ""
    mark: str = ""

    @property
    def narrowed(self) -> bool:
        """Whether anything is filtered beside the kind of cells: there is something to lift."""
        return self != Filters(
            order=self.order, suspects=self.suspects, unlabelled=self.unlabelled, disputes=self.disputes
        )

    @property
    def anew(self) -> "Filters":
        """The same without what looks again at answers: what orders and totals go by."""
        return replace(self, disputes=False, status="", reviewer="", mark="")


EVERYTHING = Filters()


@dataclass(frozen=True)
class Progress:
    """Cells under a filter, and how many of them have a standing answer."""

    total: int
    answered: int

    @property
    def remaining(self) -> int:
        return self.total - self.answered


class Answer(IntEnum):
    """What the standing answer says about a given label."""

    NONE, RIGHT, WRONG, UNSURE = range(4)


def between(values: npt.NDArray[np.floating[Any]], low: float, high: float) -> Mask:
    """Which values are from `low` to below `high`; up to 1 where `high` is 1. As float32, as steps of a chart are.

    >>> between(np.array([0.1, 0.2, 1.0], np.float32), 0.1, 0.2), between(np.array([0.2, 1.0], np.float32), 0.2, 1.0)
    (array([ True, False, False]), array([ True,  True]))
    """
    found: Mask = (values >= np.float32(low)) & ((values < np.float32(high)) | (high >= 1))
    return found


def answer_of(decision: Decision | None, given: int) -> Answer:
    """What a cell's standing decision says about its given label."""
    if decision is None or decision.verdict is None:
        return Answer.NONE
    if decision.verdict is Verdict.UNSURE:
        return Answer.UNSURE
    return Answer.RIGHT if decision.verdict.label == given else Answer.WRONG


Order = Callable[[Filters, Mask | None, Mask | None], Iterator[Cells]]


class Worklist:
    """Cells and their answers.

    `order(filters, rows, only)` gives the cells under a filter, most urgent first, in chunks; of those that are False
    in `only`, by slot, it may leave out any. `suspects()`: the mask of the suspects, over the grid, asked for when a
    filter needs it. `twins`: (N,) numbers, equal for items that look alike; once they are known, the same tag of twins
    is not asked by the dozen. `quality()`: the scores that a range is of, over the grid; `selected(name)`: (N,) bool,
    the items of a saved selection; `grouped(column, value)`: those of a value of the items file.
    """

    def __init__(
        self,
        dataset: Dataset,
        order: Order,
        suspects: Callable[[], Mask],
        quality: Callable[[], Probs] | None = None,
        selected: Callable[[str], Mask] | None = None,
        grouped: Callable[[str, str], Mask] | None = None,
    ) -> None:
        self.dataset, self.order, self.suspects = dataset, order, suspects
        self._quality, self._selected, self._grouped = quality, selected, grouped
        self.twins: npt.NDArray[np.int64] | None = None
        self._dropped: Mask | None = None
        self._grid = dataset.grid
        self._answers = np.zeros(dataset.grid.size, np.int8)  # by slot
        self._rows_of: OrderedDict[tuple[str, str], Mask] = OrderedDict()
        self._totals: OrderedDict[tuple[Filters, bytes], int] = OrderedDict()

    def drop(self, tags: Collection[str]) -> None:
        """Say which tags are not asked any more, unless a filter names one or looks again at answers."""
        gone = set(tags)
        dropped = np.array([tag in gone for tag in self.dataset.tags])
        before = np.zeros(len(dropped), bool) if self._dropped is None else self._dropped
        if (dropped != before).any():
            self._dropped = dropped if gone else None
            self._totals.clear()

    def mark(self, answers: Mapping[int, Answer]) -> None:
        """Say what the standing answers about cells (flat positions) are."""
        slots = self._grid.slots(np.fromiter(answers, np.int64, len(answers)))
        self._answers[slots] = np.fromiter(answers.values(), np.int8, len(answers))

    def asks(self, cell: int, filters: Filters) -> bool:
        """Whether the tag of a cell is asked: it is not dropped, or the filter names it."""
        gone = self._gone(filters)
        return gone is None or not gone[cell % len(self.dataset.tags)]

    def _gone(self, filters: Filters) -> Mask | None:
        """The tags that a filter leaves out: those that are dropped, unless it names one, or looks again at answers,
        which stand whatever became of their tag."""
        again = filters.status or filters.reviewer or filters.disputes or filters.mark
        return None if filters.tag or again else self._dropped

    def is_open(self, cell: int) -> bool:
        """Whether a cell has no standing answer."""
        return not self._answers[self._slot(cell)]

    def _slot(self, cell: int) -> int:
        return int(self._grid.slots(np.array([cell]))[0])

    def outcomes(self) -> tuple[Cells, Mask]:
        """The cells answered with certainty, ascending, and whether the given label was wrong."""
        slots = self._answered
        slots = slots[self._answers[slots] != Answer.UNSURE]
        return self._grid.cells(slots), self._answers[slots] == Answer.WRONG

    @property
    def taken(self) -> Cells:
        """The cells with a standing answer, ascending."""
        return self._grid.cells(self._answered)

    def answered(self, slots: slice) -> Mask:
        """Which of a run of slots have a standing answer."""
        found: Mask = self._answers[slots] != Answer.NONE
        return found

    @property
    def _answered(self) -> Cells:
        return np.flatnonzero(self._answers != Answer.NONE)  # of a mask: five times faster than of the numbers

    def open_cells(self, filters: Filters) -> Iterator[Cells]:
        """Unanswered cells under the filter, most urgent first, in chunks."""
        only = self._only(filters)
        for chunk in self.order(filters, self._rows(filters), only):
            slots = self._grid.slots(chunk)
            wanted = self._answers[slots] == Answer.NONE
            if (gone := self._gone(filters)) is not None:
                wanted &= ~gone[chunk % len(self.dataset.tags)]
            unanswered = chunk[wanted if only is None else wanted & only[slots]]
            if len(unanswered):
                apart = None if filters.order == "tags" else self.twins  # tag after tag leaves nothing to put between
                yield unanswered if apart is None else spread(unanswered, self._kinds(unanswered, apart))

    def _only(self, filters: Filters, index: Index = ALL) -> Mask | None:
        """Whether slots, all or some, are what a filter keeps to beside tag, direction and text; None is all."""
        only: Mask | None = None
        if filters.suspects:
            only = np.ravel(self.suspects())[index]
        elif filters.listed:
            only = self._listed[index]
        if self._quality is not None and (filters.low > 0 or filters.high < 1):
            only = _both(only, between(np.ravel(self._quality())[index], filters.low, filters.high))
        if filters.p_low > 0 or filters.p_high < 1:
            only = _both(only, between(np.ravel(self.dataset.pred_probs)[index], filters.p_low, filters.p_high))
        if (group := self._group(filters)) is not None:
            only = _both(only, self._grid.by_item(group, index))
        return only

    def _group(self, filters: Filters) -> Mask | None:
        """The items of a value of the items file. Not kept: the file can be another one at any time."""
        return self._grouped(filters.column, filters.value) if filters.column and self._grouped else None

    def within(self, filters: Filters) -> Mask | None:
        """What a filter keeps to beside tag and direction, by slot; None is all."""
        only, rows = self._only(filters), self._rows(filters)
        return only if rows is None else _both(only, self._grid.by_item(rows))

    @cached_property
    def _listed(self) -> Mask:
        data = self.dataset
        listed: Mask = np.ravel(self.suspects()) | (np.ravel(data.labels) == PRESENT)
        return listed | (np.ravel(data.pred_probs) >= LIKELY)

    def _kinds(self, cells: Cells, twins: npt.NDArray[np.int64]) -> Cells:
        rows, columns = np.divmod(cells, len(self.dataset.tags))
        return twins[rows] * len(self.dataset.tags) + columns

    def under(self, cells: Cells, filters: Filters) -> Cells:
        """Those of some cells that are under the filter, in their order."""
        return cells[self._matches(self._grid.slots(cells), filters)]

    def progress(self, filters: Filters) -> Progress:
        """How far the cells under the filter are answered."""
        return Progress(self._total(filters), int(np.count_nonzero(self._matches(self._answered, filters))))

    def _total(self, filters: Filters) -> int:
        group = self._group(filters)
        plain = replace(filters.anew, order="")
        key = plain, b"" if group is None else group.tobytes()
        if key not in self._totals:
            _keep(self._totals, key, self._count(plain))
        return self._totals[key]

    def _count(self, filters: Filters) -> int:
        column = self.dataset.column(filters.tag) if filters.tag else None
        index = self._grid.under(column, self._rows(filters))
        asked, labels = self._kind(index, filters)
        if (gone := self._gone(filters)) is not None:
            cells = self._grid.picked(index, np.arange(len(asked)))
            asked &= ~gone[cells % len(self.dataset.tags)]
        if (only := self._only(filters, index)) is not None:
            asked &= only
        if filters.direction and not filters.unlabelled:
            asked &= (labels == PRESENT) == (filters.direction is Direction.WRONG)
        return int(np.count_nonzero(asked))

    def _kind(self, index: Index | Cells, filters: Filters) -> tuple[Mask, Labels]:
        """Whether slots are of the kind that a filter asks, of known labels or of those left empty; and the labels."""
        labels = np.ravel(self.dataset.labels if filters.unlabelled else self.dataset.judged)[index]
        return (labels == UNKNOWN) == filters.unlabelled, labels

    def _rows(self, filters: Filters) -> Mask | None:
        key = filters.text, filters.selection
        if not any(key):
            return None
        if key not in self._rows_of:
            rows = self.named(filters.text)
            if filters.selection and self._selected is not None:
                rows &= self._selected(filters.selection)
            _keep(self._rows_of, key, rows)
        return self._rows_of[key]

    def named(self, text: str) -> Mask:
        """The items whose id contains a text whatever its case; in quotes, the one of that id."""
        ids = self.dataset.ids
        if len(text) > 1 and text[0] == text[-1] == '"':
            return np.fromiter((item == text[1:-1] for item in ids), bool, len(ids))
        wanted = text.casefold()
        return np.fromiter((wanted in item.casefold() for item in ids), bool, len(ids))

    def _matches(self, slots: Cells, filters: Filters) -> Mask:
        rows, columns = np.divmod(self._grid.cells(slots), len(self.dataset.tags))
        matches, given = self._kind(slots, filters)
        if (gone := self._gone(filters)) is not None:
            matches &= ~gone[columns]
        if filters.direction and not filters.unlabelled:
            matches &= (given == PRESENT) == (filters.direction is Direction.WRONG)
        if filters.tag:
            matches &= columns == self.dataset.column(filters.tag)
        if (only := self._only(filters, slots)) is not None:
            matches &= only
        wanted = self._rows(filters)
        return matches if wanted is None else matches & wanted[rows]


def _both(one: Mask | None, other: Mask) -> Mask:
    return other if one is None else one & other


def _keep(kept: OrderedDict[Any, Any], key: object, value: object) -> None:
    kept[key] = value
    if len(kept) > KEPT:
        kept.popitem(last=False)
