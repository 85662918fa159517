"""Delimited: an id and a column that lists the item's tags (`a;b;c`, or a list in Parquet). Labels only.

The delimiter is the first of `;`, `|`, `,` that occurs in the column; spaces around a tag do not count. A tag that is
not listed is absent, among the tags that the file names, or unknown with `missing_means="unknown"`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from labelreview.errors import InputError
from labelreview.formats.cells import check_ids, check_tags
from labelreview.formats.csvtext import CsvText, quoted, requoted, spliced
from labelreview.formats.opened import Kind, Opened
from labelreview.formats.parquetfile import ParquetFile, parquet_bytes
from labelreview.formats.row import EMPTY, Changes, Missing, Notes, by_item, listed, recognised
from labelreview.formats.shape import DELIMITERS, Columns, columns_of
from labelreview.formats.table import TEXT
from labelreview.tags import PRESENT, Matrix, TagMatrix


@dataclass(frozen=True)
class Dialect:
    """A data set's own file of lists: its id and tags columns, its delimiter, and the word for an item without tags."""

    id: str = ""
    tags: str = ""
    mark: str = ""
    nothing: str = ""

    def columns(self, source: CsvText | ParquetFile) -> Columns:
        if not self.id:
            return columns_of(source.name, source.header, source.sample(), "delimited")
        for name in (self.id, self.tags):
            if name not in source.header:
                raise InputError(f"{source.name}, line 1: there is no column '{name}'. Is this the right format?")
        return Columns("delimited", source.header.index(self.id), source.header.index(self.tags))

    def pieces(self, cell: str, mark: str) -> list[str]:
        """The tags of a cell."""
        return [piece for piece in (part.strip() for part in cell.split(mark)) if piece and piece != self.nothing]


ANY = Dialect()


def is_csv(file: Opened, kind: Kind) -> bool:
    return not file.is_parquet and recognised(file.csv) == "delimited"


def is_parquet(file: Opened, kind: Kind) -> bool:
    return file.is_parquet and recognised(file.parquet) == "delimited"


def read_csv(file: Opened, kind: Kind, missing_means: Missing) -> tuple[Matrix, Notes]:
    return read(file.csv, missing_means)


def read(source: CsvText, missing_means: Missing, dialect: Dialect = ANY) -> tuple[Matrix, Notes]:
    """A table with a column of lists in a data set's own dialect."""
    columns = dialect.columns(source)
    table = source.table({columns.id: TEXT, columns.tag: TEXT})
    cells = table.texts(columns.tag)
    mark = dialect.mark or _mark(cells)
    ids = table.texts(columns.id)
    check_ids(ids, lambda row: table.place(row, columns.id))
    matrix = matrix_of(ids, [dialect.pieces(cell, mark) for cell in cells], missing_means, source.name)
    return matrix, () if dialect.mark else (f"Tags are separated by '{mark}'.",)


def read_parquet(file: Opened, kind: Kind, missing_means: Missing) -> tuple[Matrix, Notes]:
    source = file.parquet
    columns = ANY.columns(source)
    table = source.table({columns.id: TEXT})
    ids, cells = table.texts(columns.id), source.arrow.column(columns.tag).to_pylist()
    check_ids(ids, lambda row: table.place(row, columns.id))
    if _is_list(source, columns):
        return matrix_of(ids, [_listed(source, cell) for cell in cells], missing_means, source.name), ()
    texts = source.table({columns.tag: TEXT}).texts(columns.tag)
    mark = _mark(texts)
    matrix = matrix_of(ids, [ANY.pieces(cell, mark) for cell in texts], missing_means, source.name)
    return matrix, (f"Tags are separated by '{mark}'.",)


def _is_list(source: ParquetFile, columns: Columns) -> bool:
    kind = source.file.schema_arrow.field(columns.tag).type
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _listed(source: ParquetFile, cell: list[Any] | None) -> list[str]:
    if any(not isinstance(tag, str) for tag in cell or []):
        raise InputError(f"{source.name}: a list of tags holds {cell!r:.80}. Store tags as text.")
    return list(cell or [])


def _mark(cells: Sequence[str]) -> str:
    """The delimiter of a tags column; `;` when no item has two tags."""
    return next((mark for mark in DELIMITERS if any(mark in cell for cell in cells)), DELIMITERS[0])


def matrix_of(
    ids: list[str], cells: Sequence[Sequence[str]], missing_means: Missing, name: str, known: Sequence[str] = ()
) -> Matrix:
    """The labels of items, given the tags that each has. `known` tags come first, whether or not an item has them."""
    check_tags(known, name)
    position = {tag: at for at, tag in enumerate(known)}
    flat = [position.setdefault(tag, len(position)) for tags in cells for tag in tags]
    if not position:
        raise InputError(f"{name}: no item has a tag. Is this the column of the tags?")
    check_tags(list(position), name)
    rows = np.repeat(np.arange(len(ids)), [len(tags) for tags in cells])
    places = np.unique(rows * len(position) + np.array(flat, np.int64))
    return listed(name, ids, tuple(position), places, np.full(len(places), PRESENT, np.int8), EMPTY[missing_means])


def _edited(cell: str, mark: str, space: str, change: Mapping[str, int]) -> str:
    """A list of tags with tags taken out and put at the end; the others keep their order and their spaces."""
    parts = [part for part in cell.split(mark) if cell.strip() and change.get(part.strip(), PRESENT) == PRESENT]
    if not cell.startswith((" ", mark)) and parts:
        parts[0] = parts[0].lstrip()
    tail = [parts.pop()] if parts and not parts[-1].strip() else []  # "a;b;" ends in a delimiter
    there = {part.strip() for part in parts}
    for tag in (tag for tag, label in change.items() if label == PRESENT and tag not in there):
        parts.append((space if parts else "") + tag)
    return mark.join(parts + tail if parts else [])


def _all_edited(
    ids: Sequence[str], cells: Sequence[str], wanted: Mapping[str, Mapping[str, int]], dialect: Dialect = ANY
) -> dict[int, str]:
    """The lists that change, by row. A delimiter that would be gone for good stays behind one of them: it says how the
    file is to be read.
    """
    mark = dialect.mark or _mark(cells)
    space = " " if any(mark + " " in cell for cell in cells) else ""
    new = {}
    for row, item in enumerate(ids):
        if item in wanted:
            before = "" if cells[row].strip() == dialect.nothing else cells[row]
            new[row] = _edited(before, mark, space, wanted[item]) or dialect.nothing
    after = [new.get(row, cell) for row, cell in enumerate(cells)]
    if not dialect.mark and any(mark in cell for cell in cells) and _mark(after) != mark:
        row = next(row for row in new if mark in cells[row])
        new[row] += mark
    return {row: cell for row, cell in new.items() if cell != cells[row]}


def write_csv(file: Opened, changes: Changes) -> bytes:
    """Only the lists that change differ."""
    return write(file.csv, changes)


def write(source: CsvText, changes: Changes, dialect: Dialect = ANY) -> bytes:
    """The same in a data set's own dialect."""
    columns = dialect.columns(source)
    table = source.table({columns.id: TEXT, columns.tag: TEXT})
    new = _all_edited(table.texts(columns.id), table.texts(columns.tag), by_item(changes), dialect)
    edits = []
    for row, record in enumerate(source.records()):
        if row in new:
            start, end = source.spans(record)[columns.tag]
            edits.append((start, end, requoted(new[row], source.text[start:end], source.delimiter)))
    return source.encoded(spliced(source.text, edits))


def write_parquet(file: Opened, changes: Changes) -> bytes:
    """The same schema, with the lists that change replaced."""
    source, wanted = file.parquet, by_item(changes)
    columns = ANY.columns(source)
    ids = source.table({columns.id: TEXT}).texts(columns.id)

    def change(cells: list[Any]) -> list[Any]:
        new: dict[int, Any] = {}
        if _is_list(source, columns):
            new = {row: _relisted(cells[row] or [], wanted[item]) for row, item in enumerate(ids) if item in wanted}
        else:
            new = dict(_all_edited(ids, [cell or "" for cell in cells], wanted))
        return [new.get(row, cell) for row, cell in enumerate(cells)]

    return source.with_columns({columns.tag: change})


def _relisted(tags: list[str], change: Mapping[str, int]) -> list[str]:
    kept = [tag for tag in tags if change.get(tag, PRESENT) == PRESENT]
    return kept + [tag for tag, label in change.items() if label == PRESENT and tag not in kept]


def make_csv(matrix: TagMatrix) -> bytes:
    lines = [f"{quoted(item, ',')},{quoted(';'.join(tags), ',')}\n" for item, tags in present(matrix)]
    return "".join(["id,tags\n", *lines]).encode()


def make_parquet(matrix: TagMatrix) -> bytes:
    ids, tags = zip(*present(matrix), strict=True)
    return parquet_bytes(pa.table({"id": pa.array(ids, pa.string()), "tags": pa.array(tags, pa.list_(pa.string()))}))


def present(matrix: TagMatrix) -> list[tuple[str, list[str]]]:
    """The items, each with the tags that it has."""
    return [
        (item, [tag for tag, value in zip(matrix.tags, row, strict=True) if value == PRESENT])
        for item, row in zip(matrix.ids, matrix.values, strict=True)
    ]
