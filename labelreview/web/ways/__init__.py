"""Two more ways to look, over the same queue and log: the grid (many pictures of one tag) and the whole item.

They share the loop's files (words, HTTP, outbox, pictures, keys); what they are told is as small and as constant.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from labelreview.desk.project import Project
from labelreview.review.worklist import Filters
from labelreview.web import loop, words
from labelreview.web.loop.keys import Key, table

HERE = Path(__file__).parent

GRID_KEYS = (
    Key("mark", " ", " ", " "),
    Key("unsure", "u", "q", "k"),
    Key("confirm", "Enter", "f", "Enter"),
    Key("undo", "z", "z", "u"),
    Key("turn", "x", "t", "o"),
    Key("enlarge", "e", "e", "i"),
    Key("fewer", "+", "3", "+"),
    Key("more", "-", "2", "-"),
    Key("left", "ArrowLeft", "a", "ArrowLeft"),
    Key("right", "ArrowRight", "d", "ArrowRight"),
    Key("up", "ArrowUp", "w", "ArrowUp"),
    Key("down", "ArrowDown", "s", "ArrowDown"),
    Key("help", "?", "x", "?"),
)
WHOLE_KEYS = (
    Key("toggle", " ", " ", " "),
    Key("unsure", "u", "q", "k"),
    Key("confirm", "Enter", "f", "Enter"),
    Key("skip", "n", "e", "i"),
    Key("undo", "z", "z", "u"),
    Key("enlarge", "l", "d", "l"),
    Key("mend", "m", "g", "m"),
    Key("find", "t", "t", "o"),
    Key("evidence", "e", "v", "n"),
    Key("up", "ArrowUp", "w", "ArrowUp"),
    Key("down", "ArrowDown", "s", "ArrowDown"),
    Key("help", "?", "x", "?"),
)


def _read(*names: str) -> str:
    return "\n".join((HERE / name).read_text("utf-8") for name in names)


_grid = st.components.v2.component(
    "labelreview.grid",
    html=loop.html(HERE / "grid.html"),
    css=_read("ways.css", "grid.css") + loop.read("sheet.css"),
    js=loop.read(*loop.SHARED) + _read("way.js", "tiles.js", "grid.js"),
)
_whole = st.components.v2.component(
    "labelreview.whole",
    html=loop.html(HERE / "whole.html"),
    css=_read("ways.css", "whole.css") + loop.read("sheet.css", "beside.css"),
    js=loop.read(*loop.SHARED, *loop.EVIDENCE) + _read("way.js", "finder.js", "enlarged.js", "whole.js"),
)


def grid(
    project: Project, reviewer: str, token: str, filters: Filters, language: str, **calls: Callable[[], None]
) -> None:
    """The grid over one tag and one direction, which cannot be lifted. `calls`: those of `loop.review`."""
    told = loop.told(project, reviewer, token, filters, language)
    told["narrowed"] = replace(filters, tag="", direction=None).narrowed
    _mount(_grid, {**told, "keys": table(language, GRID_KEYS, "grid.key-")}, "grid", language, **calls)


def whole(
    project: Project, reviewer: str, token: str, filters: Filters, language: str, **calls: Callable[[], None]
) -> None:
    """Item after item, each with all its tags. `calls`: those of `loop.review`."""
    told = loop.told(project, reviewer, token, filters, language)
    _mount(_whole, {**told, "keys": table(language, WHOLE_KEYS, "whole.key-")}, "whole", language, **calls)


def _mount(
    component: Any,
    told: dict[str, object],
    way: str,
    language: str,
    *,
    on_no_token: Callable[[], None],
    on_all_cells: Callable[[], None],
    on_language: Callable[[], None],
) -> None:
    says = {key: word for part in ("loop", "way", way) for key, word in words.part(language, part).items()}
    data = {**told, "way": way, "words": says}
    calls = {"on_auth_change": on_no_token, "on_all_change": on_all_cells, "on_language_change": on_language}
    component(key=way, data=data, **calls)
