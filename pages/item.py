"""Whole item: one picture with all its tags, those in doubt first; one key answers all that is listed."""

from functools import partial

import streamlit as st

from labelreview.roles import Action
from labelreview.web import queues, session, ways, words

reviewer, project = session.admitted(Action.ANSWER)
filters = queues.item(project)
language = session.language()
say = partial(words.say, language)
row, stage = st.container(key="filters", horizontal=True, vertical_alignment="center"), st.container()

with stage:  # mounted before anything else can fail: an exception before it would take the item off the page
    token = session.token(project, reviewer, Action.LOOK, Action.ANSWER, Action.DECIDE)
    calls = {
        "on_no_token": session.forget_token,
        "on_all_cells": queues.ask_all_cells,
        "on_language": partial(session.choose_language, "whole"),
    }
    ways.whole(project, reviewer, token, filters, language, **calls)

select = partial(st.selectbox, label_visibility="collapsed")
with row:
    queues.fold(language)
    tags = ["", *project.dataset.tags]
    select(say("review.tag"), tags, format_func=lambda tag: tag or say("review.every-tag"), key="filter_tag", width=240)
    cells = {"": say("review.suspects"), queues.ALL_CELLS: say("review.all-cells")}
    select(say("review.cells"), list(cells), format_func=cells.__getitem__, key="filter_cells", width=150)
    text = say("review.text")
    st.text_input(text, placeholder=text, key="filter_text", label_visibility="collapsed", width=200)
