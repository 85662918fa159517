"""What the page Audit shows: who said what about a tag of an item, when, having seen what; found by filters."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import streamlit as st

from labelreview.decisions import Decision
from labelreview.desk import exports, record
from labelreview.desk.project import Project
from labelreview.desk.triage import DASH
from labelreview.tags import ABSENT, PRESENT
from labelreview.web import session, signin, triaged, words
from labelreview.web.session import say

SHOWN = 500
COLUMNS = {"Reviewer": "audit.reviewer", "Item": "audit.item", "Tag": "review.tag", "Says": "audit.says",
           "Was shown": "audit.shown", "Asked by": "audit.asked-by", "Note": "audit.note", "Event": "audit.uid",
           "Takes back": "audit.takes-back"}  # fmt: skip

Search = Callable[[int | None], list[Decision]]


def found(project: Project) -> Search:
    """The filters; gives a search for the events that fit them, newest first, at most so many."""
    row = st.container(horizontal=True, vertical_alignment="bottom")
    item = row.text_input(say("audit.part"), key="audit_item", width=220)
    every, everybody = say("review.every-tag"), say("audit.everybody")
    tags = ["", *project.dataset.tags]
    tag = row.selectbox(say("review.tag"), tags, format_func=lambda tag: tag or every, key="audit_tag", width=220)
    names = ["", *sorted(project.people.last_activity())]
    who = row.selectbox(say("audit.person"), names, format_func=lambda name: name or everybody, key="audit_who",
                        width=220)  # fmt: skip
    day = row.date_input(say("audit.day"), None, key="audit_day", width=160, format=say("form.day"))

    def search(most: int | None) -> list[Decision]:
        fit = project.search(item=item, tag=tag or "", reviewer=who or "", limit=None if day else most)
        return [event for event in fit if not day or (event.recorded_at and event.recorded_at.date() == day)][:most]

    return search


def table(project: Project, search: Search) -> None:
    """The newest events that fit as a table, and all of them as CSV."""
    if not (events := search(SHOWN + 1)):
        st.info(say("audit.none"))
        return
    more = f" {say('audit.more', n=SHOWN)}" if len(events) > SHOWN else ""
    events = events[:SHOWN]
    count = len(events)
    st.caption(f"{say('audit.events', n=count) if count > 1 else say('audit.event')}{more}")
    rows = [_in_words(event, row) for event, row in zip(events, record.rows(events), strict=True)]
    titles: dict[str, Any] = {name: say(key) for name, key in COLUMNS.items()}
    titles["When"] = st.column_config.DatetimeColumn(say("audit.when"), format=say("form.moment"))
    titles["Seconds"] = st.column_config.NumberColumn(say("audit.seconds"), format=say("form.decimal"))
    st.dataframe(rows, hide_index=True, width="stretch", placeholder=DASH, column_config=titles)
    st.download_button(say("audit.csv"), data=lambda: as_csv(search(None)), on_click="ignore",
                       file_name=f"{project.card.name}-audit.csv", key="csv_audit")  # fmt: skip


def _in_words(event: Decision, row: Mapping[str, object]) -> dict[str, object]:
    """A row of the record in the language of the page; the CSV stays in English, as every file does."""
    if event.undoes:
        return {**row, "Says": say("audit.took-back")}
    if event.verdict is None:
        return {**row, "Says": say("said.flag")}
    given = {PRESENT: say("said.present"), ABSENT: say("said.absent")}.get(event.given, say("loop.unknown"))
    prob = "" if math.isnan(event.pred_prob) else words.number(session.language(), 100 * event.pred_prob, ".3g")
    seen = say("audit.seen", given=given, prob=prob) if prob else say("audit.seen-alone", given=given)
    return {**row, "Says": say(f"said.{event.verdict.value}"), "Was shown": seen}


def as_csv(events: Sequence[Decision]) -> str:
    """Events as CSV."""
    return triaged.as_csv([{**row, "When": str(row["When"])} for row in record.rows(events)])


def whole(project: Project) -> None:
    """Whether the log is as it was stored, on demand; and all of it."""
    row = st.container(horizontal=True, vertical_alignment="center")
    row.download_button(say("audit.log"), data=lambda: _log(project), on_click="ignore", key="csv_log",
                        file_name=f"{project.card.name}-decisions.csv", icon=":material/download:")  # fmt: skip
    if not row.button(say("audit.check"), icon=":material/verified_user:"):
        return
    found = project.verify()
    count = found.head.number
    said = [say("audit.intact", n=count) if count != 1 else say("audit.intact-one"), say("audit.head", head=found.head)]
    if found.problems:
        said = [*found.problems, say("audit.problems", n=len(found.problems))]
    (st.error if found.problems else st.success)("  \n".join(map(signin.plain, said)))


def _log(project: Project) -> bytes:
    with TemporaryDirectory() as scratch:
        out = Path(scratch) / "log.csv"
        exports.decision_log(project, out)
        return out.read_bytes()
