"""What rulings about tags do to labels, counted: before a meeting agrees on one, and of all that hold.

PURE. Counts are of cells, and by the same columns as an export's (`tagplan.stepped`): what is told here it will do.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labelreview.review.tagplan import Column, Standing, decided, stepped
from labelreview.rulings import Kind, Ruling
from labelreview.tags import ABSENT, PRESENT, UNKNOWN, Labels


@dataclass(frozen=True)
class Counts:
    """How often a tag is present, absent, unknown."""

    tag: str
    present: int
    absent: int
    unknown: int


@dataclass(frozen=True)
class Move:
    """A tag before a ruling, and on how many items the tag that it becomes says something else: `to_present` …"""

    before: Counts
    to_present: int
    to_absent: int
    to_unknown: int

    @property
    def changed(self) -> int:
        return self.to_present + self.to_absent + self.to_unknown


@dataclass(frozen=True)
class Example:
    """An item that a ruling touches: its labels in the tags that the ruling names, and in the one that they become."""

    item: str
    before: tuple[int, ...]
    after: int | None


@dataclass(frozen=True)
class Preview:
    """What a ruling would do to the labels: the tags it is about, before and after (None: dropped).

    `changed`: items on which a label changes: that of the tag which the others go into; where the name is new, that of
    any of them; where a tag is dropped, items that lose it. `conflicts`: merged items on which one tag is present and
    another absent; `lost`: merged items that become unknown though one of the tags was known; `examples`: a few of the
    items that change, those with a conflict first; where none does, of those that have one of the tags.
    """

    moves: tuple[Move, ...]
    after: Counts | None
    changed: int
    conflicts: int
    lost: int
    examples: tuple[Example, ...]


def preview(
    ids: Sequence[str], tags: Sequence[str], labels: Labels, steps: Sequence[Ruling], ruling: Ruling, most: int = 6
) -> Preview:
    """What a merge, rename or drop would do to labels (N, K) after the steps before it; it must apply
    (`tagplan.refuse`)."""
    columns = {tag: labels[:, at] for at, tag in enumerate(tags)}
    for step in steps:
        columns = stepped(columns, step)
    parts, to = [columns[tag] for tag in ruling.tags], ruling.value.get("to")
    whole, column = np.stack(parts), stepped(columns, ruling).get(to) if to else None
    there, torn = (whole == PRESENT).any(0), (whole == PRESENT).any(0) & (whole == ABSENT).any(0)
    if column is None:
        changed, lost = there, np.zeros(len(there), bool)
    else:
        changed = columns[to] != column if to in ruling.tags else (whole != column).any(0)
        lost = (column == UNKNOWN) & (whole != UNKNOWN).any(0)
    torn = torn if ruling.kind is Kind.MERGE else np.zeros(len(there), bool)
    shown = changed if changed.any() else there
    rows = [*np.flatnonzero(shown & torn)[:most].tolist(), *np.flatnonzero(shown & ~torn)[:most].tolist()][:most]
    return Preview(
        tuple(_move(tag, part, column) for tag, part in zip(ruling.tags, parts, strict=True)),
        None if column is None else _counts(str(to), column),
        int(changed.sum()),
        int(torn.sum()),
        int(lost.sum()),
        tuple(
            Example(ids[row], tuple(whole[:, row].tolist()), None if column is None else int(column[row]))
            for row in rows
        ),
    )


def _move(tag: str, before: Column, after: Column | None) -> Move:
    counts = _counts(tag, before)
    if after is None:
        return Move(counts, 0, 0, 0)
    other = after[before != after]
    return Move(counts, *(int(np.count_nonzero(other == value)) for value in (PRESENT, ABSENT, UNKNOWN)))


@dataclass(frozen=True)
class Fate:
    """What the decisions make of a tag of the data; `after`: of the tag that it becomes, None where it is dropped."""

    tag: str
    becomes: str
    before: Counts
    after: Counts | None


def outcome(tags: Sequence[str], labels: Labels, held: Standing) -> list[Fate]:
    """What all decisions in force do to labels (N, K): the tags of the data that they touch.

    >>> from labelreview.review.tagplan import standing
    >>> from labelreview.rulings import drop, merge
    >>> held = standing(["cap", "hat", "x"], [merge("Ada", ["cap", "hat"], "hat"), drop("Bo", "x")])
    >>> [(fate.tag, fate.becomes, fate.before.present, fate.after and fate.after.present)
    ...  for fate in outcome(["cap", "hat", "x"], np.array([[1, 0, 1], [0, 1, 0]], np.int8), held)]
    [('cap', 'hat', 1, 2), ('hat', 'hat', 1, 2), ('x', '', 1, None)]
    """
    names, after = decided(tags, labels, held.steps)
    counts = {name: _counts(name, after[:, at]) for at, name in enumerate(names)}
    merged_into = {name for name in counts if list(held.becomes.values()).count(name) > 1}
    places = {tag: at for at, tag in enumerate(tags)}
    touched = (tag for tag in held.becomes if held.becomes[tag] != tag or tag in merged_into)
    return [Fate(tag, held.becomes[tag], _counts(tag, labels[:, places[tag]]), counts.get(held.becomes[tag]))
            for tag in touched]  # fmt: skip


def _counts(tag: str, column: Column) -> Counts:
    return Counts(tag, *(int(np.count_nonzero(column == value)) for value in (PRESENT, ABSENT, UNKNOWN)))
