"""A project's team: how its cells are shared out, which answers are known, and what is slipped into whose queue."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from labelreview.decisions import Decision
from labelreview.errors import InputError, NotFound
from labelreview.review.consensus import adjudicated, disputed
from labelreview.review.sharing import Cells, Waiting, slipped_in
from labelreview.review.verdicts import Cell, Verdicts
from labelreview.sharing import Sharing
from labelreview.store import SharingStore
from labelreview.tags import UNKNOWN, Dataset


class Team:
    """The rules of one project and what follows from them. Not locked: its project is."""

    def __init__(self, store: SharingStore, project: str, dataset: Dataset) -> None:
        self._store, self._project, self._dataset = store, project, dataset
        self._waiting = Waiting(project, Sharing())
        self._known: dict[Cell, int] = {}
        self._disputes: tuple[int, dict[Cell, list[Decision]], list[Cell]] | None = None  # of the log up to a seq

    def catch_up(self, verdicts: Verdicts) -> None:
        """Take over what another process or the command line has set."""
        sharing = self._store.read(self._project)
        if sharing == self._waiting.sharing:
            return
        self._known, self._waiting = self._store.known(self._project), Waiting(self._project, sharing)
        for cell in verdicts.settled:
            if (place := self._place(cell)) is not None:
                self._waiting.mark(place, verdicts.about(*cell))

    @property
    def sharing(self) -> Sharing:
        """The rules, as of the last look."""
        return self._waiting.sharing

    @property
    def known(self) -> Mapping[Cell, int]:
        """The cells whose answer is known, as of the last look."""
        return self._known

    def mark(self, place: int, standing: Sequence[Decision]) -> None:
        """Say which verdicts stand about a cell."""
        self._waiting.mark(place, standing)

    def wants(self, reviewer: str, place: int, verdicts: Verdicts) -> bool:
        """Whether an answered cell is open for this reviewer all the same."""
        cell = self._dataset.at(place)
        is_gold = cell in self._known and verdicts.of(reviewer, *cell) is None
        return is_gold or self._waiting.is_for(reviewer, place)

    def waiting_for(self, reviewer: str) -> Iterator[Cells]:
        """The cells that have answers of others and want one of this reviewer, in chunks."""
        return self._waiting.cells_for(reviewer)

    def slipped_in(
        self, reviewer: str, verdicts: Verdicts, kept: Sequence[Cell], want: int, under: Callable[[Cells], Cells]
    ) -> dict[int, Cell]:
        """Where known cells go in the reviewer's next `want` questions, after those that they have at hand; `under`:
        those of some places that may be asked."""
        if not self._known or want <= 0:
            return {}
        left = (cell for cell in self._known if cell not in kept and verdicts.of(reviewer, *cell) is None)
        places = [place for place in map(self._place, left) if place is not None]
        open_gold = map(self._dataset.at, under(np.array(places, np.int64)).tolist())
        number = len(verdicts.standing(reviewer)) + len(kept)
        return slipped_in(self._project, reviewer, open_gold, number, want, self.sharing.gold_share)

    def set(
        self,
        *,
        answers: int | None = None,
        share: float | None = None,
        gold_share: float | None = None,
        known: Mapping[Cell, int] | None = None,
    ) -> Sharing:
        """Change rules, and known answers; what is left out stays. Every process follows with its next queue."""
        told: dict[str, Any] = {"answers": answers, "share": share, "gold_share": gold_share}
        changed: dict[str, Any] = {name: value for name, value in told.items() if value is not None}
        rules = replace(self._store.read(self._project), **changed)
        if known is not None and (missing := [cell for cell in known if self._place(cell) is None]):
            item, tag = missing[0]
            more = f" ({len(missing)} such cells)" if len(missing) > 1 else ""
            raise InputError(f"There is no tag '{tag}' of an item '{item}' in this project{more}.")
        return self._store.write(self._project, rules, known)

    def disputes(self, verdicts: Verdicts) -> tuple[dict[Cell, list[Decision]], list[Cell]]:
        """The disputed cells of the data, with answers and flags, and the cells that an adjudicator has decided."""
        if self._disputes is None or self._disputes[0] != verdicts.seq:
            here = {cell: said for cell, said in disputed(verdicts).items() if self._place(cell) is not None}
            for flag in verdicts.flags:
                here.get((flag.item, flag.tag), []).append(flag)
            decided = [cell for cell in adjudicated(verdicts) if self._place(cell) is not None]
            self._disputes = verdicts.seq, here, decided
        return self._disputes[1:]

    def settled_gold(self, verdicts: Verdicts, count: int) -> dict[Cell, int]:
        """Settled cells whose answer may be taken for known: those that most reviewers agree on, else by chance."""
        chosen = []
        for cell, newest in verdicts.opinions():
            labels = {each.verdict.label for each in newest.values() if each.verdict}
            label = verdicts.settled[cell].verdict
            if label and label.label != UNKNOWN and labels == {label.label} and self._place(cell) is not None:
                chosen.append((-len(newest), random.random(), cell, label.label))  # noqa: S311  no secret
        return {cell: label for _agree, _chance, cell, label in sorted(chosen)[:count]}

    def _place(self, cell: Cell) -> int | None:
        try:
            return self._dataset.cell(*cell)
        except NotFound:
            return None
