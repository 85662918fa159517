"""Which cells get several answers, who may still give one, and when a question whose answer is known is slipped in.

PURE. Choices that have to be the same in every process, and unforeseeable for a reviewer, are hashes of the project's
uid and what is chosen, not random numbers.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
import numpy.typing as npt

from labelreview.decisions import ADJUDICATE, Decision, Verdict
from labelreview.review.estimates.rates import Estimate
from labelreview.review.verdicts import Cell, Verdicts
from labelreview.sharing import Sharing

Cells = npt.NDArray[np.int64]
CHUNK = 4096
SURE = 1.959964  # of a 95 % interval


def chance(*words: object) -> float:
    """A number in [0, 1) that belongs to these words, evenly spread.

    >>> chance("project", "a", "hat") == chance("project", "a", "hat")
    True
    """
    text = "\0".join(map(str, words)).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") / 2**64


class Waiting:
    """The cells (flat positions) that have an answer and want more, of other reviewers; first come, first."""

    def __init__(self, project: str, sharing: Sharing) -> None:
        self.project, self.sharing = project, sharing
        self._answered: dict[int, frozenset[str]] = {}

    def wanted(self, place: int) -> int:
        """How many answers a cell gets."""
        sharing = self.sharing
        several = sharing.answers > 1 and (sharing.share >= 1 or chance(self.project, place) < sharing.share)
        return sharing.answers if several else 1

    def mark(self, place: int, standing: Sequence[Decision]) -> None:
        """Say which verdicts stand about a cell. What an adjudicator has decided wants nothing more."""
        if self.sharing.answers == 1:
            return
        who = frozenset(each.reviewer for each in standing)
        decided = any(each.screen == ADJUDICATE for each in standing)
        if who and not decided and len(who) < self.wanted(place):
            self._answered[place] = who
        else:
            self._answered.pop(place, None)

    def is_for(self, reviewer: str, place: int) -> bool:
        """Whether a cell wants this reviewer's answer, though it has another's."""
        return reviewer not in self._answered.get(place, {reviewer})

    def cells_for(self, reviewer: str) -> Iterator[Cells]:
        """The cells that want this reviewer's answer, in chunks."""
        found = [place for place, who in self._answered.items() if reviewer not in who]
        for start in range(0, len(found), CHUNK):
            yield np.array(found[start : start + CHUNK], np.int64)


def slipped_in(
    project: str, reviewer: str, open_gold: Iterable[Cell], number: int, want: int, share: float
) -> dict[int, Cell]:
    """Where in a reviewer's next `want` questions a known cell stands, and which one.

    open_gold: the known cells that they have not answered; number: questions that they have answered or at hand.
    """
    places = [at for at in range(want) if chance(project, "gold", reviewer, number + at) < share]
    if not places:
        return {}
    order = sorted(open_gold, key=lambda cell: chance(project, reviewer, *cell))
    return dict(zip(places, order, strict=False))


def woven_in(batch: Sequence[Cell], gold: Mapping[int, Cell]) -> list[Cell]:
    """A batch with the known cells at their places. Where the queue ends early, those after its end stay out.

    >>> woven_in([("a", "hat"), ("b", "hat")], {1: ("g", "hat"), 7: ("h", "hat")})
    [('a', 'hat'), ('g', 'hat'), ('b', 'hat')]
    """
    whole = [cell for cell in batch if cell not in gold.values()]
    for place, cell in sorted(gold.items()):
        if place <= len(whole):
            whole.insert(place, cell)
    return whole


@dataclass(frozen=True)
class Gold:
    """A reviewer's answers about known cells. `right`: the share of their certain ones, with 95 % (Wilson)."""

    answered: int
    wrong: int
    unsure: int
    right: Estimate


def gold_scores(verdicts: Verdicts, known: Mapping[Cell, int]) -> dict[str, Gold]:
    """How each reviewer's own newest verdicts on known cells compare with what is known.

    >>> from datetime import datetime
    >>> log = [Decision("uid-0001", "a", "hat", "ann", datetime(2026, 1, 1), Verdict.PRESENT)]
    >>> gold_scores(Verdicts(log), {("a", "hat"): 0})["ann"].wrong
    1
    """
    counts: dict[str, list[int]] = {}
    for cell, label in known.items():
        newest = {each.reviewer: each for each in verdicts.about(*cell) if each.screen != ADJUDICATE}
        for name, said in newest.items():
            count = counts.setdefault(name, [0, 0, 0])
            count[
                2 if said.verdict is Verdict.UNSURE else int(said.verdict is None or said.verdict.label != label)
            ] += 1
    return {
        name: Gold(right + wrong + unsure, wrong, unsure, _wilson(right, right + wrong))
        for name, (right, wrong, unsure) in sorted(counts.items())
    }


def _wilson(hits: int, of: int) -> Estimate:
    if not of:
        return Estimate(nan, nan, nan)
    share, square = hits / of, SURE**2 / of
    middle, half = share + square / 2, sqrt(square * share * (1 - share) + square**2 / 4)
    return Estimate(share, max((middle - half) / (1 + square), 0.0), min((middle + half) / (1 + square), 1.0))
