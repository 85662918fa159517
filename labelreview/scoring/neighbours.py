"""The nearest rows of an embedding, fast enough to ask at every picture.

Rows are centred, brought to unit length and turned to their principal directions once (`compressed`); what is kept is
small enough to be compared as a whole, exactly, in milliseconds. Likeness is a cosine in [-1, 1], high = alike.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from labelreview.errors import InputError
from labelreview.scoring.arrays import Float32s
from labelreview.scoring.duplicates import unit_rows

DIRECTIONS = 64
ROWS = 1 << 14


class Nearest(NamedTuple):
    """Positions of the nearest rows, nearest first, and their likeness: (k,) each."""

    rows: npt.NDArray[np.int64]
    likeness: Float32s


def compressed(embeddings: npt.ArrayLike, directions: int = DIRECTIONS) -> Float32s:
    """(N, D) embeddings as (N, min(N, D, directions)) float32 of unit length; rows with a NaN become zeros.

    The principal directions keep what tells rows apart (Jolliffe 2002, ch. 2). Raises InputError for what is no matrix
    of numbers.

    >>> rows = compressed(np.eye(3, 200))
    >>> rows.shape, bool(np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6))
    ((3, 3), True)
    """
    rows, usable = unit_rows(embeddings)
    if not rows.shape[1]:
        raise InputError("Embeddings have no columns. Give one row of numbers for each item.")
    turned = _turned(rows, directions)
    length = np.linalg.norm(turned, axis=1, keepdims=True)
    turned /= np.where(length > 0, length, 1)
    turned[~usable] = 0
    return turned


def _turned(rows: Float32s, directions: int) -> Float32s:
    if len(rows) < rows.shape[1]:  # a small project: far cheaper than the square of a thousand columns
        left, weights, _ = np.linalg.svd(rows, full_matrices=False)
        return np.ascontiguousarray((left * weights)[:, :directions])
    spread = np.zeros((rows.shape[1], rows.shape[1]))
    for at in range(0, len(rows), ROWS):
        block = rows[at : at + ROWS]
        spread += block.T @ block
    _, turns = np.linalg.eigh(spread)
    return rows @ np.ascontiguousarray(turns[:, ::-1][:, :directions], np.float32)


def nearest(rows: Float32s, row: int, most: int) -> Nearest:
    """The `most` rows most like one row of `compressed`, without itself; rows of zeros are like nothing.

    Rows equally near come in their order. Time grows with N alone: no index is built.

    >>> nearest(compressed([[1, 0, 0], [0, 1, 0], [0.9, 0.1, 0], [0, 0, 1]]), 0, 1).rows
    array([2])
    """
    if not rows[row].any():
        return Nearest(np.zeros(0, np.int64), np.zeros(0, np.float32))
    likeness = rows @ rows[row]
    likeness[row] = -np.inf
    reach = min(most + 1, len(rows))
    near = np.argpartition(-likeness, reach - 1)[:reach] if reach < len(rows) else np.arange(len(rows))
    near = near[np.isfinite(likeness[near]) & rows[near].any(axis=1)]
    near = near[np.lexsort((near, -likeness[near]))][:most]
    return Nearest(near, likeness[near])
