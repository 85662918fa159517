"""Pictures: where they come from (a folder, an archive, the web, a store), opened safely, made small and kept.

`opened(where)` gives a `Source`; what is done with a picture takes its `Original`. `Thumbnails` makes the small ones.
"""

import io
from pathlib import Path

from labelreview.errors import InputError, LabelReviewError, Refused
from labelreview.images import archive, cloud, web
from labelreview.images.folder import Folder
from labelreview.images.names import matched
from labelreview.images.opening import Picture, fingerprint, made, open_image, pixels, problem
from labelreview.images.source import Ahead, Original, Source
from labelreview.images.thumbnails import Thumbnails, kept_in
from labelreview.images.web import Listed

__all__ = [
    "Ahead",
    "Listed",
    "Original",
    "Picture",
    "Source",
    "Thumbnails",
    "fingerprint",
    "kept_in",
    "made",
    "matched",
    "open_image",
    "opened",
    "pixels",
    "problem",
    "problem_of",
]

ARCHIVES = ("zip", "tar")


def opened(where: str | Path | Source, *, private: bool = False, keep: Path | None = None) -> Source:
    """The source at a path or URL; nothing is listed or fetched yet, except an archive's place.

    `private`: addresses inside private networks may be asked. `keep`: a folder for what is worth keeping, such as the
    members of an archive. Refused for what is not read from, InputError for what is not there.
    """
    if isinstance(where, Source):
        return where
    text = str(where)
    kind, chained, inner = text.partition("::")
    if chained and kind in ARCHIVES and "::" not in inner:
        return _archive(inner, text, private, keep)
    if chained and "://" in text:
        raise Refused(f"{text}: only zip:: and tar:: may stand before another address.")
    if "://" not in text:
        path = Path(text).expanduser()
        return archive.Archive.at(path, keep) if path.is_file() else Folder(path)
    if text.lower().partition("?")[0].endswith(archive.SUFFIXES):
        return _archive(text, text, private, keep)
    return web.Web(text, private=private) if web.is_url(text) else cloud.Cloud(text, private=private)


def problem_of(ahead: Ahead, name: str) -> str:
    """Why a picture of a source cannot be shown; '' when all is well."""
    try:
        return problem(ahead.original(name))
    except LabelReviewError as error:
        return str(error)


def _archive(inner: str, where: str, private: bool, keep: Path | None) -> Source:
    if "://" not in inner:
        return archive.Archive.at(Path(inner).expanduser(), keep)
    if not web.is_url(inner):
        reach, stamp = cloud.opened_file(inner, private)
        return archive.Archive(where, reach, stamp, keep, remote=True)
    try:
        file = web.Ranges(inner, private=private)
    except OSError as error:
        raise InputError(f"{inner}: the archive {error}.") from None
    return archive.Archive(where, lambda: io.BufferedReader(file, web.RANGE), file.stamp, keep, remote=True)
