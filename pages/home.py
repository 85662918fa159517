"""Overview: how much is suspect, where, and how far the answers are."""

import streamlit as st

from labelreview.roles import Action
from labelreview.web import charts, results, session

_, project = session.admitted(Action.LOOK)

st.title(project.card.name)
figures = results.overview(project)
suspects, answered = sum(f.suspects for f in figures), sum(f.suspects_answered for f in figures)

session.stay_with_project()
numbers = st.container(horizontal=True)
numbers.metric("Items", f"{project.card.items:,}", width=120)
numbers.metric("Tags", f"{len(project.card.tags):,}", width=120)
numbers.metric(
    "Suspects", f"{suspects:,}", width=120, help="Cells (one tag of one item) that confident learning flags."
)
numbers.metric("Verdicts", f"{sum(f.answered for f in figures):,}", width=120, help="Cells with a standing verdict.")
numbers.metric(
    "Corrected", f"{sum(f.changed for f in figures):,}", width=120, help="Verdicts that change the given label."
)
if filled := sum(f.filled for f in figures):
    numbers.metric("Filled", f"{filled:,}", width=120, help="Verdicts on labels that were left empty.")

if not suspects:
    st.info("No cell is suspect: labels and predictions agree. You can still review every cell, worst first.")
else:
    st.progress(answered / suspects, f"{answered:,} of {suspects:,} suspects answered")
if st.button("Review, most suspicious first", type="primary", icon=":material/play_arrow:"):
    session.go_to_review()

if suspects:
    st.subheader("Suspects by tag")
    st.caption(f"Click a bar to review those cells.{charts.cut_short(figures)}")
    picked = st.plotly_chart(charts.suspects_by_tag(figures), on_select="rerun", selection_mode="points", key="bars")
    if chosen := charts.picked_bar(picked):
        session.go_to_review(tag=chosen[0], direction=chosen[1])

st.subheader("All tags")
st.caption("Select a row to review the suspects of its tag.")
shown = sorted(figures, key=lambda f: -f.suspects)
table = st.dataframe(
    results.tag_rows(shown),
    hide_index=True,
    width="stretch",
    height=min(36 * (len(shown) + 1) + 3, 900),
    on_select="rerun",
    selection_mode="single-row",
    key="tags",
)
if table.selection.rows:
    session.go_to_review(tag=shown[table.selection.rows[0]].tag)
