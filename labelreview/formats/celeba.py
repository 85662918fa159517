"""CelebA: a line with the count, a line with the attributes, then a line an image: its name and 1 or -1 for each
attribute, separated by spaces. And the same as CSV, as Kaggle has it. -1 means absent.

The text is read by its bytes, a block at a time: with 200,000 lines, cutting it into words would take ten times the
memory of the file.
"""

import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from labelreview.errors import InputError
from labelreview.formats import limits, wide
from labelreview.formats.cells import MINUS_ONE, Problems, check_ids, check_tags
from labelreview.formats.opened import LOADED, Kind, Opened
from labelreview.formats.row import Changes, Missing, Notes, Retagging, Says, by_item
from labelreview.formats.telling import part
from labelreview.tags import ABSENT, PRESENT, Labels, TagMatrix

SAYS = Says("`1`", "`-1`", "cannot be said in the text; empty in the CSV")
CSV = wide.Dialect(MINUS_ONE, frozenset({"partition"}))
LINE = re.compile(rb"[^\r\n]+")
WORD = re.compile(rb"[^ \t\r\n]+")
BLOCK = 1 << 22


def is_txt(file: Opened, kind: Kind) -> bool:
    """A line with a number alone, a line of names, a line of a name and 1 or -1."""
    lines = file.head.splitlines()[:3]
    return (
        len(lines) == 3
        and lines[0].strip().isdigit()
        and len(lines[1].split()) + 1 == len(lines[2].split())
        and set(lines[2].split()[1:]) <= {b"1", b"-1"}
    )


def is_csv(file: Opened, kind: Kind) -> bool:
    """The attribute that only CelebA has; of another data set the format must be named, for -1 may mean unknown."""
    return "5_o_Clock_Shadow" in file.first_line and "," in file.first_line


def read_csv(file: Opened, kind: Kind, missing_means: Missing) -> tuple[TagMatrix, Notes]:
    return wide.read(file.csv, kind, missing_means, CSV)


def write_csv(file: Opened, changes: Changes) -> bytes:
    return wide.write(file.csv, changes, CSV)


def retag_csv(file: Opened, wanted: Retagging) -> bytes:
    return wide.retag_csv(file, wanted, CSV)


def make_csv(matrix: TagMatrix) -> bytes:
    return wide.make_csv(matrix, CSV)


def read_txt(file: Opened, kind: Kind, missing_means: Missing) -> tuple[TagMatrix, Notes]:
    tags, start, count = _heading(file)
    ids, blocks = list[str](), list[Labels]()
    tell = part(file.tell, LOADED, 1)
    for at, block in _blocks(file.data, start):
        tell(at / len(file.data))
        found = _cells(block, len(tags))
        if found is None:
            _complain(file, start, len(tags))
            raise InputError(f"{file.name}, byte {at}: this block cannot be read. Separate the columns by spaces.")
        ids += [_text(file, block[begin : block.index(b" ", begin)], at + begin) for begin in found[0].tolist()]
        blocks.append(found[1])
    if not ids:
        raise InputError(f"{file.name}: there is a header and no rows.")
    limits.check_shape(file.name, len(ids), len(tags))
    check_ids(ids, lambda row: f"{file.name}, line {_line_of(file.data, start, row)}")
    notes = (f"The first line says {count:,} images; there are {len(ids):,}.",) if count != len(ids) else ()
    return TagMatrix(ids, tags, np.concatenate(blocks)), notes


def _heading(file: Opened) -> tuple[tuple[str, ...], int, int]:
    """The attributes, where the first image's line begins, and how many images the first line counts."""
    data = file.text_bytes()
    count = LINE.search(data)
    names = LINE.search(data, count.end()) if count else None
    if not count or not names or not count[0].strip().isdigit():
        raise InputError(f"{file.name}, line 1: a line with the number of images and a line with the names of the "
                         "attributes are expected.")  # fmt: skip
    tags = tuple(_text(file, word, names.start()) for word in WORD.findall(names[0]))
    check_tags(tags, f"{file.name}, line {_line(data, names.start())}")
    return tags, names.end(), int(count[0])


def _text(file: Opened, word: bytes, at: int) -> str:
    try:
        return word.decode()
    except UnicodeDecodeError:
        place = f"{file.name}, line {_line(file.data, at)}"
        raise InputError(f"{place}: this is not UTF-8. Save the file as UTF-8.") from None


def _line(data: bytes, at: int) -> int:
    return data.count(b"\n", 0, at) + 1


def _line_of(data: bytes, start: int, row: int) -> int:
    found = next(match for at, match in enumerate(LINE.finditer(data, start)) if at == row)
    return _line(data, found.start())


def _blocks(data: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Pieces of whole lines, with tabs and line ends as plain spaces and newlines."""
    plain = bytes.maketrans(b"\t\r", b" \n")
    while start < len(data):
        end = data.find(b"\n", start + BLOCK) + 1 or len(data)
        yield start, data[start:end].translate(plain)
        start = end


def _cells(block: bytes, width: int) -> tuple[npt.NDArray[np.int64], Labels] | None:
    """Where the ids of a block begin, and its labels (rows, width); None when a line has another form."""
    letters = np.frombuffer(b"\n" + block + b"\n", np.uint8)
    blank = (letters == 32) | (letters == 10)
    starts = np.flatnonzero(blank[:-1] & ~blank[1:]) + 1
    ends = np.flatnonzero(~blank[:-1] & blank[1:]) + 1
    if len(starts) % (width + 1):
        return None
    rows = np.cumsum(letters == 10)[starts].reshape(-1, width + 1)
    starts, ends = starts.reshape(rows.shape), ends.reshape(rows.shape)
    if len(rows) and ((rows != rows[:, :1]).any() or (np.diff(rows[:, 0]) < 1).any()):
        return None  # a line is too long and another too short
    first, last, length = letters[starts[:, 1:]], letters[ends[:, 1:] - 1], (ends - starts)[:, 1:]
    present = (length == 1) & (first == ord("1"))
    absent = (length == 2) & (first == ord("-")) & (last == ord("1"))
    if not (present | absent).all():
        return None
    return starts[:, 0] - 1, np.where(present, PRESENT, ABSENT).astype(np.int8)


def _complain(file: Opened, start: int, width: int) -> None:
    """The lines that are not as they should be, found one by one."""
    problems = Problems()
    for line in LINE.finditer(file.data, start):
        words = WORD.findall(line[0])
        place = f"{file.name}, line {_line(file.data, line.start())}" if problems.count < problems.limit else ""
        if words and len(words) != width + 1:
            problems.add(f"{place}: {len(words)} columns where the header asks for {width + 1}. Write a name and 1 or "
                         "-1 for each attribute.")  # fmt: skip
        for word in words[1:]:
            if word not in (b"1", b"-1"):
                problems.add(f"{place}: '{word[:80].decode('utf-8', 'replace')}' is not a label. {MINUS_ONE.remedy}")
    problems.stop()


def write_txt(file: Opened, changes: Changes) -> bytes:
    """Only the changed cells differ; columns stay aligned where there is room."""
    tags, start, _ = _heading(file)
    wanted, parts, done = by_item(changes), [], 0
    for line in LINE.finditer(file.data, start):
        words = WORD.finditer(line[0])
        change = wanted.get(next(words, line)[0].decode(), {})
        for tag, word in zip(tags, words, strict=False) if change else ():
            if tag in change:
                begin, end = line.start() + word.start(), line.start() + word.end()
                new = b"1" if change[tag] == PRESENT else b"-1"
                room = file.data[begin - 2 : begin] == b"  "
                begin -= room and len(new) > end - begin  # " 1" becomes "-1"
                parts += [file.data[done:begin], new.rjust(end - begin)]
                done = end
    return b"".join([*parts, file.data[done:]])


def make_txt(matrix: TagMatrix) -> bytes:
    rows = [
        " ".join([item, *(" 1" if value == PRESENT else "-1" for value in row)])
        for item, row in zip(matrix.ids, matrix.values, strict=True)
    ]
    return "\n".join([str(len(rows)), " ".join(matrix.tags) + " ", *rows, ""]).encode()
