"""What another version of the data changes: items, tags, labels, predictions, and what becomes of the verdicts.

PURE. Items are matched by id and tags by name. A cell that one side does not have has no label there (unknown) and no
probability, so that dense and sparse data compare alike; (N, K) of sparse data is never made.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from labelreview.decisions import Decision
from labelreview.errors import NotFound
from labelreview.review.verdicts import Verdicts
from labelreview.tags import ABSENT, PRESENT, UNKNOWN, Dataset

Ints = npt.NDArray[np.int64]
Progress = Callable[[float], None]
BLOCK = 1 << 21
NAMED = 5
SAME_PROB = 1e-6
WORDS = {PRESENT: "present", ABSENT: "absent", UNKNOWN: "unknown"}


@dataclass
class Some:
    """How many there are, and the first few by name."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, name: str) -> None:
        """One more."""
        self.count += 1
        if len(self.first) < NAMED:
            self.first.append(name)

    @property
    def named(self) -> str:
        """The first few by name, and how many more there are."""
        more = self.count - len(self.first)
        return ", ".join(self.first) + (f" and {more:,} more" if more and self.first else "")

    def __str__(self) -> str:
        return f"{self.count:,}: {self.named}" if self.first else f"{self.count:,}"


@dataclass(frozen=True)
class Difference:
    """What is not as it was. labels, probs: cells of items and tags that both versions have.

    without_cell: settled cells that the new data lacks; agreed: verdicts that changed a label, and the new label is
    what they say; against: verdicts that confirmed a label, and the new label is another one. `turned`: changed labels
    by (old, new).
    """

    items_added: Some
    items_gone: Some
    tags_added: Some
    tags_gone: Some
    labels: Some
    turned: dict[tuple[int, int], int]
    probs: Some
    verdicts: int
    without_cell: Some
    agreed: Some
    against: Some

    @property
    def same_cells(self) -> bool:
        """Whether items, tags and labels are the same ones."""
        parts = self.items_added, self.items_gone, self.tags_added, self.tags_gone, self.labels
        return not any(part.count for part in parts)

    @property
    def parts(self) -> list[tuple[str, Some]]:
        """What was compared, in words, and what was found."""
        return [
            ("Items added", self.items_added),
            ("Items gone", self.items_gone),
            ("Tags added", self.tags_added),
            ("Tags gone", self.tags_gone),
            ("Labels changed", self.labels),
            ("Predictions changed", self.probs),
            ("Answered cells", Some(self.verdicts)),
            ("Answers without a cell now", self.without_cell),
            ("Corrections that the new labels hold", self.agreed),
            ("Confirmed labels that are others now", self.against),
        ]

    @property
    def turns(self) -> str:
        """The changed labels, from what to what."""
        return ", ".join(
            f"{count:,} from {WORDS[old]} to {WORDS[new]}" for (old, new), count in sorted(self.turned.items())
        )

    def rows(self) -> list[tuple[str, str]]:
        """The parts with what was found as text."""
        turns = f" ({self.turns})" if self.turned else ""
        return [(what, f"{found}{turns if found is self.labels else ''}") for what, found in self.parts]

    def lines(self) -> list[str]:
        """The same for a terminal."""
        width = max(len(what) for what, _ in self.rows())
        return [f"{what:<{width}}  {found}" for what, found in self.rows()]


def difference(
    before: Dataset, after: Dataset, verdicts: Verdicts, progress: Progress = lambda share: None
) -> Difference:
    """Compare two versions of a project's data.

    >>> from labelreview.tags import Names
    >>> def data(ids, tags, labels):
    ...     return Dataset(Names.of(ids), tags, np.array(labels, np.int8), np.zeros(np.shape(labels), np.float32))
    >>> old, new = data("ab", ("hat", "cat"), [[1, 0], [0, 0]]), data("bc", ("cat", "hat"), [[1, 0], [0, 1]])
    >>> found = difference(old, new, Verdicts())
    >>> print(found.items_added, "|", found.items_gone, "|", found.labels)
    1: 'c' | 1: 'a' | 1: 'cat' of 'b'
    """
    items_added = _names(after.ids, before.ids)
    progress(0.0)
    items_gone = _names(before.ids, after.ids)
    progress(0.05)
    tags_added, tags_gone = _names(after.tags, before.tags), _names(before.tags, after.tags)
    labels, turned, probs = Some(), dict[tuple[int, int], int](), Some()
    for cells, old, new, old_prob, new_prob in _pairs(before, after, progress):
        other = np.flatnonzero(old != new)
        _listed(labels, after, cells[other])
        pairs, counts = np.unique(np.stack([old[other], new[other]]), axis=1, return_counts=True)
        for pair, count in zip(map(tuple, pairs.T.tolist()), counts.tolist(), strict=True):
            turned[pair] = turned.get(pair, 0) + count
        moved = np.abs(old_prob - new_prob) > SAME_PROB
        moved |= np.isnan(old_prob) != np.isnan(new_prob)
        _listed(probs, after, cells[moved])
    said = _verdicts(before, after, verdicts)
    return Difference(items_added, items_gone, tags_added, tags_gone, labels, turned, probs, *said)


def _names(of: Sequence[str], without: Sequence[str]) -> Some:
    known, found = set(without), Some()
    for name in of:
        if name not in known:
            found.add(f"'{name}'")
    return found


def _listed(some: Some, data: Dataset, cells: Ints) -> None:
    for cell in cells[: NAMED - len(some.first)].tolist():
        item, tag = data.at(cell)
        some.first.append(f"'{tag}' of '{item}'")
    some.count += len(cells)


def _pairs(before: Dataset, after: Dataset, progress: Progress) -> Iterator[tuple[npt.NDArray[Any], ...]]:
    """Blocks of cells that either version has, of items and tags that both have: the position in the new data, the old
    and the new label, the old and the new probability.
    """
    sparse = before.grid.sparse or after.grid.sparse
    total = after.grid.size + before.grid.size * sparse
    for cells, here, there, place in _blocks(after, before):
        progress(0.1 + 0.9 * place / total)
        yield cells, here[0], there[0], here[1], there[1]
    for cells, here, there, place in _blocks(before, after, lacking=True) if sparse else ():
        progress(0.1 + 0.9 * (after.grid.size + place) / total)
        yield cells, there[0], here[0], there[1], here[1]


Side = tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]


def _blocks(data: Dataset, other: Dataset, *, lacking: bool = False) -> Iterator[tuple[Ints, Side, Side, int]]:
    """Blocks of a data set's cells, as `other` has them and as it has them itself; `lacking`: only those that it lacks,
    by their position there.
    """
    rows, columns = _places(data.ids, other.ids), _places(data.tags, other.tags)
    labels, probs = np.ravel(data.labels), np.ravel(data.pred_probs)
    for start in range(0, data.grid.size, BLOCK):
        slots = np.arange(start, min(start + BLOCK, data.grid.size))
        cells = data.grid.cells(slots)
        row, column = np.divmod(cells, len(data.tags))
        row, column = rows[row], columns[column]
        shared = (row >= 0) & (column >= 0)
        target = (row * len(other.tags) + column)[shared]
        there, at = _slots(other, target)
        theirs = _held(np.ravel(other.labels), at, there, UNKNOWN), _held(np.ravel(other.pred_probs), at, there, np.nan)
        own = labels[slots[shared]], probs[slots[shared]]
        if lacking:
            yield target[~there], (theirs[0][~there], theirs[1][~there]), (own[0][~there], own[1][~there]), start
        else:
            yield cells[shared], theirs, own, start


def _held(values: npt.NDArray[Any], at: Ints, there: npt.NDArray[np.bool_], missing: float) -> npt.NDArray[Any]:
    found = np.full(len(at), missing, values.dtype)
    found[there] = values[at[there]]
    return found


def _slots(data: Dataset, cells: Ints) -> tuple[npt.NDArray[np.bool_], Ints]:
    """Which cells exist, and where they stand."""
    if not data.grid.sparse or not data.grid.size:
        return np.full(len(cells), data.grid.size > 0), cells
    at = np.minimum(data.grid.slots(cells), data.grid.size - 1)
    return data.grid.cells(at) == cells, at


def _places(names: Sequence[str], others: Sequence[str]) -> Ints:
    """Where each name stands among the others; -1 where it does not."""
    at = {name: place for place, name in enumerate(others)}
    return np.array([at.get(name, -1) for name in names], np.int64)


def _verdicts(before: Dataset, after: Dataset, verdicts: Verdicts) -> tuple[int, Some, Some, Some]:
    without, agreed, against = Some(), Some(), Some()
    for (item, tag), decision in verdicts.settled.items():
        name = f"'{tag}' of '{item}'"
        old, new = _label(before, item, tag), _label(after, item, tag)
        if new is None:
            without.add(name)
        elif old is not None and old != new and _says(decision) in (old, new):
            (agreed if _says(decision) == new else against).add(name)
    return len(verdicts.settled), without, agreed, against


def _says(decision: Decision) -> int | None:
    label = decision.verdict.label if decision.verdict else UNKNOWN
    return None if label == UNKNOWN else label


def _label(data: Dataset, item: str, tag: str) -> int | None:
    """The given label of a cell; None where there is none."""
    try:
        return int(data.given(np.array([data.cell(item, tag)]))[0])
    except NotFound:
        return None
