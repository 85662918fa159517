"""Audit: who changed this tag, when, having seen what?"""

import streamlit as st

from labelreview.roles import Action
from labelreview.web import audited, session
from labelreview.web.session import say

_, project = session.admitted(Action.AUDIT)
session.stay_with_project()

st.title(say("menu.audit"))
st.write(say("audit.what"))
audited.table(project, audited.found(project))
st.subheader(say("audit.whole"), anchor=False)
audited.whole(project)
