"""Names, matrices, and joining by id and by name."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelreview.errors import InputError, NotFound
from labelreview.grid import SparseGrid
from labelreview.tags import Dataset, Names, TagMatrix, joined

texts = st.text(st.characters(codec="utf-8"), max_size=12)


@given(st.lists(texts, unique=True))
def test_names_hold_any_text_letter_for_letter(given_texts):
    names = Names.of(given_texts)
    assert list(names) == given_texts == [names[at] for at in range(len(names))] == names[:]
    assert [names.position(text) for text in given_texts] == list(range(len(given_texts)))


def test_names_are_indexed_like_a_list():
    names = Names.of(["a", "b", "c"])
    assert (names[-1], names[1:], names[::-1], "b" in names, "x" in names) == (
        "c",
        ["b", "c"],
        ["c", "b", "a"],
        True,
        False,
    )
    for at in (3, -4):
        with pytest.raises(IndexError, match=str(3 if at > 0 else -1)):
            names[at]


def test_names_of_names_are_the_same():
    names = Names.of(["a"])
    assert Names.of(names) is names


def test_a_name_that_is_not_there_is_said():
    with pytest.raises(NotFound, match="There is no 'x' in this project"):
        Names.of(["a"]).position("x")


@given(st.lists(texts, unique=True), st.lists(texts))
def test_many_names_are_found_as_each_alone_is(held, more):
    asked = [*held[::-1], *more]
    expected = [held.index(text) if text in held else -1 for text in asked]
    assert Names.of(held).positions(asked).tolist() == expected


@pytest.mark.parametrize(("some", "there"), [(None, [0, 1, 3]), (SparseGrid(2, 2, np.array([0, 3])), [0, -1, 3])])
def test_many_cells_are_found_where_they_are_and_others_nowhere(some, there):
    shape = (2, 2) if some is None else (2,)
    data = Dataset(Names.of(["a", "b"]), ("hat", "cat"), np.zeros(shape, np.int8), np.zeros(shape, np.float32), some)
    named = [("a", "hat"), ("a", "cat"), ("b", "cat"), ("c", "hat"), ("b", "x")]
    assert data.cells(named).tolist() == [*there, -1, -1]
    assert data.cells([]).tolist() == []


def labels(ids: list[str], tags: tuple[str, ...]) -> TagMatrix:
    return TagMatrix(
        ids, tags, np.array([[hash_of(i, t) % 3 - 1 for t in tags] for i in ids], np.int8).reshape(len(ids), -1)
    )


def predictions(ids: list[str], tags: tuple[str, ...]) -> TagMatrix:
    return TagMatrix(ids, tags, np.array([[hash_of(i, t) / 1000 for t in tags] for i in ids], np.float32))


def hash_of(item: str, tag: str) -> int:
    """A number below 1000 that belongs to the cell, wherever it stands."""
    return sum(map(ord, item + tag * 7)) % 1000


ids_and_tags = st.tuples(
    st.lists(texts.filter(bool), min_size=1, max_size=6, unique=True),
    st.lists(texts.filter(bool), min_size=1, max_size=5, unique=True),
)


def assert_each_cell_is_its_own(dataset: Dataset) -> None:
    assert (dataset.labels.dtype, dataset.pred_probs.dtype) == (np.int8, np.float32)
    assert dataset.labels.shape == dataset.pred_probs.shape == dataset.shape
    for row, item in enumerate(dataset.ids):
        for column, tag in enumerate(dataset.tags):
            assert dataset.labels[row, column] == hash_of(item, tag) % 3 - 1
            assert dataset.pred_probs[row, column] == np.float32(hash_of(item, tag) / 1000)


@given(ids_and_tags, st.randoms(use_true_random=False))
def test_cells_meet_by_id_and_name_in_the_order_of_the_labels_whatever_the_order_of_the_predictions(names, random):
    ids, tags = names
    other_ids, other_tags = random.sample(ids, len(ids)), random.sample(tags, len(tags))
    dataset = joined(labels(ids, tuple(tags)), predictions(other_ids, tuple(other_tags)))
    assert (list(dataset.ids), list(dataset.tags)) == (ids, tags)
    assert_each_cell_is_its_own(dataset)


def test_only_what_both_have_is_kept_when_asked():
    left, right = labels(["a", "b", "c"], ("x", "y", "z")), predictions(["c", "d", "b"], ("z", "w", "x"))
    dataset = joined(left, right, only_common=True)
    assert (list(dataset.ids), dataset.tags) == (["b", "c"], ("x", "z"))
    assert_each_cell_is_its_own(dataset)


def test_ids_on_one_side_alone_are_named_and_counted():
    left, right = labels([f"l{n}" for n in range(9)] + ["a"], ("x",)), predictions(["a", "b"], ("x",))
    with pytest.raises(
        InputError,
        match=r"9 ids only in the labels: 'l0', 'l1', 'l2', 'l3', 'l4' and 4 more; 1 id only in the predictions: 'b'"
        r".*--only-common",
    ):
        joined(left, right)


def test_tags_on_one_side_alone_are_named():
    with pytest.raises(InputError, match="1 tag only in the labels: 'hat'"):
        joined(labels(["a"], ("hat", "cat")), predictions(["a"], ("cat",)))


def test_ids_are_text_and_007_is_not_7():
    with pytest.raises(InputError, match="1 id only in the labels: '007'; 1 id only in the predictions: '7'"):
        joined(labels(["007"], ("x",)), predictions(["7"], ("x",)))


def test_files_with_nothing_in_common_are_not_joined():
    with pytest.raises(InputError, match=r"no id in common \(labels: 'a'; predictions: 'b'\)"):
        joined(labels(["a"], ("x",)), predictions(["b"], ("x",)), only_common=True)


def test_a_cell_has_one_position_and_back():
    dataset = joined(labels(["a", "b"], ("x", "y")), predictions(["a", "b"], ("x", "y")))
    assert [dataset.at(dataset.cell(i, t)) for i in "ab" for t in "xy"] == [(i, t) for i in "ab" for t in "xy"]
    assert dataset.cell("b", "x") == 2
    with pytest.raises(NotFound, match="There is no tag 'z'"):
        dataset.cell("a", "z")
    with pytest.raises(NotFound, match="There is no 'c'"):
        dataset.cell("c", "x")
