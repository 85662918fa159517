"""A gzip file in which one can seek: every 16 MB the state of the decompressor is remembered (about 50 KB each)."""

import io
import threading
import zlib
from typing import IO, Any

STEP = 16 << 20
BLOCK = 1 << 16
GZIP = 31


class Gunzip(io.RawIOBase):
    """The unpacked bytes of a gzip file, read from any place; one thread at a time."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._at, self._lock = file, 0, threading.Lock()
        self._marks: list[tuple[int, int, Any]] = [(0, 0, zlib.decompressobj(GZIP))]  # unpacked, packed, state
        self._here: tuple[int, int, Any, bytes] = (0, 0, self._marks[0][2].copy(), b"")
        self._end: int | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_END:
            raise io.UnsupportedOperation("the end is not known before it is reached")
        self._at = offset + (self._at if whence == io.SEEK_CUR else 0)
        return self._at

    def readinto(self, buffer: Any) -> int:
        data = self.at(self._at, len(buffer))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def at(self, place: int, length: int) -> bytes:
        """Some bytes from a place; fewer at the end. zlib.error or EOFError where the file is damaged."""
        with self._lock:
            here, _, _, ready = self._here
            mark = max((mark for mark in self._marks if mark[0] <= place), key=lambda mark: mark[0])
            if place < here or mark[0] > here + len(ready):
                self._here = (mark[0], mark[1], mark[2].copy(), b"")
            parts, wanted = [], length
            while wanted > 0:
                start, packed, state, ready = self._here
                skip = place - start
                if skip < len(ready):
                    piece = ready[skip : skip + wanted]
                    parts.append(piece)
                    place, wanted = place + len(piece), wanted - len(piece)
                elif not self._next(start + len(ready), packed, state):
                    break
            return b"".join(parts)

    def _next(self, start: int, packed: int, state: Any) -> bool:
        """Unpack the next block; False at the end."""
        self._file.seek(packed)
        block = self._file.read(BLOCK)
        if not block:
            if not state.eof and start != self._end:
                raise EOFError("the file ends too early")
            return False
        if state.eof:
            if not block.strip(b"\0"):
                return False
            state = zlib.decompressobj(GZIP)
        ready = state.decompress(block, 1 << 20)
        used = len(block) - len(state.unconsumed_tail) - len(state.unused_data)
        self._here = (start, packed + used, self._kept(start, len(ready), packed + used, state), ready)
        self._end = start + len(ready) if state.eof else None
        return True

    def _kept(self, start: int, made: int, packed: int, state: Any) -> Any:
        if start + made - self._marks[-1][0] >= STEP:
            self._marks.append((start + made, packed, state.copy()))
        return state
