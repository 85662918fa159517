"""Embeddings: `NAME.npy` of N × D numbers, and beside it `NAME.ids.txt` (or `NAME.tags.txt`), one name a line.

A row of NaN is an item without an embedding. Both files are written whole or not at all.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from labelreview.errors import InputError, few
from labelreview.formats.atomic import check_free, replacing
from labelreview.formats.opened import Opened

What = Literal["ids", "tags"]


@dataclass(frozen=True)
class Embeddings:
    """names[i] is what row i of (N, D) float32 belongs to."""

    names: Sequence[str]
    rows: npt.NDArray[np.float32]


def read(path: str | Path, what: What = "ids") -> Embeddings:
    """The embeddings of items, or of tags. InputError where the array or its names cannot be used."""
    file = Opened.at(path)
    try:
        rows = np.load(file.where, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise InputError(f"{file.name}: not a NumPy array of numbers ({error}). Write it with numpy.save.") from None
    if not isinstance(rows, np.ndarray) or rows.ndim != 2 or rows.dtype.kind not in "fiu":
        found = f"{rows.ndim} dimensions of {rows.dtype}" if isinstance(rows, np.ndarray) else "several arrays"
        raise InputError(f"{file.name}: {found}. Embeddings are one array of numbers, one row for each of the {what}.")
    beside = f"{file.where.stem}.{what}.txt"
    names = file.listed_beside(f".{what}.txt")
    if names is None:
        raise InputError(f"{file.name}: an array has no {what}. Put {beside} beside it, one a line.")
    if len(names) != len(rows):
        raise InputError(f"{beside}: {len(names):,} {what} for {len(rows):,} rows. Give one line for each row.")
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InputError(f"{beside}: {what} that are there twice: {few(twice)}. Keep one of each.")
    return Embeddings(names, np.asarray(rows, np.float32))


def check(path: str | Path, overwrite: bool, what: What = "ids") -> tuple[Path, Path]:
    """The two files to write; InputError or Refused where they cannot be."""
    target = Path(path)
    if target.suffix != ".npy":
        raise InputError(f"{target.name}: embeddings are written as NumPy arrays. Name the file {target.stem}.npy.")
    files = target, target.with_name(f"{target.stem}.{what}.txt")
    for file in files:
        check_free(file, overwrite)
    return files


def write(path: str | Path, made: Embeddings, *, overwrite: bool = False, what: What = "ids") -> None:
    """Both files; Refused where one is there already, unless `overwrite`."""
    target, beside = check(path, overwrite, what)
    broken = [name for name in made.names if "\n" in name or "\r" in name or not name]
    if broken:
        raise InputError(f"Names that are empty or hold a line end: {few(broken)}. Rename these files.")
    with replacing(beside, overwrite=overwrite) as out:
        out.write("".join(f"{name}\n" for name in made.names).encode())
    with replacing(target, overwrite=overwrite) as out:
        np.save(out, np.asarray(made.rows, np.float32))
