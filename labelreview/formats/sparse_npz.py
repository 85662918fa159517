"""Sparse matrices of items × tags as `scipy.sparse.save_npz` writes them (CSR, CSC or COO), the names beside or inside.

Only the cells that are listed cost anything: the form for thousands of tags. A label that is listed is 1, 0 (stored as
such) or -1 for unknown; what is not listed is absent, as in a matrix of ones, or unknown with
`missing_means="unknown"`. A probability that is not listed was not scored.
"""

import io
import zipfile
from typing import Any

import numpy as np
import numpy.typing as npt

from labelreview.errors import InputError
from labelreview.formats.cells import check_ids, check_tags, checked_probs
from labelreview.formats.numpy_files import IDS, TAGS, labels_of, names_of, npz_arrays, npz_bytes
from labelreview.formats.opened import Kind, Opened, as_lines
from labelreview.formats.row import EMPTY, Changes, Files, Missing, Notes, Says, listed
from labelreview.tags import Matrix, TagMatrix

SAYS = Says("`1`", "`0` that is stored, or not listed", "`-1`, NaN")
LAYOUTS = ("csr", "csc", "coo")
Ints = npt.NDArray[np.int64]
Arrays = dict[str, npt.NDArray[Any]]


def recognise(file: Opened, kind: Kind) -> bool:
    if not file.head.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(file.where) as archive:
            return {"format.npy", "shape.npy", "data.npy"} <= set(archive.namelist())
    except zipfile.BadZipFile:
        return False


def read(file: Opened, kind: Kind, missing_means: Missing) -> tuple[Matrix, Notes]:
    arrays = npz_arrays(file)
    (items, tags), rows, columns = _places(file, arrays)
    ids, names = names_of(file, arrays, "ids", items), names_of(file, arrays, "tags", tags)
    check_ids(ids, lambda row: f"{file.where.stem}{IDS}, line {row + 1}")
    check_tags(names, lambda at: f"{file.where.stem}{TAGS}, line {at + 1}")
    cells, values = rows * tags + columns, arrays["data"]
    _check_once(file, cells, ids, names)
    if kind == "labels":
        labels = labels_of(file, values[:, None], "unknown")[:, 0]
        return listed(file.name, ids, names, cells, labels, EMPTY[missing_means]), ()
    given = checked_probs(
        np.array(values, np.float32),
        lambda at: f"{file.name}, item '{ids[rows[at]]}', tag '{names[columns[at]]}'",
        kind,
    )
    return listed(file.name, ids, names, cells, given, np.nan), ()


def _layout(arrays: Arrays) -> str:
    found = arrays.get("format", np.array("")).item()
    return found.decode("ascii", "replace") if isinstance(found, bytes) else str(found)


def _places(file: Opened, arrays: Arrays) -> tuple[tuple[int, int], Ints, Ints]:
    """The shape, and the row and column of every value."""
    layout = _layout(arrays)
    parts = ("row", "col") if layout == "coo" else ("indices", "indptr")
    if layout not in LAYOUTS or not {"shape", "data", *parts} <= set(arrays):
        raise InputError(f"{file.name}: this is no sparse matrix of items × tags ({layout or 'without a format'}). "
                         "Write it with scipy.sparse.save_npz as CSR, CSC or COO.")  # fmt: skip
    shape = arrays["shape"].ravel().tolist()
    data, first, second = arrays["data"], *(np.asarray(arrays[part], np.int64) for part in parts)
    if layout == "coo":
        rows, columns = first, second
    else:
        lengths = np.diff(second)
        if (lengths < 0).any() or int(second[-1]) != len(first) or len(lengths) != shape[layout == "csc"]:
            raise _broken(file)
        major = np.repeat(np.arange(len(lengths)), lengths)
        rows, columns = (major, first) if layout == "csr" else (first, major)
    if len(shape) != 2 or data.ndim != 1 or data.dtype.kind not in "biuf" or not len(rows) == len(columns) == len(data):
        raise _broken(file)
    for places, count in ((rows, shape[0]), (columns, shape[1])):
        if len(places) and not (places.min() >= 0 and places.max() < count):
            raise _broken(file)
    return (shape[0], shape[1]), rows, columns


def _broken(file: Opened) -> InputError:
    return InputError(f"{file.name}: the arrays of this sparse matrix do not fit together. Write it again with "
                      "scipy.sparse.save_npz.")  # fmt: skip


def _check_once(file: Opened, cells: Ints, ids: list[str], tags: list[str]) -> None:
    ordered = np.sort(cells)
    again = np.flatnonzero(ordered[1:] == ordered[:-1])
    if again.size:
        row, column = divmod(int(ordered[again[0]]), len(tags))
        raise InputError(f"{file.name}: '{tags[column]}' of '{ids[row]}' is listed twice ({again.size:,} such cells). "
                         "Call sum_duplicates() or keep one of each.")  # fmt: skip


def write(file: Opened, changes: Changes) -> bytes:
    """The same layout, types and names; a cell that was not listed is put in its place."""
    arrays = npz_arrays(file)
    (items, tags), rows, columns = _places(file, arrays)
    at_row = {item: row for row, item in enumerate(names_of(file, arrays, "ids", items))}
    at_column = {tag: column for column, tag in enumerate(names_of(file, arrays, "tags", tags))}
    wanted = {at_row[item] * tags + at_column[tag]: label for (item, tag), label in changes.items()}
    cells, values = rows * tags + columns, arrays["data"].copy()
    there = np.flatnonzero(np.isin(cells, list(wanted)))
    values[there] = [wanted.pop(cell) for cell in cells[there].tolist()]
    new = np.array(sorted(wanted), np.int64)
    cells, values = (
        np.append(cells, new),
        np.append(values, [wanted[cell] for cell in new.tolist()]).astype(values.dtype),
    )
    return npz_bytes(
        file, arrays | _packed(arrays, cells, values, items, tags) if len(new) else arrays | {"data": values}
    )


def _packed(arrays: Arrays, cells: Ints, values: npt.NDArray[Any], items: int, tags: int) -> Arrays:
    """The arrays of the layout, cells in its order."""
    rows, columns = np.divmod(cells, tags)
    layout = _layout(arrays)
    if layout == "coo":
        kinds = (arrays["row"].dtype, arrays["col"].dtype)
        return {"row": rows.astype(kinds[0]), "col": columns.astype(kinds[1]), "data": values}
    major, minor, count = (rows, columns, items) if layout == "csr" else (columns, rows, tags)
    order = np.lexsort((minor, major))
    starts = np.concatenate([[0], np.cumsum(np.bincount(major, minlength=count))])
    kinds = (arrays["indices"].dtype, arrays["indptr"].dtype)
    return {"indices": minor[order].astype(kinds[0]), "indptr": starts.astype(kinds[1]), "data": values[order]}


def make(matrix: TagMatrix) -> Files:
    """CSR with every cell listed that is not absent (or, of probabilities, scored), and the names beside it."""
    sure = matrix.values.dtype.kind == "f"
    there = ~np.isnan(matrix.values) if sure else matrix.values != 0
    rows, columns = np.nonzero(there)
    starts = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
    out = io.BytesIO()
    np.savez_compressed(
        out,
        indices=columns.astype(np.int32),
        indptr=starts.astype(np.int32),
        format=np.array(b"csr"),
        shape=np.array(matrix.values.shape),
        data=matrix.values[rows, columns],
    )
    return {"": out.getvalue(), IDS: as_lines(matrix.ids), TAGS: as_lines(matrix.tags)}
