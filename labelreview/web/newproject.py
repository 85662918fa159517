"""The "New project" page's doings: uploads to disk, the check, the creation. What was checked waits in the session."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from labelreview import folder, formats, intake, pictures
from labelreview.errors import InputError, LabelReviewError
from labelreview.formats.check import Report
from labelreview.images import Source
from labelreview.images.archive import SUFFIXES as ARCHIVES
from labelreview.project import Project
from labelreview.web import session

TABLES = sorted({suffix.lstrip(".") for form in formats.FORMATS.values() for suffix in form.suffixes})
LABEL_FORMATS = ["", *(name for name, form in formats.FORMATS.items() if form.reads_labels)]
PROB_FORMATS = ["", *(name for name, form in formats.FORMATS.items() if form.reads_pred_probs)]
MISSING = ["", "absent", "unknown"]
WAITING = "checked files"


@dataclass(frozen=True)
class Checked:
    """Files that were read and checked under a project's name; nothing has been written."""

    name: str
    inputs: intake.Inputs

    @property
    def report(self) -> Report:
        return self.inputs.report


def title(form: str) -> str:
    """A format in the words of its row."""
    return formats.FORMATS[form].title if form else "Recognise it"


def missing_title(missing: str) -> str:
    """What a tag that is not listed means, in words."""
    return missing or "as the format says"


@contextmanager
def progress_bar() -> Iterator[intake.Progress]:
    """A bar that is there while it moves."""
    bar = st.progress(0.0)

    def show(step: str, share: float) -> None:
        bar.progress(min(share, 1.0), step)

    try:
        yield show
    finally:
        bar.empty()


def checked() -> Checked | None:
    """What was checked last and has not become a project yet."""
    waiting: Checked | None = st.session_state.get(WAITING)
    return waiting


def check(name: str, labels: Any, predictions: Any, images: Any, *, progress: intake.Progress, **options: Any) -> None:
    """Read and check what the form holds: paths as text, or uploaded files. Shows why where it cannot be read."""
    st.session_state.pop(WAITING, None)
    try:
        folder.free_name(session.settings().projects, name.strip())
        if not labels or not (predictions or images):
            raise InputError("Give a labels file, and a predictions file or pictures to make predictions from.")
        source = _pictures(images) if images else None
        files = _path(labels, "labels"), _path(predictions, "predictions") if predictions else None, source
        inputs = intake.gather(*files, progress=progress, **options)
        st.session_state[WAITING] = Checked(name.strip(), inputs)
    except LabelReviewError as error:
        st.error(str(error).replace("\n", "  \n"), icon=":material/error:")  # Markdown joins lines that end at once


def create() -> str:
    """Make the project of what was checked; gives its name."""
    waiting: Checked = st.session_state[WAITING]
    with st.spinner("Writing the project"):
        intake.create(session.settings(), waiting.name, waiting.inputs)
        with Project.open(session.settings(), waiting.name) as project:
            project.prepare()
    st.session_state.pop(WAITING)
    return waiting.name


def _path(given: Any, stem: str) -> Path:
    if isinstance(given, str):
        return Path(given.strip()).expanduser()
    path = _upload_folder() / f"{stem}{Path(given.name).suffix.lower()}"
    path.write_bytes(given.getbuffer())
    return path


def _pictures(given: Any) -> Source:
    """An uploaded archive is kept as it is and read in place."""
    if isinstance(given, str):
        return pictures.source(session.settings(), given.strip())
    ending = next((suffix for suffix in ARCHIVES if given.name.lower().endswith(suffix)), ".zip")
    path = _upload_folder() / f"images{ending}"
    with path.open("wb") as file:
        file.write(given.getbuffer())
    return pictures.source(session.settings(), path)


def _upload_folder() -> Path:
    """A folder of its own for every check: nothing uploaded before is overwritten."""
    path = session.settings().home / "uploads" / uuid.uuid4().hex
    path.mkdir(parents=True)
    return path
