"""The pictures behind a mark of a chart, and the way from them to the queue."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from labelreview import images
from labelreview.desk import second
from labelreview.desk.people import NotAllowed
from labelreview.desk.project import Project
from labelreview.desk.triage import Behind, behind
from labelreview.desk.triage.behind import AHEAD, OPEN, marked
from labelreview.errors import LabelReviewError
from labelreview.review.worklist import Filters
from labelreview.roles import Action
from labelreview.tags import PRESENT
from labelreview.web import queues, session
from labelreview.web.choosing import one_of

SIZE, AT_FIRST, MORE = 320, 12, 24
KINDS = {"errors": "Errors found", "ahead": "Not answered", "others": "Right, or unsure"}
LONGEST = 36
TEXT = 200  # letters of a document


def behind_mark(project: Project, mark: Sequence[str] | None, key: str) -> None:
    """What a click on a chart shows: small pictures of the cells, and where to review them. Nothing without a click."""
    if not mark:
        return
    try:
        found = behind(project, mark)
    except LabelReviewError as error:
        st.warning(session.plain(str(error)), icon=":material/info:")
        return
    with st.container(border=True, key=f"{key}_behind"):
        counts = {kind: len(getattr(found, kind)) for kind in KINDS}
        if counts["ahead"] == OPEN:
            counts["ahead"] = project.asking.progress(found.queue("ahead")).remaining
        there = [kind for kind in KINDS if counts[kind]]
        st.markdown(f"**{session.plain(found.title)}**")
        if not there:
            st.caption("No verdict and nothing suspicious here.")
            return
        _chosen(project, found, there, counts, key)
        if AHEAD in found.kinds and not found.filters.tag and project.meeting.standing().dropped:
            st.caption("Labels of dropped tags that nobody has answered are not asked, and not counted here.")


def _chosen(project: Project, found: Behind, there: list[str], counts: dict[str, int], key: str) -> None:
    row = st.container(horizontal=True, vertical_alignment="center")
    kind = one_of(
        "Which",
        there,
        place=row,
        format_func=lambda kind: f"{KINDS[kind]} ({counts[kind]:,})",
        key=f"{key}_which",
        label_visibility="collapsed",
    )
    person = session.known_person()
    with row:
        _queue(project, person, found.queue(kind), key)
    cells = getattr(found, kind)
    shown = st.session_state.get(f"{key}_shown", AT_FIRST)
    grid = st.container(horizontal=True, key=f"{key}_grid")
    named = session.may(project, person, Action.MEASURE)
    for place in cells[:shown].tolist():
        with grid.container(width=150, gap="xxsmall"):
            _one(project, place, f"{key}_{place}", "" if named else person)
    if len(cells) > shown and st.button(f"Show {min(MORE, len(cells) - shown)} more", key=f"{key}_more"):
        st.session_state[f"{key}_shown"] = shown + MORE
        st.rerun(scope="fragment")


def _queue(project: Project, person: str, filters: Filters, key: str) -> None:
    """The way to the queue of these cells, and how many it holds; nothing where the person may not see it."""
    try:
        left = second.progress(project, person, filters).remaining
    except NotAllowed:
        return
    words = f"Look again at {left:,}" if filters.status else f"Review {left:,}"
    told = ("Answered labels, each asked once more: those that you looked at again already are left out."
            if filters.status else "A queue of exactly the labels here that nobody has answered.")  # fmt: skip
    if st.button(words, icon=":material/play_arrow:", key=f"{key}_review", help=told, disabled=not left):
        session.go_to_review(**queues.address(filters))


def _one(project: Project, place: int, key: str, alone: str) -> None:
    """A picture, its label and its verdict; `alone`: the one person who may be named, "" where everybody may."""
    item, tag = project.dataset.at(place)
    given = "yes" if project.dataset.given(np.array([place]))[0] == PRESENT else "no"
    held = project.verdicts().settled.get((item, tag))
    small, why = picture(project, item)
    if text := project.text(item):
        st.text(text[:TEXT] + "…" * (len(text) > TEXT))
    elif small:
        st.image(small, width=150, alt=f"{item}")
    else:
        st.caption(f":material/hide_image: {session.plain(why)}")
    by = f", {held.reviewer}" if held and (not alone or held.reviewer == alone) else ""
    said = f" → {_word(held.verdict.value)}{by}" if held and held.verdict else ""
    st.caption(f"**{session.plain(_cut(tag))}** {given}{session.plain(said)}  \n{session.plain(_cut(item))}")
    if not held and st.button("Review", key=key, type="tertiary", icon=":material/arrow_forward:"):
        session.go_to_review(**queues.address(marked(project, ("cell", item, tag)).filters))


def picture(project: Project, item: str) -> tuple[bytes | None, str]:
    """The small picture of an item, or None and why there is none."""
    try:
        name, settings = project.image_name(item), session.settings()
        if not name:
            return None, "no picture"
        thumbnails = images.kept_in(settings.cache / "pictures", settings.cache_bytes)
        return thumbnails.picture(project.pictures, name, SIZE).data, ""
    except LabelReviewError as error:
        return None, str(error)


def _word(verdict: str) -> str:
    return {"present": "yes", "absent": "no"}.get(verdict, verdict)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
