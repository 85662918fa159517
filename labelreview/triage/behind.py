"""The cells behind a mark of a chart: what a click shows, and which queue it leads to.

A mark is a list of texts, its kind first, so that it survives a chart's custom data, a session and an address:
`tag TAG DIRECTION`, `pair TAG TAG`, `quality BIN`, `probability STEP`, `group COLUMN VALUE`, `by NUMBER` (verdicts up
to that number), `ahead`, `reviewer NAME`, `corrected`, `cell ITEM TAG`,
`between MOMENT MOMENT TAG` (as `moments.written`; no TAG: all).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from labelreview.decisions import Direction
from labelreview.project import Project
from labelreview.tags import PRESENT
from labelreview.triage import compared, groups, model, moments

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
OPEN, FRONT = 200, 100_000


@dataclass(frozen=True)
class Behind:
    """title: what the cells are; errors: found wrong, newest first; others: answered otherwise, newest first; ahead:
    not answered, most suspicious first (flat positions all); filters: as they stand in the review page's address."""

    title: str
    errors: Ints
    others: Ints
    ahead: Ints
    filters: dict[str, str] = field(default_factory=dict)

    @property
    def cells(self) -> Ints:
        """All of them in the order to be looked at."""
        return np.concatenate([self.errors, self.ahead, self.others])


def behind(project: Project, mark: Sequence[str]) -> Behind:
    """The cells behind a mark; InputError and NotFound for one that the project does not have."""
    kind, *words = mark
    return MARKS[kind](project, *words)


def _tag(project: Project, tag: str, direction: str = "") -> Behind:
    column, side = project.dataset.column(tag), Direction(direction) if direction else None
    settled = project.standing()
    kept = settled.cells % len(project.dataset.tags) == column
    if side is not None:
        kept &= (settled.given == PRESENT) == (side is Direction.WRONG)
    named = {Direction.WRONG: f"“{tag}” given as present", Direction.MISSING: f"“{tag}” given as absent"}
    title = f"“{tag}”" if side is None else named[side]
    return _sorted(project, title, kept, project.upcoming(OPEN, tag, side), {"tag": tag, "direction": direction})


def _pair(project: Project, first: str, second: str) -> Behind:
    settled, tags = project.standing(), len(project.dataset.tags)
    columns = [project.dataset.column(tag) for tag in (first, second)]
    wrong = settled.cells[settled.wrong]
    rows = [wrong[wrong % tags == column] // tags for column in columns]
    both = np.intersect1d(*rows)
    kept = np.isin(settled.cells // tags, both) & np.isin(settled.cells % tags, columns) & settled.wrong
    cells = settled.cells[kept]
    order = np.lexsort((cells % tags == columns[1], -(cells // tags)))  # item by item, so that pairs stand together
    nothing = np.zeros(0, np.int64)
    title = f"{len(both):,} items on which “{first}” and “{second}” were both wrong"
    return Behind(title, cells[order], nothing, nothing, {"tag": second})


def _quality(project: Project, number: str) -> Behind:
    at = int(number)
    settled = project.standing()
    kept = model.quality_bin(project, settled.cells) == at
    scores = project.orders.scores("recipe")
    low, high = at / model.BINS, (at + 1) / model.BINS
    inside = np.flatnonzero((np.ravel(scores) >= low) & (np.ravel(scores) < (high if high < 1 else np.inf)))
    ahead = np.setdiff1d(inside[: OPEN + len(settled)], settled.cells)[:OPEN]
    filters = {"low": f"{low:g}", "high": f"{high:g}", "cells": "all"}
    return _sorted(project, f"Label quality from {low:.2f} to {high:.2f}", kept, ahead, filters)


def _probability(project: Project, number: str) -> Behind:
    at, settled = int(number), project.standing()
    kept = model.probability_step(project, settled.cells) == at
    title = f"Predicted probability from {at / model.STEPS:.1f} to {(at + 1) / model.STEPS:.1f}"
    ahead = project.upcoming(FRONT)
    ahead = ahead[model.probability_step(project, ahead) == at][:OPEN]
    return _sorted(project, title, kept, ahead, {"cells": "all"})


def _group(project: Project, name: str, value: str) -> Behind:
    column, settled = groups.columns_of(project)[name], project.standing()
    items = column.codes == column.values.index(value)
    kept = items[settled.cells // len(project.dataset.tags)]
    ahead = project.upcoming(FRONT)
    ahead = ahead[items[ahead // len(project.dataset.tags)]][:OPEN]
    return _sorted(project, f"{name}: {value}", kept, ahead, {"cells": "all"})


def _by(project: Project, number: str) -> Behind:
    settled, done = project.standing(), int(number)
    kept = np.asarray(settled.certain & (np.cumsum(settled.certain) <= done))
    return _sorted(project, f"Verdicts up to number {done:,}", kept, np.zeros(0, np.int64), {})


def _upcoming(project: Project) -> Behind:
    nothing = np.zeros(0, np.int64)
    return Behind("What the queue asks next", nothing, nothing, project.upcoming(OPEN), {"cells": "all"})


def _reviewer(project: Project, name: str) -> Behind:
    settled = project.standing()
    at = settled.reviewers.index(name) if name in settled.reviewers else -1
    return _sorted(project, f"Verdicts by {name}", settled.reviewer == at, np.zeros(0, np.int64), {"reviewer": name})


def _corrected(project: Project) -> Behind:
    settled, nothing = project.standing(), np.zeros(0, np.int64)
    return Behind("Labels that the verdicts change", settled.cells[settled.wrong][::-1], nothing, nothing)


def _cell(project: Project, item: str, tag: str) -> Behind:
    cell, nothing = np.array([project.dataset.cell(item, tag)]), np.zeros(0, np.int64)
    return Behind(f"“{tag}” of {item}", cell, nothing, nothing, {"tag": tag, "text": item, "cells": "all"})


def _between(project: Project, before: str, after: str, tag: str = "") -> Behind:
    earlier, later = (moments.moment(project, moments.when(text)).settled for text in (before, after))
    changed = compared.labels_changed(project.dataset, earlier, later).cells
    checked = np.setdiff1d(np.union1d(earlier.cells, later.cells), np.intersect1d(earlier.cells, later.cells))
    others = np.setdiff1d(checked, changed)
    ahead = project.upcoming(OPEN, tag)
    if tag:
        column, tags = project.dataset.column(tag), len(project.dataset.tags)
        changed, others = (cells[cells % tags == column] for cells in (changed, others))
    title = f"“{tag}”: labels that changed" if tag else "Labels that changed"
    return Behind(title, changed, others, ahead, {"tag": tag} if tag else {"cells": "all"})


MARKS: dict[str, Callable[..., Behind]] = {
    "tag": _tag,
    "pair": _pair,
    "quality": _quality,
    "probability": _probability,
    "group": _group,
    "by": _by,
    "ahead": _upcoming,
    "reviewer": _reviewer,
    "corrected": _corrected,
    "between": _between,
    "cell": _cell,
}


def _sorted(project: Project, title: str, kept: Mask, ahead: Ints, filters: dict[str, str]) -> Behind:
    settled = project.standing()
    errors, others = (settled.cells[kept & side][::-1] for side in (settled.wrong, ~settled.wrong))
    return Behind(title, errors, others, ahead, {name: value for name, value in filters.items() if value})
