"""Triage: how bad is it, where, how much is left, may we stop?"""

import streamlit as st

from labelreview.roles import Action
from labelreview.web import sections, session

reviewer, project = session.admitted(Action.LOOK)
session.stay_with_project("look")

st.title("Triage")
if not project.verdicts().settled:
    st.info(
        "No verdict yet. Review some cells first: most questions are the most suspicious ones, and every tenth is "
        "drawn by chance. Those drawn by chance tell how many labels are wrong."
    )
    if st.button("Review, most suspicious first", type="primary", icon=":material/play_arrow:"):
        session.go_to_review()
    st.stop()

sections.answer(project)

st.subheader("Errors found, and what comes next")
st.caption("The forecast, and with it the verdicts and hours to the target, is the model's, brought "
           "into line with the verdicts. All other estimates rest on the random audit. Click a mark for "
           "the pictures behind it.")  # fmt: skip
sections.curve(project)

st.subheader("Look closer")
sections.chosen(project, reviewer)(project)
