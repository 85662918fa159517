"""Versions: give the project new labels, predictions, pictures or items; read what that changes; update."""

import streamlit as st

from labelreview.roles import Action
from labelreview.web import newproject, newversion, session, uploads
from labelreview.web.choosing import one_of

_, project = session.admitted(Action.UPDATE)
session.stay_with_project()

st.title("Versions")
st.write("New labels, predictions, pictures or further items for this project. What you leave empty stays as it is, "
         "and every answer stays with its item and tag. What changes is shown before anything is written.")  # fmt: skip
uploads.say_if_cancelled()

places = ["On this server", "Upload"][not session.may_name_files() :]
upload = one_of("Where are the files?", places, key="version_files") == "Upload"
with st.form("new_version", border=True):
    left, right = st.columns(2)
    if upload:
        labels = left.file_uploader("All labels anew", newproject.TABLES, accept_multiple_files=True)
        items = left.file_uploader("Or labels of further items", newproject.TABLES, accept_multiple_files=True)
        predictions = right.file_uploader("Predictions, a file a model", newproject.TABLES, accept_multiple_files=True)
        images = right.file_uploader("Pictures (one zip or tar)", ["zip", "tar", "gz", "tgz"])
    else:
        labels = left.text_input("All labels anew", placeholder="/data/labels.csv")
        items = left.text_input("Or labels of further items", placeholder="/data/more.csv")
        predictions = right.text_area("Predictions, one model a line", placeholder="/data/predictions.csv", height=68)
        images = right.text_input("Pictures: a folder, an archive, or a URL", placeholder=project.card.images or None)
    with st.expander("Formats and matching"):
        labels_format = st.selectbox("Labels are", newproject.LABEL_FORMATS, format_func=newproject.title)
        predictions_format = st.selectbox("Predictions are", newproject.PROB_FORMATS, format_func=newproject.title)
        common = st.checkbox("Keep only the ids and tags that labels and predictions both have")
    sent = st.form_submit_button("See what would change", type="primary")

if sent:
    formats = {"labels_format": labels_format or None, "predictions_format": predictions_format or None}
    with uploads.progress_bar() as progress:
        newversion.compare(
            project, labels, items, predictions, images, progress=progress, only_common=common, **formats
        )

if waiting := newversion.compared(project):
    st.subheader("What would change")
    newproject.show_problems(waiting.update.inputs.report)
    if waiting.rows:
        st.dataframe(waiting.rows, hide_index=True, width="stretch", height="content")
        if waiting.turns:
            st.caption(f"Labels: {waiting.turns}.")
        if st.button("Update the project", type="primary"):
            newversion.update(project)

st.subheader("So far")
st.dataframe(newversion.table(project), hide_index=True, width="stretch", height="content")
