"""Adjudicate: the cells on which reviewers say different things, who said what, one key to settle each."""

import streamlit as st

from labelreview.roles import Action
from labelreview.web import loop, queues, results, session

reviewer, project = session.admitted(Action.ADJUDICATE)
session.stay_with_project()

disputes, decided = results.disputes(project)
if not disputes and not decided:
    st.title(session.say("menu.adjudicate"))
    st.info(session.say("disputes.none", project=project.card.name))
    st.stop()

calls = {
    "on_no_token": session.forget_token,
    "on_all_cells": queues.ask_all_cells,
    "on_language": session.choose_language,
}
token = session.token(project, reviewer, Action.LOOK, Action.ANSWER, Action.ADJUDICATE)
loop.review(project, reviewer, token, session.DISPUTES, session.language(), **calls)
