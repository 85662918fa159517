"""The door: what is looked at before any route or page, for HTTP and websockets alike.

Names without passwords (sign-in *local*) are for this machine alone: whoever comes from elsewhere, or by another name
than this machine's (a site whose name was made to point here), is turned away. The header that says who somebody is
counts only from the proxies that the settings list; from anybody else it is taken off. Requests of other sites to the
routes are refused, and so is who asks far more often than a person can.
"""

import json
import time
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from labelreview.errors import InputError
from labelreview.settings import Settings, SignIn
from labelreview.web import auth

BELIEVED = "FORWARDED_ALLOW_IPS"  # the web server's: whose word it takes for where a request comes from
API = "/api/"
PICTURES = "/images/"
SECONDS, PICTURES_MORE = 4.0, 5.0  # so many seconds' requests may come at once; so many times as many pictures
MOST_CLIENTS = 10_000
LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
WHAT_TO_DO = (
    "Names are taken without a password here (LABELREVIEW_SIGN_IN=local), so the app is for this machine alone. To let "
    "others in, set LABELREVIEW_SIGN_IN to oidc or proxy; see docs/people.md."
)


def check_address(settings: Settings, address: str | None) -> None:
    """InputError when the app would listen wider than the way it knows people by allows; None: on every address."""
    if settings.sign_in is SignIn.LOCAL and not is_loopback(address or ""):
        raise InputError(f"The app does not listen on {address or 'every address'}. {WHAT_TO_DO}")


def check_peers(settings: Settings, believed: str | None) -> None:
    """InputError when the web server would take the peer's address from a header, before the door can look at it."""
    if settings.sign_in is SignIn.PROXY and believed != "":
        raise InputError(
            f"LABELREVIEW_SIGN_IN is proxy, and {BELIEVED} is {believed or 'not set'}: a header could then say where a "
            f"request comes from. Start the app with `labelreview serve`, or set {BELIEVED} to nothing."
        )


def is_loopback(host: str) -> bool:
    """Whether an address or name is this machine's own.

    >>> [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "10.0.0.1", "example.org", "")]
    [True, True, True, False, False, False, False]
    """
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass
class Bucket:
    """Requests that a client may still send; fills up with time."""

    left: float
    at: float


class Rate:
    """Who asks too often. Buckets of the clients seen last."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._buckets: OrderedDict[tuple[str, bool], Bucket] = OrderedDict()

    def allows(self, client: str, picture: bool) -> bool:
        """Count a request; False when it is one too many."""
        now, rate = time.monotonic(), self._rate * (PICTURES_MORE if picture else 1)
        most = rate * SECONDS
        bucket = self._buckets.pop((client, picture), None) or Bucket(most, now)
        bucket.left, bucket.at = min(most, bucket.left + (now - bucket.at) * rate), now
        self._buckets[client, picture] = bucket
        if len(self._buckets) > MOST_CLIENTS:
            self._buckets.popitem(last=False)
        if bucket.left < 1:
            return False
        bucket.left -= 1
        return True


class Door:
    """Middleware in front of everything."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app, self._settings, self._rate = app, settings, Rate(settings.requests_a_second)
        self._user_header = settings.user_header.lower().encode("latin-1")
        self._bearer = lru_cache(maxsize=1000)(lambda token: auth.bearer(auth.secret(settings.home), token))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        if self._settings.sign_in is SignIn.LOCAL and not _is_local(scope):
            await _refuse(scope, send, 403, WHAT_TO_DO)
            return
        self._tell(scope)
        if scope["type"] == "websocket" and not self._is_own(scope):
            await _refuse(scope, send, 403, "Pages of other sites are not answered.")
            return
        if scope["path"].startswith(API):
            if _header(scope, b"sec-fetch-site") in ("cross-site", "same-site"):
                await _refuse(scope, send, 403, "Requests of other sites are not answered.")
                return
            if not self._rate.allows(self._client(scope), PICTURES in scope["path"]):
                await _refuse(scope, send, 429, "Too many requests. They are taken again in a second.")
                return
        await self._app(scope, receive, send)

    def _tell(self, scope: Scope) -> None:
        """Take what a listed proxy says of the request for true, and what anybody else says off it."""
        trusted = self._trusts(_peer(scope))
        is_proxy_mode = self._settings.sign_in is SignIn.PROXY
        scope["headers"] = [(name, value) for name, value in scope["headers"]
                            if name.lower() != self._user_header or (trusted and is_proxy_mode)]  # fmt: skip
        if trusted and _header(scope, b"x-forwarded-proto") == "https":
            scope["scheme"] = "wss" if scope["type"] == "websocket" else "https"

    def _is_own(self, scope: Scope) -> bool:
        """Whether a websocket is of a page of this app. Streamlit lets in any page of this machine, on any port; a
        proxy that signs in may give the app another name, and has to look itself."""
        origin = _header(scope, b"origin")
        if not origin or self._settings.sign_in is SignIn.PROXY:
            return True
        provider = self._settings.provider
        ours = urlsplit(provider.app_url).netloc if provider else ""
        return urlsplit(origin).netloc in (_header(scope, b"host"), ours)

    def _trusts(self, peer: str) -> bool:
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self._settings.proxies)

    def _client(self, scope: Scope) -> str:
        """Who asks, for counting: the person of a valid token, else the address."""
        token = _header(scope, auth.HEADER.lower().encode())
        if token and (person := self._bearer(token)):
            return person
        peer = _peer(scope)
        before = _header(scope, b"x-forwarded-for").rpartition(",")[2].strip()
        return before if before and self._trusts(peer) else peer


def _is_local(scope: Scope) -> bool:
    """From this machine, to this machine, by a name of this machine. A Unix socket has no addresses."""
    server, client = scope.get("server"), scope.get("client")
    if server and server[1] is not None and not is_loopback(server[0]):
        return False
    if client and client[0] and not is_loopback(client[0]):
        return False
    host = _header(scope, b"host")
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return name in LOCAL_NAMES or name.endswith(".localhost")


def _peer(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _header(scope: Scope, name: bytes) -> str:
    found: bytes = next((value for key, value in scope["headers"] if key.lower() == name), b"")
    return found.decode("latin-1")


async def _refuse(scope: Scope, send: Send, status: int, why: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": why[:100]})
        return
    headers: list[Any] = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    if status == 429:
        headers.append((b"retry-after", b"1"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps({"error": why}).encode()})
