"""What the triage page shows of a project, kept as long as its log has not grown."""

import csv
import io
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import streamlit as st

from labelreview.decisions import Direction
from labelreview.desk import report, triage
from labelreview.desk.project import Project
from labelreview.desk.report import blocks
from labelreview.desk.triage import (
    EXPLAINED,
    TABLES,
    Triage,
    compared,
    groups,
    kinds,
    matters,
    model,
    moments,
    people,
    percent,
    span,
)
from labelreview.desk.triage.compared import Comparison
from labelreview.desk.triage.moments import When
from labelreview.desk.triage.tables import ON_TOP, Row, impact_rows
from labelreview.desk.triage.words import NOT_KNOWN
from labelreview.errors import InputError, many
from labelreview.formats.tables import cell
from labelreview.review.estimates import ErrorRate, Estimate
from labelreview.rulings import State
from labelreview.tags import PRESENT
from labelreview.web.charts import short
from labelreview.web.triage_charts import MOST, Bar, hover, shown

T = TypeVar("T")
WHERE = "Formula: docs/estimates.md, “Every number”."
FORMS = {**dict.fromkeys(triage.tables.SHARES, "%.2g %%"), **dict.fromkeys(triage.tables.WHOLE, "localized"),
         **{name: f"%.{most}g" for name, most in triage.tables.DIGITS.items()},
         "difference": "%.2g", "lift": "%.2g", "p_value": "%.2g"}  # fmt: skip
SORTS: dict[str, Callable[[tuple[str, ErrorRate]], Any]] = {
    "Most surely still wrong": lambda pair: triage.surest_first(pair[1]),
    "Most errors left": lambda pair: (triage.unknown(pair[1]), -np.nan_to_num(pair[1].left.value)),
    "Most errors found": lambda pair: -pair[1].found,
    "Least known": lambda pair: pair[1].rate.low - pair[1].rate.high,
    "Name": lambda pair: pair[0].casefold(),
}
EACH = "each"
ONE_SIDE = {Direction.WRONG.value: "Wrong tags", Direction.MISSING.value: "Missing tags"}
SIDES = {"": "Both together", **ONE_SIDE, EACH: "Side by side"}


def figures(project: Project) -> Triage:
    """How many labels are wrong, where, and how many are left."""
    return kept(project, "figures", lambda: triage.figures(project))


def kept(project: Project, what: str, compute: Callable[[], T]) -> T:
    """Anything that follows from the project and its log, computed once for all visitors until the log grows."""
    held = project.meeting.standing().history
    key = (project.card.uid, project.card.version, project.verdicts().seq, held[-1].seq if held else 0, what)
    found: T = _kept(key, compute)
    return found


@st.cache_resource(max_entries=128, show_spinner="Estimating")
def _kept(key: tuple[object, ...], _compute: Callable[[], Any]) -> Any:
    return _compute()


def numbers(found: Triage) -> list[tuple[str, str, str]]:
    """Title, number and explanation of the figures on top."""
    whole, hours = found.whole, found.cost.hours.value
    best, low, high = triage.errors_left(found)
    takes_time = found.sure and 0 < hours < math.inf
    shown = {
        "Verdicts": ("Verdicts", f"{found.verdicts:,}", ""),
        "Audit answers": ("Audit answers", f"{whole.drawn:,}", ""),
        "Errors found": ("Errors found", f"{whole.found:,}", ""),
        "Errors left": ("Errors left", (best if found.sure else f"{low}–{high}") if found.told else triage.DASH,
                        f" 95 % interval: {low} to {high}."),
        "Hours to the target": (f"Hours to {percent(found.target)}",
                                f"{hours:,.1f}" if takes_time else triage.DASH,
                                f" 95 % interval: {triage.hours_to_target(found)}." if takes_time
                                else " Not known yet."),
    }  # fmt: skip
    return [(title, number, f"{ON_TOP[name]}{more} {WHERE}") for name, (title, number, more) in shown.items()]


def told(*names: str) -> str:
    """What figures on top say, for a hover."""
    said = {**EXPLAINED, **ON_TOP}
    return "  \n".join([*(f"**{triage.tables.title(name).capitalize()}.** {said[name]}" for name in names), WHERE])


def tag_rates(found: Triage, side: str, text: str, sort: str) -> list[tuple[str, ErrorRate]]:
    """Tags whose name contains the text, with their rate in one direction or both, sorted."""
    rates = found.each_way[Direction(side)] if side else found.by_tag
    pairs = [pair for pair in zip(found.tags, rates, strict=True) if text.casefold() in pair[0].casefold()]
    return sorted(pairs, key=SORTS[sort])


def each_way(found: Triage, text: str, sort: str) -> list[tuple[str, Direction, ErrorRate]]:
    """Tags and directions in which anything tells about them, sorted together."""
    every = [(tag, Direction(side), rate) for side in ONE_SIDE for tag, rate in tag_rates(found, side, text, sort)]
    told = (each for each in every if each[2].drawn or each[2].found)
    return sorted(told, key=lambda each: SORTS[sort]((each[0], each[2])))


def bars_each_way(rates: Sequence[tuple[str, Direction, ErrorRate]]) -> dict[str, list[Bar]]:
    """Both directions of the first tags as two traces."""
    first = set(list(dict.fromkeys(tag for tag, _, _ in rates))[:MOST])
    return {
        title: [
            Bar(tag, shown(rate), hover(tag, rate), ["tag", tag, side])
            for tag, way, rate in rates
            if tag in first and way.value == side
        ]
        for side, title in ONE_SIDE.items()
    }


def assigned_to(project: Project) -> dict[str, set[str]]:
    """The tags of each person, and of each state; nothing where no tag is assigned."""
    found = dict[str, set[str]]()
    held = {tag: who for tag, who in project.meeting.standing().assignments.items() if who.person}
    for tag, who in sorted(held.items(), key=lambda each: each[1].person.casefold()):
        found.setdefault(who.person, set()).add(tag)
    for state in State:
        found[f"({state.value})"] = {tag for tag, who in held.items() if who.state is state}
    return {name: tags for name, tags in found.items() if tags}


def tag_columns(rows: Sequence[Row]) -> list[str] | None:
    """The columns of the table of tags in the order shown: people first where tags are assigned, else not at all."""
    if not rows:
        return None
    people_of = ["person", "state", "note"] if any(row["person"] for row in rows) else []
    return ["tag", *people_of, *(name for name in rows[0] if name not in ("tag", "person", "state", "note"))]


def tag_bars(pairs: Sequence[tuple[str, ErrorRate]], side: str = "") -> list[Bar]:
    """The first of them that anything tells about, as lines of a chart."""
    told = [(tag, rate) for tag, rate in pairs if triage.is_told(rate)][:MOST]
    return [Bar(tag, shown(rate), hover(tag, rate), ["tag", tag, side]) for tag, rate in told]


def not_shown(pairs: Sequence[tuple[str, ErrorRate]], bars: Sequence[Bar]) -> str:
    """How many tags a chart leaves out, and why."""
    known = sum(triage.is_told(rate) for _, rate in pairs)
    unknown, more = len(pairs) - known, known - len(bars)
    told = f" {unknown:,} of {len(pairs):,} tags are not shown: too little is known." if unknown else ""
    return told + (f" {more:,} more are below these: find or sort to see them." if more else "")


def group_bars(project: Project, name: str) -> list[Bar]:
    """The values of a column of the items file as lines of a chart, most errors on top."""
    column, found = project.columns.all()[name], figures(project)
    rates = kept(project, f"group {name} {project.columns.stamp()}", lambda: groups.rates(project, found, column))
    pairs = sorted(zip(column.values, rates, strict=True), key=SORTS["Most surely still wrong"])[:MOST]
    return [Bar(value, shown(rate), hover(value, rate), ["group", name, value]) for value, rate in pairs]


def agreement_bars(project: Project) -> list[Bar]:
    """Reviewers who share labels with others, and how often these said the same."""
    paces = kept(project, "paces", lambda: people.paces(project))
    return [
        Bar(
            each.reviewer,
            each.agreement,
            f"{short(each.reviewer)}: {_rate(each.agreement)} on {many(each.shared, 'label')}",
            ["reviewer", each.reviewer],
        )
        for each in paces
        if each.shared
    ][:MOST]


def _rate(estimate: Estimate) -> str:
    return f"{percent(estimate.value)} ({span(estimate)})"


def noise_bars(found: Triage, text: str) -> dict[str, list[Bar]]:
    """P(given | true) both ways of the tags with the largest ones, as two traces."""
    pairs = [pair for pair in zip(found.tags, found.noise, strict=True) if text.casefold() in pair[0].casefold()]
    pairs = sorted(pairs, key=lambda pair: -max(pair[1].missed.low, pair[1].invented.low))[:MOST]
    ways = (
        ("Given though absent", "invented", Direction.WRONG, "of the items without it were given it"),
        ("Not given though present", "missed", Direction.MISSING, "of the items with it lack it"),
    )
    return {
        title: [
            Bar(tag, end := getattr(each, way), f"{short(tag)}: {percent(end.value)} ({span(end)}) {words}",
                ["tag", tag, side.value])
            for tag, each in pairs
        ]
        for title, way, side, words in ways
    }  # fmt: skip


def pairs(found: Triage, which: str) -> tuple[kinds.HeatMap, list[Row], list[Row]]:
    """Tags that are confused, or wrong together: those that stand out as a heat map and as a table, and all of them."""
    listed = found.confused if which == "confused" else found.co_wrong
    shown = kinds.standing_out(listed)
    heat = kinds.heat_map(found, shown, symmetric=which != "confused")
    return heat, triage.tables.pair_rows(found, shown), triage.tables.pair_rows(found, listed)


def of_tags(project: Project) -> dict[str, tuple[int, int, str]]:
    """What a meeting should know of each tag before it decides: how many items have it as given, errors found, and the
    share wrong as given in words."""
    return kept(project, "of tags", lambda: _of_tags(project))


def _of_tags(project: Project) -> dict[str, tuple[int, int, str]]:
    data = project.dataset
    there = data.grid.cells(np.flatnonzero(np.ravel(data.labels) == PRESENT))
    counts = np.bincount(there % len(data.tags), minlength=len(data.tags)).tolist()
    try:
        about = [(rate.found, blocks.shown("rate", triage.tables.rate_row(rate))) for rate in figures(project).by_tag]
    except InputError:  # no label is known, so that there is nothing to estimate
        about = [(0, NOT_KNOWN)] * len(data.tags)
    return {tag: (count, *told) for tag, count, told in zip(data.tags, counts, about, strict=True)}


def histogram(project: Project) -> model.Histogram:
    return kept(project, "histogram", lambda: model.histogram(project))


def reliability(project: Project) -> list[model.Step]:
    return kept(project, "reliability", lambda: model.reliability(project, figures(project)))


def leaderboard(project: Project) -> list[matters.Model]:
    return kept(project, "leaderboard", lambda: matters.leaderboard(project))


def learned(project: Project, embeddings: str) -> matters.Learned:
    return kept(project, f"learned {embeddings}", lambda: matters.learned(project, Path(embeddings)))


def learned_rows(found: matters.Learned) -> list[Row]:
    return impact_rows(found.gain)


def comparison(project: Project, before: When, after: When) -> Comparison:
    """Two moments beside each other."""
    what = f"compared {moments.written(before)} {moments.written(after)}"
    return kept(project, what, lambda: compared.compared(project, before, after))


def rows(project: Project, name: str) -> list[Row]:
    """A table of `triage.TABLES`."""
    return kept(project, f"table {name} {project.columns.stamp()}", lambda: TABLES[name][1](project, figures(project)))


def as_csv(table: Sequence[Row]) -> str:
    """Rows as CSV, the bytes that `labelreview report --tables` writes."""
    text = io.StringIO(newline="")
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(list(table[0]) if table else [])
    lines.writerows([cell(value) for value in row.values()] for row in table)
    return text.getvalue()


def columns(table: Sequence[Row]) -> dict[str, Any]:
    """How a table's columns are shown: their title, one sentence on hover, numbers as in the report."""
    return {name: _column(name, table) for name in (table[0] if table else ())}


def _column(name: str, table: Sequence[Row]) -> Any:
    title, told = triage.tables.title(name).capitalize(), EXPLAINED.get(name)
    if isinstance(next((row[name] for row in table if row[name] is not None), None), int | float):
        return st.column_config.NumberColumn(title, help=told, format=FORMS.get(_kind(name), "localized"))
    return st.column_config.Column(title, help=told)


def _kind(column: str) -> str:
    return column.removesuffix("_low").removesuffix("_high")


def on_page(row: Row) -> Row:
    """A row as the page shows it: shares in per cent, counts of errors whole; still numbers, so that they sort.

    >>> on_page({"tag": "hat", "rate": 0.0431, "errors_left_low": 12.6})
    {'tag': 'hat', 'rate': 4.31, 'errors_left_low': 13}
    """
    return {name: _shown(_kind(name), value) if isinstance(value, float) else value for name, value in row.items()}


def _shown(kind: str, value: float) -> float:
    return 100 * value if kind in triage.tables.SHARES else round(value) if kind in triage.tables.WHOLE else value


def report_file(project: Project, kind: str, since: When = None, people: bool = True) -> bytes:
    """The report as the bytes of a file, `html` or `md`; with or without how each person does."""
    what = f"report {project.columns.stamp()} {moments.written(since)} {people}"
    board = leaderboard(project)  # these two the page may have computed already
    made = kept(project, what, lambda: report.gathered(project, figures(project), board, since=since, people=people))
    return report.WRITERS[kind](made).encode()
