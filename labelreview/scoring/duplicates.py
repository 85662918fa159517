"""Pictures that are nearly the same: groups of rows, from embeddings or from 64-bit picture hashes.

A group is an (N,) int64 array of numbers, 0 for the first row, a new number for each row that no earlier one resembles.
Resemblance is passed on: a copy of a copy is in the group. Rows with a NaN resemble nothing.

Pairs are found by bands: rows that agree in one of many short random codes stand side by side, and only neighbours are
compared, exactly. So time grows with N (sorting apart), the result is the same on every run, and a pair at the limit is
missed once in a thousand; closer pairs, much more rarely.
"""

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from labelreview.errors import InputError
from labelreview.scoring.arrays import Float32s, Floats, Mask

Groups = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
Pairs = npt.NDArray[np.int64]

ALIKE = 0.9
HASH_BITS = 3
MISSED = 1e-3
WINDOW = 8
PAIRS_AT_ONCE = 1 << 14
LARGEST_SHARE, LARGEST_ANYWAY = 0.05, 10


def near_duplicates(embeddings: npt.ArrayLike, alike: float = ALIKE) -> Groups:
    """Groups of rows whose embeddings, centred, have a cosine of `alike` or more.

    Where a group would hold more than 5 % of the rows (few dimensions, or one kind of picture), the limit is drawn
    closer to 1 by halves until none does. Raises InputError for what is no matrix and for `alike` outside (0, 1).

    >>> rows = np.random.default_rng(0).normal(size=(100, 32)); rows[7] = 3 * rows[2]
    >>> groups = near_duplicates(rows)
    >>> bool(groups[7] == groups[2]), len(set(groups))
    (True, 99)
    """
    if not 0 < alike < 1:
        raise InputError(f"alike is {alike}. Give a cosine between 0 and 1, such as {ALIKE}.")
    rows, usable = unit_rows(embeddings)
    pairs = _distinct(_similar_codes(rows, alike), len(rows))
    pairs = pairs[usable[pairs].all(axis=1)]
    return _grouped(pairs, 1 - _cosines(rows, pairs), 1 - alike, len(rows))


def same_pictures(hashes: Hashes, bits: int = HASH_BITS) -> Groups:
    """Groups of rows whose 64-bit hashes differ in at most `bits` bits; tightened as in `near_duplicates`.

    >>> same_pictures(np.array([0b1111, 0b1110, 0xFF00FF00FF], np.uint64))
    array([0, 0, 1])
    """
    if not 0 <= bits < 32:
        raise InputError(f"bits is {bits}. Give a number of bits of 64 that may differ, such as {HASH_BITS}.")
    codes = np.asarray(hashes, np.uint64)
    pairs = _distinct(_similar_hashes(codes, bits + 1), len(codes))
    differing = np.bitwise_count(codes[pairs[:, 0]] ^ codes[pairs[:, 1]]).astype(np.float32)
    return _grouped(pairs, differing, bits, len(codes))


def together(*groupings: Groups) -> Groups:
    """Rows that are in one group by any of the groupings.

    >>> together(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 2]))
    array([0, 0, 0, 1])
    """
    rows = len(groupings[0])
    links = []
    for groups in groupings:
        _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
        links.append(np.stack([np.arange(rows), first[inverse]], axis=1))
    return _components(np.concatenate(links), rows)


def unit_rows(embeddings: npt.ArrayLike) -> tuple[Float32s, Mask]:
    """Rows centred and of length 1, (N, D) float32 with zeros where a row is not finite; and which rows are finite.

    Embeddings that are nowhere negative (counts, pooled activations) give their square roots, which tames the large.
    """
    given = np.asarray(embeddings)
    if given.ndim != 2 or given.dtype.kind not in "fiu":
        raise InputError(f"embeddings: {given.ndim} dimensions of {given.dtype}. Give a matrix of numbers, one row an "
                         "item.")  # fmt: skip
    usable = np.isfinite(given.sum(axis=1, dtype=np.float64))
    rows = np.where(usable[:, None], given, 0).astype(np.float32)
    if rows.min(initial=0) >= 0:
        np.sqrt(rows, out=rows)
    if usable.any():
        rows -= rows[usable].mean(axis=0)
    rows[~usable] = 0
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    rows /= np.maximum(length, np.finfo(np.float32).tiny)
    return rows, usable


def _similar_codes(rows: Float32s, alike: float) -> Iterator[Pairs]:
    """Candidates: rows on the same side of a band's random planes; as many bands as make a miss rare enough."""
    length = min(24, max(6, math.ceil(math.log2(max(len(rows), 2)))))
    agree = (1 - math.acos(alike) / math.pi) ** length
    generator = np.random.default_rng(0)
    for _ in range(min(400, math.ceil(math.log(MISSED) / math.log1p(-agree)))):
        planes = generator.normal(size=(rows.shape[1], length + 1)).astype(np.float32)
        sides = rows @ planes
        codes = (sides[:, :length] > 0) @ (1 << np.arange(length))
        yield from _neighbours(codes, sides[:, length])


def _similar_hashes(codes: Hashes, bands: int) -> Iterator[Pairs]:
    """Candidates: two hashes that differ in fewer bits than there are bands agree in all bits of one band."""
    edges = [64 * band // bands for band in range(bands + 1)]
    for low, high in pairwise(edges):
        part = (codes >> np.uint64(low)) & np.uint64((1 << (high - low)) - 1)
        yield from _neighbours(part, codes)


def _neighbours(codes: npt.NDArray[np.integer], then_by: npt.NDArray[np.generic]) -> Iterator[Pairs]:
    """Pairs of equal codes: all pairs of a small bucket, of a large one those that stand near by the second key."""
    order = np.lexsort((then_by, codes))
    sorted_codes = codes[order]
    for step in range(1, min(WINDOW, len(order) - 1) + 1):
        same = np.flatnonzero(sorted_codes[:-step] == sorted_codes[step:])
        if not len(same):
            return
        yield np.stack([order[same], order[same + step]], axis=1)


def _distinct(pairs: Iterator[Pairs], rows: int) -> Pairs:
    """Each pair once, the earlier row first."""
    codes = np.zeros(0, np.int64)
    waiting: list[npt.NDArray[np.int64]] = []
    for some in pairs:
        waiting.append(some.min(axis=1) * rows + some.max(axis=1))
        if sum(map(len, waiting)) > max(len(codes), 1 << 20):
            codes, waiting = np.unique(np.concatenate([codes, *waiting])), []
    codes = np.unique(np.concatenate([codes, *waiting]))
    return np.stack(np.divmod(codes, max(rows, 1)), axis=1)


def _cosines(rows: Float32s, pairs: Pairs) -> Float32s:
    found = np.empty(len(pairs), np.float32)
    for at in range(0, len(pairs), PAIRS_AT_ONCE):
        left, right = pairs[at : at + PAIRS_AT_ONCE].T
        np.einsum("ij,ij->i", rows[left], rows[right], out=found[at : at + PAIRS_AT_ONCE])
    return found


def _grouped(pairs: Pairs, distances: Floats, limit: float, rows: int) -> Groups:
    """Groups of pairs within the limit, which is halved while one group swallows the data."""
    largest = max(LARGEST_ANYWAY, int(LARGEST_SHARE * rows))
    for halved in range(12):
        groups = _components(pairs[distances <= limit / 2**halved + 1e-6], rows)
        if np.bincount(groups, minlength=1).max() <= largest:
            break
    return groups


def _components(pairs: Pairs, rows: int) -> Groups:
    if not rows:
        return np.zeros(0, np.int64)
    links = coo_array((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(rows, rows))
    return _numbered(connected_components(links, directed=False)[1])


def _numbered(groups: npt.NDArray[np.integer]) -> Groups:
    """Numbers in the order of first appearance."""
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    place = np.empty(len(first), np.int64)
    place[np.argsort(first)] = np.arange(len(first))
    return place[inverse]
