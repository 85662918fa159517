"""What the page People shows and does: who is here with which role, inviting, disabling; how good each person is."""

from collections.abc import Callable

import streamlit as st

from labelreview.desk import record
from labelreview.desk.project import Project
from labelreview.desk.triage import DASH
from labelreview.errors import LabelReviewError
from labelreview.roles import MAY, MEANING, Action, Appointment, Role, appointment, as_person
from labelreview.web import signin, triaged

SAID = "people_said"
TITLES = {Role.REVIEWER: "Reviewer", Role.ADJUDICATOR: "Adjudicator", Role.OWNER: "Owner"}
MOMENT = st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm")
SHARES = ("Right there", "from", "to", "Accuracy", "Right if yes", "Right if no", "Says yes too often", "Unsure")


def said() -> str:
    """What the last action did, once."""
    return str(st.session_state.pop(SAID, ""))


def members(project: Project) -> list[str]:
    """The table of people; gives those whose rows are selected."""
    rows = project.people.rows()
    if not project.people.members():
        st.info("Nobody is appointed, so everybody who can reach this app is owner. Invite somebody to share the work "
                "by roles: you become owner, and who has answered so far becomes reviewer.")  # fmt: skip
    picked = st.dataframe(
        rows,
        hide_index=True,
        width="stretch",
        on_select="rerun",
        selection_mode="multi-row",
        key="people_table",
        placeholder=DASH,
        column_config={"Since": MOMENT, "Last active": MOMENT},
    )
    return [str(rows[row]["Person"]) for row in picked.selection.rows if row < len(rows)]


def invite(project: Project, by: str) -> None:
    """Let somebody in, by the name or address that they will sign in with."""
    with st.form("invite", border=True):
        left, middle, right = st.columns([3, 2, 1], vertical_alignment="bottom")
        who = left.text_input("E-mail address or name, as they sign in", max_chars=200, placeholder="ben@example.org")
        role = middle.selectbox("Role", list(Role), format_func=TITLES.__getitem__)
        if right.form_submit_button("Invite", type="primary", width="stretch"):
            _appoint(project, f"{as_person(who)} is {role} now. No mail is sent: tell them the address of this page.",
                     lambda: [appointment(by, who, role)])  # fmt: skip


def change(project: Project, by: str, chosen: list[str]) -> None:
    """Give the chosen people a role, or take it away."""
    row = st.container(horizontal=True, vertical_alignment="bottom")
    role = row.selectbox("Role", list(Role), format_func=TITLES.__getitem__, key="new_role", width=200)
    names = ", ".join(chosen[:3]) + ("…" if len(chosen) > 3 else "")
    if row.button("Give this role", disabled=not chosen):
        _appoint(project, f"{names}: {role}.", lambda: [appointment(by, who, role) for who in chosen])
    if row.button("Disable", disabled=not chosen, icon=":material/person_off:"):
        _appoint(project, f"{names}: disabled. Their answers stay.",
                 lambda: [appointment(by, who, None) for who in chosen])  # fmt: skip


def matrix() -> None:
    """Which role may do what."""
    rows = [{"May": MEANING[action], **{TITLES[role]: action in MAY[role] for role in Role}} for action in Action]
    st.dataframe(rows, hide_index=True, width="stretch", height="content")


def history(project: Project) -> None:
    """All appointments, newest first."""
    rows = [
        {"When": event.recorded_at, "By": event.by, "Person": event.person, "Became": event.role or "disabled"}
        for event in reversed(project.people.history())
    ]
    st.dataframe(rows, hide_index=True, width="stretch", column_config={"When": MOMENT})


def accuracy(project: Project) -> None:
    """How good each person is, by Dawid–Skene and by the cells whose answer is known."""
    rows = record.reviewers(project)
    if not rows:
        st.write("Nobody has answered yet.")
        return
    st.caption("Accuracy and what follows it are Dawid–Skene's estimates, which need cells that several people "
               "answered or that are known (“Compared”): with fewer than five of them nothing is said.")  # fmt: skip
    columns = {name: st.column_config.NumberColumn(format="percent") for name in SHARES}
    st.dataframe(rows, hide_index=True, width="stretch", column_config=columns, placeholder=DASH)
    st.download_button("Download as CSV", data=lambda: triaged.as_csv(rows), on_click="ignore", key="csv_accuracy",
                       file_name=f"{project.card.name}-accuracy.csv", icon=":material/download:")  # fmt: skip


def _appoint(project: Project, done: str, make: Callable[[], list[Appointment]]) -> None:
    try:
        project.people.appoint(*make())
    except LabelReviewError as error:
        st.error(signin.plain(str(error)), icon=":material/error:")
        return
    st.session_state[SAID] = signin.plain(done)
    st.rerun()
