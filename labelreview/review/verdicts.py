"""What holds now, after all events of the log, and what the labels are with it.

PURE: events in, nouns and arrays out. A verdict *stands* until its reviewer takes it back; an undo takes back the
verdict or the flag whose uid it names, and only one's own. A cell is *settled* by its newest standing verdict, whoever
gave it. So after an undo the verdict before it holds again, or the cell is open again.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from labelreview.decisions import ADJUDICATE, Decision, Verdict
from labelreview.errors import NotFound
from labelreview.tags import ABSENT, PRESENT, UNKNOWN, Dataset, Labels

Cell = tuple[str, str]


class Verdicts:
    """The standing verdicts and flags of one project, folded event by event. Add from one thread at a time."""

    def __init__(self, events: Iterable[Decision] = ()) -> None:
        self._cells: dict[Cell, list[Decision]] = {}  # standing verdicts of a cell, oldest first
        self._settled: dict[Cell, Decision] = {}
        self._flags: dict[str, Decision] = {}
        self._flagged: Counter[Cell] = Counter()  # how many flags a cell has
        self._reviewers: dict[str, dict[str, Decision]] = {}  # standing verdicts of a reviewer by uid, oldest first
        self._events: dict[str, Decision] = {}  # by uid: an undo names what it takes back by this alone
        self._undone: set[tuple[str, str]] = set()  # reviewer, uid
        self.seq = 0
        self.add(events)

    def add(self, events: Iterable[Decision]) -> set[Cell]:
        """Take further events, in the order of the log; gives the cells they touched. An event twice counts once."""
        touched = set()
        for event in events:
            self.seq = max(self.seq, event.seq)
            if event.uid not in self._events:
                self._events[event.uid] = event
                touched.add(self._take_back(event) if event.undoes else self._take_up(event))
        return touched

    @property
    def events(self) -> list[Decision]:
        """All events so far, in the order of the log."""
        return list(self._events.values())

    @property
    def settled(self) -> Mapping[Cell, Decision]:
        """The verdict that holds, per (item, tag) that has one. A live view."""
        return MappingProxyType(self._settled)

    @property
    def flags(self) -> list[Decision]:
        """Standing flags (a note without a verdict), newest last."""
        return list(self._flags.values())

    @property
    def counts(self) -> dict[Verdict, int]:
        """Settled cells by the verdict that holds."""
        counts = dict.fromkeys(Verdict, 0)
        for decision in list(self._settled.values()):
            if decision.verdict:
                counts[decision.verdict] += 1
        return counts

    @property
    def reviewers(self) -> list[str]:
        """Who has a standing verdict, sorted."""
        return sorted(name for name, own in self._reviewers.items() if own)

    def standing(self, reviewer: str) -> list[Decision]:
        """A reviewer's standing verdicts, newest last."""
        return list(self._reviewers.get(reviewer, {}).values())

    def undoable(self, reviewer: str) -> list[Decision]:
        """A reviewer's standing verdicts and flags, newest last: what they can still take back."""
        own = [*self.standing(reviewer), *(flag for flag in self.flags if flag.reviewer == reviewer)]
        return sorted(own, key=lambda decision: decision.seq)

    def of(self, reviewer: str, item: str, tag: str) -> Decision | None:
        """A reviewer's newest standing verdict about a cell."""
        own = [decision for decision in self.about(item, tag) if decision.reviewer == reviewer]
        return own[-1] if own else None

    def about(self, item: str, tag: str) -> list[Decision]:
        """All standing verdicts about a cell, newest last."""
        return list(self._cells.get((item, tag), ()))

    def newest_about(self, tag: str) -> Iterator[Decision]:
        """The settled verdicts about a tag; cells that were answered last come first."""
        for (_, name), decision in reversed(list(self._settled.items())):
            if name == tag:
                yield decision

    def opinions(self, least: int = 1) -> Iterator[tuple[Cell, dict[str, Decision]]]:
        """The cells answered `least` times or more, with each reviewer's newest standing verdict; what an adjudicator
        decided is left out."""
        for cell, standing in list(self._cells.items()):
            if len(standing) >= least and (
                newest := {each.reviewer: each for each in standing if each.screen != ADJUDICATE}
            ):
                yield cell, newest

    def flagged_by(self, reviewer: str) -> set[Cell]:
        """The cells that a reviewer has put aside with a flag."""
        return {(flag.item, flag.tag) for flag in self.flags if flag.reviewer == reviewer}

    def is_flagged(self, item: str, tag: str) -> bool:
        """Whether anybody has put the cell aside with a flag."""
        return self._flagged[item, tag] > 0

    def label(self, item: str, tag: str, given: int) -> int:
        """The label of a cell with its verdict applied; unsure and unanswered leave the given one."""
        return _applied(self._settled.get((item, tag)), given)

    def _take_up(self, event: Decision) -> Cell:
        cell = event.item, event.tag
        if (event.reviewer, event.uid) in self._undone:  # the undo was faster: another tab's outbox
            return cell
        if event.verdict:
            self._cells.setdefault(cell, []).append(event)
            self._reviewers.setdefault(event.reviewer, {})[event.uid] = event
            self._settled[cell] = event
        elif event.note:
            self._flags[event.uid] = event
            self._flagged[cell] += 1
        return cell

    def _take_back(self, undo: Decision) -> Cell:
        self._undone.add((undo.reviewer, undo.undoes))
        event = self._events.get(undo.undoes)
        if event is None or event.reviewer != undo.reviewer:
            return undo.item, undo.tag
        cell = event.item, event.tag
        if self._flags.pop(event.uid, None):
            self._flagged[cell] -= 1
        if self._reviewers.get(event.reviewer, {}).pop(event.uid, None):
            left = self._cells[cell]
            left.remove(event)
            if left:
                self._settled[cell] = left[-1]
            else:
                del self._settled[cell], self._cells[cell]
        return cell


class Touched(NamedTuple):
    """A cell of the data that an event was about (flat position), the verdict that holds from then on, if any, and
    whether anybody has answered it or put it aside with a flag."""

    place: int
    cell: Cell
    holds: Decision | None
    done: bool


def fold(verdicts: Verdicts, dataset: Dataset, events: Sequence[Decision]) -> Iterator[Touched]:
    """Add events one by one (the audit's draws depend on which came before which), and say what each touched. Events
    about an item, tag or cell that the data does not have are added, and told of no further."""
    cells, settled = list(dict.fromkeys((event.item, event.tag) for event in events)), verdicts.settled
    places = dict(zip(cells, dataset.cells(cells).tolist(), strict=True))  # all at once: each alone takes as long again
    for event in events:
        for cell in verdicts.add((event,)):
            if cell not in places:  # an undo touches what it takes back, whatever cell it names
                places[cell] = int(dataset.cells([cell])[0])
            if (place := places[cell]) >= 0:
                holds = settled.get(cell)
                yield Touched(place, cell, holds, holds is not None or verdicts.is_flagged(*cell))


@dataclass(frozen=True)
class Placed:
    """Settled cells found in a data set, ascending by flat position, and the verdicts about cells it does not have."""

    cells: npt.NDArray[np.int64]
    decisions: list[Decision]
    elsewhere: list[Decision]


def placed(dataset: Dataset, verdicts: Verdicts) -> Placed:
    """Where the settled cells stand in the data set. Verdicts about unknown items or tags are kept apart, not lost."""
    found, elsewhere = dict[int, Decision](), []
    for (item, tag), decision in list(verdicts.settled.items()):
        try:
            found[dataset.cell(item, tag)] = decision
        except NotFound:
            elsewhere.append(decision)
    cells = sorted(found)
    return Placed(np.array(cells, np.int64), [found[cell] for cell in cells], elsewhere)


def corrected(dataset: Dataset, verdicts: Verdicts) -> Labels:
    """The given labels with the verdicts applied: a new int8 array of the same shape. Unsure leaves a cell as given.

    >>> from datetime import datetime
    >>> from labelreview.tags import Names
    >>> given = np.array([[1, 0]], np.int8)
    >>> dataset = Dataset(Names.of(["a"]), ("hat", "cat"), given, np.zeros((1, 2), np.float32))
    >>> no_hat = Decision("uid-0001", "a", "hat", "ann", datetime(2026, 1, 1), Verdict.ABSENT)
    >>> corrected(dataset, Verdicts([no_hat])).tolist()
    [[0, 0]]
    """
    labels = np.array(dataset.labels, np.int8)
    here, flat = placed(dataset, verdicts), labels.reshape(-1)
    slots = dataset.grid.slots(here.cells)
    flat[slots] = [_applied(*pair) for pair in zip(here.decisions, flat[slots].tolist(), strict=True)]
    return labels


def _applied(decision: Decision | None, given: int) -> int:
    verdict = decision.verdict.label if decision and decision.verdict else UNKNOWN
    return verdict if verdict in (PRESENT, ABSENT) else given
