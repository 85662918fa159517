"""What the review loop asks the server for: pictures, the queue, and where decisions go. JSON in, JSON out.

Streamlit's sign-in, XSRF check and allowed hosts do not reach these routes, so each one checks for itself, here in
`_endpoint`. Errors are {"error": message}; 401 asks the page for a new token, 5xx asks the browser to try again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import replace

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from labelreview import images, rulings
from labelreview.decisions import ADJUDICATE, from_wire
from labelreview.desk import pins, second
from labelreview.desk.people import NotAllowed
from labelreview.desk.project import Project
from labelreview.desk.whole import cell as one_cell
from labelreview.desk.whole import next_items, wholes
from labelreview.errors import InputError, LabelReviewError, NotFound, Refused, StoreError
from labelreview.roles import Action
from labelreview.settings import Settings
from labelreview.web import asked, auth, observing, shapes, wording
from labelreview.web.asked import Shape
from labelreview.web.session import opened
from labelreview.web.shapes import AT, SHOWN, SMALL

SIZES = (SMALL, SHOWN, 2560, 8192)  # the last: as large as it is, but for giants
PICTURES_AT_ONCE = 16
LOOKS_AT_ONCE = 8
MOST_ITEMS = 50
VERSION = "X-Labelreview-Version"
PLAIN = {"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"}
STATUS: dict[type[LabelReviewError], int] = {
    auth.NoToken: 401,
    asked.TooSlow: 408,
    asked.TooLarge: 413,
    Refused: 403,
    NotFound: 404,
    InputError: 400,
    StoreError: 503,
}

Endpoint = Callable[[Request], Awaitable[Response]]
Answer = Callable[[Request, Project, auth.Grant, Shape], Shape]


def routes(settings: Settings) -> list[Route]:
    """All routes of the app, over the projects of one home."""
    table: list[tuple[str, str, Answer, Action]] = [
        ("POST", "queue", queue, Action.LOOK),
        ("GET", "recent", recent, Action.LOOK),
        ("GET", "beside", beside, Action.LOOK),
        ("GET", "text", text, Action.LOOK),
        ("POST", "items", items, Action.LOOK),
        ("GET", "cell", cell, Action.LOOK),
        ("GET", "vocabulary", vocabulary, Action.LOOK),
        ("POST", "propose", propose, Action.ANSWER),
        ("POST", "pin", pin, Action.DECIDE),
        ("POST", "decisions", decisions, Action.ANSWER),
        ("POST", "release", release, Action.LOOK),
    ]
    thumbnails = images.kept_in(settings.cache / "pictures", settings.cache_bytes)
    at_once = asyncio.Semaphore(LOOKS_AT_ONCE)
    return [
        *(_route(word, method, _endpoint(settings, answer, action, thumbnails, at_once), action)
          for method, word, answer, action in table),
        _route("images/{size:int}/{version}", "GET", _image_endpoint(settings, thumbnails), Action.LOOK),
    ]  # fmt: skip


def _route(word: str, method: str, endpoint: Endpoint, action: Action) -> Route:
    """A route that says which action it is; the tests compare what is said with what is refused."""
    endpoint.action = action  # type: ignore[attr-defined]
    return Route(f"{AT}/{word}", endpoint, methods=[method])


def queue(request: Request, project: Project, grant: auth.Grant, body: Shape) -> Shape:
    """The next cells for this tab, leased to it, and how far the filter is answered. `keep`: those it has ready."""
    want, holder = asked.number(str(body.get("want", 100))), asked.holder(body.get("holder"), grant.reviewer)
    filters = asked.filters(project, body)
    if filters.disputes:
        grant.check(Action.ADJUDICATE)
    batch = second.batch(project, grant.reviewer, holder, filters, want, asked.kept(body))
    language = asked.language(request)
    return {
        "cells": [shapes.cell(project, question, language) for question in batch.questions],
        "total": batch.progress.total,
        "answered": batch.progress.answered,
        "remaining": batch.progress.remaining,
        "revision": batch.revision,
    }


def recent(request: Request, project: Project, grant: auth.Grant, _body: Shape) -> Shape:
    """This reviewer's verdicts and flags that hold, newest first, with their cells: what undo needs after a reload."""
    most, language = asked.number(request.query_params.get("n", "50")), asked.language(request)
    newest = project.verdicts().undoable(grant.reviewer)[-most:]
    return {"decisions": [shape for each in reversed(newest) for shape in shapes.with_cell(project, each, language)]}


def beside(request: Request, project: Project, _grant: auth.Grant, _body: Shape) -> Shape:
    """What is known around a cell: items that look like its item, examples and counter-examples of its tag."""
    query = request.query_params
    return shapes.beside(project, query.get("item", ""), query.get("tag", ""), asked.language(request))


def pin(_request: Request, project: Project, grant: auth.Grant, body: Shape) -> Shape:
    """Make an item an example (label 1) or a counter-example (0) of a tag for everybody, or no longer (null)."""
    item, tag, label = body.get("item"), body.get("tag"), body.get("label")
    if not isinstance(item, str) or not isinstance(tag, str) or label not in (0, 1, None) or isinstance(label, bool):
        raise InputError("pin needs an item and a tag, both texts, and a label: 1, 0 or null.")
    pins.pin(project, grant.reviewer, tag, item, label)
    return {}


def text(request: Request, project: Project, _grant: auth.Grant, _body: Shape) -> Shape:
    """The whole of a document."""
    return {"text": project.text(request.query_params.get("item", ""))}


def items(request: Request, project: Project, grant: auth.Grant, body: Shape) -> Shape:
    """The next items for this tab with their tags, leased to it. `keep`: the items that it has ready. `look`: those
    that the text of the filter names, answered or not."""
    keep = body.get("keep", [])
    if not isinstance(keep, list) or len(keep) > MOST_ITEMS or not all(isinstance(item, str) for item in keep):
        raise InputError(f"keep must be a list of at most {MOST_ITEMS} ids.")
    want = min(asked.number(str(body.get("want", 6))), MOST_ITEMS)
    holder, filters = asked.holder(body.get("holder"), grant.reviewer), asked.filters(project, body)
    language = asked.language(request)
    if body.get("look") is True:  # at what is answered, to change one's mind: nothing is leased
        again = wholes(project, grant.reviewer, project.asking.named(filters.text, want))
        return {"items": [shapes.whole(project, whole, language) for whole in again], "total": 0, "answered": 0}
    found = next_items(project, grant.reviewer, holder, filters, want, keep)
    told = [shapes.whole(project, whole, language) for whole in found.wholes]
    return {"items": told, "total": found.progress.total, "answered": found.progress.answered}


def cell(request: Request, project: Project, grant: auth.Grant, _body: Shape) -> Shape:
    """One tag of an item, which the list of the item's tags left out."""
    wanted = request.query_params
    return {"row": shapes.row(one_cell(project, grant.reviewer, wanted.get("item", ""), wanted.get("tag", "")))}


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
    if any(decision.screen == ADJUDICATE for decision in made):
        grant.check(Action.ADJUDICATE)
    try:
        project.check(made)
    except NotFound as error:
        raise InputError(str(error)) from None
    stored = project.record(made)
    observing.STORED.inc(len(stored))
    project.follow()  # so that the order learns now, not with the next batch
    if undone := [(decision.item, decision.tag) for decision in made if decision.undoes]:
        holder = asked.holder(body.get("holder"), grant.reviewer)
        project.asking.hold(holder, undone)  # it is on the sender's screen again
    return {"stored": stored, "revision": project.orders.revision}


def release(_request: Request, project: Project, grant: auth.Grant, body: Shape) -> Shape:
    """Give a tab's leases back."""
    project.asking.release(asked.holder(body.get("holder"), grant.reviewer))
    return {}


def image(thumbnails: images.Thumbnails, project: Project, item: str, size: int, version: str) -> Response:
    """A picture at most `size` wide and high; for ever the same under its version."""
    if size not in SIZES:
        raise InputError(f"Pictures come in the sizes {', '.join(map(str, SIZES))}, not {size}.")
    name = project.image_name(item)
    if not name:
        raise NotFound(f"There is no picture for '{item}' in {project.card.images or 'this project'}.")
    current = project.pictures.version(name)
    found = thumbnails.picture(project.pictures, name, size, current)
    kept = "private, max-age=31536000, immutable" if current == version else "no-store"
    headers = {**PLAIN, "Cache-Control": kept, "Content-Security-Policy": "default-src 'none'; sandbox"}
    return Response(found.data, media_type=found.media_type, headers=headers)


def _endpoint(
    settings: Settings, answer: Answer, action: Action, thumbnails: images.Thumbnails, at_once: asyncio.Semaphore
) -> Endpoint:
    def checked(request: Request, body: Shape) -> Response:
        project = opened(settings, request.path_params["name"])
        key = auth.secret(settings.home)
        grant = auth.granted(key, request.headers.get(auth.HEADER, ""), project.card.uid, action)
        grant = _in_force(project, grant, action)
        try:
            said = answer(request, project, grant, body)
            response = JSONResponse(said, headers={**PLAIN, "Cache-Control": "no-store"})
        except LabelReviewError as error:
            said, response = {}, _refusal(error, request)
        response.headers[VERSION] = project.card.version  # an open page notices that the data is another one
        if said and answer in (queue, items):
            _give_pass(request, response, project, grant, key)
            questions: list[Shape] = said["cells" if answer is queue else "items"]
            _make_ready(thumbnails, project, [shown["item"] for shown in questions])
        return response

    async def endpoint(request: Request) -> Response:
        try:
            body = await asked.body(request) if request.method == "POST" else {}
            # Those who look wait for each other; they must not take all threads, or who answers waits with them.
            async with nullcontext() if answer is decisions else at_once:
                return await run_in_threadpool(checked, request, body)
        except LabelReviewError as error:
            return _refusal(error, request)

    return endpoint


def _in_force(project: Project, grant: auth.Grant, action: Action) -> auth.Grant:
    """The grant as far as it holds now. NoToken when its sign-in was ended, NotAllowed when the role was taken away."""
    if grant.sign_in and project.people.has_ended(grant.sign_in):
        raise auth.NoToken("You have signed out. Reload the page to sign in again.")
    return replace(grant, actions=grant.actions & project.people.check(grant.reviewer, action))


def _image_endpoint(settings: Settings, thumbnails: images.Thumbnails) -> Endpoint:
    # Threads of their own: pictures that wait for a slow source hold up no decision and no queue.
    threads = ThreadPoolExecutor(PICTURES_AT_ONCE, "labelreview-pictures")

    def answered(request: Request) -> Response:
        try:
            project = opened(settings, request.path_params["name"])
            passed = request.cookies.get(_cookie(project), "")
            _in_force(project, auth.shown_to(auth.secret(settings.home), passed, project.card.uid), Action.LOOK)
            size, version = request.path_params["size"], request.path_params["version"]
            return image(thumbnails, project, request.query_params.get("item", ""), size, version)
        except LabelReviewError as error:
            return _refusal(error, request)

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


def _refusal(error: LabelReviewError, request: Request) -> JSONResponse:
    observing.refused(error)
    status = next(status for kind, status in STATUS.items() if isinstance(error, kind))
    kind = {"kind": "role"} if isinstance(error, NotAllowed) else {}  # answers that wait for it are kept
    said = {"error": wording.trouble(error, asked.language(request)), **kind}
    return JSONResponse(said, status, {**PLAIN, "Cache-Control": "no-store"})


def _give_pass(request: Request, response: Response, project: Project, grant: auth.Grant, key: bytes) -> None:
    response.set_cookie(
        _cookie(project),
        auth.picture_pass(key, grant),
        max_age=auth.PASS_SECONDS,
        path="/api/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


def _cookie(project: Project) -> str:
    return f"labelreview_pictures_{project.card.uid[:12]}"
