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
        self.path = path

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
            status = inside(self.path, name).stat()
        except OSError as error:
            raise unreadable(name, f"cannot be read ({error.strerror})") from None
        return digest(f"{status.st_mtime_ns} {status.st_size}")

    def original(self, name: str) -> Original:
        return Original(name.rpartition("/")[2], inside(self.path, name))


def inside(folder: Path, relative: str) -> Path:
    """The file at a relative path; Refused when it, or a link on the way, leads out of the folder."""
    root = folder.resolve()
    target = root if "\0" in relative else (root / relative).resolve()
    if not target.is_relative_to(root) or target == root:
        raise Refused(f"'{relative[:200]}' is not inside the image folder.")
    return target
