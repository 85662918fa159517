"""What is asked and what is answered, about one cell: one tag of one item.

A `Suspect` is a question. A `Decision` is an event in an append-only log: nothing is updated or deleted. Three kinds,
told apart by their fields: a *verdict* (`verdict` is set), an *undo* (`undoes` names the uid it takes back), a *flag*
(a `note` alone, the cell stays open). `wire` / `from_wire` are the JSON shape that browser, routes and exports use.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from labelreview.errors import InputError
from labelreview.tags import ABSENT, PRESENT, UNKNOWN

ADJUDICATE = "adjudicate"  # the `screen` of an adjudicator's decision about a disputed cell


class Verdict(StrEnum):
    """What a reviewer says about a cell."""

    PRESENT = "present"
    ABSENT = "absent"
    UNSURE = "unsure"

    @property
    def label(self) -> int:
        """The label that the verdict stands for; unsure stands for none and leaves the label as given."""
        return {"present": PRESENT, "absent": ABSENT, "unsure": UNKNOWN}[self.value]


class Direction(StrEnum):
    """Which way a cell may be wrong: the tag is there and should not be, or is not there and should be."""

    WRONG = "wrong"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Suspect:
    """One cell to look at. `score` is its label quality in [0, 1], low = likely wrong; `suggested` the other value."""

    item: str
    tag: str
    given: int
    pred_prob: float
    score: float

    @property
    def suggested(self) -> int:
        return ABSENT if self.given == PRESENT else PRESENT

    @property
    def direction(self) -> Direction:
        return Direction.WRONG if self.given == PRESENT else Direction.MISSING


@dataclass(frozen=True, slots=True)
class Decision:
    """One event about one cell. `uid` is made where the key was pressed, so that a retry is harmless.

    given, pred_prob and score are what the reviewer was shown (pred_prob and score are NaN where none was);
    `seconds` is the time taken, `at` the reviewer's clock; `seq` and `recorded_at` are the log's (0 and None before).
    """

    uid: str
    item: str
    tag: str
    reviewer: str
    at: datetime
    verdict: Verdict | None = None
    seconds: float = 0.0
    given: int = UNKNOWN
    pred_prob: float = math.nan
    score: float = math.nan
    screen: str = "review"
    note: str = ""
    undoes: str = ""
    seq: int = 0
    recorded_at: datetime | None = None


UID = re.compile(r"[A-Za-z0-9_-]{8,64}")
LONGEST = {"item": 4000, "tag": 4000, "reviewer": 200, "screen": 40, "note": 4000}


def wire(decision: Decision) -> dict[str, Any]:
    """The JSON shape of a decision: times in ISO 8601 UTC, NaN as null."""
    return {
        "uid": decision.uid,
        "item": decision.item,
        "tag": decision.tag,
        "reviewer": decision.reviewer,
        "at": decision.at.astimezone(UTC).isoformat(timespec="milliseconds"),
        "verdict": decision.verdict.value if decision.verdict else None,
        "seconds": round(decision.seconds, 3),
        "given": decision.given,
        "pred_prob": None if math.isnan(decision.pred_prob) else decision.pred_prob,
        "score": None if math.isnan(decision.score) else decision.score,
        "screen": decision.screen,
        "note": decision.note,
        "undoes": decision.undoes,
        "seq": decision.seq,
        "recorded_at": decision.recorded_at.astimezone(UTC).isoformat() if decision.recorded_at else None,
    }


def from_wire(shape: Mapping[str, Any], *, reviewer: str) -> Decision:
    """A decision as the browser sends it. The reviewer comes from the token, never from the body.

    Raises InputError that names the field, what was found and what is wanted.
    """
    decision = Decision(
        uid=_text(shape, "uid"),
        item=_text(shape, "item"),
        tag=_text(shape, "tag"),
        reviewer=reviewer,
        at=_time(shape),
        verdict=_verdict(shape),
        seconds=_number(shape, "seconds", 0.0, 0, 86400.0 * 7),
        given=_label(shape),
        pred_prob=_number(shape, "pred_prob", math.nan, 0, 1),
        score=_number(shape, "score", math.nan, 0, 1),
        screen=_text(shape, "screen", "review"),
        note=_text(shape, "note", ""),
        undoes=_text(shape, "undoes", ""),
    )
    for field, uid in (("uid", decision.uid), ("undoes", decision.undoes or decision.uid)):
        if not UID.fullmatch(uid):
            raise _wrong(shape, field, "8 to 64 letters, digits, - or _")
    if bool(decision.verdict) + bool(decision.undoes) != 1 and not (decision.note and not decision.verdict):
        raise _wrong(shape, "verdict", "either a verdict, or the uid it undoes, or a note alone")
    return decision


def _wrong(shape: Mapping[str, Any], field: str, wanted: str) -> InputError:
    return InputError(f"decision, field '{field}': {str(shape.get(field))[:80]!r} is not usable. Send {wanted}.")


def _text(shape: Mapping[str, Any], field: str, default: str | None = None) -> str:
    value = shape.get(field, default)
    if value is None and default is not None:
        return default
    if not isinstance(value, str) or (default is None and not value) or len(value) > LONGEST.get(field, 64):
        raise _wrong(shape, field, f"a text of at most {LONGEST.get(field, 64)} characters")
    if "\0" in value or (not value.isascii() and value != value.encode(errors="ignore").decode()):
        raise _wrong(shape, field, "a text without NUL and without half characters")
    return value


def _number(shape: Mapping[str, Any], field: str, default: float, low: float, high: float) -> float:
    value = shape.get(field)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise _wrong(shape, field, f"a number from {low} to {high}")
    return float(value)


def _label(shape: Mapping[str, Any]) -> int:
    value = _number(shape, "given", UNKNOWN, UNKNOWN, PRESENT)
    if value not in (PRESENT, ABSENT, UNKNOWN):
        raise _wrong(shape, "given", "1, 0 or -1")
    return int(value)


def _verdict(shape: Mapping[str, Any]) -> Verdict | None:
    value = shape.get("verdict")
    if value is None:
        return None
    try:
        return Verdict(value)
    except ValueError:
        raise _wrong(shape, "verdict", "present, absent or unsure") from None


def _time(shape: Mapping[str, Any]) -> datetime:
    value = shape.get("at")
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # overflow: the year 1 or 9999, moved out of range by its zone
        pass
    raise _wrong(shape, "at", "a time in ISO 8601, such as 2026-11-24T16:05:00.000Z")
