"""Delimited text, read without loss: every field is a span of the text, so that a writer can change one cell only.

Rules (those of RFC 4180 and of Arrow): a field that begins with a quote runs to the closing quote, `""` inside stands
for `"`; a quote elsewhere is a letter. Lines end in \\r\\n, \\n or \\r. Empty lines are skipped. No spaces are trimmed.
Encodings: UTF-8 with or without BOM; UTF-16 and UTF-32 with BOM.
"""

import codecs
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.csv as pacsv

from labelreview.errors import InputError, many
from labelreview.formats import foreign, limits
from labelreview.formats.cells import Problems
from labelreview.formats.shape import IDS
from labelreview.formats.table import CODE, LABEL, PROB, Role, Table
from labelreview.formats.telling import Tell, nothing, part, told

BOMS = {  # the longer ones first: UTF-32 begins like UTF-16
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
DELIMITERS = (",", "\t", ";", "|")
NEWLINE = re.compile(r"\r\n|\n|\r")
HEAD = 1 << 18
SAMPLE = 5000
BLOCK = 1 << 24  # bytes read between two words about how far it is
CHECKED, PARSED = 0.15, 0.8  # the shares of the work that are done once quotes are checked, and the text is columns


class Record(NamedTuple):
    """One record: text[start:end] without its line end, text[start:next] with it; `line` counts from 1."""

    line: int
    start: int
    end: int
    next: int


class CsvText:
    """The text of one delimited file. `name` stands in error messages."""

    def __init__(self, name: str, data: bytes, tell: Tell = nothing) -> None:
        self.name, self.data, self.tell = name, data, tell
        self.bom = next((bom for bom in BOMS if data.startswith(bom)), b"")
        self.encoding = BOMS.get(self.bom, "utf-8")
        # bytes that are not UTF-8 survive in columns that nobody reads
        self.errors = "surrogateescape" if self.encoding == "utf-8" else "strict"

    @cached_property
    def text(self) -> str:
        try:
            return self.data[len(self.bom) :].decode(self.encoding, self.errors)
        except UnicodeDecodeError as error:
            place = f"{self.name}, byte {error.start + len(self.bom)}"
            raise InputError(f"{place}: this is not {self.encoding.upper()}. Save the file as UTF-8.") from None

    def encoded(self, text: str) -> bytes:
        """The bytes of a changed text, in the encoding and with the mark that the file came with."""
        return self.bom + text.encode(self.encoding, self.errors)

    @cached_property
    def delimiter(self) -> str:
        """The delimiter that the header has and that cuts most lines into as many fields."""
        head = self._head
        foreign.check_table(self.name, self.data)
        if "\0" in head:
            raise InputError(f"{self.name}: there are NUL characters. This is no text, or UTF-16 without its mark "
                             "(BOM). Save the file as UTF-8.")  # fmt: skip
        first = head[: (NEWLINE.search(head) or re.search("$", head)).start()]  # type: ignore[union-attr]
        limits.check_columns(self.name, max(map(first.count, DELIMITERS)) + 1)
        best = max(DELIMITERS, key=lambda mark: self._fit(head, mark))
        if self._fit(head, best)[2] < 2:
            raise InputError(f"{self.name}, line 1: only one column found: '{first[:60]}'. Separate the columns by "
                             "comma, semicolon, tab or |.")  # fmt: skip
        return best

    @cached_property
    def _head(self) -> str:
        """The beginning of the text, so that a big file is recognised without decoding all of it."""
        if len(self.data) <= HEAD or self.encoding != "utf-8":
            return self._not_empty(self.text)
        cut = self.data[len(self.bom) : HEAD].decode("utf-8", "surrogateescape")
        if len(NEWLINE.findall(cut)) < 3:  # a very long header
            return self._not_empty(self.text)
        return cut[: max(cut.rfind("\n"), cut.rfind("\r")) + 1]

    def _not_empty(self, text: str) -> str:
        if not text.strip():
            raise InputError(f"{self.name}: the file is empty.")
        return text

    def _fit(self, head: str, delimiter: str) -> tuple[float, bool, int]:
        """How well a delimiter fits: the share of the first lines that it cuts like the header, whether the header then
        names an id column, and how many columns there are.
        """
        cut = [spans(head, record, delimiter) for record in islice(records(head, delimiter), 50)]
        if not cut or len(cut[0]) < 2:
            return 0.0, False, 1
        alike = sum(len(found) == len(cut[0]) for found in cut[1:]) / max(len(cut) - 1, 1)
        names = {unquoted(head[start:end]).strip().casefold() for start, end in cut[0]}
        return alike + 1e-9, not names.isdisjoint(IDS), len(cut[0])

    def records(self) -> Iterator[Record]:
        """All records but the header; a quote that never closes is an error."""
        return islice(records(self.text, self.delimiter, self.name), 1, None)

    def fields(self, record: Record) -> list[str]:
        """The values of a record, unquoted."""
        raw = self.text[record.start : record.end]
        if '"' not in raw:
            return raw.split(self.delimiter)
        return [unquoted(self.text[start:end]) for start, end in spans(self.text, record, self.delimiter)]

    def spans(self, record: Record) -> list[tuple[int, int]]:
        """Where the fields of a record stand in the text, quotes included."""
        return spans(self.text, record, self.delimiter)

    @cached_property
    def _first(self) -> tuple[Record, list[str]]:
        record = next(iter(records(self._head, self.delimiter, self.name)))
        return record, [unquoted(self._head[a:b]) for a, b in spans(self._head, record, self.delimiter)]

    @property
    def first(self) -> Record:
        """Where the header stands."""
        return self._first[0]

    @property
    def header(self) -> list[str]:
        """The column names, letter for letter."""
        names = self._first[1]
        if not all(map(_is_utf8, names)):
            raise InputError(f"{self.name}, line 1: the header is not UTF-8. Save the file as UTF-8.")
        return names

    @property
    def newline(self) -> str:
        """The line end of the header."""
        record = self._first[0]
        return self._head[record.end : record.next] or "\n"

    @property
    def body(self) -> int:
        """The byte at which the rows begin, in UTF-8."""
        return len(self.bom) + len(self._head[: self._first[0].next].encode("utf-8", "surrogateescape"))

    def sample(self) -> list[list[str]]:
        """The first rows that are whole; InputError when there is none at all."""
        head, width = self._head, len(self.header)
        rows = [
            [unquoted(head[a:b]) for a, b in spans(head, record, self.delimiter)]
            for record in islice(records(head, self.delimiter), 1, SAMPLE)
        ]
        if not rows:
            raise InputError(f"{self.name}: there is a header and no rows.")
        return [row for row in rows if len(row) == width]

    def table(self, roles: Mapping[int, Role]) -> Table:
        """The columns that are asked for, read by Arrow; what it stumbles over is read again by hand, for the words."""
        columns = self._fast(roles) or self._by_hand(roles)
        return Table(self.name, self.header, columns, self._place, part(self.tell, PARSED, 1))

    def _place(self, row: int, column: int) -> str:
        line = next(islice(self.records(), row, None)).line
        return f"{self.name}, line {line}, column '{self.header[column]}'"

    def _fast(self, roles: Mapping[int, Role]) -> dict[int, Any] | None:
        head = self._first[0].next
        data, start = (self.data, self.body) if self.encoding == "utf-8" else (self.text[head:].encode(), 0)
        if data.startswith(codecs.BOM_UTF8, start) or not self._is_well_quoted(data, start):
            return None  # Arrow would eat a mark that belongs to the first id, and take a quote that is never closed
        rest = pa.py_buffer(data)[start:]
        return self._arrow(rest, roles, pa.binary(1)) or self._arrow(
            rest, roles, pa.dictionary(pa.int32(), pa.string())
        )

    def _is_well_quoted(self, data: bytes, start: int) -> bool:
        """Whether every quote opens or closes a whole field; looked at in pieces that end where a line does."""
        pattern, tell, length = WELL_QUOTED[self.delimiter], part(self.tell, 0, CHECKED), BLOCK
        if data.find(b'"', start) < 0:
            return True
        while start < len(data):
            cut = data.rfind(b"\n", start, start + length) + 1 if start + length < len(data) else len(data)
            found = pattern.match(data, start, cut) if cut > start else None
            end = found.end() if found else start
            if end == start and cut == len(data):
                return False
            length = BLOCK if end > start else 2 * length  # a quoted field may go over many lines
            start = end
            tell(start / len(data))
        return True

    def _arrow(self, data: Any, roles: Mapping[int, Role], label: Any) -> dict[int, Any] | None:
        """The columns as Arrow reads them; labels of one letter each (1, 0 or nothing) take a byte, others a code."""
        types = {LABEL: label, PROB: pa.float32(), CODE: pa.dictionary(pa.int32(), pa.string())}
        try:
            batches = pacsv.open_csv(
                pa.BufferReader(data),
                read_options=pacsv.ReadOptions(
                    column_names=[str(column) for column in range(len(self.header))], block_size=BLOCK
                ),
                parse_options=pacsv.ParseOptions(delimiter=self.delimiter, newlines_in_values=True),
                convert_options=pacsv.ConvertOptions(
                    column_types={str(column): types.get(role, pa.string()) for column, role in roles.items()},
                    include_columns=[str(column) for column in roles],
                    null_values=[""],
                    strings_can_be_null=LABEL in roles.values(),
                ),
            )
            told_of = told(batches, part(self.tell, CHECKED, PARSED), len(data) // BLOCK + 1, lambda batch: 1)
            found = pa.Table.from_batches(told_of, batches.schema)
        except pa.ArrowInvalid:
            return None
        return {column: found.column(str(column)) for column in roles}

    def _by_hand(self, roles: Mapping[int, Role]) -> dict[int, Any]:
        problems, width, broken = Problems(), len(self.header), not _is_utf8(self.text)
        texts: dict[int, list[str]] = {column: [] for column in roles}
        telling = part(self.tell, 0, PARSED)
        for at, record in enumerate(self.records()):
            if at % SAMPLE == 0:
                telling(record.start / len(self.text))
            fields = self.fields(record)
            if len(fields) != width:
                problems.add(f"{self.name}, line {record.line}: {many(len(fields), 'column')} where the header "
                             f"has {width}. Put a text that holds the delimiter in quotes.")  # fmt: skip
                continue
            for column, values in texts.items():
                values.append(fields[column])
                if broken and not _is_utf8(fields[column]):
                    values[-1] = ""
                    problems.add(f"{self.name}, line {record.line}, column '{self.header[column]}': this is not UTF-8. "
                                 "Save the file as UTF-8.")  # fmt: skip
        problems.stop()
        return {column: pa.array(values, pa.large_string()) for column, values in texts.items()}


def _is_utf8(text: str) -> bool:
    """Whether no half characters are in a text (they stand for bytes that were no UTF-8)."""
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


def _field(delimiter: str) -> re.Pattern[str]:
    return re.compile(rf'(?:"(?:[^"]++|"")*+("?))?[^{re.escape(delimiter)}\r\n]*+')


def _well_quoted(delimiter: str) -> re.Pattern[bytes]:
    """Every quote opens or closes a whole field, or is doubled inside one."""
    mark = re.escape(delimiter)
    pattern = rf'(?:[^"]*+(?<![^{mark}\r\n])"(?:[^"]++|"")*+"(?![^{mark}\r\n]))*+[^"]*+'
    return re.compile(pattern.encode())


FIELDS = {delimiter: _field(delimiter) for delimiter in DELIMITERS}
WELL_QUOTED = {delimiter: _well_quoted(delimiter) for delimiter in DELIMITERS}


def records(text: str, delimiter: str, name: str | None = None) -> Iterator[Record]:
    """The records of a text that are not empty. With a name, a quote that is never closed is an error."""
    at, line = 0, 1
    while at < len(text):
        found = NEWLINE.search(text, at)
        end = found.start() if found else len(text)
        lines = 1
        if text.find('"', at, end) >= 0:
            end = _end(text, at, delimiter, f"{name}, line {line}" if name else None)
            found = NEWLINE.match(text, end)
            lines += len(NEWLINE.findall(text, at, end))
        after = found.end() if found else len(text)
        if end > at:
            yield Record(line, at, end, after)
        at, line = after, line + lines


def _end(text: str, at: int, delimiter: str, where: str | None) -> int:
    """Where a record that holds quotes ends."""
    field = FIELDS[delimiter]
    while True:
        found = field.match(text, at)
        if found is None or (where and found[1] == ""):
            raise InputError(f"{where}: a quote is opened and never closed. Close it, or double it inside quotes.")
        if not text.startswith(delimiter, found.end()):
            return found.end()
        at = found.end() + 1


def spans(text: str, record: Record, delimiter: str) -> list[tuple[int, int]]:
    """Where the fields of a record stand, quotes included."""
    found, at, field = [], record.start, FIELDS[delimiter]
    while True:
        match = field.match(text, at, record.end)
        end = match.end() if match else record.end
        found.append((at, end))
        if end >= record.end:
            return found
        at = end + 1


def unquoted(raw: str) -> str:
    """The value of a field as it stands in the file."""
    if not raw.startswith('"'):
        return raw
    close = re.compile(r'"((?:[^"]++|"")*+)"?(.*)', re.DOTALL).match(raw)
    return close[1].replace('""', '"') + close[2] if close else raw


def quoted(value: str, delimiter: str) -> str:
    """A value as a field, in quotes where it must be."""
    if any(mark in value for mark in (delimiter, '"', "\n", "\r")):
        return '"' + value.replace('"', '""') + '"'
    return value


def requoted(value: str, raw: str, delimiter: str) -> str:
    """A value as the field that takes the place of `raw`: in quotes when that was, bare as long as that is possible."""
    if raw.startswith('"'):
        return '"' + value.replace('"', '""') + '"'
    bare = not value.startswith('"') and not any(mark in value for mark in (delimiter, "\n", "\r"))
    return value if bare and '"' in raw else quoted(value, delimiter)


def spliced(text: str, edits: list[tuple[int, int, str]]) -> str:
    """The text with spans replaced; the spans do not overlap."""
    parts, at = [], 0
    for start, end, new in sorted(edits):
        parts += [text[at:start], new]
        at = end
    return "".join([*parts, text[at:]])
