"""Charts as inline SVG, drawn by hand so that a report needs neither a browser nor a network.

Colours are CSS classes of the page, for light, dark and paper. Every chart is 760 wide. Tag names are data: escaped.
"""

import html
import math
from collections.abc import Callable, Sequence

import numpy as np

from labelreview.desk.triage import Triage, percent, span
from labelreview.desk.triage.kinds import HeatMap
from labelreview.desk.triage.model import Histogram, Step
from labelreview.review.estimates import Change, Estimate

WIDTH, LEFT, RIGHT = 760, 190, 130
Point = tuple[float, float]
Shown = Callable[[float], str]


def intervals(lines: Sequence[tuple[str, Estimate]], *, target: float | None = None) -> str:
    """A line for each name: the value as a dot, the interval as a bar."""
    most = max([estimate.high for _, estimate in lines] + [2 * (target or 0), 1e-9])
    top, row, wide = 26, 22, WIDTH - LEFT - RIGHT

    def x(share: float) -> float:
        return LEFT + wide * min(share / most, 1.0)

    parts = _axis_across(x, _ticks(most), top, top + row * len(lines), percent)
    if target is not None:
        parts += [_line((x(target), top - 4), (x(target), top + row * len(lines)), "target"),
                  _text((x(target), top - 10), f"target {percent(target)}", "mid small")]  # fmt: skip
    for at, (name, estimate) in enumerate(lines):
        y = top + row * (at + 0.5)
        parts += [
            _text((LEFT - 8, y + 4), _cut(name), "end"),
            _line((x(estimate.low), y), (x(estimate.high), y), "range"),
        ]
        if not math.isnan(estimate.value):
            parts.append(f'<circle cx="{x(estimate.value):.1f}" cy="{y:.1f}" r="4.5" class="wrong"/>')
        told = f"{percent(estimate.value)} ({span(estimate)})" if not math.isnan(estimate.value) else span(estimate)
        parts.append(_text((WIDTH - RIGHT + 10, y + 4), told, "small"))
    return _svg(top + row * len(lines) + 26, parts)


def before_and_after(lines: Sequence[tuple[str, tuple[Estimate, Estimate]]]) -> str:
    """Two bars for each name: the interval before above that after, their values as dots."""
    most = max([end.high for _, pair in lines for end in pair] + [1e-9])
    top, row, wide = 26, 30, WIDTH - LEFT - RIGHT

    def x(share: float) -> float:
        return LEFT + wide * min(share / most, 1.0)

    parts = _axis_across(x, _ticks(most), top, top + row * len(lines), percent)
    for at, (name, pair) in enumerate(lines):
        parts.append(_text((LEFT - 8, top + row * (at + 0.5) + 4), _cut(name), "end"))
        for estimate, lift, kind, dot in ((pair[0], 0.3, "range other", "right"), (pair[1], 0.7, "range", "wrong")):
            y = top + row * (at + lift)
            parts.append(_line((x(estimate.low), y), (x(estimate.high), y), kind))
            if not math.isnan(estimate.value):
                parts.append(f'<circle cx="{x(estimate.value):.1f}" cy="{y:.1f}" r="4" class="{dot}"/>')
        told = f"{percent(pair[0].value)} → {percent(pair[1].value)}"
        parts.append(_text((WIDTH - RIGHT + 10, top + row * (at + 0.5) + 4), told, "small"))
    return _svg(top + row * len(lines) + 26, parts)


def curve(found: Triage) -> str:
    """Errors found by verdict n, and the forecast with its band for as many verdicts again."""
    done, errors = found.verdicts, int(found.curve[-1])
    at = np.unique(np.linspace(0, done, min(done + 1, 200)).astype(int))
    past = list(zip(at.tolist(), found.curve[at].tolist(), strict=True))
    middle: list[Point] = []
    low: list[Point] = []
    high: list[Point] = []
    if found.ahead is not None:
        some = np.flatnonzero(found.ahead.verdicts <= max(500, done))[:: max(1, len(found.ahead.verdicts) // 400)]
        x_ahead = [float(done), *(done + found.ahead.verdicts[some]).tolist()]
        ends = [
            [errors, *(errors + part[some]).tolist()] for part in (found.ahead.found, found.ahead.low, found.ahead.high)
        ]
        middle, low, high = (list(zip(x_ahead, end, strict=True)) for end in ends)
    points = [*past, *high]
    most_x, most_y = max(p[0] for p in points) or 1, max(p[1] for p in points) or 1
    plane = _Plane(most_x, most_y, 260)
    parts = plane.axes("verdicts", "errors found", lambda value: f"{value:,.0f}")
    if middle:
        parts += [plane.area(low, high, "band"), plane.path(middle, "forecast")]
        parts.append(_text((plane.at(middle[-1])[0], plane.at(middle[-1])[1] - 8), "forecast", "end small"))
    parts += [plane.path(past, "found")]
    return _svg(plane.height, parts)


def heat(found: HeatMap) -> str:
    """Squares by two tags, darker for more, with the count in each."""
    tags, side, top = found.tags[:16], 30, 120
    parts, most = [], max(int(found.counts.max(initial=1)), 1)
    for column, tag in enumerate(tags):
        x = LEFT + side * (column + 0.5)
        parts.append(f'<text transform="translate({x + 4:.0f},{top - 8}) rotate(-45)">{_escaped(_cut(tag, 18))}</text>')
    for row, tag in enumerate(tags):
        parts.append(_text((LEFT - 8, top + side * (row + 0.62)), _cut(tag), "end"))
        for column in range(len(tags)):
            count = int(found.counts[row, column])
            if count:
                depth = 0.25 + 0.75 * math.log1p(count) / math.log1p(most)
                x, y = LEFT + side * column, top + side * row
                parts.append(f'<rect x="{x}" y="{y}" width="{side - 2}" height="{side - 2}" class="heat" '
                             f'style="opacity:{depth:.2f}"/>')  # fmt: skip
                parts.append(_text((x + side / 2 - 1, y + side * 0.62), f"{count}", "mid small strong"))
    return _svg(top + side * len(tags) + 8, parts)


def quality(bars: Histogram) -> str:
    """Verdicts by label quality, stacked: found right below, found wrong above; as a line the share found wrong, of
    which the top is all."""
    plane = _Plane(1.0, float((bars.right + bars.wrong).max(initial=1)) or 1.0, 230)
    parts = plane.axes("label quality (low: suspicious)", "verdicts", _plain)
    for low, high, right, wrong in zip(bars.edges[:-1], bars.edges[1:], bars.right, bars.wrong, strict=True):
        for base, count, kind in ((0, right, "right"), (right, wrong, "wrong")):
            if count:
                (x, y), (x_end, y_end) = plane.at((low, base + count)), plane.at((high, base))
                parts.append(f'<rect x="{x + 1:.1f}" y="{y:.1f}" width="{x_end - x - 2:.1f}" height="{y_end - y:.1f}" '
                             f'class="{kind}"/>')  # fmt: skip
    checked = bars.right + bars.wrong
    told = checked > 0
    heights = plane.most_y * bars.wrong[told] / checked[told]
    middle = (bars.edges[:-1] + bars.edges[1:])[told] / 2
    parts.append(plane.path(list(zip(middle.tolist(), heights.tolist(), strict=True)), "share"))
    parts.append(_text((WIDTH - 240, 15), "line: share found wrong, top = 100 %", "end small"))
    parts += _legend((("wrong", "found wrong"), ("right", "found right")))
    return _svg(plane.height, parts)


def reliability(steps: Sequence[Step]) -> str:
    """Truly present by predicted probability, with intervals, and the diagonal."""
    plane = _Plane(1.0, 1.0, 300)
    parts = [*plane.axes("predicted probability", "truly present", percent), plane.path([(0, 0), (1, 1)], "target")]
    for step in steps:
        if step.cells:
            low, high = plane.at((step.mean, step.present.low)), plane.at((step.mean, step.present.high))
            parts.append(_line(low, high, "range other"))
            if not math.isnan(step.present.value):
                x, y = plane.at((step.mean, step.present.value))
                parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" class="right"/>')
    return _svg(plane.height, parts)


def ranks(lines: Sequence[tuple[str, Change, tuple[int, int]]]) -> str:
    """A line for each model from as given to corrected, with its place at both ends."""
    values = [value for _, change, _ in lines for value in (change.given, change.corrected) if not math.isnan(value)]
    low, high = min(values, default=0.0), max(values, default=1.0)
    left, right, height = 260, 500, max(160, 26 * len(lines) + 80)

    def y(value: float) -> float:
        return 40 + (height - 70) * (1 - (value - low) / ((high - low) or 1))

    parts = [_text((left, 18), "as given", "mid strong"), _text((right, 18), "corrected", "mid strong")]
    for name, change, places in lines:
        if math.isnan(change.given) or math.isnan(change.corrected):
            continue
        parts += [
            _line((left, y(change.given)), (right, y(change.corrected)), "found"),
            _text((left - 10, y(change.given) + 4), f"{places[0]}. {_cut(name)}  {change.given:.4f}", "end"),
            _text((right + 10, y(change.corrected) + 4), f"{change.corrected:.4f}  {places[1]}. {_cut(name)}", ""),
        ]
    return _svg(height, parts)


class _Plane:
    """From 0 to the greatest value both ways, with axes."""

    def __init__(self, most_x: float, most_y: float, height: int) -> None:
        self.most_x, self.most_y, self.height, self.bottom = most_x, most_y, height, height - 44

    def at(self, point: Point) -> Point:
        x = 70 + (WIDTH - 90) * point[0] / self.most_x
        return x, self.bottom - (self.bottom - 24) * point[1] / self.most_y

    def path(self, points: Sequence[Point], kind: str) -> str:
        places = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(self.at, points))
        return f'<polyline points="{places}" class="{kind}"/>'

    def area(self, low: Sequence[Point], high: Sequence[Point], kind: str) -> str:
        places = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(self.at, [*low, *reversed(high)]))
        return f'<polygon points="{places}" class="{kind}"/>'

    def axes(self, across: str, up: str, shown: Shown) -> list[str]:
        parts = [_text((70, 14), up, "small"), _text((WIDTH - 20, self.height - 4), across, "end small")]
        for value in _ticks(self.most_y):
            left, right = self.at((0, value)), self.at((self.most_x, value))
            parts += [_line(left, right, "grid"), _text((64, left[1] + 4), shown(value), "end small")]
        for value in _ticks(self.most_x):
            x, y = self.at((value, 0))
            parts.append(_text((x, y + 16), shown(value), "mid small"))
        return parts


def _axis_across(
    x: Callable[[float], float], ticks: Sequence[float], top: float, bottom: float, shown: Shown
) -> list[str]:
    parts = []
    for value in ticks:
        parts += [
            _line((x(value), top), (x(value), bottom), "grid"),
            _text((x(value), bottom + 16), shown(value), "mid small"),
        ]
    return parts


def _ticks(most: float) -> list[float]:
    """Round numbers from 0 to at most `most`."""
    if not most > 0:
        return [0.0]
    rough = most / 5
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * unit for factor in (1, 2, 5, 10) if factor * unit >= rough)
    return [step * at for at in range(int(most / step + 1e-9) + 1)]


def _plain(value: float) -> str:
    return f"{value:g}"


def _legend(entries: Sequence[tuple[str, str]]) -> list[str]:
    parts = []
    for at, (kind, words) in enumerate(entries):
        parts.append(f'<rect x="{WIDTH - 230 + 110 * at}" y="5" width="11" height="11" class="{kind}"/>')
        parts.append(_text((WIDTH - 214 + 110 * at, 15), words, "small"))
    return parts


def _line(start: Point, end: Point, kind: str) -> str:
    return f'<line x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}" class="{kind}"/>'


def _text(at: Point, words: str, kind: str) -> str:
    return f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" class="{kind}">{_escaped(words)}</text>'


def _escaped(words: str) -> str:
    return html.escape(words, quote=True)


def _cut(words: str, most: int = 26) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"


def _svg(height: float, parts: Sequence[str]) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img">{"".join(parts)}</svg>'
