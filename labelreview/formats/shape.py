"""Which column holds what, told from the header and the first rows.

Three shapes. *wide*: an id and one column a tag. *long*: an id, one tag a row, and perhaps a value. *delimited*: an id
and a column that lists the tags (`a;b;c`). Names decide where they are telling, else what the cells hold; in doubt it
is wide, whose reader names the cell that does not fit. A column of words called *text* (`TEXTS`) is the item itself, no
tag.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from labelreview.errors import InputError
from labelreview.formats.cells import label_of, prob_of

Shape = Literal["wide", "long", "delimited"]
IDS_FOR_SURE = ("id", "image_id", "item_id", "__index_level_0__")
IDS = (*IDS_FOR_SURE, "item", "image", "file", "filename", "file_name", "image_path", "path")
TAG = ("tag", "tag_name", "class", "class_name", "category", "category_name", "attribute", "concept", "label_name",
       "label")  # fmt: skip
TAGS = ("tags", "labels", "keywords", "categories", "classes", "attributes", "concepts")
TEXTS = ("text", "document", "body", "content", "sentence", "abstract", "title")
VALUE = ("value", "present", "label", "prob", "probability", "pred_prob", "score", "confidence")
DELIMITERS = (";", "|", ",")

Rows = Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Columns:
    """Positions of the columns; -1 where there is none."""

    shape: Shape
    id: int
    tag: int = -1
    value: int = -1
    texts: tuple[int, ...] = field(default=(), kw_only=True)  # columns of words, no tags

    def tags(self, header: Sequence[str]) -> list[int]:
        """The tag columns of a wide file."""
        return [column for column in range(len(header)) if column != self.id and column not in self.texts]


def shape_of(header: Sequence[str], rows: Rows) -> Shape:
    """What the file looks like."""
    at = id_column(header, rows)
    rest = [column for column in range(len(header)) if column != at]
    names = {column: header[column].strip().casefold() for column in rest}
    wordy = [column for column in rest if _wordy(rows, column)]
    tag = _named(names, TAG)
    if len(rest) == 2 and tag >= 0 and _named({c: n for c, n in names.items() if c != tag}, VALUE) >= 0:
        return "long"
    if any(isinstance(row[column], list) for row in rows[:50] for column in rest):
        return "delimited"
    if any(names[column] in TAGS and (column in wordy or _lists(rows, column)) for column in rest):
        return "delimited"
    ids = [row[at] for row in rows]
    again = len(set(ids)) < len(ids)
    if tag in wordy:
        return "delimited" if not again and len(rest) == 1 and _lists(rows, tag) else "long"
    if wordy == rest[:1] and len(rest) <= 2 and again:
        return "long"
    return "delimited" if wordy == rest and len(rest) == 1 and _lists(rows, rest[0]) else "wide"


def columns_of(name: str, header: Sequence[str], rows: Rows, shape: Shape) -> Columns:
    """Where id, tag and value stand in a file of this shape; InputError when there is no column for them."""
    at = id_column(header, rows)
    rest = {column: header[column].strip().casefold() for column in range(len(header)) if column != at}
    if not rest:
        raise InputError(f"{name}, line 1: only one column found: '{header[0]}'. Give an id and at least one tag.")
    if shape == "wide":
        texts = (column for column, found in rest.items() if found in TEXTS and _wordy(rows, column))
        return Columns(shape, at, texts=tuple(texts))
    tag = _named(rest, TAGS + TAG if shape == "delimited" else TAG + TAGS)
    tag = next(iter(rest)) if tag < 0 else tag
    if shape == "delimited":
        return Columns(shape, at, tag)
    value = _named({column: found for column, found in rest.items() if column != tag}, VALUE)
    if value < 0 and len(header) == 3 and tag < 2 and at < 2 and _all_numbers(rows, 2):
        value = 2  # the third of three columns, whatever its name
    return Columns(shape, at, tag, value)


def id_column(header: Sequence[str], rows: Rows) -> int:
    """The column that is named like an id, else the first. A tag may be called *image*: then its cells are numbers."""
    names = [name.strip().casefold() for name in header]
    for column, name in enumerate(names):
        if name in IDS_FOR_SURE or (name in IDS and (column == 0 or not _all_numbers(rows, column))):
            return column
    return 0


def _named(names: dict[int, str], wanted: Sequence[str]) -> int:
    return next((column for want in wanted for column, name in names.items() if name == want), -1)


def _is_number(value: Any) -> bool:
    """A number, be it with a decimal comma: the reader will say that it wants a point."""
    text = str(value)
    return not isinstance(value, list) and (label_of(text) is not None or prob_of(text.replace(",", ".")) is not None)


def _all_numbers(rows: Rows, column: int) -> bool:
    return all(_is_number(row[column]) for row in rows)


def _wordy(rows: Rows, column: int) -> bool:
    """Most cells that hold something hold words."""
    filled = [row[column] for row in rows if row[column] != ""]
    return sum(not _is_number(value) for value in filled) * 2 > len(filled)


def _lists(rows: Rows, column: int) -> bool:
    return any(delimiter in str(row[column]) for row in rows for delimiter in DELIMITERS)
