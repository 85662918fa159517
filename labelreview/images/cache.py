"""Small pictures kept on disk up to a limit; those not looked at for longest go first.

Several processes share one folder: a file is written under another name and then renamed, and looking at one moves its
time. `put` counts what this process adds, and looks at the whole folder after every twentieth of the limit.
"""

import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from labelreview.images.opening import Picture

TYPES = {".jpg": "image/jpeg", ".webp": "image/webp"}
LOOK_AFTER = 0.05  # of the limit
LEAVE = 0.9  # of the limit, so that not every new one has to push out an old one
FRESH = 60.0  # seconds in which a time need not be moved again
STALE = 600.0


class Cache:
    """A folder of pictures by key, at most `limit` bytes (and what is added between two looks)."""

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder, self.limit = folder, limit
        self._added = float("inf")  # nothing is known yet: look with the first one

    def get(self, key: str) -> Picture | None:
        """A kept picture, from now on the one looked at last."""
        for suffix, media_type in TYPES.items():
            path = self._path(key, suffix)
            try:
                data = path.read_bytes()
            except OSError:
                continue
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > FRESH:
                    os.utime(path)
            return Picture(data, media_type)
        return None

    def has(self, key: str) -> bool:
        return any(self._path(key, suffix).exists() for suffix in TYPES)

    def put(self, key: str, picture: Picture) -> None:
        """Keep a picture; a full disk makes pictures slower, not impossible."""
        suffix = next(suffix for suffix, media_type in TYPES.items() if media_type == picture.media_type)
        target = self._path(key, suffix)
        partial = target.with_suffix(f".{uuid.uuid4().hex}.tmp")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(picture.data)
            partial.replace(target)
        except OSError:
            with suppress(OSError):
                partial.unlink()
        self._added += len(picture.data)

    def trim(self) -> None:
        """When enough was added: delete the oldest until the limit holds."""
        if self._added < LOOK_AFTER * self.limit:
            return
        with self._alone() as alone:
            if alone:
                self._added = 0
                self._delete_oldest()

    def _delete_oldest(self) -> None:
        found = sorted(self._files())
        total, now = sum(size for _, size, _ in found), time.time()
        stop = LEAVE * self.limit if total > self.limit else self.limit
        for moment, size, path in found:
            is_left_over = path.suffix == ".tmp" and now - moment > STALE
            if total <= stop and not is_left_over:
                continue
            with suppress(OSError):
                path.unlink()
                total -= size

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        """When each was looked at last, its size, its path."""
        for path in self.folder.glob("[0-9a-f][0-9a-f]/*"):
            with suppress(OSError):
                status = path.stat()
                yield status.st_mtime, status.st_size, path

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Whether no other process is trimming just now."""
        lock = self.folder / "trimming"
        try:
            with suppress(OSError):
                if time.time() - lock.stat().st_mtime > STALE:
                    lock.unlink()  # of a process that died
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except OSError:
            yield False
            return
        try:
            yield True
        finally:
            with suppress(OSError):
                lock.unlink()

    def _path(self, key: str, suffix: str) -> Path:
        return self.folder / key[:2] / f"{key}{suffix}"
