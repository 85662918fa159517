"""What the page Audit shows: who said what about a tag of an item, when, having seen what; found by filters."""

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from labelreview.decisions import Decision
from labelreview.desk import exports, record
from labelreview.desk.project import Project
from labelreview.desk.triage import DASH
from labelreview.web import signin, triaged

SHOWN = 500


Search = Callable[[int | None], list[Decision]]


def found(project: Project) -> Search:
    """The filters; gives a search for the events that fit them, newest first, at most so many."""
    row = st.container(horizontal=True, vertical_alignment="bottom")
    item = row.text_input("Part of an item's id", key="audit_item", width=220)
    tag = row.selectbox("Tag", ["", *project.dataset.tags], format_func=lambda tag: tag or "Every tag",
                        key="audit_tag", width=220)  # fmt: skip
    names = ["", *sorted(project.people.last_activity())]
    who = row.selectbox("Person", names, format_func=lambda name: name or "Everybody", key="audit_who", width=220)
    day = row.date_input("On the day (UTC)", None, key="audit_day", width=160)

    def search(most: int | None) -> list[Decision]:
        fit = project.search(item=item, tag=tag or "", reviewer=who or "", limit=None if day else most)
        return [event for event in fit if not day or (event.recorded_at and event.recorded_at.date() == day)][:most]

    return search


def table(project: Project, search: Search) -> None:
    """The newest events that fit as a table, and all of them as CSV."""
    if not (events := search(SHOWN + 1)):
        st.info("No event fits. Every answer, undo and flag is kept: widen the filters.")
        return
    more = f" The newest {SHOWN:,} of them: the CSV has all, or narrow the filters." if len(events) > SHOWN else ""
    st.caption(f"{min(len(events), SHOWN):,} events, newest first.{more}")
    rows = record.rows(events[:SHOWN])
    when = st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm:ss")
    st.dataframe(rows, hide_index=True, width="stretch", placeholder=DASH, column_config={"When": when})
    st.download_button("Download these as CSV", data=lambda: as_csv(search(None)), on_click="ignore",
                       file_name=f"{project.card.name}-audit.csv", key="csv_audit")  # fmt: skip


def as_csv(events: Sequence[Decision]) -> str:
    """Events as CSV."""
    return triaged.as_csv([{**row, "When": str(row["When"])} for row in record.rows(events)])


def whole(project: Project) -> None:
    """Whether the log is as it was stored, on demand; and all of it."""
    row = st.container(horizontal=True, vertical_alignment="center")
    row.download_button("Download the whole log", data=lambda: _log(project), on_click="ignore", key="csv_log",
                        file_name=f"{project.card.name}-decisions.csv", icon=":material/download:")  # fmt: skip
    if not row.button("Is the log as it was stored?", icon=":material/verified_user:"):
        return
    is_whole, lines = record.verdict_on(project)
    (st.success if is_whole else st.error)("  \n".join(map(signin.plain, lines)))


def _log(project: Project) -> bytes:
    with TemporaryDirectory() as scratch:
        out = Path(scratch) / "log.csv"
        exports.decision_log(project, out)
        return out.read_bytes()
