"""Audit: who changed this tag, when, having seen what?"""

import streamlit as st

from labelreview.roles import Action
from labelreview.web import audited, session

_, project = session.admitted(Action.AUDIT)
session.stay_with_project()

st.title("Audit")
st.write("Every answer, undo and flag, who gave it, when, and what they had been shown. Nothing here can be changed.")
audited.table(project, audited.found(project))
st.subheader("The whole log", anchor=False)
audited.whole(project)
