"""Rules between tags, from a file: (first, "implies" or "excludes", second), in the order of the file.

    CSV with the columns `first,rule,second`    cat,implies,animal
    JSON, tags inside the tags that they imply  {"animal": {"cat": {}, "dog": {}}}, or lists: {"animal": ["cat", "dog"]}
    Open Images' hierarchy JSON                 {"LabelName": "/m/0jbk", "Subcategory": [{"LabelName": "/m/01yrx"}]}

The root of Open Images' hierarchy ("Entity") is no tag of anything: give `tags`, and rules about others are left out.
"""

import csv
import json
from collections.abc import Collection, Iterator, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from labelreview.errors import InputError
from labelreview.formats.opened import Opened
from labelreview.formats.tables import write_csv

HEADER = ("first", "rule", "second")
WORDS = ("implies", "excludes")
DEEPEST = 200
Row = tuple[str, str, str]


def read(path: str | Path, tags: Collection[str] | None = None) -> list[Row]:
    """The rules of a file; InputError with its line and what was found. Of `tags`, those about these tags alone."""
    file = Opened.at(path)
    text = file.text_bytes().decode("utf-8-sig", "replace")
    found = list(dict.fromkeys(_of_json(file.name, text) if text.lstrip()[:1] == "{" else _of_csv(file.name, text)))
    if not found:
        raise InputError(f"{file.name}: there is no rule in this file. Write one a line: {','.join(HEADER)}.")
    return [row for row in found if tags is None or (row[0] in tags and row[2] in tags)]


def write(path: str | Path, rules: Sequence[Row], *, overwrite: bool = False) -> int:
    """Write rules as CSV; gives how many."""
    write_csv(path, HEADER, rules, overwrite)
    return len(rules)


def _of_csv(name: str, text: str) -> Iterator[Row]:
    rows = csv.reader(StringIO(text, newline=""))
    header = [cell.strip().lower() for cell in next(rows, [])]
    if header != list(HEADER):
        raise InputError(f"{name}, line 1: the columns are '{','.join(header)[:80]}'. Rules have the columns "
                         f"{','.join(HEADER)}, or are JSON.")  # fmt: skip
    for row in rows:
        if not row:
            continue
        if len(row) != len(HEADER) or row[1].strip().lower() not in WORDS or not row[0] or not row[2]:
            raise InputError(f"{name}, line {rows.line_num}: '{','.join(row)[:80]}' is not a rule. Write a tag, then "
                             f"{' or '.join(WORDS)}, then a tag.")  # fmt: skip
        yield row[0], row[1].strip().lower(), row[2]


def _of_json(name: str, text: str) -> Iterator[Row]:
    try:
        shape = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: this is not JSON ({error}).") from None
    yield from _entity(name, shape, 0) if "LabelName" in shape else _inside(name, "", shape, 0)


def _inside(name: str, above: str, shape: Any, depth: int) -> Iterator[Row]:
    if depth > DEEPEST or not isinstance(shape, dict | list | None):
        raise InputError(f"{name}: '{str(shape)[:80]}' where the tags inside '{above}' are expected: an object or a "
                         "list.")  # fmt: skip
    members = shape.items() if isinstance(shape, dict) else ((tag, None) for tag in shape or ())
    for tag, below in members:
        if not isinstance(tag, str) or not tag:
            raise InputError(f"{name}: '{str(tag)[:80]}' inside '{above}' is not the name of a tag.")
        if above:
            yield tag, "implies", above
        yield from _inside(name, tag, below, depth + 1)


def _entity(name: str, shape: Any, depth: int) -> Iterator[Row]:
    if depth > DEEPEST or not isinstance(shape, dict) or not isinstance(shape.get("LabelName"), str):
        raise InputError(f"{name}: an entry of the hierarchy has no LabelName: {str(shape)[:80]}")
    for below in shape.get("Subcategory", ()):
        yield from _entity(name, below, depth + 1)
        yield below["LabelName"], "implies", shape["LabelName"]
