"""Figures for the first look at a project: how much is suspect, by tag and direction, and what was answered so far."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from labelreview.decisions import Verdict
from labelreview.review.verdicts import Verdicts, placed
from labelreview.tags import PRESENT, UNKNOWN, Dataset


@dataclass(frozen=True)
class TagFigures:
    """One tag: items that carry it, cells that may be wrong or missing, and the standing answers."""

    tag: str
    labelled: int
    unknown: int
    maybe_wrong: int
    maybe_missing: int
    suspects_answered: int
    answered: int
    changed: int
    unsure: int
    filled: int  # labels that were left empty: nothing was wrong with them

    @property
    def suspects(self) -> int:
        return self.maybe_wrong + self.maybe_missing


def by_tag(dataset: Dataset, issues: npt.NDArray[np.bool_], verdicts: Verdicts) -> list[TagFigures]:
    """The figures of every tag, in the order of the data set. `issues`: bool over the grid, the suspects."""
    labels, grid = np.asarray(dataset.labels), dataset.grid
    present = labels == PRESENT
    answers = np.zeros((5, len(dataset.tags)), int)
    here = placed(dataset, verdicts)
    suspect = np.ravel(issues)[grid.slots(here.cells)].tolist()
    answered = zip(here.cells.tolist(), dataset.given(here.cells).tolist(), suspect, here.decisions, strict=True)
    for cell, given, suspected, decision in answered:
        unsure = decision.verdict is Verdict.UNSURE
        differs = not unsure and decision.verdict is not None and decision.verdict.label != given
        kinds = suspected, True, differs and given != UNKNOWN, unsure, differs and given == UNKNOWN
        answers[:, cell % len(dataset.tags)] += kinds
    columns = zip(
        dataset.tags,
        grid.counts(present),
        grid.counts(labels == UNKNOWN),
        grid.counts(issues & present),
        grid.counts(issues & ~present),
        *answers,
        strict=True,
    )
    return [TagFigures(tag, *map(int, figures)) for tag, *figures in columns]
