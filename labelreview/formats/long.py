"""Long: an id and one tag a row, and perhaps a value. A row with an empty tag says: an item without tags.

Labels: a row without a value column says *present*; a cell without a row is absent among the ids and tags that the file
has, or unknown with `missing_means="unknown"`. Probabilities: the value column; a cell without a row is NaN.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from labelreview.errors import InputError
from labelreview.formats.cells import Problems, check_ids, check_tags, checked_probs, spelled
from labelreview.formats.csvtext import CsvText, Record, quoted, requoted, spliced
from labelreview.formats.opened import Kind, Opened
from labelreview.formats.parquetfile import ParquetFile, parquet_bytes
from labelreview.formats.row import EMPTY, Changes, Missing, Notes, by_item, listed, recognised
from labelreview.formats.shape import Columns, columns_of
from labelreview.formats.table import CODE, LABEL, PROB, TEXT, Role, Table
from labelreview.tags import PRESENT, UNKNOWN, Matrix, TagMatrix


def is_csv(file: Opened, kind: Kind) -> bool:
    return not file.is_parquet and recognised(file.csv) == "long"


def is_parquet(file: Opened, kind: Kind) -> bool:
    return file.is_parquet and recognised(file.parquet) == "long"


def read_csv(file: Opened, kind: Kind, missing_means: Missing) -> tuple[Matrix, Notes]:
    return _read(file.csv, kind, missing_means)


def read_parquet(file: Opened, kind: Kind, missing_means: Missing) -> tuple[Matrix, Notes]:
    return _read(file.parquet, kind, missing_means)


def other_columns(file: Opened) -> list[str]:
    """The columns that say nothing about labels."""
    source = file.parquet if file.is_parquet else file.csv
    found = _columns(source)
    return [name for at, name in enumerate(source.header) if at not in (found.id, found.tag, found.value)]


def _columns(source: CsvText | ParquetFile) -> Columns:
    return columns_of(source.name, source.header, source.sample(), "long")


def _read(source: CsvText | ParquetFile, kind: Kind, missing_means: Missing) -> tuple[Matrix, Notes]:
    columns = _columns(source)
    if kind != "labels" and columns.value < 0:
        raise InputError(f"{source.name}, line 1: no column holds the probabilities. Add one named 'value'.")
    role: Role = LABEL if kind == "labels" else PROB
    table = source.table({columns.id: CODE, columns.tag: CODE} | ({columns.value: role} if columns.value >= 0 else {}))
    ids, rows = table.coded(columns.id)
    tags, cols = table.coded(columns.tag)
    check_ids(ids, lambda at: table.place(int(np.argmax(rows == at)), columns.id))
    tags, cols, told = _without_empty(tags, cols)
    if not tags:
        raise InputError(f"{source.name}: no row has a tag. Is '{source.header[columns.tag]}' the column of the tags?")
    check_tags(tags, lambda at: table.place(int(np.argmax(cols == at)), columns.tag))
    cells = (rows * len(tags) + cols)[told]
    check_once(cells, np.flatnonzero(told), table, columns)
    if kind == "labels":
        said = table.labels(columns.value)[told] if columns.value >= 0 else np.full(len(cells), PRESENT, np.int8)
        return listed(source.name, ids, tags, cells, said, EMPTY[missing_means]), ()
    given = checked_probs(table.probs(columns.value), lambda at: table.place(at, columns.value), kind)
    return listed(source.name, ids, tags, cells, given[told], np.nan), ()


def _without_empty(
    tags: list[str], cols: npt.NDArray[np.int64]
) -> tuple[list[str], npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """The tags without the empty one, and which rows name a tag."""
    if "" not in tags:
        return tags, cols, np.ones(len(cols), np.bool_)
    gone = tags.index("")
    told = cols != gone
    return tags[:gone] + tags[gone + 1 :], cols - (cols > gone), told


def check_once(cells: npt.NDArray[np.int64], rows: npt.NDArray[np.int64], table: Table, columns: Columns) -> None:
    """Refuse a cell that two rows speak of."""
    ordered = np.sort(cells)
    if not (ordered[1:] == ordered[:-1]).any():
        return
    _, first, which = np.unique(cells, return_index=True, return_inverse=True)
    again = np.flatnonzero(first[which] != np.arange(len(cells)))
    problems = Problems()
    for at in again[: problems.limit]:
        here, there = int(rows[at]), int(rows[first[which[at]]])
        item, tag = table.text(columns.id)[here], table.text(columns.tag)[here]
        line = table.place(there, columns.tag).removeprefix(f"{table.name}, ").split(",")[0]
        place = table.place(here, columns.tag)
        problems.add(f"{place}: '{tag}' of '{item}' is already in {line}. Keep one of the two rows.")
    problems.count = len(again)
    problems.stop()


# -- corrections ---------------------------------------------------------------------------------------------------
#
# Both forms are edited by one plan: for each row that changes, the rows that stand in its place.


class Row(NamedTuple):
    """A row of the file with some cells replaced; a new one shares but the id with the row that it is made from."""

    at: int
    cells: dict[int, str]
    new: bool = False


def _plan(
    rows: Iterable[tuple[str, str, str]], columns: Columns, changes: Changes, filler: Mapping[int, str]
) -> dict[int, list[Row]]:
    """What stands in the place of each row that changes: none, itself edited, or itself and new rows, which have
    `filler` in other columns.
    """
    wanted, plan = by_item(changes), dict[int, list[Row]]()
    last, kept, empty, like = dict[str, int](), dict[str, int](), dict[str, int](), dict[str, str]()
    said = set[tuple[str, str]]()
    for at, (item, tag, value) in enumerate(rows):
        if item not in wanted:
            continue
        last[item] = at
        kept[item] = kept.get(item, 0) + 1
        like[item] = like.get(item) or value
        if not tag:
            empty[item] = at
        label = wanted[item].get(tag)
        if label is None:
            continue
        said.add((item, tag))
        if columns.value >= 0:
            plan[at] = [Row(at, {columns.value: spelled(label, value or like[item])})]
        elif label != PRESENT:
            plan[at] = []
            kept[item] -= 1
    for item, at in last.items():
        new = [
            {columns.tag: tag} | ({columns.value: spelled(label, like[item])} if columns.value >= 0 else {})
            for tag, label in wanted[item].items()
            if (item, tag) not in said and (label == PRESENT or columns.value >= 0)
        ]
        if new and item in empty:
            plan[empty[item]] = [Row(empty[item], new.pop(0))]
        elif not new and not kept[item]:
            plan[at] = [Row(at, {columns.tag: ""})]  # the item stays in the file, without tags
        plan[at] = plan.get(at, [Row(at, {})]) + [Row(at, {**filler, **cells}, new=True) for cells in new]
    return plan


def write_csv(file: Opened, changes: Changes) -> bytes:
    """Values are edited in place; without a value column, rows go and come. All other rows stay byte for byte."""
    return write(file.csv, changes, _columns(file.csv), {})


def write(source: CsvText, changes: Changes, columns: Columns, filler: Mapping[int, str]) -> bytes:
    """The same for columns that the caller knows."""
    records = list(source.records())
    width = len(source.header)

    def cells() -> Iterable[tuple[str, str, str]]:
        for record in records:
            fields = source.fields(record)
            yield fields[columns.id], fields[columns.tag], fields[columns.value] if columns.value >= 0 else ""

    edits = []
    for at, rows in _plan(cells(), columns, changes, filler).items():
        record = records[at]
        lines = [_line(source, record, row, width, columns) for row in rows]
        ending = source.text[record.end : record.next] or _line_end(source, records)
        if lines:
            edits.append((record.start, record.end, ending.join(lines)))
        else:
            edits.append((record.start, record.next, ""))
    text = spliced(source.text, edits)
    ending = source.text[records[-1].end : records[-1].next]
    return source.encoded(text if ending else text.rstrip("\r\n"))


def _line_end(source: CsvText, records: list[Record]) -> str:
    """The line end of the file, for a last line that has none."""
    start = records[0].start
    return "\r\n" if source.text[:start].endswith("\r\n") else source.text[start - 1]


def _line(source: CsvText, record: Record, row: Row, width: int, columns: Columns) -> str:
    """A record with some fields replaced, in the quotes of the record that it is made from."""
    parts = [source.text[start:end] for start, end in source.spans(record)]
    for column in range(width):
        if column in row.cells:
            parts[column] = requoted(row.cells[column], parts[column], source.delimiter)
        elif row.new and column != columns.id:
            parts[column] = '""' if parts[column].startswith('"') else ""
    return source.delimiter.join(parts)


def write_parquet(file: Opened, changes: Changes) -> bytes:
    """The same schema; rows edited, removed or put after the last row of their item, as in the CSV."""
    source = file.parquet
    columns = _columns(source)
    table = source.table({columns.id: TEXT, columns.tag: TEXT})
    values = source.arrow.column(columns.value).to_pylist() if columns.value >= 0 else [None] * len(table)
    texts = ["" if value is None else str(value) for value in values]
    rows = zip(table.texts(columns.id), table.texts(columns.tag), texts, strict=True)
    plan = _plan(rows, columns, changes, {})
    others = set(range(len(source.header))) - {columns.id}
    kept = [row for at in range(len(table)) for row in plan.get(at, [Row(at, {})])]
    return source.with_rows([(row.at, dict.fromkeys(others if row.new else ()) | row.cells) for row in kept])


def make_csv(matrix: TagMatrix) -> bytes:
    lines = ["id,tag,value\n"]
    for item, tag, value in _known(matrix):
        lines.append(f"{quoted(item, ',')},{quoted(tag, ',')},{'' if value is None else value}\n")
    return "".join(lines).encode()


def make_parquet(matrix: TagMatrix) -> bytes:
    ids, tags, values = zip(*_known(matrix), strict=True)
    columns = {"id": pa.array(ids, pa.string()), "tag": pa.array(tags, pa.string())}
    kind = pa.int8() if matrix.values.dtype == np.int8 else pa.float32()
    return parquet_bytes(pa.table(columns | {"value": pa.array(values, kind)}))


def _known(matrix: TagMatrix) -> Iterable[tuple[str, str, Any]]:
    """All cells; None where nothing is known. Every cell is written, so that nothing depends on what absence means."""
    for item, row in zip(matrix.ids, matrix.values, strict=True):
        for tag, value in zip(matrix.tags, row, strict=True):
            yield item, tag, None if np.isnan(value) or value == UNKNOWN else value
