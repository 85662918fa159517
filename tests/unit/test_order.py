"""What is asked next, against a slow and plain oracle."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from labelreview.decisions import Direction
from labelreview.review.order import spread, worst_first
from labelreview.tags import ABSENT, PRESENT, UNKNOWN

few_values = st.sampled_from([0.0, -0.0, 1e-45, 1e-8, 0.1, 0.25, 0.5, 0.999, 1.0, np.nan])


@st.composite
def cases(draw):
    shape = draw(st.tuples(st.integers(0, 7), st.integers(1, 5)))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    elements = few_values | st.floats(0, 1, width=32)
    scores = draw(hnp.arrays(np.float64, shape, elements=elements)).astype(dtype)
    labels = draw(hnp.arrays(np.int8, shape, elements=st.sampled_from([PRESENT, ABSENT, UNKNOWN])))
    return scores, labels, {
        "mix": draw(st.booleans()),
        "direction": draw(st.none() | st.sampled_from(Direction)),
        "column": draw(st.none() | st.integers(0, shape[1] - 1)),
        "rows": draw(st.none() | hnp.arrays(bool, shape[:1])),
        "exclude": draw(st.none() | hnp.arrays(bool, shape)),
        "limit": draw(st.none() | st.integers(0, 40)),
    }  # fmt: skip


def oracle(scores, labels, *, mix, direction, column, rows, exclude, limit):
    sides = {Direction.WRONG: [], Direction.MISSING: []}
    for row in range(scores.shape[0]):
        for at in range(scores.shape[1]):
            side = Direction.WRONG if labels[row, at] == PRESENT else Direction.MISSING
            dropped = (rows is not None and not rows[row]) or (exclude is not None and exclude[row, at])
            wanted = column in (None, at) and direction in (None, side)
            if wanted and not dropped and not np.isnan(scores[row, at]):
                sides[side].append((float(scores[row, at]), row * scores.shape[1] + at))
    if not mix:
        return [cell for _, cell in sorted(sides[Direction.WRONG] + sides[Direction.MISSING])][:limit]
    wrong, missing = ([cell for _, cell in sorted(side)] for side in sides.values())
    turns = []
    while wrong or missing:
        turns += [side.pop(0) for side in (wrong, missing) if side]
    return turns[:limit]


@given(cases())
def test_the_order_is_the_plain_one(case):
    scores, labels, options = case
    order = worst_first(scores, labels, **options)
    assert order.dtype == np.int64
    assert order.tolist() == oracle(scores, labels, **options)


@given(cases(), st.integers(0, 40))
def test_a_limit_gives_the_front_of_the_whole_order(case, limit):
    scores, labels, options = case
    whole = worst_first(scores, labels, **{**options, "limit": None})
    assert worst_first(scores, labels, **{**options, "limit": limit}).tolist() == whole[:limit].tolist()


def test_many_equal_scores_stand_in_the_order_of_their_positions():
    scores = np.random.default_rng(1).integers(0, 3, (2000, 5)).astype(np.float32) / 2
    labels = np.ones((2000, 5), np.int8)
    expected = np.argsort(scores.reshape(-1), kind="stable").tolist()
    assert worst_first(scores, labels).tolist() == expected
    assert worst_first(scores, labels, limit=3500).tolist() == expected[:3500]


def test_with_rare_tags_the_first_screen_holds_both_directions():
    random = np.random.default_rng(2)
    labels = (random.random((500, 10)) < 0.05).astype(np.int8)
    scores = np.where(labels == PRESENT, 0.01, 0.2) + random.random((500, 10)) / 100  # the present ones all look worse
    first = labels.reshape(-1)[worst_first(scores, labels, limit=20)]
    assert (first == PRESENT).sum() == 10
    assert (labels.reshape(-1)[worst_first(scores, labels, mix=False, limit=20)] == PRESENT).all()


def test_what_is_given_is_not_changed():
    scores, labels = np.array([[0.5, -0.0]], np.float32), np.array([[1, 0]], np.int8)
    rows, exclude = np.array([True]), np.array([[False, False]])
    for array in (scores, labels, rows, exclude):
        array.flags.writeable = False  # as a memory map opened for reading
    assert worst_first(scores, labels, rows=rows, exclude=exclude).tolist() == [0, 1]
    assert worst_first(scores, labels, column=1, rows=rows, exclude=exclude).tolist() == [1]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            {"labels": np.zeros((3, 2), np.int8)},
            r"labels has the shape \(3, 2\); with scores \(2, 2\)",
        ),
        ({"rows": np.ones(3, bool)}, r"rows has the shape \(3,\).*has to be \(2,\)"),
        ({"exclude": np.ones(4, bool)}, r"exclude has the shape \(4,\)"),
    ],
)
def test_shapes_that_do_not_fit_are_said(options, says):
    with pytest.raises(ValueError, match=says):
        worst_first(np.zeros((2, 2)), **{"labels": np.zeros((2, 2), np.int8), **options})


@given(st.lists(st.integers(0, 5), max_size=60), st.integers(1, 8))
def test_alike_cells_stand_apart_as_long_as_there_is_something_to_put_between(kinds, gap):
    cells = np.arange(100, 100 + len(kinds))
    apart = spread(cells, np.array(kinds, np.int64), gap)
    assert sorted(apart.tolist()) == cells.tolist()
    shown = [kinds[cell - 100] for cell in apart]
    for kind in set(kinds):  # each kind keeps its own order
        assert [cell for cell in apart if kinds[cell - 100] == kind] == [
            cell for cell in cells if kinds[cell - 100] == kind
        ]
    for at, kind in enumerate(shown):
        too_near = kind in shown[max(0, at - gap) : at]
        assert not too_near or len(set(shown[at:])) <= gap  # only a tail without enough other kinds is crowded
