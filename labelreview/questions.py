"""What a queue hands out: questions with what is shown around them, in batches."""

from dataclasses import dataclass

from labelreview.auditing import REVIEW
from labelreview.decisions import Decision, Suspect
from labelreview.orders import Reason
from labelreview.review.consistency import NOTHING, Around
from labelreview.review.worklist import Progress


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


@dataclass(frozen=True)
class Batch:
    """The next questions for one reviewer, leased to their tab, and how far the filter is answered.

    `revision` is the number of events that the learned order knows.
    """

    questions: tuple[Question, ...]
    progress: Progress
    revision: int
