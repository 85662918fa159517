"""Files that come through the browser, or stand on the server: paths for those who read them; and what shows how far
they are.
"""

import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from labelreview.desk import models, pictures
from labelreview.desk.intake import Progress
from labelreview.errors import InputError
from labelreview.images import Source
from labelreview.images.archive import SUFFIXES as ARCHIVES
from labelreview.settings import Settings

NOT_PLAIN = re.compile(r"[^\w .-]")  # a name that a browser sends is a name, not a place
BESIDE = (".ids.txt", ".tags.txt", ".xml")
CANCELLED = "upload_cancelled"


class Group(NamedTuple):
    """An uploaded file, and those that belong beside it by the end of their names."""

    name: str
    file: Any
    beside: dict[str, Any]


def groups(given: Any) -> list[Group]:
    """Uploaded files, each with those of the same name and another end; where there is but one, any may be its.

    InputError for one that belongs to none.
    """
    files = [
        (file.name.replace("\\", "/").rsplit("/", 1)[-1], file)
        for file in (given if isinstance(given, list) else [given])
    ]
    whole = [Group(name, file, {}) for name, file in files if not name.lower().endswith(BESIDE)]
    if not whole:
        raise InputError(f"{files[0][0]} names what another file holds. Upload that file too.")
    for name, file in files:
        end = next((end for end in BESIDE if name.lower().endswith(end)), "")
        if not end:
            continue
        fits = [group for group in whole if Path(group.name).stem == name[: -len(end)]] or whole
        if len(fits) != 1:
            raise InputError(f"{name} belongs to none of the files that were uploaded. Name it like its file: "
                             f"probs.npy and probs{end}.")  # fmt: skip
        fits[0].beside[end] = file
    return whole


class Uploads:
    """What one check was given. Uploaded files are written to a folder of their own, so that nothing uploaded before is
    overwritten.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings, self._folder = settings, settings.uploads / uuid.uuid4().hex
        self._tables: list[Path] = []

    def table(self, given: Any, stem: str) -> Path | None:
        """A path of a text, or an uploaded file with those that belong beside it; None where nothing is given."""
        if isinstance(given, str) or not given:
            return Path(given.strip()).expanduser() if given and given.strip() else None
        whole, *more = groups(given)
        if more:
            raise InputError(f"{whole.name} and {more[0].name}: which of them holds the {stem}? Give one file, "
                             f"and those that belong beside it ({', '.join(BESIDE)}).")  # fmt: skip
        return self._written(whole, stem)

    def models(self, given: Any) -> dict[str, Path]:
        """Files of predictions by the models' names: lines FILE or NAME=FILE of a text, or uploaded files, each called
        as the file; none where nothing is given.
        """
        if isinstance(given, str) or not given:
            return models.named([line.strip() for line in (given or "").splitlines() if line.strip()])
        found = dict[str, Path]()
        for at, group in enumerate(groups(given)):
            name = models.checked_name(Path(group.name).stem)
            if name in found:
                raise InputError(f"Two models are called '{name}'. Give their files different names.")
            found[name] = self._written(group, f"predictions-{at}")
        return found

    def _written(self, group: Group, where: str) -> Path:
        """An uploaded file and those beside it, in a folder of their own: messages speak of the file by its name."""
        folder, name = self._folder / where, Path(group.name)
        folder.mkdir(parents=True, exist_ok=True)
        stem = NOT_PLAIN.sub("_", name.stem).strip(". ")[:80] or where
        whole = folder / f"{stem}{NOT_PLAIN.sub('', name.suffix.lower())}"
        beside = {folder / f"{stem}{end}": file for end, file in group.beside.items()}
        for path, file in {whole: group.file, **beside}.items():
            path.write_bytes(file.getbuffer())
            self._tables.append(path)
        return whole

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
        for folder in (*{path.parent for path in self._tables}, self._folder):
            with suppress(OSError):  # not empty, or not there
                folder.rmdir()


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
