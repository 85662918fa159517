"""Queues beside that of the open cells: disputes, what to look at again, behind a mark of a chart, broken rules."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from labelreview.decisions import ADJUDICATE, Decision
from labelreview.desk.project import Project
from labelreview.desk.questions import Batch, Question
from labelreview.desk.triage.behind import answered
from labelreview.errors import InputError
from labelreview.review import again, consistency
from labelreview.review.verdicts import Cell
from labelreview.review.worklist import Cells, Filters, Progress
from labelreview.roles import Action


@dataclass(frozen=True)
class _Again:
    """left: answered cells to look at once more; through: those that the person has looked at (flat positions both, by
    the filter); said: what was said of one, as far as the person may know; screen: of the answers."""

    left: Cells
    through: Cells
    said: Callable[[Cell], Sequence[Decision]]
    screen: str

    @property
    def progress(self) -> Progress:
        return Progress(len(self.left) + len(self.through), len(self.through))


def batch(
    project: Project, reviewer: str, holder: str, filters: Filters, want: int, keep: Sequence[Cell] = ()
) -> Batch:
    """The next `want` questions of any queue, leased to a tab: of these, those of `keep` first.

    NotAllowed where a queue tells what others said, and the person may not see that.
    """
    found = _again(project, reviewer, filters)
    if found is None:
        return project.queue(reviewer, holder, filters, want, keep)
    questions = _leased(project, holder, filters, want, keep, found.left)
    told = [
        replace(each, screen=found.screen, said=tuple(found.said((each.suspect.item, each.suspect.tag))))
        for each in questions
    ]
    return Batch(tuple(told), found.progress, project.orders.revision)


def progress(project: Project, reviewer: str, filters: Filters) -> Progress:
    """What any queue holds for a person, and how far it is answered; NotAllowed as of `batch`."""
    found = _again(project, reviewer, filters)
    return project.asking.progress(filters, reviewer) if found is None else found.progress


def _again(project: Project, reviewer: str, filters: Filters) -> _Again | None:
    """What was answered and may be looked at again under a filter; None: it asks about open cells."""
    verdicts, status, by = project.verdicts(), filters.status, filters.reviewer
    wide = replace(filters, suspects=False)
    if filters.disputes:
        disputes, decided = project.team.disputes(verdicts)
        left, through = (project.asking.keeps(_places(project, cells), wide) for cells in (disputes, decided))
        return _Again(left, through, disputes.__getitem__, ADJUDICATE)
    if not (status or by or filters.mark):
        return None
    if filters.mark and status not in again.BY_LABEL:
        raise InputError("What is behind a mark is asked about with status=changed or status=kept.")
    if (status not in again.OWN or by) and by != reviewer:
        project.people.check(reviewer, Action.ADJUDICATE)
    sees_all = Action.ADJUDICATE in project.people.actions(reviewer)
    only = by or ("" if sees_all or status == again.Status.RULES else reviewer)
    cells, about = _answered(project, reviewer, replace(wide, reviewer=only))
    done = _places(project, again.looked(status, verdicts, reviewer))
    if filters.mark:
        done = done[np.isin(done, cells)]

    def said(cell: Cell) -> Sequence[Decision]:
        return [each for each in about(cell) if sees_all or each.reviewer == reviewer]

    left = cells[~np.isin(cells, done)]
    return _Again(left, project.asking.keeps(done, wide), said, again.screen(status))


def _answered(project: Project, reviewer: str, filters: Filters) -> tuple[Cells, Callable[[Cell], Sequence[Decision]]]:
    """The answered cells of a status under a filter, and what was said of each."""
    verdicts, status = project.verdicts(), filters.status
    if status in again.BY_LABEL:  # as arrays: these may be all that was ever answered
        return answered(project, filters), lambda cell: verdicts.about(*cell)
    broken = broken_cells(project) if status == again.Status.RULES else ()
    found = again.said(status, verdicts, reviewer, filters.reviewer, broken)
    return project.asking.keeps(_places(project, found), filters), found.__getitem__


def _places(project: Project, cells: Iterable[Cell]) -> Cells:
    """The flat positions of those cells that the data has."""
    data = project.dataset
    return np.array([data.cell(*cell) for cell in cells if data.has(*cell)], np.int64)


def broken_cells(project: Project) -> list[Cell]:
    """The cells under agreed rules that their items break, with the verdicts so far."""
    held = project.meeting.standing()
    return [
        project.dataset.at(place)
        for place in consistency.broken_cells(project.dataset, project.verdicts(), held.rules).tolist()
        if place in project.dataset.grid
    ]


def _leased(
    project: Project, holder: str, filters: Filters, want: int, keep: Sequence[Cell], left: Cells
) -> tuple[Question, ...]:  # fmt: skip
    there = set(left.tolist())
    data = project.dataset
    first = dict.fromkeys(cell for cell in keep if data.has(*cell) and data.cell(*cell) in there)
    rest = map(data.at, project.asking.arranged(left, filters).tolist())
    cells = project.asking.lease(holder, chain(first, (cell for cell in rest if cell not in first)), want)
    return project.questions(cells, filters.order)
