"""Who may do what in a project: roles, actions, the matrix of the two, and the events that give roles to people.

An `Appointment` is an event of an append-only log: somebody gave a person a role, or disabled them (`role` is None). A
person's newest appointment holds. A person is a name, or an e-mail address, which is compared in small letters.
"""

import unicodedata
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from labelreview.errors import InputError

LONGEST_NAME = 200


class Role(StrEnum):
    """What somebody is in a project."""

    REVIEWER = "reviewer"
    ADJUDICATOR = "adjudicator"
    OWNER = "owner"


class Action(StrEnum):
    """What can be done in a project. Its pages and routes each name one."""

    LOOK = "look"
    ANSWER = "answer"
    ADJUDICATE = "adjudicate"
    DECIDE = "decide"
    EXPORT = "export"
    MEASURE = "measure"
    AUDIT = "audit"
    UPDATE = "update"
    APPOINT = "appoint"


MEANING: Mapping[Action, str] = {
    Action.LOOK: "see overview, questions, pictures and estimates",
    Action.ANSWER: "answer, flag and skip questions, take own answers back, propose tags",
    Action.ADJUDICATE: "see disputes and settle them",
    Action.DECIDE: "decide about tags, rules and the target",
    Action.EXPORT: "take corrected labels, changes and the report away",
    Action.MEASURE: "see how good each person is, and how far they agree",
    Action.AUDIT: "see the log of decisions and take it away",
    Action.UPDATE: "give the project new labels, predictions, pictures and items",
    Action.APPOINT: "invite, give roles, disable, see last activity",
}
MAY: Mapping[Role, frozenset[Action]] = {
    Role.REVIEWER: frozenset({Action.LOOK, Action.ANSWER}),
    Role.ADJUDICATOR: frozenset({Action.LOOK, Action.ANSWER, Action.ADJUDICATE, Action.DECIDE, Action.EXPORT}),
    Role.OWNER: frozenset(Action),
}


@dataclass(frozen=True)
class Appointment:
    """One event: who gave whom which role, when. `seq` and `recorded_at` are the log's (0 and None before)."""

    uid: str
    person: str
    role: Role | None
    by: str
    at: datetime
    seq: int = 0
    recorded_at: datetime | None = None


def appointment(by: str, person: str, role: Role | None) -> Appointment:
    """A new event.

    >>> appointment("Ada", " Ben@Example.org ", Role.REVIEWER).person
    'ben@example.org'
    """
    if not as_person(by):
        raise InputError("Say who gives this role: the name is empty.")
    if not as_person(person):
        raise InputError("Say who gets this role: the name or e-mail address is empty.")
    return Appointment(uuid.uuid4().hex, as_person(person), role, as_person(by), datetime.now(UTC))


def as_person(text: str) -> str:
    """Text as a person's name: one line, nothing invisible, an e-mail address in small letters; '' where none is left.

    >>> as_person("  Ada\\tLovelace "), as_person("ADA@Example.ORG")
    ('Ada Lovelace', 'ada@example.org')
    """
    shown = "".join(sign if sign.isprintable() else " " for sign in unicodedata.normalize("NFC", text))
    name = " ".join(shown.split())[:LONGEST_NAME]
    return name.casefold() if "@" in name else name


def members(events: Iterable[Appointment]) -> dict[str, Appointment]:
    """Each person's newest appointment, in the order in which people came first."""
    found: dict[str, Appointment] = {}
    for event in events:
        found[event.person] = event
    return found


def refuse_ownerless(events: Iterable[Appointment]) -> None:
    """InputError where nobody would be owner after these events: nobody could let anybody in again."""
    if not any(event.role is Role.OWNER for event in members(events).values()):
        raise InputError("The project would be without an owner. Make somebody an owner first.")
