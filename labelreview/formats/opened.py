"""A file or a folder of files, opened for reading: nothing is ever written to it.

What a reader takes from it is remembered in `kept`, so that a project keeps all that an export needs: the file itself,
a second file beside it (`NAME.xml`, `NAME.ids.txt`), or the files of a folder.
"""

import codecs
import io
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import IO, TypeVar

from labelreview.errors import InputError, NotFound
from labelreview.formats import limits
from labelreview.formats.cells import Kind
from labelreview.formats.csvtext import BOMS, CsvText
from labelreview.formats.jsontext import JsonText
from labelreview.formats.parquetfile import MAGIC, ParquetFile
from labelreview.formats.telling import Tell, nothing, part

HEAD = 1 << 16
BLOCK = 1 << 24
LOADED = 0.2  # the share of reading a file that is done once its bytes are in memory
T = TypeVar("T")

__all__ = ["Kind", "Opened", "as_lines", "lines_of"]


class Opened:
    """A path, its name for messages, and its bytes once they are asked for. `tell` hears how far reading it is."""

    def __init__(self, path: str | Path, tell: Tell = nothing) -> None:
        self.path, self.where, self.tell = str(path), Path(path), tell
        if self.where.name in ("", ".."):
            self.where = self.where.resolve()
        self.name = self.where.name
        self._kept: dict[str, Path] = {}

    @classmethod
    def at(cls, path: str | Path, tell: Tell = nothing) -> "Opened":
        opened = cls(path, tell)
        if not opened.is_folder:
            opened._guarded(opened.where, lambda file: file.read(1))
        return opened

    @cached_property
    def is_folder(self) -> bool:
        return self.where.is_dir()

    @property
    def kept(self) -> dict[str, Path]:
        """What was read, by its name in the folder that the path stands in."""
        return self._kept if self.is_folder else {self.name: self.where} | self._kept

    @cached_property
    def head(self) -> bytes:
        """The first bytes, so that a big file is recognised without reading it."""
        return b"" if self.is_folder else self._guarded(self.where, lambda file: file.read(HEAD))

    @cached_property
    def data(self) -> bytes:
        if self.is_folder:
            raise InputError(f"{self.path} is a folder. Give the file that holds the labels or predictions.")
        return self._guarded(self.where, self._bytes)

    def text_bytes(self) -> bytes:
        """The bytes of a file of lines; a line of absurd length is an error before it is in memory."""
        tell, size = part(self.tell, 0, LOADED / 2), max(self.where.stat().st_size, 1)
        self._guarded(self.where, lambda file: limits.check_lines(self.name, file, lambda read: tell(read / size)))
        return self.data

    def _bytes(self, file: IO[bytes]) -> bytes:
        """All bytes, block by block, so that whoever listens hears how far it is."""
        whole, size, tell = io.BytesIO(), max(self.where.stat().st_size, 1), part(self.tell, LOADED / 2, LOADED)
        while block := file.read(BLOCK):
            whole.write(block)
            tell(whole.tell() / size)
        return whole.getvalue()

    def beside(self, suffix: str) -> bytes | None:
        """The bytes of the file of the same stem and another suffix, or None."""
        path = self.where.with_name(self.where.stem + suffix)
        if not path.is_file():
            return None
        self._kept[path.name] = path
        limits.check_part(path.name, path.stat().st_size)
        return self._guarded(path, lambda file: file.read())

    def listed_beside(self, suffix: str) -> list[str] | None:
        """The lines of a text file beside this one, or None; an empty line at the end does not count."""
        data = self.beside(suffix)
        if data is None:
            return None
        name = self.where.stem + suffix
        return lines_of(name, data)

    def found(self, pattern: str) -> list[str]:
        """The files of this folder that match, relative to it, in order."""
        return sorted(path.relative_to(self.where).as_posix() for path in self.where.glob(pattern) if path.is_file())

    def read(self, relative: str) -> bytes:
        """A file of this folder; one that leads out of it by a link is refused."""
        path = self.where / relative
        if not path.resolve().is_relative_to(self.where.resolve()):
            raise InputError(f"{path}: this link leads out of the folder. Put the file itself there.")
        self._kept[f"{self.name}/{relative}"] = path
        limits.check_part(relative, path.stat().st_size if path.exists() else 0)
        return self._guarded(path, lambda file: file.read())

    def _guarded(self, path: Path, read: Callable[[IO[bytes]], T]) -> T:
        try:
            with path.open("rb") as file:
                return read(file)
        except FileNotFoundError:
            raise NotFound(f"There is no file '{path}'. Check the path.") from None
        except OSError as error:
            raise InputError(f"{path}: this file cannot be read ({error.strerror}). Check who may read it.") from None

    @property
    def is_parquet(self) -> bool:
        return self.head.startswith(MAGIC)

    @property
    def first_line(self) -> str:
        """The first line of a text file, for recognising it; '' where there is none."""
        mark = next((mark for mark in BOMS if self.head.startswith(mark)), b"")
        text = self.head[len(mark) :].decode(BOMS.get(mark, "utf-8"), "replace")
        return next(iter(text.splitlines()), "")

    @cached_property
    def csv(self) -> CsvText:
        if self.is_parquet:
            raise InputError(f"{self.name}: this is a Parquet file. Choose a Parquet format for it.")
        self._not_empty()
        return CsvText(self.name, self.text_bytes(), part(self.tell, LOADED, 1))

    @cached_property
    def parquet(self) -> ParquetFile:
        self._not_empty()
        if not self.is_parquet:
            raise InputError(f"{self.name}: this is no Parquet file. Choose a text format for it.")
        return ParquetFile(self.name, self.data, part(self.tell, LOADED, 1))

    @cached_property
    def json(self) -> JsonText:
        self._not_empty()
        limits.check_json(self.name, self.where.stat().st_size)
        return JsonText(self.name, self.data)

    def _not_empty(self) -> None:
        if not self.is_folder and not self.head:
            raise InputError(f"{self.name}: the file is empty.")


def lines_of(name: str, data: bytes) -> list[str]:
    """The lines of a list of names, letter for letter but for the mark (BOM) and the line ends."""
    mark = next((mark for mark in BOMS if data.startswith(mark)), b"")
    try:
        text = data[len(mark) :].decode(BOMS.get(mark, "utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(f"{name}, byte {error.start}: this is not UTF-8. Save the file as UTF-8.") from None
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n")


def as_lines(names: Iterable[str]) -> bytes:
    """Names, one a line; a mark (BOM) that belongs to the first name has another before it."""
    data = "".join(f"{name}\n" for name in names).encode()
    return codecs.BOM_UTF8 + data if data.startswith(codecs.BOM_UTF8) else data
