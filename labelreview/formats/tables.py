"""Result tables (ranks, issues, changes, decisions) as CSV: UTF-8, comma, `\\n` at every line end, written whole or
not at all. Numbers have 6 significant digits, so that the same scores give the same file; NaN and None are empty.

A spreadsheet takes a text that begins with = + - @ for a formula and runs it. `excel_safe` puts an apostrophe before
such texts (ids, tags, notes of strangers); without it the file is faithful to the letter.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from labelreview.formats.atomic import replacing
from labelreview.formats.csvtext import quoted

ROWS_AT_ONCE = 1 << 16
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def write_csv(
    path: str | Path,
    header: Sequence[str],
    rows: Iterable[Iterable[object]],
    overwrite: bool = False,
    *,
    excel_safe: bool = False,
) -> None:
    """Write a table; Refused when the file is there already, unless `overwrite`."""
    with replacing(path, overwrite=overwrite) as out:
        out.write(_line(header, excel_safe))
        for row in rows:
            out.write(_line(row, excel_safe))


@dataclass(frozen=True)
class Named:
    """A column of names: `names[at]` for each `at` of (n,). Each name is made ready once, not once a row."""

    names: Sequence[str]
    at: npt.NDArray[np.int64]


def write_columns(
    path: str | Path,
    header: Sequence[str],
    columns: Sequence[Named | npt.NDArray[Any]],
    overwrite: bool = False,
    *,
    excel_safe: bool = False,
) -> None:
    """Write a table of equally long columns: the bytes of `write_csv`, twenty times faster for millions of rows."""
    ready = [
        Named([quoted(harmless(n) if excel_safe else n, ",") for n in column.names], column.at)
        if isinstance(column, Named)
        else column
        for column in columns
    ]
    rows = len(ready[0].at if isinstance(ready[0], Named) else ready[0])
    with replacing(path, overwrite=overwrite) as out:
        out.write(_line(header, excel_safe))
        for start in range(0, rows, ROWS_AT_ONCE):
            texts = [_texts(column, slice(start, start + ROWS_AT_ONCE)) for column in ready]
            out.write("".join([",".join(row) + "\n" for row in zip(*texts, strict=True)]).encode())


def _texts(column: Named | npt.NDArray[Any], rows: slice) -> list[str]:
    if isinstance(column, Named):
        return [column.names[at] for at in column.at[rows].tolist()]
    values = column[rows].tolist()
    if column.dtype.kind != "f":
        return [cell(value) for value in values]
    return ["" if value != value else f"{value:.6g}" for value in values]


def _line(values: Iterable[object], excel_safe: bool) -> bytes:
    texts = (harmless(value) if excel_safe and isinstance(value, str) else cell(value) for value in values)
    return (",".join(quoted(text, ",") for text in texts) + "\n").encode()


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula.

    >>> [harmless(text) for text in ("=cmd()", "-1", "a=b", "\\t=1", "")]
    ["'=cmd()", "'-1", 'a=b', "'\\t=1", '']
    """
    return f"'{text}" if text.startswith(FORMULA) else text


def cell(value: object) -> str:
    """A value as text.

    >>> [cell(value) for value in (0.1 + 0.2, 1.0, 1e-9, float("nan"), None, True, 7)]
    ['0.3', '1', '1e-09', '', '', '1', '7']
    """
    if value is None:
        return ""
    if isinstance(value, bool | np.bool_):
        return str(int(value))
    if isinstance(value, float | np.floating):
        return "" if math.isnan(value) else f"{value:.6g}"
    return value.isoformat() if isinstance(value, date) else str(value)
