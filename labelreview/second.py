"""Queues beside that of the open cells: disputes, what to look at again, broken rules."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from labelreview.decisions import ADJUDICATE, Decision
from labelreview.project import Project
from labelreview.questions import Batch, Question
from labelreview.review import again, consistency
from labelreview.review.verdicts import Cell
from labelreview.review.worklist import Filters, Progress
from labelreview.roles import Action


def batch(
    project: Project, reviewer: str, holder: str, filters: Filters, want: int, keep: Sequence[Cell] = ()
) -> Batch:
    """The next `want` questions of any queue, leased to a tab: of these, those of `keep` first.

    NotAllowed where a queue tells what others said, and the person may not see that.
    """
    wide = replace(filters, suspects=False)
    if filters.disputes:
        disputes, decided = project.team.disputes(project.verdicts())
        return _told(project, holder, wide, want, keep, disputes, decided, ADJUDICATE)
    if filters.status or filters.reviewer:
        status, by, verdicts = filters.status, filters.reviewer, project.verdicts()
        if (status not in again.OWN or by) and by != reviewer:
            project.people.check(reviewer, Action.ADJUDICATE)
        sees_all = Action.ADJUDICATE in project.people.actions(reviewer)
        only = by or ("" if sees_all or status == again.Status.RULES else reviewer)
        broken = broken_cells(project) if status == again.Status.RULES else ()
        found, done = again.said(status, verdicts, reviewer, only, broken), again.looked(status, verdicts, reviewer)
        said = {cell: answers if sees_all else [each for each in answers if each.reviewer == reviewer]
                for cell, answers in found.items() if cell not in done}  # fmt: skip
        return _told(project, holder, wide, want, keep, said, done, again.screen(status))
    return project.queue(reviewer, holder, filters, want, keep)


def broken_cells(project: Project) -> list[Cell]:
    """The cells under agreed rules that their items break, with the verdicts so far."""
    held = project.meeting.standing()
    return [
        project.dataset.at(place)
        for place in consistency.broken_cells(project.dataset, project.verdicts(), held.rules).tolist()
        if place in project.dataset.grid
    ]


def _told(
    project: Project, holder: str, filters: Filters, want: int, keep: Sequence[Cell],
    said: dict[Cell, list[Decision]], done: Iterable[Cell], screen: str,
) -> Batch:  # fmt: skip
    """Cells with what was said of them; `done`: those that are through."""
    left, through = project.under(said, filters), project.under(done, filters)
    questions = _leased(project, holder, filters, want, keep, left)
    told = [replace(each, screen=screen, said=tuple(said[each.suspect.item, each.suspect.tag])) for each in questions]
    return Batch(tuple(told), Progress(len(left) + len(through), len(through)), project.orders.revision)


def _leased(
    project: Project, holder: str, filters: Filters, want: int, keep: Sequence[Cell], left: Sequence[Cell]
) -> tuple[Question, ...]:  # fmt: skip
    there = set(left)
    first = [cell for cell in keep if cell in there]
    cells = project.lease(holder, [*first, *(cell for cell in left if cell not in set(first))], want)
    return project.questions(cells, filters.order)
