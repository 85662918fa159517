"""Whether two pictures are one picture: stored again, made smaller, a little brighter or cropped a little.

Embeddings cannot tell: they are made to be close where pictures are of a kind. So the pictures themselves are compared,
as `Sketch`: (SIDE, SIDE, 3) uint8. One is laid over the other as well as a few per cent of shift and stretch allow, and
made as bright. What then counts is the place where they differ most: what tells one road sign from the next is small.
"""

import numpy as np
import numpy.typing as npt

from labelreview.scoring.arrays import Float32s, Floats, Mask

Sketch = npt.NDArray[np.uint8]

SIDE, CELL = 64, 6
SHIFT, STRETCH, BRIGHTER = 2.0, 0.04, 1.2  # points, of the side, times: how far the overlay may go
COARSE, FINE = 3, 4  # rounds
MOST, EDGE = 12.0, 0.75  # a cell's difference in levels of 255; points by which edges may lie apart
BORDER = 3  # points at each side that do not tell how the pictures lie


def same_picture(one: Sketch, other: Sketch) -> bool:
    """Whether they are the same but for size, compression, ±10 % brightness and a crop of 2 %; mirrored they are not.

    >>> picture = np.random.default_rng(0).integers(0, 256, (8, 8, 3)).repeat(8, 0).repeat(8, 1).astype(np.uint8)
    >>> spot = picture.copy(); spot[24:32, 24:32] = 255 - spot[24:32, 24:32]
    >>> same_picture(picture, (picture * 0.9).astype(np.uint8)), same_picture(picture, spot)
    (True, False)
    """
    return difference(one, other) <= MOST


def difference(one: Sketch, other: Sketch) -> float:
    """How much the pictures differ where they differ most, in levels of 255."""
    darker, lighter = sorted((one.astype(np.float32), other.astype(np.float32)), key=lambda each: float(each.mean()))
    lit = _lit(darker, lighter)
    move = _overlay(lit, lighter)
    laid, (rows, columns) = _moved(lit, move), map(_inside, (move[:2], move[2:]))
    apart = np.abs(laid - lighter) - EDGE * np.maximum(_steepness(laid), _steepness(lighter))
    inner = np.maximum(apart, 0).max(axis=2)[rows][:, columns]
    sums = np.pad(inner.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    cells = sums[CELL:, CELL:] - sums[:-CELL, CELL:] - sums[CELL:, :-CELL] + sums[:-CELL, :-CELL]
    return float(cells.max()) / CELL**2


def _lit(darker: Float32s, lighter: Float32s) -> Float32s:
    """The darker picture made as bright as the lighter one, where the light has not swallowed the difference."""
    some = lighter < 250
    factor = float(lighter[some].sum() / max(darker[some].sum(), 1.0)) if some.any() else 1.0
    return np.asarray(np.minimum(darker * min(max(factor, 1.0), BRIGHTER), 255), np.float32)


def _overlay(picture: Float32s, over: Float32s) -> Floats:
    """The shift and stretch, down and across, that lay the picture over the other, coarsely, then finely.

    By the slopes of what is to be moved (Lucas and Kanade 1981).
    """
    move = np.zeros(4)
    for blurred in (True, False):
        source, target = (_blurred(each) if blurred else each for each in (picture, over))
        for _ in range(COARSE if blurred else FINE):
            laid = _moved(source, move)
            down, across = (np.gradient(laid, axis=axis) for axis in (0, 1))
            slopes = np.stack([down, down * ALONG[:, None, None], across, across * ALONG[None, :, None]])
            slopes = slopes[:, BORDER:-BORDER, BORDER:-BORDER].reshape(4, -1)
            missing = (target - laid)[BORDER:-BORDER, BORDER:-BORDER].ravel()
            step = np.linalg.solve(slopes @ slopes.T + np.eye(4), slopes @ missing)
            move = np.clip(move + step, -LIMITS, LIMITS)
    return move


ALONG = np.linspace(-1, 1, SIDE, dtype=np.float32)
LIMITS = np.array([SHIFT, STRETCH * SIDE / 2, SHIFT, STRETCH * SIDE / 2])


def _moved(picture: Float32s, move: Floats) -> Float32s:
    for axis in (0, 1):
        places = np.clip(_places(move[2 * axis : 2 * axis + 2]), 0, SIDE - 1)
        low = np.minimum(places.astype(np.int64), SIDE - 2)
        part = (places - low).astype(np.float32).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
        picture = picture.take(low, axis) * (1 - part) + picture.take(low + 1, axis) * part
    return picture


def _places(move: Floats) -> Floats:
    """Where each point of the overlay comes from."""
    return np.asarray(np.arange(SIDE) + move[0] + move[1] * ALONG)


def _inside(move: Floats) -> Mask:
    """Which points have something under them: what a crop took is not compared."""
    places = _places(move)
    return (places > -0.25) & (places < SIDE - 0.75)


def _blurred(picture: Float32s) -> Float32s:
    for axis in (0, 1):
        for _ in range(3):
            before, after = (np.clip(np.arange(SIDE) + step, 0, SIDE - 1) for step in (-1, 1))
            picture = (picture.take(before, axis) + picture + picture.take(after, axis)) / np.float32(3)
    return picture


def _steepness(picture: Float32s) -> Float32s:
    return np.hypot(np.gradient(picture, axis=0), np.gradient(picture, axis=1)).astype(np.float32)
