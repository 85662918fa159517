"""The record of a project: who said what about a cell, when, having been shown what; and whether it is whole."""

import math
from collections import Counter
from collections.abc import Sequence

from labelreview.decisions import Decision, Verdict
from labelreview.desk.project import Project
from labelreview.errors import InputError
from labelreview.review.consensus import habits
from labelreview.review.sharing import gold_scores
from labelreview.store import Head
from labelreview.tags import ABSENT, PRESENT

VALUE = {PRESENT: "yes", ABSENT: "no"}
SAYS = {Verdict.PRESENT: "yes", Verdict.ABSENT: "no", Verdict.UNSURE: "unsure"}
FEWEST = 5  # answers that can be compared: fewer say nothing of a person
SEEN = 0.005  # half of the last digit shown


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


def reviewers(project: Project) -> list[dict[str, object]]:
    """Each reviewer: answers, those on known cells, and what Dawid–Skene says of their habits. None: cannot be told.

    Compared: answers about cells that are known or that somebody else answered too; below FEWEST no habit is told.
    """
    verdicts = project.verdicts()
    project.changes()  # takes over known cells that were set elsewhere
    known = project.team.known
    gold, fitted = gold_scores(verdicts, known), habits(project.dataset, verdicts, known)
    compared = Counter(name for cell, said in verdicts.opinions() if len(said) > 1 or cell in known for name in said)
    enough = {name: compared[name] >= FEWEST for name in fitted}
    return [
        {
            "Reviewer": name,
            "Answers": found.answers,
            "Known cells": gold[name].answered if name in gold else 0,
            "Right there": _share(gold[name].right.value) if name in gold else None,
            "from": _share(gold[name].right.low) if name in gold else None,
            "to": _share(gold[name].right.high) if name in gold else None,
            "Compared": compared[name],
            "Accuracy": _share(found.accuracy) if enough[name] else None,
            "Right if yes": _share(found.right_if_present) if enough[name] else None,
            "Right if no": _share(found.right_if_absent) if enough[name] else None,
            "Says yes too often": _share(found.bias) if enough[name] else None,
            "Unsure": _share(found.unsure),
        }
        for name, found in sorted(fitted.items())
    ]


def team_lines(project: Project) -> list[str]:
    """How a project is shared out, and how good its reviewers are, for a terminal."""
    people, sharing = reviewers(project), project.team.sharing
    of = "every cell" if sharing.share >= 1 or sharing.answers == 1 else f"{100 * sharing.share:g} % of cells"
    known = len(project.team.known)
    lines = [
        f"Answers: {sharing.answers} for {of}" + (", 1 for the others" if of[0] != "e" else ""),
        f"Known cells: {known:,}" + (f", {100 * sharing.gold_share:g} % of questions" if known else ""),
    ]
    for each in people:
        right = f", {each['Right there']:.0%} of {each['Known cells']} known" if each["Right there"] is not None else ""
        accuracy, more = each["Accuracy"], float(str(each["Says yes too often"] or 0))
        good = f"{float(str(accuracy)):.0%}" if accuracy is not None else f"— ({each['Compared']} of them compared)"
        often = f", yes {abs(more):.0%} too {'often' if more > 0 else 'seldom'}" if abs(more) >= SEEN else ""
        lines.append(f"  {each['Reviewer']}: {each['Answers']} answers, accuracy {good}{right}{often}")
    return lines


def _share(number: float) -> float | None:
    return None if math.isnan(number) else round(number, 4) + 0.0  # no -0 %
