"""The doings of the page "Versions": read what is new, compare, write. What was compared waits in the session."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import streamlit as st

from labelreview.desk import shelf, versions
from labelreview.desk.intake import Progress
from labelreview.desk.project import Project
from labelreview.errors import LabelReviewError
from labelreview.web import newproject, session
from labelreview.web.uploads import Uploads, progress_bar

WAITING = "version that is not written yet"


@dataclass(frozen=True)
class Compared:
    """A version that was read and compared; nothing has been written."""

    update: versions.Update
    uploads: Uploads

    @property
    def rows(self) -> list[dict[str, str | int]]:
        """What changes, as a table."""
        found = self.update.difference
        parts = found.parts if found else []
        rows: list[dict[str, str | int]] = [{"What": w, "How many": s.count, "Such as": s.named} for w, s in parts]
        return rows

    @property
    def turns(self) -> str:
        """The changed labels, from what to what."""
        return self.update.difference.turns if self.update.difference else ""

    def drop(self) -> None:
        """Forget it, and what was uploaded for it."""
        self.update.drop()
        self.uploads.drop()


def compared(project: Project) -> Compared | None:
    """What was compared last with this version of the project, and is not written yet."""
    waiting: Compared | None = st.session_state.get(WAITING)
    before = waiting.update.before.card if waiting else None
    same = before is not None and (before.uid, before.version) == (project.card.uid, project.card.version)
    return waiting if same else None


def compare(
    project: Project, labels: Any, items: Any, predictions: Any, images: Any, *, progress: Progress, **options: Any
) -> None:
    """Read what the form holds and compare it with the project. Shows why where it cannot be read."""
    if before := st.session_state.pop(WAITING, None):
        before.drop()
    uploads = Uploads(session.settings())
    try:
        new = versions.New(
            labels=uploads.table(labels, "labels"),
            items=uploads.table(items, "items"),
            predicted=uploads.models(predictions) or None,
            image_source=uploads.pictures(images),
            **options,
        )
        found = versions.gather(session.settings(), project.card.name, new, progress=progress)
        st.session_state[WAITING] = Compared(found, uploads)
    except LabelReviewError as error:
        uploads.drop()
        newproject.show(error)
    except BaseException:  # also when somebody cancels: Streamlit ends the run of the page
        uploads.drop()
        raise


def update(project: Project) -> None:
    """Write the version that waits, and run the page on it."""
    waiting: Compared = st.session_state.pop(WAITING)
    try:
        with progress_bar() as progress:
            versions.apply(session.settings(), waiting.update, progress=progress)
        waiting.uploads.done()
        with st.spinner("Scoring"), Project.open(session.settings(), project.card.name) as fresh:
            fresh.prepare()
    except LabelReviewError as error:
        waiting.drop()
        newproject.show(error)
        return
    st.rerun()


def table(project: Project) -> list[dict[str, Any]]:
    """The versions of a project, the newest first."""
    opened = project.folder
    found = []
    for number, version in enumerate(opened.card.versions, 1):
        size = shelf.size(opened, version.version)
        changes = [change for change in version.changes if not change.endswith(": 0")]
        found.append(
            {
                "Version": number,
                "When": datetime.fromisoformat(version.made),
                "Items": version.items,
                "Tags": version.tags,
                "Files": f"{version.labels_file}, {version.predictions_file}",
                "What came with it": "; ".join(changes),
                "On disk": "removed" if size is None else f"{size / 1e6:,.1f} MB",
            }
        )
    return found[::-1]
