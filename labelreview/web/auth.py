"""Who may do what: tokens for the routes, made and checked here alone.

A page that knows its reviewer mints a *token* (signed, one hour) that names the project, the reviewer and what they may
do. It travels as a header, which no other site can send. Pictures cannot carry a header, so the queue's answer sets a
*pass*: a cookie that is good for one project's pictures and for nothing else.
"""

import os
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkstemp
from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer

from labelreview.errors import Refused, StoreError

HEADER = "X-Labelreview-Token"
READ, DECIDE = "read", "decide"
TOKEN_SECONDS = 3600
PASS_SECONDS = 24 * 3600


class NoToken(Refused):
    """Nothing that says who asks, or nothing that holds: the page makes a new one."""


@dataclass(frozen=True)
class Grant:
    """What a token says once it is checked."""

    project: str
    reviewer: str
    actions: frozenset[str]


@cache
def secret(home: Path) -> bytes:
    """The key that signs, made on first use. Linking it into place lets the first of many processes win."""
    path = home / "secret.key"
    try:
        if not path.exists():
            home.mkdir(parents=True, exist_ok=True)
            handle, temporary = mkstemp(dir=home, prefix=".secret")  # 0600 from the first moment
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(os.urandom(32))
                os.link(temporary, path)
            except FileExistsError:
                pass
            finally:
                Path(temporary).unlink()
        return path.read_bytes()
    except OSError as error:
        raise StoreError(f"The key {path} cannot be read or made: {error.strerror}.") from error


def token(key: bytes, project: str, reviewer: str, actions: Collection[str] = (READ, DECIDE)) -> str:
    """A token for one reviewer of one project (its uid)."""
    return _signer(key, "token").dumps({"p": project, "r": reviewer, "a": sorted(actions)})


def granted(key: bytes, text: str, project: str, action: str) -> Grant:
    """What a token grants; NoToken when it does not hold here, Refused when it holds and does not reach that far."""
    shape = _checked(key, "token", text, TOKEN_SECONDS)
    grant = Grant(shape["p"], shape["r"], frozenset(shape["a"]))
    if grant.project != project:
        raise NoToken("This token is for another project. Reload the page.")
    if action not in grant.actions:
        raise Refused(f"This token does not allow to {action}.")
    return grant


def picture_pass(key: bytes, project: str) -> str:
    """A pass for the pictures of one project."""
    return _signer(key, "pictures").dumps({"p": project})


def check_pass(key: bytes, text: str, project: str) -> None:
    """NoToken when the pass does not hold for this project's pictures."""
    if _checked(key, "pictures", text, PASS_SECONDS)["p"] != project:
        raise NoToken("These pictures belong to another project. Reload the page.")


def _signer(key: bytes, purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(key, salt=f"labelreview {purpose}")


def _checked(key: bytes, purpose: str, text: str, seconds: int) -> dict[str, Any]:
    try:
        shape: dict[str, Any] = _signer(key, purpose).loads(text, max_age=seconds)
    except BadData:
        raise NoToken("There is no valid token with this request. Reload the page.") from None
    return shape
