"""New project: give the files, read the check report, create."""

import streamlit as st

from labelreview.errors import LabelReviewError
from labelreview.web import newproject, session, uploads
from labelreview.web.choosing import one_of

session.founder()

st.title("New project")
st.write("One file of labels, the probabilities that one or several models predict, and the pictures: joined by id and "
         "by tag name, checked before anything is written, and never changed.")  # fmt: skip

uploads.say_if_cancelled()

upload = one_of("Where are the files?", ["On this server", "Upload"], key="project_files") == "Upload"
with st.form("files", border=True):
    name = st.text_input("Name of the project", placeholder="celebrities")
    left, right = st.columns(2)
    if upload:
        several = {"type": newproject.TABLES, "accept_multiple_files": True, "help": newproject.BESIDE}
        labels = left.file_uploader("Labels", **several)
        predictions = right.file_uploader("Predictions, a file a model (left out: made from the pictures)", **several)
        images = st.file_uploader("Pictures (one zip or tar)", ["zip", "tar", "gz", "tgz"])
    else:
        labels = left.text_input("Labels", placeholder="/data/labels.csv")
        predictions = right.text_area(
            "Predictions, one model a line (left out: made from the pictures)", placeholder=newproject.MODELS, height=68
        )
        images = st.text_input(
            "Pictures: a folder, an archive, or a URL", placeholder="/data/images or s3://bucket/images"
        )
    options = newproject.matching()
    sent = st.form_submit_button("Check the files", type="primary")

if sent:
    with uploads.progress_bar() as progress:
        newproject.check(name, labels, predictions, images, progress=progress, **options)

if checked := newproject.checked():
    st.subheader("Check report")
    newproject.show_problems(checked.report)
    rows = [{"Looked at": what, "Found": found} for what, found in checked.report.rows()]
    st.dataframe(rows, hide_index=True, width="stretch", height="content")
    if not checked.report.errors and st.button("Create the project", type="primary"):
        try:
            session.switch_project(newproject.create())
        except LabelReviewError as error:
            newproject.show(error)
