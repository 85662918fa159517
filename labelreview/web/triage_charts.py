"""The triage page's numbers to plotly figures. Never calls Streamlit.

Every mark's customdata is what `triage.behind` takes, as a list of texts: a click shows the cells behind it. A heat map
is drawn as squares, since only such marks can be clicked in Streamlit.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go

from labelreview.desk.triage import Triage, percent, range_alone, span
from labelreview.desk.triage.compared import Comparison, most_changed
from labelreview.desk.triage.kinds import HeatMap
from labelreview.desk.triage.matters import Model
from labelreview.desk.triage.model import Histogram, Step
from labelreview.desk.triage.tables import Row
from labelreview.errors import many
from labelreview.review.estimates import ErrorRate, Estimate
from labelreview.web.charts import ABOVE, MISSING, WRONG, short

BAND = "rgba(47, 111, 171, 0.25)"
QUIET, SHARE = "#8a8f98", "#8a6d1f"
HOVER = "Errors by verdict %{x:,}: %{y:,.0f}<extra></extra>"
MOST = 30  # lines of a chart: more cannot be read
SOONEST = 500  # verdicts that the forecast looks ahead at least
GROUND = 0.5  # of bars on a log axis, which has no 0
POINTS, MARKS = 500, 60  # of the curve: drawn, and to be clicked
# The first two, intervals and found errors, are made at once: plotly looks through all with every `update_…`.
TARGET = {"type": "line", "xref": "x", "yref": "y domain", "y0": 0, "y1": 1, "line": {"dash": "dot", "color": "gray"}}
TARGET_NAME = {"xref": "x", "yref": "y domain", "y": 1, "yanchor": "bottom", "xanchor": "left", "text": "target",
               "showarrow": False}  # fmt: skip


@dataclass(frozen=True)
class Bar:
    """One line of an interval chart: what it is of, the estimate, what a hover says, what a click shows."""

    name: str
    estimate: Estimate
    hover: str
    mark: list[str]


def shown(rate: ErrorRate) -> Estimate:
    """What is still wrong, as a chart draws it: the range without a dot where that would say too much."""
    left = rate.rate_left
    return Estimate(np.nan, left.low, left.high) if range_alone(rate) else left


def hover(name: str, rate: ErrorRate) -> str:
    """What a mark says about an error rate."""
    left, drawn = rate.rate_left, many(rate.drawn, "audit answer")
    told = span(left) if math.isnan(shown(rate).value) else f"{percent(left.value)} ({span(left)})"
    return f"{short(name)}: {told} still wrong; {rate.found:,} found, {drawn}"


def intervals(traces: Mapping[str, Sequence[Bar]], *, target: float | None = None, title: str = "") -> go.Figure:
    """Estimates with their intervals, the first on top. Where nothing tells a value, the range alone is drawn."""
    names = list(dict.fromkeys(bar.name for bars in traces.values() for bar in bars))
    drawn = [_of_bars(name, bars, colour)
             for (name, bars), colour in zip(traces.items(), (WRONG, MISSING), strict=False)]  # fmt: skip
    layout: dict[str, Any] = {
        "height": 90 + 22 * max(len(names), 3),
        "margin": {"l": 0, "r": 8, "t": 30, "b": 40},
        "clickmode": "event+select",
        "showlegend": len(traces) > 1,
        "legend": ABOVE,
        "xaxis": {"title": {"text": title}, "tickformat": ".3~p", "rangemode": "tozero", "fixedrange": True},
        "yaxis": {"autorange": "reversed", "type": "category", "fixedrange": True, "tickvals": names,
                  "ticktext": [short(name) for name in names]},
    }  # fmt: skip
    if target is not None and names:
        layout |= {"shapes": [TARGET | {"x0": target, "x1": target}], "annotations": [TARGET_NAME | {"x": target}]}
    return go.Figure(drawn, layout)


def _of_bars(name: str, bars: Sequence[Bar], colour: str) -> dict[str, Any]:
    value, low, high = (np.array([getattr(b.estimate, end) for b in bars], float) for end in ("value", "low", "high"))
    middle = np.where(np.isnan(value), low, value)
    return {
        "type": "scatter",
        "x": middle,
        "y": [bar.name for bar in bars],
        "name": name,
        "mode": "markers",
        "marker": {"color": colour, "size": 10, "symbol": np.where(np.isnan(value), "line-ns-open", "circle")},
        "error_x": {"type": "data", "symmetric": False, "array": high - middle, "arrayminus": middle - low,
                    "color": colour},
        "customdata": [bar.mark for bar in bars],
        "hovertext": [bar.hover for bar in bars],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }  # fmt: skip


def beside_each_other(traces: Mapping[str, Sequence[Bar]], *, title: str) -> go.Figure:
    """Two intervals a line, one above the other."""
    figure = intervals(traces, title=title)
    figure.update_traces(orientation="h").update_layout(scattermode="group", scattergap=0.4)
    return figure


def before_and_after(found: Comparison, moments: tuple[str, str]) -> go.Figure:
    """Labels still wrong at both moments, of the tags that changed most; moments: as written, for the marks."""
    bars: dict[str, list[Bar]] = {f"Before: {found.before.title}": [], f"After: {found.after.title}": []}
    for at in most_changed(found, MOST):
        tag, pair = found.tags[at], found.by_tag[at]
        for trace, estimate, word in zip(bars.values(), pair.rates_left, ("before", "after"), strict=True):
            told = (
                f"{short(tag)}: {percent(estimate.value)} ({span(estimate)}) still wrong {word}; {pair.found:,} found"
            )
            trace.append(Bar(tag, estimate, told, ["between", *moments, tag]))
    return beside_each_other(bars, title="Labels still wrong")


def labels_changed(found: Comparison, moments: tuple[str, str]) -> go.Figure:
    """Labels added and removed between two moments, of the tags that changed most; moments: as written."""
    figure, shown = go.Figure(), most_changed(found, MOST)
    names = [found.tags[at] for at in shown]
    counts = found.changed.by_tag(len(found.tags))
    for counted, name, colour in zip(counts, ("Added", "Removed"), (MISSING, WRONG), strict=True):
        numbers = counted[list(shown)]
        figure.add_bar(x=numbers, y=names, orientation="h", name=name, marker_color=colour,
                       customdata=[["between", *moments, tag, name.lower()] for tag in names],
                       hovertext=[f"{short(tag)}: {n:,} {name.lower()}"
                                  for tag, n in zip(names, numbers.tolist(), strict=True)],
                       hovertemplate="%{hovertext}<extra></extra>")  # fmt: skip
    figure.update_layout(barmode="stack", height=90 + 22 * max(len(names), 3), clickmode="event+select")
    figure.update_layout(margin={"l": 0, "r": 8, "t": 30, "b": 40})
    figure.update_layout(legend=ABOVE)
    figure.update_xaxes(title="Labels that changed", fixedrange=True)
    figure.update_yaxes(autorange="reversed", type="category", fixedrange=True, tickvals=names,
                        ticktext=[short(name) for name in names])  # fmt: skip
    return figure


def found_errors(found: Triage) -> go.Figure:
    """Errors found by verdict n, and the forecast with its band for what comes next."""
    done = found.verdicts
    at, some = (np.unique(np.linspace(0, done, min(done + 1, most)).astype(int)) for most in (POINTS, MARKS))
    line = {"x": at, "y": found.curve[at], "line": {"color": WRONG}, "name": "Found", "mode": "lines",
            "hoverinfo": "skip"}  # fmt: skip
    dots = {"x": some, "y": found.curve[some], "mode": "markers", "marker": {"color": WRONG, "size": 6},
            "showlegend": False, "customdata": [["by", str(n)] for n in some.tolist()],
            "hovertemplate": HOVER}  # fmt: skip
    axis = {"fixedrange": True, "rangemode": "tozero"}
    layout = {
        "height": 320,
        "margin": {"l": 0, "r": 8, "t": 34, "b": 40},
        "clickmode": "event+select",
        "legend": ABOVE,
        "xaxis": axis | {"title": {"text": "Verdicts"}},
        "yaxis": axis | {"title": {"text": "Errors found"}},
    }
    return go.Figure([{"type": "scatter", **trace} for trace in (*_forecast(found), line, dots)], layout)


def _forecast(found: Triage) -> list[dict[str, Any]]:
    """The forecast and its band, from the last verdict on; nothing where no cell is open."""
    ahead, done, errors = found.ahead, found.verdicts, int(found.curve[-1])
    if ahead is None:
        return []
    within = np.flatnonzero(ahead.verdicts <= _horizon(found))
    within = within[np.unique(np.linspace(0, len(within) - 1, min(len(within), 200)).astype(int))]
    x = np.concatenate([[done], done + ahead.verdicts[within]])
    low, middle, high = (
        np.concatenate([[errors], errors + part[within]]) for part in (ahead.low, ahead.found, ahead.high)
    )
    edge = {"x": x, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    return [
        edge | {"y": low, "showlegend": False},
        edge | {"y": high, "fill": "tonexty", "fillcolor": BAND, "name": "95 % of futures"},
        {"x": x, "y": middle, "mode": "lines", "line": {"color": MISSING, "dash": "dash"}, "name": "Forecast",
         "hovertemplate": HOVER, "customdata": [["ahead"]] * len(x)},
    ]  # fmt: skip


def _horizon(found: Triage) -> float:
    cost = found.cost.verdicts.value
    return max(SOONEST, found.verdicts, min(cost, 10 * found.verdicts) if math.isfinite(cost) else 0)


def heat(found: HeatMap, *, rows: str, columns: str) -> go.Figure:
    """Squares, darker for more; the row's tag, the column's tag and the count on hover."""
    there = np.argwhere(found.counts > 0)
    count = found.counts[there[:, 0], there[:, 1]]
    pairs = [(found.tags[row], found.tags[column]) for row, column in there.tolist()]
    side = max(10, min(34, 560 // max(len(found.tags), 1)))
    figure = go.Figure()
    figure.add_scatter(
        x=[second for _, second in pairs],
        y=[first for first, _ in pairs],
        mode="markers+text",
        marker={"symbol": "square", "size": side, "color": np.log1p(count), "colorscale": "Oranges", "cmin": 0,
                "cmax": float(np.log1p(count.max(initial=1))) * 1.3},
        text=[f"{number:,}" for number in count.tolist()],
        textfont={"size": 10, "color": np.where(count > 0.5 * count.max(initial=1), "#ffffff", "#1f1f1f")},
        customdata=[["pair" if found.symmetric else "confused", first, second] for first, second in pairs],
        hovertext=[f"{rows} {short(first)}, {columns} {short(second)}: {many(number, 'item')}"
                   for (first, second), number in zip(pairs, count.tolist(), strict=True)],
        hovertemplate="%{hovertext}<extra></extra>",
    )  # fmt: skip
    names = [short(tag) for tag in found.tags]
    axis = {"type": "category", "categoryorder": "array", "categoryarray": list(found.tags), "fixedrange": True,
            "tickvals": list(found.tags), "ticktext": names, "range": [-0.6, len(names) - 0.4]}  # fmt: skip
    figure.update_layout(height=170 + side * 1.15 * max(len(names), 3), margin={"l": 0, "r": 8, "t": 10, "b": 10})
    figure.update_layout(clickmode="event+select", xaxis=axis | {"title": columns, "tickangle": -45})
    figure.update_layout(yaxis=axis | {"title": rows, "range": [len(names) - 0.4, -0.6]})
    return figure


def quality(bars: Histogram) -> go.Figure:
    """Verdicts by label quality beside all labels, on a log axis: else one bar hides the others. Over them, on an axis
    of its own, the share of the verdicts that found an error."""
    figure, edges = go.Figure(), bars.edges
    middle = (edges[:-1] + edges[1:]) / 2
    words = [f"quality {low:.2f} to {high:.2f}" for low, high in pairwise(edges.tolist())]
    marks = {"customdata": [["quality", str(at)] for at in range(len(middle))],
             "hovertemplate": "%{hovertext}<extra></extra>"}  # fmt: skip
    for name, counts, colour in (("Found right", bars.right, MISSING), ("Found wrong", bars.wrong, WRONG)):
        told = [f"{n:,} {name.lower()}, {word}" for n, word in zip(counts.tolist(), words, strict=True)]
        heights = np.where(counts > 0, counts - GROUND, np.nan)
        figure.add_bar(x=middle, y=heights, base=GROUND, name=name, marker_color=colour, hovertext=told, **marks)
    told = [f"{many(n, 'label')} in all, {word}" for n, word in zip(bars.cells.tolist(), words, strict=True)]
    figure.add_scatter(x=middle, y=np.where(bars.cells > 0, bars.cells, np.nan), name="All labels", hovertext=told,
                       mode="lines+markers", line={"color": QUIET, "dash": "dot"}, **marks)  # fmt: skip
    checked = bars.right + bars.wrong
    told = [f"{wrong:,} of {many(n, 'verdict')} found an error, {word}"
            for wrong, n, word in zip(bars.wrong.tolist(), checked.tolist(), words, strict=True)]  # fmt: skip
    share = np.where(checked > 0, bars.wrong / np.maximum(checked, 1), np.nan)
    figure.add_scatter(x=middle, y=share, name="Share found wrong", yaxis="y2", hovertext=told, connectgaps=True,
                       mode="lines+markers", line={"color": SHARE, "width": 3}, **marks)  # fmt: skip
    figure.update_layout(barmode="group", bargap=0.1, height=360, margin={"l": 0, "r": 8, "t": 56, "b": 40})
    figure.update_layout(clickmode="event+select", legend=ABOVE)
    top = math.log10(max(2, int(bars.cells.max(initial=1)))) + 0.1
    log = {"title": "Labels (log)", "type": "log", "dtick": 1, "range": [math.log10(GROUND), top], "tickformat": ",d"}
    shares = {"title": "Share found wrong", "tickformat": ".0%", "range": [0, 1.02], "showgrid": False,
              "tickmode": "array", "tickvals": [0, 0.25, 0.5, 0.75, 1], "overlaying": "y", "side": "right"}  # fmt: skip
    figure.update_layout(yaxis=log | {"fixedrange": True}, yaxis2=shares | {"fixedrange": True})
    figure.update_xaxes(title="Label quality (low: suspicious)", range=[0, 1], fixedrange=True)
    return figure


def reliability(steps: Sequence[Step]) -> go.Figure:
    """The model's word against what is true; on the diagonal it keeps its word."""
    told = [(at, step) for at, step in enumerate(steps) if step.cells]
    mean = [step.mean for _, step in told]
    value, low, high = (np.array([getattr(s.present, end) for _, s in told], float) for end in ("value", "low", "high"))
    known = ~np.isnan(value)
    middle = np.where(known, value, (low + high) / 2)
    figure = go.Figure()
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": QUIET, "dash": "dot"}, name="Keeps its word",
                       hoverinfo="skip")  # fmt: skip
    figure.add_scatter(x=mean, y=[step.plain for _, step in told], mode="markers", name="Verdicts alone (misleading)",
                       marker={"color": QUIET, "symbol": "circle-open", "size": 9}, hoverinfo="skip")  # fmt: skip
    figure.add_scatter(
        x=mean,
        y=middle,
        mode="markers",
        name="Weighted by the audit",
        marker={"color": MISSING, "size": 10, "symbol": np.where(known, "circle", "line-ew-open")},
        error_y={"type": "data", "symmetric": False, "array": high - middle, "arrayminus": middle - low,
                 "color": MISSING},
        customdata=[["probability", str(at)] for at, _ in told],
        hovertext=[f"model says {step.mean:.0%}, truly {step.present.low:.1%} to {step.present.high:.1%}; "
                   f"{many(step.cells, 'label')}, {many(step.asked, 'verdict')}" for _, step in told],
        hovertemplate="%{hovertext}<extra></extra>",
    )  # fmt: skip
    figure.update_layout(height=380, margin={"l": 0, "r": 8, "t": 34, "b": 40}, clickmode="event+select")
    figure.update_layout(legend=ABOVE)
    axis = {"tickformat": ".0%", "range": [-0.02, 1.02], "fixedrange": True}
    figure.update_layout(xaxis=axis | {"title": "Predicted probability"}, yaxis=axis | {"title": "Truly present"})
    return figure


def ranks(board: Sequence[Model], figure_name: str = "macro_ap") -> go.Figure:
    """A line for each model from its figure on given to that on corrected labels, with its place at both ends."""
    figure, colours = go.Figure(), (WRONG, MISSING, "#3f7d4e", "#7b5ea7", "#8a6d1f", QUIET)
    for at, each in enumerate(board):
        change = getattr(each.everywhere, figure_name)
        colour = colours[at % len(colours)]
        figure.add_scatter(
            x=["as given", "corrected"],
            y=[change.given, change.corrected],
            mode="lines+markers+text",
            name=short(each.name),
            line={"color": colour, "dash": ("solid", "dash", "dot")[at % 3]},
            marker={"size": 9, "color": colour},
            text=[f"{rank}." for rank in each.rank],
            textposition=["middle left", "middle right"],
            customdata=[["corrected"]] * 2,
            hovertemplate="%{y:.4f} %{x}<extra>" + short(each.name) + "</extra>",
        )
    figure.update_layout(height=340, margin={"l": 0, "r": 8, "t": 34, "b": 30})
    figure.update_layout(legend=ABOVE)
    figure.update_layout(clickmode="event+select")
    figure.update_xaxes(range=[-0.25, 1.25], fixedrange=True)
    figure.update_yaxes(title="Mean average precision", fixedrange=True)
    return figure


def pace(rows: Sequence[Row]) -> go.Figure:
    """Verdicts an hour of each reviewer, the busiest on top."""
    told = [row for row in rows if row["per_hour"] is not None][:MOST]
    names = [str(row["reviewer"]) for row in told]
    figure = go.Figure()
    figure.add_bar(
        x=[row["per_hour"] for row in told],
        y=names,
        orientation="h",
        marker_color=MISSING,
        customdata=[["reviewer", name] for name in names],
        hovertext=[f"{short(str(row['reviewer']))}: {row['per_hour']:,.0f} verdicts an hour, {row['verdicts']:,} in "
                   f"all with unsure, errors found: {row['errors_found']:,}" for row in told],
        hovertemplate="%{hovertext}<extra></extra>",
    )  # fmt: skip
    figure.update_layout(height=90 + 24 * max(len(names), 2), margin={"l": 0, "r": 8, "t": 10, "b": 40})
    figure.update_layout(clickmode="event+select")
    figure.update_xaxes(title="Verdicts an hour", fixedrange=True, rangemode="tozero")
    figure.update_yaxes(autorange="reversed", type="category", fixedrange=True, tickvals=names,
                        ticktext=[short(name) for name in names])  # fmt: skip
    return figure


def picked(event: Any) -> tuple[str, ...] | None:
    """The mark that was clicked, if one was."""
    points = event.selection.points if event else []
    if not points or "customdata" not in points[0]:
        return None
    custom = points[0]["customdata"]
    return tuple(str(each) for each in (custom.values() if isinstance(custom, dict) else custom))
