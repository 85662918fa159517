"""A project's people: who may do what in it, who gave them their role, when they were last active."""

import threading
from collections.abc import Iterable, Mapping
from datetime import datetime

from labelreview.errors import Refused
from labelreview.roles import MAY, Action, Appointment, Role, appointment, as_person, members, refuse_ownerless
from labelreview.settings import Settings, SignIn
from labelreview.store import PeopleLog


class NotAllowed(Refused):
    """The person is known, and their role does not reach that far; the message says whom to ask."""


class People:
    """The people of one project. Safe to share between threads; other processes' appointments are seen at once.

    Where names need no password (sign-in *local*) and nobody is appointed, everybody is owner: one person alone is not
    bothered. The owners that the settings name are owners of every project.
    """

    def __init__(self, log: PeopleLog, project: str, settings: Settings) -> None:
        self._log, self._project = log, project
        self._owners = frozenset(map(as_person, settings.owners))
        self._open = settings.sign_in is SignIn.LOCAL
        self._lock = threading.Lock()
        self._events: list[Appointment] = []

    def history(self) -> list[Appointment]:
        """All appointments, in their order."""
        known = self._events
        fresh = self._log.read(self._project, after=known[-1].seq if known else 0)  # nobody waits for who reads
        if fresh:
            with self._lock:
                seen = self._events[-1].seq if self._events else 0
                self._events = [*self._events, *(event for event in fresh if event.seq > seen)]
        return list(self._events)

    def members(self) -> dict[str, Appointment]:
        """Each appointed person's newest appointment; `role` is None where they are disabled."""
        return members(self.history())

    def role(self, person: str) -> Role | None:
        """What a person is in this project; None where they are not in it."""
        person = as_person(person)
        if person in self._owners:
            return Role.OWNER
        if not (found := self.members()):
            return Role.OWNER if self._open else None
        return found[person].role if person in found else None

    def actions(self, person: str) -> frozenset[Action]:
        """What a person may do in this project, now."""
        role = self.role(person)
        return MAY[role] if role else frozenset()

    def check(self, person: str, action: Action) -> frozenset[Action]:
        """All that the person may do; NotAllowed unless that is among it."""
        role = self.role(person)
        if role and action in MAY[role]:
            return MAY[role]
        owners = self._some_owners()
        ask = f"Ask an owner: {owners}." if owners else "Nobody is owner yet: labelreview people."
        told = {"person": person, "owners": owners, "role": role}
        if not role:
            why = f"{person} is not among the people of this project. {ask}"
            raise NotAllowed(why, key="outside" if owners else "", **told)
        needed = [each for each in Role if action in MAY[each]]
        why = f"This needs the role {' or '.join(needed)}; {person} is {role} here. {ask}"
        raise NotAllowed(why, key="role" if owners else "", needed=needed, **told)

    def appoint(self, *events: Appointment) -> None:
        """Store appointments, all or none. NotAllowed unless who appoints may; InputError without an owner left."""
        by = {event.by for event in events}
        first = not self.members() and self._open
        for name in by:
            self.check(name, Action.APPOINT)
        self._store((*self._kept_in(events), *events) if first else events)

    def _kept_in(self, events: Iterable[Appointment]) -> list[Appointment]:
        """What the first appointments bring along: who gives them is owner, and who has answered so far is reviewer."""
        by, named = {event.by for event in events}, {event.person for event in events}
        owners = [] if self._owners else [appointment(name, name, Role.OWNER) for name in sorted(by - named)]
        others = {as_person(name) for name in self.last_activity()} - by - named - self._owners
        return [*owners, *(appointment(min(by), name, Role.REVIEWER) for name in sorted(others))]

    def record(self, *events: Appointment) -> None:
        """The same for whoever has the machine: the command line."""
        self._store(events)

    def _store(self, events: Iterable[Appointment]) -> None:
        def check(all_events: Iterable[Appointment]) -> None:
            if not self._owners:
                refuse_ownerless(all_events)

        if events := list(events):
            self._log.append(self._project, events, check)

    def last_activity(self) -> Mapping[str, tuple[int, datetime]]:
        """How many events each reviewer has in the log, and when the newest was stored."""
        return self._log.last_activity(self._project)

    def end(self, sign_in: str) -> None:
        """End a sign-in: what was signed for it holds no more, on no server."""
        self._log.end(sign_in)

    def has_ended(self, sign_in: str) -> bool:
        """Whether a sign-in was ended."""
        return self._log.has_ended(sign_in)

    def rows(self) -> list[dict[str, object]]:
        """The people as rows of a table: those appointed, and those who only answered."""
        active, found = self.last_activity(), self.members()
        names = [*found, *(name for name in sorted(active) if name not in found)]
        return [_row(name, found.get(name), *active.get(name, (0, None))) for name in names]

    def _some_owners(self) -> str:
        owners = [name for name, event in self.members().items() if event.role is Role.OWNER] or sorted(self._owners)
        return ", ".join(owners[:3])


def _row(name: str, event: Appointment | None, answers: int, last: datetime | None) -> dict[str, object]:
    return {
        "Person": name,
        "Role": event.role.value if event and event.role else "disabled" if event else "",
        "Since": event.recorded_at if event else None,
        "By": event.by if event else "",
        "Events": answers,
        "Last active": last,
    }
