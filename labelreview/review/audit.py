"""The random audit: which cells are asked by chance, and what was known when chance asked them.

PURE. The ranked queue answers what is suspicious, so its answers say nothing about the rest. The audit draws cells from
*all* cells still open: each draw takes an open cell with a chance in proportion to a size that is equal inside a
stratum (error probability × direction of the given label). The first draws take every open cell with the same chance:
few draws cannot pay for uneven ones. Whatever the queue did before, and however it learned, the
chance of every open cell at the moment of the draw is known, and estimates need nothing else.

A draw is *opened* when there is room in a window of `ahead` open draws, so its moment depends on the log alone. Cells
that have an answer are passed over without cost. An answer counts the same, whichever queue it came from. The same
seed, scores and marks in the same order give the same draws, on every machine and with every version of numpy.
"""

import hashlib
from collections.abc import Callable, Collection, Container, Iterable, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from labelreview.decisions import Decision, Direction
from labelreview.errors import NotFound
from labelreview.grid import Grid
from labelreview.review.standing import Standing
from labelreview.review.strata import BLOCK, OUTSIDE, Stratum, assigned, shuffled, totals, unit
from labelreview.tags import UNKNOWN, Dataset, Labels

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Unsure = Literal["missing", "right", "wrong"]

RIGHT, WRONG, UNSURE = 0, 1, 2
EVEN = 100


@dataclass(frozen=True)
class Answers:
    """Answered cells: flat positions ascending, and RIGHT, WRONG (the given label is) or UNSURE for each."""

    cells: Ints
    outcome: npt.NDArray[np.int8]


def answered(dataset: Dataset, settled: Standing, flags: Iterable[Decision]) -> Answers:
    """The settled cells with a known given label, and those put aside with a flag alone, which count as unsure.

    >>> from datetime import datetime
    >>> from labelreview.decisions import Decision, Verdict
    >>> from labelreview.review.standing import standing
    >>> from labelreview.tags import Names
    >>> data = Dataset(Names.of(["a"]), ("hat", "cat"), np.array([[1, 0]], np.int8), np.zeros((1, 2), np.float32))
    >>> no_hat = Decision("uid-0001", "a", "hat", "ann", datetime(2026, 1, 1), Verdict.ABSENT)
    >>> answered(data, standing({0: no_hat}, data.labels, "audit"), [])
    Answers(cells=array([0]), outcome=array([1], dtype=int8))
    """
    outcome = np.where(settled.certain, np.where(settled.wrong, WRONG, RIGHT), UNSURE).astype(np.int8)
    aside = set[int]()
    for flag in flags:
        with suppress(NotFound):
            aside.add(dataset.cell(flag.item, flag.tag))
    flagged = np.array(sorted(aside), np.int64)
    flagged = flagged[~np.isin(flagged, settled.cells, assume_unique=True)] if aside else flagged
    cells = np.concatenate([settled.cells, flagged])
    outcome = np.concatenate([outcome, np.full(len(flagged), UNSURE, np.int8)])
    order = np.argsort(cells)
    order = order[dataset.given(cells[order]) != UNKNOWN]
    return Answers(cells[order], outcome[order])


@dataclass(frozen=True)
class Evidence:
    """Usable answers in the order in which their cells left the pool that the audit draws from; (m,) each.

    `drawn`: by chance, from the cells of the pool at that moment; `even`: with the same chance for all of them, else in
    proportion to sizes.
    totals: (H, K) cells by stratum and tag; sizes: (H,).
    """

    cells: Ints
    strata: Ints
    wrong: Mask
    drawn: Mask
    even: Mask
    totals: Ints
    sizes: Floats
    absent: Mask
    unsure: int

    @property
    def population(self) -> int:
        return int(self.totals.sum())

    @property
    def found(self) -> int:
        return int(self.wrong.sum())


@dataclass(frozen=True)
class StratumSample:
    """What the audit found in one stratum: cells, answered by any queue, drawn by chance, and wrong among both."""

    stratum: Stratum
    answered: int
    found: int
    drawn: int
    drawn_wrong: int


class Audit:
    """The draws of one project. labels int8 and scores (label quality, low = likely wrong, NaN = outside) over the
    grid, which is (N, K) where None. Cells come and go as flat positions; inside they are slots.

    error_probability: the same, in [0, 1], the model's probability of an error (1 - scores where None).
    It decides how the draws are spread and never whether an estimate is right. seed: the project's uid and the version
    of the scores. `ahead`: draws that may be open at a time; more reviewers at once need more. One thread at a time.

    Raises InputError when the shapes differ or no cell is known.

    >>> labels = np.array([[1, 0], [0, 1], [0, -1]], np.int8)
    >>> audit = Audit(labels, np.full((3, 2), 0.9, np.float32), seed="uid/1", ahead=2)
    >>> audit.population, len(audit.next_cells(9))
    (5, 2)
    """

    def __init__(
        self,
        labels: Labels,
        scores: npt.NDArray[np.floating],
        error_probability: npt.NDArray[np.floating] | None = None,
        *,
        seed: str,
        ahead: int = 16,
        grid: Grid | None = None,
    ) -> None:
        self._ahead = ahead
        self._grid = grid or Grid(*labels.shape)
        self._seed = int.from_bytes(hashlib.blake2b(seed.encode(), digest_size=8).digest())
        self._stratum, self.strata = assigned(labels, scores, error_probability)
        self.sizes = np.array([stratum.size for stratum in self.strata])
        self.totals = totals(self._stratum, len(self.strata), self._grid)
        self._order = shuffled(self._stratum, len(self.strata), self._seed)
        self._ends = np.cumsum(self.totals.sum(axis=1)).tolist()
        self._begin()

    def afresh(self) -> "Audit":
        """The same audit before its first answer. What never changes (strata, order) is shared, so this costs little.

        >>> audit = Audit(np.zeros((50, 2), np.int8), np.full((50, 2), 0.9), seed="uid/1")
        >>> first = audit.next_cells(16)
        >>> audit.mark(first[0], True)
        >>> audit.afresh().next_cells(16) == first
        True
        """
        other = copy(self)
        other._begin()
        return other

    def _begin(self) -> None:
        """Nothing is drawn and nothing answered; then the first draws."""
        self._at = [0, *self._ends[:-1]]
        self._pool = self.totals.sum(axis=1).tolist()
        self._gone = np.zeros(len(self._stratum), bool)
        self._cells: list[int] = []
        self._drawn: list[bool] = []
        self._even = 0  # history up to here: draws with the same chance for all
        self._draws: dict[int, int] = {}  # drawn cells and which draw it was
        self._open: dict[int, None] = {}
        self._opened = 0
        self._fill()

    @property
    def population(self) -> int:
        """Cells with a known label and a score."""
        return int(self.totals.sum())

    def totals_by(self, codes: Ints) -> Ints:
        """Cells by stratum and group of items, (H, G). codes: (N,) from 0."""
        groups = int(codes.max(initial=0)) + 1
        return self.totals_of(
            lambda part: codes[self._grid.cells(np.arange(part.start, part.stop)) // self._grid.tags], groups
        )

    def totals_of(self, codes: Callable[[slice], Ints], groups: int) -> Ints:
        """Cells by stratum and group of cells, (H, G). codes: of a run of slots, the group of each, from 0."""
        totals = np.zeros(256 * groups, np.int64)
        for start in range(0, len(self._stratum), BLOCK):
            part = slice(start, min(start + BLOCK, len(self._stratum)))
            totals += np.bincount(self._stratum[part].astype(np.int64) * groups + codes(part), minlength=len(totals))
        return totals.reshape(256, groups)[: len(self.strata)]

    def mark(self, cell: int, answered: bool) -> None:
        """Say that a cell (flat position) has an answer (or a flag), or has none any more. In log order."""
        self.mark_all([(cell, answered)])

    def mark_all(self, marks: Sequence[tuple[int, bool]]) -> None:
        """`mark` of one after the other."""
        slots = self._grid.slots(np.array([cell for cell, _ in marks], np.int64))
        for (cell, answered), slot, stratum in zip(marks, slots.tolist(), self._stratum[slots].tolist(), strict=True):
            if stratum == OUTSIDE:
                continue
            if not answered:
                if cell in self._draws:
                    self._open[cell] = None
                continue
            if self._gone[slot]:
                self._open.pop(cell, None)
            else:
                self._leave(cell, slot, stratum, drawn=False)
            self._fill()

    def next_cells(self, how_many: int, skip: Container[int] = ()) -> list[int]:
        """Open draws in the order to be asked, without those in `skip` (leased to others)."""
        return [cell for cell in sorted(self._open, key=self._draws.__getitem__) if cell not in skip][:how_many]

    def late_cells(self, handed: Collection[int]) -> list[int]:
        """Of the draws that were handed out, those still open though a later one has its answer; oldest first."""
        answered = (self._draws[cell] for cell in handed if cell not in self._open)
        newest = max(answered, default=0)
        return [cell for cell in self.next_cells(self._ahead) if cell in handed and self._draws[cell] < newest]

    def evidence(self, answered: Answers, *, unsure: Unsure = "missing") -> Evidence:
        """What the answers say, ready for estimates.

        A draw counts when all draws before it are answered, so that what is slow to be answered biases nothing. unsure:
        "missing" leaves such cells in the pool as if they had not been asked (they are as often wrong as the rest of
        their stratum), "right" and "wrong" take all of them for that: the two ends of what they can be.
        """
        order = np.array(self._cells, np.int64)
        slots = self._grid.slots(answered.cells)
        late = answered.cells[~self._gone[slots] & (self._stratum[slots] != OUTSIDE)]
        drawn = np.concatenate([np.array(self._drawn, bool), np.zeros(len(late), bool)])
        cells = np.concatenate([order, late])
        even = np.arange(len(cells)) < self._even
        at = np.searchsorted(answered.cells, cells)
        here = at < len(answered.cells)
        here[here] = answered.cells[at[here]] == cells[here]
        outcome = np.full(len(cells), UNKNOWN, np.int8)
        outcome[here] = answered.outcome[at[here]]
        waiting = np.flatnonzero(drawn & ~here)
        if len(waiting):
            drawn[waiting[0] :] = False
        doubtful = outcome == UNSURE
        if unsure != "missing":
            outcome[doubtful] = WRONG if unsure == "wrong" else RIGHT
        kept = (outcome == RIGHT) | (outcome == WRONG)
        absent = np.array([stratum.direction is Direction.MISSING for stratum in self.strata])
        cells, wrong, drawn, even = cells[kept], outcome[kept] == WRONG, drawn[kept], even[kept]
        strata = self._stratum[self._grid.slots(cells)].astype(np.int64)
        return Evidence(cells, strata, wrong, drawn, even, self.totals, self.sizes, absent, int(doubtful.sum()))

    def sample(self, answered: Answers) -> list[StratumSample]:
        """The draws that count, by stratum."""
        seen = self.evidence(answered)
        columns = [
            np.bincount(seen.strata[mask], minlength=len(self.strata)).tolist()
            for mask in (np.ones(len(seen.cells), bool), seen.wrong, seen.drawn, seen.drawn & seen.wrong)
        ]
        return [StratumSample(*row) for row in zip(self.strata, *columns, strict=True)]

    def _leave(self, cell: int, slot: int, stratum: int, *, drawn: bool) -> None:
        """A cell, that of a slot, is in the pool no longer."""
        self._gone[slot] = True
        self._pool[stratum] -= 1
        self._cells.append(cell)
        self._drawn.append(drawn)

    def _fill(self) -> None:
        """Open draws until the window is full or the pool is empty."""
        while len(self._open) < self._ahead and len(self._cells) < self._ends[-1]:
            masses = [float(pool) for pool in self._pool]
            if len(self._draws) >= EVEN:
                masses = [pool * stratum.size for pool, stratum in zip(masses, self.strata, strict=True)]
            point = unit(self._seed, self._opened) * sum(masses)
            self._opened += 1
            stratum = 0
            while (point >= masses[stratum] or not self._pool[stratum]) and any(self._pool[stratum + 1 :]):
                point -= masses[stratum]
                stratum += 1
            slot = self._next_in(stratum)
            cell = int(self._grid.cells(np.array([slot]))[0])
            self._leave(cell, slot, stratum, drawn=True)
            self._draws[cell] = self._opened
            if len(self._draws) <= EVEN:
                self._even = len(self._cells)
            self._open[cell] = None

    def _next_in(self, stratum: int) -> int:
        at = self._at[stratum]
        while self._gone[self._order[at]]:
            at += 1
        self._at[stratum] = at + 1
        return int(self._order[at])
