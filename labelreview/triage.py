"""The triage meeting's figures of a project: how bad is it, where, how much is left, may we stop.

What each number says and rests on is told in docs/estimates.md; here they are only put together.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from labelreview.auditing import AUDIT
from labelreview.decisions import Decision, Direction
from labelreview.project import Project
from labelreview.review import estimates
from labelreview.review.estimates import Cost, ErrorRate, Estimate, Forecast, Stop
from labelreview.review.verdicts import placed
from labelreview.tags import UNKNOWN

NEEDED = 100  # audit answers: fewer bound an error rate so loosely that a sentence about it would mislead
AHEAD, POINTS = 100_000, 5000


@dataclass(frozen=True)
class Triage:
    """Everything the triage page and `labelreview stats` show.

    `whole`: all cells; `tags`: names that `by_tag` goes by; `curve`: errors found by verdict n, from 0; `ahead`: what
    the next verdicts will find, None where no cell is open; `cost`: of the target, in verdicts and hours; `waiting`:
    audit answers that count once the draws before them are answered.
    """

    target: float
    whole: ErrorRate
    tags: tuple[str, ...]
    by_tag: tuple[ErrorRate, ...]
    by_direction: dict[Direction, ErrorRate]
    stop: Stop
    curve: npt.NDArray[np.int64]
    ahead: Forecast | None
    cost: Cost
    waiting: int

    @property
    def verdicts(self) -> int:
        return len(self.curve) - 1

    @property
    def enough(self) -> bool:
        """Whether chance has asked enough to say a rate in a sentence, or everything is answered."""
        return self.whole.drawn >= NEEDED or self.whole.answered == self.whole.cells


def figures(project: Project, target: float | None = None, confidence: float | None = None) -> Triage:
    """The figures as the log stands now; without `target` or `confidence`, for those of the project.

    InputError when no cell is known, or target or confidence is no share.
    """
    of_project = project.target
    target = of_project.max_error_rate if target is None else target
    confidence = of_project.confidence if confidence is None else confidence
    evidence = project.evidence()
    whole = estimates.error_rate(evidence, confidence)
    cells, wrong, seconds = _in_order(project)
    upcoming, ahead = project.upcoming(AHEAD), None
    if len(upcoming):
        fitted = estimates.calibration(project.doubt(cells), wrong)
        ahead = estimates.forecast(fitted, project.doubt(upcoming), whole.left, points=POINTS)
    nothing = Estimate(math.nan, math.nan, math.nan)
    cost = estimates.cost_to_reach(target, whole, ahead, estimates.pace(seconds)) if ahead else Cost(nothing, nothing)
    return Triage(
        target,
        whole,
        project.dataset.tags,
        tuple(estimates.by_tag(evidence, confidence=confidence)),
        estimates.by_direction(evidence, confidence),
        estimates.may_stop(evidence, target, confidence),
        estimates.found_curve(wrong),
        ahead,
        cost,
        max(0, sum(decision.screen == AUDIT for decision in project.verdicts().settled.values()) - whole.drawn),
    )


def _in_order(project: Project) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_], list[float]]:
    """The cells with a standing, certain verdict in the order of the verdicts, whether it says wrong, and its time."""
    here, given = placed(project.dataset, project.verdicts()), project.dataset.judged.reshape(-1)

    def told(place: int, decision: Decision) -> bool:
        return decision.verdict is not None and UNKNOWN not in (decision.verdict.label, given[place])

    pairs = zip(here.cells.tolist(), here.decisions, strict=True)
    kept = sorted((pair for pair in pairs if told(*pair)), key=lambda pair: pair[1].seq)
    wrong = [decision.verdict is not None and decision.verdict.label != given[place] for place, decision in kept]
    places = np.array([place for place, _ in kept], np.int64)
    return places, np.array(wrong, bool), [decision.seconds for _, decision in kept]


def sentence(found: Triage) -> str:
    """The answer in one or two sentences; where chance has asked too little, what is missing."""
    whole = found.whole
    if not found.enough:
        return (
            f"{whole.drawn:,} of {NEEDED:,} random audit answers so far: too few to say how many labels are wrong. "
            "The ranked queue alone cannot tell, since it asks only what is suspicious; every tenth question of the "
            "queue without filters is drawn by chance." + _waiting(found.waiting)
        )
    shares = whole.share_found
    parts = [
        f"About {percent(whole.rate.value)} of labels are wrong ({span(whole.rate)})",
        f"{percent(shares.value)} of the errors are found",
        f"{_more(found)} {percent(found.target)}",
    ]
    return "; ".join(parts) + "."


def _waiting(count: int) -> str:
    if not count:
        return ""
    more = f"{count:,} more answers count" if count > 1 else "1 more answer counts"
    return f" {more} once earlier draws, open in some tab, are answered."


def stop_sentence(found: Triage) -> str:
    """What the stop rule says."""
    stop = found.stop
    met = "The target is met" if stop.met else "The target is not met yet"
    return (
        f"{met}: with {percent(stop.confidence)} confidence at most {percent(stop.rate_at_most)} of labels are "
        f"still wrong ({stop.left_at_most:,} of {stop.cells:,}); the target is {percent(stop.target)}."
    )


def _more(found: Triage) -> str:
    verdicts = found.cost.verdicts.value
    if found.whole.left.value <= found.target * found.whole.cells:
        return "by the estimate no more verdicts are needed to reach"
    if math.isfinite(verdicts):
        return f"about {_rounded(verdicts):,} more verdicts to reach"
    return f"the next {AHEAD:,} verdicts are not expected to reach"


def _rounded(count: float) -> int:
    """Two leading digits: more would be false precision."""
    return int(round(count, 1 - math.floor(math.log10(count)))) if count >= 100 else round(count)


def percent(share: float) -> str:
    """A share in per cent, "—" where nothing tells."""
    if math.isnan(share):
        return "—"
    number = f"{100 * share:.2g}" if 0 < share < 0.1 else f"{100 * share:.0f}"
    return f"{number}\N{NO-BREAK SPACE}%"


def span(estimate: Estimate) -> str:
    """An interval in per cent."""
    return f"{percent(estimate.low)[:-2]}–{percent(estimate.high)}" if not math.isnan(estimate.low) else "—"


def tag_rows(found: Triage) -> list[dict[str, object]]:
    """The tags as rows of a table, those most surely wrong first, tags that nothing tells about last."""
    pairs = sorted(zip(found.tags, found.by_tag, strict=True), key=lambda pair: _rank(pair[1]))
    return [
        {
            "Tag": tag,
            "Wrong, %": _per_cent(rate.rate.value),
            "from": _per_cent(rate.rate.low),
            "to": _per_cent(rate.rate.high),
            "Errors found": rate.found,
            "Errors left": _number(rate.left.value),
            "left, at most": _number(rate.left.high),
            "Verdicts": rate.answered,
            "Audit answers": rate.drawn,
            "Cells": rate.cells,
        }
        for tag, rate in pairs
    ]


def shape(found: Triage) -> dict[str, Any]:
    """The figures as JSON: shares as fractions, null where nothing tells."""
    return {
        "sentence": sentence(found),
        "target": found.target,
        "verdicts": found.verdicts,
        "overall": _rate(found.whole),
        "by_direction": {side.value: _rate(rate) for side, rate in found.by_direction.items()},
        "by_tag": {tag: _rate(rate) for tag, rate in zip(found.tags, found.by_tag, strict=True)},
        "stop": {
            "met": found.stop.met,
            "confidence": found.stop.confidence,
            "left_at_most": found.stop.left_at_most,
            "rate_at_most": found.stop.rate_at_most,
        },
        "to_reach_target": {"verdicts": _ends(found.cost.verdicts), "hours": _ends(found.cost.hours)},
    }


def lines(found: Triage) -> Sequence[str]:
    """The figures for a terminal."""
    sides = [f"  {side.value:<10} {percent(r.rate.value)} ({span(r.rate)})" for side, r in found.by_direction.items()]
    rows = [
        f"  {tag}: {percent(rate.rate.value)} ({span(rate.rate)}), {rate.found:,} found"
        for tag, rate in sorted(zip(found.tags, found.by_tag, strict=True), key=lambda pair: _rank(pair[1]))
    ]
    counts = (
        f"{found.verdicts:,} verdicts, {found.whole.drawn:,} of them by the audit; {found.whole.found:,} errors found."
    )
    return [sentence(found), stop_sentence(found), counts, "By direction:", *sides, "By tag:", *rows]


def _rank(rate: ErrorRate) -> tuple[bool, float]:
    return math.isnan(rate.rate.value), -rate.rate.low  # the surest first: one draw alone can say 100 %


def _rate(rate: ErrorRate) -> dict[str, Any]:
    return {
        "cells": rate.cells,
        "answered": rate.answered,
        "audited": rate.drawn,
        "errors_found": rate.found,
        "errors_left": _ends(rate.left),
        "rate": _ends(rate.rate),
        "rate_left": _ends(rate.rate_left),
        "share_found": _ends(rate.share_found),
    }


def _ends(estimate: Estimate) -> dict[str, float | None]:
    ends = {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    return {name: float(value) if math.isfinite(value) else None for name, value in ends.items()}


def _per_cent(share: float) -> float | None:
    return None if math.isnan(share) else round(100 * share, 3)


def _number(count: float) -> int | None:
    return None if math.isnan(count) else round(count)
