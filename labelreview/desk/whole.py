"""Whole items: an item with the tags worth a look, those in doubt first; and which item to look at next."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from labelreview.decisions import Verdict
from labelreview.desk.orders import LEARNED, ORDERS
from labelreview.desk.project import Project
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
    unknown), whether confident learning doubts it, whether the reviewer's answer is wanted, and what each label asks of
    other tags by agreed rules. Where others have answered and one more answer is wanted, `now` does not tell theirs."""

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


def wholes(project: Project, reviewer: str, items: Iterable[str]) -> list[Whole]:
    """Items with their tags, as the log has them now: it is asked once, not for every item."""
    now = _now(project, reviewer)
    return [_whole(project, now, item) for item in items]


class _Now(NamedTuple):
    reviewer: str
    verdicts: Verdicts
    rules: Rules


def _now(project: Project, reviewer: str) -> _Now:
    return _Now(reviewer, project.asking.caught_up(), project.meeting.standing().rules)


def _whole(project: Project, now: _Now, item: str) -> Whole:
    grid = project.dataset.grid
    slots = grid.of_item(project.dataset.ids.position(item))
    cells, answered = grid.cells(np.arange(slots.start, slots.stop)), project.asking.answered(slots)
    listed = np.ravel(project.issues)[slots] | (project.dataset.given(cells) == PRESENT)
    listed |= project.dataset.scored(cells) >= LIKELY
    rows = _rows(project, now, item, cells[listed | answered])
    shown = [each for each in rows if each.suspect or each.pred_prob >= LIKELY or PRESENT in (each.given, each.now)]
    return Whole(item, tuple(sorted(shown, key=_by_doubt)[:MOST_TAGS]))


def cell(project: Project, reviewer: str, item: str, tag: str) -> Row:
    """One tag of an item; NotFound when there is no such item or tag."""
    return _rows(project, _now(project, reviewer), item, np.array([project.dataset.cell(item, tag)]))[0]


def _rows(project: Project, now: _Now, item: str, cells: Cells) -> list[Row]:
    data = project.dataset
    given, probs = data.given(cells).tolist(), data.scored(cells).tolist()
    suspects = np.ravel(project.issues)[data.grid.slots(cells)].tolist()
    scores = project.orders.score(LEARNED, cells).tolist()
    wanted = project.asking.wanted(now.reviewer, cells.tolist())
    found = []
    for at, column in enumerate((cells % len(data.tags)).tolist()):
        tag = data.tags[column]
        standing = given[at] if wanted[at] else _standing(now, item, tag, given[at])
        is_open = given[at] != UNKNOWN and wanted[at]
        asks = _mends(project, now, item, tag)
        found.append(Row(tag, given[at], standing, probs[at], scores[at], suspects[at], is_open, asks))
    return found


def _standing(now: _Now, item: str, tag: str, given: int) -> int:
    """As it stands, and unknown where the reviewer was unsure: else the next confirmation of the item would make a yes
    or no of that."""
    own = now.verdicts.of(now.reviewer, item, tag)
    return UNKNOWN if own and own.verdict is Verdict.UNSURE else now.verdicts.label(item, tag, given)


def _mends(project: Project, now: _Now, item: str, tag: str) -> dict[int, tuple[Mend, ...]]:
    """What each label asks of other tags, and of those too nothing of what others said where one more is wanted."""
    asks = consistency.around(project.dataset, now.verdicts, now.rules, item, tag, every=True).mends
    named = sorted({mend.tag for mends in asks.values() for mend in mends})
    wanted = project.asking.wanted(now.reviewer, (project.dataset.cell(item, other) for other in named))
    blind = {other for other, wants in zip(named, wanted, strict=True) if wants}
    return {
        label: tuple(replace(mend, now=mend.given) if mend.tag in blind else mend for mend in mends)
        for label, mends in asks.items()
    }


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
    there = filter(project.dataset.ids.__contains__, keep)
    kept = {each.item: _open(each) for each in wholes(project, reviewer, there)}
    project.look_for_twins()
    found, progress = project.asking.items(reviewer, holder, by_item, want, kept)
    fresh = tuple(wholes(project, reviewer, found))
    project.asking.hold(holder, [cell for each in fresh for cell in _open(each)])
    return Items(fresh, progress)


def _open(of: Whole) -> list[Cell]:
    return [(of.item, row.tag) for row in of.rows if row.open]
