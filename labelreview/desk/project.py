"""A project: opened data and its decision log. Every door (pages, routes, command line, notebooks) comes in here."""

import threading
from collections.abc import Callable, Container, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property, partial
from itertools import repeat

import numpy as np
import numpy.typing as npt

from labelreview import images, scoring
from labelreview.decisions import Decision, Suspect
from labelreview.desk import folder, pictures, twins
from labelreview.desk.asking import Asking, Parts
from labelreview.desk.auditing import AUDIT, REVIEW, of_folder
from labelreview.desk.columns import Columns
from labelreview.desk.examples import Beside, Examples
from labelreview.desk.meeting import Meeting
from labelreview.desk.orders import EVERY, LEARNED, Orders
from labelreview.desk.people import People
from labelreview.desk.questions import Batch, Question, other_tags
from labelreview.desk.saved import Saved
from labelreview.desk.team import Team
from labelreview.errors import NotFound
from labelreview.review import consistency
from labelreview.review.audit import Answers, Audit, Evidence, answered
from labelreview.review.consensus import NEWEST, Change, changes
from labelreview.review.standing import Standing, standing, updated
from labelreview.review.verdicts import Cell, Verdicts, fold
from labelreview.review.worklist import Cells, Filters, Worklist, answer_of
from labelreview.rulings import Target
from labelreview.settings import Settings
from labelreview.store import DecisionLog, Head, Verification
from labelreview.tags import Probs


class Project:
    """One project, opened. Safe to share between threads; `close` gives the database connections back."""

    def __init__(self, settings: Settings, opened: folder.Folder) -> None:
        self.folder, self.card, self.dataset = opened, opened.card, opened.dataset
        self.orders, self._settings = Orders(opened), settings
        self._lock = threading.RLock()
        self._log = DecisionLog.open(settings.database_url)
        self.meeting = Meeting(self._log.rulings, self.card.uid, self.dataset.tags)
        self.people = People(self._log.people, self.card.uid, settings)
        self.team = Team(self._log.sharing, self.card.uid, self.dataset)
        self._verdicts, self._events = Verdicts(), 0
        self.saved = Saved(opened.path, self.dataset.ids)
        self.columns, quality = Columns(opened.path, self.dataset.ids), partial(self.orders.scores, "recipe")
        narrowing = quality, self.saved.rows, self.columns.rows
        self._worklist = Worklist(self.dataset, self.orders.cells, lambda: self.issues, *narrowing)
        self._audit = of_folder(opened, quality)
        parts = Parts(self._verdicts, self._worklist, self.orders, self._audit, self.team, self.meeting)
        self.asking = Asking(self._log, self.card.uid, self.dataset, parts, self._catch_up, self._lock)
        self.examples = Examples(opened, lambda: self.pictures, lambda: self._closed)
        self._learner = ThreadPoolExecutor(1, "labelreview-learner")
        self._following: Future[Verdicts] | None = None
        self._settled: dict[int, Decision] = {}  # by flat position
        self._standing = standing({}, self.dataset.labels, AUDIT, self.dataset.grid)
        self._touched = set[int]()  # cells that `_standing` has not followed yet
        self._closed, self._looked_for_twins = False, False

    @classmethod
    def open(cls, settings: Settings, name: str) -> "Project":
        """Open a project by name; NotFound names those that there are."""
        return cls(settings, folder.read(settings.projects, name))

    def close(self) -> None:
        self._closed = True
        self._learner.shutdown()
        self._log.close()

    def retire(self) -> None:
        """The project has another version: end what runs in the background; what was begun with this one can end."""
        self._closed = True

    def __enter__(self) -> "Project":
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    @cached_property
    def issues(self) -> npt.NDArray[np.bool_]:
        """The cells that confident learning holds for label errors, over the grid."""
        data = self.dataset
        return self.folder.kept(
            "issues", lambda: scoring.find_label_issues(data.judged, data.pred_probs, grid=data.grid)
        )

    @property
    def target(self) -> Target:
        """How many labels may be wrong, as the people of this project have set it."""
        return self.meeting.standing().target

    @property
    def models(self) -> Mapping[str, Probs]:
        """Each model's probabilities by its name, (N, K) float32, NaN where it did not score the cell."""
        return self.folder.models

    def prepare(self, progress: Callable[[str, float], None] = lambda step, share: None) -> None:
        """Compute now what the first visitor would wait for."""
        self.orders.prepare(partial(progress, "Scoring"))
        progress("Scoring", 0.8)
        _ = self.issues
        progress("Scored", 1.0)

    def verdicts(self) -> Verdicts:
        """What holds now, caught up with the log (other processes' answers included)."""
        with self._lock:
            events = self.log(after=self._verdicts.seq)
            # The order learns from the first 25, 50, 75 ... events of the log, never from a number between them.
            until_lesson = (self._events + len(events)) // EVERY * EVERY - self._events
            if until_lesson > 0:
                self._take(events[:until_lesson])
                self._learner.submit(self._learn, self._events, *self._worklist.outcomes())
                events = events[until_lesson:]
            self._take(events)
            return self._verdicts

    def _catch_up(self) -> int:
        self.verdicts()
        return self._events

    def follow(self) -> None:
        """Catch up with the log soon, so that the order learns: in the background, so that nobody waits behind a queue.

        One that has not begun yet will see what is in the log by now; one that is running may not.
        """
        if self._following is None or self._following.running() or self._following.done():
            self._following = self._learner.submit(self.verdicts)

    def _take(self, events: Sequence[Decision]) -> None:
        self._events += len(events)
        touched, several = dict[int, Decision | None](), self.team.sharing.answers > 1
        for place, cell, holds, done in fold(self._verdicts, self.dataset, events):
            touched[place] = holds
            self._audit.mark(place, done)
            if several:
                self.team.mark(place, self._verdicts.about(*cell))
        self._touched |= touched.keys()
        self._settled |= {place: holds for place, holds in touched.items() if holds}
        for place in (place for place, holds in touched.items() if not holds):
            self._settled.pop(place, None)
        given = self.dataset.given(np.fromiter(touched, np.int64, len(touched))).tolist()
        answers = map(answer_of, touched.values(), given)
        self._worklist.mark(dict(zip(touched, answers, strict=True)))

    def _learn(self, events: int, cells: npt.NDArray[np.int64], wrong: npt.NDArray[np.bool_]) -> None:
        correction = self.orders.learn(cells, wrong)
        with self._lock:
            if events > self.orders.revision:
                self.orders.adopt(correction, events)

    def log(self, *, after: int = 0) -> list[Decision]:
        """The events of this project in the order they were stored."""
        return self._log.read(self.card.uid, after=after)

    def search(self, *, item: str = "", tag: str = "", reviewer: str = "", limit: int | None = None) -> list[Decision]:
        """The events about items whose id contains a text, about a tag, of a reviewer; newest first."""
        return self._log.search(self.card.uid, item=item, tag=tag, reviewer=reviewer, limit=limit)

    def verify(self, *, through: Head | None = None) -> Verification:
        """Whether the log is whole and as it was stored; `through` is a head of it that was noted earlier."""
        return self._log.verify(self.card.uid, through=through)

    def changes(self, rule: str = NEWEST) -> list[Change]:
        """The cells whose label the answers change, by a rule of `review.consensus` and the known answers."""
        verdicts = self.verdicts()
        with self._lock:
            self.team.catch_up(verdicts)
            return changes(self.dataset, verdicts, rule, self.team.known)

    def check(self, decisions: Sequence[Decision]) -> None:
        """NotFound where one is about a cell that neither this version of the data nor an earlier one has."""
        for decision in decisions:
            try:
                self.dataset.cell(decision.item, decision.tag)
            except NotFound:
                if not self.folder.had(decision.item, decision.tag):
                    raise

    def record(self, decisions: Sequence[Decision]) -> list[str]:
        """Store decisions; gives the uids that are durably in the log when it returns."""
        return self._log.append(self.card.uid, decisions) if decisions else []

    def queue(self, reviewer: str, holder: str, filters: Filters, want: int, keep: Sequence[Cell] = ()) -> Batch:
        """The next `want` questions for a reviewer, leased to their tab (`holder`): see `Asking.batch`."""
        self.look_for_twins()
        with self._lock:
            found = self.asking.batch(reviewer, holder, filters, want, keep)
            order = LEARNED if filters.order == AUDIT else filters.order
            return Batch(self.questions(found.cells, order, found.drawn), found.progress, self.orders.revision)

    def look_for_twins(self) -> None:
        """With the first queue, since nobody else needs them: find look-alikes in the background, to spread them."""
        with self._lock:
            if not self._looked_for_twins:
                self._looked_for_twins = True
                self._learner.submit(self._find_twins)

    def _find_twins(self) -> None:
        self._worklist.twins = twins.groups(self.folder, lambda: self.pictures, lambda: self._closed)

    def standing(self) -> Standing:
        """The settled cells as columns, in the order of their verdicts."""
        with self._lock:
            self.verdicts()
            if touched := self._touched:
                data, self._touched = self.dataset, set()
                self._standing = updated(self._standing, self._settled, touched, data.labels, AUDIT, data.grid)
            return self._standing

    def answers(self) -> Answers:
        """The answered cells with a known given label, and what the answers say of it."""
        with self._lock:
            return answered(self.dataset, self.standing(), self.verdicts().flags)

    def evidence(self) -> Evidence:
        """The random audit's draws and all answers, ready for `review.estimates`; InputError without a known cell."""
        with self._lock:
            return self._audit.evidence(self.answers())

    @property
    def audit(self) -> Audit:
        """The random audit, told all answers: read it, and never mark it."""
        with self._lock:
            self.verdicts()
            return self._audit.audit

    def doubt(self, cells: Cells) -> npt.NDArray[np.float64]:
        """The model's probability that the given label of some cells (flat positions) is wrong."""
        with self._lock:
            return self._audit.doubt(cells)

    def questions(
        self, cells: Sequence[Cell], order: str = LEARNED, drawn: Container[Cell] = ()
    ) -> tuple[Question, ...]:
        """Cells as they are shown, those in `drawn` as the audit's; NotFound when there is no such item or tag."""
        places = np.array([self.dataset.cell(*cell) for cell in cells], np.int64)
        with self._lock:
            scores, reasons = self.orders.score(order, places), self.orders.reasons(places)
        if order != LEARNED:
            reasons = [replace(reason, moved=0.0) for reason in reasons]  # nothing moves in a fixed order
        screens = [AUDIT if cell in drawn else REVIEW for cell in cells]
        held = self.meeting.standing()
        texts = [held.definition(tag) for _, tag in cells]
        ruled = [consistency.around(self.dataset, self._verdicts, held.rules, *cell) for cell in cells]
        numbers = (self.dataset.given(places).tolist(), self.dataset.scored(places).tolist(), scores.tolist())
        asked = [Suspect(*cell, *each) for cell, *each in zip(cells, *numbers, strict=True)]
        others = [other_tags(self.dataset, self._verdicts, at, self._worklist.answered) for at in places.tolist()]
        why = [reason if one.score == one.score else None for one, reason in zip(asked, reasons, strict=True)]
        return tuple(map(Question, asked, others, why, screens, texts, repeat(()), ruled))

    def question(self, item: str, tag: str) -> Question:
        """One cell as it is shown; NotFound when there is no such item or tag."""
        return self.questions([(item, tag)])[0]

    def beside(self, item: str, tag: str) -> Beside:
        """What is known around a cell: look-alikes, confirmed examples. NotFound when there is no such item or tag."""
        near = self.examples.near(item)  # without the lock: among many items this takes milliseconds
        pins = {each: int(pin.value["label"]) for each, pin in self.meeting.standing().pins.get(tag, {}).items()}
        with self._lock:
            return self.examples.beside(item, tag, self.verdicts(), pins, near)

    @cached_property
    def pictures(self) -> images.Source:
        """Where the pictures are; InputError or Refused where there is no such place any more."""
        return pictures.source(self._settings, self.card.images)

    def image_name(self, item: str) -> str:
        """The name of an item's picture in `pictures`; '' where none was found; NotFound when there is no such item."""
        return self.folder.images[self.dataset.ids.position(item)]

    def text(self, item: str) -> str | None:
        """The text of an item that is a document, or None; NotFound when there is no such item."""
        at = self.dataset.ids.position(item)
        return (self.folder.texts[at] or None) if self.folder.texts else None
