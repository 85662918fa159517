"""What a row of `FORMATS` is made of, and what all formats share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from labelreview.formats.csvtext import CsvText
from labelreview.formats.opened import Kind, Opened
from labelreview.formats.parquetfile import ParquetFile
from labelreview.formats.shape import Shape, shape_of
from labelreview.tags import TagMatrix

Missing = Literal["absent", "unknown"]
Notes = tuple[str, ...]
Changes = Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class Format:
    """One file format: how to know it, read it, write corrections into it, and make a new file.

    `missing_means` is what a cell stands for that the file does not hold; the reader's caller may override it.
    `write` gets changes of items and tags that are in the file and differ from it, and returns the new bytes.
    `keeps_bytes`: untouched cells stay byte for byte.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    kinds: tuple[Kind, ...]
    missing_means: Missing
    keeps_bytes: bool
    recognise: Callable[[Opened, Kind], bool]
    read: Callable[[Opened, Kind, Missing], tuple[TagMatrix, Notes]]
    write: Callable[[Opened, Changes], bytes]
    make: Callable[[TagMatrix], bytes]

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
