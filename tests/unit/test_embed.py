"""Pictures as numbers, without a file: what the description tells apart, batches, pictures that cannot be opened."""

import numpy as np
import pytest

from labelreview import embed
from labelreview.errors import InputError

PLAIN = embed.ColoursAndEdges()


def painted(colour=(200, 30, 30), stripes=0, side=embed.SIDE):
    """A picture of one colour; upright dark stripes (> 0) or lying ones (< 0)."""
    picture = np.full((side, side, 3), colour, np.uint8)
    if stripes:
        dark = np.arange(side) % abs(stripes) < abs(stripes) // 2
        picture[:, dark] = picture[:, dark] // 4 if stripes > 0 else picture[:, dark]
        picture[dark] = picture[dark] // 4 if stripes < 0 else picture[dark]
    return picture


def apart(left, right):
    first, second = PLAIN.encode(np.stack([left, right]))
    return float(np.linalg.norm(first - second))


def test_colours_and_the_direction_of_edges_are_told_apart():
    noise = np.random.default_rng(0).integers(-6, 6, (embed.SIDE, embed.SIDE, 3))
    striped = painted(stripes=12)
    same = np.clip(striped.astype(int) + noise, 0, 255).astype(np.uint8)
    near = apart(striped, same)
    assert apart(striped, painted(stripes=-12)) > 2 * near
    assert apart(striped, painted((30, 30, 200), 12)) > near
    assert apart(painted((90, 90, 90)), painted((230, 230, 230))) > 1


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 0, 255), (1, 1, 1)])
def test_every_colour_gives_finite_numbers(colour):
    rows = PLAIN.encode(np.stack([painted(colour), painted(colour, 8)]))
    assert rows.shape == (2, 1713)
    assert rows.dtype == np.float32
    assert np.isfinite(rows).all()


def test_a_picture_s_numbers_do_not_depend_on_its_batch():
    pictures = np.random.default_rng(0).integers(0, 256, (70, embed.SIDE, embed.SIDE, 3)).astype(np.uint8)
    found = embed.embedded([str(at) for at in range(70)], lambda path, *size: pictures[int(path)], PLAIN)
    np.testing.assert_allclose(found.rows[[3, 66]], PLAIN.encode(pictures[[3, 66]]), rtol=1e-5, atol=1e-6)


def test_a_picture_that_cannot_be_opened_is_a_row_of_nan_and_named():
    def pixels(path, width, height):
        if path == "b":
            raise InputError("Image 'b' is damaged.")
        return painted(side=width)

    steps = []
    found = embed.embedded(["a", "b", "c"], pixels, PLAIN, lambda step, share: steps.append(share))
    assert np.isnan(found.rows).all(axis=1).tolist() == [False, True, False]
    assert found.problems == {"b": "Image 'b' is damaged."}
    assert steps == sorted(steps)
    assert steps[-1] == 1
    with pytest.raises(InputError, match="None of 1 pictures can be opened. 'Image 'b' is damaged.'"):
        embed.embedded(["b"], pixels, PLAIN)
