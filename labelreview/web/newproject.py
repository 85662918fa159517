"""The "New project" page's doings: uploads to disk, the check, the creation. What was checked waits in the session."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from labelreview import formats
from labelreview.desk import folder, intake
from labelreview.desk.project import Project
from labelreview.errors import InputError, LabelReviewError
from labelreview.formats.check import Report
from labelreview.web import session
from labelreview.web.uploads import Uploads, progress_bar

TABLES = sorted({suffix.lstrip(".") for form in formats.FORMATS.values() for suffix in form.suffixes} | {"xml"})
LABEL_FORMATS = ["", *(name for name, form in formats.FORMATS.items() if form.reads_labels)]
PROB_FORMATS = ["", *(name for name, form in formats.FORMATS.items() if form.reads_pred_probs)]
MISSING = ["", "absent", "unknown"]
BESIDE = "What belongs beside a file goes along: NAME.ids.txt and NAME.tags.txt with NAME.npy, NAME.xml with NAME.arff."
MODELS = "/data/predictions.csv\nor, by name: clip=/data/clip.npy"
WAITING = "checked files"


@dataclass(frozen=True)
class Checked:
    """Files that were read and checked under a project's name; nothing has been written."""

    name: str
    inputs: intake.Inputs
    uploads: Uploads

    @property
    def report(self) -> Report:
        return self.inputs.report


def title(form: str) -> str:
    """A format in the words of its row."""
    return formats.FORMATS[form].title if form else "Recognise it"


def missing_title(missing: str) -> str:
    """What a tag that is not listed means, in words."""
    return missing or "as the format says"


def matching() -> dict[str, Any]:
    """What the form asks about formats, models and names that do not match, as options of `check`."""
    with st.expander("Formats, models and matching"):
        left, right = st.columns(2)
        labels_format = left.selectbox("Labels are", LABEL_FORMATS, format_func=title)
        predictions_format = right.selectbox("Predictions are", PROB_FORMATS, format_func=title)
        missing = left.selectbox("A tag that is not listed is", MISSING, format_func=missing_title)
        ranked_by = right.text_input("Of several models, the one that ranks", placeholder="all together")
        logits = st.checkbox("The predictions are logits, not probabilities")
        common = st.checkbox("Keep only the ids and tags that all files have")
    formats = {"labels_format": labels_format or None, "predictions_format": predictions_format or None}
    how = {"missing_means": missing or None, "ranked_by": ranked_by.strip(), "logits": logits, "only_common": common}
    return formats | how


def checked() -> Checked | None:
    """What was checked last and has not become a project yet."""
    waiting: Checked | None = st.session_state.get(WAITING)
    return waiting


def check(name: str, labels: Any, predictions: Any, images: Any, *, progress: intake.Progress, **options: Any) -> None:
    """Read and check what the form holds: paths as text, or uploaded files. Shows why where it cannot be read."""
    if before := st.session_state.pop(WAITING, None):
        before.uploads.drop()
    uploads = Uploads(session.settings())
    try:
        folder.free_name(session.settings().projects, name.strip())
        given, predicted = uploads.table(labels, "labels"), uploads.models(predictions)
        if given is None or not (predicted or images):
            raise InputError("Give a labels file, and a predictions file or pictures to make predictions from.")
        inputs = intake.gather(given, predicted, uploads.pictures(images), progress=progress, **options)
        st.session_state[WAITING] = Checked(name.strip(), inputs, uploads)
    except LabelReviewError as error:
        uploads.drop()
        show(error)
    except BaseException:  # also when somebody cancels: Streamlit ends the run of the page
        uploads.drop()
        raise


def show(error: LabelReviewError) -> None:
    """A message of several lines, as they are: Markdown joins lines that end at once."""
    st.error(session.plain(str(error)).replace("\n", "  \n"), icon=":material/error:")


def show_problems(report: Report) -> None:
    """What a report finds wrong, and what is worth a look."""
    for problem in report.errors:
        st.error(session.plain(problem), icon=":material/error:")
    for warning in report.warnings:
        st.warning(session.plain(warning), icon=":material/warning:")


def create() -> str:
    """Make the project of what was checked; gives its name."""
    waiting: Checked = st.session_state[WAITING]
    with progress_bar() as progress:
        intake.create(session.settings(), waiting.name, waiting.inputs, progress=progress)
    st.session_state.pop(WAITING)
    waiting.uploads.done()
    with st.spinner("Scoring"), Project.open(session.settings(), waiting.name) as project:
        project.prepare()
    return waiting.name
