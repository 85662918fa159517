"""The only reader of the environment. Doors read it once and pass values down."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from labelreview.errors import InputError

HOME = "LABELREVIEW_HOME"
DATABASE_URL = "LABELREVIEW_DATABASE_URL"
CACHE_MB = "LABELREVIEW_CACHE_MB"
PRIVATE_ADDRESSES = "LABELREVIEW_PRIVATE_ADDRESSES"
LOG = "LABELREVIEW_LOG"
USUAL_CACHE_MB = 2000


@dataclass(frozen=True)
class Settings:
    """Where state lives: one folder, never beside the user's own files, and one database.

    `cache_bytes` is what small pictures may take; `private_addresses` says whether pictures may come from inside a
    private network; `json_log`, whether the log is for a machine.
    """

    home: Path
    database_url: str
    cache_bytes: int = USUAL_CACHE_MB * 10**6
    private_addresses: bool = False
    json_log: bool = False

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
        chosen = environment.get(HOME, "").strip()
        home = Path(chosen).expanduser() if chosen else platformdirs.user_data_path("labelreview", appauthor=False)
        home = _private_folder(home.absolute())
        url = environment.get(DATABASE_URL, "").strip() or _sqlite_url(home)
        private = environment.get(PRIVATE_ADDRESSES, "").strip().lower() in ("1", "true", "yes")
        log = environment.get(LOG, "").strip().lower()
        if log not in ("", "text", "json"):
            raise InputError(f"{LOG} is '{log}'. Set it to json, or to text, which is the default.")
        cache = _megabytes(environment.get(CACHE_MB, "").strip()) * 10**6
        return cls(home, url, cache, private, log == "json")


def _megabytes(text: str) -> int:
    if text and not (text.isascii() and text.isdigit() and 0 < int(text) < 10**9):
        raise InputError(f"{CACHE_MB} is '{text}'. Set it to a number of megabytes, such as {USUAL_CACHE_MB}.")
    return int(text or USUAL_CACHE_MB)


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
