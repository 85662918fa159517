"""ARFF as MULAN and MEKA use it: rows of attributes, some of which are labels. Dense and sparse rows.

Which are labels is said by `NAME.xml` beside the file (MULAN), or by `-C 6` in the relation's name (MEKA: the first 6;
-C -6: the last 6). The id is an attribute of text that is named like one, else the number of the row. `?` is unknown;
what a sparse row leaves out is the attribute's first value, which for {0,1} is absent (or what `missing_means` says).
"""

import re
from collections.abc import Iterator
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from labelreview.errors import InputError
from labelreview.formats import limits
from labelreview.formats.cells import PLAIN, Problems, check_ids, check_tags
from labelreview.formats.csvtext import CsvText, spliced
from labelreview.formats.jsontext import Edit
from labelreview.formats.opened import Kind, Opened
from labelreview.formats.row import EMPTY, Changes, Files, Missing, Notes, Says, by_item, filled
from labelreview.formats.shape import IDS
from labelreview.formats.xmltext import parsed
from labelreview.tags import ABSENT, PRESENT, UNKNOWN, TagMatrix

SAYS = Says("`1`", "`0`, or left out of a sparse row", "`?`")
QUOTED = r"'(?:[^'\\]++|\\.)*+'|\"(?:[^\"\\]++|\\.)*+\""
RELATION = re.compile(rf"@relation\s+({QUOTED}|\S+)", re.IGNORECASE)
ATTRIBUTE = re.compile(rf"@attribute\s+({QUOTED}|[^\s{{]+)\s*(.*)", re.IGNORECASE)
FIELD = re.compile(rf"[ \t]*({QUOTED}|[^,]*?)[ \t]*(?:,|$)")
ENTRY = re.compile(rf"[ \t]*(\d+)[ \t]+({QUOTED}|[^,]*?)[ \t]*(?:,|$)")
LINE = re.compile(r"[^\r\n]+")
LEFT_OUT = "\0"  # stands for the value of a sparse row that the row does not name
ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


class Heading(NamedTuple):
    """The label attributes by position, the attribute that holds the id (-1: none), and where the data begin."""

    labels: dict[int, str]
    absent_first: dict[int, bool]
    id: int
    width: int
    start: int


def recognise(file: Opened, kind: Kind) -> bool:
    lines = (line.strip() for line in file.head.splitlines())
    first = next((line for line in lines if line and not line.startswith(b"%")), b"")
    return first[:9].lower() == b"@relation"


def _heading(file: Opened, source: CsvText) -> Heading:
    relation, names, types = "", list[str](), list[str]()
    for line in LINE.finditer(source.text):
        text = line[0].strip()
        if found := RELATION.match(text):
            relation = _plain(found[1])
        elif found := ATTRIBUTE.match(text):
            names.append(_plain(found[1]))
            types.append(found[2].strip())
        elif text.lower().startswith("@data"):
            labels = _labels(file, relation, names)
            first = {at: types[at].lstrip("{ \t").startswith(("0", "'0", '"0', "f")) for at in labels}
            return Heading(labels, first, _id(names, types), len(names), line.end())
    raise InputError(f"{file.name}: there is no line '@data'. Is this an ARFF file?")


def _labels(file: Opened, relation: str, names: list[str]) -> dict[int, str]:
    """Which attributes are labels."""
    xml = file.beside(".xml")
    if xml is not None:
        name = file.where.stem + ".xml"
        wanted = [element.get("name", "") for element in parsed(name, xml).iter("label")]
        missing = [label for label in wanted if label not in names]
        if missing:
            raise InputError(f"{name}: '{missing[0]}' is no attribute of {file.name}. Are these two of one data set?")
        return {at: label for at, label in enumerate(names) if label in set(wanted)}
    count = re.search(r"-[cC]\s+(-?\d+)", relation)
    if count and 0 < abs(int(count[1])) <= len(names):
        some = range(len(names))[: int(count[1])] if int(count[1]) > 0 else range(len(names))[int(count[1]) :]
        return {at: names[at] for at in some}
    raise InputError(f"{file.name}: which attributes are labels is not said. Put MULAN's {file.where.stem}.xml beside "
                     "it, or MEKA's '-C 6' in the relation's name.")  # fmt: skip


def _id(names: list[str], types: list[str]) -> int:
    fits = (at for at, name in enumerate(names) if name.lower() in IDS and types[at].lower().startswith("string"))
    return next(fits, -1)


def _plain(word: str) -> str:
    """A name or value without its quotes."""
    if len(word) > 1 and word[0] == word[-1] and word[0] in "'\"":
        return re.sub(r"\\(.)", lambda found: ESCAPES.get(found[1], found[1]), word[1:-1])
    return word


def _rows(source: CsvText, start: int) -> Iterator[tuple[int, int]]:
    """Where each row stands."""
    for line in LINE.finditer(source.text, start):
        text = line[0].strip()
        if text and not text.startswith("%"):
            yield line.start(), line.end()


def _sparse(text: str) -> re.Match[str] | None:
    """The inside of a sparse row."""
    return re.match(r"\s*\{(.*)\}[^}]*$", text)


def read(file: Opened, kind: Kind, missing_means: Missing) -> tuple[TagMatrix, Notes]:
    source = CsvText(file.name, file.text_bytes())
    head = _heading(file, source)
    check_tags(list(head.labels.values()), file.name)
    meanings = PLAIN.meanings() | {"?": UNKNOWN, LEFT_OUT: EMPTY[missing_means]}
    problems, rows, ids = Problems(), list[list[int]](), list[str]()
    for start, end in _rows(source, head.start):
        cells = _cells(source, head, start, end)
        ids.append(_plain(cells[head.id]) if head.id >= 0 else str(len(rows) + 1))
        found = [meanings.get(_plain(cells[at]).strip().lower()) for at in head.labels]
        if None in found:
            bad = next(at for at, label in zip(head.labels, found, strict=True) if label is None)
            problems.add(f"{_place(source, start)}, attribute '{head.labels[bad]}': '{cells[bad][:80]}' is not a "
                         "label. Use 1, 0 or ?.")  # fmt: skip
        rows.append([UNKNOWN if label is None else label for label in found])
    problems.stop()
    if not rows:
        raise InputError(f"{file.name}: there is a header and no rows.")
    check_ids(ids, lambda row: f"{file.name}, row {row + 1}")
    labels = filled(file.name, len(ids), len(head.labels), missing_means)
    labels[:] = rows
    notes = () if head.id >= 0 else ("Items are named by the number of their row.",)
    return TagMatrix(ids, tuple(head.labels.values()), labels), notes


def _place(source: CsvText, at: int) -> str:
    return f"{source.name}, line {source.text.count(chr(10), 0, at) + 1}"


def _cells(source: CsvText, head: Heading, start: int, end: int) -> dict[int, str] | list[str]:
    """The values of a row, as they are written, by attribute."""
    text = source.text[start:end]
    sparse = _sparse(text)
    if sparse:
        default = {at: LEFT_OUT if head.absent_first[at] else "1" for at in head.labels} | {head.id: ""}
        return default | {int(entry[1]): entry[2] for entry in ENTRY.finditer(sparse[1])}
    fields = text.split(",") if not {"'", '"'} & set(text) else [text[a:b] for a, b in _spans(text)]
    if len(fields) < head.width:
        raise InputError(f"{_place(source, start)}: {len(fields)} values where the header has {head.width} attributes."
                         " Correct the row.")  # fmt: skip
    return fields


def _spans(text: str) -> list[tuple[int, int]]:
    """Where the values of a dense row stand, quotes included."""
    found, at = [], 0
    while match := FIELD.match(text, at):
        found.append(match.span(1))
        at = match.end()
        if at == len(text) and not text.endswith(","):
            break
        if at >= len(text):
            found.append((at, at))
            break
    return found


def write(file: Opened, changes: Changes) -> bytes:
    """Dense: only the changed values differ. Sparse: an entry goes, comes or changes."""
    source = CsvText(file.name, file.text_bytes())
    head, wanted, edits = _heading(file, source), by_item(changes), list[Edit]()
    position = {label: at for at, label in head.labels.items()}
    for row, (start, end) in enumerate(_rows(source, head.start)):
        item = _plain(_cells(source, head, start, end)[head.id]) if head.id >= 0 else str(row + 1)
        if item in wanted:
            change = {position[tag]: label for tag, label in wanted[item].items()}
            edits += _edits(source.text[start:end], start, head, change)
    return source.encoded(spliced(source.text, edits))


def _edits(text: str, start: int, head: Heading, change: dict[int, int]) -> list[Edit]:
    sparse = _sparse(text)
    if sparse:
        entries = {int(entry[1]): entry[0].strip(", \t") for entry in ENTRY.finditer(sparse[1])}
        for at, label in change.items():
            left_out = ABSENT if head.absent_first[at] else PRESENT
            entries.pop(at, None)
            if label != left_out:
                entries[at] = f"{at} {1 if label == PRESENT else 0}"
        mark = ", " if ", " in sparse[1] else ","
        inside = mark.join(entries[at] for at in sorted(entries))
        return [(start + sparse.start(1), start + sparse.end(1), inside)]
    edits = []
    for at, (begin, end) in enumerate(_spans(text)):
        if at in change:
            new, raw = PLAIN.written(change[at], _plain(text[begin:end])), text[begin:end]
            edits.append((start + begin, start + end, f"{raw[0]}{new}{raw[0]}" if raw[:1] in "'\"" and raw else new))
    return edits


def make(matrix: TagMatrix) -> Files:
    """A dense file with an id, and MULAN's XML beside it."""
    limits.check_shape("ARFF", len(matrix.ids), len(matrix.tags))
    values = {PRESENT: "1", ABSENT: "0", UNKNOWN: "?"}
    lines = ["@relation tags", "", "@attribute id string"]
    lines += [f"@attribute {_quoted(tag)} {{0,1}}" for tag in matrix.tags] + ["", "@data"]
    for item, row in zip(matrix.ids, matrix.values, strict=True):
        lines.append(",".join([_quoted(item), *(values[int(value)] for value in row)]))
    labels = "".join(f"<label name={quoteattr(tag)}></label>\n" for tag in matrix.tags)
    xml = f'<?xml version="1.0" encoding="utf-8"?>\n<labels xmlns="http://mulan.sourceforge.net/labels">\n{labels}'
    return {"": "\n".join([*lines, ""]).encode(), ".xml": f"{xml}</labels>\n".encode()}


def _quoted(word: str) -> str:
    for letter, text in (("\\", "\\\\"), ("'", "\\'"), ("\n", "\\n"), ("\r", "\\r")):
        word = word.replace(letter, text)
    return f"'{word}'"
