"""What is shown beside a question: items that look like its item, and items that people confirmed for its tag.

Look-alikes come from embeddings: a file that was given (`give`), or the pictures described here, in the background,
when somebody first asks for them.
"""

import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from labelreview import embed, images
from labelreview.decisions import Verdict
from labelreview.desk.folder import Folder
from labelreview.desk.predictions import embeddings_of
from labelreview.desk.sketches import Sketches
from labelreview.errors import LabelReviewError
from labelreview.review.verdicts import Verdicts
from labelreview.scoring.arrays import Float32s
from labelreview.scoring.neighbours import Nearest, compressed, nearest
from labelreview.tags import PRESENT

MOST_ITEMS = 20_000  # some minutes of describing; for more, a file of embeddings is asked for
MOST_FAR = 2_000  # of a remote source, where each picture is fetched whole
NEAR, CONFIRMED, MOST_TAGS = 8, 6, 12
SAME = 0.97  # of items without pictures
LIKELY = 0.9  # of items with pictures, which are then compared themselves
KEPT = "neighbours"


@dataclass(frozen=True)
class Example:
    """An item with the tag in question: the label it came with, what holds now, and who has judged it how.

    `tags`: those that it has now, at most MOST_TAGS; `pred_prob`: the model's, NaN without one; `same`: it is as good
    as the same picture as that of the item in question; `pinned`: by the data team.
    """

    item: str
    given: int
    now: int
    said: tuple[tuple[str, Verdict], ...]
    tags: tuple[str, ...]
    pred_prob: float
    same: bool = False
    pinned: bool = False

    @property
    def judged(self) -> bool:
        """Whether anybody has judged it."""
        return bool(self.said)


@dataclass(frozen=True)
class Beside:
    """`near`: look-alikes, nearest first; `present`, `absent`: examples and counter-examples, those that the data team
    has pinned first, then what reviewers confirmed, newest first. `waiting`: why there are no look-alikes (yet).
    """

    near: tuple[Example, ...]
    present: tuple[Example, ...]
    absent: tuple[Example, ...]
    waiting: "Waiting"


class Why(StrEnum):
    """Why no look-alikes are shown."""

    NOTHING = ""
    BUSY = "busy"
    NO_EMBEDDINGS = "no-embeddings"
    TOO_MANY = "too-many"
    TOO_FAR = "too-far"
    NOT_DESCRIBED = "not-described"
    FAILED = "failed"


@dataclass(frozen=True)
class Waiting:
    """`share`: of the pictures that are described, in [0, 1], where that is going on; `problem`: what went wrong."""

    why: Why = Why.NOTHING
    share: float = 0.0
    problem: str = ""


class Stopped(Exception):
    """The project was closed before all pictures were described."""


class Alike(NamedTuple):
    """Positions of the items most like one, nearest first, and which are as good as the same picture."""

    rows: tuple[int, ...]
    same: tuple[bool, ...]


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
    _sketches: Sketches = field(init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        self._sketches = Sketches(self.folder, self.pictures)

    def near(self, item: str) -> tuple[Alike | None, Waiting]:
        """The look-alikes of an item, or why there are none (yet). NotFound when there is no such item."""
        row = self.folder.dataset.ids.position(item)
        waiting = self._made_ready()
        if self._rows is None:
            return None, waiting
        found = nearest(self._rows, row, NEAR)
        alike = Alike(tuple(found.rows.tolist()), self._same(row, found))
        return alike, Waiting() if alike.rows else Waiting(Why.NOT_DESCRIBED)

    def _same(self, row: int, found: Nearest) -> tuple[bool, ...]:
        """Which are the same picture: signs with different pictograms are close to embeddings, so pictures decide."""
        if not self.folder.card.images:
            return tuple((found.likeness >= SAME).tolist())
        likely = found.rows[found.likeness >= LIKELY].tolist()
        same = self._sketches.same(row, likely) if likely else set()
        return tuple(each in same for each in found.rows.tolist())

    def beside(
        self, item: str, tag: str, verdicts: Verdicts, pins: Mapping[str, int], near: tuple[Alike | None, Waiting]
    ) -> Beside:
        """What is known around a cell. `pins`: labels of the items pinned for its tag; `near`: by the function."""
        data, (found, waiting) = self.folder.dataset, near
        made = partial(self._example, data.column(tag), tag, verdicts, pins)
        alike = zip(*found, strict=True) if found else ()
        present, absent = (tuple(made(data.ids.position(each)) for each in some)
                           for some in self._confirmed(item, tag, verdicts, pins))  # fmt: skip
        return Beside(tuple(made(row, same) for row, same in alike), present, absent, waiting)

    def _example(
        self, column: int, tag: str, verdicts: Verdicts, pins: Mapping[str, int], row: int, same: bool = False
    ) -> Example:
        data = self.folder.dataset
        item, given, cell = data.ids[row], data.label(row, column), row * len(data.tags) + column
        said = tuple((each.reviewer, each.verdict) for each in verdicts.about(item, tag) if each.verdict)
        prob = float(data.scored(np.array([cell]))[0]) if cell in data.grid else math.nan
        now = verdicts.label(item, tag, given)
        return Example(item, given, now, said, self._has(row, verdicts), prob, same, item in pins)

    def _has(self, row: int, verdicts: Verdicts) -> tuple[str, ...]:
        """The first tags that an item has with the answers so far."""
        data = self.folder.dataset
        slots, item = data.grid.of_item(row), data.ids[row]
        pairs = zip(data.grid.columns(slots).tolist(), np.ravel(data.labels)[slots].tolist(), strict=True)
        found = (data.tags[at] for at, label in pairs if verdicts.label(item, data.tags[at], label) == PRESENT)
        return tuple(islice(found, MOST_TAGS))

    def _confirmed(self, item: str, tag: str, verdicts: Verdicts, pins: Mapping[str, int]) -> list[list[str]]:
        """Examples and counter-examples among other items: the pinned ones, then the newest confirmed ones."""
        found: dict[Verdict | None, list[str]] = {Verdict.PRESENT: [], Verdict.ABSENT: []}
        told = ((each, Verdict.PRESENT if label else Verdict.ABSENT) for each, label in pins.items())
        confirmed = ((each.item, each.verdict) for each in verdicts.newest_about(tag) if each.item not in pins)
        for other, verdict in chain(told, confirmed):
            some = found.get(verdict)
            if some is not None and len(some) < CONFIRMED and other != item and other in self.folder.dataset.ids:
                some.append(other)
            if all(len(some) == CONFIRMED for some in found.values()):
                break
        return list(found.values())

    def _made_ready(self) -> Waiting:
        """Open the look-alikes, or begin to make them; says what is still missing."""
        with self._lock:
            if self._rows is None and self.folder.has(KEPT):
                self._rows = self.folder.kept(KEPT, lambda: np.zeros((0, 0), np.float32))
            if self._rows is not None or self._problem:
                return Waiting(Why.FAILED, problem=self._problem) if self._problem else Waiting()
            if not self.folder.card.images:
                return Waiting(Why.NO_EMBEDDINGS)
            if len(self.folder.dataset.ids) > MOST_ITEMS:
                return Waiting(Why.TOO_MANY)
            if len(self.folder.dataset.ids) > MOST_FAR and self.pictures().remote:
                return Waiting(Why.TOO_FAR)
            if self._maker is None:
                self._maker = threading.Thread(target=self._make, name="labelreview-neighbours", daemon=True)
                self._maker.start()
            return Waiting(Why.BUSY, self._share)

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
