"""What a row of `FORMATS` is made of, and what all formats share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from labelreview.formats import limits
from labelreview.formats.cells import Kind
from labelreview.formats.csvtext import CsvText
from labelreview.formats.opened import Opened
from labelreview.formats.parquetfile import ParquetFile
from labelreview.formats.shape import Shape, shape_of
from labelreview.tags import ABSENT, UNKNOWN, Labels, Matrix, TagMatrix, sparse

Missing = Literal["absent", "unknown"]
Notes = tuple[str, ...]
Changes = Mapping[tuple[str, str], int]
Files = Mapping[str, bytes]
EMPTY = {"absent": ABSENT, "unknown": UNKNOWN}
LABELS: tuple[Kind, ...] = ("labels",)
PROBS: tuple[Kind, ...] = ("pred_probs",)
BOTH: tuple[Kind, ...] = ("labels", "pred_probs")


class Says(NamedTuple):
    """How a format says a label, in the words of the documentation. Difficult and uncertain are unknown."""

    present: str
    absent: str
    unknown: str


@dataclass(frozen=True)
class Retagging:
    """The labels that a file is to hold, and what becomes of its tags: each to its new name, '' where it goes.

    `missing`: what a cell stands for that the file does not hold.
    """

    matrix: TagMatrix
    names: Mapping[str, str]
    missing: Missing


@dataclass(frozen=True)
class Format:
    """One file format: how to know it, read it, write corrections into it, and make a new file.

    `missing_means` is what a cell stands for that the file does not hold; the reader's caller may override it.
    `write` gets changes of items and tags that are in the file and differ from it, and returns the new bytes; for a
    folder, those of the files that change, by path. `make` returns the bytes of a new file; of a folder, by path; of
    a file with others beside it, by the end of their names ('' is the file itself).
    `retag` returns the bytes of the file with other tags (`formats.retagged`), all else kept. A row without it makes a
    new file then, and refuses where `lost_if_made_anew` names what that would lose.
    `keeps_bytes`: untouched cells stay byte for byte. `holds_unknown`: a cell can be written as unknown.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    kinds: tuple[Kind, ...]
    missing_means: Missing
    keeps_bytes: bool
    recognise: Callable[[Opened, Kind], bool]
    read: Callable[[Opened, Kind, Missing], tuple[Matrix, Notes]]
    write: Callable[[Opened, Changes], bytes | Files]
    make: Callable[[TagMatrix], bytes | Files]
    says: Says
    is_folder: bool = False
    holds_unknown: bool = True
    retag: Callable[[Opened, Retagging], bytes] | None = None
    lost_if_made_anew: str = ""

    @property
    def reads_labels(self) -> bool:
        return "labels" in self.kinds

    @property
    def reads_pred_probs(self) -> bool:
        return "pred_probs" in self.kinds


def recognised(source: CsvText | ParquetFile) -> Shape:
    """The shape that a file looks like."""
    return shape_of(source.header, source.sample())


def by_item(changes: Changes) -> dict[str, dict[str, int]]:
    """Changes, by item and then by tag."""
    found: dict[str, dict[str, int]] = {}
    for (item, tag), label in changes.items():
        found.setdefault(item, {})[tag] = label
    return found


def listed(
    name: str,
    ids: Sequence[str],
    tags: Sequence[str],
    cells: npt.NDArray[np.int64],
    values: npt.NDArray[np.int8] | npt.NDArray[np.float32],
    missing: float,
) -> Matrix:
    """What a file says that lists some cells of its items and tags (row * K + column, each once); `missing` elsewhere.

    Sparse where most of a large table is not listed (`limits.is_sparse`): then (N, K) is never made.
    """
    if limits.is_sparse(name, len(ids), len(tags), len(cells)):
        return sparse(ids, tags, cells, values, missing)
    whole = np.full(len(ids) * len(tags), missing, values.dtype)
    whole[cells] = values
    return TagMatrix(ids, tuple(tags), whole.reshape(len(ids), len(tags)))


def filled(name: str, items: int, tags: int, missing_means: Missing) -> Labels:
    """Labels of a file that has said nothing yet."""
    limits.check_shape(name, items, tags)
    return np.full((items, tags), EMPTY[missing_means], np.int8)
