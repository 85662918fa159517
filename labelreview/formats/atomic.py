"""Write a file whole or not at all: a crash leaves what was there before."""

import os
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from labelreview.errors import InputError, NotFound, Refused


@contextmanager
def replacing(path: str | Path, *, overwrite: bool = False) -> Iterator[IO[bytes]]:
    """A temporary file beside `path` that takes its place once all is written and on disk."""
    target = Path(os.path.realpath(path))
    check_free(target, overwrite)
    handle, temporary = _temporary(target)
    try:
        with _told(path), os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _mode(target))
        _move(temporary, target, overwrite)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary)


def _temporary(target: Path) -> tuple[int, str]:
    try:
        return tempfile.mkstemp(prefix=f".{target.name[:40]}.", suffix=".part", dir=target.parent)
    except OSError as error:
        raise InputError(f"{target}: cannot write into this folder ({error.strerror}). Choose another one.") from None


@contextmanager
def _told(path: str | Path) -> Iterator[None]:
    """A full disk, in words."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{path}: this cannot be written ({error.strerror}), and nothing was changed. Make room, or "
                         "write somewhere else.") from None  # fmt: skip


def write_folder(path: str | Path, files: Mapping[str, bytes], *, overwrite: bool = False) -> None:
    """Files by their relative paths, as a folder that appears whole or, where `path` ends in .zip, as a zip.

    A folder that is there already is refused; with `overwrite` each of the files takes its place in it, and all other
    files there stay.
    """
    target = Path(path)
    if target.suffix.lower() == ".zip":
        with replacing(target, overwrite=overwrite) as out:
            _zip(out, files)
    elif target.exists():
        if not (overwrite and target.is_dir()):
            raise _there(target)
        _write_all(target, files)
    else:
        if not target.parent.is_dir():
            raise NotFound(f"There is no folder '{target.parent}'. Make it first, or write somewhere else.")
        partial = Path(tempfile.mkdtemp(prefix=f".{target.name[:40]}.", suffix=".part", dir=target.parent))
        try:
            _write_all(partial, files)
            os.chmod(partial, _mode(partial / "new", 0o777))
            os.rename(partial, target)
        except OSError as error:
            raise InputError(f"{path}: the folder cannot be written ({error.strerror}).") from None
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _write_all(folder: Path, files: Mapping[str, bytes]) -> None:
    """All files beside their places first; then each takes its own."""
    staged: dict[str, Path] = {}
    try:
        for name, data in files.items():
            target = Path(os.path.realpath(folder / name))
            if not target.is_relative_to(folder.resolve()):
                raise InputError(f"{folder / name} leads out of the folder. Nothing is written there.")
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = _temporary(target)
            staged[temporary] = target
            with _told(target), os.fdopen(handle, "wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
            os.chmod(temporary, _mode(target))
        for temporary, target in staged.items():
            _move(temporary, target, overwrite=True)
    finally:
        for temporary in staged:
            with suppress(FileNotFoundError):
                os.unlink(temporary)


def _zip(out: IO[bytes], files: Mapping[str, bytes]) -> None:
    """The same files give the same bytes: no time of writing is in them."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)


def check_free(target: Path, overwrite: bool) -> None:
    """Refuse a place where nothing can be written, or where something is that may not be overwritten."""
    if not target.parent.is_dir():
        raise NotFound(f"There is no folder '{target.parent}'. Make it first, or write somewhere else.")
    if target.is_dir():
        raise InputError(f"{target} is a folder. Give the name of a file.")
    if target.exists() and not overwrite:
        raise _there(target)


def _there(target: Path) -> Refused:
    return Refused(f"{target} is there already, and nothing was written. Choose another name, or say --overwrite.")


def _mode(target: Path, wanted: int = 0o666) -> int:
    """The mode that the file has, or that a new file would get (temporary files are for their owner alone)."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return wanted & ~mask


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
