"""Items, tags and the values between them: the nouns that every floor shares.

Conventions: N items (rows) × K tags (columns). A *cell* is one (item, tag). Labels are int8: 1 present, 0 absent, -1
unknown, and unknown is never silently made 0. pred_probs are float32 in [0, 1] of the same shape, NaN where no model
scored the cell. Items join by id and tags by name, never by position. Ids and tag names are kept letter for letter.

Where most cells are neither labelled nor scored, matrices and data sets are sparse: such cells do not exist (`grid`).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from mmap import mmap
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from labelreview.errors import InputError, NotFound, few, many
from labelreview.grid import Grid, Ints, SparseGrid, argsorted

PRESENT, ABSENT, UNKNOWN = 1, 0, -1
DENSE_CELLS = 2_000_000_000

Labels = npt.NDArray[np.int8]
Probs = npt.NDArray[np.float32]


class Names(Sequence[str]):
    """Many short texts in two arrays (utf-8 bytes, offsets), so that a million ids open by memory map.

    >>> ids = Names.of(["007", "café"])
    >>> ids[1], len(ids), ids.position("007")
    ('café', 2, 0)
    """

    def __init__(self, data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> None:
        self.data, self.offsets = data, offsets

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Names":
        """Pack texts; a `Names` comes back as it is."""
        if isinstance(texts, cls):
            return texts
        parts = [text.encode() for text in texts]
        offsets = np.zeros(len(parts) + 1, np.int64)
        np.cumsum([len(part) for part in parts], out=offsets[1:])
        return cls(np.frombuffer(b"".join(parts), np.uint8), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        if at < 0:
            at += len(self)
        if not 0 <= at < len(self):
            raise IndexError(at)
        return self.data[self.offsets[at] : self.offsets[at + 1]].tobytes().decode()

    def __iter__(self) -> Iterator[str]:
        blob, ends = self.data.tobytes(), self.offsets.tolist()
        return (blob[start:end].decode() for start, end in pairwise(ends))

    @cached_property
    def _hashes(self) -> tuple[Ints, Ints]:
        """The texts' hashes, ascending, and where each stands: 16 bytes a text where a dict takes 200."""
        hashes = np.fromiter(map(hash, self), np.int64, len(self))
        order = np.argsort(hashes, kind="stable")
        return hashes[order], order

    def _found(self, text: object) -> int | None:
        hashes, order = self._hashes
        wanted = hash(text)
        at = int(np.searchsorted(hashes, wanted))
        while at < len(hashes) and hashes[at] == wanted:
            if self[int(order[at])] == text:
                return int(order[at])
            at += 1
        return None

    def position(self, text: str) -> int:
        """Where a text stands; NotFound when it is not there."""
        found = self._found(text)
        if found is None:
            raise NotFound(f"There is no '{text}' in this project.")
        return found

    def positions(self, texts: Sequence[str]) -> Ints:
        """Where many texts stand, (n,); -1 for those that are not there.

        >>> Names.of(["007", "café"]).positions(["café", "x"]).tolist()
        [1, -1]
        """
        hashes, order = self._hashes
        if not len(order):
            return np.full(len(texts), -1)
        at = np.searchsorted(hashes, np.fromiter(map(hash, texts), np.int64, len(texts)))
        rows, data = order[np.minimum(at, len(order) - 1)], self.data.data
        ends = self.offsets[rows].tolist(), self.offsets[rows + 1].tolist()
        for n, (text, start, end) in enumerate(zip(texts, *ends, strict=True)):
            if data[start:end] != text.encode("utf-8", "surrogatepass"):
                rows[n] = -1 if (found := self._found(text)) is None else found
        return rows

    def __contains__(self, text: object) -> bool:
        return isinstance(text, str) and self._found(text) is not None


@dataclass(frozen=True)
class TagMatrix:
    """What one file says: values of N items × K tags (int8 labels, or float32 pred_probs)."""

    ids: Sequence[str]
    tags: tuple[str, ...]
    values: npt.NDArray[np.int8] | npt.NDArray[np.float32]

    def value(self, row: int, column: int) -> float:
        """The value of one cell."""
        return float(self.values[row, column])

    def dense(self) -> npt.NDArray[np.int8] | npt.NDArray[np.float32]:
        """(N, K)."""
        return self.values

    def selected(self, rows: Sequence[int] | None, columns: Sequence[int] | None) -> "TagMatrix":
        """The same values for items and tags given by their places here; None: all of them."""
        values = self.values if rows is None else self.values[rows]
        values = values if columns is None else values[:, columns]
        return TagMatrix(*_picked(self.ids, self.tags, rows, columns), values)


@dataclass(frozen=True)
class SparseMatrix:
    """What one file says of a few of N × K cells: positions row * K + column, ascending, each once, and their values.

    `missing` is what the other cells are: ABSENT or UNKNOWN for labels, NaN for pred_probs.

    >>> said = SparseMatrix(["a", "b"], ("hat", "cat"), np.array([0, 3]), np.array([1, 1], np.int8), UNKNOWN)
    >>> said.dense().tolist(), said.selected([1], [1, 0]).dense().tolist()
    ([[1, -1], [-1, 1]], [[1, -1]])
    """

    ids: Sequence[str]
    tags: tuple[str, ...]
    cells: Ints
    values: npt.NDArray[np.int8] | npt.NDArray[np.float32]
    missing: float

    def value(self, row: int, column: int) -> float:
        """The value of one cell."""
        cell = row * len(self.tags) + column
        at = int(np.searchsorted(self.cells, cell))
        return float(self.values[at]) if at < len(self.cells) and int(self.cells[at]) == cell else self.missing

    def dense(self) -> npt.NDArray[np.int8] | npt.NDArray[np.float32]:
        """(N, K); InputError where that is too large."""
        size = len(self.ids) * len(self.tags)
        if size > DENSE_CELLS:
            raise InputError(f"{len(self.ids):,} items × {len(self.tags):,} tags are {size:,} cells, too many to score "
                             "every one. Give predictions that list the cells that they score.")  # fmt: skip
        values = np.full(size, self.missing, self.values.dtype)
        values[self.cells] = self.values
        return values.reshape(len(self.ids), len(self.tags))

    def selected(self, rows: Sequence[int] | None, columns: Sequence[int] | None) -> "SparseMatrix":
        """The same values for items and tags given by their places here; None: all of them."""
        ids, tags = _picked(self.ids, self.tags, rows, columns)
        if rows is None and columns is None:
            return self
        at, column = np.divmod(self.cells, len(self.tags))
        at = at if rows is None else _places(rows, len(self.ids))[at]
        column = column if columns is None else _places(columns, len(self.tags))[column]
        kept = np.flatnonzero((at >= 0) & (column >= 0))
        return sparse(ids, tags, (at * len(tags) + column)[kept], self.values[kept], self.missing)


Matrix = TagMatrix | SparseMatrix


def sparse(
    ids: Sequence[str],
    tags: Sequence[str],
    cells: Ints,
    values: npt.NDArray[np.int8] | npt.NDArray[np.float32],
    missing: float,
) -> SparseMatrix:
    """A sparse matrix of cells in any order, each once."""
    if len(cells) > 1 and not (cells[1:] > cells[:-1]).all():
        order = argsorted(cells, len(ids) * len(tags))
        cells, values = cells[order], values[order]
    return SparseMatrix(ids, tuple(tags), cells, values, missing)


def _picked(
    ids: Sequence[str], tags: tuple[str, ...], rows: Sequence[int] | None, columns: Sequence[int] | None
) -> tuple[Sequence[str], tuple[str, ...]]:
    chosen = ids if rows is None else [ids[row] for row in rows]
    return chosen, tags if columns is None else tuple(tags[column] for column in columns)


def _places(wanted: Sequence[int], count: int) -> Ints:
    """Where each of `count` stands among the wanted; -1 where it does not."""
    places = np.full(count, -1)
    places[wanted] = np.arange(len(wanted))
    return places


@dataclass(frozen=True)
class Dataset:
    """Labels and pred_probs of the same items and tags, joined: both (N, K), or over the cells of a sparse grid."""

    ids: Names
    tags: tuple[str, ...]
    labels: Labels
    pred_probs: Probs
    some: SparseGrid | None = None

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.ids), len(self.tags)

    @cached_property
    def grid(self) -> Grid:
        """Which cells exist: all where `some` does not say otherwise."""
        return self.some or Grid(*self.shape)

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {tag: column for column, tag in enumerate(self.tags)}

    @cached_property
    def judged(self) -> Labels:
        """The labels that can be judged: as given, and unknown where no model scored the cell."""
        not_scored = np.isnan(_passing(self.pred_probs))
        return np.where(not_scored, np.int8(UNKNOWN), self.labels) if not_scored.any() else self.labels

    def given(self, cells: Ints) -> Labels:
        """The given labels of some cells."""
        return np.asarray(np.ravel(self.labels)[self.grid.slots(cells)])

    def scored(self, cells: Ints) -> Probs:
        """The probabilities of some cells."""
        return np.asarray(np.ravel(self.pred_probs)[self.grid.slots(cells)])

    def label(self, row: int, column: int) -> int:
        """The given label of an item and a tag; unknown where there is no such cell."""
        cell = row * len(self.tags) + column
        return int(self.given(np.array([cell]))[0]) if cell in self.grid else UNKNOWN

    def column(self, tag: str) -> int:
        """The column of a tag; NotFound when there is none of that name."""
        if tag not in self._columns:
            raise NotFound(f"There is no tag '{tag}' in this project.")
        return self._columns[tag]

    def cell(self, item: str, tag: str) -> int:
        """The flat position row * K + column of a cell; NotFound when there is no such item, tag or cell."""
        cell = self.ids.position(item) * len(self.tags) + self.column(tag)
        if cell not in self.grid:
            raise NotFound(f"Nobody labelled '{tag}' of '{item}' and no model scored it: there is nothing to review.")
        return cell

    def cells(self, named: Sequence[tuple[str, str]]) -> Ints:
        """The flat positions of many cells, (n,); -1 where there is no such item, tag or cell."""
        rows = self.ids.positions([item for item, _ in named])
        columns = np.fromiter((self._columns.get(tag, -1) for _, tag in named), np.int64, len(named))
        cells = np.where((rows < 0) | (columns < 0), -1, rows * len(self.tags) + columns)
        return np.where(self.grid.among(cells), cells, -1)

    def has(self, item: str, tag: str) -> bool:
        """Whether there is such a cell."""
        if item not in self.ids or tag not in self._columns:
            return False
        return self.ids.position(item) * len(self.tags) + self._columns[tag] in self.grid

    def at(self, cell: int) -> tuple[str, str]:
        """The item id and the tag of a flat cell position."""
        row, column = divmod(int(cell), len(self.tags))
        return self.ids[row], self.tags[column]


def _passing(array: Probs) -> Probs:
    """An array to be read once. One that is mapped from a file is mapped anew, so that its pages go when it does."""
    owner: Any = array.base  # of a part of a mapped array it is the whole, whose offset the part has too
    if not isinstance(array, np.memmap) or not isinstance(owner, mmap) or not array.flags.c_contiguous:
        return array
    anew: Any = np.memmap(str(array.filename), array.dtype, "r", array.offset, array.shape)
    return np.asarray(anew)


def joined(labels: Matrix, pred_probs: Matrix, *, only_common: bool = False) -> Dataset:
    """Labels and predictions of the same items and tags, in the order of the labels.

    Joins by id and by tag name. Ids or tags on one side alone are an InputError that names them, unless `only_common`
    asks to drop them. Ids and tags must be unique on each side (the readers see to that). The data set is sparse when
    both sides are.
    """
    left, right = matched(labels, pred_probs, only_common=only_common)
    return paired(Names.of(left.ids), left.tags, left, right)


def matched(labels: Matrix, pred_probs: Matrix, *, only_common: bool = False) -> tuple[Matrix, Matrix]:
    """Both sides of `joined`: the same items and tags, in the order of the labels."""
    _, rows = _common("id", labels.ids, pred_probs.ids, only_common)
    _, columns = _common("tag", labels.tags, pred_probs.tags, only_common)
    left = labels.selected(rows and rows[0], columns and columns[0])
    return left, pred_probs.selected(rows and rows[1], columns and columns[1])


def values_at(matrix: Matrix, cells: Ints) -> npt.NDArray[np.int8] | npt.NDArray[np.float32]:
    """The values of some cells (flat positions), (n,)."""
    values: npt.NDArray[np.int8] | npt.NDArray[np.float32]
    if isinstance(matrix, TagMatrix):
        values = matrix.values.reshape(-1)[cells]
        return values
    at, there = _found(matrix.cells, cells)
    values = np.full(len(cells), matrix.missing, matrix.values.dtype)
    values[there] = matrix.values[at[there]]
    return values


def paired(ids: Sequence[str], tags: tuple[str, ...], labels: Matrix, pred_probs: Matrix) -> Dataset:
    """Two matrices of the same items and tags as a data set, sparse when both are."""
    if isinstance(labels, SparseMatrix) and isinstance(pred_probs, SparseMatrix):
        return _sparse_paired(Names.of(ids), labels, pred_probs)
    given, probs = np.ascontiguousarray(labels.dense(), np.int8), np.ascontiguousarray(pred_probs.dense(), np.float32)
    return Dataset(Names.of(ids), tags, given, probs)


def _sparse_paired(ids: Names, labels: SparseMatrix, pred_probs: SparseMatrix) -> Dataset:
    """The cells that the labels list and, where a cell that they do not list is absent, those that a model scored."""
    cells, scored = labels.cells, pred_probs.cells[~np.isnan(pred_probs.values)]
    if labels.missing == ABSENT:
        cells = np.union1d(cells, scored)
    given, probs = np.full(len(cells), labels.missing, np.int8), np.full(len(cells), np.nan, np.float32)
    given[np.searchsorted(cells, labels.cells)] = labels.values
    at, there = _found(cells, pred_probs.cells)
    probs[at[there]] = pred_probs.values[there]
    return Dataset(ids, labels.tags, given, probs, SparseGrid(len(ids), len(labels.tags), cells))


def _found(cells: Ints, wanted: Ints) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Where the wanted stand in ascending cells, and whether they do."""
    at = np.minimum(np.searchsorted(cells, wanted), len(cells) - 1)
    return at, cells[at] == wanted if len(cells) else np.zeros(len(wanted), np.bool_)


def _common(
    noun: str, left: Sequence[str], right: Sequence[str], only_common: bool
) -> tuple[list[str], tuple[list[int], list[int]] | None]:
    """The names that both sides have, and where they stand on each; None when both have the same in the same order."""
    if len(left) and list(left) == list(right):
        return list(left), None
    there = {name: at for at, name in enumerate(right)}
    here = set(left)
    only_left = [name for name in left if name not in there]
    only_right = [name for name in right if name not in here]
    if (only_left or only_right) and not only_common:
        found = [
            f"{many(len(names), noun)} only in the {side}: {few(names)}"
            for side, names in (("labels", only_left), ("predictions", only_right))
            if names
        ]
        raise InputError(f"Labels and predictions do not match: {'; '.join(found)}. Correct the files, or keep only "
                         "what both have (--only-common).")  # fmt: skip
    kept = [at for at, name in enumerate(left) if name in there]
    if not kept:
        raise InputError(f"Labels and predictions have no {noun} in common (labels: {few(left)}; predictions: "
                         f"{few(right)}). Are these the files of the same data set?")  # fmt: skip
    names = [left[at] for at in kept]
    return names, (kept, [there[name] for name in names])
