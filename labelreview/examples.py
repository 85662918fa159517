"""What is shown beside a question: items that look like its item, and items that people confirmed for its tag.

Look-alikes come from embeddings: a file that was given (`give`), or the pictures described here, in the background,
when somebody first asks for them.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from labelreview import embed, images
from labelreview.decisions import Verdict
from labelreview.errors import LabelReviewError
from labelreview.folder import Folder
from labelreview.predictions import embeddings_of
from labelreview.review.verdicts import Verdicts
from labelreview.scoring.arrays import Float32s
from labelreview.scoring.neighbours import compressed, nearest

MOST_ITEMS = 20_000  # some minutes of describing; for more, a file of embeddings is asked for
MOST_FAR = 2_000  # of a remote source, where each picture is fetched whole
NEAR, CONFIRMED = 8, 6
SAME = 0.97
KEPT = "neighbours"


@dataclass(frozen=True)
class Example:
    """An item with the tag in question: the label it came with, what holds now, and whether somebody has judged it.

    `likeness`: cosine to the item in question in [-1, 1], None for an example of the tag.
    """

    item: str
    given: int
    now: int
    judged: bool
    likeness: float | None = None

    @property
    def same(self) -> bool:
        """Whether it is as good as the same picture."""
        return self.likeness is not None and self.likeness >= SAME


@dataclass(frozen=True)
class Beside:
    """`near`: look-alikes, nearest first; `present`, `absent`: confirmed examples and counter-examples, newest first.

    `waiting`: why there are no look-alikes (yet); '' when there are.
    """

    near: tuple[Example, ...]
    present: tuple[Example, ...]
    absent: tuple[Example, ...]
    waiting: str


class Stopped(Exception):
    """The project was closed before all pictures were described."""


@dataclass
class Examples:
    """The examples of one project. `stopped` says when the project is closed, and describing pictures ends."""

    folder: Folder
    pictures: Callable[[], images.Source]
    stopped: Callable[[], bool]
    _rows: Float32s | None = None
    _share: float = 0.0
    _problem: str = ""
    _maker: threading.Thread | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def beside(self, item: str, tag: str, verdicts: Verdicts) -> Beside:
        """What is known around a cell; NotFound when there is no such item or tag."""
        row, column = self.folder.dataset.ids.position(item), self.folder.dataset.column(tag)
        waiting = self._made_ready()
        near: tuple[Example, ...] = ()
        if self._rows is not None:
            found = nearest(self._rows, row, NEAR)
            near = tuple(map(self._example(column, tag, verdicts), found.rows.tolist(), found.likeness.tolist()))
            waiting = "" if near else "This item has no embedding, so nothing is known to look like it."
        present, absent = self._confirmed(item, tag, verdicts)
        return Beside(near, present, absent, waiting)

    def _example(self, column: int, tag: str, verdicts: Verdicts) -> Callable[[int, float | None], Example]:
        def made(row: int, likeness: float | None) -> Example:
            item, given = self.folder.dataset.ids[row], self.folder.dataset.label(row, column)
            judged = (item, tag) in verdicts.settled
            return Example(item, given, verdicts.label(item, tag, given), judged, likeness)

        return made

    def _confirmed(self, item: str, tag: str, verdicts: Verdicts) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
        """The newest confirmed examples and counter-examples among other items."""
        found: dict[Verdict | None, list[Example]] = {Verdict.PRESENT: [], Verdict.ABSENT: []}
        made = self._example(self.folder.dataset.column(tag), tag, verdicts)
        for decision in verdicts.newest_about(tag):
            some = found.get(decision.verdict)
            here = decision.item != item and decision.item in self.folder.dataset.ids
            if some is not None and here and len(some) < CONFIRMED:
                some.append(made(self.folder.dataset.ids.position(decision.item), None))
            if all(len(some) == CONFIRMED for some in found.values()):
                break
        present, absent = map(tuple, found.values())
        return present, absent

    def _made_ready(self) -> str:
        """Open the look-alikes, or begin to make them; says what is still missing."""
        with self._lock:
            if self._rows is None and self.folder.has(KEPT):
                self._rows = self.folder.kept(KEPT, lambda: np.zeros((0, 0), np.float32))
            if self._rows is not None or self._problem:
                return self._problem
            if not self.folder.card.images:
                return "Look-alikes need embeddings: labelreview neighbours NAME --embeddings F.npy"
            if len(self.folder.dataset.ids) > MOST_ITEMS:
                return f"More than {MOST_ITEMS:,} items: labelreview neighbours NAME finds the look-alikes."
            if len(self.folder.dataset.ids) > MOST_FAR and self.pictures().remote:
                return "The pictures are far away: labelreview neighbours NAME finds the look-alikes."
            if self._maker is None:
                self._maker = threading.Thread(target=self._make, name="labelreview-neighbours", daemon=True)
                self._maker.start()
            return f"Looking for look-alikes: {self._share:.0%} of the pictures are described."

    def _make(self) -> None:
        try:
            self.make(embed.encoder(), self._progress)
        except Stopped:
            self._maker = None
        except LabelReviewError as error:
            self._problem = str(error)

    def _progress(self, _step: str, share: float) -> None:
        if self.stopped():
            raise Stopped
        self._share = share

    def make(self, encoder: embed.Encoder, progress: Callable[[str, float], None]) -> int:
        """Describe all pictures, and keep what tells them apart; gives how many could be described."""

        def pixels(path: str, width: int, height: int) -> embed.Pictures:
            return images.pixels(ahead.original(path), width, height)

        some = [path for path in self.folder.images if path]
        with images.Ahead(self.pictures(), some) as ahead:
            made = embed.embedded(some, pixels, encoder, progress)
        rows = np.full((len(self.folder.images), made.rows.shape[1]), np.nan, np.float32)
        rows[[at for at, path in enumerate(self.folder.images) if path]] = made.rows
        return self.keep(rows)

    def give(self, file: Path) -> int:
        """Take the embeddings from a file (`labelreview embed` writes one); gives how many items it has one for."""
        return self.keep(embeddings_of(self.folder.dataset.ids, file))

    def keep(self, rows: Float32s) -> int:
        """Keep embeddings of the items, (N, D) with NaN where there is none, in the project's folder."""
        self.folder.keep(KEPT, compressed(rows))
        with self._lock:
            self._rows = None
        return int(np.isfinite(rows).all(axis=1).sum())
