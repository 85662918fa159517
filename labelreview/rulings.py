"""What a triage meeting decides about tags, and who takes care of which: rulings, the events of its append-only log.

A `Ruling` never touches labels: it holds from the moment it is agreed, and is applied when labels are exported. The
kinds: *merge* (several tags become one), *rename*, *drop*, *define* (the guideline of a tag, Markdown), *assign* (a tag
to a person, with a state and a note), *relate* (what one tag of the data says about another), *propose*
(a tag that the data lacks, seen on an item), *pin* (an item as an example or counter-example of a tag), *target* (how
many labels may be wrong, how sure to be), *undo* (takes back the ruling that `undoes` names). Each names the tags as
they are called after the rulings before it. Made by the functions below, which refuse what can never hold; what depends
on the other rulings is refused by `review.tagplan`.
"""

import unicodedata
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from labelreview.errors import InputError

LONGEST = {"name": 200, "person": 200, "note": 4000, "definition": 20_000, "reason": 4000}


class Kind(StrEnum):
    """What a ruling does."""

    MERGE = "merge"
    RENAME = "rename"
    DROP = "drop"
    DEFINE = "define"
    ASSIGN = "assign"
    RELATE = "relate"
    PROPOSE = "propose"
    PIN = "pin"
    TARGET = "target"
    UNDO = "undo"


class Rule(StrEnum):
    """What a merged cell is where the tags disagree."""

    ANY = "any"
    ALL = "all"
    FIRST = "first"
    UNKNOWN = "unknown"


class Relation(StrEnum):
    """What a tag says about another: an item that has the first has the second too, or no item has both."""

    IMPLIES = "implies"
    EXCLUDES = "excludes"


class State(StrEnum):
    """How far the person whom a tag is assigned to has come."""

    OPEN = "open"
    AGREED = "agreed"
    DONE = "done"


@dataclass(frozen=True)
class Ruling:
    """One event: which tags (in the order named), what about them, who said so, when and why.

    `value` holds what its kind needs: `to` (merge, rename), `rule` (merge), `text` (define), `person`, `state`, `note`
    (assign), `relation` (relate), `name`, `item` (propose), `item`, `label` (pin), `max_error_rate`, `confidence`
    (target). `seq` and `recorded_at` are the log's (0 and None before).
    """

    uid: str
    kind: Kind
    by: str
    at: datetime
    tags: tuple[str, ...] = ()
    value: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""
    undoes: str = ""
    seq: int = 0
    recorded_at: datetime | None = None


@dataclass(frozen=True)
class Target:
    """The share of labels that may be wrong, and how sure to be."""

    max_error_rate: float = 0.01
    confidence: float = 0.95


@dataclass(frozen=True)
class Assignment:
    """Who takes care of a tag, how far they are, and what they were told."""

    person: str
    state: State = State.OPEN
    note: str = ""


def merge(by: str, tags: Sequence[str], to: str, rule: str = Rule.ANY, why: str = "") -> Ruling:
    """Several tags become one, named `to`: one of them, or a new name.

    >>> merge("Ada", ["cap", "hat"], "hat").value
    {'to': 'hat', 'rule': 'any'}
    """
    if len(set(tags)) < 2 or len(set(tags)) != len(tags):
        raise InputError(f"A merge needs at least two different tags, not {', '.join(tags) or 'none'}.")
    if rule not in tuple(Rule):
        raise InputError(f"There is no rule '{rule}' for cells that disagree. Use one of {', '.join(Rule)}.")
    return _new(Kind.MERGE, by, tags, {"to": _name(to), "rule": str(rule)}, why)


def rename(by: str, tag: str, to: str, why: str = "") -> Ruling:
    """A tag gets another name."""
    return _new(Kind.RENAME, by, [tag], {"to": _name(to)}, why)


def drop(by: str, tag: str, why: str = "") -> Ruling:
    """A tag is left out of exports, and not asked any more."""
    return _new(Kind.DROP, by, [tag], {}, why)


def define(by: str, tag: str, text: str, why: str = "") -> Ruling:
    """What a tag means, in Markdown; an empty text takes the definition away."""
    return _new(Kind.DEFINE, by, [tag], {"text": _text("definition", text)}, why)


def assign(by: str, tag: str, person: str, state: str = State.OPEN, note: str = "") -> Ruling:
    """Somebody takes care of a tag; an empty name gives it back."""
    if state not in tuple(State):
        raise InputError(f"There is no state '{state}'. Use one of {', '.join(State)}.")
    value = {"person": _line("person", person), "state": str(state), "note": _text("note", note)}
    return _new(Kind.ASSIGN, by, [tag], value, "")


def relate(by: str, first: str, relation: str, second: str, why: str = "") -> Ruling:
    """Every item with the first tag has the second too (implies), or no item has both (excludes)."""
    if relation not in tuple(Relation):
        raise InputError(f"There is no relation '{relation}'. Use one of {', '.join(Relation)}.")
    return _new(Kind.RELATE, by, [first, second], {"relation": str(relation)}, why)


def propose(by: str, name: str, item: str) -> Ruling:
    """A tag that the data lacks, seen on an item. It is collected for the data team, and added to nothing."""
    return _new(Kind.PROPOSE, by, [], {"name": _name(name), "item": item}, "")


def pin(by: str, tag: str, item: str, label: int, why: str = "") -> Ruling:
    """An item that shows what a tag means (label 1), or what it does not mean (0). Taken back by `undo`."""
    if label not in (0, 1):
        raise InputError(f"An example has the label 1 and a counter-example 0, not {label}.")
    return _new(Kind.PIN, by, [tag], {"item": item, "label": label}, why)


def target(by: str, max_error_rate: float, confidence: float, why: str = "") -> Ruling:
    """How many labels may be wrong, as a share, and how sure to be.

    >>> target("Ada", 1.5, 0.95)
    Traceback (most recent call last):
    labelreview.errors.InputError: The target is a share from 0 to 1, such as 0.01 for 1 %, not 1.5.
    """
    if not 0 <= max_error_rate < 1:
        raise InputError(f"The target is a share from 0 to 1, such as 0.01 for 1 %, not {max_error_rate:g}.")
    if not 0 < confidence < 1:
        raise InputError(f"The confidence is a share between 0 and 1, such as 0.95, not {confidence:g}.")
    return _new(Kind.TARGET, by, [], {"max_error_rate": max_error_rate, "confidence": confidence}, why)


def undo(by: str, ruling: Ruling, why: str = "") -> Ruling:
    """Take a ruling back; what held before it holds again."""
    if ruling.kind is Kind.UNDO:
        raise InputError("What was taken back is not brought back by another undo. Decide it anew.")
    return _new(Kind.UNDO, by, ruling.tags, {}, why, undoes=ruling.uid)


def _new(kind: Kind, by: str, tags: Sequence[str], value: Mapping[str, Any], why: str, undoes: str = "") -> Ruling:
    by = _line("person", by)
    if not by:
        raise InputError("Say who decides this: the name is empty.")
    return Ruling(uuid.uuid4().hex, kind, by, datetime.now(UTC), tuple(tags), value, _text("reason", why), undoes)


def _name(text: str) -> str:
    name = _line("name", text)
    if not name:
        raise InputError("The new name is empty. Give the tag a name.")
    return name


def _line(noun: str, text: str) -> str:
    text = _text(noun, text).strip()
    if any(unicodedata.category(sign) in ("Cc", "Zl", "Zp") for sign in text):
        raise InputError(f"The {noun} {ascii(text)[:60]} has line ends or control signs in it. Use one line of text.")
    return text


def _text(noun: str, text: str) -> str:
    if len(text) > LONGEST[noun]:
        raise InputError(f"The {noun} has {len(text):,} characters. Use at most {LONGEST[noun]:,}.")
    if "\0" in text or (not text.isascii() and text != text.encode(errors="ignore").decode()):
        raise InputError(f"The {noun} holds NUL or half characters. Write it anew.")
    return text
