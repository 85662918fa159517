"""What to ask next: the cells of a project in the order of suspicion.

PURE: arrays in, arrays out. A cell is its flat position row * K + column in the (N, K) arrays, or its place in arrays
(M,) of some cells. `scores` is label
quality, low = likely wrong; NaN means "never ask". Equal scores stand in the order of their positions, so the same data
always gives the same order.
"""

from collections import deque

import numpy as np
import numpy.typing as npt

from labelreview.decisions import Direction
from labelreview.tags import PRESENT, Labels

Cells = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32] | npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def worst_first(
    scores: Scores,
    labels: Labels,
    *,
    mix: bool = True,
    direction: Direction | None = None,
    column: int | None = None,
    rows: Mask | None = None,
    exclude: Mask | None = None,
    limit: int | None = None,
) -> Cells:
    """Flat positions of the cells to look at, likely wrong first.

    scores: (N, K) or (M,) float in [0, 1] or NaN; labels: the same shape, int8. `column` keeps one tag, `rows` (N,)
    bool the items that are True, `direction` given-present (wrong) or given-absent (missing) cells, `exclude` (N, K)
    bool drops the True ones. `limit`: only so many from the front, which is faster than the whole order.

    mix: with rare tags the scores alone fill the first screens with present tags; so the worst present, the worst
    absent, the second worst present ... take turns (a `direction` leaves nothing to mix).

    Raises ValueError when the shapes differ.

    >>> scores = np.array([[0.1, 0.2], [0.3, 0.9]])
    >>> labels = np.array([[1, 1], [0, 0]], np.int8)
    >>> worst_first(scores, labels).tolist(), worst_first(scores, labels, mix=False).tolist()
    ([0, 2, 1, 3], [0, 1, 2, 3])
    """
    cells = _asked(scores, labels, column, rows, exclude)
    values, present = scores.reshape(-1)[cells], labels.reshape(-1)[cells] == PRESENT
    if direction is not None or mix:
        sides = [_sorted(cells[side], values[side], limit) for side in _sides(present, direction)]
        return _taking_turns(sides)[:limit]
    return _sorted(cells, values, limit)


def spread(cells: Cells, kinds: npt.NDArray[np.int64], gap: int = 12) -> Cells:
    """The same cells, those of one kind at least `gap` places apart as far as there are others to put between.

    kinds: (n,), equal for cells that look alike (the same tag of near-duplicate pictures). A cell that comes too early
    waits, and stands as near to its place as the gap allows.

    >>> spread(np.array([10, 11, 12, 13, 14]), np.array([1, 1, 2, 3, 4]), gap=2).tolist()
    [10, 12, 13, 11, 14]
    """
    if len(np.unique(kinds)) == len(kinds):
        return cells
    out, waiting, recent, kind = list[int](), list[int](), deque[int](maxlen=gap), kinds.tolist()
    coming = deque(range(len(cells)))
    while coming or waiting:
        at = next((early for early in waiting if kind[early] not in recent), None)
        if at is not None:
            waiting.remove(at)
        elif not coming:
            at = waiting.pop(0)
        elif kind[at := coming.popleft()] in recent:
            waiting.append(at)
            continue
        out.append(at)
        recent.append(kind[at])
    return cells[out]


def _asked(scores: Scores, labels: Labels, column: int | None, rows: Mask | None, exclude: Mask | None) -> Cells:
    """Positions that pass the filters and have a score, ascending."""
    for name, array, shape in (("labels", labels, scores.shape), ("rows", rows, scores.shape[:1]),
                               ("exclude", exclude, scores.shape)):  # fmt: skip
        if array is not None and array.shape != shape:
            raise ValueError(f"{name} has the shape {array.shape}; with scores {scores.shape} it has to be {shape}.")
    if column is None:
        asked = ~np.isnan(scores)
        if rows is not None:
            asked &= rows[:, None]
        if exclude is not None:
            asked &= ~exclude
        return np.flatnonzero(asked)
    asked = ~np.isnan(scores[:, column])
    if rows is not None:
        asked &= rows
    if exclude is not None:
        asked &= ~exclude[:, column]
    cells: Cells = np.flatnonzero(asked) * scores.shape[1] + column
    return cells


def _sides(present: Mask, direction: Direction | None) -> list[Mask]:
    return {None: [present, ~present], Direction.WRONG: [present], Direction.MISSING: [~present]}[direction]


def _sorted(cells: Cells, values: Scores, limit: int | None) -> Cells:
    """Cells (ascending) by value, equal values by position; with a limit, only the front of that."""
    if limit is not None and limit < len(cells):
        if limit <= 0:
            return cells[:0]
        front = values <= np.partition(values, limit - 1)[limit - 1]
        cells, values = cells[front], values[front]
    return cells[_stable_order(values)][:limit]


def _stable_order(values: Scores) -> Cells:
    """Like argsort(kind="stable"), three times faster for millions of float32.

    The bits of a float sort like the number once those of negative ones are turned; with the position in the lower half
    of a 64-bit key, a plain sort of keys is a stable sort of the values.
    """
    if values.dtype != np.float32 or len(values) >= 2**32:
        order: Cells = np.argsort(values, kind="stable")
        return order
    bits = (values + np.float32(0)).view(np.uint32)  # adding 0 turns -0.0 into 0.0
    bits ^= np.where(bits >> np.uint32(31), np.uint32(0xFFFFFFFF), np.uint32(0x80000000))
    keys = bits.astype(np.uint64)
    keys <<= np.uint64(32)
    keys |= np.arange(len(values), dtype=np.uint64)
    keys.sort()
    keys &= np.uint64(0xFFFFFFFF)
    return keys.view(np.int64)


def _taking_turns(sides: list[Cells]) -> Cells:
    """One from each in turn; what is longer goes on alone."""
    if len(sides) == 1:
        return sides[0]
    first, second = sides
    both = min(len(first), len(second))
    turns = np.empty(len(first) + len(second), np.int64)
    turns[0 : 2 * both : 2], turns[1 : 2 * both : 2] = first[:both], second[:both]
    turns[2 * both :] = first[both:] if len(first) > both else second[both:]
    return turns
