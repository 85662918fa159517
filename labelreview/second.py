"""Queues beside that of the open cells: disputes, what to look at again, behind a mark of a chart, broken rules."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from labelreview.decisions import ADJUDICATE, Decision
from labelreview.errors import InputError
from labelreview.project import Project
from labelreview.questions import Batch, Question
from labelreview.review import again, consistency
from labelreview.review.verdicts import Cell
from labelreview.review.worklist import Filters, Progress
from labelreview.roles import Action
from labelreview.triage.behind import answered


@dataclass(frozen=True)
class _Again:
    """Cells with what was said of them; `done`: those that the person is through with; screen: of their answers."""

    said: dict[Cell, list[Decision]]
    done: Iterable[Cell]
    screen: str


def batch(
    project: Project, reviewer: str, holder: str, filters: Filters, want: int, keep: Sequence[Cell] = ()
) -> Batch:
    """The next `want` questions of any queue, leased to a tab: of these, those of `keep` first.

    NotAllowed where a queue tells what others said, and the person may not see that.
    """
    found = _again(project, reviewer, filters)
    if found is None:
        return project.queue(reviewer, holder, filters, want, keep)
    left, progress = _left(project, found, filters)
    questions = _leased(project, holder, filters, want, keep, left)
    told = [replace(each, screen=found.screen, said=tuple(found.said[each.suspect.item, each.suspect.tag]))
            for each in questions]  # fmt: skip
    return Batch(tuple(told), progress, project.orders.revision)


def progress(project: Project, reviewer: str, filters: Filters) -> Progress:
    """What any queue holds for a person, and how far it is answered; NotAllowed as of `batch`."""
    found = _again(project, reviewer, filters)
    return project.progress(filters, reviewer) if found is None else _left(project, found, filters)[1]


def _again(project: Project, reviewer: str, filters: Filters) -> _Again | None:
    """What was answered and may be looked at again under a filter; None: it asks about open cells."""
    verdicts, status, by = project.verdicts(), filters.status, filters.reviewer
    if filters.disputes:
        return _Again(*project.team.disputes(verdicts), ADJUDICATE)
    if not (status or by or filters.mark):
        return None
    if filters.mark and status not in again.BY_LABEL:
        raise InputError("What is behind a mark is asked about with status=changed or status=kept.")
    if (status not in again.OWN or by) and by != reviewer:
        project.people.check(reviewer, Action.ADJUDICATE)
    sees_all = Action.ADJUDICATE in project.people.actions(reviewer)
    only = by or ("" if sees_all or status == again.Status.RULES else reviewer)
    done = again.looked(status, verdicts, reviewer)
    if status in again.BY_LABEL:
        cells = map(project.dataset.at, answered(project, replace(filters, suspects=False, reviewer=only)).tolist())
        found = {cell: verdicts.about(*cell) for cell in cells}
        done = done & found.keys() if filters.mark else done
    else:
        broken = broken_cells(project) if status == again.Status.RULES else ()
        found = again.said(status, verdicts, reviewer, only, broken)
    said = {cell: answers if sees_all else [each for each in answers if each.reviewer == reviewer]
            for cell, answers in found.items() if cell not in done}  # fmt: skip
    return _Again(said, done, again.screen(status))


def _left(project: Project, found: _Again, filters: Filters) -> tuple[list[Cell], Progress]:
    """The cells left in a filter's order, and how many there are with those that are through."""
    wide = replace(filters, suspects=False)
    left, through = project.under(found.said, wide), project.under(found.done, wide)
    return left, Progress(len(left) + len(through), len(through))


def broken_cells(project: Project) -> list[Cell]:
    """The cells under agreed rules that their items break, with the verdicts so far."""
    held = project.meeting.standing()
    return [
        project.dataset.at(place)
        for place in consistency.broken_cells(project.dataset, project.verdicts(), held.rules).tolist()
        if place in project.dataset.grid
    ]


def _leased(
    project: Project, holder: str, filters: Filters, want: int, keep: Sequence[Cell], left: Sequence[Cell]
) -> tuple[Question, ...]:  # fmt: skip
    there = set(left)
    first = [cell for cell in keep if cell in there]
    cells = project.lease(holder, [*first, *(cell for cell in left if cell not in set(first))], want)
    return project.questions(cells, filters.order)
