"""Whole items: an item with the tags worth a look, those in doubt first; and which item to look at next."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from labelreview.orders import LEARNED, ORDERS
from labelreview.project import Project
from labelreview.review import consistency
from labelreview.review.consistency import Mend
from labelreview.review.rules import Rules
from labelreview.review.verdicts import Cell, Verdicts
from labelreview.review.worklist import LIKELY, Cells, Filters, Progress
from labelreview.scoring import POOLERS
from labelreview.tags import PRESENT, UNKNOWN

ORDER = "ema"
MOST_TAGS = 60  # of an item, shown unasked; any other tag is found by its name


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


def whole(project: Project, item: str) -> Whole:
    """An item with its tags; NotFound when there is no such item."""
    return wholes(project, [item])[0]


def wholes(project: Project, items: Iterable[str]) -> list[Whole]:
    """Items with their tags, as the log has them now: it is asked once, not for every item."""
    now = _now(project)
    return [_whole(project, now, item) for item in items]


class _Now(NamedTuple):
    verdicts: Verdicts
    rules: Rules


def _now(project: Project) -> _Now:
    return _Now(project.verdicts(), project.meeting.standing().rules)


def _whole(project: Project, now: _Now, item: str) -> Whole:
    grid = project.dataset.grid
    slots = grid.of_item(project.dataset.ids.position(item))
    cells, answered = grid.cells(np.arange(slots.start, slots.stop)), project.answered(slots)
    listed = np.ravel(project.issues)[slots] | (project.dataset.given(cells) == PRESENT)
    listed |= project.dataset.scored(cells) >= LIKELY
    rows = _rows(project, now, item, cells[listed | answered])
    shown = [each for each in rows if each.suspect or each.pred_prob >= LIKELY or PRESENT in (each.given, each.now)]
    return Whole(item, tuple(sorted(shown, key=_by_doubt)[:MOST_TAGS]))


def cell(project: Project, item: str, tag: str) -> Row:
    """One tag of an item; NotFound when there is no such item or tag."""
    return _rows(project, _now(project), item, np.array([project.dataset.cell(item, tag)]))[0]


def _rows(project: Project, now: _Now, item: str, cells: Cells) -> list[Row]:
    data = project.dataset
    given, probs = data.given(cells).tolist(), data.scored(cells).tolist()
    suspects = np.ravel(project.issues)[data.grid.slots(cells)].tolist()
    scores = project.orders.score(LEARNED, cells).tolist()
    found, (verdicts, rules) = [], now
    for at, column in enumerate((cells % len(data.tags)).tolist()):
        tag = data.tags[column]
        standing = verdicts.label(item, tag, given[at])
        is_open = given[at] != UNKNOWN and (item, tag) not in verdicts.settled
        asks = consistency.around(data, verdicts, rules, item, tag, every=True).mends
        found.append(Row(tag, given[at], standing, probs[at], scores[at], suspects[at], is_open, asks))
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
    """The `want` items to look at next, without those of `keep` (which the tab has): the worst by an item pooler first.

    What is asked about an item, and about those it has, is leased to the tab for two minutes.
    """
    pooled = filters.order in POOLERS and filters.order in ORDERS
    by_item = replace(filters, order=filters.order if pooled else ORDER, listed=True)
    kept = {each.item: _open(each) for each in wholes(project, filter(project.dataset.ids.__contains__, keep))}
    found, progress = project.items(reviewer, holder, by_item, want, kept)
    fresh = tuple(wholes(project, found))
    project.hold(holder, [cell for each in fresh for cell in _open(each)])
    return Items(fresh, progress)


def _open(of: Whole) -> list[Cell]:
    return [(of.item, row.tag) for row in of.rows if row.open]
