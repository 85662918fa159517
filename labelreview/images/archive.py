"""Pictures in a zip or tar, read in place: no member is ever written anywhere, so no member's name can do harm.

The members that are pictures are listed once and kept beside the thumbnails, sorted, so that an archive of a million
opens by memory map. Links, devices, hidden members and names that lead out (`../`, `/etc`) are left out.
"""

import io
import stat
import tarfile
import threading
import weakref
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from labelreview.errors import InputError
from labelreview.images.gunzip import Gunzip
from labelreview.images.names import is_picture
from labelreview.images.source import LARGEST, Original, Source, digest, unreadable
from labelreview.tags import Names

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz")
LOCAL_HEADER = 30
STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED
TAR = -1  # as a method: the bytes lie there as they are
BOMB = 1000  # times


class Member(NamedTuple):
    """Where a member's bytes are: in a zip behind a local header at `offset`, in a tar at `offset` itself."""

    name: str
    offset: int
    packed: int
    size: int
    method: int
    check: int


@dataclass(frozen=True)
class Index:
    """Members sorted by name; facts are (n, 5) int64 in the order of `Member`."""

    names: Names
    facts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, members: Iterable[Member]) -> "Index":
        known = {member.name: member for member in members}  # of the same name the last one, as unzip would leave it
        ordered = sorted(known)
        facts = np.array([known[name][1:] for name in ordered], np.int64).reshape(-1, 5)
        return cls(Names.of(ordered), facts)

    def member(self, name: str) -> Member | None:
        low, high = 0, len(self.names)
        while low < high:
            middle = (low + high) // 2
            if self.names[middle] < name:
                low = middle + 1
            else:
                high = middle
        there = low < len(self.names) and self.names[low] == name
        return Member(name, *map(int, self.facts[low])) if there else None

    def save(self, stem: Path) -> None:
        data = self.names.data if self.names.data.size else np.zeros(1, np.uint8)
        parts: dict[str, npt.NDArray[Any]] = {"data": data, "offsets": self.names.offsets, "facts": self.facts}
        for part, values in parts.items():  # the facts last: with them the index is whole
            partial = stem.with_name(f"{stem.name}.{part}.{threading.get_ident()}.tmp")
            with partial.open("wb") as file:
                np.save(file, values)
            partial.replace(stem.with_name(f"{stem.name}.{part}.npy"))

    @classmethod
    def load(cls, stem: Path) -> "Index":
        data, offsets, facts = (
            np.load(stem.with_name(f"{stem.name}.{part}.npy"), mmap_mode="r") for part in ("data", "offsets", "facts")
        )
        return cls(Names(data, offsets), facts)


class Archive(Source):
    """A zip, tar or tar.gz. `reach` opens it: a file of its own, or bytes elsewhere in which one can seek."""

    def __init__(
        self, where: str, reach: Callable[[], IO[bytes]], stamp: str, keep: Path | None = None, *, remote: bool = False
    ) -> None:
        super().__init__(where)
        self.remote, self._reach, self._stamp = remote, reach, stamp
        self._keep = keep / "archives" / digest(where, stamp) if keep else None
        self._lock = threading.Lock()
        self._file: IO[bytes] | None = None
        self._index: Index | None = None

    @classmethod
    def at(cls, path: Path, keep: Path | None = None) -> "Archive":
        path = path.resolve()
        try:
            status = path.stat()
        except OSError as error:
            raise InputError(f"{path}: this archive cannot be read ({error.strerror}). Check the path.") from None
        return cls(str(path), lambda: path.open("rb"), digest(status.st_mtime_ns, status.st_size), keep)

    @property
    def index(self) -> Index:
        """The members, listed once."""
        with self._lock:
            if self._index is None:
                self._index = self._kept_index() or self._new_index()
            return self._index

    def names(self) -> Iterator[str]:
        return iter(self.index.names)

    def version(self, name: str) -> str:
        return digest(self._stamp, name)

    def original(self, name: str) -> Original:
        member = self.index.member(name)
        if member is None:
            raise unreadable(name, f"is not in {self.where}")
        if member.size > LARGEST:
            raise unreadable(name, f"has {member.size:,} bytes, more than the {LARGEST:,} that are opened")
        if member.size > 1 << 20 and member.size > BOMB * max(member.packed, 1):
            raise unreadable(name, f"unpacks to {BOMB:,} times its size: it is not opened")
        try:
            with self._lock:
                data = self._bytes(member)
        except (OSError, zlib.error, EOFError) as error:
            raise unreadable(name, f"cannot be read from the archive ({error})") from None
        if len(data) != member.size or (member.method != TAR and zlib.crc32(data) != member.check):
            raise unreadable(name, "is damaged in the archive (its length or checksum is wrong)")
        return Original(name.rpartition("/")[2], data)

    def _bytes(self, member: Member) -> bytes:
        file = self._opened()
        if member.method == TAR:
            file.seek(member.offset)
            return file.read(member.size)
        file.seek(member.offset)
        header = file.read(LOCAL_HEADER)
        if header[:4] != b"PK\3\4" or len(header) < LOCAL_HEADER:
            raise OSError("no member begins there")
        file.seek(member.offset + LOCAL_HEADER + int.from_bytes(header[26:28], "little")
                  + int.from_bytes(header[28:30], "little"))  # fmt: skip
        packed = file.read(member.packed)
        if member.method == STORED:
            return packed
        if member.method == DEFLATED:
            return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, member.size + 1)
        raise OSError("it is encrypted, or packed in a way that is not read; use deflate or store")

    def _opened(self) -> IO[bytes]:
        if self._file is None:
            file = self._reach()
            weakref.finalize(self, file.close)
            self._file = cast(IO[bytes], io.BufferedReader(Gunzip(file))) if file.read(2) == b"\x1f\x8b" else file
        return self._file

    def _kept_index(self) -> Index | None:
        try:
            return Index.load(self._keep) if self._keep else None
        except (OSError, ValueError):
            return None

    def _new_index(self) -> Index:
        file = self._opened()
        file.seek(0)
        try:
            is_zip = file.read(4)[:2] == b"PK"
            file.seek(0)
            index = Index.of(_zipped(file) if is_zip else _tarred(file))
        except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, ValueError) as error:
            raise InputError(f"{self.where}: this archive cannot be read ({error}). Give a .zip, .tar or .tar.gz that "
                             "is whole.") from None  # fmt: skip
        if self._keep and len(index.names):
            self._keep.parent.mkdir(parents=True, exist_ok=True)
            index.save(self._keep)
        return index


def _zipped(file: IO[bytes]) -> Iterator[Member]:
    with zipfile.ZipFile(file) as opened:
        for info in opened.infolist():
            name = info.filename.replace("\\", "/")  # as some programs on Windows write it
            is_link = stat.S_ISLNK(info.external_attr >> 16)
            if info.is_dir() or is_link or not is_picture(name):
                continue
            method = info.compress_type if not info.flag_bits & 1 else 99
            yield Member(name, info.header_offset, info.compress_size, info.file_size, method, info.CRC)


def _tarred(file: IO[bytes]) -> Iterator[Member]:
    with tarfile.open(fileobj=file, mode="r:") as opened:
        for info in opened:
            name = info.name.removeprefix("./")
            if info.isreg() and not info.sparse and is_picture(name):
                yield Member(name, info.offset_data, info.size, info.size, TAR, 0)
            opened.members.clear()  # type: ignore[attr-defined]  # the index is ours: a million of these would fill the memory
