"""Who may do what: tokens for the routes, made and checked here alone.

A page that knows its reviewer mints a *token* (signed, good for a quarter of an hour) that names the project, the
reviewer, what they may do with it, and the sign-in it was made for. It travels as a header, which no other site can
send. Pictures cannot carry a header, so the queue's answer sets a *pass*: a cookie that is good for one project's
pictures and for nothing else. Whether the person still has their role, and the sign-in still holds, is asked anew with
every request (`routes`).
"""

import hmac
import os
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkstemp
from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer

from labelreview.errors import Refused, StoreError
from labelreview.roles import Action

HEADER = "X-Labelreview-Token"
TOKEN_SECONDS = 900
PASS_SECONDS = 2 * 3600  # each fetch of the queue renews it


class NoToken(Refused):
    """Nothing that says who asks, or nothing that holds: the page makes a new one."""


@dataclass(frozen=True)
class Grant:
    """What a token says once it is checked. `sign_in` names what it was made for, '' where that cannot be ended."""

    project: str
    reviewer: str
    actions: frozenset[Action]
    sign_in: str = ""

    def check(self, action: Action) -> None:
        """Refused when the token does not reach that far."""
        if action not in self.actions:
            raise Refused(f"This token does not allow to {action}.")


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


def derived(home: Path, purpose: str) -> str:
    """A key for another purpose, from which the one that signs cannot be told."""
    return hmac.digest(secret(home), purpose.encode(), "sha256").hex()


def token(
    key: bytes,
    project: str,
    reviewer: str,
    actions: Collection[Action] = (Action.LOOK, Action.ANSWER),
    sign_in: str = "",
) -> str:
    """A token for one reviewer of one project (its uid)."""
    return _signer(key, "token").dumps({"p": project, "r": reviewer, "a": sorted(actions), "s": sign_in})


def granted(key: bytes, text: str, project: str, action: Action) -> Grant:
    """What a token grants; NoToken when it does not hold here, Refused when it holds and does not reach that far."""
    shape = _checked(key, "token", text, TOKEN_SECONDS)
    try:
        grant = Grant(shape["p"], shape["r"], frozenset(map(Action, shape["a"])), shape["s"])
    except (KeyError, ValueError):
        raise NoToken("This token is of another version of the app. Reload the page.") from None
    if grant.project != project:
        raise NoToken("This token is for another project. Reload the page.")
    grant.check(action)
    return grant


def picture_pass(key: bytes, grant: Grant) -> str:
    """A pass for the pictures of a grant's project."""
    return _signer(key, "pictures").dumps({"p": grant.project, "r": grant.reviewer, "s": grant.sign_in})


def shown_to(key: bytes, text: str, project: str) -> Grant:
    """Who has this pass; NoToken when it does not hold for this project's pictures."""
    shape = _checked(key, "pictures", text, PASS_SECONDS)
    if shape["p"] != project:
        raise NoToken("These pictures belong to another project. Reload the page.")
    return Grant(project, shape.get("r", ""), frozenset({Action.LOOK}), shape.get("s", ""))


def bearer(key: bytes, text: str) -> str:
    """Whose token this is, for counting requests; '' when it is not signed here. Nothing is allowed by it."""
    try:
        shape = _signer(key, "token").loads(text)
    except BadData:
        return ""
    return f"{shape['p']} {shape['r']}"


def _signer(key: bytes, purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(key, salt=f"labelreview {purpose}")


def _checked(key: bytes, purpose: str, text: str, seconds: int) -> dict[str, Any]:
    try:
        shape: dict[str, Any] = _signer(key, purpose).loads(text, max_age=seconds)
    except BadData:
        raise NoToken("There is no valid token with this request. Reload the page.") from None
    return shape
