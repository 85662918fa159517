"""Export: corrected labels in the form they came in, the changes, the decision log."""

import streamlit as st

from labelreview.roles import Action
from labelreview.web import deciding, results, session

reviewer, project = session.admitted(Action.EXPORT)

st.title("Export")
rule = st.selectbox(
    "Where several reviewers answered",
    list(results.CONSENSUS),
    format_func=lambda rule: results.CONSENSUS[rule],
    key="consensus",
    width=360,
    help="An open tie or dispute leaves a label as given. How sure each change is stands beside it.",
)
changes = results.changed(project, rule)
st.write(f"**{len(changes):,}** labels differ from **{project.card.labels_file}** after the verdicts so far. "
         "Your own files stay as they are.")  # fmt: skip

close = st.checkbox("Give items what their tags imply by the agreed rules", key="close_implications",
                    help="In the corrected labels alone, whatever was said of the implied tags.")  # fmt: skip
log = session.may(project, reviewer, Action.AUDIT)

for title, what, file_name, write in results.downloads(project, rule, log=log, close=close):
    with st.container(border=True):
        left, right = st.columns([3, 1], vertical_alignment="center")
        left.markdown(f"**{title}**  \n{what}")
        right.download_button(
            "Download",
            data=lambda write=write, name=file_name: results.written(project, write, name),
            file_name=file_name,
            on_click="ignore",
            key=file_name,
            width="stretch",
        )

deciding.section(project, rule)
st.caption("The same from the command line:")
st.code(f"labelreview export '{project.card.name}' --out corrected-{project.card.labels_file} --changes changes.csv "
        f"--decisions decisions.csv --consensus {rule}{' --close-implications' * close}", language="console",
        wrap_lines=True)  # fmt: skip

if changes:
    st.subheader("Changes")
    percent = st.column_config.NumberColumn(format="percent")
    st.dataframe(changes, hide_index=True, width="stretch", column_config={"Confidence": percent})
else:
    st.info("No verdict changes a label yet. What you correct while reviewing shows up here.")
