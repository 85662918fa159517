"""The decision log as CSV: one event a row, in the order it was stored, every field of `decisions.wire`.

Read back, the events of an export can settle the same cells of another project.
"""

import csv
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from labelreview.decisions import Decision, from_wire, wire
from labelreview.errors import InputError, NotFound
from labelreview.formats.tables import write_csv

HEADER = tuple(field.name for field in fields(Decision))
NUMBERS = ("seconds", "given", "pred_prob", "score")


def write(out: Path, decisions: Sequence[Decision], *, overwrite: bool = False, excel_safe: bool = False) -> int:
    """Write the log; gives the number of events."""
    rows = ([wire(decision)[name] for name in HEADER] for decision in decisions)
    write_csv(out, HEADER, rows, overwrite, excel_safe=excel_safe)
    return len(decisions)


def read(path: Path) -> list[Decision]:
    """The events of an exported log, in its order. InputError names the line that is not one."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            missing = [name for name in HEADER[:6] if name not in (rows.fieldnames or ())]
            if missing:
                raise InputError(f"{path.name}: no column '{missing[0]}'. This is not a decision log; "
                                 "labelreview export --decisions writes one.")  # fmt: skip
            return [_decision(path, rows.line_num, row) for row in rows]
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}.") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name}: not UTF-8 text ({error.reason}).") from error


def _decision(path: Path, line: int, row: dict[str, str]) -> Decision:
    try:
        shape = {
            name: float(text) if name in NUMBERS else text
            for name, text in row.items()
            if name in HEADER and text not in ("", None)
        }
        return from_wire(shape, reviewer=row["reviewer"])
    except (InputError, ValueError) as error:
        raise InputError(f"{path.name}, line {line}: {error}") from error
