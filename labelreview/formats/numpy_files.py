"""NumPy arrays of N items × K tags: `.npy` with the names beside it, `.npz` with the names inside or beside it.

An array knows no names, and positions are never guessed: `NAME.ids.txt` and `NAME.tags.txt` (one name a line) stand
beside `NAME.npy`; an `.npz` has the arrays `ids` and `tags`, and the values as `pred_probs`, `labels`, or under any
other name when no other array has two dimensions. Labels: 1, 0, and -1 or NaN for unknown, or booleans. Arrays of
Python objects are refused: to open them would run what is in them.
"""

import io
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from labelreview.errors import InputError
from labelreview.formats import limits
from labelreview.formats.cells import Problems, check_ids, check_tags, checked_probs
from labelreview.formats.opened import BLOCK, Kind, Opened, as_lines
from labelreview.formats.row import EMPTY, Changes, Files, Missing, Notes, Says
from labelreview.formats.telling import part, steps
from labelreview.tags import ABSENT, PRESENT, UNKNOWN, Labels, TagMatrix

SAYS = Says("`1`, `True`", "`0`, `False`", "`-1`, NaN")
IDS, TAGS = ".ids.txt", ".tags.txt"
VALUES = {"labels": ("labels",), "pred_probs": ("pred_probs", "probs"), "logits": ("logits", "pred_probs")}
LOADED = 0.7  # the share of the work that is done once the array is in memory; names and a check follow
Array = npt.NDArray[Any]


def is_npy(file: Opened, kind: Kind) -> bool:
    return file.head.startswith(b"\x93NUMPY")


def is_npz(file: Opened, kind: Kind) -> bool:
    return file.head.startswith(b"PK\x03\x04") and b".npy" in file.head[:100]


def read_npy(file: Opened, kind: Kind, missing_means: Missing) -> tuple[TagMatrix, Notes]:
    return _matrix(file, _npy(file), {}, kind, missing_means), ()


def read_npz(file: Opened, kind: Kind, missing_means: Missing) -> tuple[TagMatrix, Notes]:
    arrays = npz_arrays(file)
    name = _values_name(file, arrays, kind)
    return _matrix(file, arrays[name], arrays, kind, missing_means), (f"Read from the array '{name}'.",)


def _npy(file: Opened) -> Array:
    """The array. It is mapped from disk first: that tells of a shape that the file cannot hold, before it is read."""
    try:
        mapped = np.load(file.where, mmap_mode="r", allow_pickle=False)
        limits.check_shape(file.name, *(*mapped.shape, 1, 1)[:2])
        found: Array = np.empty(mapped.size, mapped.dtype)
        with file.where.open("rb") as raw:
            raw.seek(mapped.offset)
            for start in steps(range(0, found.nbytes, BLOCK), part(file.tell, 0, LOADED)):
                raw.readinto(found.view(np.uint8).data[start : start + BLOCK])
        return found.reshape(mapped.shape, order="C" if mapped.flags.c_contiguous else "F")
    except (ValueError, OSError, EOFError) as error:
        raise error if isinstance(error, InputError) else _broken(file, error) from None


def npz_arrays(file: Opened) -> dict[str, Array]:
    """The arrays of an .npz; InputError where it is broken, too large, or holds Python objects."""
    try:
        with zipfile.ZipFile(file.where) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > 8 * limits.CELLS:
            raise InputError(f"{file.name}: {size:,} bytes unpacked are more than are read. Save the array as .npy.")
        with np.load(file.where, allow_pickle=False) as found:
            return {name: found[name] for name in found.files}
    except InputError:
        raise
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise _broken(file, error) from None


def _broken(file: Opened, error: Exception) -> InputError:
    if "allow_pickle" in str(error) or "Python objects" in str(error):
        return InputError(f"{file.name}: an array holds Python objects, which are not read. Save ids and tags as text "
                          "(array.astype(str)) and values as numbers.")  # fmt: skip
    return InputError(f"{file.name}: this array cannot be read ({error}). Write it again with numpy.save.")


def _values_name(file: Opened, arrays: Mapping[str, Array], kind: Kind) -> str:
    for name in VALUES[kind]:
        if name in arrays:
            return name
    flat = [name for name, array in arrays.items() if array.ndim == 2 and name not in ("ids", "tags")]
    if len(flat) != 1:
        raise InputError(f"{file.name}: which array holds the values? Name it '{VALUES[kind][0]}'.")
    return flat[0]


def _matrix(file: Opened, values: Array, arrays: Mapping[str, Array], kind: Kind, missing: Missing) -> TagMatrix:
    if values.ndim != 2 or values.dtype.kind not in "biuf":
        raise InputError(f"{file.name}: an array of numbers, items × tags, is expected, not {values.dtype} of shape "
                         f"{values.shape}.")  # fmt: skip
    limits.check_shape(file.name, *values.shape)
    ids, tags = names_of(file, arrays, "ids", values.shape[0]), names_of(file, arrays, "tags", values.shape[1])
    file.tell(0.8)
    check_ids(ids, lambda row: f"{file.where.stem}{IDS}, line {row + 1}")
    check_tags(tags, lambda at: f"{file.where.stem}{TAGS}, line {at + 1}")
    file.tell(0.9)
    if kind == "labels":
        return TagMatrix(ids, tuple(tags), labels_of(file, values, missing))
    probs = np.ascontiguousarray(values, np.float32)
    probs = probs if probs.flags.writeable else probs.copy()
    place = f"{file.name}, item "
    probs = checked_probs(probs, lambda at: f"{place}'{ids[at // len(tags)]}', tag '{tags[at % len(tags)]}'", kind)
    return TagMatrix(ids, tuple(tags), probs)


def names_of(file: Opened, arrays: Mapping[str, Array], what: str, count: int) -> list[str]:
    """The `ids` or `tags`, inside or beside the array; InputError where there are not `count` of them."""
    end = IDS if what == "ids" else TAGS
    if what in arrays:
        found = arrays[what].ravel()
        names = [name.decode() if isinstance(name, bytes) else str(name) for name in found.tolist()]
    else:
        names = file.listed_beside(end) or []
    if not names:
        inside = f", or save an array '{what}' in it" if file.where.suffix == ".npz" else ""
        raise InputError(f"{file.name}: an array has no {what}. Put {file.where.stem}{end} beside it, one a line"
                         f"{inside}.")  # fmt: skip
    if len(names) != count:
        raise InputError(f"{file.where.stem}{end}: {len(names):,} {what} for an array with {count:,}. Give one line "
                         "for each.")  # fmt: skip
    return names


def labels_of(file: Opened, values: Array, missing: Missing) -> Labels:
    """The labels of an array of numbers, items × tags; `missing` is what -1 and NaN mean."""
    labels = np.full(values.shape, UNKNOWN, np.int8)
    labels[values == 1] = PRESENT
    labels[values == 0] = ABSENT
    hidden = np.isnan(values) if values.dtype.kind == "f" else np.zeros(1, np.bool_)
    wrong = np.argwhere((labels == UNKNOWN) & (values != UNKNOWN) & ~hidden)
    problems = Problems()
    for row, column in wrong[: problems.limit]:
        problems.add(f"{file.name}, row {row}, column {column}: {values[row, column]} is not a label. Use 1, 0, or -1 "
                     "for unknown.")  # fmt: skip
    problems.count = len(wrong)
    problems.stop()
    labels[labels == UNKNOWN] = EMPTY[missing]
    return labels


def write_npy(file: Opened, changes: Changes) -> bytes:
    """The same type and order of memory; only the changed cells differ."""
    out = io.BytesIO()
    np.save(out, _changed(file, _npy(file), {}, changes))
    return out.getvalue()


def write_npz(file: Opened, changes: Changes) -> bytes:
    """The same arrays, compressed when they were."""
    arrays = npz_arrays(file)
    name = _values_name(file, arrays, "labels")
    return npz_bytes(file, arrays | {name: _changed(file, arrays[name], arrays, changes)})


def npz_bytes(file: Opened, arrays: Mapping[str, Array]) -> bytes:
    """Arrays as an .npz, compressed when that was."""
    out = io.BytesIO()
    with zipfile.ZipFile(file.where) as archive:
        packed = any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist())
    (np.savez_compressed if packed else np.savez)(out, **arrays)  # type: ignore[arg-type]
    return out.getvalue()


def _changed(file: Opened, values: Array, arrays: Mapping[str, Array], changes: Changes) -> Array:
    rows = {item: row for row, item in enumerate(names_of(file, arrays, "ids", values.shape[0]))}
    columns = {tag: column for column, tag in enumerate(names_of(file, arrays, "tags", values.shape[1]))}
    new = np.array(values, order="K")
    for (item, tag), label in changes.items():
        new[rows[item], columns[tag]] = label
    return new


def make_npy(matrix: TagMatrix) -> Files:
    out = io.BytesIO()
    np.save(out, matrix.values)
    return {"": out.getvalue(), IDS: as_lines(matrix.ids), TAGS: as_lines(matrix.tags)}


def make_npz(matrix: TagMatrix) -> bytes:
    out = io.BytesIO()
    name = "pred_probs" if matrix.values.dtype.kind == "f" else "labels"
    names = {"ids": np.array(list(matrix.ids), np.str_), "tags": np.array(matrix.tags, np.str_)}
    np.savez_compressed(out, **{name: matrix.values}, **names)  # type: ignore[arg-type]
    return out.getvalue()
