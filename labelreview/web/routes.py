"""What the review loop asks the server for: pictures, the queue, and where decisions go. JSON in, JSON out.

Streamlit's sign-in, XSRF check and allowed hosts do not reach these routes, so each one checks for itself, here in
`_endpoint`. Errors are {"error": message}; 401 asks the page for a new token, 5xx asks the browser to try again.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from labelreview import images, rulings
from labelreview.decisions import UID, Decision, Direction, from_wire, wire
from labelreview.errors import InputError, LabelReviewError, NotFound, Refused, StoreError
from labelreview.examples import Example
from labelreview.orders import LEARNED
from labelreview.project import Project
from labelreview.questions import Question
from labelreview.review.worklist import Filters
from labelreview.settings import Settings
from labelreview.web import auth, observing, wording
from labelreview.web.session import opened
from labelreview.whole import Row, next_items
from labelreview.whole import cell as one_cell

AT = "/api/projects/{name}"
SHOWN = 1280
SIZES = (320, SHOWN, 2560, 8192)  # the last: as large as it is, but for giants
PICTURES_AT_ONCE = 16
LARGEST_BODY = 1_000_000
MOST_CELLS, MOST_ITEMS = 500, 50
LONGEST_TEXT = 4000  # of a document, in the queue; the route `text` gives the whole
VERSION = "X-Labelreview-Version"
FILTERS = {"tag": "", "direction": "", "text": "", "order": LEARNED}
PLAIN = {"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"}
STATUS: dict[type[LabelReviewError], int] = {
    auth.NoToken: 401,
    Refused: 403,
    NotFound: 404,
    InputError: 400,
    StoreError: 503,
}

Shape = dict[str, Any]
Answer = Callable[[Request, Project, auth.Grant, Shape], Shape]


def routes(settings: Settings) -> list[Route]:
    """All routes of the app, over the projects of one home."""
    table: list[tuple[str, str, Answer, str]] = [
        ("POST", "queue", queue, auth.READ),
        ("GET", "recent", recent, auth.READ),
        ("GET", "beside", beside, auth.READ),
        ("GET", "text", text, auth.READ),
        ("POST", "items", items, auth.READ),
        ("GET", "cell", cell, auth.READ),
        ("GET", "vocabulary", vocabulary, auth.READ),
        ("POST", "propose", propose, auth.DECIDE),
        ("POST", "decisions", decisions, auth.DECIDE),
        ("POST", "release", release, auth.READ),
    ]
    thumbnails = images.kept_in(settings.cache / "pictures", settings.cache_bytes)
    asked = [
        Route(f"{AT}/{word}", _endpoint(settings, answer, action, thumbnails), methods=[method])
        for method, word, answer, action in table
    ]
    return [
        *asked,
        Route(f"{AT}/images/{{size:int}}/{{version}}", _image_endpoint(settings, thumbnails), methods=["GET"]),
    ]


def queue(_request: Request, project: Project, grant: auth.Grant, body: Shape) -> Shape:
    """The next cells for this tab, leased to it, and how far the filter is answered. `keep`: those it has ready."""
    want, holder, filters = _number(str(body.get("want", 100))), _holder(body.get("holder")), _filters(project, body)
    batch = project.queue(grant.reviewer, holder, filters, want, _kept(body))
    language = str(body.get("language", ""))
    return {
        "cells": [_cell(project, question, language) for question in batch.questions],
        "total": batch.progress.total,
        "answered": batch.progress.answered,
        "remaining": batch.progress.remaining,
        "revision": batch.revision,
    }


def recent(request: Request, project: Project, grant: auth.Grant, _body: Shape) -> Shape:
    """This reviewer's verdicts and flags that hold, newest first, with their cells: what undo needs after a reload."""
    most, language = _number(request.query_params.get("n", "50")), request.query_params.get("language", "")
    newest = project.verdicts().undoable(grant.reviewer)[-most:]
    return {"decisions": [shape for each in reversed(newest) for shape in _with_cell(project, each, language)]}


def beside(request: Request, project: Project, _grant: auth.Grant, _body: Shape) -> Shape:
    """What is known around a cell: items that look like its item, examples and counter-examples of its tag."""
    found = project.beside(request.query_params.get("item", ""), request.query_params.get("tag", ""))
    groups = {"near": found.near, "present": found.present, "absent": found.absent}
    shapes = {name: [_example(project, example) for example in examples] for name, examples in groups.items()}
    return {**shapes, "waiting": found.waiting}


def text(request: Request, project: Project, _grant: auth.Grant, _body: Shape) -> Shape:
    """The whole of a document."""
    return {"text": project.text(request.query_params.get("item", ""))}


def items(_request: Request, project: Project, grant: auth.Grant, body: Shape) -> Shape:
    """The next items for this tab with their tags, leased to it. `keep`: the items that it has ready."""
    keep = body.get("keep", [])
    if not isinstance(keep, list) or len(keep) > MOST_ITEMS or not all(isinstance(item, str) for item in keep):
        raise InputError(f"keep must be a list of at most {MOST_ITEMS} ids.")
    want = min(_number(str(body.get("want", 6))), MOST_ITEMS)
    holder, filters = _holder(body.get("holder")), _filters(project, body)
    found = next_items(project, grant.reviewer, holder, filters, want, keep)
    shapes = [
        {
            "item": whole.item,
            "tags": [_row(row) for row in whole.rows],
            "open": whole.open,
            **_image_address(project, whole.item),
            **_text(project, whole.item),
        }
        for whole in found.wholes
    ]
    return {"items": shapes, "total": found.progress.total, "answered": found.progress.answered}


def cell(request: Request, project: Project, _grant: auth.Grant, _body: Shape) -> Shape:
    """One tag of an item, which the list of the item's tags left out."""
    asked = request.query_params
    return {"row": _row(one_cell(project, asked.get("item", ""), asked.get("tag", "")))}


def vocabulary(_request: Request, project: Project, _grant: auth.Grant, _body: Shape) -> Shape:
    """The names of all tags."""
    return {"tags": list(project.dataset.tags)}


def propose(_request: Request, project: Project, grant: auth.Grant, body: Shape) -> Shape:
    """Collect a tag that the project lacks, for the data team."""
    item, name = body.get("item"), body.get("tag")
    if not isinstance(item, str) or not isinstance(name, str):
        raise InputError("propose needs an item and a tag, both texts.")
    project.dataset.ids.position(item)
    project.meeting.record(rulings.propose(grant.reviewer, name, item))
    return {}


def decisions(_request: Request, project: Project, grant: auth.Grant, body: Shape) -> Shape:
    """Store events; names those that are durably stored. A name that the project lacks is the sender's error."""
    sent = body.get("decisions")
    if not isinstance(sent, list) or not all(isinstance(shape, dict) for shape in sent):
        raise InputError('"decisions" must be a list of decisions.')
    made = [from_wire(shape, reviewer=grant.reviewer) for shape in sent]
    try:
        project.check(made)
    except NotFound as error:
        raise InputError(str(error)) from None
    stored = project.record(made)
    observing.STORED.inc(len(stored))
    project.follow()  # so that the order learns now, not with the next batch
    if undone := [(decision.item, decision.tag) for decision in made if decision.undoes]:
        project.hold(_holder(body.get("holder")), undone)  # it is on the sender's screen again
    return {"stored": stored, "revision": project.orders.revision}


def release(_request: Request, project: Project, _grant: auth.Grant, body: Shape) -> Shape:
    """Give a tab's leases back."""
    project.release(_holder(body.get("holder")))
    return {}


def image(thumbnails: images.Thumbnails, project: Project, item: str, size: int, version: str) -> Response:
    """A picture at most `size` wide and high; for ever the same under its version."""
    if size not in SIZES:
        raise InputError(f"Pictures come in the sizes {', '.join(map(str, SIZES))}, not {size}.")
    name = project.image_name(item)
    if not name:
        raise NotFound(f"There is no picture for '{item}' in {project.card.images or 'this project'}.")
    current = project.pictures.version(name) == version
    found = thumbnails.picture(project.pictures, name, size)
    kept = "private, max-age=31536000, immutable" if current else "no-store"
    headers = {**PLAIN, "Cache-Control": kept, "Content-Security-Policy": "default-src 'none'; sandbox"}
    return Response(found.data, media_type=found.media_type, headers=headers)


def _endpoint(
    settings: Settings, answer: Answer, action: str, thumbnails: images.Thumbnails
) -> Callable[[Request], Awaitable[Response]]:
    def checked(request: Request, body: Shape) -> Response:
        project = opened(settings, request.path_params["name"])
        key = auth.secret(settings.home)
        grant = auth.granted(key, request.headers.get(auth.HEADER, ""), project.card.uid, action)
        try:
            said = answer(request, project, grant, body)
            response = JSONResponse(said, headers={**PLAIN, "Cache-Control": "no-store"})
        except LabelReviewError as error:
            said, response = {}, _refusal(error)
        response.headers[VERSION] = project.card.version  # an open page notices that the data is another one
        if said and answer in (queue, items):
            _give_pass(request, response, project, key)
            questions: list[Shape] = said["cells" if answer is queue else "items"]
            _make_ready(thumbnails, project, [shown["item"] for shown in questions])
        return response

    async def endpoint(request: Request) -> Response:
        try:
            body = await _body(request) if request.method == "POST" else {}
            return await run_in_threadpool(checked, request, body)
        except LabelReviewError as error:
            return _refusal(error)

    return endpoint


def _image_endpoint(settings: Settings, thumbnails: images.Thumbnails) -> Callable[[Request], Awaitable[Response]]:
    # Threads of their own: pictures that wait for a slow source hold up no decision and no queue.
    threads = ThreadPoolExecutor(PICTURES_AT_ONCE, "labelreview-pictures")

    def answered(request: Request) -> Response:
        try:
            project = opened(settings, request.path_params["name"])
            auth.check_pass(auth.secret(settings.home), request.cookies.get(_cookie(project), ""), project.card.uid)
            asked = request.path_params
            return image(thumbnails, project, request.query_params.get("item", ""), asked["size"], asked["version"])
        except LabelReviewError as error:
            return _refusal(error)

    async def endpoint(request: Request) -> Response:
        return await asyncio.get_running_loop().run_in_executor(threads, answered, request)

    return endpoint


def _make_ready(thumbnails: images.Thumbnails, project: Project, items: Sequence[str]) -> None:
    """Have what makes pictures running, and where they come from far away, the next ones fetched before they are asked
    for. A folder needs no such help: the browser asks for the next ones itself.
    """
    thumbnails.start()
    with suppress(LabelReviewError):  # said with each picture
        if project.card.images and project.pictures.remote:
            thumbnails.ahead(project.pictures, filter(None, map(project.image_name, dict.fromkeys(items))), SHOWN)


def _refusal(error: LabelReviewError) -> JSONResponse:
    observing.refused(error)
    status = next(status for kind, status in STATUS.items() if isinstance(error, kind))
    return JSONResponse({"error": str(error)}, status, {**PLAIN, "Cache-Control": "no-store"})


def _give_pass(request: Request, response: Response, project: Project, key: bytes) -> None:
    response.set_cookie(
        _cookie(project),
        auth.picture_pass(key, project.card.uid),
        max_age=auth.PASS_SECONDS,
        path="/api/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


def _cookie(project: Project) -> str:
    return f"labelreview_pictures_{project.card.uid[:12]}"


async def _body(request: Request) -> Shape:
    received = bytearray()
    async for part in request.stream():
        received += part
        if len(received) > LARGEST_BODY:
            raise InputError(f"The request is larger than {LARGEST_BODY} bytes. Send fewer decisions at once.")
    try:
        shape = json.loads(received)
    except (ValueError, RecursionError):
        shape = None
    if not isinstance(shape, dict):
        raise InputError("The request's body must be a JSON object.")
    return shape


def _kept(body: Shape) -> list[tuple[str, str]]:
    kept = body.get("keep", [])
    if not isinstance(kept, list) or len(kept) > MOST_CELLS:
        raise InputError(f"keep must be a list of at most {MOST_CELLS} pairs of an item and a tag.")
    pairs = [(pair[0], pair[1]) for pair in kept if isinstance(pair, list) and len(pair) == 2]
    return [(item, tag) for item, tag in pairs if isinstance(item, str) and isinstance(tag, str)]


def _filters(project: Project, body: Shape) -> Filters:
    words = {name: body.get(name) or default for name, default in FILTERS.items()}
    suspects, disputes = body.get("suspects") is True, body.get("disputes") is True
    if not all(isinstance(word, str) for word in words.values()):
        raise InputError(f"{', '.join(FILTERS)} must be texts.")
    tag, direction = words["tag"], words["direction"]
    if tag and tag not in project.dataset.tags:
        raise NotFound(f"There is no tag '{tag}' in this project.")
    if direction not in ("", *Direction):
        raise InputError(f"direction={direction!r} is not known. Use wrong, missing, or leave it out.")
    return Filters(tag, Direction(direction) if direction else None, words["text"], words["order"], suspects, disputes)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 6 or not 1 <= int(text) <= MOST_CELLS:
        raise InputError(f"{text[:20]!r} is not a number from 1 to {MOST_CELLS}.")
    return int(text)


def _holder(text: object) -> str:
    if not isinstance(text, str) or not UID.fullmatch(text):
        raise InputError("holder must be 8 to 64 letters, digits, - or _.")
    return text


def _cell(project: Project, question: Question, language: str) -> Shape:
    suspect = question.suspect
    return {
        "item": suspect.item,
        "tag": suspect.tag,
        "given": suspect.given,
        "suggested": suspect.suggested,
        "pred_prob": _number_or_none(suspect.pred_prob),
        "models": _models(project, suspect.item, suspect.tag),
        "score": _number_or_none(suspect.score),
        "direction": suspect.direction.value,
        "screen": question.screen,
        "others": [{"tag": other.tag, "given": other.given, "now": other.now} for other in question.others],
        "definition": question.definition,
        **_text(project, suspect.item),
        "reason": wording.reason(question, language),
        **_image_address(project, suspect.item),
    }


def _row(row: Row) -> Shape:
    shape = {**asdict(row)}
    return {name: None if value != value else value for name, value in shape.items()}


def _example(project: Project, example: Example) -> Shape:
    return {
        "item": example.item,
        "given": example.given,
        "now": example.now,
        "judged": example.judged,
        "same": example.same,
        **_text(project, example.item),
        **_image_address(project, example.item, 320),
    }


def _text(project: Project, item: str) -> Shape:
    """The beginning of a document, and how many characters there are; null where the item is none."""
    text = project.text(item)
    if text is None:
        return {"text": None, "characters": 0}
    return {"text": text[:LONGEST_TEXT], "characters": len(text)}


def _models(project: Project, item: str, tag: str) -> list[Shape]:
    """What each model says of the cell."""
    slot = int(project.dataset.grid.slots(np.array([project.dataset.cell(item, tag)]))[0])
    return [{"name": n, "pred_prob": _number_or_none(float(np.ravel(p)[slot]))} for n, p in project.models.items()]


def _number_or_none(number: float) -> float | None:
    return number if number == number else None  # JSON knows no NaN


def _with_cell(project: Project, decision: Decision, language: str) -> list[Shape]:
    """The decision and its cell; nothing where the data no longer has the cell."""
    try:
        (question,) = project.questions([(decision.item, decision.tag)])
    except NotFound:
        return []
    return [{**wire(decision), "cell": {**_cell(project, question, language), "screen": decision.screen}}]


def _image_address(project: Project, item: str, size: int = 1280) -> Shape:
    """Where the picture is, or why there is none."""
    folder = project.card.images
    try:
        name = project.image_name(item)
        if not name:
            why = f"No picture for this id in {folder}." if folder else "This project has no images."
            return {"image": None, "why": why}
        address = f"{AT.format(name=quote(project.card.name, safe=''))}/images/{size}/{project.pictures.version(name)}"
    except LabelReviewError as error:
        return {"image": None, "why": str(error)}
    return {"image": f"{address}?item={quote(item, safe='')}", "why": ""}
