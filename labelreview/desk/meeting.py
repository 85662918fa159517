"""A project's meeting: the rulings on its tags, what holds of them, and the next one, checked before it is stored."""

import threading
from collections.abc import Sequence

from labelreview.review.tagplan import Standing, holds_already, refuse, standing
from labelreview.rulings import Ruling
from labelreview.store import RulingLog


class Meeting:
    """The rulings of one project. Safe to share between threads; other processes' rulings are seen at the next look."""

    def __init__(self, log: RulingLog, project: str, tags: Sequence[str]) -> None:
        self._log, self._project, self._tags = log, project, tags
        self._lock = threading.Lock()
        self._held = standing(tags, ())

    def standing(self) -> Standing:
        """What holds now. Not to be changed."""
        with self._lock:
            history = self._held.history
            new = self._log.read(self._project, after=history[-1].seq if history else 0)
            if new:
                self._held = standing(self._tags, [*history, *new])
            return self._held

    def record(self, *rulings: Ruling) -> Standing:
        """Store rulings, all or none; InputError when one cannot apply or breaks another. Gives what holds then.

        The target that is set already is no decision, and is left out."""
        held = self.standing()
        new = [ruling for ruling in rulings if not holds_already(held, ruling)]
        if new:
            self._log.append(self._project, new, lambda events: refuse(self._tags, events))
        return self.standing()

    def allow(self, ruling: Ruling) -> Standing:
        """InputError when a ruling could not be stored now; else what holds before it."""
        held = self.standing()
        refuse(self._tags, [*held.history, ruling])
        return held
