"""Tags: what they mean, who takes care of them, which are merged, renamed or dropped when labels are exported."""

import streamlit as st

from labelreview.roles import Action
from labelreview.web import session, tagboard

reviewer, project = session.admitted(Action.DECIDE)
session.stay_with_project()

st.title("Tags")
st.write("What is decided here changes no label: it is recorded, and applied when labels are exported.")
if said := tagboard.said():
    st.toast(said)
held = project.meeting.standing()
tagboard.target(project, reviewer)

chosen = tagboard.board(project, held)
if not chosen:
    st.caption("Choose one tag or several to assign, define, merge, rename or drop them, or to review their queue.")
else:
    tagboard.queues(chosen)
    with st.container(border=True):
        tagboard.act(project, reviewer, held, chosen)

tagboard.proposed(held)
st.subheader("Decisions", anchor=False)
tagboard.decisions(project, reviewer, held)
