"""What a queue hands out: questions with what is shown around them, in batches."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from labelreview.decisions import Decision, Suspect
from labelreview.desk.auditing import REVIEW
from labelreview.desk.orders import Reason
from labelreview.review.consistency import NOTHING, Around
from labelreview.review.verdicts import Verdicts
from labelreview.review.worklist import Progress
from labelreview.tags import PRESENT, Dataset


@dataclass(frozen=True)
class OtherTag:
    """Another tag of the item in question: as given, and as it stands after the answers so far."""

    tag: str
    given: int
    now: int


@dataclass(frozen=True)
class Question:
    """A suspect with what is shown around it; `reason` is None where no model scored the cell.

    `screen`: "audit" where chance chose it, not the order, "adjudicate" where it is a dispute; the answer carries it
    into the log. `definition`: what the tag means, Markdown as people wrote it. `said`: what the reviewers said of a
    cell that is looked at again. `rules`: what agreed rules say about it.
    """

    suspect: Suspect
    others: tuple[OtherTag, ...]
    reason: Reason | None
    screen: str = REVIEW
    definition: str = ""
    said: tuple[Decision, ...] = ()
    rules: Around = NOTHING


def other_tags(
    data: Dataset, verdicts: Verdicts, place: int, answered: Callable[[slice], npt.NDArray[np.bool_]]
) -> tuple[OtherTag, ...]:
    """The item's other tags that are given, or stand after the answers. `answered`: of a run of slots, which are."""
    slots = data.grid.of_item(place // len(data.tags))
    labels, item, found = np.ravel(data.labels)[slots], data.at(place)[0], []
    some = np.flatnonzero((labels == PRESENT) | answered(slots))  # of thousands of tags mostly a few
    for column, given in zip(data.grid.columns(slots)[some].tolist(), labels[some].tolist(), strict=True):
        now = verdicts.label(item, data.tags[column], given)
        if column != place % len(data.tags) and PRESENT in (given, now):
            found.append(OtherTag(data.tags[column], given, now))
    return tuple(found)


@dataclass(frozen=True)
class Batch:
    """The next questions for one reviewer, leased to their tab, and how far the filter is answered.

    `revision` is the number of events that the learned order knows.
    """

    questions: tuple[Question, ...]
    progress: Progress
    revision: int
