"""The filters of the review pages: of the address, of the widgets, saved by name; and the widgets for the rarer ones.

An address holds every filter as text, so that a link restores the queue exactly; a saved queue is such an address.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any

import streamlit as st

from labelreview.decisions import Direction
from labelreview.desk import saved, second
from labelreview.desk.orders import LEARNED, OF_UNLABELLED
from labelreview.desk.project import Project
from labelreview.desk.triage.behind import marked, named
from labelreview.errors import LabelReviewError, few
from labelreview.review.again import BY_LABEL, OWN, Status
from labelreview.review.worklist import Filters
from labelreview.roles import Action
from labelreview.web import results, session, wording, words

# What narrows together, is told by one chip, and lifted by one click.
CHIPS = (("status", "mark"), ("reviewer",), ("low", "high"), ("p_low", "p_high"), ("column", "value"), ("selection",))
RARE = tuple(chain.from_iterable(CHIPS))
NAMES = ("tag", "direction", "text", "order", "cells", *RARE)
FILTERED, SAID, FRESH = "review_filtered", "queue_said", "selection_fresh"
ALL_CELLS, UNLABELLED = "all", "unlabelled"
ENDS = {"low": 0.0, "high": 1.0, "p_low": 0.0, "p_high": 1.0}
ENOUGH_IDS = 5  # that are missing, by name
LONGEST = 48  # letters of a chip


def review(project: Project) -> Filters:
    """What the review page asks about. The address wins when it changed (a link), else the widgets `filter_…`."""
    asked = _checked(project, {name: st.query_params.get(name, "") for name in NAMES})
    if asked != st.session_state.get(FILTERED) or "filter_tag" not in st.session_state:
        st.session_state.update({f"filter_{name}": _in_field(name, value) for name, value in asked.items()})
    now = {name: str(st.session_state.get(f"filter_{name}") or "") for name in NAMES}
    now |= {name: _end(name, now[name]) for name in ENDS}  # what is no share stays in its field, and filters nothing
    if unlabelled():  # what was left empty has no direction and no score
        now |= {"direction": "", "low": "", "high": "", "order": now["order"] * (now["order"] in OF_UNLABELLED)}
        st.session_state.update({f"filter_{name}": now[name] for name in ("low", "high", "order")})
    st.session_state["filter_direction"] = now["direction"]
    st.session_state[FILTERED] = now
    _to_address(now)
    return as_filters(now)


def as_filters(now: Mapping[str, str]) -> Filters:
    """Filters as an address writes them; what is left out is not filtered."""
    ends = ((share(now.get(name, "")), default) for name, default in ENDS.items())
    low, high, p_low, p_high = (default if value is None else value for value, default in ends)
    status, order = now.get("status", ""), now.get("order", "") or LEARNED
    open_cells, cells = not status and not now.get("reviewer", ""), now.get("cells", "")
    return Filters(
        now.get("tag", ""),
        Direction(now["direction"]) if now.get("direction") else None,
        now.get("text", ""),
        order,
        suspects=open_cells and not cells,
        unlabelled=open_cells and cells == UNLABELLED,
        selection=now.get("selection", ""),
        status=status,
        reviewer=now.get("reviewer", ""),
        column=now.get("column", ""),
        value=now.get("value", "") if now.get("column") else "",
        mark=now.get("mark", "") if status in BY_LABEL else "",
        low=low,
        high=high,
        p_low=p_low,
        p_high=p_high,
    )


def address(filters: Filters) -> dict[str, str]:
    """Filters as an address writes them: `as_filters` the other way round."""
    asks_open = not filters.status and not filters.reviewer
    ends = {name: f"{getattr(filters, name):g}" for name, default in ENDS.items() if getattr(filters, name) != default}
    texts = {name: str(getattr(filters, name)) for name in ("tag", "text", "status", "reviewer", "column", "value",
                                                            "selection", "mark")}  # fmt: skip
    texts |= {
        "direction": filters.direction.value if filters.direction else "",
        "order": "" if filters.order == LEARNED else filters.order,
        "cells": UNLABELLED if filters.unlabelled else ALL_CELLS if asks_open and not filters.suspects else "",
    }
    return {name: text for name, text in (texts | ends).items() if text}


def grid(project: Project) -> Filters:
    """What the grid asks about: always one tag (of the most suspects, until one is chosen) and one direction."""
    figures = results.overview(project)
    if (st.query_params.get("tag") or st.session_state.get("filter_tag")) not in project.dataset.tags:
        st.query_params["tag"] = max(figures, key=lambda figure: figure.suspects).tag
    chosen = next(f for f in figures if f.tag == (st.query_params.get("tag") or st.session_state.get("filter_tag")))
    directed = st.query_params.get("direction") or st.session_state.get("filter_direction")
    if not directed and UNLABELLED not in (st.query_params.get("cells"), st.session_state.get("filter_cells")):
        fewer_wrong = chosen.maybe_wrong < chosen.maybe_missing
        st.query_params["direction"] = (Direction.MISSING if fewer_wrong else Direction.WRONG).value
    return replace(_open_cells(review(project)), text="", order=LEARNED)


def item(project: Project) -> Filters:
    """What the page of whole items asks about: cells of one tag or all, item after item."""
    if st.query_params.get("cells") == UNLABELLED:  # an item lists what is likely, not what is empty
        del st.query_params["cells"]
    return replace(_open_cells(review(project)), order="ema")


def _open_cells(filters: Filters) -> Filters:
    cells = st.session_state.get("filter_cells") or ""
    return replace(filters, status="", reviewer="", mark="", suspects=not cells, unlabelled=cells == UNLABELLED)


def unlabelled() -> bool:
    """Whether the cells asked are those whose label was left empty."""
    return st.session_state.get("filter_cells") == UNLABELLED and not st.session_state.get("filter_status")


def orders(project: Project, say: Any) -> dict[str, str]:
    """The orders that there are for the cells asked, in words."""
    titles = session.order_titles(project)
    if not unlabelled():
        return titles
    return {"": say("review.likeliest"), **{name: titles[name] for name in OF_UNLABELLED if name in titles}}


def ask_all_cells() -> None:
    """The suspects are answered: ask about all cells under the filter."""
    st.session_state["filter_cells"] = ALL_CELLS


def fold(language: str) -> None:
    """The switch that shows the filters on a phone (the frame's style hides it elsewhere); it comes before them."""
    st.toggle(words.say(language, "queue.filters"), key="filters_shown")


def more(project: Project, reviewer: str, language: str) -> None:
    """The rarer filters, and what is saved by name, behind one button that says how many are set."""
    say = partial(words.say, language)
    count = sum(_is_set(names) for names in CHIPS)
    with st.popover(say("queue.more-set", n=count) if count else say("queue.more"), icon=":material/filter_list:"):
        if said := st.session_state.pop(SAID, ""):
            st.caption(session.plain(said))
            if name := st.session_state.pop(FRESH, ""):
                st.button(say("queue.open-selection", name=session.plain(name)), key="open_selection",
                          on_click=_choose, args=(name,))  # fmt: skip
        _rare(project, reviewer, say)
        _selections(project, reviewer, say)
        _queues(project, reviewer, say)
    _chips(project, say)


def _is_set(names: Sequence[str]) -> bool:
    return any(st.session_state[FILTERED][name] for name in names)


def _chips(project: Project, say: Any) -> None:
    """What narrows the queue beside the filters in sight, each to be lifted by a click."""
    for names in filter(_is_set, CHIPS):
        said = session.plain(_said(project, names[0], say))
        st.button(_cut(said), icon=":material/close:", key=f"lift_{names[0]}",
                  help=f"{said}  \n{say('queue.lift')}", on_click=_lift, args=(names,))  # fmt: skip


def _said(project: Project, name: str, say: Any) -> str:
    now = st.session_state[FILTERED]
    if name == "status":
        said = str(say(f"queue.status-{now['status']}"))
        try:
            return f"{said}: {marked(project, named(now['mark'])).title}" if now["mark"] else said
        except LabelReviewError as error:
            return f"{said}: {error}"
    if name in ("low", "p_low"):
        ends = now[name] or "0", now[name.replace("low", "high")] or "1"
        low, high = (words.number(session.language(), float(end), "g") for end in ends)
        return f"{say('queue.quality' if name == 'low' else 'queue.probability')} {low}–{high}"
    return {
        "reviewer": f"{say('queue.reviewer')}: {now['reviewer']}",
        "column": f"{now['column']}: {now['value']}",
        "selection": f"{say('queue.selection')}: {now['selection']}",
    }[name]


def _cut(text: str) -> str:
    return text if len(text) < LONGEST else text[: LONGEST - 1] + "…"


def _lift(names: Sequence[str]) -> None:
    for name in names:
        st.session_state[f"filter_{name}"] = ""


def _rare(project: Project, reviewer: str, say: Any) -> None:
    sees_all = session.may(project, reviewer, Action.ADJUDICATE)
    statuses = ["", *(status.value for status in (Status if sees_all else OWN))]
    if st.session_state["filter_status"] not in statuses:  # a link by somebody who may see more
        st.session_state["filter_status"] = ""
    st.selectbox(say("queue.status"), statuses, format_func=lambda status: say(f"queue.status-{status or 'open'}"),
                 key="filter_status")  # fmt: skip
    if sees_all:
        people = ["", *project.verdicts().reviewers]
        st.selectbox(say("queue.reviewer"), people, format_func=lambda name: name or say("queue.anybody"),
                     key="filter_reviewer")  # fmt: skip
    for low, title in (("low", "queue.low"), ("p_low", "queue.p-low")):
        left, right = st.columns(2)
        high, idle = low.replace("low", "high"), low == "low" and unlabelled()
        left.text_input(say(title), key=f"filter_{low}", placeholder="0", disabled=idle)
        right.text_input(say("queue.high"), key=f"filter_{high}", placeholder="1", disabled=idle)
        for column, name in ((left, low), (right, high)):
            if (text := st.session_state.get(f"filter_{name}") or "") and share(text) is None:
                column.markdown(f":red[{say('queue.no-share', text=session.plain(_cut(text)))}]")
    st.caption(say("queue.range"))
    if any(_is_set(names) for names in CHIPS if names[0] in ENDS):
        left_open = second.progress(project, reviewer, as_filters(st.session_state[FILTERED])).remaining
        st.caption(say("queue.holds", n=left_open))
    if columns := project.columns.all():
        _keep_to("filter_column", ["", *columns])
        left, right = st.columns(2)
        left.selectbox(say("queue.column"), ["", *columns], format_func=lambda name: name or say("queue.every-item"),
                       key="filter_column", on_change=_first_value, args=(project,))  # fmt: skip
        if chosen := columns.get(st.session_state["filter_column"]):
            _keep_to("filter_value", chosen.values)
            right.selectbox(say("queue.value"), chosen.values, key="filter_value")


def _first_value(project: Project) -> None:
    column = project.columns.all().get(st.session_state["filter_column"])
    st.session_state["filter_value"] = column.values[0] if column else ""


def _keep_to(key: str, choices: Sequence[str]) -> None:
    """A widget's value is one of its choices, also after the items file has become another one."""
    if st.session_state.get(key) not in choices:
        st.session_state[key] = choices[0]


def _selections(project: Project, reviewer: str, say: Any) -> None:
    names = ["", *project.saved.selections()]
    st.selectbox(say("queue.selection"), names, format_func=lambda name: name or say("queue.every-item"),
                 key="filter_selection")  # fmt: skip
    with st.expander(say("queue.new-selection")):
        upload = st.file_uploader(say("queue.ids"), ["txt", "csv"], key="selection_file")
        name = st.text_input(say("queue.name"), upload.name.rpartition(".")[0] if upload else "", key="selection_name")
        if st.button(say("queue.save-selection"), disabled=not (upload and name)) and upload:
            _try(partial(_save_selection, project, reviewer, name, upload.getvalue(), say))


def _save_selection(project: Project, reviewer: str, name: str, data: bytes, say: Any) -> str:
    ids = saved.ids_of(data.decode("utf-8", errors="replace"))
    count = project.saved.save_selection(name, ids, reviewer)
    missing = [item for item in dict.fromkeys(ids) if item not in project.dataset.ids]
    st.session_state[FRESH] = name.strip()
    said = say("queue.selection-saved", name=name, n=count, all=count + len(missing))
    names, more = few(missing[:ENOUGH_IDS]), len(missing) - ENOUGH_IDS
    named = say("queue.and-more", names=names, n=more) if more > 0 else names
    return f"{said} {say('queue.missing', ids=named)}" if missing else str(said)


def _choose(selection: str) -> None:
    st.session_state["filter_selection"] = selection


def _queues(project: Project, reviewer: str, say: Any) -> None:
    found = project.saved.queues()
    if found:
        chosen = st.selectbox(say("queue.saved"), ["", *sorted(found)], key="queue_chosen")
        row = st.container(horizontal=True)
        if row.button(say("queue.open"), disabled=not chosen):
            st.query_params.from_dict({"project": st.query_params.get("project", ""), **found[chosen]})
            st.rerun()
        if row.button(say("queue.forget"), disabled=not chosen):
            project.saved.remove(saved.QUEUES, chosen)
            st.rerun()
    name = st.text_input(say("queue.save-as"), key="queue_name", max_chars=saved.LONGEST)
    if st.button(say("queue.save"), disabled=not name.strip()):
        now = {key: value for key, value in dict(st.session_state[FILTERED]).items() if value}
        _try(partial(_save_queue, project, reviewer, name, now, say))
    st.caption(say("queue.link"))


def _save_queue(project: Project, reviewer: str, name: str, now: Mapping[str, str], say: Any) -> str:
    project.saved.save_queue(name, now, reviewer)
    return str(say("queue.is-saved", name=name.strip()))


def _try(do: Any) -> None:
    try:
        st.session_state[SAID] = do()
    except LabelReviewError as error:
        st.session_state[SAID] = wording.trouble(error, session.language())
    st.rerun()


def _checked(project: Project, asked: dict[str, str]) -> dict[str, str]:
    """An address without what is not there: of another project, or mistyped."""
    if asked["tag"] not in ("", *project.dataset.tags):
        tag = session.plain(asked["tag"])
        st.toast(session.say("queue.no-tag", tag=tag), icon=":material/info:")
        asked["tag"] = ""
    allowed = {
        "direction": tuple(Direction),
        "order": session.order_titles(project),
        "cells": (ALL_CELLS, UNLABELLED),
        "status": tuple(Status),
        "reviewer": project.verdicts().reviewers if asked["reviewer"] else (),
        "selection": project.saved.selections() if asked["selection"] else (),
        "column": _column_of(project, asked),
    }
    known = {name: value if name not in allowed or value in allowed[name] else "" for name, value in asked.items()}
    for name in ENDS:
        known[name] = _end(name, known[name])
    known["value"] = known["value"] if known["column"] else ""
    known["mark"] = known["mark"] if known["status"] in BY_LABEL else ""
    return known


def _column_of(project: Project, asked: Mapping[str, str]) -> tuple[str, ...]:
    """The column asked for, where the items file has it with that value."""
    column = project.columns.all().get(asked["column"]) if asked["column"] else None
    return (asked["column"],) if column and asked["value"] in column.values else ()


def share(text: str) -> float | None:
    """A share as people write it, or None for what is none.

    >>> share("0,5"), share("50 %"), share("-1"), share("abc")
    (0.5, 0.5, None, None)
    """
    number = text.strip().removesuffix("%")
    try:
        value = float(number.replace(",", ".")) / (1 if number == text.strip() else 100)
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None


def _end(name: str, text: str) -> str:
    """One end of a range as an address writes it; nothing where it bounds nothing."""
    value = share(text)
    return "" if value is None or value == ENDS[name] else f"{value:g}"


def _in_field(name: str, value: str) -> str:
    """A filter of an address as its field shows it: the ends of a range as the language writes them."""
    return words.number(session.language(), float(value), "g") if value and name in ENDS else value


def _to_address(filters: Mapping[str, str]) -> None:
    for name, value in filters.items():
        if value and st.query_params.get(name) != value:
            st.query_params[name] = value
        elif not value and name in st.query_params:
            del st.query_params[name]
