"""Grid: many pictures with the same tag and label at once, the exceptions marked, one key for the page."""

from functools import partial

import streamlit as st

from labelreview.decisions import Direction
from labelreview.roles import Action
from labelreview.web import queues, session, ways, words
from labelreview.web.choosing import one_of

reviewer, project = session.admitted(Action.ANSWER)
filters = queues.grid(project)
language = session.language()
say = partial(words.say, language)
row, stage = st.container(key="filters", horizontal=True, vertical_alignment="center"), st.container()

with stage:  # mounted before anything else can fail: an exception before it would take the grid off the page
    token = session.token(project, reviewer, Action.LOOK, Action.ANSWER)
    calls = {
        "on_no_token": session.forget_token,
        "on_all_cells": queues.ask_all_cells,
        "on_language": partial(session.choose_language, "grid"),
    }
    ways.grid(project, reviewer, token, filters, language, **calls)

DIRECTIONS = {direction.value: say(f"review.direction-{direction}") for direction in Direction}
select = partial(st.selectbox, label_visibility="collapsed")
with row:
    queues.fold(language)
    select(say("review.tag"), project.dataset.tags, key="filter_tag", width=240)
    cells = {"": "review.suspects", queues.ALL_CELLS: "review.all-cells", queues.UNLABELLED: "review.unlabelled"}
    cells = {name: say(title) for name, title in cells.items()}
    select(say("review.cells"), list(cells), format_func=cells.__getitem__, key="filter_cells", width=150)
    one_of(
        say("review.direction"),
        list(DIRECTIONS),
        format_func=DIRECTIONS.__getitem__,
        key="filter_direction",
        label_visibility="collapsed",
        disabled=queues.unlabelled(),
    )
