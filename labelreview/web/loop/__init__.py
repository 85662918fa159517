"""The review loop in the browser: plain files, and what they are told.

The loop is configured by `data` (small, the same on every rerun) and talks to the routes by itself, so that no rerun of
the page stands between a key and the next picture. Decisions never travel through Streamlit.
"""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote

import streamlit as st

from labelreview.project import Project
from labelreview.review.worklist import Filters
from labelreview.web import auth
from labelreview.web.loop import keys


def _read(*names: str) -> str:
    """The files one after the other: one module, without a build step."""
    return "\n".join((Path(__file__).parent / name).read_text("utf-8") for name in names)


_component = st.components.v2.component(
    "labelreview.loop",
    html=_read("loop.html"),
    css=_read("loop.css", "card.css"),
    js=_read("outbox.js", "pictures.js", "card.js", "view.js", "loop.js"),
)


def review(
    project: Project,
    reviewer: str,
    token: str,
    filters: Filters,
    *,
    on_no_token: Callable[[], None],
    on_all_cells: Callable[[], None],
) -> None:
    """The loop over one project.

    `on_no_token` is called when the routes do not take the token any more, `on_all_cells` when somebody who has
    answered all suspects goes on with the rest.
    """
    _component(
        key="loop",
        data={
            "at": f"/api/projects/{quote(project.card.name, safe='')}",
            "project": project.card.uid,
            "version": project.card.version,
            "reviewer": reviewer,
            "header": auth.HEADER,
            "token": token,
            "filters": asdict(filters),
            "keys": keys.table(),
        },
        on_auth_change=on_no_token,
        on_all_change=on_all_cells,
    )
