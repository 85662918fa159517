"""The only reader of the environment. Doors read it once and pass values down."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from labelreview.errors import InputError

HOME = "LABELREVIEW_HOME"
DATABASE_URL = "LABELREVIEW_DATABASE_URL"


@dataclass(frozen=True)
class Settings:
    """Where state lives: one folder, never beside the user's own files, and one database."""

    home: Path
    database_url: str

    @property
    def projects(self) -> Path:
        """The folder with one folder a project."""
        return self.home / "projects"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read LABELREVIEW_HOME and LABELREVIEW_DATABASE_URL (empty = not set); the home folder exists afterwards."""
        environment = os.environ if environment is None else environment
        chosen = environment.get(HOME, "").strip()
        home = Path(chosen).expanduser() if chosen else platformdirs.user_data_path("labelreview", appauthor=False)
        home = _private_folder(home.absolute())
        return cls(home, environment.get(DATABASE_URL, "").strip() or _sqlite_url(home))


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
