"""How the random audit spreads over cells: strata by direction and doubt, a random order inside each, coins.

PURE. The same labels, scores and seed give the same strata and the same order, on every machine and with every version
of numpy.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from labelreview.decisions import Direction
from labelreview.errors import InputError
from labelreview.grid import Grid
from labelreview.tags import PRESENT, UNKNOWN, Labels

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

LEVELS = 512
STRATA = 10
BRAKE = 0.5  # the part of a cell's size that is the same for all
OUTSIDE = 255
BLOCK = 1 << 20


@dataclass(frozen=True)
class Stratum:
    """Cells of one direction whose doubt (the model's probability of an error) is in [low, high]; `size`: the chance of
    one of its open cells to be drawn, relative to other strata's."""

    direction: Direction
    low: float
    high: float
    cells: int
    size: float


def assigned(
    labels: Labels, scores: npt.NDArray[np.floating], doubt: npt.NDArray[np.floating] | None
) -> tuple[npt.NDArray[np.uint8], list[Stratum]]:
    """The stratum of each cell (flat; OUTSIDE where it has none), and the strata."""
    if labels.shape != scores.shape or (doubt is not None and doubt.shape != scores.shape):
        raise InputError(
            f"The audit needs labels, scores and error probabilities of one shape; labels are {labels.shape}, "
            f"scores {scores.shape}{'' if doubt is None else f', error probabilities {doubt.shape}'}."
        )
    codes = _codes(labels, scores, doubt)
    counts = np.bincount(codes, minlength=2 * LEVELS + 1)[: 2 * LEVELS]
    if not counts.any():
        raise InputError("There is no cell with a known label and a score, so there is nothing to audit.")
    table, strata = _strata(counts)
    return table[codes], strata


def _codes(
    labels: Labels, scores: npt.NDArray[np.floating], doubt: npt.NDArray[np.floating] | None
) -> npt.NDArray[np.uint16]:
    """Each cell's level of doubt (square root, 512 steps), + 512 where the tag is present; 1024 outside. Flat."""
    codes = np.empty(labels.size, np.uint16)
    given, quality = labels.reshape(-1), scores.reshape(-1)
    for start in range(0, len(codes), BLOCK):
        part = slice(start, start + BLOCK)
        block = 1 - quality[part] if doubt is None else np.array(doubt.reshape(-1)[part])
        outside = np.isnan(block) | np.isnan(quality[part]) | (given[part] == UNKNOWN)
        block[outside] = 0
        level = (np.sqrt(np.clip(block, 0, 1)) * (LEVELS - 1)).astype(np.uint16)
        level += np.uint16(LEVELS) * (given[part] == PRESENT)
        level[outside] = 2 * LEVELS
        codes[part] = level
    return codes


def _strata(counts: Ints) -> tuple[npt.NDArray[np.uint8], list[Stratum]]:
    """Levels joined to strata of about equal share of the draws (a table from code to stratum), about ten in all.

    Half of a cell's size is the same for all, half is in proportion to the root of its doubt (Neyman's allocation for
    rare errors): a good model makes estimates sharper, and a useless one can at most double their variance.
    """
    root = np.tile((np.arange(LEVELS) + 0.5) / LEVELS, 2)
    sizes = BRAKE / counts.sum() + (1 - BRAKE) * root / (counts * root).sum()
    table, strata = np.full(2 * LEVELS + 1, OUTSIDE, np.uint8), list[Stratum]()
    for direction, part in ((Direction.MISSING, slice(0, LEVELS)), (Direction.WRONG, slice(LEVELS, 2 * LEVELS))):
        mass = (counts * sizes)[part]
        if not mass.any():
            continue
        parts = min(6, max(1, round(STRATA * mass.sum())))
        band = np.minimum((np.cumsum(mass) - mass / 2) / mass.sum() * parts, parts - 1).astype(int)
        for at in range(parts):
            levels = np.flatnonzero(band == at)
            cells = int(counts[part][levels].sum())
            if cells:
                table[levels + part.start] = len(strata)
                low, high = (levels[0] / LEVELS) ** 2, ((levels[-1] + 1) / LEVELS) ** 2
                strata.append(Stratum(direction, low, high, cells, float(mass[levels].sum() / cells)))
    return table, strata


def totals(stratum: npt.NDArray[np.uint8], strata: int, grid: Grid) -> Ints:
    """Cells by stratum and tag, (H, K)."""
    counts = np.zeros(256 * grid.tags, np.int64)
    for start in range(0, len(stratum), BLOCK):
        part = slice(start, min(start + BLOCK, len(stratum)))
        codes = stratum[part].astype(np.int64) * grid.tags + grid.columns(part)
        counts += np.bincount(codes, minlength=256 * grid.tags)
    return counts.reshape(256, grid.tags)[:strata]


def shuffled(stratum: npt.NDArray[np.uint8], strata: int, seed: int) -> npt.NDArray[np.uint32]:
    """Cells stratum by stratum, in random order inside each.

    One sort of numbers made of stratum, hash and position: quick, and the same with every version of numpy.
    """
    cell_bits = max(1, (len(stratum) - 1).bit_length())
    top_bits = max(1, strata.bit_length())
    keys = np.empty(int(np.count_nonzero(stratum != OUTSIDE)), np.uint64)
    done = 0
    for start in range(0, len(stratum), BLOCK):
        cells = np.flatnonzero(stratum[start : start + BLOCK] != OUTSIDE).astype(np.uint64) + np.uint64(start)
        part = _mixed(cells + np.uint64(seed)) >> np.uint64(top_bits + cell_bits) << np.uint64(cell_bits)
        part |= stratum[cells].astype(np.uint64) << np.uint64(64 - top_bits)
        keys[done : done + len(part)] = part | cells
        done += len(part)
    keys.sort()
    keys &= np.uint64((1 << cell_bits) - 1)
    return keys.astype(np.uint32)


def _mixed(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """splitmix64 (Steele, Lea & Flood 2014): well mixed 64 bits from any number."""
    mixed = numbers + np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed ^= mixed >> np.uint64(shift)
        mixed *= np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return mixed


def unit(seed: int, at: int) -> float:
    """The at-th random number in [0, 1) of a seed."""
    digest = hashlib.blake2b(at.to_bytes(8), key=seed.to_bytes(8), digest_size=8).digest()
    return (int.from_bytes(digest) >> 11) / (1 << 53)


def coins(cells: Ints) -> Floats:
    """A fixed random number in [0, 1) for each cell, independent of the order of the draws."""
    return np.asarray(_mixed(_mixed(cells.astype(np.uint64)) ^ np.uint64(0xA5A5A5A5)) >> np.uint64(11), float) / (
        1 << 53
    )
