"""What the routes answer about cells, items and pictures, as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

import numpy as np

from labelreview.decisions import Decision, wire
from labelreview.desk.examples import Example, Why
from labelreview.desk.project import Project
from labelreview.desk.questions import Question
from labelreview.desk.whole import Row, Whole
from labelreview.errors import LabelReviewError, NotFound
from labelreview.review.consistency import Mend
from labelreview.web import wording, words

AT = "/api/projects/{name}"
SHOWN, SMALL = 1280, 320  # pictures are at most so wide and high
LONGEST_TEXT = 4000  # of a document, in the queue; the route `text` gives the whole
Shape = dict[str, Any]


def cell(project: Project, question: Question, language: str) -> Shape:
    """A question as it is shown."""
    suspect = question.suspect
    return {
        "item": suspect.item,
        "tag": suspect.tag,
        "given": suspect.given,
        "suggested": suspect.suggested,
        "pred_prob": _number_or_none(suspect.pred_prob),
        "models": models(project, suspect.item, suspect.tag),
        "score": _number_or_none(suspect.score),
        "direction": suspect.direction.value,
        "screen": question.screen,
        "others": [{"tag": other.tag, "given": other.given, "now": other.now} for other in question.others],
        "definition": question.definition,
        "broken": list(question.rules.broken),
        "mends": _mends(question.rules.mends),
        **text(project, suspect.item),
        "reason": wording.reason(question, language),
        **image_address(project, suspect.item, language),
    }


def _mends(by_label: Mapping[int, Sequence[Mend]]) -> Shape:
    return {str(label): [_mend(each) for each in mends] for label, mends in by_label.items()}


def _mend(mend: Mend) -> Shape:
    shape = {"tag": mend.tag, "to": mend.to, "now": mend.now, "given": mend.given}
    return {**shape, "pred_prob": _number_or_none(mend.pred_prob)}


def row(row: Row) -> Shape:
    """A tag of a whole item."""
    shape = {name: None if value != value else value for name, value in asdict(row).items()}
    return {**shape, "mends": _mends(row.mends)}


def whole(project: Project, of: Whole, language: str) -> Shape:
    """An item with its tags."""
    shape = {"item": of.item, "tags": [row(each) for each in of.rows]}
    return {**shape, **image_address(project, of.item, language), **text(project, of.item)}


def beside(project: Project, item: str, tag: str, language: str) -> Shape:
    """What is known around a cell."""
    found = project.beside(item, tag)
    groups = {"near": found.near, "present": found.present, "absent": found.absent}
    around = {name: [example(project, each, language) for each in examples] for name, examples in groups.items()}
    waiting = found.waiting
    said = waiting.problem or (waiting.why and words.say(
        language, f"loop.waiting-{waiting.why}", share=round(100 * waiting.share), project=project.card.name,
    ))  # fmt: skip
    means = {"models": models(project, item, tag), "definition": project.meeting.standing().definition(tag)}
    return {**around, **means, "waiting": said, "busy": waiting.why == Why.BUSY}


def example(project: Project, example: Example, language: str) -> Shape:
    """What stands beside a question."""
    return {
        "item": example.item,
        "given": example.given,
        "now": example.now,
        "said": [[reviewer, verdict.value] for reviewer, verdict in example.said],
        "tags": list(example.tags),
        "pred_prob": _number_or_none(example.pred_prob),
        "same": example.same,
        "pinned": example.pinned,
        **text(project, example.item),
        **image_address(project, example.item, language, SMALL),
    }


def text(project: Project, item: str) -> Shape:
    """The beginning of a document, and how many characters there are; null where the item is none."""
    whole = project.text(item)
    if whole is None:
        return {"text": None, "characters": 0}
    return {"text": whole[:LONGEST_TEXT], "characters": len(whole)}


def models(project: Project, item: str, tag: str) -> list[Shape]:
    """What each model says of the cell."""
    slot = int(project.dataset.grid.slots(np.array([project.dataset.cell(item, tag)]))[0])
    return [{"name": n, "pred_prob": _number_or_none(float(np.ravel(p)[slot]))} for n, p in project.models.items()]


def _number_or_none(number: float) -> float | None:
    return number if number == number else None  # JSON knows no NaN


def with_cell(project: Project, decision: Decision, language: str) -> list[Shape]:
    """The decision and its cell; nothing where the data no longer has the cell."""
    try:
        (question,) = project.questions([(decision.item, decision.tag)])
    except NotFound:
        return []
    return [{**wire(decision), "cell": {**cell(project, question, language), "screen": decision.screen}}]


def image_address(project: Project, item: str, language: str, size: int = SHOWN) -> Shape:
    """Where the picture is, or why there is none."""
    folder = project.card.images
    try:
        name = project.image_name(item)
        if not name:
            key = "shown.no-picture" if folder else "shown.no-images"
            return {"image": None, "why": words.say(language, key, folder=folder)}
        address = f"{AT.format(name=quote(project.card.name, safe=''))}/images/{size}/{project.pictures.version(name)}"
    except LabelReviewError as error:
        return {"image": None, "why": wording.trouble(error, language)}
    return {"image": f"{address}?item={quote(item, safe='')}", "why": ""}
