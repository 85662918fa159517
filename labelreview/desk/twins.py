"""Which items of a project look alike, by the fingerprints of their pictures; found once, in the background."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from labelreview import images
from labelreview.desk.folder import Folder
from labelreview.errors import LabelReviewError
from labelreview.scoring.duplicates import same_pictures

MOST_ITEMS = 20_000  # some minutes of decoding; larger projects are asked without spreading
MOST_FAR = 2_000  # of a remote source, where each is fetched whole


class Stopped(Exception):
    """The project was closed before all pictures were looked at."""


def groups(
    folder: Folder, pictures: Callable[[], images.Source], stopped: Callable[[], bool]
) -> npt.NDArray[np.int64] | None:
    """(N,) numbers, equal for items that look alike, kept beside the data; None without pictures or for too many."""
    try:
        if not folder.card.images or len(folder.dataset.ids) > (MOST_FAR if pictures().remote else MOST_ITEMS):
            return None
        return folder.kept("twins", lambda: _groups(folder, pictures(), stopped))
    except (Stopped, LabelReviewError):
        return None


def _groups(folder: Folder, source: images.Source, stopped: Callable[[], bool]) -> npt.NDArray[np.int64]:
    codes, seen = [], []
    with images.Ahead(source, filter(None, folder.images)) as ahead:
        for row, name in enumerate(folder.images):
            if stopped():
                raise Stopped
            try:
                code = images.fingerprint(ahead.original(name)) if name else 0
            except LabelReviewError:
                code = 0
            if code:  # 0 is a picture without any contrast, or none: like no other
                codes.append(code)
                seen.append(row)
    found = np.arange(len(folder.images)) + len(folder.images)
    if seen:
        found[seen] = same_pictures(np.array(codes, np.uint64))
    return found
