"""Who did what, how fast, and how far they agree."""

from dataclasses import dataclass

import numpy as np

from labelreview.desk.project import Project
from labelreview.review import agreement, estimates
from labelreview.review.estimates import Estimate
from labelreview.tags import UNKNOWN

NOTHING = Estimate(np.nan, np.nan, np.nan)


@dataclass(frozen=True)
class Pace:
    """A reviewer's standing verdicts that hold: how many, errors found among them, unsure ones, answers to the audit;
    seconds a verdict (median, and mean with pauses of a minute at most); verdicts an hour; agreement with others."""

    reviewer: str
    verdicts: int
    found: int
    unsure: int
    audited: int
    median: float
    mean: float
    shared: int
    agreement: Estimate

    @property
    def per_hour(self) -> float:
        return 3600 / self.mean if self.mean > 0 else np.nan


def paces(project: Project) -> list[Pace]:
    """Every reviewer, the busiest first."""
    settled, cast = project.standing(), agreement.votes(project.verdicts())
    found = []
    for at, name in enumerate(settled.reviewers):
        own = settled.reviewer == at
        seconds = settled.seconds[own & (settled.seconds > 0)]
        column = cast.reviewers.index(name) if name in cast.reviewers else None
        agreed = None if column is None else agreement.agree(cast.values[cast.values[:, column] >= 0], of=column)
        found.append(
            Pace(
                name,
                int(own.sum()),
                int(settled.wrong[own].sum()),
                int((settled.label[own] == UNKNOWN).sum()),
                int(settled.chance[own].sum()),
                float(np.median(seconds)) if len(seconds) else np.nan,
                estimates.pace(seconds),
                agreed.cells if agreed else 0,
                agreed.raw if agreed else NOTHING,
            )
        )
    return sorted(found, key=lambda pace: (-pace.verdicts, pace.reviewer))
