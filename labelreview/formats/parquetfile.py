"""Parquet files: the same columns as a CSV, with types. Written back with the schema and metadata they came with."""

import io
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from labelreview.errors import InputError
from labelreview.formats import limits
from labelreview.formats.table import CODE, Role, Table
from labelreview.formats.telling import Tell, nothing, part, steps

MAGIC = b"PAR1"
SAMPLE = 2000


class ParquetFile:
    """One Parquet file. `name` stands in error messages; rows count from 1 in them."""

    def __init__(self, name: str, data: bytes, tell: Tell = nothing) -> None:
        self.name, self.data, self.tell = name, data, tell
        try:
            self.file = pq.ParquetFile(pa.BufferReader(data))
        except (pa.ArrowInvalid, OSError) as error:
            raise InputError(f"{name}: this Parquet file cannot be read ({error}). Write it again.") from None
        limits.check_unpacked(name, self.file.metadata.num_rows, self.file.metadata.num_columns)

    @property
    def header(self) -> list[str]:
        return list(self.file.schema_arrow.names)

    def sample(self) -> list[list[Any]]:
        """The first rows as text (lists stay lists); InputError when there is none."""
        batch = next(self.file.iter_batches(SAMPLE), None)
        if batch is None or not len(batch):
            raise InputError(f"{self.name}: there are no rows.")
        columns = [[_text(value) for value in column.to_pylist()] for column in batch.columns]
        return [list(row) for row in zip(*columns, strict=True)]

    @cached_property
    def arrow(self) -> Any:
        """The whole table."""
        groups, tell = range(self.file.metadata.num_row_groups), part(self.tell, 0, 0.6)
        parts = [self.file.read_row_group(group) for group in steps(groups, tell)]
        return pa.concat_tables(parts) if len(parts) > 1 else self.file.read() if not parts else parts[0]

    def table(self, roles: Mapping[int, Role]) -> Table:
        """The columns that are asked for."""
        columns = {column: self.arrow.column(column) for column in roles}
        plain = {column: found.cast(found.type.value_type) for column, found in columns.items()
                 if roles[column] == CODE and pa.types.is_dictionary(found.type)}  # fmt: skip
        return Table(self.name, self.header, columns | plain, self._place, part(self.tell, 0.6, 1))

    def _place(self, row: int, column: int) -> str:
        return f"{self.name}, row {row + 1}, column '{self.header[column]}'"

    def with_columns(self, changed: Mapping[int, Callable[[list[Any]], list[Any]]]) -> bytes:
        """The file with some columns rewritten, each by a function of its values."""
        table = self.arrow
        for column, change in changed.items():
            field = table.schema.field(column)
            table = table.set_column(column, field, typed(change(table.column(column).to_pylist()), field.type))
        return self.written(table)

    def with_rows(self, times: npt.NDArray[np.int64], cells: Mapping[tuple[int, int], Mapping[int, Any]]) -> bytes:
        """The file with each row (N,) as often as `times` says, and new values, by column, in the nth of a row."""
        table, starts = self.arrow, np.cumsum(times) - times
        if (times != 1).any():
            table = table.take(pa.array(np.repeat(np.arange(len(times)), times)))
        placed = {int(starts[at]) + nth: values for (at, nth), values in cells.items()}
        for column in sorted({column for values in placed.values() for column in values}):
            changed = {at: values[column] for at, values in sorted(placed.items()) if column in values}
            field = table.schema.field(column)
            table = table.set_column(column, field, _replaced(table.column(column), changed))
        return self.written(table)

    def written(self, table: Any) -> bytes:
        """A table as bytes, with the compression of the file that it came from."""
        meta = self.file.metadata
        codec = meta.row_group(0).column(0).compression if meta.num_row_groups else "SNAPPY"
        return parquet_bytes(table, codec)


def parquet_bytes(table: Any, codec: str = "SNAPPY") -> bytes:
    """A table as the bytes of a Parquet file."""
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="NONE" if codec == "UNCOMPRESSED" else codec)
    return sink.getvalue()


def typed(values: list[Any], kind: Any) -> Any:
    """Values as an Arrow array of this type; labels come as text and become what the column holds."""
    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_boolean(inner):
        values = [str(value).lower() in ("1", "true") if isinstance(value, str) else value for value in values]
    elif pa.types.is_integer(inner) or pa.types.is_floating(inner):
        values = [float(value) if isinstance(value, str) else value for value in values]
        values = [int(v) if v is not None and pa.types.is_integer(inner) else v for v in values]
    plain = pa.array(values, inner)
    return plain.dictionary_encode().cast(kind) if pa.types.is_dictionary(kind) else plain


def _replaced(column: Any, changed: Mapping[int, Any]) -> Any:
    """A column with new values at some places (ascending)."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    mask = np.zeros(len(column), np.bool_)
    mask[list(changed)] = True
    new = typed(list(changed.values()), kind)
    whole = pc.replace_with_mask(column.cast(kind).combine_chunks(), pa.array(mask), new)
    return whole.dictionary_encode().cast(column.type) if kind != column.type else whole


def _text(value: Any) -> Any:
    return "" if value is None else value if isinstance(value, list) else str(value)
