"""For notebooks: a project's tables as DataFrames and its charts as plotly figures. See docs/notebook.md.

from labelreview import notebook
project = notebook.project("demo")
notebook.table(project, "tags")
notebook.figure(project, "tags")
"""

from collections.abc import Callable

import pandas as pd
import plotly.graph_objects as go

from labelreview.desk import triage
from labelreview.desk.project import Project
from labelreview.desk.triage import TABLES, Triage, compared, kinds, matters, model, moments
from labelreview.errors import NotFound
from labelreview.settings import Settings
from labelreview.web import triage_charts
from labelreview.web.triage_charts import Bar, hover, shown


def project(name: str) -> Project:
    """The project of that name, of the home that LABELREVIEW_HOME names; NotFound says which there are. Close it, or
    use it in a `with`."""
    return Project.open(Settings.from_environment(), name)


def tables() -> dict[str, str]:
    """The names of the tables, and what each holds."""
    return {name: title for name, (title, _) in TABLES.items()}


def table(opened: Project, name: str, found: Triage | None = None) -> pd.DataFrame:
    """A table of the triage page: shares are fractions, NaN stands where nothing can tell.

    found: of `triage.figures`, to spare working it out again. NotFound names the tables that there are.
    """
    if name not in TABLES:
        raise NotFound(f"There is no table '{name}'. Tables: {', '.join(TABLES)}.")
    rows = TABLES[name][1](opened, found or triage.figures(opened))
    return pd.DataFrame(rows)


def compare(opened: Project, before: str, after: str = "now", table: str = "compared-tags") -> pd.DataFrame:
    """Two moments side by side, written as for `labelreview compare`: `compared` (all labels and by direction),
    `compared-tags`, or `labels-changed`. NotFound names these."""
    made = compared.tables(opened, compared.compared(opened, moments.when(before), moments.when(after)))
    rows = {each.name: each.rows for each in made}
    if table not in rows:
        raise NotFound(f"There is no table '{table}'. Tables: {', '.join(rows)}.")
    return pd.DataFrame(rows[table])


def compare_figure(opened: Project, before: str, after: str = "now", *, rates: bool = False) -> go.Figure:
    """Labels added and removed between two moments, of the tags that changed most; or their rates still wrong."""
    found = compared.compared(opened, moments.when(before), moments.when(after))
    draw = triage_charts.before_and_after if rates else triage_charts.labels_changed
    return draw(found, (before, after))


def figures() -> list[str]:
    """The names of the charts."""
    return list(FIGURES)


def figure(opened: Project, name: str, found: Triage | None = None) -> go.Figure:
    """A chart of the triage page. NotFound names the charts that there are."""
    if name not in FIGURES:
        raise NotFound(f"There is no chart '{name}'. Charts: {', '.join(FIGURES)}.")
    return FIGURES[name](opened, found or triage.figures(opened))


def _tags(_opened: Project, found: Triage) -> go.Figure:
    pairs = sorted(zip(found.tags, found.by_tag, strict=True), key=lambda pair: triage.surest_first(pair[1]))
    bars = [Bar(tag, shown(rate), hover(tag, rate), ["tag", tag, ""]) for tag, rate in pairs if rate.drawn]
    return triage_charts.intervals({"": bars[: triage_charts.MOST]}, target=found.target, title="Wrong labels")


FIGURES: dict[str, Callable[[Project, Triage], go.Figure]] = {
    "curve": lambda _opened, found: triage_charts.found_errors(found),
    "tags": _tags,
    "confused": lambda _opened, found: triage_charts.heat(
        kinds.heat_map(found, found.confused, symmetric=False), rows="Wrongly given", columns="Missing"
    ),
    "co-wrong": lambda _opened, found: triage_charts.heat(
        kinds.heat_map(found, found.co_wrong, symmetric=True), rows="Wrong", columns="together with"
    ),
    "quality": lambda opened, _found: triage_charts.quality(model.histogram(opened)),
    "reliability": lambda opened, found: triage_charts.reliability(model.reliability(opened, found)),
    "models": lambda opened, _found: triage_charts.ranks(matters.leaderboard(opened)),
}
