"""The settled cells of a project as columns: what the estimates, the triage page and the report count.

PURE. A row is a cell with a standing verdict that the data has, in the order in which the verdicts were stored.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from labelreview.decisions import Decision, Verdict
from labelreview.grid import Grid
from labelreview.tags import UNKNOWN, Labels

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

Scalar = TypeVar("Scalar", bound=np.generic)
LABEL = {verdict: verdict.label for verdict in Verdict}


@dataclass(frozen=True)
class Standing:
    """(m,) each. cells: flat positions; label: what the verdict says, -1 unsure; given: the given label; seconds: that
    the answer took; chance: asked by the audit; reviewer: position in `reviewers`."""

    cells: Ints
    label: Labels
    given: Labels
    seconds: Floats
    chance: Mask
    reviewer: Ints
    seq: Ints
    reviewers: tuple[str, ...]

    @cached_property
    def certain(self) -> Mask:
        """The verdict is not unsure and the given label is known."""
        return np.asarray((self.label != UNKNOWN) & (self.given != UNKNOWN))

    @cached_property
    def wrong(self) -> Mask:
        """The verdict differs from the given label: an error found."""
        return np.asarray(self.certain & (self.label != self.given))

    def __len__(self) -> int:
        return len(self.cells)


def standing(decisions: Mapping[int, Decision], labels: Labels, audit: str, grid: Grid | None = None) -> Standing:
    """Columns of the settled cells. decisions: by flat position; labels: over the grid, (N, K) where None; audit: the
    screen of chance's draws.

    >>> from datetime import datetime
    >>> no_hat = Decision("uid-0001", "a", "hat", "ann", datetime(2026, 1, 1), Verdict.ABSENT, seconds=2.0)
    >>> found = standing({0: no_hat}, np.array([[1, 0]], np.int8), "audit")
    >>> found.cells.tolist(), found.wrong.tolist(), found.reviewers
    ([0], [True], ('ann',))
    """
    seq = _column((event.seq for event in decisions.values()), np.int64)
    order = np.argsort(seq, kind="stable")
    cells, events = np.fromiter(decisions, np.int64, len(decisions))[order], list(decisions.values())
    names = {name: at for at, name in enumerate(sorted({event.reviewer for event in events}))}
    return Standing(
        cells,
        _column((UNKNOWN if event.verdict is None else LABEL[event.verdict] for event in events), np.int8)[order],
        labels.reshape(-1)[cells if grid is None else grid.slots(cells)],
        _column((event.seconds for event in events), np.float64)[order],
        _column((event.screen == audit for event in events), np.bool_)[order],
        _column((names[event.reviewer] for event in events), np.int64)[order],
        seq[order],
        tuple(names),
    )


def updated(before: Standing, settled: Mapping[int, Decision], touched: Collection[int], labels: Labels, audit: str,
            grid: Grid | None = None) -> Standing:  # fmt: skip
    """What `standing` of all settled cells gives, from what it gave before some of them were touched.

    >>> from datetime import datetime
    >>> said = [Decision(f"uid-000{n}", "a", "hat", "ann", datetime(2026, 1, 1), Verdict.ABSENT, seq=n) for n in (1, 2)]
    >>> given = np.array([[1, 0]], np.int8)
    >>> both = updated(standing({0: said[0]}, given, "audit"), {0: said[0], 1: said[1]}, {1}, given, "audit")
    >>> both.cells.tolist(), both.wrong.tolist()
    ([0, 1], [True, False])
    """
    fresh = standing({place: settled[place] for place in touched if place in settled}, labels, audit, grid)
    kept = ~np.isin(before.cells, np.fromiter(touched, np.int64, len(touched)))
    names = sorted({before.reviewers[at] for at in np.unique(before.reviewer[kept])} | set(fresh.reviewers))
    places = {name: at for at, name in enumerate(names)}
    order = np.argsort(np.concatenate([before.seq[kept], fresh.seq]), kind="stable")

    def joined(name: str) -> Any:
        one, other = getattr(before, name)[kept], getattr(fresh, name)
        return np.concatenate([one, other])[order]

    renamed = [np.array([places.get(name, -1) for name in each.reviewers], np.int64) for each in (before, fresh)]
    reviewer = np.concatenate([renamed[0][before.reviewer[kept]], renamed[1][fresh.reviewer]])[order]
    columns = {name: joined(name) for name in ("cells", "label", "given", "seconds", "chance", "seq")}
    return Standing(**columns, reviewer=reviewer, reviewers=tuple(names))


def _column(values: Iterable[object], kind: type[Scalar]) -> npt.NDArray[Scalar]:
    return np.fromiter(values, kind)
