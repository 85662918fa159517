"""Documents: the text of each item, from a column of CSV, Parquet or JSON Lines, or from a folder of `.txt` files.

The id column is found as in the labels. Without a name the text column is one of `TEXTS`, else the only other column.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from labelreview.errors import InputError, NotFound, few
from labelreview.formats.cells import check_ids
from labelreview.formats.csvtext import BOMS
from labelreview.formats.jsonl import SUFFIXES, read_members
from labelreview.formats.opened import Opened
from labelreview.formats.shape import TEXTS, id_column
from labelreview.formats.table import TEXT

LONGEST = 50_000_000  # bytes of one document


def read(path: str | Path, column: str | None = None) -> Mapping[str, str]:
    """The texts by id; of a folder by relative path. NotFound without that column or file."""
    file = Opened.at(path)
    if file.is_folder:
        return _files(file)
    if file.where.suffix.lower() in SUFFIXES:
        return _lines(file, column)
    source = file.parquet if file.is_parquet else file.csv
    key = id_column(source.header, source.sample())
    at = _chosen(file.name, source.header, key, column)
    table = source.table({key: TEXT, at: TEXT})
    ids = table.texts(key)
    check_ids(ids, lambda row: table.place(row, key))
    return dict(zip(ids, table.texts(at), strict=True))


def _chosen(name: str, header: Sequence[str], key: int, wanted: str | None) -> int:
    rest = [at for at in range(len(header)) if at != key]
    if wanted is not None:
        if wanted not in header:
            raise NotFound(f"{name}: there is no column '{wanted}'. Its columns: {few(header, 10)}.")
        return header.index(wanted)
    named = [at for at in rest if header[at].strip().casefold() in TEXTS]
    if not named and len(rest) != 1:
        raise InputError(f"{name}: which column is the text? Say it as {name}:COLUMN, one of {few(header, 10)}.")
    return min(named or rest, key=lambda at: TEXTS.index(header[at].strip().casefold()) if named else at)


def _lines(file: Opened, column: str | None) -> dict[str, str]:
    ids, key, objects = read_members(file)
    header = list(dict.fromkeys(name for members in objects for name in members))
    name = header[_chosen(file.name, header, header.index(key), column)]
    return dict(zip(ids, (_text(members.get(name)) for members in objects), strict=True))


def _text(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else str(value)


def _files(folder: Opened) -> dict[str, str]:
    names = [name for name in folder.found("**/*.txt") if not any(part.startswith(".") for part in name.split("/"))]
    if not names:
        raise InputError(f"{folder.path}: there is no .txt file in this folder. Name the folder that holds the texts.")
    return {name: _decoded(f"{folder.name}/{name}", _bytes(folder, name)) for name in names}


def _bytes(folder: Opened, name: str) -> bytes:
    size = (folder.where / name).stat().st_size
    if size > LONGEST:
        raise InputError(f"{folder.name}/{name}: {size:,} bytes are more than a document has ({LONGEST:,}). Split it.")
    return folder.read(name)


def _decoded(name: str, data: bytes) -> str:
    mark = next((mark for mark in BOMS if data.startswith(mark)), b"")
    try:
        return data[len(mark) :].decode(BOMS.get(mark, "utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(f"{name}, byte {error.start}: this is not UTF-8. Save the file as UTF-8.") from None
