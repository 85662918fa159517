"""What the loop says in words about numbers. Tag names are data: the browser shows these texts as text."""

from labelreview.auditing import AUDIT
from labelreview.project import Question
from labelreview.tags import PRESENT

MOVED = 0.2  # log-odds: what a reader would notice in the queue


def reason(question: Question) -> str:
    """Why a cell is asked, in one or two plain sentences; '' where no model scored it.

    Before answers reach this far, nothing in it is a probability of error: the model's opinion, with and without the
    other tags, and how often such labels look wrong.
    """
    why, suspect = question.reason, question.suspect
    if why is None:
        return ""
    said = f"With its other tags the model comes to {_percent(why.expected)}."
    if question.screen == AUDIT:
        return f"Drawn by chance, to estimate how many labels are wrong. {said}"
    if why.chance is not None and why.low is not None and why.high is not None:
        chance = f"The answers so far make a wrong label {_percent(why.chance)} likely"
        said = f"{said} {chance} ({_percent(why.low, '')}–{_percent(why.high)})."
    kind = "yes" if suspect.given == PRESENT else "no"
    if why.asked:
        up, down = why.moved > MOVED and why.wrong, why.moved < -MOVED and why.wrong < why.asked
        way = ": moved up" if up else ": moved down" if down else ""
        return f"{said} {why.wrong} of {why.asked} “{kind}” labels of this tag that were checked were wrong{way}."
    return f"{said} {_share(why.rate)} “{kind}” labels of this tag look wrong to it."


def _percent(probability: float, unit: str = " %") -> str:
    if probability < 0.01:
        return f"< 1{unit}"
    return f"> 99{unit}" if probability > 0.99 else f"{100 * probability:.0f}{unit}"


def _share(share: float) -> str:
    """In words: before answers have calibrated it, a number would claim too much."""
    return "Many" if share >= 0.2 else "Some" if share >= 0.02 else "Few"
