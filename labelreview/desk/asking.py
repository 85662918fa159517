"""What is asked of whom next: the open cells, those that want a second answer, known ones, and draws by chance.

A tab holds what it was handed for two minutes (a lease), so that nobody else is asked the same meanwhile.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from threading import RLock
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from labelreview.desk.auditing import ALONE, AUDIT, Auditing, woven
from labelreview.desk.meeting import Meeting
from labelreview.desk.orders import LEARNED, Orders
from labelreview.desk.team import Team
from labelreview.review.sharing import woven_in
from labelreview.review.verdicts import Cell, Verdicts
from labelreview.review.worklist import EVERYTHING, Cells, Filters, Progress, Worklist
from labelreview.store import DecisionLog
from labelreview.tags import Dataset

LEASE_SECONDS = 120.0


class Parts(NamedTuple):
    """What a queue is made of; its project tells each of them what is answered."""

    verdicts: Verdicts
    worklist: Worklist
    orders: Orders
    audit: Auditing
    team: Team
    meeting: Meeting


@dataclass(frozen=True)
class Handed:
    """Cells leased to a reviewer's tab, `drawn`: those that chance drew; how far the filter is answered."""

    cells: tuple[Cell, ...]
    drawn: frozenset[Cell]
    progress: Progress


class Asking:
    """The queue of one project. `catch_up()` tells its parts what the log has, and gives how many events they know;
    `lock` is the project's."""

    def __init__(
        self, log: DecisionLog, project: str, dataset: Dataset, parts: Parts, catch_up: Callable[[], int], lock: RLock
    ) -> None:
        self._log, self._project, self._dataset, self._catch_up, self._lock = log, project, dataset, catch_up, lock
        self._verdicts, self._worklist, self._orders, self._audit, self._team, self._meeting = parts
        self._events = 0
        self._handed_draws: set[int] = set()  # what tabs may have ready as the audit's questions

    def batch(self, reviewer: str, holder: str, filters: Filters, want: int, keep: Sequence[Cell] = ()) -> Handed:
        """The next `want` cells for a reviewer, leased to their tab (`holder`) for two minutes.

        First those of `keep` (pictures that the tab has ready) that are still open, then the most urgent ones, and
        without filters among them a share that the random audit drew, those that later draws wait for at once.
        """
        alone = filters.order == AUDIT  # the audit's draws and nothing else
        filters = replace(filters, order=LEARNED) if alone else filters
        audited = filters == Filters(suspects=filters.suspects)
        want = min(want, ALONE) if alone and audited else want
        with self._lock:
            flagged = self.caught_up().flagged_by(reviewer)
            kept = {cell: None for cell in keep if self._open(cell, filters, reviewer)}  # an ordered set
            gold = self._gold(reviewer, filters, list(kept), want - len(kept))
            want -= len(gold)
            open_late = self._audit.late(self._handed_draws) if audited else ()
            left = [cell for cell in map(self._dataset.at, open_late) if cell not in kept]
            lease = partial(self._leased, reviewer, holder, filters)
            late = lease(left, want - len(kept)) if left else []
            due = self._audit.due(self._events, len(kept), want - len(kept) - len(late), alone) if audited else []
            open_draws = dict.fromkeys(map(self._dataset.at, self._audit.draws() if any(due) else ()))
            fresh = (cell for cell in open_draws if cell not in kept and cell not in late)
            drawn = late + lease(fresh, sum(due))
            had = {*kept, *drawn}
            # By chance asks nothing else, though draws run short.
            others = () if alone and any(due) else self._asked(reviewer, filters)
            asked = chain(kept, (cell for cell in others if cell not in had))
            ranked = lease((cell for cell in asked if cell not in flagged), want - len(drawn), take_over=True)
            start = sum(cell in kept for cell in ranked)
            rest = woven(due, ranked[start:], drawn[len(late) :]) if len(drawn) > len(late) else ranked[start:]
            batch = [*ranked[:start], *woven_in([*late, *rest], gold)]
            self._handed_draws.update(self._dataset.cell(*cell) for cell in drawn)
            chosen = {*drawn, *(cell for cell in kept if self._dataset.cell(*cell) in self._handed_draws)}
            return Handed(tuple(batch), frozenset(chosen), self._left_for(reviewer, filters))

    def items(
        self, reviewer: str, holder: str, filters: Filters, want: int, kept: Mapping[str, Sequence[Cell]]
    ) -> tuple[list[str], Progress]:
        """The next items with open cells under a filter, and how far it is answered; a cell of each is leased to the
        tab, and once more the cells of those that it has, `kept`."""
        with self._lock:
            flagged = self.caught_up().flagged_by(reviewer)
            held = list(chain.from_iterable(kept.values()))
            self.hold(holder, held)
            gold = [item for item, _ in self._gold(reviewer, filters, held, want).values() if item not in kept]
            had = {*kept, *gold}
            asked = (cell for cell in self._asked(reviewer, filters) if cell[0] not in had and cell not in flagged)
            found = self._leased(reviewer, holder, filters, asked, want - len(gold), take_over=True, apart=True)
            return list(dict.fromkeys([*gold, *(item for item, _ in found)])), self._left_for(reviewer, filters)

    def named(self, text: str, most: int) -> list[str]:
        """The first items that a filter's text names, whether or not anything of them is open."""
        return [self._dataset.ids[row] for row in np.flatnonzero(self._worklist.named(text))[:most].tolist()]

    def caught_up(self) -> Verdicts:
        """The verdicts, and the queue told of the tags that are dropped and of how the work is shared."""
        with self._lock:
            self._worklist.drop(self._meeting.standing().dropped)
            self._events = self._catch_up()
            self._team.catch_up(self._verdicts)
            return self._verdicts

    def answered(self, slots: slice) -> npt.NDArray[np.bool_]:
        """Which of an item's cells (`grid.of_item`) have a standing answer, as of the last look into the log."""
        return self._worklist.answered(slots)

    def wanted(self, reviewer: str, places: Iterable[int]) -> list[bool]:
        """Which cells (flat positions) want this reviewer's answer, whatever others said; as of the last look."""
        with self._lock:
            team, verdicts = self._team, self._verdicts
            return [self._worklist.is_open(place) or team.wants(reviewer, place, verdicts) for place in places]

    def progress(self, filters: Filters, reviewer: str = "") -> Progress:
        """How far the cells under a filter are answered, for a reviewer who is named with those that want theirs."""
        with self._lock:
            self.caught_up()
            return self._left_for(reviewer, filters) if reviewer else self._worklist.progress(filters)

    def upcoming(self, most: int, filters: Filters = EVERYTHING) -> Cells:
        """The next cells of the learned order under a filter, without audit, leases and look-alikes; and without tags
        that are dropped, unless one is named."""
        with self._lock:
            self._catch_up()
            taken, only = self._worklist.taken, self._worklist.within(filters)
            gone = self._meeting.standing().dropped
            return self._orders.foremost(most, filters, without=taken, only=only, dropped=gone)

    def keeps(self, cells: Cells, filters: Filters) -> Cells:
        """Those of some cells (flat positions) that a filter keeps, as they stand."""
        with self._lock:
            self.caught_up()
            return self._worklist.under(cells, filters)

    def arranged(self, cells: Cells, filters: Filters) -> Cells:
        """Some cells (flat positions) in a filter's order."""
        with self._lock:
            return self._orders.arranged(filters.order, cells)

    def lease(self, holder: str, cells: Iterable[Cell], want: int) -> list[Cell]:
        """The first `want` cells that nobody else has on screen, leased to a tab for two minutes."""
        return self._lease(cells, holder=holder, want=want, take_over=True)

    def hold(self, holder: str, cells: Sequence[Cell]) -> None:
        """Lease cells that a tab has on screen again (it took an answer back), so that nobody else is asked them."""
        self._lease(cells, holder=holder, want=len(cells))

    def release(self, holder: str) -> None:
        """Give a tab's leases back, so that others are asked those cells at once."""
        self._log.release(self._project, holder)

    def _leased(
        self, reviewer: str, holder: str, filters: Filters, cells: Iterable[Cell], want: int, **how: bool
    ) -> list[Cell]:
        if not want:
            return []
        leased = self._lease(cells, holder=holder, want=want, **how)
        self._catch_up()  # what another process has answered and let go of just before it was leased
        return [cell for cell in leased if self._open(cell, filters, reviewer)]

    def _lease(self, cells: Iterable[Cell], *, holder: str, want: int, **how: bool) -> list[Cell]:
        return self._log.lease(self._project, cells, holder=holder, want=want, seconds=LEASE_SECONDS, **how)

    def _open(self, cell: Cell, filters: Filters, reviewer: str) -> bool:
        if not self._dataset.has(*cell):
            return False
        place = self._dataset.cell(*cell)
        # A tag dropped meanwhile goes, but not a draw by chance: the estimates wait for its answer.
        asked = self._worklist.asks(place, filters) or place in self._handed_draws
        return asked and self.wanted(reviewer, [place])[0]

    def _asked(self, reviewer: str, filters: Filters) -> Iterator[Cell]:
        """Cells to ask a reviewer about: those that others have answered and that want one more, then the open ones."""
        second = (self._worklist.under(cells, filters) for cells in self._team.waiting_for(reviewer))
        open_cells = chain(second, self._worklist.open_cells(filters))
        return map(self._dataset.at, chain.from_iterable(open_cells))

    def _gold(self, reviewer: str, filters: Filters, kept: Sequence[Cell], want: int) -> dict[int, Cell]:
        """Where known cells are slipped in: also beside the suspects, as the audit's are."""
        under = partial(self._worklist.under, filters=replace(filters, suspects=False))
        return self._team.slipped_in(reviewer, self._verdicts, kept, want, under)

    def _left_for(self, reviewer: str, filters: Filters) -> Progress:
        found = self._worklist.progress(filters)
        again = sum(len(self._worklist.under(cells, filters)) for cells in self._team.waiting_for(reviewer))
        return replace(found, answered=found.answered - again)
