"""Files that come through the browser, or stand on the server: paths for those who read them; and what shows how far
they are.
"""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import streamlit as st

from labelreview import pictures
from labelreview.images import Source
from labelreview.images.archive import SUFFIXES as ARCHIVES
from labelreview.intake import Progress
from labelreview.settings import Settings

CANCELLED = "upload_cancelled"


class Uploads:
    """What one check was given. Uploaded files are written to a folder of their own, so that nothing uploaded before is
    overwritten.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings, self._folder = settings, settings.uploads / uuid.uuid4().hex
        self._tables: list[Path] = []

    def table(self, given: Any, stem: str) -> Path | None:
        """A path of a text or an uploaded file; None where nothing is given."""
        if not given or (isinstance(given, str) and not given.strip()):
            return None
        if isinstance(given, str):
            return Path(given.strip()).expanduser()
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{stem}{Path(given.name).suffix.lower()}"
        path.write_bytes(given.getbuffer())
        self._tables.append(path)
        return path

    def pictures(self, given: Any) -> Source | None:
        """The pictures at a place; an uploaded archive is kept as it is and read in place."""
        if not given or (isinstance(given, str) and not given.strip()):
            return None
        if isinstance(given, str):
            return pictures.source(self._settings, given.strip())
        ending = next((suffix for suffix in ARCHIVES if given.name.lower().endswith(suffix)), ".zip")
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"images{ending}"
        with path.open("wb") as file:
            file.write(given.getbuffer())
        return pictures.source(self._settings, path)

    def drop(self) -> None:
        """Remove all: nothing came of it."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def done(self) -> None:
        """Remove what the project has its own copy of; an archive of pictures stays."""
        for path in self._tables:
            path.unlink(missing_ok=True)
        if self._folder.is_dir() and not any(self._folder.iterdir()):
            self._folder.rmdir()


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A bar and a button "Cancel" that are there while something is read. The button runs the page anew; what is being
    read then ends at its next word about how far it is.
    """
    place = st.empty()
    with place.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0, "Reading")
        st.button("Cancel", on_click=_cancelled, key=f"cancel_{uuid.uuid4().hex}")

    def show(step: str, share: float) -> None:
        bar.progress(min(max(share, 0.0), 1.0), step)

    try:
        yield show
    finally:
        place.empty()


def say_if_cancelled() -> None:
    """Say so once, after "Cancel"."""
    if st.session_state.pop(CANCELLED, False):
        st.info("Cancelled. Nothing was written.", icon=":material/cancel:")


def _cancelled() -> None:
    st.session_state[CANCELLED] = True
