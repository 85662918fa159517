"""A project's random audit: fed from the decision log, built when a queue or an estimate first needs it.

A share of the questions of the unfiltered queue is drawn by chance, since the ranked queue tells nothing about what it
did not ask. `review.audit` has the draws and the reasons.
"""

from collections import deque
from collections.abc import Callable, Collection, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from labelreview.desk.folder import Folder
from labelreview.review.audit import Answers, Audit, Evidence
from labelreview.review.verdicts import Cell
from labelreview.tags import Dataset, Probs

AUDIT, REVIEW = "audit", "review"  # a decision's `screen`: how its question was chosen; AUDIT also names an order
AUDIT_SHARE = 0.10
DRAWN_BY = "audit-scores"  # the array that a later version keeps where its audit is an earlier version's that goes on
SMALLEST = 1000  # cells; fewer are all answered before a sample of them says anything
AHEAD = 64  # open draws: two tabs with a full batch each
ALONE = 16  # of them for a tab that asks for nothing else: others get some too


class Auditing:
    """The audit and what it has been told. Not locked: its project is.

    `scores` are those of today; `drawn_by` those that the draws go by, where they began with other predictions.
    """

    def __init__(
        self, dataset: Dataset, scores: Callable[[], Probs], seed: str, drawn_by: Callable[[], Probs] | None = None
    ) -> None:
        self._dataset, self._scores, self._seed = dataset, scores, seed
        self._drawn_by = drawn_by or scores
        self._built: Audit | None = None
        self._waiting: list[tuple[int, bool]] = []

    def mark(self, cell: int, answered: bool) -> None:
        """Say that a cell has an answer or a flag, or has none any more. One by one, in the order of the log."""
        self._waiting.append((cell, answered))

    def due(self, number: int, kept: int, want: int, alone: bool = False) -> list[bool]:
        """Whether each of the next questions is the audit's: every tenth of the project's, counted through all batches.

        number: events in the log so far; kept: questions that the tab has already; alone: every one of them.
        """
        if self._dataset.grid.size < SMALLEST:
            return [False] * want
        every = 1 if alone else round(1 / AUDIT_SHARE)
        return [(number + kept + at) % every == every - 1 for at in range(max(want, 0))]

    def draws(self) -> list[int]:
        """Cells drawn by chance that have no answer yet, in the order to be asked."""
        return self.audit.next_cells(AHEAD)

    def late(self, handed: Collection[int]) -> list[int]:
        """Draws that somebody had and left open while later ones were answered: these wait, so late ones come first."""
        return self.audit.late_cells(handed) if handed else []

    def evidence(self, answered: Answers) -> Evidence:
        """What the answers say, ready for estimates. Raises InputError when no cell is known."""
        return self.audit.evidence(answered)

    def doubt(self, cells: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """The model's probability that the given label is wrong, by the recipe."""
        return 1.0 - np.asarray(np.ravel(self._scores())[self._dataset.grid.slots(cells)], float)

    @property
    def audit(self) -> Audit:
        """The audit, told everything so far."""
        if self._built is None:
            data = self._dataset
            self._built = Audit(data.judged, self._drawn_by(), seed=self._seed, ahead=AHEAD, grid=data.grid)
        if self._waiting:
            self._built.mark_all(self._waiting)
            self._waiting = []
        return self._built


def of_folder(folder: Folder, scores: Callable[[], Probs]) -> Auditing:
    """The random audit: this version's, or an earlier one's that goes on where cells and labels are the same."""
    card = folder.card
    goes_on = bool(card.audit) and folder.has(DRAWN_BY)
    seed = f"{card.uid}/{card.audit if goes_on else card.version}"
    return Auditing(folder.dataset, scores, seed, partial(folder.kept, DRAWN_BY, scores) if goes_on else None)


def woven(due: Sequence[bool], ranked: Sequence[Cell], drawn: Sequence[Cell]) -> list[Cell]:
    """One batch of both, a drawn cell where one is due. Where the ranked cells do not fill the batch the queue ends,
    and no draw comes after the last of them.

    >>> woven([False, True, False, True], [("a", "hat"), ("b", "hat")], [("c", "hat"), ("d", "hat")])
    [('a', 'hat'), ('c', 'hat'), ('b', 'hat'), ('d', 'hat')]
    """
    ranks, chances, batch = deque(ranked), deque(drawn), list[Cell]()
    ended = len(ranked) + len(drawn) < len(due)
    for audits in due:
        if not ranks and (ended or not chances):
            break
        batch.append(chances.popleft() if chances and (audits or not ranks) else ranks.popleft())
    return batch
