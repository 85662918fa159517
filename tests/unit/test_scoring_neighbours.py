"""The nearest rows: against a plain look at all of them, and what is like nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from labelreview.errors import InputError
from labelreview.scoring.duplicates import unit_rows
from labelreview.scoring.neighbours import compressed, nearest

ROWS = arrays.arrays(np.float32, st.tuples(st.integers(2, 25), st.integers(2, 6)), elements=st.floats(-5, 5, width=32))


@given(ROWS, st.integers(1, 30))
def test_the_nearest_rows_are_those_that_a_look_at_all_cosines_finds(rows, most):
    small = compressed(rows)
    found = nearest(small, 0, most)
    assert 0 not in found.rows
    assert len(set(found.rows.tolist())) == len(found.rows)
    units, _ = unit_rows(rows)
    if (np.linalg.norm(units, axis=1) < 0.5).any() or (np.ptp(rows, axis=0) < 1e-2).any():
        return  # a row at the centre points nowhere: its cosines are noise
    cosines = units @ units[0]
    best = np.sort(cosines[1:])[::-1][:most]
    np.testing.assert_allclose(found.likeness, best, atol=1e-3)
    np.testing.assert_allclose(cosines[found.rows], best, atol=1e-3)


def test_few_directions_still_find_the_neighbours_that_all_of_them_find():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(40, 300))
    rows = centres[rng.integers(40, size=2000)] + 0.5 * rng.normal(size=(2000, 300))
    whole, small = compressed(rows, 300), compressed(rows)
    kept = [len({*nearest(whole, row, 10).rows} & {*nearest(small, row, 10).rows}) for row in range(0, 2000, 100)]
    same = [np.mean(whole[row] @ whole[nearest(small, row, 10).rows].T) for row in range(0, 2000, 100)]
    assert np.mean(kept) > 3  # within a cluster many are equally near; what counts is how near
    assert min(same) > 0.6


def test_an_item_without_an_embedding_is_near_nothing_and_nothing_is_near_it():
    rows = compressed([[1.0, 0.0], [np.nan, 0.0], [0.9, 0.2], [0.0, 1.0]])
    assert nearest(rows, 1, 5).rows.tolist() == []
    assert nearest(rows, 0, 5).rows.tolist() == [2, 3]


def test_embeddings_without_numbers_are_refused():
    with pytest.raises(InputError, match="have no columns"):
        compressed(np.zeros((3, 0)))
