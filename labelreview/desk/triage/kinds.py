"""What kind of errors: tags that are confused or wrong together, and how labels of each tag were turned."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from labelreview.desk.triage.figures import Triage
from labelreview.review.estimates import CoWrong

CHANCE = 0.05  # what chance brings together that often does not stand out
SHOWN = 24  # tags on a heat map: more cannot be read


@dataclass(frozen=True)
class HeatMap:
    """counts (T, T): items on which the tag of the row was wrong together with the column's (symmetric), or instead."""

    tags: tuple[str, ...]
    counts: npt.NDArray[np.int64]
    symmetric: bool


def standing_out(pairs: Sequence[CoWrong]) -> list[CoWrong]:
    """Those of some pairs that chance does not explain."""
    return [pair for pair in pairs if pair.p_value < CHANCE]


def heat_map(found: Triage, pairs: Sequence[CoWrong], *, symmetric: bool) -> HeatMap:
    """The counts of the tags in the most frequent pairs, at most `SHOWN` of them, most frequent first."""
    weight = np.zeros(len(found.tags), np.int64)
    for pair in sorted(pairs, key=lambda pair: -pair.both_wrong):
        new = {pair.first, pair.second} - set(np.flatnonzero(weight).tolist())
        if np.count_nonzero(weight) + len(new) <= SHOWN:
            weight[[pair.first, pair.second]] += pair.both_wrong
    chosen = np.argsort(-weight, kind="stable")[: np.count_nonzero(weight)]
    place = {int(tag): at for at, tag in enumerate(chosen)}
    counts = np.zeros((len(chosen), len(chosen)), np.int64)
    for pair in pairs:
        if pair.first in place and pair.second in place:
            counts[place[pair.first], place[pair.second]] = pair.both_wrong
            if symmetric:
                counts[place[pair.second], place[pair.first]] = pair.both_wrong
    return HeatMap(tuple(found.tags[tag] for tag in chosen), counts, symmetric)
