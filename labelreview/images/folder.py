"""Pictures in a folder. Links that lead out of it are refused."""

import os
from collections.abc import Iterator
from pathlib import Path

from labelreview.errors import InputError, Refused
from labelreview.images.names import is_picture
from labelreview.images.source import Original, Source, digest, unreadable


class Folder(Source):
    """A folder and all that is below it."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path.resolve()))
        self.path, self._root = path, os.path.abspath(path)

    def names(self) -> Iterator[str]:
        if not self.path.is_dir():
            raise InputError(f"{self.path} is not a folder. Name the folder that holds the images.")
        for parent, folders, files in os.walk(self.path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(files):
                relative = Path(parent, name).relative_to(self.path).as_posix()
                if is_picture(relative):
                    yield relative

    def version(self, name: str) -> str:
        try:
            status = os.stat(inside(self._root, name))
        except OSError as error:
            raise unreadable(name, f"cannot be read ({error.strerror})") from None
        return digest(f"{status.st_mtime_ns} {status.st_size}")

    def original(self, name: str) -> Original:
        return Original(name.rpartition("/")[2], Path(inside(self._root, name)))


def inside(folder: str, relative: str) -> str:
    """The file at a relative path; Refused when it, or a link on the way, leads out of the folder.

    Asked for each picture of each question: paths stay text, and are followed only where a part of them is a link.
    """
    if plain := _without_links(folder, relative):
        return plain
    root = os.path.realpath(folder)
    target = root if "\0" in relative else os.path.realpath(os.path.join(root, relative))
    if target == root or not target.startswith(os.path.join(root, "")):
        raise Refused(f"'{relative[:200]}' is not inside the image folder.")
    return target


def _without_links(folder: str, relative: str) -> str:
    """The path, where it can only lead down and no part of it is a link; '' where that is not plain."""
    parts = relative.split("/")
    if os.sep != "/" or "\0" in relative or not {"", ".", ".."}.isdisjoint(parts):
        return ""
    path = folder
    for part in parts:
        path = f"{path}/{part}"
        if os.path.islink(path):
            return ""
    return path
