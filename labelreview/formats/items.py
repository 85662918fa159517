"""An items file: one row an item and any columns (source, annotator, camera …), by which errors can be counted.

A column is one to count by when it has from 2 to 200 different values. Items that the file does not name have the value
`NOT_THERE`, and an empty one is called `EMPTY`; an id that the data does not have is passed over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from labelreview.errors import InputError, few
from labelreview.formats.opened import Opened
from labelreview.formats.shape import IDS
from labelreview.formats.table import TEXT, Table

Mask = npt.NDArray[np.bool_]
MOST_VALUES = 200
NOT_THERE, EMPTY = "(not in the items file)", "(empty)"


@dataclass(frozen=True)
class Column:
    """values: sorted; codes: (N,) int64, the position of each item's value."""

    values: tuple[str, ...]
    codes: npt.NDArray[np.int64]


def read(path: str | Path, ids: Sequence[str]) -> dict[str, Column]:
    """The columns to count by, in the order of the file. InputError without an id column or without such a column."""
    table = _table(Opened.at(path))
    names = [name.strip().lower() for name in table.header]
    at = next((names.index(name) for name in IDS if name in names), 0)
    rows = {item: row for row, item in enumerate(table.texts(at))}
    order = [rows.get(item, -1) for item in ids]
    if all(row < 0 for row in order):
        raise InputError(f"{table.name}, column '{table.header[at]}': none of the project's {len(ids):,} ids is in it "
                         f"(found: {few(list(rows)[:5])}). Name the items in a column 'id'.")  # fmt: skip
    every: Mapping[str, list[str]] = {name: table.texts(k) for k, name in enumerate(table.header) if k != at}
    columns = {
        name: _column([_told(values[row]) if row >= 0 else NOT_THERE for row in order])
        for name, values in every.items()
    }
    kept = {name: column for name, column in columns.items() if 2 <= len(column.values) <= MOST_VALUES}
    if not kept:
        raise InputError(f"{table.name}: no column has from 2 to {MOST_VALUES} different values to count by "
                         f"(columns: {few(list(every)) or 'none'}).")  # fmt: skip
    return kept


def _table(file: Opened) -> Table:
    source = file.parquet if file.is_parquet else file.csv
    return source.table(dict.fromkeys(range(len(source.header)), TEXT))


def _told(value: str) -> str:
    return value if value.strip() else EMPTY


def _column(values: list[str]) -> Column:
    names = tuple(sorted(set(values)))
    place = {name: at for at, name in enumerate(names)}
    return Column(names, np.fromiter((place[value] for value in values), np.int64, len(values)))
