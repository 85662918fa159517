"""Requests that reach only what they may: http and https to public addresses, checked on the address that is really
connected to, again after every redirect, with a limit of time and size.

Without this, whoever writes a URL into a project could make the server read its own network (a metadata service, a
router, a database's page). `private=True` is for a server whose pictures are in such a network.
"""

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urljoin, urlsplit

from labelreview.errors import InputError, Refused

SECONDS = 10.0
REDIRECTS = 5
BLOCK = 1 << 16
USUAL = {"User-Agent": "labelreview", "Accept-Encoding": "identity"}
NAT64 = ipaddress.ip_network("64:ff9b::/96")
ALLOW = "Set LABELREVIEW_PRIVATE_ADDRESSES=1 if this server may read there."
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Unreachable(Exception):
    """Nobody answered, or not in time; the message completes "Image 'x' ..."."""


class Answer(NamedTuple):
    """What came back: the status, the headers in small letters, the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def is_public(address: str) -> bool:
    """Whether an address is out in the Internet, whatever way it is written.

    >>> [is_public(a) for a in ("93.184.216.34", "127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:10.0.0.1")]
    [True, False, False, False, False, False]
    >>> [is_public(a) for a in ("64:ff9b::7f00:1", "2002:7f00:1::", "fe80::1", "fd00::1", "0.0.0.0", "224.0.0.1")]
    [False, False, False, False, False, False]
    """
    try:
        found: Address = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        within = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if found in NAT64:
            within = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if within is not None:
            found = within
    return found.is_global and not found.is_multicast


def checked(url: str) -> SplitResult:
    """The parts of an http or https URL; Refused for every other kind."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise InputError(f"'{url[:200]}' is not a URL.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused(f"'{url[:200]}' is not an http or https URL: pictures are read from no other.")
    if parts.username is not None or parts.password is not None:
        raise Refused("A URL of pictures must hold no user name or password: it would be kept and shown. Use signed "
                      "URLs, or a store such as s3://.")  # fmt: skip
    return parts


def fetched(
    url: str, *, private: bool, largest: int, seconds: float = SECONDS, headers: Mapping[str, str] | None = None
) -> Answer:
    """The answer to GET, after redirects. Refused for an address that may not be reached, Unreachable for none."""
    end = time.monotonic() + seconds
    for _ in range(REDIRECTS + 1):
        parts = checked(url)
        answer = _asked(parts, private, end, largest, headers or {})
        if answer.status not in (301, 302, 303, 307, 308) or "location" not in answer.headers:
            return answer
        onward = urljoin(url, answer.headers["location"])
        if parts.scheme == "https" and urlsplit(onward).scheme == "http":
            raise Refused(f"{parts.hostname} leads from https to http, which is not followed.")
        url = onward
    raise Unreachable(f"is behind more than {REDIRECTS} redirects")


def _asked(parts: SplitResult, private: bool, end: float, largest: int, headers: Mapping[str, str]) -> Answer:
    host, target = str(parts.hostname), (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    connection = _Pinned(host, port, _allowed(host, port, private), end, parts.scheme == "https")
    try:
        connection.request("GET", target, headers=USUAL | dict(headers))
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, _body(response, connection, end, largest, host))
    except TimeoutError:
        raise Unreachable(f"did not come in time: {host} is slow or does not answer") from None
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"cannot be fetched: {host} does not answer ({str(error) or type(error).__name__})") from None
    finally:
        connection.close()


def _body(response: Any, connection: "_Pinned", end: float, largest: int, host: str) -> bytes:
    """The body, in pieces, so that one that trickles in cannot hold up anything."""
    parts, size = [], 0
    while True:
        connection.hurry(end)
        piece = response.read1(BLOCK)
        if not piece:
            break
        size += len(piece)
        if size > largest:
            raise Unreachable(f"has more than {largest:,} bytes at {host}, which is not fetched")
        parts.append(piece)
    if response.length not in (None, 0):
        raise Unreachable(f"broke off half-way from {host}")
    return b"".join(parts)


def _allowed(host: str, port: int, private: bool) -> str:
    """The address to connect to; Refused when any of the host's addresses is not public, unless private ones may."""
    try:
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"cannot be fetched: there is no host '{host}' ({error})") from None
    closed = [address for address in found if not is_public(address)]
    if closed and not private:
        raise Refused(f"{host} is {closed[0]}, an address inside a private network, which is not read. {ALLOW}")
    return found[0]


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


class _Pinned(http.client.HTTPConnection):
    """A connection to the address that was checked, whatever the name resolves to a moment later."""

    def __init__(self, host: str, port: int, address: str, end: float, is_tls: bool) -> None:
        super().__init__(host, port)
        self.default_port = 443 if is_tls else 80
        self._address, self._end, self._is_tls = address, end, is_tls

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), max(0.05, self._end - time.monotonic()))
        if self._is_tls:
            self.sock = _tls().wrap_socket(self.sock, server_hostname=self.host)

    def hurry(self, end: float) -> None:
        """Leave the socket only the time that is left."""
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if self.sock is not None:
            self.sock.settimeout(left)
