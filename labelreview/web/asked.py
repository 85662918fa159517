"""What a request asks for, checked: the body within its limits, and the fields that several routes share."""

import asyncio
import json
from hashlib import blake2b
from typing import Any

from starlette.requests import Request

from labelreview.decisions import UID, Direction
from labelreview.desk.orders import LEARNED
from labelreview.desk.project import Project
from labelreview.errors import InputError, NotFound
from labelreview.review.again import Status
from labelreview.review.worklist import Filters

LARGEST_BODY = 1_000_000
LONGEST_SECONDS = 20.0  # that a body may take to come
MOST_CELLS = 500
WORDS = ("tag", "direction", "text", "status", "reviewer", "selection", "column", "value", "mark")
FILTERS = {**dict.fromkeys(WORDS, ""), "order": LEARNED}
Shape = dict[str, Any]


class TooLarge(InputError):
    """The body has more bytes than are taken."""


class TooSlow(InputError):
    """The body trickles in."""


def kept(body: Shape) -> list[tuple[str, str]]:
    """The cells that a tab has ready."""
    kept = body.get("keep", [])
    if not isinstance(kept, list) or len(kept) > MOST_CELLS:
        raise InputError(f"keep must be a list of at most {MOST_CELLS} pairs of an item and a tag.")
    pairs = [(pair[0], pair[1]) for pair in kept if isinstance(pair, list) and len(pair) == 2]
    return [(item, tag) for item, tag in pairs if isinstance(item, str) and isinstance(tag, str)]


def filters(project: Project, body: Shape) -> Filters:
    """Which cells are asked for."""
    words = {name: body.get(name) or default for name, default in FILTERS.items()}
    if not all(isinstance(word, str) for word in words.values()):
        raise InputError(f"{', '.join(FILTERS)} must be texts.")
    if words["tag"] and words["tag"] not in project.dataset.tags:
        raise NotFound(f"There is no tag '{words['tag']}' in this project.")
    if words["direction"] not in ("", *Direction):
        raise InputError(f"direction={words['direction']!r} is not known. Use wrong, missing, or leave it out.")
    if words["status"] not in ("", *Status):
        raise InputError(f"status={words['status']!r} is not known. Use one of {', '.join(Status)}, or leave it out.")
    return Filters(
        words["tag"],
        Direction(words["direction"]) if words["direction"] else None,
        words["text"],
        words["order"],
        suspects=body.get("suspects") is True,
        unlabelled=body.get("unlabelled") is True,
        disputes=body.get("disputes") is True,
        low=_share(body, "low", 0.0),
        high=_share(body, "high", 1.0),
        p_low=_share(body, "p_low", 0.0),
        p_high=_share(body, "p_high", 1.0),
        selection=words["selection"],
        status=words["status"],
        reviewer=words["reviewer"],
        column=words["column"],
        value=words["value"],
        mark=words["mark"],
    )


def _share(body: Shape, name: str, default: float) -> float:
    value = default if body.get(name) is None else body[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InputError(f"{name} must be a number from 0 to 1.")
    return float(value)


def language(request: Request) -> str:
    """In which words the answer is wanted, as our components say it; a list, as browsers send it, is no language."""
    return str(request.headers.get("accept-language", ""))


def number(text: str) -> int:
    """How many are wanted."""
    if not text.isascii() or not text.isdigit() or len(text) > 6 or not 1 <= int(text) <= MOST_CELLS:
        raise InputError(f"{text[:20]!r} is not a number from 1 to {MOST_CELLS}.")
    return int(text)


def holder(text: object, reviewer: str) -> str:
    """Who holds a tab's leases, as `PERSON.TAB`: a new tab may take over what the person's closed ones hold."""
    if not isinstance(text, str) or not UID.fullmatch(text):
        raise InputError("holder must be 8 to 64 letters, digits, - or _.")
    return f"{blake2b(reviewer.encode(), digest_size=8).hexdigest()}.{text}"


async def body(request: Request) -> Shape:
    """A request's JSON object; TooLarge or TooSlow before more of it is taken than may be."""
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            received = await _received(request)
    except TimeoutError:
        raise TooSlow(f"The request did not come within {LONGEST_SECONDS:g} seconds. Send it again.") from None
    try:
        shape = json.loads(received)
    except (ValueError, RecursionError):
        shape = None
    if not isinstance(shape, dict):
        raise InputError("The request's body must be a JSON object.")
    return shape


async def _received(request: Request) -> bytearray:
    received = bytearray()
    async for part in request.stream():
        received += part
        if len(received) > LARGEST_BODY:
            raise TooLarge(f"The request is larger than {LARGEST_BODY} bytes. Send fewer decisions at once.")
    return received
