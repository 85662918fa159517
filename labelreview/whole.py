"""Whole items: an item with the tags worth a look, those in doubt first; and which item to look at next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from labelreview.orders import LEARNED, ORDERS
from labelreview.project import Project
from labelreview.review import consistency
from labelreview.review.consistency import Mend
from labelreview.review.worklist import LIKELY, Cells, Filters, Progress
from labelreview.scoring import POOLERS
from labelreview.tags import PRESENT, UNKNOWN

ORDER = "ema"
MOST_TAGS = 60  # of an item, shown unasked; any other tag is found by its name
CELLS_AN_ITEM = 4


@dataclass(frozen=True)
class Row:
    """A tag of an item: as given, as it stands, what the model says (NaN without a model), its label quality (NaN where
    unknown), whether confident learning doubts it, whether nobody has answered it yet, and what each label asks of
    other tags by agreed rules."""

    tag: str
    given: int
    now: int
    pred_prob: float
    score: float
    suspect: bool
    open: bool
    mends: Mapping[int, tuple[Mend, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Whole:
    """An item with the tags that it has, that a model finds likely, or that are in doubt; the most doubtful first."""

    item: str
    rows: tuple[Row, ...]

    @property
    def open(self) -> int:
        """How many of the rows nobody has answered yet."""
        return sum(row.open for row in self.rows)


def whole(project: Project, item: str) -> Whole:
    """An item with its tags; NotFound when there is no such item."""
    grid = project.dataset.grid
    slots = grid.of_item(project.dataset.ids.position(item))
    cells, settled = grid.cells(np.arange(slots.start, slots.stop)), project.verdicts().settled
    listed = np.ravel(project.issues)[slots] | (project.dataset.given(cells) == PRESENT)
    listed |= project.dataset.scored(cells) >= LIKELY
    answered = np.array([(item, project.dataset.tags[column]) in settled for column in grid.columns(slots).tolist()])
    rows = rows_of(project, cells[listed | answered])
    shown = [each for each in rows if each.suspect or each.pred_prob >= LIKELY or PRESENT in (each.given, each.now)]
    return Whole(item, tuple(sorted(shown, key=_by_doubt)[:MOST_TAGS]))


def cell(project: Project, item: str, tag: str) -> Row:
    """One tag of an item; NotFound when there is no such item or tag."""
    return rows_of(project, np.array([project.dataset.cell(item, tag)]))[0]


def rows_of(project: Project, cells: Cells) -> list[Row]:
    """Cells (flat positions) as rows, in their order."""
    data, verdicts = project.dataset, project.verdicts()
    given, probs = data.given(cells).tolist(), data.scored(cells).tolist()
    suspects = np.ravel(project.issues)[data.grid.slots(cells)].tolist()
    scores = project.orders.score(LEARNED, cells).tolist()
    found, rules = [], project.meeting.standing().rules
    for at, place in enumerate(cells.tolist()):
        item, tag = data.at(place)
        now = verdicts.label(item, tag, given[at])
        is_open = given[at] != UNKNOWN and (item, tag) not in verdicts.settled
        asks = consistency.around(data, verdicts, rules, item, tag, every=True).mends
        found.append(Row(tag, given[at], now, probs[at], scores[at], suspects[at], is_open, asks))
    return found


def _by_doubt(row: Row) -> tuple[bool, bool, float]:
    return not (row.suspect and row.open), not row.open, row.score if row.score == row.score else 1.0


@dataclass(frozen=True)
class Items:
    """The next items for one reviewer, their open cells leased to a tab, and how far the filter is answered."""

    wholes: tuple[Whole, ...]
    progress: Progress


def next_items(
    project: Project, reviewer: str, holder: str, filters: Filters, want: int, keep: Sequence[str] = ()
) -> Items:
    """The `want` items to look at next, after those of `keep` (which the tab has): the worst by an item pooler first.

    What is asked about an item is leased to the tab for two minutes.
    """
    pooled = filters.order in POOLERS and filters.order in ORDERS
    by_item = replace(filters, order=filters.order if pooled else ORDER, listed=True)
    kept = [whole(project, item) for item in keep if item in project.dataset.ids]
    open_cells = [(each.item, row.tag) for each in kept for row in each.rows if row.open]
    batch = project.queue(reviewer, holder, by_item, len(open_cells) + CELLS_AN_ITEM * want, open_cells)
    found = dict.fromkeys(question.suspect.item for question in batch.questions)
    fresh = [whole(project, item) for item in found if item not in keep][:want]
    project.hold(holder, [(each.item, row.tag) for each in fresh for row in each.rows if row.open])
    return Items((*kept, *fresh), batch.progress)
