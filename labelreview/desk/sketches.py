"""Small copies of a project's pictures, made when two of them are to be compared, and kept while they are asked for."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

from labelreview import images
from labelreview.desk.folder import Folder
from labelreview.errors import LabelReviewError
from labelreview.scoring.sameness import SIDE, Sketch, same_picture

MOST_KEPT = 1000  # of 12 KiB


class Sketches:
    """The pictures of one project. Safe to share between threads."""

    def __init__(self, folder: Folder, pictures: Callable[[], images.Source]) -> None:
        self._folder, self._pictures = folder, pictures
        self._kept: OrderedDict[int, Sketch] = OrderedDict()
        self._lock = threading.Lock()

    def same(self, row: int, others: Sequence[int]) -> set[int]:
        """Which of the other items have the same picture as this one; what cannot be opened is like nothing."""
        one, *rest = self._of([row, *others])
        if one is None:
            return set()
        return {at for at, each in zip(others, rest, strict=True) if each is not None and same_picture(one, each)}

    def _of(self, rows: Sequence[int]) -> list[Sketch | None]:
        with self._lock:
            found: dict[int, Sketch | None] = {row: self._kept[row] for row in rows if row in self._kept}
        found |= self._made([row for row in rows if row not in found])
        with self._lock:
            for row, sketch in found.items():
                if sketch is not None:  # what could not be opened on a busy machine may be next time
                    self._kept[row] = sketch
                    self._kept.move_to_end(row)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return [found[row] for row in rows]

    def _made(self, rows: Sequence[int]) -> dict[int, Sketch | None]:
        names = [self._folder.images[row] for row in rows]
        try:
            with images.Ahead(self._pictures(), filter(None, names)) as ahead:
                return {row: _sketch(ahead, name) for row, name in zip(rows, names, strict=True)}
        except LabelReviewError:  # the pictures are not where they were
            return dict.fromkeys(rows)


def _sketch(ahead: images.Ahead, name: str) -> Sketch | None:
    try:
        return images.pixels(ahead.original(name), SIDE, SIDE) if name else None
    except LabelReviewError:
        return None
