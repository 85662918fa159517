"""Write a file whole or not at all: a crash leaves what was there before."""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from labelreview.errors import InputError, NotFound, Refused


@contextmanager
def replacing(path: str | Path, *, overwrite: bool = False) -> Iterator[IO[bytes]]:
    """A temporary file beside `path` that takes its place once all is written and on disk."""
    target = Path(os.path.realpath(path))
    _check(target, overwrite)
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name[:80]}.", suffix=".part", dir=target.parent)
    except OSError as error:
        raise InputError(f"{path}: cannot write into this folder ({error.strerror}). Choose another one.") from None
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _mode(target))
        _move(temporary, target, overwrite)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary)


def _check(target: Path, overwrite: bool) -> None:
    if not target.parent.is_dir():
        raise NotFound(f"There is no folder '{target.parent}'. Make it first, or write somewhere else.")
    if target.is_dir():
        raise InputError(f"{target} is a folder. Give the name of a file.")
    if target.exists() and not overwrite:
        raise _there(target)


def _there(target: Path) -> Refused:
    return Refused(f"{target} is there already, and nothing was written. Choose another name, or allow overwriting.")


def _mode(target: Path) -> int:
    """The mode that the file has, or that a new file would get (temporary files are for their owner alone)."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _move(temporary: str, target: Path, overwrite: bool) -> None:
    if not overwrite:
        try:
            os.link(temporary, target)  # fails when the file appeared meanwhile; os.replace would swallow it
        except FileExistsError:
            raise _there(target) from None
        except OSError:
            overwrite = True  # a file system without hard links
    if overwrite:
        os.replace(temporary, target)
    with suppress(OSError):
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
