"""What every function of the room takes: labels and pred_probs of the same N items × K tags, checked once.

labels are (N, K) with 1 present, 0 absent, -1 unknown; pred_probs (N, K) in [0, 1], float32 or float64. An unknown cell
has a NaN score and is outside every count; its probability may be NaN. Whatever else is not usable is an InputError
that says where, what was found and what to do. Everything runs in blocks of rows, so that a block stays in the cache
and memory-mapped inputs are read once, in order.
"""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from labelreview.errors import InputError
from labelreview.tags import UNKNOWN, Labels

Floats = npt.NDArray[np.floating[Any]]
Scores = npt.NDArray[np.floating[Any]]
Mask = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]
Float64s = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Float32s = npt.NDArray[np.float32]

Kind = TypeVar("Kind", bound=np.generic)

CELLS_A_BLOCK = 1 << 17


def blocks(rows: int, columns: int, cells: int = CELLS_A_BLOCK) -> Iterator[slice]:
    """Slices of rows with about `cells` cells each."""
    step = max(1, cells // max(1, columns))
    return (slice(at, min(at + step, rows)) for at in range(0, rows, step))


def turned(matrix: npt.NDArray[Kind]) -> npt.NDArray[Kind]:
    """The transpose as a contiguous copy, made in blocks of rows: three times faster than in one go."""
    out = np.empty(matrix.shape[::-1], matrix.dtype)
    if matrix.shape[0] >= matrix.shape[1]:
        for at in range(0, matrix.shape[0], 4096):
            out[:, at : at + 4096] = matrix[at : at + 4096].T
    else:
        for at in range(0, matrix.shape[1], 4096):
            out[at : at + 4096] = matrix[:, at : at + 4096].T
    return out


def checked(labels: npt.ArrayLike, pred_probs: Any) -> tuple[Labels, Floats]:
    """labels as int8 and pred_probs as float32 or float64, both (N, K); several models' pred_probs are combined.

    Raises InputError for shapes that differ, labels other than 1, 0 and -1, and probabilities of known cells that are
    NaN or outside [0, 1].

    >>> checked([[1, 0]], [[0.9, 0.2]])
    (array([[1, 0]], dtype=int8), array([[0.9, 0.2]]))
    """
    known = checked_labels(labels)
    if isinstance(pred_probs, list | tuple) and pred_probs and np.ndim(pred_probs[0]) == 2:
        return known, _combined(known, pred_probs)
    probs = _matrix("pred_probs", pred_probs)
    _same_shape(known, probs)
    if probs.dtype not in (np.float32, np.float64):
        probs = probs.astype(np.float32 if probs.dtype.kind in "biu" or probs.dtype == np.float16 else np.float64)
    for rows in blocks(*probs.shape):
        if not (probs[rows].min(initial=0) >= 0 and probs[rows].max(initial=1) <= 1):
            _refuse_probs(known[rows], probs[rows], rows.start)
    return known, probs


def checked_labels(labels: npt.ArrayLike) -> Labels:
    """labels as an int8 matrix of 1, 0 and -1; InputError otherwise."""
    given = _matrix("labels", labels)
    if given.dtype == np.int8:
        whole = given
    elif given.dtype == np.bool_:
        return given.view(np.int8)
    else:
        with np.errstate(invalid="ignore"):
            whole = np.asarray(given, np.int8)
        if not np.array_equal(whole, given):
            _refuse_labels(given)
    for rows in blocks(*whole.shape):
        if whole[rows].min(initial=0) < UNKNOWN or whole[rows].max(initial=0) > 1:
            _refuse_labels(given)
    return whole


def _matrix(name: str, values: npt.ArrayLike) -> npt.NDArray[Any]:
    try:
        matrix = np.asarray(values)
    except ValueError:  # rows of different length
        matrix = np.empty(0, object)
    if matrix.dtype.kind not in "biuf" or matrix.ndim != 2:
        found = f"{matrix.ndim} dimensions of {matrix.dtype}" if matrix.size else "rows of different length"
        hint = " (a list of tag numbers an item is not a label matrix)" if name == "labels" else ""
        raise InputError(f"{name}: {found}. Give a matrix of numbers, one row an item, one column a tag{hint}.")
    return matrix


def _same_shape(labels: Labels, probs: npt.NDArray[Any]) -> None:
    if labels.shape != probs.shape:
        raise InputError(f"labels have {labels.shape[0]} items × {labels.shape[1]} tags, pred_probs {probs.shape[0]} × "
                         f"{probs.shape[1]}. Give both for the same items and tags, in the same order.")  # fmt: skip


def _refuse_labels(given: npt.NDArray[Any]) -> None:
    row, column = np.argwhere(~np.isin(given, (-1, 0, 1)))[0]
    raise InputError(f"labels, row {row}, column {column}: {given[row, column]} is not a label. Use 1 for present, 0 "
                     "for absent and -1 for unknown.")  # fmt: skip


def _refuse_probs(labels: Labels, probs: Floats, start: int) -> None:
    """Unknown cells may be NaN, nothing else may."""
    wrong = np.argwhere(~((probs >= 0) & (probs <= 1)) & ~((labels == UNKNOWN) & np.isnan(probs)))
    if len(wrong):
        row, column = wrong[0]
        raise InputError(f"pred_probs, row {start + row}, column {column}: {probs[row, column]} is not a probability. "
                         "Give numbers from 0 to 1, or mark the cell as unknown (label -1).")  # fmt: skip


def _combined(labels: Labels, models: Sequence[npt.ArrayLike]) -> Float32s:
    """Several models' probabilities as one: the mean of their log-odds, over the models that scored the cell.

    The mean of log-odds is the product of experts with weights that sum to one: a model that is sure counts for more
    than in the mean of probabilities, and equal models change nothing. Log-odds are cut at ±16.
    """
    mine = [_matrix(f"pred_probs[{at}]", model) for at, model in enumerate(models)]
    for probs in mine:
        _same_shape(labels, probs)
    out = np.empty(labels.shape, np.float32)
    for rows in blocks(*labels.shape):
        stacked = np.stack([np.asarray(probs[rows], np.float64) for probs in mine])
        with np.errstate(divide="ignore", invalid="ignore"):
            odds = np.clip(np.log(stacked) - np.log1p(-stacked), -16, 16)
        unscored = np.where(np.isnan(stacked).all(axis=0), labels[rows], UNKNOWN)
        for probs in stacked:
            if not (probs.min(initial=0) >= 0 and probs.max(initial=1) <= 1):
                _refuse_probs(unscored, probs, rows.start)
        scored = (~np.isnan(stacked)).sum(axis=0)
        with np.errstate(invalid="ignore"):
            mean = np.where(np.isnan(odds), 0, odds).sum(axis=0) / scored
        out[rows] = 1 / (1 + np.exp(-mean))
    return out
