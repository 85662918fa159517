"""Where a project's labels, with the verdicts so far, break agreed rules between tags; and what would mend it.

PURE: a data set, the verdicts and the rules in; cells and labels out. Only known labels break a rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from labelreview.review.rules import IMPLIES, Rules
from labelreview.review.verdicts import Verdicts, corrected
from labelreview.tags import ABSENT, PRESENT, UNKNOWN, Dataset, Labels

Cells = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Mend:
    """A tag of the same item, the label the rules then want, the one it has, and what the data says of the cell."""

    tag: str
    to: int
    now: int
    given: int
    pred_prob: float


@dataclass(frozen=True)
class Around:
    """`broken`: the rules about a cell's tag that its item breaks as it stands; `mends`: by the label that an answer
    would give (1 or 0), what else must change so that no rule is broken; a label that breaks none is left out."""

    broken: tuple[str, ...] = ()
    mends: Mapping[int, tuple[Mend, ...]] = field(default_factory=dict)


NOTHING = Around()


def standing_labels(dataset: Dataset, verdicts: Verdicts, rules: Rules) -> tuple[Labels, tuple[str, ...]]:
    """(N, T) labels with the verdicts applied, and their tags: all, or of sparse data those that the rules name."""
    labels = corrected(dataset, verdicts)
    if not dataset.grid.sparse:
        return labels, dataset.tags
    tags = rules.named(dataset.tags)
    return _columns(dataset, labels, tags), tags


def broken_cells(dataset: Dataset, verdicts: Verdicts, rules: Rules) -> Cells:
    """The cells of broken rules (flat positions, ascending, each once), both tags of each."""
    tags = rules.named(dataset.tags)
    if not tags:
        return np.zeros(0, np.int64)
    labels = _columns(dataset, corrected(dataset, verdicts), tags)
    found = [np.zeros(0, np.int64)]
    for rule, broken in rules.broken(labels, tags).items():
        rows = np.flatnonzero(broken) * len(dataset.tags)
        found += [rows + dataset.column(rule.first), rows + dataset.column(rule.second)]
    cells: Cells = np.unique(np.concatenate(found))
    return cells


def closed(dataset: Dataset, rules: Rules, changed: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """Cells to set beyond `changed`, so that every item with a tag has what it implies: all to present.

    >>> from labelreview.review.rules import implies
    >>> from labelreview.tags import Names
    >>> given = np.array([[1, 0]], np.int8)
    >>> dataset = Dataset(Names.of(["a"]), ("cat", "animal"), given, np.zeros((1, 2), np.float32))
    >>> closed(dataset, Rules([implies("cat", "animal")]), {})
    {('a', 'animal'): 1}
    """
    tags = rules.named(dataset.tags)
    if not tags:
        return {}
    labels = _columns(dataset, np.asarray(dataset.labels), tags)
    at = {tag: column for column, tag in enumerate(tags)}
    for (item, tag), label in changed.items():
        if tag in at:
            labels[dataset.ids.position(item), at[tag]] = label
    rows, columns = np.nonzero(rules.closed(labels, tags) != labels)
    return {
        (dataset.ids[row], tags[column]): PRESENT for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
    }


def around(dataset: Dataset, verdicts: Verdicts, rules: Rules, item: str, tag: str, *, every: bool = False) -> Around:
    """What the rules say about a cell; NotFound when there is no such item or tag.

    `every`: all that a label asks of other tags, whatever these are now, for a door where several change at a time.
    """
    related = rules.related(tag)
    if not related:
        return NOTHING
    row, given = dataset.ids.position(item), dict[str, int]()
    for other in (tag, *related):
        if other in dataset.tags:
            given[other] = dataset.label(row, dataset.column(other))
    now = {other: verdicts.label(item, other, label) for other, label in given.items()}
    broken = tuple(str(rule) for rule in rules.about(tag) if _breaks(rule.kind == IMPLIES, now.get(rule.first, UNKNOWN),
                                                                    now.get(rule.second, UNKNOWN)))  # fmt: skip
    mends, opposed = {}, dict.fromkeys(given, PRESENT) | dict.fromkeys(rules.above(tag), ABSENT)
    for label in (PRESENT, ABSENT):
        found = rules.mends(tag, label, opposed if every else now)
        wanted = {name: to for name, to in found.items() if name in given}
        if any(every or now[name] != UNKNOWN for name in wanted):
            mends[label] = tuple(_mend(dataset, row, name, to, now[name], given[name]) for name, to in wanted.items()
                                 if row * len(dataset.tags) + dataset.column(name) in dataset.grid)  # fmt: skip
    return Around(broken, mends)


def _mend(dataset: Dataset, row: int, tag: str, to: int, now: int, given: int) -> Mend:
    cell = np.array([row * len(dataset.tags) + dataset.column(tag)])
    return Mend(tag, to, now, given, float(dataset.scored(cell)[0]))


def _breaks(implies: bool, first: int, second: int) -> bool:
    return first == PRESENT and second == (ABSENT if implies else PRESENT)


def _columns(dataset: Dataset, labels: Labels, tags: tuple[str, ...]) -> Labels:
    """(N, T) labels of some tags, from labels over the grid; unknown where there is no cell."""
    if not dataset.grid.sparse:
        return np.ascontiguousarray(labels[:, [dataset.column(tag) for tag in tags]])
    some = np.full((len(dataset.ids), len(tags)), UNKNOWN, np.int8)
    for at, tag in enumerate(tags):
        slots = np.arange(dataset.grid.size)[dataset.grid.under(dataset.column(tag))]
        some[dataset.grid.cells(slots) // len(dataset.tags), at] = labels[slots]
    return some
