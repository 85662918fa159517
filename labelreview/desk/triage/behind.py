"""The cells behind a mark of a chart: what a click shows, and the queues of exactly these cells.

A mark is a list of texts, its kind first, so that it survives a chart's custom data, a session and an address:
`tag TAG DIRECTION`, `pair TAG TAG`, `confused TAG TAG` (the first wrongly there, the second missing), `quality BIN`,
`probability STEP`, `group COLUMN VALUE`, `by NUMBER` (verdicts up to that number), `until SEQ` (verdicts that the log
has up to that event), `ahead`, `reviewer NAME`, `corrected`, `cell ITEM TAG`, `between MOMENT MOMENT TAG WAY` (as
`moments.written`; no TAG: all; WAY: `added` or `removed` alone, else what was checked too).
"""

import inspect
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from labelreview.decisions import Direction
from labelreview.desk.project import Project
from labelreview.desk.triage import compared, model, moments
from labelreview.errors import InputError
from labelreview.review.again import Status
from labelreview.review.worklist import Filters
from labelreview.tags import PRESENT

Ints = npt.NDArray[np.int64]
OPEN = 200
ERRORS, OTHERS, AHEAD = "errors", "others", "ahead"
ALL = ERRORS, OTHERS, AHEAD
WAYS = "added", "removed"
STATUS = {ERRORS: Status.CHANGED, OTHERS: Status.KEPT}


@dataclass(frozen=True)
class Marked:
    """title: what the cells are; filters: what a queue of them keeps to; cells: answered ones, where filters cannot
    say which; kinds: of what stands behind the mark."""

    title: str
    filters: Filters
    cells: Ints | None = None
    kinds: tuple[str, ...] = ALL


@dataclass(frozen=True)
class Behind:
    """title: what the cells are; errors: found wrong, newest first; others: answered otherwise, newest first; ahead:
    not answered, the 200 most suspicious (flat positions all); filters: what all of their queues keep to; kinds: those
    of the three that the mark stands for."""

    title: str
    errors: Ints
    others: Ints
    ahead: Ints
    filters: Filters
    kinds: tuple[str, ...] = ALL

    def queue(self, kind: str) -> Filters:
        """What the queue of one kind asks: `errors`, `others` or `ahead`, these all and not 200 alone."""
        return replace(self.filters, status=STATUS[kind]) if kind in STATUS else self.filters


def behind(project: Project, mark: Sequence[str]) -> Behind:
    """The cells behind a mark; InputError and NotFound for one that the project does not have."""
    found, nothing = marked(project, mark), np.zeros(0, np.int64)
    told = {kind: replace(found.filters, status=status) for kind, status in STATUS.items() if kind in found.kinds}
    errors, others = (_answered(project, told[kind], found.cells) if kind in told else nothing for kind in STATUS)
    ahead = project.asking.upcoming(OPEN, found.filters) if AHEAD in found.kinds else nothing
    return Behind(found.title, errors, others, ahead, found.filters, found.kinds)


def marked(project: Project, mark: Sequence[str]) -> Marked:
    """What a mark stands for; InputError and NotFound for one that the project does not have."""
    kind, *words = mark
    try:
        inspect.signature(MARKS[kind]).bind(project, *words)
    except (KeyError, TypeError):
        raise InputError(f"{json.dumps(list(mark))[:120]} is no mark of a chart.") from None
    return MARKS[kind](project, *words)


def named(mark: str) -> list[str]:
    """A mark as an address writes it; InputError for anything else.

    >>> named('["tag", "hat", ""]')
    ['tag', 'hat', '']
    """
    try:
        words = json.loads(mark)
    except (ValueError, RecursionError):
        words = None
    if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
        raise InputError(f"mark={mark[:120]!r} is no mark of a chart: it is a list of texts, as JSON.")
    return words


def answered(project: Project, filters: Filters) -> Ints:
    """The cells of a status `changed` or `kept`, by their verdict that holds, under a filter; newest first."""
    return _answered(project, filters, marked(project, named(filters.mark)).cells if filters.mark else None)


def _answered(project: Project, filters: Filters, only: Ints | None) -> Ints:
    settled = project.standing()
    kept = settled.wrong if filters.status == Status.CHANGED else ~settled.wrong
    if filters.reviewer:
        place = {name: at for at, name in enumerate(settled.reviewers)}
        kept = kept & (settled.reviewer == place.get(filters.reviewer, -1))
    cells = settled.cells[kept][::-1]
    if only is not None:
        cells = cells[np.isin(cells, only)]
    return project.asking.keeps(cells, filters)


def _by_mark(title: str, mark: Sequence[str], cells: Ints, *kinds: str) -> Marked:
    return Marked(title, Filters(mark=json.dumps(mark, ensure_ascii=False)), cells, kinds)


def _tag(project: Project, tag: str, direction: str = "") -> Marked:
    project.dataset.column(tag)
    titles = {"": f"“{tag}”", "wrong": f"“{tag}” given as present", "missing": f"“{tag}” given as absent"}
    if direction not in titles:
        raise InputError(f"'{direction[:60]}' is no direction: wrong, missing, or nothing.")
    return Marked(titles[direction], Filters(tag, Direction(direction) if direction else None))


def _pair(project: Project, first: str, second: str) -> Marked:
    both, cells = _together(project, (first, None), (second, None))
    title = f"{both:,} items on which “{first}” and “{second}” were both wrong"
    return _by_mark(title, ["pair", first, second], cells, ERRORS)


def _confused(project: Project, first: str, second: str) -> Marked:
    both, cells = _together(project, (first, True), (second, False))
    title = f"{both:,} items on which “{first}” was wrongly given and “{second}” missing"
    return _by_mark(title, ["confused", first, second], cells, ERRORS)


def _together(project: Project, *sides: tuple[str, bool | None]) -> tuple[int, Ints]:
    """How many items both tags were wrong on, and these cells. A side: a tag and whether it was given, None: either."""
    settled, tags = project.standing(), len(project.dataset.tags)
    wrong, given = settled.cells[settled.wrong], settled.given[settled.wrong] == PRESENT
    columns = [project.dataset.column(tag) for tag, _ in sides]
    each = [wrong[(wrong % tags == column) & (True if side is None else given == side)]
            for column, (_, side) in zip(columns, sides, strict=True)]  # fmt: skip
    rows = np.intersect1d(*(cells // tags for cells in each))
    return len(rows), np.concatenate([rows * tags + column for column in columns])


def _quality(_project: Project, number: str) -> Marked:
    low, high = (_number(number) / model.BINS, (_number(number) + 1) / model.BINS)
    return Marked(f"Label quality from {low:.2f} to {high:.2f}", Filters(low=low, high=high))


def _probability(_project: Project, number: str) -> Marked:
    low, high = (_number(number) / model.STEPS, (_number(number) + 1) / model.STEPS)
    return Marked(f"Predicted probability from {low:.1f} to {high:.1f}", Filters(p_low=low, p_high=high))


def _group(project: Project, name: str, value: str) -> Marked:
    project.columns.rows(name, value)
    return Marked(f"{name}: {value}", Filters(column=name, value=value))


def _by(project: Project, number: str) -> Marked:
    settled = project.standing()
    done = settled.seq[settled.certain][: _number(number)]
    title = f"Verdicts up to number {_number(number):,}"
    return replace(_until(project, str(done[-1] if len(done) else 0)), title=title)


def _until(project: Project, seq: str) -> Marked:
    """Of verdicts that hold: a number of verdicts would let others in when one of them is given anew."""
    settled = project.standing()
    cells = settled.cells[settled.certain & (settled.seq <= _number(seq))]
    return _by_mark(f"The first {len(cells):,} verdicts", ["until", seq], cells, ERRORS, OTHERS)


def _upcoming(_project: Project) -> Marked:
    return Marked("What the queue asks next", Filters(), kinds=(AHEAD,))


def _reviewer(_project: Project, name: str) -> Marked:
    return Marked(f"Verdicts by {name}, with unsure ones", Filters(reviewer=name), kinds=(ERRORS, OTHERS))


def _corrected(_project: Project) -> Marked:
    return Marked("Labels that the verdicts change", Filters(), kinds=(ERRORS,))


def _cell(project: Project, item: str, tag: str) -> Marked:
    project.dataset.cell(item, tag)
    return Marked(f"“{tag}” of {item}", Filters(tag, text=f'"{item}"'))


def _between(project: Project, before: str, after: str, tag: str = "", way: str = "") -> Marked:
    """Labels that changed between two moments, or were checked; as errors and others they count as they stand now."""
    if way not in ("", *WAYS):
        raise InputError(f"'{way[:60]}' is no way that a label changes: {', '.join(WAYS)}, or nothing.")
    earlier, later = (moments.settled(project, moments.when(text)) for text in (before, after))
    changed = compared.labels_changed(project.dataset, earlier, later)
    checked = np.union1d(changed.cells, np.setxor1d(earlier.cells, later.cells))
    cells = changed.cells[getattr(changed, way)] if way else checked
    if tag:
        cells = cells[cells % len(project.dataset.tags) == project.dataset.column(tag)]
    what = f"labels {way or 'checked or changed'}"
    title = f"“{tag}”: {what}" if tag else what.capitalize()
    return _by_mark(title, ["between", before, after, tag, *([way] if way else [])], cells, ERRORS, OTHERS)


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 15:
        raise InputError(f"'{text[:60]}' is no whole number.")
    return int(text)


MARKS: dict[str, Callable[..., Marked]] = {
    "tag": _tag,
    "pair": _pair,
    "confused": _confused,
    "quality": _quality,
    "probability": _probability,
    "group": _group,
    "by": _by,
    "until": _until,
    "ahead": _upcoming,
    "reviewer": _reviewer,
    "corrected": _corrected,
    "between": _between,
    "cell": _cell,
}
