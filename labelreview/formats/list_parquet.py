"""Parquet with lists: predictions as one list of numbers an item, and data sets of Hugging Face with pictures inside.

*array*: an id and a list of K probabilities; the K tags are named by `NAME.tags.txt` beside the file, by the key `tags`
of the schema's metadata (a JSON list), or by the ClassLabel of a Hugging Face data set.
*hugging face*: a column of pictures (bytes and path) and either a list of tags (texts, or numbers of a ClassLabel) or
one column of true and false a tag. The id is a column that is named like one, else the picture's path, else the number
of the row. The pictures' bytes are never read for the labels, and come back untouched.
"""

import io
import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from labelreview.errors import InputError
from labelreview.formats import limits
from labelreview.formats.cells import check_ids, check_tags, checked_probs
from labelreview.formats.delimited import matrix_of, present
from labelreview.formats.opened import Kind, Opened
from labelreview.formats.parquetfile import ParquetFile, parquet_bytes, typed
from labelreview.formats.row import EMPTY, Changes, Missing, Notes, by_item, filled
from labelreview.formats.shape import IDS, TAGS
from labelreview.formats.table import TEXT
from labelreview.tags import PRESENT, Matrix, TagMatrix

BESIDE = ".tags.txt"


def is_array(file: Opened, kind: Kind) -> bool:
    return kind != "labels" and file.is_parquet and _array_column(file.parquet) is not None


def is_hugging_face(file: Opened, kind: Kind) -> bool:
    return kind == "labels" and file.is_parquet and _picture(file.parquet) is not None


def _is_list(kind: Any) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _array_column(source: ParquetFile) -> str | None:
    fields = source.file.schema_arrow
    return next((f.name for f in fields if _is_list(f.type) and pa.types.is_floating(f.type.value_type)), None)


def _picture(source: ParquetFile) -> str | None:
    for field in source.file.schema_arrow:
        if pa.types.is_struct(field.type) and {"bytes", "path"} <= {inner.name for inner in field.type}:
            return str(field.name)
    return None


def _class_names(source: ParquetFile, column: str) -> list[str] | None:
    """The names of a ClassLabel, from the schema's metadata."""
    known = (source.file.schema_arrow.metadata or {}).get(b"huggingface", b"{}")
    try:
        feature = json.loads(known)["info"]["features"][column]
        while not isinstance(feature, dict) or "names" not in feature:
            feature = feature[0] if isinstance(feature, list) else feature["feature"]
        return [str(name) for name in feature["names"]]
    except (KeyError, IndexError, TypeError, ValueError):
        return None


# -- predictions


def read_array(file: Opened, kind: Kind, missing_means: Missing) -> tuple[TagMatrix, Notes]:
    source = file.parquet
    name = _array_column(source)
    if name is None:
        raise InputError(f"{file.name}: no column holds lists of numbers. Give one list of probabilities an item.")
    at = next((i for i, column in enumerate(source.header) if column.strip().casefold() in IDS), 0)
    table = source.table({at: TEXT})
    ids = table.texts(at)
    check_ids(ids, lambda row: table.place(row, at))
    tags = _array_tags(file, source, name)
    check_tags(tags, f"{file.name}, the tags of column '{name}'")
    limits.check_shape(file.name, len(ids), len(tags))
    probs = np.full((len(ids), len(tags)), np.nan, np.float32)
    row = 0
    for chunk in source.arrow.column(name).chunks:
        lengths = chunk.value_lengths().to_numpy(zero_copy_only=False)
        there = np.flatnonzero(~np.isnan(lengths.astype(np.float64)))
        wrong = there[lengths[there] != len(tags)]
        if wrong.size:
            raise InputError(f"{file.name}, row {row + wrong[0] + 1}, column '{name}': {int(lengths[wrong[0]])} "
                             f"numbers for {len(tags)} tags. Give one for each.")  # fmt: skip
        flat = chunk.flatten().cast(pa.float32()).to_numpy(zero_copy_only=False)
        probs[row + there] = flat.reshape(-1, len(tags))
        row += len(chunk)
    probs = checked_probs(probs, lambda i: f"{file.name}, item '{ids[i // len(tags)]}'", kind)
    return TagMatrix(ids, tuple(tags), probs), ()


def _array_tags(file: Opened, source: ParquetFile, name: str) -> list[str]:
    kept = (source.file.schema_arrow.metadata or {}).get(b"tags")
    tags = file.listed_beside(BESIDE) or (json.loads(kept) if kept else None) or _class_names(source, name)
    if not tags:
        raise InputError(f"{file.name}: the numbers of column '{name}' have no tags. Put {file.where.stem}{BESIDE} "
                         "beside it, one tag a line.")  # fmt: skip
    return [str(tag) for tag in tags]


def write_array(file: Opened, changes: Changes) -> bytes:
    raise InputError(f"{file.name}: predictions are not corrected.")


def make_array(matrix: TagMatrix) -> bytes:
    columns = {
        "id": pa.array(list(matrix.ids), pa.string()),
        "pred_probs": pa.array(list(matrix.values), pa.list_(pa.float32())),
    }
    return parquet_bytes(pa.table(columns).replace_schema_metadata({"tags": json.dumps(matrix.tags)}))


# -- data sets of Hugging Face


def _column(source: ParquetFile) -> str | None:
    """The column that lists the tags: by its name, else the first list of texts or of a ClassLabel."""
    fields = source.file.schema_arrow
    lists = [field.name for field in fields if _is_list(field.type)]
    named = [name for name in lists if name.strip().casefold() in TAGS]
    texts = [name for name in lists if pa.types.is_string(fields.field(name).type.value_type)]
    return next(iter([*named, *texts]), None)


def _flags(source: ParquetFile) -> list[str]:
    """Columns of true and false, one a tag."""
    return [field.name for field in source.file.schema_arrow if pa.types.is_boolean(field.type)]


def read_hugging_face(file: Opened, kind: Kind, missing_means: Missing) -> tuple[Matrix, Notes]:
    source = file.parquet
    ids, notes = _ids(source)
    check_ids(ids, lambda row: f"{file.name}, row {row + 1}")
    column = _column(source)
    if column is not None:
        cells = [_tags(source, column, cell) for cell in _values(source, column)]
        known = _class_names(source, column) or ()
        return matrix_of(ids, cells, missing_means, file.name, known), notes
    flags = _flags(source)
    if not flags:
        raise InputError(f"{file.name}: no column lists tags, and none holds true and false. Which are the labels?")
    check_tags(flags, file.name)
    labels = filled(file.name, len(ids), len(flags), "unknown")
    meaning = {None: EMPTY[missing_means], True: PRESENT, False: 0}
    for at, name in enumerate(flags):
        labels[:, at] = [meaning[value] for value in _values(source, name)]
    return TagMatrix(ids, tuple(flags), labels), notes


def _values(source: ParquetFile, path: str) -> list[Any]:
    """The values of one column (or `image.path`), without reading the others."""
    found = source.file.read(columns=[path]).column(path.split(".")[0])
    values = found.to_pylist()
    inner = path.partition(".")[2]
    return [(value or {}).get(inner) for value in values] if inner else values


def _ids(source: ParquetFile) -> tuple[list[str], Notes]:
    picture = _picture(source)
    fields = [field for field in source.file.schema_arrow if field.name.strip().casefold() in IDS]
    for field in fields:
        if pa.types.is_string(field.type) or pa.types.is_integer(field.type):
            return ["" if value is None else str(value) for value in _values(source, field.name)], ()
    paths = _values(source, f"{picture}.path") if picture else []
    if paths and all(paths):
        return [str(path) for path in paths], (f"Items are named by the path in '{picture}'.",)
    rows = source.file.metadata.num_rows
    return [str(row) for row in range(rows)], ("Items are named by the number of their row, from 0.",)


def _tags(source: ParquetFile, column: str, cell: list[Any] | None) -> list[str]:
    names = _class_names(source, column)
    if names is None:
        if any(not isinstance(tag, str) for tag in cell or []):
            raise InputError(f"{source.name}, column '{column}': {cell!r:.80} is not a list of texts, and no "
                             "ClassLabel names its numbers.")  # fmt: skip
        return list(cell or [])
    if any(not isinstance(at, int) or not 0 <= at < len(names) for at in cell or []):
        raise InputError(f"{source.name}, column '{column}': {cell!r:.80} is not among the {len(names)} classes.")
    return [names[at] for at in cell or []]


def write_hugging_face(file: Opened, changes: Changes) -> bytes:
    """The same schema and row groups, with the lists (or flags) that change replaced; one row group at a time."""
    source, wanted = file.parquet, by_item(changes)
    ids, _ = _ids(source)
    column, sink, row = _column(source), io.BytesIO(), 0
    meta = source.file.metadata
    codec = meta.row_group(0).column(0).compression
    with pq.ParquetWriter(
        sink, source.file.schema_arrow, compression="NONE" if codec == "UNCOMPRESSED" else codec
    ) as out:
        for group in range(meta.num_row_groups):
            table = source.file.read_row_group(group)
            out.write_table(_changed(source, table, column, ids[row : row + len(table)], wanted), len(table) or None)
            row += len(table)
    return sink.getvalue()


def _changed(
    source: ParquetFile, table: Any, column: str | None, ids: list[str], wanted: dict[str, dict[str, int]]
) -> Any:
    if not any(item in wanted for item in ids):
        return table
    for name in [column] if column else _flags(source):
        field, values = table.schema.field(name), table.column(name).to_pylist()
        for at, item in enumerate(ids):
            if item not in wanted:
                continue
            if column:
                values[at] = _relisted(source, column, values[at], wanted[item])
            elif name in wanted[item]:
                values[at] = wanted[item][name] == PRESENT
        table = table.set_column(table.schema.get_field_index(name), field, typed(values, field.type))
    return table


def _relisted(source: ParquetFile, column: str, cell: list[Any] | None, change: dict[str, int]) -> list[Any]:
    names = _class_names(source, column)
    code = {name: at for at, name in enumerate(names)} if names else {}
    tags = _tags(source, column, cell)
    kept = [tag for tag in tags if change.get(tag, PRESENT) == PRESENT]
    kept += [tag for tag, label in change.items() if label == PRESENT and tag not in kept]
    return [code[tag] for tag in kept] if names else kept


def make_hugging_face(matrix: TagMatrix) -> bytes:
    """A data set without pictures' bytes: their paths are the ids, the tags a ClassLabel."""
    code = {tag: at for at, tag in enumerate(matrix.tags)}
    lists = [[code[tag] for tag in tags] for _, tags in present(matrix)]
    picture = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    columns = {
        "image": pa.array([{"bytes": b"", "path": item} for item in matrix.ids], picture),
        "labels": pa.array(lists, pa.list_(pa.int64())),
    }
    names = {"feature": {"names": list(matrix.tags), "_type": "ClassLabel"}, "_type": "Sequence"}
    features = {"image": {"_type": "Image"}, "labels": names}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    return parquet_bytes(pa.table(columns).replace_schema_metadata(metadata))
