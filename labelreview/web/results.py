"""What the pages show of a project, kept as long as its log has not grown; and its exports, as bytes to download."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from labelreview.desk import exports
from labelreview.desk.project import Project
from labelreview.formats import FORMATS
from labelreview.review.consensus import RULES
from labelreview.review.overview import TagFigures, by_tag
from labelreview.web.words import Say

Write = Callable[[Project, Path], int]
CONSENSUS = RULES


def overview(project: Project) -> list[TagFigures]:
    """The figures of every tag."""
    return _overview(project, project.card.uid, project.card.version, project.verdicts().seq)


@st.cache_data(max_entries=8, show_spinner=False)
def _overview(_project: Project, uid: str, version: str, seq: int) -> list[TagFigures]:
    # Streamlit leaves arguments with an underscore out of the key: the other three are the key.
    return by_tag(_project.dataset, _project.issues, _project.verdicts())


def tag_rows(figures: Sequence[TagFigures], say: Say) -> list[dict[str, object]]:
    """The figures of tags as rows of a table, its columns in words."""
    return [
        {
            say("review.tag"): f.tag,
            say("home.labelled"): f.labelled,
            say("review.direction-wrong"): f.maybe_wrong,
            say("review.direction-missing"): f.maybe_missing,
            say("home.verdicts"): f.answered,
            say("home.corrected"): f.changed,
            say("home.unsure"): f.unsure,
            say("home.unknown"): f.unknown,
        }
        for f in figures
    ]


def changed(project: Project, rule: str) -> list[dict[str, object]]:
    """The cells that a rule of consensus changes, as rows of a table."""
    return [
        {
            "Item": change.item,
            "Tag": change.tag,
            "Given": "yes" if change.given == 1 else "no" if change.given == 0 else "unknown",
            "Corrected": "yes" if change.corrected else "no",
            "By": ", ".join(change.reviewers),
            "When": change.at,
            "Confidence": change.confidence,
        }
        for change in project.changes(rule)
    ]


def disputes(project: Project) -> tuple[int, int]:
    """How many cells are disputed, and how many an adjudicator has decided."""
    disputed, decided = project.team.disputes(project.verdicts())
    return len(disputed), len(decided)


def downloads(project: Project, rule: str, *, log: bool, close: bool = False) -> list[tuple[str, str, str, Write]]:
    """Title, explanation, file name and writer of every export; that of the log where `log` says so. `close`:
    the labels under implications."""
    labels = Path(project.card.labels_file)
    is_folder = FORMATS[project.card.labels_format].is_folder
    found: list[tuple[str, str, str, Write]] = [
        (
            "Corrected labels",
            "In the format and shape they came in; what was not corrected is left as it was, letter for letter.",
            f"{labels.name}-corrected.zip" if is_folder else f"{labels.stem}-corrected{labels.suffix}",
            partial(exports.corrected_labels, consensus=rule, close=close),
        ),
        (
            "Changes",
            "One row a changed label: given, corrected, by whom, when, what the model had said, and how sure it is.",
            f"{project.card.name}-changes.csv",
            partial(exports.changed_cells, consensus=rule),
        ),
        (
            "Decision log",
            "Every answer, undo and flag, in order. With it, a new project starts with these cells settled.",
            f"{project.card.name}-decisions.csv",
            exports.decision_log,
        ),
    ]
    return found if log else found[:-1]


def written(project: Project, write: Write, file_name: str) -> bytes:
    """What an export writes under this name, as bytes."""
    with TemporaryDirectory() as scratch:
        out = Path(scratch) / file_name
        write(project, out)
        return out.read_bytes()
