"""The figures that answer the meeting: how bad is it, where, how much is left, may we stop.

What each number says and rests on is told in docs/estimates.md; here they are only put together.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from labelreview.decisions import Direction
from labelreview.desk.project import Project
from labelreview.errors import InputError
from labelreview.review import estimates
from labelreview.review.audit import Evidence
from labelreview.review.estimates import Cost, CoWrong, ErrorRate, Estimate, Forecast, Stop, TagNoise
from labelreview.review.standing import Standing

SURE = 100  # audit answers: from here on the answer names one rate; before, the range alone
FEW = 5  # audit answers about one tag or group: fewer, and the range stands alone
FEWEST = 20  # audit answers: fewer leave a range too wide to say anything
AHEAD, POINTS = 100_000, 5000
PAIRS = 200  # of tags


@dataclass(frozen=True)
class Triage:
    """What the answer, `labelreview stats` and `labelreview check` say.

    `whole`: all cells; `tags`: names that `by_tag` goes by; `curve`: errors found by verdict n, from 0; `ahead`: what
    the next verdicts will find, None where no cell is open; `cost`: of the target, in verdicts and hours; `waiting`:
    audit answers that count once the draws before them are answered; `unsure`: cells that were asked and left open.
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
    unsure: int
    evidence: Evidence

    @cached_property
    def each_way(self) -> dict[Direction, list[ErrorRate]]:
        """By direction, the error rate of each tag; like all below, computed once for whoever asks."""
        return {side: estimates.by_tag(self.evidence, side) for side in Direction}

    @cached_property
    def noise(self) -> list[TagNoise]:
        """How labels of each tag were turned, both ways."""
        return list(map(estimates.turned, self.each_way[Direction.WRONG], self.each_way[Direction.MISSING]))

    @cached_property
    def confused(self) -> list[CoWrong]:
        """Pairs of tags of one item, the first wrongly there, the second missing: the second was meant, it seems."""
        return estimates.confused(self.evidence, PAIRS)

    @cached_property
    def co_wrong(self) -> list[CoWrong]:
        """Pairs of tags that were wrong on the same item, whichever way."""
        return estimates.co_wrong(self.evidence, PAIRS)

    @cached_property
    def to_stop(self) -> Estimate | None:
        """Draws until the stop rule says yes; None where it does, where chance has asked too little, or where errors
        have to be found first."""
        if self.stop.met or self.whole.drawn < SURE or not self.reached:
            return None
        return estimates.draws_to_stop(self.evidence, self.whole.left, self.target, self.stop.confidence)

    @property
    def verdicts(self) -> int:
        return len(self.curve) - 1

    @property
    def all_answered(self) -> bool:
        return self.whole.answered == self.whole.cells

    @property
    def unanswered(self) -> int:
        return self.whole.cells - self.whole.answered

    @property
    def reached(self) -> bool:
        """Whether by the estimate (not by the stop rule, which is stricter) the errors left are within the target."""
        return self.whole.left.value <= self.target * self.whole.cells

    @property
    def told(self) -> bool:
        """Whether chance has asked enough to give a range, or everything is answered."""
        return self.whole.drawn >= FEWEST or self.all_answered

    @property
    def sure(self) -> bool:
        """Whether chance has asked enough to name one rate, or everything is answered."""
        return self.whole.drawn >= SURE or self.all_answered


def figures(project: Project, target: float | None = None, confidence: float | None = None) -> Triage:
    """The figures as the log stands now; without `target` or `confidence`, for those of the project.

    InputError when no cell is known, or target or confidence is no share.
    """
    of_project = project.target
    target = of_project.max_error_rate if target is None else target
    confidence = of_project.confidence if confidence is None else confidence
    if not 0 <= target < 1:
        raise InputError(f"The target error rate is {target:g}. Give a share from 0 to below 1, such as 0.01 for 1 %: "
                         "a target of 1 or more is met by any labels.")  # fmt: skip
    evidence, settled = project.evidence(), project.standing()
    whole = estimates.error_rate(evidence, confidence)
    ahead = _ahead(project, settled, whole.left)
    nothing = Estimate(math.nan, math.nan, math.nan)
    pace = estimates.pace(settled.seconds[settled.certain])
    return Triage(
        target,
        whole,
        project.dataset.tags,
        tuple(estimates.by_tag(evidence, confidence=confidence)),
        estimates.by_direction(evidence, confidence),
        estimates.may_stop(evidence, target, confidence),
        estimates.found_curve(settled.wrong[settled.certain]),
        ahead,
        estimates.cost_to_reach(target, whole, ahead, pace) if ahead else Cost(nothing, nothing),
        max(0, int(settled.chance.sum()) - whole.drawn),
        len(settled) - int(settled.certain.sum()),
        evidence,
    )


def _ahead(project: Project, settled: Standing, left: Estimate) -> Forecast | None:
    """What the next verdicts will find; None where no cell is open."""
    upcoming = project.asking.upcoming(AHEAD)
    if not len(upcoming):
        return None
    fitted = estimates.calibration(project.doubt(settled.cells[settled.certain]), settled.wrong[settled.certain])
    return estimates.forecast(fitted, project.doubt(upcoming), left, points=POINTS)
