"""Where pictures come from: a folder, an archive, the web, a cloud store. A source names them, reads them, and says
when one changed. Nothing is ever written to it.

A picture's *name* is its path below the source, with `/`; on the web it may be a whole URL.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from labelreview.errors import InputError
from labelreview.images.names import matched

LARGEST = 512 << 20  # bytes of one picture that is read into memory
AHEAD, READERS = 32, 8


@dataclass(frozen=True)
class Original:
    """A picture as it came: a file, or its bytes."""

    name: str
    content: Path | bytes

    @property
    def size(self) -> int:
        return len(self.content) if isinstance(self.content, bytes) else self.content.stat().st_size

    def read(self) -> bytes:
        return self.content if isinstance(self.content, bytes) else self.content.read_bytes()

    def head(self, length: int) -> bytes:
        if isinstance(self.content, bytes):
            return self.content[:length]
        with self.content.open("rb") as file:
            return file.read(length)


class Source:
    """What every source does. `where` is how a project remembers it; a `remote` one answers late or not at all."""

    remote = False

    def __init__(self, where: str) -> None:
        self.where = where

    def names(self) -> Iterator[str]:
        """All pictures, in order; InputError where they cannot be listed."""
        raise NotImplementedError

    def found(self, ids: Sequence[str]) -> list[str]:
        """For each id the name of its picture; '' where there is none."""
        return matched(self.names(), ids)

    def version(self, name: str) -> str:
        """A short text that changes when the picture does; InputError when it is gone."""
        raise NotImplementedError

    def original(self, name: str) -> Original:
        """The picture itself. InputError says why it cannot be had, in bounded time."""
        raise NotImplementedError


def digest(*parts: object, length: int = 12) -> str:
    """A short text that stands for some facts."""
    return hashlib.sha256("\0".join(map(str, parts)).encode("utf-8", "surrogatepass")).hexdigest()[:length]


def unreadable(name: str, why: str) -> InputError:
    """The error that becomes a picture's placeholder."""
    return InputError(f"Image '{name.rpartition('/')[2][:200]}' {why}.")


class Ahead:
    """The originals of a source in the order of `names`, read ahead by several threads where the source is remote."""

    def __init__(self, source: Source, names: Iterable[str]) -> None:
        self._source, self._coming = source, iter(names)
        self._pool = ThreadPoolExecutor(READERS, "labelreview-reader") if source.remote else None
        self._read: dict[str, Future[Original]] = {}

    def __enter__(self) -> "Ahead":
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._pool:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def original(self, name: str) -> Original:
        """One of the names, best asked for in their order."""
        if self._pool is None:
            return self._source.original(name)
        while len(self._read) < AHEAD and (coming := next(self._coming, None)) is not None:
            self._read[coming] = self._pool.submit(self._source.original, coming)
        future = self._read.pop(name, None)
        return future.result() if future else self._source.original(name)
