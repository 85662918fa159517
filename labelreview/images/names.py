"""Which file is whose picture: names of pictures, matched to ids."""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".jp2", ".ppm", ".pgm",
            ".dcm", ".dicom")  # fmt: skip


def is_picture(name: str) -> bool:
    """Whether a relative name is that of a picture: by its suffix, not hidden, inside its folder.

    >>> [is_picture(name) for name in ("a/b.JPG", "../b.jpg", "/b.jpg", "a/.b.jpg", "__MACOSX/b.jpg", "a.txt")]
    [True, False, False, False, False, False]
    """
    return name.lower().endswith(SUFFIXES) and is_inside(name) and not is_hidden(name)


def is_hidden(name: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))


def is_inside(name: str) -> bool:
    """Whether a name stays below where it begins, on every system.

    >>> [is_inside(name) for name in ("a..b/c.jpg", "a/../../c", "/c", "a\\\\..\\\\c", "C:/c", "", "a\\0")]
    [True, False, False, False, False, False, False]
    """
    odd = not name or "\0" in name or "\\" in name or name.startswith("/") or name[1:2] == ":"
    return not odd and ".." not in name.split("/")


def matched(files: Iterable[str], ids: Iterable[str]) -> list[str]:
    """For each id the one of the files that it means; '' where there is none.

    An id is a path, or the end of one path alone (the file's name, or with folders before it), each with or without
    suffix.

    >>> matched(["photos/a/1.jpg", "photos/b/1.jpg", "photos/b/2.jpg"], ["photos/a/1.jpg", "b/1", "2", "1.jpg"])
    ['photos/a/1.jpg', 'photos/b/1.jpg', 'photos/b/2.jpg', '']
    """
    paths: dict[str, str] = {}
    ends: dict[str, str] = {}
    wanted = list(ids)
    asked = set(wanted)
    for relative in files:
        tails = ((ends, tail) for tail in _tails(relative))
        for known, tail in ((paths, relative), *tails):
            for key in {tail, _stem(tail)} & asked:
                known[key] = relative if known.get(key, relative) == relative else _preferred(known, key, relative)
    return [paths.get(item) or ends.get(item, "") for item in wanted]


def _tails(path: str) -> Iterator[str]:
    """The ends of a path: with fewer folders before the name, down to the name alone."""
    while "/" in path:
        _, _, path = path.partition("/")
        yield path


def _stem(name: str) -> str:
    return name[: -len(suffix)] if (suffix := PurePosixPath(name).suffix) else name


def _preferred(known: dict[str, str], key: str, relative: str) -> str:
    """Two files for one key: of the same path but suffix the first one, otherwise none, since it would be a guess."""
    return known[key] if _stem(known[key]) == _stem(relative) else ""
