"""The part of the triage page that puts two moments of the project, or two labels files, beside each other."""

from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from labelreview.desk.project import Project
from labelreview.desk.triage import Table, compared, exported, moments
from labelreview.desk.triage.moments import When
from labelreview.errors import LabelReviewError
from labelreview.web import parts, session, triage_charts, triaged
from labelreview.web.choosing import one_of

CHARTS = {
    "Labels that changed": ("The tags whose labels changed most: counted.", triage_charts.labels_changed),
    "Still wrong": (
        "Share of labels still wrong in the tags that changed most (95 % intervals), by what is known later on.",
        triage_charts.before_and_after,
    ),
}  # fmt: skip
SAID = ("answered", "errors_found", "wrong_before", "wrong_after", "rate_before", "rate_after", "added", "removed")
FILES = ["csv", "tsv", "txt", "parquet", "json", "jsonl", "npy", "npz", "arff"]


@st.fragment
def section(project: Project) -> None:
    """Two moments, and below them two files."""
    choices = moments.choices(project)
    row = st.container(horizontal=True)
    names = list(choices)
    first = row.selectbox("From", names[:-1], key="compare_from", width=260)
    second = row.selectbox("To", names[names.index(first) + 1 :], index=len(names) - names.index(first) - 2,
                           key="compare_to", width=260)  # fmt: skip
    _moments(project, choices[first], choices[second])
    with st.expander("Compare two labels files, such as two exports"):
        _files(project)


def _moments(project: Project, before: When, after: When) -> None:
    found = triaged.comparison(project, before, after)
    lines = (f"- {session.plain(line)}" for line in compared.sentences(found)[1:])
    st.markdown("\n".join(lines), help=triaged.told(*SAID))
    written = (moments.written(before), moments.written(after))
    if compared.most_changed(found, 1):
        what = one_of("Show", list(CHARTS), key="compare_chart", label_visibility="collapsed")
        told, draw = CHARTS[what]
        st.caption(f"{told} Click a mark for the labels behind it.")
        parts.chart(project, draw(found, written), f"compared_{draw.__name__}", told, beside=True)
    else:
        st.info("No label was checked between these two moments.")
    whole, by_tag, labels = compared.tables(project, found)
    for made, mark in ((whole, None), (by_tag, lambda row: ["between", *written, row["tag"]]), (labels, None)):
        if made.rows:
            st.markdown(f"**{made.title}**")
            parts.table(project, made.name, made.rows, mark)


def _files_tables(project: Project, tables: list[Table]) -> None:
    for made in tables:
        if made.rows:
            st.markdown(f"**{made.title}**")
            parts.table(project, f"files-{made.name}", made.rows)


def _files(project: Project) -> None:
    left, right = st.columns(2)
    sent = (left.file_uploader("The earlier file", FILES, key="file_before"),
            right.file_uploader("The later file", FILES, key="file_after"))  # fmt: skip
    if sent[0] is None or sent[1] is None:
        st.caption("Any format that a project can be made of. Folders: `labelreview compare A B`.")
        return
    try:
        files = _read(sent[0], sent[1])
        found = None if project.dataset.grid.sparse else exported.wrong(project, files)
    except LabelReviewError as error:
        st.error(session.plain(str(error)), icon=":material/error:")
        return
    lines = exported.sentences(files, found[0] if found else None) + exported.explained(project, files)
    st.markdown("\n".join(f"- {session.plain(line)}" for line in lines))
    _files_tables(project, exported.tables(files, found))


def _read(before: UploadedFile, after: UploadedFile) -> exported.Files:
    with TemporaryDirectory() as scratch:
        paths = []
        for number, sent in enumerate((before, after)):
            folder = Path(scratch) / str(number)
            folder.mkdir()
            paths.append(folder / Path(sent.name).name)
            paths[-1].write_bytes(sent.getvalue())
        return exported.read(*paths)
