"""Numbers to plotly figures. Never calls Streamlit. Tag names are data: markup in them is shown, not obeyed."""

import html
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from labelreview.review.overview import TagFigures
from labelreview.web.words import Say

# Told apart by lightness as well as by hue, in light and in dark, and named in the legend and the hover.
WRONG, MISSING = "#c2410c", "#2f6fab"
LONGEST, MOST = 28, 40
ABOVE = {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0}  # of a chart, its legend


def cut_short(figures: Sequence[TagFigures], say: Say, most: int = MOST) -> str:
    """What `suspects_by_tag` leaves out, in words; '' where it shows every tag with a suspect."""
    count = sum(f.suspects > 0 for f in figures)
    return f" {say('home.cut-short', count=count, most=most)}" if count > most else ""


def suspects_by_tag(figures: Sequence[TagFigures], say: Say, most: int = MOST) -> go.Figure:
    """Bars of suspects by tag and direction, most suspects on top. A bar's customdata is (tag, direction)."""
    shown = sorted((f for f in figures if f.suspects), key=lambda f: -f.suspects)[:most]
    figure = go.Figure()
    sides = (
        ("wrong", say("home.bar-wrong"), WRONG, [f.maybe_wrong for f in shown]),
        ("missing", say("home.bar-missing"), MISSING, [f.maybe_missing for f in shown]),
    )
    for direction, name, colour, counts in sides:
        figure.add_bar(
            y=[f.tag for f in shown],
            x=counts,
            customdata=[(f.tag, direction) for f in shown],
            name=name,
            orientation="h",
            texttemplate="%{x}",
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"size": 11, "color": "#ffffff"},
            constraintext="none",
            marker_color=colour,
            hovertext=[short(f.tag) for f in shown],
            hovertemplate=f"%{{hovertext}}: %{{x}} {say(f'review.direction-{direction}').lower()}<extra></extra>",
        )
    _lay_out(figure, [f.tag for f in shown])
    return figure


def _lay_out(figure: go.Figure, tags: Sequence[str]) -> None:
    figure.update_layout(
        barmode="stack",
        height=110 + 22 * max(len(tags), 3),
        margin={"l": 0, "r": 8, "t": 34, "b": 30},
        legend=ABOVE | {"traceorder": "normal"},
        bargap=0.3,
        clickmode="event+select",
    )
    figure.update_xaxes(visible=False, fixedrange=True)
    figure.update_yaxes(
        autorange="reversed",
        type="category",
        tickvals=list(tags),
        ticktext=[short(tag) for tag in tags],
        fixedrange=True,
    )


def short(tag: str) -> str:
    """A tag as plotly text: escaped, since plotly reads markup, and cut when long."""
    return html.escape(tag if len(tag) <= LONGEST else tag[: LONGEST - 1] + "…", quote=False)


def picked_bar(event: Any) -> tuple[str, str] | None:
    """The (tag, direction) of a bar that was clicked in `suspects_by_tag`, if one was."""
    points = event.selection.points if event else []
    if not points or "customdata" not in points[0]:
        return None
    picked = points[0]["customdata"]
    values = list(picked.values()) if isinstance(picked, dict) else list(picked)
    return str(values[0]), str(values[1])
