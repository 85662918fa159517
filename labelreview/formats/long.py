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
from labelreview.formats.csvlines import Line, picked
from labelreview.formats.csvtext import CsvText, quoted, requoted, unquoted
from labelreview.formats.opened import Kind, Opened
from labelreview.formats.parquetfile import ParquetFile, parquet_bytes
from labelreview.formats.row import EMPTY, Changes, Missing, Notes, by_item, listed, recognised
from labelreview.formats.shape import Columns, columns_of
from labelreview.formats.table import CODE, LABEL, PROB, Role, Table
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
    """The same for columns that the caller knows. Only the rows of items that change are cut into fields."""
    lines, put = picked(source, _touched(source, columns, changes))

    def cells() -> Iterable[tuple[str, str, str]]:
        for line in lines:
            fields = [unquoted(raw) for raw in line.raw]
            yield fields[columns.id], fields[columns.tag], fields[columns.value] if columns.value >= 0 else ""

    edits = []
    for at, new in _plan(cells(), columns, changes, filler).items():
        line = lines[at]
        texts = [_text(line, row, source.delimiter, columns) for row in new]
        if texts:
            edits.append((line.start, line.end, (line.ending or source.newline).join(texts)))
        else:
            edits.append((line.start, line.next, ""))
    return put(edits)


def _text(line: Line, row: Row, delimiter: str, columns: Columns) -> str:
    """A record with some fields replaced, in the quotes of the record that it is made from."""
    parts = list(line.raw)
    for column, raw in enumerate(line.raw):
        if column in row.cells:
            parts[column] = requoted(row.cells[column], raw, delimiter)
        elif row.new and column != columns.id:
            parts[column] = '""' if raw.startswith('"') else ""
    return delimiter.join(parts)


def write_parquet(file: Opened, changes: Changes) -> bytes:
    """The same schema; rows edited, removed or put after the last row of their item, as in the CSV."""
    source = file.parquet
    columns = _columns(source)
    touched = _touched(source, columns, changes)
    some = source.arrow.take(pa.array(touched))
    texts = [
        ["" if value is None else str(value) for value in some.column(column).to_pylist()]
        for column in (columns.id, columns.tag, *([columns.value] if columns.value >= 0 else []))
    ]
    rows = zip(*texts, *([] if columns.value >= 0 else [[""] * len(touched)]), strict=True)
    times = np.ones(source.file.metadata.num_rows, np.int64)  # how often each row is there afterwards
    plan = {int(touched[at]): new for at, new in _plan(rows, columns, changes, {}).items()}
    times[list(plan)] = [len(new) for new in plan.values()]
    others = set(range(len(source.header))) - {columns.id}
    return source.with_rows(times, {
        (at, nth): dict.fromkeys(others if row.new else ()) | row.cells
        for at, new in plan.items() for nth, row in enumerate(new)
    })  # fmt: skip


def _touched(source: CsvText | ParquetFile, columns: Columns, changes: Changes) -> npt.NDArray[np.int64]:
    """The rows of items that change."""
    wanted = {item for item, _ in changes}
    ids, rows = source.table({columns.id: CODE}).coded(columns.id)
    return np.flatnonzero(np.array([item in wanted for item in ids])[rows])


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
