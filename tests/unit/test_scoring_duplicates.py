"""Near-duplicates by bands give what comparing all pairs gives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelreview.errors import InputError
from labelreview.scoring import duplicates


def slow_groups(close):
    """Groups by the book: follow every pair from the first row on."""
    groups = np.full(len(close), -1)
    for row in range(len(close)):
        if groups[row] < 0:
            groups[row], waiting = groups.max() + 1, [row]
            while waiting:
                near = np.flatnonzero(close[waiting.pop()] & (groups < 0))
                groups[near] = groups[row]
                waiting.extend(near)
    return groups


def with_copies(seed, rows=600, copies=80, wide=24):
    rng = np.random.default_rng(seed)
    made = rng.normal(size=(rows, wide))
    source = rng.integers(0, rows, copies)
    made[rng.integers(0, rows, copies)] = made[source] + rng.normal(0, 0.25, (copies, wide))
    return made


@pytest.mark.parametrize("seed", range(4))
def test_groups_of_embeddings_are_those_of_all_pairs(seed):
    made = with_copies(seed)
    rows, _ = duplicates.unit_rows(made)
    expected = slow_groups(rows @ rows.T >= duplicates.ALIKE)
    assert 20 < len(made) - len(set(expected)) < 100
    np.testing.assert_array_equal(duplicates.near_duplicates(made), expected)


@given(st.integers(0, 9999), st.integers(0, 3))
@settings(max_examples=25, deadline=None)
def test_groups_of_hashes_are_those_of_all_pairs(seed, bits):
    rng = np.random.default_rng(seed)
    hashes = rng.integers(0, 2**63, 120).astype(np.uint64)
    for row in range(0, 60, 2):
        flips = rng.choice(63, rng.integers(0, 5), replace=False).astype(np.uint64)
        hashes[row] = hashes[row + 1] ^ np.bitwise_or.reduce(np.uint64(1) << flips, initial=0)
    apart = np.bitwise_count(hashes[:, None] ^ hashes[None])
    np.testing.assert_array_equal(duplicates.same_pictures(hashes, bits), slow_groups(apart <= bits))


def test_a_copy_of_a_copy_is_in_the_group():
    hashes = np.array([0, 0b111, 0b111111, 2**40 - 1], np.uint64)
    assert duplicates.same_pictures(hashes).tolist() == [0, 0, 0, 1]


def test_many_exact_copies_are_one_group_only_while_they_do_not_swallow_the_data():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(1000, 16))
    rows[100:140] = rows[0]
    assert len(set(duplicates.near_duplicates(rows))) == 1000 - 40
    low = rng.normal(size=(2000, 2))
    assert np.bincount(duplicates.near_duplicates(low)).max() <= 100


def test_rows_that_are_not_finite_resemble_nothing():
    rows = with_copies(0, 60, 5)
    rows[[3, 4]] = np.nan
    groups = duplicates.near_duplicates(rows)
    assert (groups == groups[3]).sum() == (groups == groups[4]).sum() == 1


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_tiny_sets_have_groups_too(rows):
    made = np.eye(4)[:rows]
    assert duplicates.near_duplicates(made).tolist() == list(range(rows))
    assert duplicates.same_pictures(np.arange(rows).astype(np.uint64) << np.uint64(5), 0).tolist() == list(range(rows))


def test_what_is_no_matrix_or_limit_is_refused():
    with pytest.raises(InputError, match="embeddings: 1 dimensions of float64"):
        duplicates.near_duplicates(np.zeros(3))
    with pytest.raises(InputError, match="alike is 2"):
        duplicates.near_duplicates(np.zeros((3, 3)), 2)
    with pytest.raises(InputError, match="bits is 64"):
        duplicates.same_pictures(np.zeros(3, np.uint64), 64)
