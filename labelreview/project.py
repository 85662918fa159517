"""A project: opened data and its decision log. Every door (pages, routes, command line, notebooks) comes in here."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt

from labelreview import folder, scoring
from labelreview.decisions import Decision, Suspect
from labelreview.errors import NotFound
from labelreview.review.verdicts import Verdicts
from labelreview.review.worklist import Filters, Progress, Worklist
from labelreview.settings import Settings
from labelreview.store import DecisionLog
from labelreview.tags import PRESENT, Probs

SCORER = "self_confidence"
LEASE_SECONDS = 120.0


@dataclass(frozen=True)
class OtherTag:
    """Another tag of the item in question: as given, and as it stands after the answers so far."""

    tag: str
    given: int
    now: int


@dataclass(frozen=True)
class Question:
    """A suspect with what is shown around it."""

    suspect: Suspect
    others: tuple[OtherTag, ...]


@dataclass(frozen=True)
class Batch:
    """The next questions for one reviewer, leased to their tab, and how far the filter is answered."""

    questions: tuple[Question, ...]
    progress: Progress


class Project:
    """One project, opened. Safe to share between threads; `close` gives the database connections back."""

    def __init__(self, settings: Settings, opened: folder.Folder) -> None:
        self.folder, self.card, self.dataset = opened, opened.card, opened.dataset
        self._lock = threading.RLock()
        self._log = DecisionLog.open(settings.database_url)
        self._verdicts = Verdicts()

    @classmethod
    def open(cls, settings: Settings, name: str) -> "Project":
        """Open a project by name; NotFound names those that there are."""
        return cls(settings, folder.read(settings.projects, name))

    def close(self) -> None:
        self._log.close()

    def __enter__(self) -> "Project":
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    @cached_property
    def scores(self) -> Probs:
        """Label quality of every cell (N, K), low = likely wrong, NaN where unknown."""
        labels, pred_probs = self.dataset.labels, self.dataset.pred_probs
        return self.folder.kept(
            f"scores-{SCORER}", lambda: np.asarray(scoring.cell_scores(labels, pred_probs, scorer=SCORER), np.float32)
        )

    @cached_property
    def issues(self) -> npt.NDArray[np.bool_]:
        """The cells that confident learning holds for label errors, (N, K)."""
        labels, pred_probs = self.dataset.labels, self.dataset.pred_probs
        return self.folder.kept("issues", lambda: scoring.find_label_issues(labels, pred_probs))

    @cached_property
    def _worklist(self) -> Worklist:
        return Worklist(self.dataset, self.scores)

    def verdicts(self) -> Verdicts:
        """What holds now, caught up with the log (other processes' answers included)."""
        with self._lock:
            for item, tag in self._verdicts.add(self.log(after=self._verdicts.seq)):
                try:
                    cell = self.dataset.cell(item, tag)
                except NotFound:
                    continue  # about an item or tag that this data does not have: kept, and ignored
                self._worklist.mark(cell, (item, tag) in self._verdicts.settled)
            return self._verdicts

    def log(self, *, after: int = 0) -> list[Decision]:
        """The events of this project in the order they were stored."""
        return self._log.read(self.card.uid, after=after)

    def record(self, decisions: Sequence[Decision]) -> list[str]:
        """Store decisions; gives the uids that are durably in the log when it returns."""
        return self._log.append(self.card.uid, decisions) if decisions else []

    def queue(self, reviewer: str, holder: str, filters: Filters, want: int) -> Batch:
        """The next `want` questions for a reviewer, worst first, leased to their tab (`holder`) for two minutes."""
        with self._lock:
            flagged = self.verdicts().flagged_by(reviewer)
            open_cells = map(self.dataset.at, chain.from_iterable(self._worklist.open_cells(filters)))
            unflagged = (cell for cell in open_cells if cell not in flagged)
            granted = self._log.lease(self.card.uid, unflagged, holder=holder, want=want, seconds=LEASE_SECONDS)
            return Batch(tuple(self.question(*cell) for cell in granted), self._worklist.progress(filters))

    def release(self, holder: str) -> None:
        """Give a tab's leases back, so that others are asked those cells at once."""
        self._log.release(self.card.uid, holder)

    def progress(self, filters: Filters) -> Progress:
        """How far the cells under a filter are answered."""
        with self._lock:
            self.verdicts()
            return self._worklist.progress(filters)

    def question(self, item: str, tag: str) -> Question:
        """A cell as it is shown; NotFound when there is no such item or tag."""
        row, column = divmod(self.dataset.cell(item, tag), len(self.dataset.tags))
        given, pred_prob = self.dataset.labels[row], self.dataset.pred_probs[row, column]
        suspect = Suspect(item, tag, int(given[column]), float(pred_prob), float(self.scores[row, column]))
        others = []
        for at, other in enumerate(self.dataset.tags):
            now = self._verdicts.label(item, other, int(given[at]))
            if at != column and PRESENT in (int(given[at]), now):
                others.append(OtherTag(other, int(given[at]), now))
        return Question(suspect, tuple(others))

    def image_path(self, item: str) -> Path | None:
        """The picture of an item, or None where none was found; NotFound when there is no such item."""
        relative = self.folder.images[self.dataset.ids.position(item)]
        return Path(self.card.images) / relative if relative else None
