"""JSON, read value by value with the place of each, so that a writer can change one value and leave all else alone.

Values are parsed one at a time by the standard library: a list of a million annotations is never in memory as a whole.
"""

import codecs
import json
import re
from collections.abc import Generator, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple, NoReturn

from labelreview.errors import InputError

Edit = tuple[int, int, str]
SPACE = re.compile(r"[ \t\n\r]*")


class Value(NamedTuple):
    """A member of an object (key is its name) or an element of a list (key is its position): text[start:end]."""

    key: Any
    value: Any
    start: int
    end: int


class JsonText:
    """The text of one JSON file. `name` stands in error messages."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name, self.data = name, data
        self.bom = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
        self._scan = json.JSONDecoder().raw_decode

    @cached_property
    def text(self) -> str:
        try:
            return self.data[len(self.bom) :].decode()
        except UnicodeDecodeError as error:
            place = f"{self.name}, byte {error.start + len(self.bom)}"
            raise InputError(f"{place}: this is not UTF-8. Save the file as UTF-8.") from None

    def encoded(self, text: str) -> bytes:
        """The bytes of a changed text, with the mark that the file came with."""
        return self.bom + text.encode()

    @property
    def start(self) -> int:
        """Where the outermost value begins."""
        return self._skip(0)

    def members(self, at: int, *, lists: frozenset[str] = frozenset()) -> Iterator[Value]:
        """The members of the object that begins at `at`. Of the lists named in `lists` each element comes by itself,
        with the member's name as its key.
        """
        at = self._expect(at, "{")
        while self.text[at : at + 1] != "}":
            start = at
            key, at = self._value(at)
            if not isinstance(key, str):
                self._stop(start, "a member of an object has no name")
            at = self._expect(at, ":")
            if key in lists and self.text[at : at + 1] == "[":
                at = yield from self._elements(at, key)
            else:
                value, end = self._value(at)
                yield Value(key, value, at, end)
                at = end
            at = self._next(at, "}")

    def elements(self, at: int) -> Iterator[Value]:
        """The elements of the list that begins at `at`; their keys are their positions."""
        return self._elements(at)

    def _elements(self, at: int, key: str | None = None) -> Generator[Value, None, int]:
        at, count = self._expect(at, "["), 0
        while self.text[at : at + 1] != "]":
            value, end = self._value(at)
            yield Value(count if key is None else key, value, at, end)
            at, count = self._next(end, "]"), count + 1
        return at + 1

    def member(self, at: int, name: str) -> Value | None:
        """A member of an object by its name."""
        return next((value for value in self.members(at) if value.key == name), None)

    def whole(self) -> Iterator[Value]:
        """The outermost values, one after the other: one in a JSON file, one a line in JSON Lines."""
        at, count = self._skip(0), 0
        while at < len(self.text):
            value, end = self._value(at)
            yield Value(count, value, at, end)
            at, count = self._skip(end), count + 1

    def appended(self, found: Value, new: Sequence[str]) -> Edit:
        """The edit that puts values, or `"name": value`, at the end of a list or an object."""
        last = len(self.text[found.start : found.end - 1].rstrip()) + found.start
        return last, last, (", " if last > found.start + 1 else "") + ", ".join(new)

    def place(self, at: int) -> str:
        """Where a position stands, for a message."""
        line = self.text.count("\n", 0, at) + 1
        return f"{self.name}, line {line}, column {at - self.text.rfind(chr(10), 0, at)}"

    def complain(self, at: int, what: str) -> NoReturn:
        """Raise InputError for what stands at a position."""
        raise InputError(f"{self.place(at)}: {what}")

    def _skip(self, at: int) -> int:
        found = SPACE.match(self.text, at)
        return found.end() if found else at

    def _expect(self, at: int, mark: str) -> int:
        """The position after a mark and the space behind it."""
        at = self._skip(at)
        if self.text[at : at + 1] != mark:
            self._stop(at, f"'{mark}' is expected, and there is '{self.text[at : at + 20]}'")
        return self._skip(at + 1)

    def _next(self, at: int, last: str) -> int:
        """The position of the next value, or of the bracket that ends them."""
        at = self._skip(at)
        if self.text[at : at + 1] == last:
            return at
        at = self._expect(at, ",")
        if self.text[at : at + 1] == last:
            self._stop(at, "a value is expected after the comma")
        return at

    def _value(self, at: int) -> tuple[Any, int]:
        try:
            return self._scan(self.text, at)
        except json.JSONDecodeError as error:
            self._stop(error.pos, error.msg[:1].lower() + error.msg[1:])
        except RecursionError:
            self._stop(at, "values are nested too deep")
        except ValueError as error:  # a number of thousands of digits
            self._stop(at, str(error))

    def _stop(self, at: int, what: str) -> NoReturn:
        raise InputError(f"{self.place(at)}: {what}. This is no valid JSON; write the file again.")


def dumped(value: object) -> str:
    """A value as JSON that keeps every letter readable."""
    return json.dumps(value, ensure_ascii=False)
