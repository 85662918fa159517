"""Some records of a delimited file, found and replaced without cutting the others: of 34 million rows with a few
thousand corrections, the rest is passed over as bytes.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from labelreview.formats.csvtext import CsvText, spliced

Ints = npt.NDArray[np.int64]
Edit = tuple[int, int, str]
BLOCK = 1 << 24


class Line(NamedTuple):
    """A record: its fields as they are written, where it stands (`next` with its line end), and its line end."""

    raw: list[str]
    start: int
    end: int
    next: int
    ending: str


def picked(source: CsvText, rows: Ints) -> tuple[list[Line], Callable[[Sequence[Edit]], bytes]]:
    """The records of these numbers (ascending, from 0), and what makes the file with spans of them replaced."""
    data = source.data
    plain = source.encoding == "utf-8" and data.find(b'"') < 0 and data.count(b"\r") == data.count(b"\r\n")
    return _of_bytes(source, rows) if plain else _of_text(source, rows)


def _of_text(source: CsvText, rows: Ints) -> tuple[list[Line], Callable[[Sequence[Edit]], bytes]]:
    chosen, text, lines = set(rows.tolist()), source.text, list[Line]()
    for at, record in enumerate(source.records()):
        if at in chosen:
            raw = [text[start:end] for start, end in source.spans(record)]
            lines.append(Line(raw, record.start, record.end, record.next, text[record.end : record.next]))

    def put(edits: Sequence[Edit]) -> bytes:
        new = spliced(text, list(edits))
        return source.encoded(new if text.endswith(("\r", "\n")) else new.rstrip("\r\n"))

    return lines, put


def _of_bytes(source: CsvText, rows: Ints) -> tuple[list[Line], Callable[[Sequence[Edit]], bytes]]:
    data, feeds = source.data, _feeds(source.data, source.body)
    lengths = np.diff(feeds)
    full = lengths > 1
    if b"\r" in data:
        after = np.minimum(feeds[:-1] + 1, len(data) - 1)
        full &= (lengths > 2) | (np.frombuffer(data, np.uint8)[after] != ord("\r"))
    at = rows if full.all() else np.flatnonzero(full)[rows]
    lines = []
    for start, end in zip((feeds[at] + 1).tolist(), feeds[at + 1].tolist(), strict=True):
        back = int(data[end - 1 : end] == b"\r")
        text = data[start : end - back].decode("utf-8", source.errors)
        ending = data[end - back : end + 1].decode()
        lines.append(Line(text.split(source.delimiter), start, end - back, end - back + len(ending), ending))

    def put(edits: Sequence[Edit]) -> bytes:
        view, parts, done = memoryview(data), list[memoryview | bytes](), 0
        for start, end, text in sorted(edits):
            parts += [view[done:start], text.encode("utf-8", source.errors)]
            done = end
        new = b"".join([*parts, view[done:]])
        return new if data.endswith(b"\n") else new.rstrip(b"\r\n")

    return lines, put


def _feeds(data: bytes, body: int) -> Ints:
    """The line feeds from `body` on, between the one before the first row and the end of the file."""
    found = [np.array([body - 1])]
    for start in range(body, len(data), BLOCK):
        block = np.frombuffer(data, np.uint8, min(BLOCK, len(data) - start), start)
        found.append(np.flatnonzero(block == 10) + start)
    last = [] if data.endswith(b"\n") else [np.array([len(data)])]
    return np.concatenate([*found, *last])
