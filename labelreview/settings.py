"""The only reader of the environment. Doors read it once and pass values down."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import platformdirs

from labelreview.errors import InputError

HOME = "LABELREVIEW_HOME"
DATABASE_URL = "LABELREVIEW_DATABASE_URL"
CACHE_MB = "LABELREVIEW_CACHE_MB"
PRIVATE_ADDRESSES = "LABELREVIEW_PRIVATE_ADDRESSES"
LOG = "LABELREVIEW_LOG"
USUAL_CACHE_MB = 2000
SIGN_IN, OWNERS, PROXIES = "LABELREVIEW_SIGN_IN", "LABELREVIEW_OWNERS", "LABELREVIEW_PROXIES"
USER_HEADER, SIGN_OUT_URL, URL = "LABELREVIEW_USER_HEADER", "LABELREVIEW_SIGN_OUT_URL", "LABELREVIEW_URL"
OIDC_URL, OIDC_CLIENT, OIDC_SECRET = (
    "LABELREVIEW_OIDC_URL",
    "LABELREVIEW_OIDC_CLIENT_ID",
    "LABELREVIEW_OIDC_CLIENT_SECRET",
)
REQUESTS, USUAL_REQUESTS = "LABELREVIEW_REQUESTS_A_SECOND", 100
USUAL_USER_HEADER = "X-Forwarded-Email"
Network = IPv4Network | IPv6Network


class SignIn(StrEnum):
    """How the app knows who is there."""

    LOCAL = "local"  # a name without a password, for this machine alone
    OIDC = "oidc"  # a provider of OpenID Connect
    PROXY = "proxy"  # a header that a proxy in front has set


@dataclass(frozen=True)
class Provider:
    """A provider of OpenID Connect, and what it knows the app as. `url` is where its metadata is."""

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    app_url: str


@dataclass(frozen=True)
class Settings:
    """Where state lives: one folder, never beside the user's own files, and one database.

    `cache_bytes` is what small pictures may take; `private_addresses` says whether pictures may come from inside a
    private network; `json_log`, whether the log is for a machine. `sign_in` says how people are
    known: by `provider` (OIDC), or by `user_header` from one of `proxies`; `owners` are owners of every project.
    `requests_a_second` is what one person may send before they have to wait.
    """

    home: Path
    database_url: str
    cache_bytes: int = USUAL_CACHE_MB * 10**6
    private_addresses: bool = False
    json_log: bool = False
    sign_in: SignIn = SignIn.LOCAL
    owners: tuple[str, ...] = ()
    proxies: tuple[Network, ...] = ()
    user_header: str = USUAL_USER_HEADER
    sign_out_url: str = ""
    provider: Provider | None = None
    requests_a_second: int = USUAL_REQUESTS

    @property
    def projects(self) -> Path:
        """The folder with one folder a project."""
        return self.home / "projects"

    @property
    def uploads(self) -> Path:
        """Files that came through the browser, and what an update joins of them."""
        return self.home / "uploads"

    @property
    def cache(self) -> Path:
        """What can be made again: small pictures, the members of archives."""
        return self.home / "cache"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read the LABELREVIEW_ variables (empty = not set); the home folder exists afterwards."""
        environment = os.environ if environment is None else environment
        told = {name: text.strip() for name, text in environment.items() if name.startswith("LABELREVIEW_")}
        chosen = told.get(HOME, "")
        home = Path(chosen).expanduser() if chosen else platformdirs.user_data_path("labelreview", appauthor=False)
        home = _private_folder(home.absolute())
        url = told.get(DATABASE_URL, "") or _sqlite_url(home)
        private = told.get(PRIVATE_ADDRESSES, "").lower() in ("1", "true", "yes")
        log = told.get(LOG, "").lower()
        if log not in ("", "text", "json"):
            raise InputError(f"{LOG} is '{log}'. Set it to json, or to text, which is the default.")
        cache = _count(told, CACHE_MB, "megabytes", USUAL_CACHE_MB) * 10**6
        return cls(home, url, cache, private, log == "json", **_people(told))


def _people(told: Mapping[str, str]) -> dict[str, Any]:
    """How people are known, in the fields of `Settings`. InputError where something is missing for the way chosen."""
    word = told.get(SIGN_IN, "").lower() or SignIn.LOCAL
    if word not in tuple(SignIn):
        raise InputError(f"{SIGN_IN} is '{word}'. Set it to one of {', '.join(SignIn)}.")
    proxies = tuple(_network(text) for text in _listed(told.get(PROXIES, "")))
    if word == SignIn.PROXY and not proxies:
        raise InputError(f"{SIGN_IN} is proxy, and {PROXIES} names no address that a proxy asks from. Set it to the "
                         "proxy's address, such as 10.0.0.5 or 172.16.0.0/12.")  # fmt: skip
    return {
        "sign_in": SignIn(word),
        "owners": tuple(_listed(told.get(OWNERS, ""))),
        "proxies": proxies,
        "user_header": told.get(USER_HEADER, "") or USUAL_USER_HEADER,
        "sign_out_url": _sign_out_url(told),
        "requests_a_second": _count(told, REQUESTS, "requests", USUAL_REQUESTS),
        "provider": _provider(told) if word == SignIn.OIDC else None,
    }


def _provider(told: Mapping[str, str]) -> Provider:
    missing = [name for name in (OIDC_URL, OIDC_CLIENT, OIDC_SECRET, URL) if not told.get(name)]
    if missing:
        raise InputError(f"{SIGN_IN} is oidc, and {', '.join(missing)} must be set too: the provider's address, what "
                         "it knows this app as, and the address of this app.")  # fmt: skip
    issuer = _web_address(told, OIDC_URL)
    found = issuer if "/.well-known/" in issuer else f"{issuer}/.well-known/openid-configuration"
    return Provider(found, told[OIDC_CLIENT], told[OIDC_SECRET], _web_address(told, URL))


def _web_address(told: Mapping[str, str], name: str) -> str:
    parts = urlsplit(told[name])
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(f"{name} is '{told[name]}'. Set it to a whole address, such as https://labels.example.org.")
    return told[name].rstrip("/")


def _sign_out_url(told: Mapping[str, str]) -> str:
    """An address, or a path of the same host (oauth2-proxy: /oauth2/sign_out)."""
    text = told.get(SIGN_OUT_URL, "")
    return text if not text or re.fullmatch(r"/[^/\\].*", text) else _web_address(told, SIGN_OUT_URL)


def _network(text: str) -> Network:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        raise InputError(f"{PROXIES} names '{text}', which is no address. Use such as 10.0.0.5 or 172.16.0.0/12, "
                         "several with commas between.") from None  # fmt: skip


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _count(told: Mapping[str, str], name: str, noun: str, usual: int) -> int:
    text = told.get(name, "")
    if text and not (text.isascii() and text.isdigit() and 0 < int(text) < 10**9):
        raise InputError(f"{name} is '{text}'. Set it to a number of {noun}, such as {usual}.")
    return int(text or usual)


def _private_folder(home: Path) -> Path:
    """Make it for this user alone; a folder that is there keeps the rights it has."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"The state folder {home} cannot be created: {error.strerror}. "
            f"Set {HOME} to a folder that this user may write to."
        ) from error
    return home


def _sqlite_url(home: Path) -> str:
    path = str(home / "decisions.db").replace("%", "%25").replace("?", "%3F")  # what else a URL would read as its own
    return f"sqlite:///{path}"
