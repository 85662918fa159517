"""Review: one tag of one picture after the other, worst first, one key each."""

from functools import partial

import streamlit as st

from labelreview.decisions import Direction
from labelreview.roles import Action
from labelreview.web import loop, queues, session, words
from labelreview.web.choosing import one_of

reviewer, project = session.admitted(Action.ANSWER)
filters = queues.review(project)
language = session.language()
say = partial(words.say, language)
orders = queues.orders(project, say)
row, stage = st.container(key="filters", horizontal=True, vertical_alignment="center"), st.container()

with stage:  # mounted before anything else can fail: an exception before it would take the loop off the page
    token = session.token(project, reviewer, Action.LOOK, Action.ANSWER, Action.DECIDE)
    calls = {
        "on_no_token": session.forget_token,
        "on_all_cells": queues.ask_all_cells,
        "on_language": session.choose_language,
    }
    loop.review(project, reviewer, token, filters, language, **calls)

CELLS = {"": "review.suspects", queues.ALL_CELLS: "review.all-cells", queues.UNLABELLED: "review.unlabelled"}
DIRECTIONS = {"": "all", Direction.WRONG.value: "wrong", Direction.MISSING.value: "missing"}
select = partial(st.selectbox, label_visibility="collapsed")
with row:
    queues.fold(language)
    select(
        say("review.tag"),
        ["", *project.dataset.tags],
        format_func=lambda tag: tag or say("review.every-tag"),
        key="filter_tag",
        width=200,
    )
    text = say("review.text")
    st.text_input(text, placeholder=text, key="filter_text", label_visibility="collapsed", width=170)
    select(
        say("review.cells"),
        list(CELLS),
        format_func=lambda cells: say(CELLS[cells]),
        key="filter_cells",
        width=150,
    )
    select(say("review.order"), list(orders), format_func=orders.__getitem__, key="filter_order", width=300)
    one_of(
        say("review.direction"),
        list(DIRECTIONS),
        format_func=lambda direction: say(f"review.direction-{DIRECTIONS[direction]}"),
        key="filter_direction",
        label_visibility="collapsed",
        disabled=queues.unlabelled(),
    )
    queues.more(project, reviewer, language)
