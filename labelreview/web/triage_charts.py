"""The triage page's numbers to plotly figures. Never calls Streamlit."""

import math

import numpy as np
import plotly.graph_objects as go

from labelreview.triage import Triage, percent, span
from labelreview.web.charts import MISSING, WRONG, short

BAND = "rgba(47, 111, 171, 0.25)"
HOVER = "%{y:,.0f} errors by verdict %{x:,}<extra></extra>"
SOONEST = 500  # verdicts that the forecast looks ahead at least


def rate_by_tag(found: Triage, most: int = 40) -> go.Figure:
    """Error rate of each tag with its interval, the most surely wrong on top. A mark's customdata is (tag, "")."""
    told = [(tag, r) for tag, r in zip(found.tags, found.by_tag, strict=True) if not math.isnan(r.rate.value)]
    shown = sorted(told, key=lambda pair: -pair[1].rate.low)[:most]
    value, low, high = (np.array([getattr(r.rate, end) for _, r in shown]) for end in ("value", "low", "high"))
    figure = go.Figure()
    figure.add_scatter(
        x=value,
        y=[tag for tag, _ in shown],
        mode="markers",
        marker={"color": WRONG, "size": 10},
        error_x={"type": "data", "symmetric": False, "array": high - value, "arrayminus": value - low, "color": WRONG},
        customdata=[(tag, "") for tag, _ in shown],
        hovertext=[
            f"{short(tag)}: {percent(r.rate.value)} ({span(r.rate)}); {r.found:,} found, {r.drawn:,} audit answers"
            for tag, r in shown
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    figure.add_vline(found.target, line_dash="dot", line_color="gray", annotation_text="target")
    figure.update_layout(height=90 + 24 * max(len(shown), 3), margin={"l": 0, "r": 8, "t": 24, "b": 40})
    figure.update_layout(clickmode="event+select", showlegend=False)
    figure.update_xaxes(tickformat=".1~%", rangemode="tozero", title="Wrong labels", fixedrange=True)
    tags = [tag for tag, _ in shown]
    labels = [short(tag) for tag in tags]
    figure.update_yaxes(autorange="reversed", type="category", tickvals=tags, ticktext=labels, fixedrange=True)
    return figure


def found_errors(found: Triage) -> go.Figure:
    """Errors found by verdict n, and the forecast with its band for what comes next."""
    figure, done, errors = go.Figure(), found.verdicts, int(found.curve[-1])
    at = np.unique(np.linspace(0, done, min(done + 1, 500)).astype(int))
    if found.ahead is not None:
        ahead, horizon = found.ahead, _horizon(found)
        within = np.flatnonzero(ahead.verdicts <= horizon)
        within = within[np.unique(np.linspace(0, len(within) - 1, min(len(within), 200)).astype(int))]
        x = np.concatenate([[done], done + ahead.verdicts[within]])
        low, middle, high = (
            np.concatenate([[errors], errors + part[within]]) for part in (ahead.low, ahead.found, ahead.high)
        )
        edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
        figure.add_scatter(x=x, y=low, showlegend=False, **edge)
        figure.add_scatter(x=x, y=high, fill="tonexty", fillcolor=BAND, name="95 % of futures", **edge)
        dashed = {"color": MISSING, "dash": "dash"}
        figure.add_scatter(x=x, y=middle, mode="lines", line=dashed, name="Forecast", hovertemplate=HOVER)
    figure.add_scatter(x=at, y=found.curve[at], line={"color": WRONG}, name="Found", mode="lines", hovertemplate=HOVER)
    figure.update_layout(height=340, margin={"l": 0, "r": 8, "t": 34, "b": 40}, hovermode="x")
    figure.update_layout(legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0})
    figure.update_xaxes(title="Verdicts", fixedrange=True, rangemode="tozero")
    figure.update_yaxes(title="Errors found", fixedrange=True, rangemode="tozero")
    return figure


def _horizon(found: Triage) -> float:
    cost = found.cost.verdicts.value
    return max(SOONEST, found.verdicts, min(cost, 10 * found.verdicts) if math.isfinite(cost) else 0)
