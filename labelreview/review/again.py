"""Cells to look at once more: answered by oneself or by others, found wrong or kept, unsure, flagged, disputed, or
under a broken rule.

PURE. An answer given on such a second look carries `screen(status)` in the log, so that each cell comes once.
"""

from collections.abc import Iterable
from enum import StrEnum

from labelreview.decisions import Decision, Verdict
from labelreview.review.consensus import disputed
from labelreview.review.verdicts import Cell, Verdicts


class Status(StrEnum):
    """Which cells; none of them is the queue of the open ones."""

    RULES = "rules"
    MINE = "mine"
    CHANGED = "changed"
    KEPT = "kept"
    UNSURE = "unsure"
    FLAGGED = "flagged"
    OTHERS = "others"
    DISPUTED = "disputed"


BY_LABEL = (Status.CHANGED, Status.KEPT)  # by what the verdict that holds says about the label as given
# These can be told without what others said.
OWN = (Status.RULES, Status.MINE, *BY_LABEL, Status.UNSURE, Status.FLAGGED)


def screen(status: str) -> str:
    """The `screen` of an answer given on a second look.

    >>> screen(Status.UNSURE)
    'again:unsure'
    """
    return f"again:{status or 'answered'}"


def said(status: str, verdicts: Verdicts, me: str, by: str, broken: Iterable[Cell] = ()) -> dict[Cell, list[Decision]]:
    """The cells of a status, with what was said of each. `by`: only what this reviewer said; '' for anybody."""
    if status == Status.RULES:
        return {cell: verdicts.about(*cell) for cell in broken if not by or verdicts.of(by, *cell)}
    if status == Status.DISPUTED:
        return {cell: answers for cell, answers in disputed(verdicts).items() if not by or verdicts.of(by, *cell)}
    if status == Status.FLAGGED:
        return _by_cell(flag for flag in verdicts.flags if by in ("", flag.reviewer))
    if status == Status.OTHERS:
        return {cell: list(newest.values()) for cell, newest in verdicts.opinions()
                if me not in newest and (not by or by in newest)}  # fmt: skip
    if status == Status.MINE or by:
        own = _by_cell(verdicts.standing(me if status == Status.MINE else by))
        newest = {cell: answers[-1:] for cell, answers in own.items()}
        return {cell: [each] for cell, (each,) in newest.items() if _is(status, each)}
    return {cell: verdicts.about(*cell) for cell, each in list(verdicts.settled.items()) if _is(status, each)}


def _is(status: str, decision: Decision) -> bool:
    return status != Status.UNSURE or decision.verdict is Verdict.UNSURE


def looked(status: str, verdicts: Verdicts, me: str) -> set[Cell]:
    """The cells that this reviewer has looked at again already, under this status."""
    return {cell for cell, own in _by_cell(verdicts.standing(me)).items() if own[-1].screen == screen(status)}


def _by_cell(decisions: Iterable[Decision]) -> dict[Cell, list[Decision]]:
    found: dict[Cell, list[Decision]] = {}
    for decision in decisions:
        found.setdefault((decision.item, decision.tag), []).append(decision)
    return found
