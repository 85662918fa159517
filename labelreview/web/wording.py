"""What the loop says in words about numbers, and errors. Tag names are data: the browser shows these texts as text."""

from dataclasses import replace
from functools import partial, reduce

from labelreview.desk.auditing import AUDIT
from labelreview.desk.questions import Question
from labelreview.errors import LabelReviewError
from labelreview.review.consistency import NOTHING
from labelreview.roles import Role
from labelreview.tags import PRESENT, UNKNOWN
from labelreview.web import words

MOVED = 0.2  # log-odds: what a reader would notice in the queue


def reason(question: Question, language: str = words.FIRST) -> str:
    """Why a cell is asked, in one or two plain sentences; '' where its label is known and no model scored it.

    Before answers reach this far, nothing in it is a probability of error: the model's opinion, with and without the
    other tags, and how often such labels look wrong.
    """
    why, suspect, say = question.reason, question.suspect, partial(words.say, language)
    if question.rules.broken:
        rules, rest = ", ".join(question.rules.broken), replace(question, rules=NOTHING)
        return f"{say('reason.rules', rules=rules)} {reason(rest, language)}".strip()
    if question.said:
        return dispute(question, language)
    if why is None:
        return say("reason.unlabelled") if suspect.given == UNKNOWN else ""
    said = say("reason.alone" if why.alone else "reason.expected", expected=_percent(why.expected))
    if question.screen == AUDIT:
        return f"{say('reason.audit')} {said}"
    if why.chance is not None and why.low is not None and why.high is not None:
        interval = {"low": _percent(why.low, ""), "high": _percent(why.high)}
        said = f"{said} {say('reason.chance', chance=_percent(why.chance), **interval)}"
    kind = say("reason.yes" if suspect.given == PRESENT else "reason.no")
    if why.asked:
        up, down = why.moved > MOVED and why.wrong, why.moved < -MOVED and why.wrong < why.asked
        way = say("reason.up") if up else say("reason.down") if down else ""
        return f"{said} {say('reason.checked', wrong=why.wrong, asked=why.asked, kind=kind, way=way)}"
    return f"{said} {say(_share(why.rate), kind=kind)}"


def dispute(question: Question, language: str = words.FIRST) -> str:
    """Who said what about a disputed cell, with their notes."""
    say = partial(words.say, language)
    told = [(each, say(f"said.{each.verdict.value if each.verdict else 'flag'}")) for each in question.said]
    noted = [(each, say("said.note", said=said, note=each.note) if each.note else said) for each, said in told]
    return " · ".join(f"{each.reviewer}: {said}" for each, said in noted)


def trouble(error: LabelReviewError, language: str) -> str:
    """An error's message; in another language where the catalogue has it, else in English."""
    if not error.key:
        return str(error)
    values = {name: _role(value, language) for name, value in error.values.items()}
    return words.say(language, f"error.{error.key}", **values)


def _role(value: object, language: str) -> object:
    """A role, or one of several, in words; anything else as it is."""
    if isinstance(value, list):
        said = (str(_role(each, language)) for each in value)
        return reduce(lambda first, second: words.say(language, "role.or", first=first, second=second), said)
    return words.say(language, f"role.{value}") if isinstance(value, Role) else value


def _percent(probability: float, unit: str = "\u00a0%") -> str:
    if probability < 0.01:
        return f"<\u00a01{unit}"
    return f">\u00a099{unit}" if probability > 0.99 else f"{100 * probability:.0f}{unit}"


def _share(share: float) -> str:
    """In words: before answers have calibrated it, a number would claim too much."""
    return "reason.many" if share >= 0.2 else "reason.some" if share >= 0.02 else "reason.few"
