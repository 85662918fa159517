"""Which cells exist: a sparse grid answers as a plain list of its cells would, a dense one as if all were listed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelreview.grid import Grid, SparseGrid, argsorted

ITEMS, TAGS = 5, 4


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    if draw(st.booleans()):
        return Grid(ITEMS, TAGS)
    return SparseGrid(ITEMS, TAGS, np.array(sorted(draw(st.sets(st.integers(0, ITEMS * TAGS - 1)))), np.int64))


def listed(grid: Grid) -> list[int]:
    return grid.cells(np.arange(grid.size)).tolist()


@given(grids(), st.sampled_from([None, 0, 3]), st.none() | st.lists(st.booleans(), min_size=ITEMS, max_size=ITEMS))
def test_the_cells_of_a_tag_and_of_some_items_are_those_of_the_list(grid, column, rows):
    wanted = [c for c in listed(grid) if column in (None, c % TAGS) and (rows is None or rows[c // TAGS])]
    index = grid.under(column, None if rows is None else np.array(rows))
    count = len(np.arange(grid.size)[index])
    assert grid.picked(index, np.arange(count)).tolist() == wanted
    assert np.arange(grid.size)[index].tolist() == [listed(grid).index(cell) for cell in wanted]


@given(grids())
def test_every_cell_that_exists_is_found_in_its_slot_and_no_other_exists(grid):
    cells = listed(grid)
    assert grid.slots(np.array(cells, np.int64)).tolist() == list(range(grid.size))
    assert [cell for cell in range(-1, ITEMS * TAGS + 1) if cell in grid] == cells
    for row in range(ITEMS):
        assert cells[grid.of_item(row)] == [cell for cell in cells if cell // TAGS == row]
    assert grid.columns(slice(1, 4)).tolist() == [cell % TAGS for cell in cells[1:4]]


@given(grids())
def test_counts_and_values_by_tag_are_those_of_the_list(grid):
    which = np.array([cell % 3 == 0 for cell in listed(grid)], bool).reshape(grid.shape)
    by_tag = [sum(cell % 3 == 0 and cell % TAGS == tag for cell in listed(grid)) for tag in range(TAGS)]
    assert grid.counts(which).tolist() == by_tag
    spread = np.zeros(grid.shape, np.int64) + grid.by_tag(np.array([10, 11, 12, 13]))
    assert np.ravel(spread).tolist() == [10 + cell % TAGS for cell in listed(grid)]


@pytest.mark.parametrize("below", [7, 1 << 62])
def test_sorting_keeps_equal_keys_in_their_order(below):
    keys = np.random.default_rng(0).integers(0, 7, 1000)
    assert argsorted(keys, below).tolist() == np.argsort(keys, kind="stable").tolist()
