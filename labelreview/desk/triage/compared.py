"""Two moments of a project beside each other: what is known of its errors, what was done, which labels changed.

The labels as given stay the same, so the two estimates of their error rate are of one number, and the later one rests
on more. What changes is how many labels are *still* wrong: by the errors found in between, which is a count. So both
moments' wrong labels are told by what is known at the later one, and their difference has no interval.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from labelreview.decisions import Direction
from labelreview.desk.project import Project
from labelreview.desk.triage.figures import SURE
from labelreview.desk.triage.moments import Moment, When, is_to_come, moment, said
from labelreview.desk.triage.tables import Row, Table, ends
from labelreview.desk.triage.words import count, percent, span
from labelreview.errors import InputError
from labelreview.review import estimates
from labelreview.review.estimates import ErrorRate, Estimate, Stop
from labelreview.review.standing import Standing
from labelreview.tags import PRESENT, UNKNOWN, Dataset

Ints = npt.NDArray[np.int64]
SIDES = {Direction.WRONG.value: "given as present", Direction.MISSING.value: "given as absent"}


@dataclass(frozen=True)
class Changed:
    """Cells whose label differs: flat positions ascending, the label before and after (-1 unknown). (m,) each."""

    cells: Ints
    before: npt.NDArray[np.int8]
    after: npt.NDArray[np.int8]

    @property
    def added(self) -> npt.NDArray[np.bool_]:
        """The tag is there after, and was not before."""
        return np.asarray(self.after == PRESENT)

    @property
    def removed(self) -> npt.NDArray[np.bool_]:
        """The tag was there before, and is not after. (From unknown to absent is neither.)"""
        return np.asarray(self.before == PRESENT)

    def by_tag(self, tags: int) -> tuple[Ints, Ints]:
        """Labels added and removed, (K,) each."""
        column = self.cells % tags
        added, removed = (np.bincount(column[side], minlength=tags) for side in (self.added, self.removed))
        return added, removed


@dataclass(frozen=True)
class Pair:
    """What is known of a set of cells at both moments; `wrong`: labels wrong then and now, as known at the later."""

    before: ErrorRate
    after: ErrorRate

    @property
    def found(self) -> int:
        """Errors found in between; below zero where more were taken back."""
        return self.after.found - self.before.found

    @property
    def wrong(self) -> tuple[Estimate, Estimate]:
        left = self.after.left
        return Estimate(left.value + self.found, max(0, left.low + self.found), left.high + self.found), left

    @property
    def rates_left(self) -> tuple[Estimate, Estimate]:
        """`wrong` as shares of the cells."""
        cells = max(self.after.cells, 1)
        first, second = (Estimate(each.value / cells, each.low / cells, each.high / cells) for each in self.wrong)
        return first, second


@dataclass(frozen=True)
class Comparison:
    """Two moments. `tags`: names that `by_tag` goes by; `stops`: the stop rule at both, for the project's target."""

    before: Moment
    after: Moment
    tags: tuple[str, ...]
    whole: Pair
    by_direction: dict[Direction, Pair]
    by_tag: tuple[Pair, ...]
    stops: tuple[Stop, Stop]
    changed: Changed


def compared(project: Project, before: When, after: When = None) -> Comparison:
    """Two moments of a project beside each other. InputError when the first is the later one, or still to come."""
    if is_to_come(before):
        title = said(before)
        raise InputError(f"{title[0].upper()}{title[1:]} is still to come, so nothing has changed since. Compare from "
                         "an earlier day, a day and time, a number of events, or start.")  # fmt: skip
    sides = moment(project, before), moment(project, after)
    if sides[0].seq > sides[1].seq:
        raise InputError(f"{sides[0].title} is later than {sides[1].title}. Name the earlier moment first.")
    evidences = [side.evidence for side in sides]
    target, tags = project.target, project.dataset.tags
    whole = Pair(*(estimates.error_rate(each) for each in evidences))
    sided = [estimates.by_direction(each) for each in evidences]
    directions = {side: Pair(sided[0][side], sided[1][side]) for side in Direction}
    by_tag = map(Pair, *(estimates.by_tag(each) for each in evidences))
    first, second = (estimates.may_stop(each, target.max_error_rate, target.confidence) for each in evidences)
    changed = labels_changed(project.dataset, sides[0].settled, sides[1].settled)
    return Comparison(*sides, tags, whole, directions, tuple(by_tag), (first, second), changed)


def labels_changed(data: Dataset, before: Standing, after: Standing) -> Changed:
    """The cells whose label, with the verdicts applied, differs between two moments."""
    cells = np.union1d(before.cells, after.cells)
    first, second = (_labels(data, each, cells) for each in (before, after))
    kept = first != second
    return Changed(cells[kept], first[kept], second[kept])


def _labels(data: Dataset, settled: Standing, cells: Ints) -> npt.NDArray[np.int8]:
    """The labels of some cells (ascending) with the verdicts applied."""
    labels = np.array(data.given(cells), np.int8)
    told = settled.label != UNKNOWN
    labels[np.searchsorted(cells, settled.cells[told])] = settled.label[told]
    return labels


def sentences(found: Comparison) -> list[str]:
    """What has changed, most important first."""
    pair, titles = found.whole, (found.before.title, found.after.title)
    checked, more = pair.after.answered - pair.before.answered, pair.found
    told = [
        f"From {titles[0]} to {titles[1]}.",
        f"Labels checked: {pair.before.answered:,} to {pair.after.answered:,} ({checked:,} more).",
        f"Errors found: {pair.before.found:,} to {pair.after.found:,} ({more:,} more).",
        *_estimated(pair),
    ]
    bounds = [percent(stop.rate_at_most) for stop in found.stops]
    told.append(f"The stop rule ({percent(found.stops[1].confidence)} confidence): at most {bounds[0]} of labels "
                f"still wrong before, {bounds[1]} after; the target is {percent(found.stops[1].target)}.")  # fmt: skip
    return [*told, labels_sentence(found.changed)]


def labels_sentence(changed: Changed) -> str:
    """How many labels changed, each way."""
    added, removed = int(changed.added.sum()), int(changed.removed.sum())
    return f"Labels that changed: {len(changed.cells):,} ({added:,} added, {removed:,} removed)."


def _estimated(pair: Pair) -> list[str]:
    if np.isnan(pair.after.left.value):
        return ["How many labels are still wrong is known at neither moment: chance has asked too little."]
    was, now = (_count(pair.after, each) for each in pair.wrong)
    still = (
        f"Labels still wrong: {was} before, {now} after. Both are by what is known at the later moment, so the "
        f"difference of {pair.found:,} is counted, not estimated."
    )
    given = (
        f"Wrong as given: {_rate(pair.before)} by what was known before, {_rate(pair.after)} after. Both are about the "
        "same labels; the later one rests on more answers."
    )
    return [still, given]


def _count(rests_on: ErrorRate, wrong: Estimate) -> str:
    between = f"{count(wrong.low)} to {count(wrong.high)}"
    return f"about {count(wrong.value)} ({between})" if _sure(rests_on) else between


def _rate(rate: ErrorRate) -> str:
    if not rate.drawn and rate.answered < rate.cells:
        return "unknown"
    return f"{percent(rate.rate.value)} ({span(rate.rate)})" if _sure(rate) else span(rate.rate)


def _sure(rate: ErrorRate) -> bool:
    return rate.drawn >= SURE or rate.answered == rate.cells


def tables(project: Project, found: Comparison) -> list[Table]:
    """The comparison as rows: of all labels and by direction, by tag (most changed first), and each changed label."""
    added, removed = found.changed.by_tag(len(found.tags))
    given = project.dataset.given(found.changed.cells) == PRESENT
    sides = {Direction.WRONG: given, Direction.MISSING: ~given}
    changes = found.changed.added, found.changed.removed
    parts: list[Row] = [{"part": "all", **_row(found.whole, *(int(each.sum()) for each in changes))}]
    for side, pair in found.by_direction.items():
        parts.append({"part": SIDES[side.value], **_row(pair, *(int(each[sides[side]].sum()) for each in changes))})
    order = np.argsort(-(added + removed), kind="stable").tolist()
    tags: list[Row] = [
        {"tag": found.tags[at], **_row(found.by_tag[at], int(added[at]), int(removed[at]))} for at in order
    ]
    return [
        Table("compared", "Before and after", parts),
        Table("compared-tags", "Before and after, by tag", tags),
        Table("labels-changed", "Labels that changed", changed_rows(project.dataset, found.changed)),
    ]


def changed_rows(data: Dataset, changed: Changed) -> list[Row]:
    columns = (changed.cells.tolist(), changed.before.tolist(), changed.after.tolist())
    names = ("id", "tag", "label_before", "label_after")
    return [dict(zip(names, (*data.at(cell), was, now), strict=True)) for cell, was, now in zip(*columns, strict=True)]


def _row(pair: Pair, added: int, removed: int) -> Row:
    wrong = pair.wrong
    return {
        "cells": pair.after.cells,
        "answered_before": pair.before.answered,
        "answered_after": pair.after.answered,
        "found_before": pair.before.found,
        "found_after": pair.after.found,
        **ends("rate_before", pair.before.rate),
        **ends("rate_after", pair.after.rate),
        **ends("wrong_before", wrong[0]),
        **ends("wrong_after", wrong[1]),
        "added": added,
        "removed": removed,
    }


def most_changed(found: Comparison, most: int) -> Sequence[int]:
    """Tags of which labels changed or errors were found, by how many; columns."""
    added, removed = found.changed.by_tag(len(found.tags))
    weight = added + removed + np.array([abs(pair.found) for pair in found.by_tag])
    order = np.argsort(-weight, kind="stable")[:most]
    return [int(at) for at in order if weight[at]]
