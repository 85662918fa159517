"""A project's folder on disk: written whole or not at all, opened by memory map.

    HOME/projects/NAME/
        project.json            the card: uid, version, where the data came from, what came before
        VERSION/                the data of this version; one such folder for each earlier version that is kept
            labels.npy              int8 (N, K)          pred_probs.npy   float32 (N, K): those that rank
            cells.npy, tagwise.npy  of a sparse data set: which cells these two hold, (M,) each, and their order by tag
            ids.*.npy images.*.npy  names, packed        source/          the labels as they came in, for exports
            texts.*.npy             documents, packed; only where items are documents
            gone.*.npy              ids of items that earlier versions had and this one lacks
            model-0.npy …           float32 (N, K): each model's probabilities, where there are several
            scores-NAME.v1.npy …    what the orders computed, kept so that opening need not do it again

The user's own files are only ever read. `uid` names the project in the decision log for ever; `version` changes when
the data does, so that caches and picture addresses of older data are never mixed up with it. A version is there once
the card names it, and the card is replaced in one step: whatever else lies in these folders was left half-made, and is
removed once it is old (`shelf.sweep`).
"""

import json
import os
import re
import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from labelreview.errors import InputError, NotFound, Refused
from labelreview.formats.telling import Tell, nothing
from labelreview.grid import SparseGrid
from labelreview.tags import Dataset, Names, Probs

Scalar = TypeVar("Scalar", bound=np.generic)
BLOCK = 1 << 24
COMPUTATION = 1  # of what `kept` keeps: raise it when an order changes, and old arrays are left lying
NAME = re.compile(r"\w[\w .-]{0,79}")


class Model(NamedTuple):
    """A model's predictions: their name, and the file and the format that they came in."""

    name: str
    file: str
    format: str


class Earlier(NamedTuple):
    """A version that another one has replaced. `changes`: what came with it, in words; `tags` is how many."""

    version: str
    made: str
    labels_file: str
    predictions_file: str
    items: int
    tags: int
    changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Card:
    """What a project says about itself."""

    name: str
    uid: str
    version: str
    created: str
    labels_file: str
    labels_format: str
    predictions_file: str
    predictions_format: str
    images: str
    items: int
    tags: tuple[str, ...]
    texts: str = ""  # the file or folder that the items' texts came from
    models: tuple[Model, ...] = ()
    ranked_by: str = ""  # the model that ranks; '' is all of them together
    missing_means: str = ""  # of the labels file, where it was said
    made: str = ""  # when this version was; '' with the project
    changes: tuple[str, ...] = ()  # what came with this version
    earlier: tuple[Earlier, ...] = ()  # oldest first
    gone_tags: tuple[str, ...] = ()  # that earlier versions had
    audit: str = ""  # the version whose random audit goes on; '' is this one

    @property
    def versions(self) -> tuple[Earlier, ...]:
        """All versions, this one last."""
        made = self.made or self.created
        files = self.labels_file, self.predictions_file
        return *self.earlier, Earlier(self.version, made, *files, self.items, len(self.tags), self.changes)


@dataclass(frozen=True)
class Folder:
    """An opened project folder. Arrays are memory maps: nothing is read before it is used."""

    path: Path
    card: Card
    data: Path  # of this version; projects made before there were versions have it in the project's own folder
    dataset: Dataset
    images: Names
    texts: Names | None = None  # '' where an item has none
    gone: Names | None = None  # ids that earlier versions had
    stamp: int = 0  # of the card, as it was read

    @property
    def is_current(self) -> bool:
        """Whether the project still has this version."""
        return _stamp(self.path) == self.stamp

    def had(self, item: str, tag: str) -> bool:
        """Whether an earlier version may have had a cell that this one lacks."""
        if not self.card.earlier:
            return False
        knew_item = item in self.dataset.ids or (self.gone is not None and item in self.gone)
        return knew_item and (tag in self.card.tags or tag in self.card.gone_tags)

    @property
    def labels_source(self) -> Path:
        """The labels file or folder as it came in."""
        return self.data / "source" / self.card.labels_file

    @cached_property
    def models(self) -> Mapping[str, Probs]:
        """Each model's probabilities by its name, (N, K) float32, NaN where it did not score the cell."""
        named = [model.name for model in self.card.models] or [Path(self.card.predictions_file).stem]
        if len(named) == 1:
            return {named[0]: self.dataset.pred_probs}
        return {name: np.load(self.data / f"model-{at}.npy", mmap_mode="r") for at, name in enumerate(named)}

    def kept(self, name: str, compute: Callable[[], npt.NDArray[Scalar]]) -> npt.NDArray[Scalar]:
        """An array kept beside the data: computed once, then opened by memory map."""
        if not self.has(name):
            self.keep(name, compute())
        kept: npt.NDArray[Scalar] = np.load(self.place(name), mmap_mode="r")
        return kept

    def has(self, name: str) -> bool:
        """Whether an array of that name is kept."""
        return self.place(name).exists()

    def keep(self, name: str, values: npt.NDArray[Any]) -> None:
        """Keep an array beside the data, in place of an earlier one of that name."""
        partial = self.place(name).with_suffix(f".{uuid.uuid4().hex}.tmp")
        with partial.open("wb") as file:
            np.save(file, values)
        os.replace(partial, self.place(name))

    def place(self, name: str) -> Path:
        """The file of a kept array."""
        return self.data / f"{name}.v{COMPUTATION}.npy"

    def kept_parts(
        self, name: str, parts: Sequence[str], compute: Callable[[], Sequence[npt.NDArray[Any]]]
    ) -> list[npt.NDArray[Any]]:
        """Several arrays that are computed together, each kept as `kept` does."""
        fresh: list[npt.NDArray[Any]] = []

        def part(at: int) -> npt.NDArray[Any]:
            if not fresh:
                fresh.extend(compute())
            return fresh[at]

        return [self.kept(f"{name}-{part_}", partial(part, at)) for at, part_ in enumerate(parts)]


def checked_name(name: str) -> str:
    """The project name, when it can be a folder's name on every system."""
    if not NAME.fullmatch(name) or name.endswith((".", " ")):
        raise InputError(f"'{name}' cannot be a project's name. Use letters, digits, spaces, '.', '-' and '_' (at most "
                         "80), beginning with a letter or digit.")  # fmt: skip
    return name


def free_name(projects: Path, name: str) -> str:
    """The name of a new project. InputError when it cannot be one, Refused when it is taken."""
    if not name:
        raise InputError("Enter a name for the project.")
    if (projects / checked_name(name)).exists():
        raise Refused(f"There is a project '{name}' already. Choose another name.")
    return name


def names(projects: Path) -> list[str]:
    """The projects of this home, by name."""
    return sorted(path.parent.name for path in projects.glob("*/project.json") if not path.parent.name.startswith("."))


def uid(projects: Path, name: str) -> str:
    """The uid of a project, without opening its data; '' where it cannot be read."""
    try:
        shape = json.loads((projects / checked_name(name) / "project.json").read_text("utf-8"))
        return str(shape["uid"])
    except (OSError, ValueError, KeyError):
        return ""


def write(
    projects: Path,
    card: Card,
    dataset: Dataset,
    images: Sequence[str],
    source: Mapping[str, Path],
    texts: Sequence[str] = (),
    models: Sequence[Probs] = (),
    *,
    tell: Tell = nothing,
) -> Folder:
    """Make a project folder: everything goes to a hidden folder first, which is then renamed.

    `source` are the files that the labels came in, by the names that they keep: `labels.csv`, or those of a folder,
    `VOC2007/ImageSets/Main/dog_val.txt`. `models` are the probabilities of the card's models where there are several.
    `tell` hears the share that is written. Refused when the project's name is taken.
    """
    target = projects / free_name(projects, card.name)
    projects.mkdir(parents=True, exist_ok=True)
    partial = projects / f".{uuid.uuid4().hex}.partial"
    try:
        write_data(partial / card.version, dataset, images, source, texts if card.texts else None, models, tell)
        (partial / "project.json").write_text(shape_of(card), "utf-8")
        try:
            os.rename(partial, target)
        except OSError as error:
            raise Refused(f"The project '{card.name}' cannot be made in {projects}: {error.strerror}.") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return read(projects, card.name)


def shape_of(card: Card) -> str:
    """The card as it is written."""
    return json.dumps(asdict(card), indent=1, ensure_ascii=False)


def write_data(
    target: Path,
    dataset: Dataset,
    images: Sequence[str],
    source: Mapping[str, Path],
    texts: Sequence[str] | None,
    models: Sequence[Probs],
    tell: Tell = nothing,
) -> None:
    """Write the data of a version into a new folder."""
    target.mkdir(parents=True)
    sizes = [dataset.labels.nbytes, dataset.pred_probs.nbytes, *(probs.nbytes for probs in models)]
    out = _Writer(target, sum(sizes) + sum(path.stat().st_size for path in source.values()), tell)
    for name, path in source.items():
        (target / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        out.copy(path, f"source/{name}")
    out.save("labels.npy", dataset.labels)
    out.save("pred_probs.npy", dataset.pred_probs)
    if dataset.some is not None:
        np.save(target / "cells.npy", dataset.some.positions)
        np.save(target / "tagwise.npy", dataset.some.order)
    for at, probs in enumerate(models):
        out.save(f"model-{at}.npy", probs)
    save_names(target / "ids", dataset.ids)
    save_names(target / "images", Names.of(images))
    if texts is not None:
        save_names(target / "texts", Names.of(texts))


class _Writer:
    """Writes files of a folder block by block, telling how much of the total is there."""

    def __init__(self, folder: Path, total: int, tell: Tell) -> None:
        self._folder, self._total, self._tell, self._done = folder, max(total, 1), tell, 0

    def save(self, name: str, array: npt.NDArray[Any]) -> None:
        """An array, as numpy.save writes it."""
        array = np.ascontiguousarray(array)
        with (self._folder / name).open("wb") as file:
            np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(array))
            flat = array.reshape(-1)
            for start in range(0, len(flat), BLOCK):
                self._put(file, flat[start : start + BLOCK].data.cast("B"))

    def copy(self, source: Path, name: str) -> None:
        """A file, byte for byte."""
        with source.open("rb") as read, (self._folder / name).open("wb") as file:
            while block := read.read(BLOCK):
                self._put(file, block)

    def _put(self, file: IO[bytes], block: bytes | memoryview) -> None:
        file.write(block)
        self._done += len(block)
        self._tell(self._done / self._total)


def read(projects: Path, name: str) -> Folder:
    """Open a project folder; NotFound names the projects that there are."""
    path = projects / checked_name(name)
    stamp = _stamp(path)
    try:
        shape = json.loads((path / "project.json").read_text("utf-8"))
    except FileNotFoundError:
        there = ", ".join(names(projects)) or "none yet"
        raise NotFound(f"There is no project '{name}' in {projects}. Projects here: {there}.") from None
    models = tuple(Model(*model) for model in shape.get("models", ()))
    earlier = tuple(Earlier(*old)._replace(changes=tuple(old[-1])) for old in shape.get("earlier", ()))
    tuples = {name: tuple(shape.get(name, ())) for name in ("tags", "changes", "gone_tags")}
    card = Card(**{**shape, **tuples, "models": models, "earlier": earlier})
    data = path / card.version if (path / card.version).is_dir() else path
    dataset = Dataset(
        _load_names(data / "ids"),
        card.tags,
        np.load(data / "labels.npy", mmap_mode="r"),
        np.load(data / "pred_probs.npy", mmap_mode="r"),
        _load_grid(data, card),
    )
    texts = _load_names(data / "texts") if card.texts else None
    gone = _load_names(data / "gone") if (data / "gone.data.npy").exists() else None
    return Folder(path, card, data, dataset, _load_names(data / "images"), texts, gone, stamp)


def _stamp(path: Path) -> int:
    try:
        return (path / "project.json").stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _load_grid(path: Path, card: Card) -> SparseGrid | None:
    if not (path / "cells.npy").exists():
        return None
    cells, tagwise = (np.load(path / f"{part}.npy", mmap_mode="r") for part in ("cells", "tagwise"))
    return SparseGrid(card.items, len(card.tags), cells, tagwise)


def new_identity() -> tuple[str, str, str]:
    """A fresh uid, version and creation time for a card."""
    return uuid.uuid4().hex, uuid.uuid4().hex[:12], datetime.now(UTC).isoformat(timespec="seconds")


def save_names(stem: Path, texts: Names) -> None:
    """Write names in the form that opens by memory map."""
    # A file without bytes cannot be mapped, hence one byte when every text is empty; the offsets never point at it.
    np.save(stem.with_suffix(".data.npy"), texts.data if texts.data.size else np.zeros(1, np.uint8))
    np.save(stem.with_suffix(".offsets.npy"), texts.offsets)


def _load_names(stem: Path) -> Names:
    parts = [np.load(stem.with_suffix(f".{part}.npy"), mmap_mode="r") for part in ("data", "offsets")]
    return Names(*map(np.asarray, parts))  # the same pages, without what a memmap does at every slice of it
