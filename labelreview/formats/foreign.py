"""Files that are no table of labels at all: what they are is told by their first bytes, for a message that helps."""

import codecs

from labelreview.errors import InputError, few
from labelreview.formats.jsontext import JsonText

GIVE = "Give the file of labels or predictions"
BYTES = (
    (b"\xd0\xcf\x11\xe0", "this is a file of Microsoft Office. Save the sheet as CSV, and give that."),
    (b"\x1f\x8b", f"this is compressed (gzip). Unpack it first. {GIVE}."),
    (b"PK\x03\x04", f"this is a zip archive. Unpack it first. {GIVE} in it."),
    (b"\xff\xd8\xff", f"this is a picture. {GIVE}; where the pictures are is a question of its own."),
    (b"\x89PNG", f"this is a picture. {GIVE}; where the pictures are is a question of its own."),
    (b"%PDF-", f"this is a PDF. {GIVE}."),
    (b"SQLite format 3", "this is a database. Export the table as CSV, and give that."),
    (b"version https://git-lfs", "this is a pointer of Git LFS, not the file. Fetch it: git lfs pull."),
    (b"<!doctype html", "this is a web page, such as one that asks to sign in. Download the file itself."),
    (b"<html", "this is a web page, such as one that asks to sign in. Download the file itself."),
    (b"sep=", "line 1: 'sep=' is a note for Excel, not the header. Remove this line."),
)
PARSED = 1 << 26  # a larger file is not parsed only to say what is in it
SHEETS = (".xlsx", ".xlsm", ".xlsb", ".ods")


def check_table(name: str, data: bytes) -> None:
    """InputError when data is no delimited text, but something else that people give by mistake.

    >>> check_table("labels.xlsx", b"PK\\x03\\x04")
    Traceback (most recent call last):
    labelreview.errors.InputError: labels.xlsx: this is a spreadsheet. Save the sheet as CSV, and give that.
    """
    start = data[:64].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    for first, what in BYTES:
        if start.startswith(first.lower()):
            is_sheet = first == b"PK\x03\x04" and name.lower().endswith(SHEETS)
            what = "this is a spreadsheet. Save the sheet as CSV, and give that." if is_sheet else what
            raise InputError(f"{name}{',' if what.startswith('line') else ':'} {what}")
    if name.lower().endswith((".json", ".jsonl", ".ndjson")) and start[:1] in (b"{", b"["):
        _refuse_json(name, data)


def _refuse_json(name: str, data: bytes) -> None:
    """Broken JSON, with its place; else what stands in it, and what would be known."""
    first, *_ = [value.value for value in JsonText(name, data).whole()] if len(data) <= PARSED else [None]
    entry = first[0] if isinstance(first, list) and first else first
    holds = f"objects with {few(entry)}" if isinstance(entry, dict) and entry else "no objects with members"
    raise InputError(f"{name}: this JSON is of no form that is known; it holds {holds}. COCO has 'images', "
                     "'annotations' and 'categories'; other forms are Label Studio, FiftyOne, ImageNet ReaL and JSON "
                     "Lines, one item a line.")  # fmt: skip
