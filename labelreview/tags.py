"""Items, tags and the values between them: the nouns that every floor shares.

Conventions: N items (rows) × K tags (columns). A *cell* is one (item, tag). Labels are int8: 1 present, 0 absent, -1
unknown, and unknown is never silently made 0. pred_probs are float32 in [0, 1] of the same shape, NaN where no model
scored the cell. Items join by id and tags by name, never by position. Ids and tag names are kept letter for letter.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import overload

import numpy as np
import numpy.typing as npt

from labelreview.errors import InputError, NotFound, few

PRESENT, ABSENT, UNKNOWN = 1, 0, -1

Labels = npt.NDArray[np.int8]
Probs = npt.NDArray[np.float32]


class Names(Sequence[str]):
    """Many short texts in two arrays (utf-8 bytes, offsets), so that a million ids open by memory map.

    >>> ids = Names.of(["007", "café"])
    >>> ids[1], len(ids), ids.position("007")
    ('café', 2, 0)
    """

    def __init__(self, data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> None:
        self.data, self.offsets = data, offsets

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Names":
        """Pack texts; a `Names` comes back as it is."""
        if isinstance(texts, cls):
            return texts
        parts = [text.encode() for text in texts]
        offsets = np.zeros(len(parts) + 1, np.int64)
        np.cumsum([len(part) for part in parts], out=offsets[1:])
        return cls(np.frombuffer(b"".join(parts), np.uint8), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        if at < 0:
            at += len(self)
        if not 0 <= at < len(self):
            raise IndexError(at)
        return self.data[self.offsets[at] : self.offsets[at + 1]].tobytes().decode()

    def __iter__(self) -> Iterator[str]:
        blob, ends = self.data.tobytes(), self.offsets.tolist()
        return (blob[start:end].decode() for start, end in pairwise(ends))

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {text: at for at, text in enumerate(self)}

    def position(self, text: str) -> int:
        """Where a text stands; NotFound when it is not there."""
        try:
            return self._positions[text]
        except KeyError:
            raise NotFound(f"There is no '{text}' in this project.") from None

    def __contains__(self, text: object) -> bool:
        return text in self._positions


@dataclass(frozen=True)
class TagMatrix:
    """What one file says: values of N items × K tags (int8 labels, or float32 pred_probs)."""

    ids: Sequence[str]
    tags: tuple[str, ...]
    values: npt.NDArray[np.int8] | npt.NDArray[np.float32]


@dataclass(frozen=True)
class Dataset:
    """Labels and pred_probs of the same items and tags, joined: both (N, K)."""

    ids: Names
    tags: tuple[str, ...]
    labels: Labels
    pred_probs: Probs

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.ids), len(self.tags)

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {tag: column for column, tag in enumerate(self.tags)}

    @cached_property
    def judged(self) -> Labels:
        """The labels that can be judged: as given, and unknown where no model scored the cell."""
        not_scored = np.isnan(self.pred_probs)
        return np.where(not_scored, np.int8(UNKNOWN), self.labels) if not_scored.any() else self.labels

    def column(self, tag: str) -> int:
        """The column of a tag; NotFound when there is none of that name."""
        if tag not in self._columns:
            raise NotFound(f"There is no tag '{tag}' in this project.")
        return self._columns[tag]

    def cell(self, item: str, tag: str) -> int:
        """The flat position row * K + column of a cell; NotFound when there is no such item or tag."""
        return self.ids.position(item) * len(self.tags) + self.column(tag)

    def at(self, cell: int) -> tuple[str, str]:
        """The item id and the tag of a flat cell position."""
        row, column = divmod(int(cell), len(self.tags))
        return self.ids[row], self.tags[column]


def joined(labels: TagMatrix, pred_probs: TagMatrix, *, only_common: bool = False) -> Dataset:
    """Labels and predictions of the same items and tags, in the order of the labels.

    Joins by id and by tag name. Ids or tags on one side alone are an InputError that names them, unless `only_common`
    asks to drop them. Ids and tags must be unique on each side (the readers see to that).
    """
    ids, rows = _common("id", labels.ids, pred_probs.ids, only_common)
    tags, columns = _common("tag", labels.tags, pred_probs.tags, only_common)
    left, right = labels.values, pred_probs.values
    if rows:
        left, right = left[rows[0]], right[rows[1]]
    if columns:
        left, right = left[:, columns[0]], right[:, columns[1]]
    return Dataset(
        Names.of(ids), tuple(tags), np.ascontiguousarray(left, np.int8), np.ascontiguousarray(right, np.float32)
    )


def _common(
    noun: str, left: Sequence[str], right: Sequence[str], only_common: bool
) -> tuple[list[str], tuple[list[int], list[int]] | None]:
    """The names that both sides have, and where they stand on each; None when both have the same in the same order."""
    if len(left) and list(left) == list(right):
        return list(left), None
    there = {name: at for at, name in enumerate(right)}
    here = set(left)
    only_left = [name for name in left if name not in there]
    only_right = [name for name in right if name not in here]
    if (only_left or only_right) and not only_common:
        found = [
            f"{len(names)} {noun}{'s' * (len(names) != 1)} only in the {side}: {few(names)}"
            for side, names in (("labels", only_left), ("predictions", only_right))
            if names
        ]
        raise InputError(f"Labels and predictions do not match: {'; '.join(found)}. Correct the files, or keep only "
                         "what both have (--only-common).")  # fmt: skip
    kept = [at for at, name in enumerate(left) if name in there]
    if not kept:
        raise InputError(f"Labels and predictions have no {noun} in common (labels: {few(left)}; predictions: "
                         f"{few(right)}). Are these the files of the same data set?")  # fmt: skip
    names = [left[at] for at in kept]
    return names, (kept, [there[name] for name in names])
