"""Overview: how much is suspect, where, and how far the answers are."""

import streamlit as st

from labelreview.roles import Action
from labelreview.web import charts, results, session, words
from labelreview.web.session import say

_, project = session.admitted(Action.LOOK)

st.title(project.card.name)
with st.spinner(say("home.counting")):
    figures = results.overview(project)
suspects, answered = sum(f.suspects for f in figures), sum(f.suspects_answered for f in figures)

session.stay_with_project()
numbers = st.container(horizontal=True)
counts = {
    "home.items": (project.card.items, ""),
    "home.tags": (len(project.card.tags), ""),
    "home.suspects": (suspects, "home.suspects-means"),
    "home.verdicts": (sum(f.answered for f in figures), "home.verdicts-means"),
    "home.corrected": (sum(f.changed for f in figures), "home.corrected-means"),
}
if filled := sum(f.filled for f in figures):
    counts["home.filled"] = filled, "home.filled-means"
for name, (count, means) in counts.items():
    told = say(means) if means else None
    numbers.metric(say(name), words.number(session.language(), count), width=120, help=told)

if suspects:
    st.progress(answered / suspects, say("home.progress", answered=answered, suspects=suspects))
else:
    st.info(say("home.no-suspect"))
if st.button(say("home.review"), type="primary", icon=":material/play_arrow:"):
    session.go_to_review()

if suspects:
    st.subheader(say("home.by-tag"))
    st.caption(f"{say('home.bars')}{charts.cut_short(figures, say)}")
    bars = charts.suspects_by_tag(figures, say)
    if chosen := charts.picked_bar(st.plotly_chart(bars, on_select="rerun", selection_mode="points", key="bars")):
        session.go_to_review(tag=chosen[0], direction=chosen[1])

st.subheader(say("home.all-tags"))
st.caption(say("home.rows"))
shown = sorted(figures, key=lambda f: -f.suspects)
table = st.dataframe(
    results.tag_rows(shown, say),
    hide_index=True,
    width="stretch",
    height=min(36 * (len(shown) + 1) + 3, 900),
    on_select="rerun",
    selection_mode="single-row",
    key="tags",
)
if table.selection.rows:
    session.go_to_review(tag=shown[table.selection.rows[0]].tag)
