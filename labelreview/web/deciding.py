"""What the export page offers of the meeting: its decisions about tags applied, with a preview, and its minutes."""

from functools import partial
from pathlib import Path

import streamlit as st

from labelreview.desk import decided
from labelreview.desk.project import Project
from labelreview.errors import LabelReviewError
from labelreview.formats import FORMATS
from labelreview.review.tageffect import Fate
from labelreview.review.tagplan import sentence
from labelreview.web import results, session

AS_IT_CAME = "as it came"
OTHERS = ("wide_csv", "long_csv", "wide_parquet", "wide_jsonl")
TITLES = {"tags.csv": "Tags, with who has them", "tags.md": "Definitions", "minutes.csv": "Minutes"}


def section(project: Project, rule: str) -> None:
    """Nothing where the meeting has decided nothing about tags."""
    held = project.meeting.standing()
    if not held.history:
        return
    with st.container(border=True):
        st.markdown("**What the meeting decided about tags**")
        if not held.steps:
            st.write("No tag is merged, renamed or dropped.")
        else:
            st.markdown(
                "\n".join(f"- {session.plain(sentence(step))}, {session.plain(step.by)}" for step in held.steps)
            )
            if st.toggle("Apply this to the corrected labels", key="apply_decisions"):
                _applied(project, rule)
            else:
                st.caption("Not applied to the files above: they keep the columns that they came with.")
        _lists(project)


def _applied(project: Project, rule: str) -> None:
    """What it does, in which format, and the file, made now so that a refusal is said before a click."""
    try:
        st.dataframe([_row(fate) for fate in decided.outcome(project, rule)], hide_index=True, width="stretch")
        form = st.selectbox("Format", [AS_IT_CAME, *OTHERS], key="decided_format", width=260,
                            help="As it came: all else in the file stays. Another one: the labels alone.")  # fmt: skip
        chosen = None if form == AS_IT_CAME else form
        name = _file_name(project, chosen)
        data = _made(project, rule, chosen, name)
    except LabelReviewError as error:
        st.error(session.plain(str(error)), icon=":material/error:")
        return
    st.download_button("Download with the decisions applied", data, name, on_click="ignore", key="decided_file",
                       icon=":material/download:", type="primary")  # fmt: skip
    extra = f" --as {chosen}" if chosen else ""
    st.code(f"labelreview export '{project.card.name}' --out '{name}' --apply-tag-decisions{extra} --consensus {rule}",
            language="console", wrap_lines=True)  # fmt: skip


def _made(project: Project, rule: str, chosen: str | None, name: str) -> bytes:
    state = (project.card.uid, project.card.version, len(project.meeting.standing().history), project.verdicts().seq)
    return _kept(project, state, rule, chosen, name)


@st.cache_data(max_entries=4, show_spinner="Applying the decisions")
def _kept(_project: Project, state: tuple[object, ...], rule: str, chosen: str | None, name: str) -> bytes:
    return results.written(_project, partial(decided.labels, as_format=chosen, consensus=rule), name)


def _file_name(project: Project, form: str | None) -> str:
    labels = Path(project.card.labels_file)
    if form is None:
        is_folder = FORMATS[project.card.labels_format].is_folder
        return f"{labels.name}-decided.zip" if is_folder else f"{labels.stem}-decided{labels.suffix}"
    return f"{labels.stem}-decided{FORMATS[form].suffixes[0]}"


def _row(fate: Fate) -> dict[str, object]:
    return {
        "Tag": fate.tag,
        "Becomes": fate.becomes or "(dropped)",
        "Present before": fate.before.present,
        "Present after": fate.after.present if fate.after else None,
        "Unknown before": fate.before.unknown,
        "Unknown after": fate.after.unknown if fate.after else None,
    }


def _lists(project: Project) -> None:
    row = st.container(horizontal=True)
    for end, title in TITLES.items():
        write = decided.minutes if end == "minutes.csv" else decided.tag_list
        name = f"{project.card.name}-{end}"
        row.download_button(title, partial(results.written, project, write, name), name, on_click="ignore",
                            icon=":material/download:", key=name)  # fmt: skip
