"""Triage: how bad is it, where, how much is left, may we stop?"""

import streamlit as st

from labelreview.web import charts, results, session, triage_charts

session.current_reviewer()
project = session.current_project()
session.stay_with_project()

st.title("Triage")
if not project.verdicts().settled:
    st.info(
        "No verdict yet. Review some cells first: most questions are the most suspicious ones, and every tenth is "
        "drawn by chance. Those drawn by chance tell how many labels are wrong."
    )
    if st.button("Review, most suspicious first", type="primary", icon=":material/play_arrow:"):
        session.go_to_review()
    st.stop()

found = results.triage_figures(project)
says = results.triage_texts(found)
st.subheader(says.sentence, anchor=False)
st.write(says.stop)

numbers = st.container(horizontal=True)
for title, number, explained in says.numbers:
    numbers.metric(title, number, width=150, help=explained)

st.subheader("Errors found, and what comes next")
st.caption("The forecast, and with it the verdicts and hours to the target, is the model's, brought into line with the "
           "verdicts. All other estimates rest on the random audit.")  # fmt: skip
st.plotly_chart(triage_charts.found_errors(found), key="curve", config={"displayModeBar": False})

st.subheader("Wrong labels by tag")
if says.told:
    st.caption("With 95 % intervals. Click a mark to review that tag.")
    figure = triage_charts.rate_by_tag(found)
    picked = st.plotly_chart(figure, on_select="rerun", selection_mode="points", key="rates")
    if chosen := charts.picked_bar(picked):
        session.go_to_review(tag=chosen[0])
else:
    st.caption("The random audit has not reached any tag yet.")
st.dataframe(says.rows, hide_index=True, width="stretch")
st.download_button(
    "Download as CSV",
    data=lambda: results.triage_csv(found),
    file_name=f"{project.card.name}-triage.csv",
    on_click="ignore",
    icon=":material/download:",
)
