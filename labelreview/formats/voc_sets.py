"""Pascal VOC image sets: a folder with `ImageSets/Main/CLASS_SPLIT.txt`, each line an image and 1, 0 or -1.

1 is present, -1 absent, and 0 difficult: something is there that people could not agree on, so it is unknown. An image
may stand in several splits (train and trainval); they must agree, and a correction goes to all of them.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from labelreview.errors import InputError
from labelreview.formats.cells import Problems, check_ids, check_tags
from labelreview.formats.opened import Kind, Opened
from labelreview.formats.row import Changes, Files, Missing, Notes, Says, filled
from labelreview.tags import ABSENT, PRESENT, UNKNOWN, TagMatrix

SAYS = Says("`1`", "`-1`", "`0` (difficult), or no line")
MAIN = "ImageSets/Main"
LABELS = {b"1": PRESENT, b"-1": ABSENT, b"0": UNKNOWN}
LINE = re.compile(rb"^[ \t]*(\S+)[ \t]+(\S+)[ \t]*\r?$", re.MULTILINE)
PAIR = re.compile(rb"\s*\S+[ \t]+\S+[ \t]*[\r\n]")


class Entry(NamedTuple):
    """One line: the image, its label, and where the label stands in its file."""

    item: str
    label: int
    start: int
    end: int


def recognise(file: Opened, kind: Kind) -> bool:
    return kind == "labels" and bool(file.found(f"{MAIN}/*_*.txt"))


def read(file: Opened, kind: Kind, missing_means: Missing) -> tuple[TagMatrix, Notes]:
    said: dict[tuple[str, str], tuple[int, str]] = {}
    rows: dict[str, int] = {}
    columns: dict[str, int] = {}
    problems = Problems()
    for path, data in _class_files(file):
        tag = _tag(path)
        columns.setdefault(tag, len(columns))
        for entry in _entries(file, path, data):
            rows.setdefault(entry.item, len(rows))
            before = said.setdefault((entry.item, tag), (entry.label, path))
            if before[0] != entry.label:
                problems.add(f"{file.name}/{path}, line {data.count(10, 0, entry.start) + 1}: '{entry.item}' has "
                             f"another label in {before[1]}. Make them agree.")  # fmt: skip
    problems.stop()
    ids, tags = list(rows), tuple(columns)
    if not ids:
        raise InputError(f"{file.path}: no file in {MAIN} names an image with 1, 0 or -1.")
    check_ids(ids, lambda row: file.name)
    check_tags(tags, f"{file.name}/{MAIN}")
    labels = filled(file.name, len(ids), len(tags), missing_means)
    for (item, tag), (label, _) in said.items():
        labels[rows[item], columns[tag]] = label
    return TagMatrix(ids, tags, labels), ()


def _class_files(file: Opened) -> Iterator[tuple[str, bytes]]:
    """The files of classes; those that list images alone (`train.txt`) are read too, so that they are kept."""
    for path in file.found(f"{MAIN}/*.txt"):
        data = file.read(path)
        if "_" in path.rpartition("/")[2] and PAIR.match(data + b"\n"):
            yield path, data


def _tag(path: str) -> str:
    return path.rpartition("/")[2].rpartition("_")[0]


def _entries(file: Opened, path: str, data: bytes) -> Iterator[Entry]:
    problems, done = Problems(), 0
    for found in LINE.finditer(data):
        if data[done : found.start()].strip():
            problems.add(_odd(file, path, data, done + len(data[done:]) - len(data[done:].lstrip())))
        done = found.end()
        label = LABELS.get(found[2])
        if label is None:
            problems.add(_odd(file, path, data, found.start()))
        else:
            yield Entry(_decoded(file, path, found[1]), label, found.start(2), found.end(2))
    if data[done:].strip():
        problems.add(_odd(file, path, data, done + len(data[done:]) - len(data[done:].lstrip())))
    problems.stop()


def _odd(file: Opened, path: str, data: bytes, at: int) -> str:
    line = data[at:].lstrip(b"\r\n").split(b"\n")[0].strip().decode("utf-8", "replace")[:80]
    return (f"{file.name}/{path}, line {data[:at].count(10) + 1}: '{line}' is not an image and 1, 0 or -1. "
            "Correct the line.")  # fmt: skip


def _decoded(file: Opened, path: str, word: bytes) -> str:
    try:
        return word.decode()
    except UnicodeDecodeError:
        raise InputError(f"{file.name}/{path}: {word!r:.80} is not UTF-8. Save the file as UTF-8.") from None


def write(file: Opened, changes: Changes) -> Files:
    """The files in which a cell changes: its label alone differs, and columns stay aligned where there is room."""
    left, written, splits = dict(changes), dict[str, bytes](), dict[str, str]()
    for path, data in _class_files(file):
        parts, done = list[bytes](), 0
        for entry in _entries(file, path, data):
            splits.setdefault(entry.item, path.rpartition("_")[2])
            label = changes.get((entry.item, _tag(path)))
            if label is not None:
                left.pop((entry.item, _tag(path)), None)
                begin = entry.start
                new = b"1" if label == PRESENT else b"-1"
                begin -= data[begin - 2 : begin] == b"  " and len(new) > entry.end - begin
                parts += [data[done:begin], new.rjust(entry.end - begin)]
                done = entry.end
        if parts:
            written[path] = b"".join([*parts, data[done:]])
    for (item, tag), label in left.items():  # a cell that no file speaks of
        path = f"{MAIN}/{tag}_{splits[item]}"
        before = written.get(path) or (file.read(path) if path in file.found(path) else b"")
        gap = b"" if not before or before.endswith(b"\n") else b"\n"
        written[path] = before + gap + f"{item} {1 if label == PRESENT else -1:2d}\n".encode()
    return written


def make(matrix: TagMatrix) -> Files:
    if any(set(tag) & set("/\\\0") for tag in matrix.tags):
        raise InputError("A class of Pascal VOC names a file, so it cannot hold '/'. Choose another format.")
    values = {PRESENT: 1, ABSENT: -1, UNKNOWN: 0}
    return {
        f"{MAIN}/{tag}_all.txt": "".join(
            f"{item} {values[int(value)]:2d}\n" for item, value in zip(matrix.ids, column, strict=True)
        ).encode()
        for tag, column in zip(matrix.tags, matrix.values.T, strict=True)
    }
