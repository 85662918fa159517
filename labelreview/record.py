"""The record of a project: who said what about a cell, when, having been shown what; and whether it is whole."""

import math
from collections.abc import Sequence

from labelreview.decisions import Decision, Verdict
from labelreview.errors import InputError
from labelreview.project import Project
from labelreview.store import Head
from labelreview.tags import ABSENT, PRESENT

VALUE = {PRESENT: "yes", ABSENT: "no"}
SAYS = {Verdict.PRESENT: "yes", Verdict.ABSENT: "no", Verdict.UNSURE: "unsure"}


def says(event: Decision) -> str:
    """What an event did, in a word or two."""
    if event.undoes:
        return "took back an answer"
    if event.verdict is None:
        return "flagged it"
    return SAYS[event.verdict]


def shown(event: Decision) -> str:
    """What the reviewer had on screen."""
    model = "no prediction" if math.isnan(event.pred_prob) else f"model {100 * event.pred_prob:.3g} %"
    return f"labelled {VALUE.get(event.given, 'unknown')}, {model}"


def rows(events: Sequence[Decision]) -> list[dict[str, object]]:
    """Events as rows of a table."""
    return [
        {
            "When": event.recorded_at,
            "Reviewer": event.reviewer,
            "Item": event.item,
            "Tag": event.tag,
            "Says": says(event),
            "Was shown": shown(event) if event.verdict else "",
            "Seconds": round(event.seconds, 1) if event.verdict else None,
            "Asked by": event.screen,
            "Note": event.note,
            "Event": event.uid,
            "Takes back": event.undoes,
        }
        for event in events
    ]


def line(event: Decision) -> str:
    """An event for a terminal."""
    when = event.recorded_at.strftime("%Y-%m-%d %H:%M:%S") if event.recorded_at else "not stored"
    what = f" {event.undoes}" if event.undoes else f" ({shown(event)}; {event.screen})" if event.verdict else ""
    note = f" “{event.note}”" if event.note else ""
    return f"{when}  {event.reviewer}  {event.item} / {event.tag}: {says(event)}{what}{note}  {event.uid}"


def noted_head(text: str) -> Head:
    """A head as `verify` printed it; InputError when it is not one."""
    number, _, digest = text.strip().partition(":")
    if not number.isdigit() or len(digest) != 64:
        raise InputError(f"'{text}' is not a head of a log. Give it as verify printed it: NUMBER:HASH.")
    return Head(int(number), digest)


def verdict_on(project: Project, through: Head | None = None) -> tuple[bool, list[str]]:
    """Whether the log is whole, and what to say about it."""
    found = project.verify(through=through)
    if found.problems:
        return False, [*found.problems, f"{len(found.problems)} problems. Restore a backup, and ask who had access."]
    events = f"{found.head.number:,} event{'' if found.head.number == 1 else 's'}"
    return True, [f"{events}, each as it was stored.", f"Head, to be kept elsewhere: {found.head}"]
