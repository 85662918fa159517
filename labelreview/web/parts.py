"""What the parts of the triage page are made of: a chart whose marks can be clicked, a table with its file."""

import streamlit as st

from labelreview import triage
from labelreview.project import Project
from labelreview.triage.tables import Row
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


def table(project: Project, name: str, rows: list[Row] | None = None) -> None:
    """A table that can be sorted and searched, and its CSV file."""
    rows = triaged.rows(project, name) if rows is None else rows
    height = min(36 * (len(rows) + 1) + 3, 460)
    st.dataframe(rows, hide_index=True, height=height, column_config=triaged.columns(rows), placeholder=triage.DASH)
    st.download_button(
        "Download as CSV",
        data=lambda: triaged.as_csv(rows),
        file_name=f"{project.card.name}-{name}.csv",
        on_click="ignore",
        icon=":material/download:",
        key=f"csv_{name}",
    )
