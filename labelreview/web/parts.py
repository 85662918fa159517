"""What the parts of the triage page are made of: a chart whose marks can be clicked, a table with its file."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from labelreview.desk import triage
from labelreview.desk.project import Project
from labelreview.desk.triage import known, model
from labelreview.desk.triage.tables import Row
from labelreview.desk.triage.words import NOT_KNOWN
from labelreview.web import pictures, triage_charts, triaged

STILL = {"displayModeBar": False}


def chart(project: Project, figure: object, key: str, alt: str, *, beside: bool = False) -> None:
    """A chart whose marks can be clicked, and the pictures behind the mark: below it, or beside a tall one."""
    left, right = st.columns([3, 2]) if beside else (st.container(), st.container())
    event = left.plotly_chart(
        figure, on_select="rerun", selection_mode="points", key=key, config=STILL, alt=alt, width="stretch"
    )
    mark = triage_charts.picked(event)
    with right.container(key=f"{key}_{'beside' if beside else 'below'}"):
        if beside and not mark:
            st.caption("Click a mark: the pictures behind it stand here.")
        pictures.behind_mark(project, mark, key)


ROW_MARKS: dict[str, Callable[[Row], list[object]]] = {
    "tags": lambda row: ["tag", row["tag"], ""],
    "tags-by-direction": lambda row: ["tag", row["tag"], row["direction"]],
    "noise": lambda row: ["tag", row["tag"], ""],
    "models-by-tag": lambda row: ["tag", row["tag"], ""],
    "confused": lambda row: ["confused", row["first"], row["second"]],
    "co-wrong": lambda row: ["pair", row["first"], row["second"]],
    "quality": lambda row: ["quality", round(float(str(row["from"])) * model.BINS)],
    "reliability": lambda row: ["probability", round(float(str(row["from"])) * model.STEPS)],
    "items": lambda row: ["group", row["column"], row["value"]],
    "models": lambda _row: ["corrected"],
    "learned": lambda _row: ["corrected"],
    "reviewers": lambda row: ["reviewer", row["reviewer"]],
    "labels-changed": lambda row: ["cell", row["id"], row["tag"]],
}


def table(
    project: Project,
    name: str,
    rows: list[Row] | None = None,
    mark: Callable[[Row], list[object]] | None = None,
    order: Sequence[str] | None = None,
    file: list[Row] | None = None,
) -> None:
    """A table that can be sorted and searched, its CSV file, and the pictures behind the row that is chosen. order: of
    the columns shown, all of them where None; file: rows of the file, where they are more than those shown."""
    rows = triaged.rows(project, name) if rows is None else rows
    height, mark = min(36 * (len(rows) + 1) + 3, 460), mark or ROW_MARKS.get(name)
    shown: dict[str, Any] = {"hide_index": True, "height": height, "placeholder": triage.DASH, "column_order": order,
                             "column_config": triaged.columns(rows)}  # fmt: skip
    seen = [triaged.on_page(known.told(row)) for row in rows]
    if any(value is None for row in seen for value in row.values()):
        st.caption(f"{triage.DASH} {NOT_KNOWN}: chance has drawn nothing there, or too little. Below five draws the "
                   "range stands alone; one of more than half of all that could be does not stand at all.")  # fmt: skip
    if mark is None:
        st.dataframe(seen, **shown)
    else:
        event = st.dataframe(seen, **shown, on_select="rerun", selection_mode="single-row", key=f"table_{name}")
        chosen = [row for row in event.selection.rows if row < len(rows)]
        pictures.behind_mark(project, [str(each) for each in mark(rows[chosen[0]])] if chosen else None, f"row_{name}")
    download(project, name, rows if file is None else file)


def download(project: Project, name: str, rows: Sequence[Row]) -> None:
    """The way to a table's CSV file."""
    st.download_button(
        "Download as CSV",
        data=lambda: triaged.as_csv(rows),
        file_name=f"{project.card.name}-{name}.csv",
        on_click="ignore",
        icon=":material/download:",
        key=f"csv_{name}",
    )
