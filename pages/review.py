"""Review: one tag of one picture after the other, worst first, one key each."""

import streamlit as st

from labelreview.decisions import Direction
from labelreview.web import loop, session

reviewer = session.current_reviewer()
project = session.current_project()
filters = session.review_filters(project)
row, stage = st.container(key="filters", horizontal=True, vertical_alignment="center"), st.container()

with stage:  # mounted before anything else can fail: an exception before it would take the loop off the page
    token = session.token(project, reviewer)
    calls = {"on_no_token": session.forget_token, "on_all_cells": session.ask_all_cells}
    loop.review(project, reviewer, token, filters, **calls)

DIRECTIONS = {"": "All", Direction.WRONG.value: "Maybe wrong", Direction.MISSING.value: "Maybe missing"}
with row:
    st.selectbox(
        "Tag",
        ["", *project.dataset.tags],
        format_func=lambda tag: tag or "Every tag",
        key="filter_tag",
        label_visibility="collapsed",
        width=200,
    )
    st.text_input(
        "Text in the id",
        placeholder="Text in the id",
        key="filter_text",
        label_visibility="collapsed",
        width=170,
    )
    st.selectbox(
        "Cells",
        ["", session.ALL_CELLS],
        format_func=lambda cells: "All cells" if cells else "Suspects",
        key="filter_cells",
        label_visibility="collapsed",
        width=120,
    )
    st.selectbox(
        "Order",
        list(session.ORDER_TITLES),
        format_func=lambda order: session.ORDER_TITLES[order].capitalize(),
        key="filter_order",
        label_visibility="collapsed",
        width=180,
    )
    st.segmented_control(
        "Direction",
        list(DIRECTIONS),
        format_func=lambda direction: DIRECTIONS[direction],
        key="filter_direction",
        label_visibility="collapsed",
    )
