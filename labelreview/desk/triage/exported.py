"""Two labels files beside each other, such as two exports: which labels differ, by tag and direction.

Files alone are counted: nothing is estimated. With the project that they come from, its verdicts and its random audit
tell how many labels of each are wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from labelreview import formats
from labelreview.desk.project import Project
from labelreview.desk.triage.tables import Row, Table, ends
from labelreview.desk.triage.words import count, percent
from labelreview.errors import InputError, few, many
from labelreview.review import estimates
from labelreview.review.estimates import Estimate
from labelreview.review.tagplan import sentence
from labelreview.tags import PRESENT, UNKNOWN, Labels, Matrix, TagMatrix

Ints = npt.NDArray[np.int64]
NO = Estimate(np.nan, np.nan, np.nan)


@dataclass(frozen=True)
class Files:
    """Labels of the items and tags that both files have, (N, K) each, and notes on what only one of them has."""

    names: tuple[str, str]
    ids: Sequence[str]
    tags: tuple[str, ...]
    before: Labels
    after: Labels
    notes: tuple[str, ...]

    @property
    def added(self) -> npt.NDArray[np.bool_]:
        return np.asarray((self.after == PRESENT) & (self.before != PRESENT))

    @property
    def removed(self) -> npt.NDArray[np.bool_]:
        return np.asarray((self.before == PRESENT) & (self.after != PRESENT))


@dataclass(frozen=True)
class Wrong:
    """Wrong labels of a set of cells in each file, of `cells` that both say something of; `difference`: after - before,
    which rests on the cells in which the two differ."""

    cells: int
    before: Estimate
    after: Estimate
    difference: Estimate


def read(before: Path, after: Path, *, form: str | None = None, missing_means: str | None = None) -> Files:
    """Two files in any format that is read; InputError where they have no item or no tag in common."""
    first, second = (formats.read_labels(path, format=form, missing_means=missing_means) for path in (before, after))
    notes: list[str] = []
    ids = _common("item", first.matrix.ids, second.matrix.ids, (before.name, after.name), notes)
    tags = tuple(_common("tag", first.matrix.tags, second.matrix.tags, (before.name, after.name), notes))
    labels = [aligned(each.matrix, ids, tags) for each in (first, second)]
    return Files((str(before), str(after)), ids, tags, labels[0], labels[1], tuple(notes))


def aligned(matrix: Matrix, ids: Sequence[str], tags: Sequence[str]) -> Labels:
    """The labels of some items and tags, in this order; unknown where the matrix lacks them."""
    rows = {item: row for row, item in enumerate(matrix.ids)}
    columns = {tag: column for column, tag in enumerate(matrix.tags)}
    here, there = ([at for at, name in enumerate(names) if name in place] for names, place in
                   ((ids, rows), (tags, columns)))  # fmt: skip
    some = matrix.selected([rows[ids[at]] for at in here], [columns[tags[at]] for at in there])
    labels = np.full((len(ids), len(tags)), UNKNOWN, np.int8)
    labels[np.ix_(here, there)] = some.dense()
    return labels


def _common(
    noun: str, left: Sequence[str], right: Sequence[str], names: tuple[str, str], notes: list[str]
) -> Sequence[str]:
    for name, one, other in ((names[0], left, set(right)), (names[1], right, set(left))):
        if only := [each for each in one if each not in other]:
            notes.append(f"{many(len(only), noun)} only in {name}: {few(only)}")
    there = set(right)
    both = [each for each in left if each in there]
    if not both:
        raise InputError(f"{names[0]} and {names[1]} have no {noun} in common ({few(left)}; {few(right)}). Are these "
                         "labels of the same data?")  # fmt: skip
    return both


def wrong(project: Project, files: Files) -> tuple[Wrong, list[Wrong]]:
    """How many labels of each file are wrong: in all, and by tag in the order of the files' tags.

    Where there is a verdict it is counted. Elsewhere a file that says what was given is as often wrong as the project's
    estimate says; where it says the opposite nothing is known, and the interval is as much wider. (To estimate these
    cells as a group of their own would be wrong: which they are may follow from what was found.)
    """
    if project.dataset.grid.sparse:
        raise InputError("Two files of a sparse project are compared by their labels alone: leave --project out.")
    data, evidence = project.dataset, project.evidence()
    matrices = (TagMatrix(files.ids, files.tags, labels) for labels in (files.before, files.after))
    before, after = (aligned(each, data.ids, data.tags) for each in matrices)
    counts = _counts(project, before, after)
    whole = _wrong(counts.sum(axis=1), estimates.error_rate(evidence).left)
    each = [_wrong(column, rate.left) for column, rate in zip(counts.T, estimates.by_tag(evidence), strict=True)]
    place = {tag: column for column, tag in enumerate(data.tags)}
    nothing = Wrong(0, NO, NO, NO)
    return whole, [each[place[tag]] if tag in place else nothing for tag in files.tags]


def _counts(project: Project, before: Labels, after: Labels) -> Ints:
    """(8, K): cells known in both files and given; of these with a verdict those wrong before, and after; without one
    those unlike the given label before, and after, and in which the files differ; without a verdict and not known in
    both; and wrong after minus wrong before, with a verdict."""
    judged, settled = np.asarray(project.dataset.judged), project.standing()
    known = (np.minimum(before, after) != UNKNOWN) & (judged != UNKNOWN)
    truth = np.full(judged.shape, UNKNOWN, np.int8)
    truth.reshape(-1)[settled.cells[settled.certain]] = settled.label[settled.certain]
    told, left = known & (truth != UNKNOWN), known & (truth == UNKNOWN)
    outside = (judged != UNKNOWN) & (truth == UNKNOWN) & ~known
    wrongs = [np.count_nonzero(told & (side != truth), axis=0) for side in (before, after)]
    masks = (left & (before != judged), left & (after != judged), left & (before != after), outside)
    rest = [np.count_nonzero(mask, axis=0) for mask in masks]
    return np.array([np.count_nonzero(known, axis=0), *wrongs, *rest, wrongs[1] - wrongs[0]])


def _wrong(counts: Ints, left: Estimate) -> Wrong:
    cells, before, after, unlike_before, unlike_after, apart, outside, difference = counts.tolist()
    sides = (_of_file(before, unlike_before, outside, left), _of_file(after, unlike_after, outside, left))
    middle = difference if not apart else np.nan
    return Wrong(cells, *sides, Estimate(middle, difference - apart, difference + apart))


def _of_file(counted: int, unlike: int, outside: int, left: Estimate) -> Estimate:
    """Counted errors and those left, where the file says the opposite of what was given in some cells."""
    value = left.value if not unlike + outside else np.nan
    return Estimate(counted + value, counted + max(0.0, left.low - unlike - outside), counted + left.high + unlike)


def sentences(files: Files, found: Wrong | None = None) -> list[str]:
    """What differs between the files, and with a project how many labels of each are wrong."""
    both = (files.before != UNKNOWN) & (files.after != UNKNOWN)
    changed, known = int((files.before != files.after).sum()), int(both.sum())
    share = percent(changed / max(files.before.size, 1))
    told = [
        f"{len(files.ids):,} items × {len(files.tags):,} tags are in both files; {known:,} labels are known in both.",
        f"{changed:,} labels differ ({share}): {files.added.sum():,} added, {files.removed.sum():,} removed.",
        *files.notes,
    ]
    if found is not None:
        told.append(
            f"Wrong labels, by the project's verdicts and audit: {_between(found.before)} in the first file, "
            f"{_between(found.after)} in the second, of {found.cells:,}; difference {_between(found.difference)}."
        )
    return told


def explained(project: Project, files: Files) -> list[str]:
    """The meeting's decisions that explain why a tag of the project is missing in one of the files, and what of it went
    into another one."""
    gone, told = set(project.dataset.tags) - set(files.tags), []
    for step in project.meeting.standing().steps:
        if not gone.isdisjoint(step.tags):
            to = step.value.get("to")
            into = f": what changed in {to} may come from it" if to in files.tags else ""
            told.append(f"Decided by {step.by}: {sentence(step)}{into}.")
    return told


def _between(estimate: Estimate) -> str:
    if estimate.low == estimate.high:
        return f"{estimate.low:,.0f} (counted)"
    span = f"{estimate.low:,.0f} to {estimate.high:,.0f}"
    return span if np.isnan(estimate.value) else f"about {count(estimate.value)} ({span})"


def tables(files: Files, found: tuple[Wrong, list[Wrong]] | None = None) -> list[Table]:
    """The files as rows: in all, by tag (most changed first), and each label that differs."""
    columns = [np.count_nonzero(each, axis=0) for each in
               (files.before == PRESENT, files.after == PRESENT, files.added, files.removed)]  # fmt: skip
    whole = {"part": "all", **_row([int(each.sum()) for each in columns], found and found[0], files.before.size)}
    order = np.argsort(-(columns[2] + columns[3]), kind="stable").tolist()
    rows = [{"tag": files.tags[at],
             **_row([int(each[at]) for each in columns], found and found[1][at], len(files.ids))}
            for at in order]  # fmt: skip
    where = np.argwhere(files.before != files.after).tolist()
    changed: list[Row] = [
        {"id": files.ids[row], "tag": files.tags[column],
         "label_before": int(files.before[row, column]), "label_after": int(files.after[row, column])}
        for row, column in where
    ]  # fmt: skip
    return [
        Table("compared", "Before and after", [whole]),
        Table("compared-tags", "Before and after, by tag", rows),
        Table("labels-changed", "Labels that changed", changed),
    ]


def _row(counts: Sequence[int], found: Wrong | None, cells: int) -> Row:
    row: Row = dict(zip(("present_before", "present_after", "added", "removed"), counts, strict=True))
    if found is None:
        return {"cells": cells, **row}
    return {"cells": cells, **row, **ends("wrong_before", found.before), **ends("wrong_after", found.after),
            **ends("difference_wrong", found.difference)}  # fmt: skip
