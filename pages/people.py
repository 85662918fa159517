"""People: who is in this project, what they may do, when they were last active, how good they are."""

import streamlit as st

from labelreview.roles import Action
from labelreview.web import crew, session

person, project = session.admitted(Action.APPOINT)
session.stay_with_project()

st.title("People")
if said := crew.said():
    st.toast(said)

chosen = crew.members(project)
crew.change(project, person, chosen)
st.subheader("Invite", anchor=False)
crew.invite(project, person)
with st.expander("Which role may do what"):
    crew.matrix()

if session.may(project, person, Action.MEASURE):
    st.subheader("How good each person is", anchor=False)
    crew.accuracy(project)

st.subheader("Who gave whom which role", anchor=False)
crew.history(project)
