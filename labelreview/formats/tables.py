"""Result tables (ranks, issues, changes, decisions) as CSV: UTF-8, comma, `\\n` at every line end, written whole or
not at all. Numbers have 6 significant digits, so that the same scores give the same file; NaN and None are empty.

A spreadsheet takes a text that begins with = + - @ for a formula and runs it. `excel_safe` puts an apostrophe before
such texts (ids, tags, notes of strangers); without it the file is faithful to the letter.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import numpy as np

from labelreview.formats.atomic import replacing
from labelreview.formats.csvtext import quoted

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
