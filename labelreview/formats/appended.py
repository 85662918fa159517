"""Labels of further items put behind a labels file, so that an export can give all of them back in one file.

Only formats of one record a line can take more: delimited text with the same header, and JSON Lines. The joined file is
read back, and says of every item what the two files said.
"""

from pathlib import Path

import numpy as np

from labelreview.errors import InputError, few
from labelreview.formats.atomic import replacing
from labelreview.formats.opened import Opened
from labelreview.formats.registry import FORMATS
from labelreview.tags import Matrix, TagMatrix

TABLES = ("wide_csv", "long_csv", "delimited_csv", "celeba_csv", "chexpert", "nih", "open_images")
LINES = ("wide_jsonl", "delimited_jsonl")
INSTEAD = "Give all labels in one file instead (--labels)."


def write(first: Path, more: Path, form: str, out: Path) -> None:
    """At `out`, the file `first` with the records of `more` behind its own. InputError where that cannot be."""
    before, further = Opened.at(first), Opened.at(more)
    if form not in (*TABLES, *LINES):
        raise InputError(f"{further.name}: items cannot be added to labels in the format {form}. {INSTEAD}")
    data = _table(before, further) if form in TABLES else _lines(before, further)
    with replacing(out, overwrite=True) as target:
        target.write(data)


def check(before: Matrix, further: Matrix, joined: Matrix, name: str, form: str) -> None:
    """InputError where the joined file does not say what the two say."""
    ids = [*before.ids, *further.ids]
    same = list(joined.ids) == ids and set(joined.tags) == {*before.tags, *further.tags}
    missing = FORMATS[form].missing_means
    for matrix, start in ((before, 0), (further, len(before.ids))):
        if same and isinstance(matrix, TagMatrix) and isinstance(joined, TagMatrix):
            at = {tag: column for column, tag in enumerate(joined.tags)}
            rows = joined.values[start : start + len(matrix.ids)]
            same = np.array_equal(rows[:, [at[tag] for tag in matrix.tags]], matrix.values)
    if not same:
        raise InputError(f"{name}: behind the labels that are there these would be read as something else ({form}, "
                         f"missing means {missing}). {INSTEAD}")  # fmt: skip


def check_new(before: Matrix, further: Matrix, name: str) -> None:
    """InputError where items are there already."""
    known = set(before.ids)
    if twice := [item for item in further.ids if item in known]:
        raise InputError(f"{name}: items that are in the project already: {few(twice)}. Leave them out, or give all "
                         "labels anew (--labels).")  # fmt: skip


def _table(before: Opened, further: Opened) -> bytes:
    first, more = before.csv, further.csv
    if first.header == more.header and first.delimiter != more.delimiter:
        raise InputError(f"{further.name}, line 1: columns are separated by {more.delimiter!r}, in the labels that are "
                         f"there by {first.delimiter!r}. Save the file like these. {INSTEAD}")  # fmt: skip
    if first.header != more.header:
        raise InputError(f"{further.name}, line 1: the header is not that of the labels that are there. Give the same "
                         f"columns in the same order: {few(first.header)}. {INSTEAD}")  # fmt: skip
    text = first.text if first.text.endswith(("\n", "\r")) else first.text + "\n"
    return first.encoded(text + more.text[more.first.next :])


def _lines(before: Opened, further: Opened) -> bytes:
    data = before.text_bytes()
    return data + (b"" if data.endswith(b"\n") else b"\n") + further.text_bytes()
