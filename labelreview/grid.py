"""Which cells of N items × K tags exist, and where each stands in the arrays that hold something for every cell.

A cell's address is its flat position, row * K + column (int64). Arrays *over the grid* hold one value for each cell
that exists, in the order of the positions: a cell's place in them (of `np.ravel`) is its *slot*. In a `Grid` every cell
exists, arrays are (N, K), and slot and position are the same number. In a `SparseGrid` M cells exist and arrays are
(M,): what nobody labelled and no model scored is not there, so that 20,000 tags cost no more than what is known.
"""

from functools import cached_property

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Index = slice | Ints
ALL = slice(None)


class Grid:
    """All cells of N items × K tags.

    >>> grid = Grid(2, 3)
    >>> grid.size, grid.slots(np.array([4])), grid.under(column=1), grid.picked(grid.under(column=1), np.array([1, 0]))
    (6, array([4]), slice(1, None, 3), array([4, 1]))
    """

    sparse = False

    def __init__(self, items: int, tags: int) -> None:
        self.items, self.tags = items, tags

    @property
    def shape(self) -> tuple[int, ...]:
        """Of arrays over the grid."""
        return self.items, self.tags

    @property
    def size(self) -> int:
        """How many cells exist."""
        return self.items * self.tags

    def __contains__(self, cell: int) -> bool:
        return 0 <= cell < self.size

    def among(self, cells: Ints) -> Mask:
        """Which positions are those of cells that exist."""
        return np.asarray((cells >= 0) & (cells < self.size))

    def slots(self, cells: Ints) -> Ints:
        """Where cells that exist stand in arrays over the grid."""
        return cells

    def cells(self, slots: Ints) -> Ints:
        """The positions of slots."""
        return slots

    def under(self, column: int | None = None, rows: Mask | None = None) -> Index:
        """The slots of one tag, and of the items that are True in `rows` (N,); ascending."""
        if rows is None:
            return slice(None) if column is None else slice(column, None, self.tags)
        if column is None:
            return np.flatnonzero(np.repeat(rows, self.tags))
        return np.flatnonzero(rows) * self.tags + column

    def of_item(self, row: int) -> slice:
        """The slots of one item."""
        return slice(row * self.tags, (row + 1) * self.tags)

    def picked(self, index: Index, at: Ints) -> Ints:
        """The positions of some of the slots that `under` gave, by their number there."""
        if isinstance(index, slice):
            return at * (index.step or 1) + (index.start or 0)
        return self.cells(index[at])

    def by_tag(self, values: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """(K,) values in a shape that goes with arrays over the grid."""
        return values

    def by_item(self, rows: Mask, index: Index = ALL) -> Mask:
        """A mask of the items, (N,), as one of slots, all or some.

        >>> Grid(2, 3).by_item(np.array([False, True]), np.array([1, 4]))
        array([False,  True])
        """
        return np.repeat(rows, self.tags)[index] if isinstance(index, slice) else rows[index // self.tags]

    def columns(self, slots: slice) -> Ints:
        """The tags of a run of slots, (n,)."""
        return np.arange(*slots.indices(self.size)) % self.tags

    def counts(self, which: Mask) -> Ints:
        """How many of the True cells each tag has, (K,); `which` is over the grid."""
        return np.asarray(np.count_nonzero(which, axis=0), np.int64)


class SparseGrid(Grid):
    """Some cells of N items × K tags: positions (M,) int64, ascending. `order` (M,): the slots tag by tag.

    >>> grid = SparseGrid(2, 20_000, np.array([3, 20_003, 20_005]))
    >>> grid.size, grid.slots(np.array([20_005])), grid.under(column=3), 4 in grid
    (3, array([2]), array([0, 1]), False)
    """

    sparse = True

    def __init__(self, items: int, tags: int, positions: Ints, order: npt.NDArray[np.uint32] | None = None) -> None:
        super().__init__(items, tags)
        self.positions, self._order = positions, order

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.size,)

    @property
    def size(self) -> int:
        return len(self.positions)

    def __contains__(self, cell: int) -> bool:
        at = int(np.searchsorted(self.positions, cell))
        return at < self.size and int(self.positions[at]) == cell

    def among(self, cells: Ints) -> Mask:
        at = np.minimum(np.searchsorted(self.positions, cells), self.size - 1)
        return np.asarray(self.positions[at] == cells) if self.size else np.zeros(len(cells), bool)

    def slots(self, cells: Ints) -> Ints:
        found: Ints = np.searchsorted(self.positions, cells)
        return found

    def cells(self, slots: Ints) -> Ints:
        return np.asarray(self.positions[slots])

    def under(self, column: int | None = None, rows: Mask | None = None) -> Index:
        if column is not None:
            found = self.tagwise(column)
            return found if rows is None else found[rows[self.positions[found] // self.tags]]
        return slice(None) if rows is None else np.flatnonzero(rows[self.positions // self.tags])

    def tagwise(self, column: int) -> Ints:
        """The slots of one tag, ascending."""
        return self.order[self.starts[column] : self.starts[column + 1]].astype(np.int64)

    def of_item(self, row: int) -> slice:
        start, end = np.searchsorted(self.positions, [row * self.tags, (row + 1) * self.tags]).tolist()
        return slice(start, end)

    def picked(self, index: Index, at: Ints) -> Ints:
        return self.cells(at if isinstance(index, slice) else index[at])

    def by_tag(self, values: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        return values[self.columns(slice(None))]

    def by_item(self, rows: Mask, index: Index = ALL) -> Mask:
        return np.asarray(rows[self.positions[index] // self.tags])

    def columns(self, slots: slice) -> Ints:
        return np.asarray(self.positions[slots] % self.tags)

    def counts(self, which: Mask) -> Ints:
        return np.bincount(self.positions[np.flatnonzero(which)] % self.tags, minlength=self.tags)

    @cached_property
    def order(self) -> npt.NDArray[np.uint32]:
        """The slots of the first tag, then those of the second ..., each ascending."""
        if self._order is not None:
            return self._order
        return argsorted(self.columns(slice(None)), self.tags).astype(np.uint32)

    @cached_property
    def starts(self) -> Ints:
        """(K + 1,): where each tag's slots begin in `order`."""
        counts = np.bincount(self.columns(slice(None)), minlength=self.tags)
        return np.concatenate([[0], np.cumsum(counts)])


def among(index: Index, only: Mask) -> Ints:
    """Those slots of what `under` gave that are True in a mask over the grid, (size,); ascending.

    >>> among(slice(1, None, 3), np.array([True, True, False, False, False, True]))
    array([1])
    """
    if isinstance(index, slice):
        return np.flatnonzero(only[index]) * (index.step or 1) + (index.start or 0)
    return index[only[index]]


def argsorted(keys: Ints, below: int) -> Ints:
    """Stable argsort of whole numbers from 0 to `below`: key and place share a number, and plain numbers sort fast.

    >>> argsorted(np.array([2, 0, 2, 1]), 3)
    array([1, 3, 0, 2])
    """
    bits = max(1, len(keys).bit_length())
    if max(below, 1).bit_length() + bits > 63:
        return np.argsort(keys, kind="stable")
    packed = keys << bits
    packed |= np.arange(len(keys))
    packed.sort()
    packed &= (1 << bits) - 1
    return packed
