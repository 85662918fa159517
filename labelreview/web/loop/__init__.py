"""The review loop in the browser: plain files, and what they are told.

The loop is configured by `data` (small, the same on every rerun) and talks to the routes by itself, so that no rerun of
the page stands between a key and the next picture. Decisions never travel through Streamlit.
"""

import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

import streamlit as st

from labelreview.desk.project import Project
from labelreview.review.worklist import Filters
from labelreview.roles import Action
from labelreview.web import auth, words
from labelreview.web.loop import keys

HERE = Path(__file__).parent
# What any component of the review needs, in this order: words, HTTP, the outbox and its sender, pictures, keys, room,
# why nothing is asked.
SHARED = ("words.js", "talk.js", "outbox.js", "pictures.js", "keyboard.js", "keysheet.js", "fill.js", "nothing.js")
EVIDENCE = ("prose.js", "beside.js", "evidence.js")
CSS = ("tools.css", "sheet.css", "card.css", "beside.css")
OWN = ("queue.js", "history.js", "card.js", "stage.js", *EVIDENCE, "view.js", "sheets.js", "loop.js")


def read(*names: str) -> str:
    """The files one after the other: one module, without a build step."""
    return "\n".join((HERE / name).read_text("utf-8") for name in names)


def html(file: Path) -> str:
    """A component's html, with the fragments that it names (`<!-- keys.html -->`)."""
    return re.sub("<!-- ([a-z]+[.]html) -->", lambda name: read(name[1]), file.read_text("utf-8"))


_component = st.components.v2.component(
    "labelreview.loop", html=html(HERE / "loop.html"), css=read("loop.css", *CSS), js=read(*SHARED, *OWN)
)


def told(project: Project, reviewer: str, token: str, filters: Filters, language: str) -> dict[str, Any]:
    """What SHARED needs to know: where the routes are, who asks for what, in which words."""
    return {
        "at": f"/api/projects/{quote(project.card.name, safe='')}",
        "project": project.card.uid,
        "name": project.card.name,
        "version": project.card.version,
        "reviewer": reviewer,
        "header": auth.HEADER,
        "token": token,
        "lasts": auth.TOKEN_SECONDS / 2,  # what is left for certain, of one that was made a while ago
        "filters": asdict(filters),
        "narrowed": filters.narrowed,
        "pins": Action.DECIDE in project.people.actions(reviewer),
        "language": language,
        "languages": [[code, name] for code, (name, _) in words.LANGUAGES.items()],
        "words": words.part(language, "loop"),
    }


def review(
    project: Project,
    reviewer: str,
    token: str,
    filters: Filters,
    language: str,
    *,
    on_no_token: Callable[[], None],
    on_all_cells: Callable[[], None],
    on_language: Callable[[], None],
) -> None:
    """The loop over one project.

    `on_no_token` is called when the routes do not take the token any more, `on_all_cells` when somebody who has
    answered all suspects goes on with the rest, `on_language` when another language was chosen.
    """
    _component(
        key="loop",
        data={**told(project, reviewer, token, filters, language), "keys": keys.table(language)},
        on_auth_change=on_no_token,
        on_all_change=on_all_cells,
        on_language_change=on_language,
    )
