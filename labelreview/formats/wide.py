"""Wide: an id and one column a tag. Labels 1, 0 or empty = unknown; probabilities, empty = no model scored the cell.

An empty label can be made to mean absent with `missing_means="absent"`.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from labelreview.formats import limits
from labelreview.formats.cells import PLAIN, Spelling, check_ids, check_tags, checked_probs, spelled
from labelreview.formats.csvtext import CsvText, Record, quoted, requoted, spliced, unquoted
from labelreview.formats.opened import Kind, Opened
from labelreview.formats.parquetfile import ParquetFile, parquet_bytes
from labelreview.formats.row import EMPTY, Changes, Missing, Notes, Retagging, by_item, recognised
from labelreview.formats.shape import columns_of
from labelreview.formats.table import LABEL, PROB, TEXT, Role
from labelreview.tags import UNKNOWN, TagMatrix


@dataclass(frozen=True)
class Dialect:
    """A data set's own wide file: how it writes labels, which columns are no tags, and which is the id where it is not
    named like one (all in small letters).
    """

    spelling: Spelling = PLAIN
    not_tags: frozenset[str] = frozenset()
    id: str = ""

    def columns(self, source: CsvText | ParquetFile) -> tuple[int, list[int]]:
        """Where the id and the tags stand."""
        found = columns_of(source.name, source.header, source.sample(), "wide")
        tags = [at for at in found.tags(source.header) if source.header[at].strip().lower() not in self.not_tags]
        names = [name.strip().lower() for name in source.header]
        return names.index(self.id) if self.id in names else found.id, tags


ANY = Dialect()


def is_csv(file: Opened, kind: Kind) -> bool:
    return not file.is_parquet and recognised(file.csv) == "wide"


def is_parquet(file: Opened, kind: Kind) -> bool:
    return file.is_parquet and recognised(file.parquet) == "wide"


def read_csv(file: Opened, kind: Kind, missing_means: Missing) -> tuple[TagMatrix, Notes]:
    return read(file.csv, kind, missing_means)


def read_parquet(file: Opened, kind: Kind, missing_means: Missing) -> tuple[TagMatrix, Notes]:
    return read(file.parquet, kind, missing_means)


def read(
    source: CsvText | ParquetFile, kind: Kind, missing_means: Missing, dialect: Dialect = ANY
) -> tuple[TagMatrix, Notes]:
    """A wide table in a data set's own dialect."""
    limits.check_columns(source.name, len(source.header))
    id_column, where = dialect.columns(source)
    tags = tuple(source.header[column] for column in where)
    check_tags(tags, f"{source.name}, line 1" if isinstance(source, CsvText) else source.name)
    role: Role = LABEL if kind == "labels" else PROB
    table = source.table({id_column: TEXT} | dict.fromkeys(where, role))
    ids = table.texts(id_column)
    check_ids(ids, lambda row: table.place(row, id_column))
    if kind == "labels":
        labels = np.empty((len(ids), len(where)), np.int8)
        for at, column in enumerate(where):
            labels[:, at] = table.labels(column, dialect.spelling, EMPTY[missing_means])
        return TagMatrix(ids, tags, labels), ()
    probs = np.empty((len(ids), len(where)), np.float32)
    for at, column in enumerate(where):
        probs[:, at] = table.probs(column)
    probs = checked_probs(probs, lambda at: table.place(at // len(where), where[at % len(where)]), kind)
    return TagMatrix(ids, tags, probs), ()


def write_csv(file: Opened, changes: Changes) -> bytes:
    """Only the changed cells differ; a changed cell keeps its quotes, its spaces and its way of writing 1 and 0."""
    return write(file.csv, changes)


def write(source: CsvText, changes: Changes, dialect: Dialect = ANY) -> bytes:
    """The same in a data set's own dialect."""
    wanted = by_item(changes)
    id_column, where = dialect.columns(source)
    position = {source.header[column]: column for column in where}
    edits = []
    for record in source.records():
        change = wanted.pop(source.fields(record)[id_column] if id_column else _first_field(source, record), None)
        for tag, label in (change or {}).items():
            edits.append(_edit(source, record, position[tag], where, dialect.spelling, label))
    return source.encoded(spliced(source.text, edits))


def _first_field(source: CsvText, record: Record) -> str:
    """The first field, without cutting the whole record: most records have no change."""
    end = source.text.find(source.delimiter, record.start, record.end)
    raw = source.text[record.start : end]
    return source.fields(record)[0] if raw.startswith('"') else raw


def _edit(
    source: CsvText, record: Record, column: int, tags: list[int], spelling: Spelling, label: int
) -> tuple[int, int, str]:
    values, (start, end) = source.fields(record), source.spans(record)[column]
    others = (values[at] for at in tags if values[at].strip())
    new = spelling.written(label, values[column] if values[column].strip() else next(others, ""))
    raw = source.text[start:end]
    old = values[column].strip()
    if old and raw.count(old) == 1:
        return start, end, raw.replace(old, new)  # keeps spaces and quotes
    return start, end, requoted(new, raw, source.delimiter)


def retag_csv(file: Opened, wanted: Retagging, dialect: Dialect = ANY) -> bytes:
    """Columns renamed and left out; only cells that a merge or a correction changes are written anew."""
    source, after = file.csv, wanted.matrix
    before, (_, where) = read(source, "labels", wanted.missing, dialect)[0], dialect.columns(source)
    tag_of = dict(zip(where, before.tags, strict=True))
    home = {wanted.names[tag]: column for column, tag in reversed(tag_of.items()) if wanted.names[tag]}
    home |= {tag: column for column, tag in tag_of.items() if wanted.names[tag] == tag}
    new_name = {column: name for name, column in home.items()}
    kept = [column for column in range(len(source.header)) if column not in tag_of or column in new_name]
    old, new = ({tag: at for at, tag in enumerate(matrix.tags)} for matrix in (before, after))
    changed = np.zeros((len(before.ids), len(source.header)), bool)
    label = np.zeros(changed.shape, np.int8)
    for column, name in new_name.items():
        label[:, column] = after.values[:, new[name]]
        changed[:, column] = label[:, column] != before.values[:, old[tag_of[column]]]
    edits = [_renamed(source, kept, new_name)]
    for row, record in enumerate(source.records()):
        texts = [source.text[start:end] for start, end in source.spans(record)]
        for column in np.flatnonzero(changed[row]).tolist():
            like = unquoted(texts[column]) or next((unquoted(texts[at]) for at in where if texts[at].strip()), "")
            value = int(label[row, column])
            text = "" if value == UNKNOWN else dialect.spelling.written(value, like)
            texts[column] = requoted(text, texts[column], source.delimiter)
        edits.append((record.start, record.end, source.delimiter.join([texts[column] for column in kept])))
    return source.encoded(spliced(source.text, edits))


def _renamed(source: CsvText, kept: list[int], new_name: dict[int, str]) -> tuple[int, int, str]:
    """The header with the columns that are kept under their new names."""
    record = source.first
    texts = [source.text[start:end] for start, end in source.spans(record)]
    for column, name in new_name.items():
        if name != source.header[column]:
            texts[column] = requoted(name, texts[column], source.delimiter)
    return record.start, record.end, source.delimiter.join([texts[column] for column in kept])


def write_parquet(file: Opened, changes: Changes) -> bytes:
    """The same schema, with the changed cells replaced."""
    source = file.parquet
    id_column, where = ANY.columns(source)
    rows = {item: row for row, item in enumerate(source.table({id_column: TEXT}).texts(id_column))}
    position = {source.header[column]: column for column in where}
    cells: dict[int, dict[int, int]] = {}
    for (item, tag), label in changes.items():
        cells.setdefault(position[tag], {})[rows[item]] = label
    return source.with_columns({column: partial(_changed, labels=labels) for column, labels in cells.items()})


def _changed(values: list[Any], labels: dict[int, int]) -> list[Any]:
    like = next((str(value) for value in values if value not in (None, "")), "")
    for row, label in labels.items():
        values[row] = spelled(label, like)
    return values


def make_csv(matrix: TagMatrix, dialect: Dialect = ANY) -> bytes:
    lines = [["id", *matrix.tags]] + [
        [item, *(_cell(value, dialect.spelling) for value in row)]
        for item, row in zip(matrix.ids, matrix.values, strict=True)
    ]
    return "".join(",".join(quoted(value, ",") for value in line) + "\n" for line in lines).encode()


def make_parquet(matrix: TagMatrix) -> bytes:
    columns = [pa.array(list(matrix.ids), pa.string())]
    for values in matrix.values.T:
        hidden = np.isnan(values) if values.dtype.kind == "f" else values == UNKNOWN
        columns.append(pa.array(np.ascontiguousarray(values), mask=hidden))
    return parquet_bytes(pa.table(columns, names=["id", *matrix.tags]))


def _cell(value: np.generic, spelling: Spelling) -> str:
    if isinstance(value, np.floating):
        return "" if np.isnan(value) else np.format_float_positional(value, trim="0")
    return "" if value == UNKNOWN else spelling.written(int(value), "")
