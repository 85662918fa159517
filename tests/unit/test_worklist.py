"""What is asked next: the open cells under a filter, worst first, while answers come in."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from labelreview.decisions import Direction
from labelreview.errors import NotFound
from labelreview.review.order import worst_first
from labelreview.review.worklist import Answer, Filters, Worklist
from labelreview.tags import ABSENT, PRESENT, UNKNOWN, Dataset, Names

EVERYTHING = Filters()


def worklist(labels: np.ndarray, scores: np.ndarray) -> Worklist:
    rows, columns = labels.shape
    ids = Names.of(f"Item{row}" for row in range(rows))
    data = Dataset(ids, tuple(f"tag{column}" for column in range(columns)), labels, np.zeros(labels.shape, np.float32))
    known = np.where(labels == UNKNOWN, np.nan, scores).astype(np.float32)

    def order(filters, mask, _only):
        column = data.column(filters.tag) if filters.tag else None
        if filters.unlabelled:
            empty = np.flatnonzero(labels == UNKNOWN)
            yield empty if mask is None else empty[mask[empty // columns]]
            return
        yield worst_first(known, labels, direction=filters.direction, column=column, rows=mask)

    return Worklist(data, order, lambda: scores < 0.25)


def cells(work: Worklist, filters: Filters = EVERYTHING) -> list[int]:
    return [int(cell) for chunk in work.open_cells(filters) for cell in chunk]


LABELS = np.array([[1, 0, -1], [0, 1, 0]], np.int8)
SCORES = np.array([[0.9, 0.1, 0.0], [0.2, 0.3, 0.8]])


def test_each_known_cell_is_asked_once_and_unknown_ones_never():
    assert sorted(cells(worklist(LABELS, SCORES))) == [0, 1, 3, 4, 5]


def test_an_answered_cell_leaves_the_list_and_comes_back_when_the_answer_is_undone():
    work = worklist(LABELS, SCORES)
    work.mark({1: Answer.WRONG})
    assert 1 not in cells(work)
    assert work.progress(Filters()).answered == 1
    work.mark({1: Answer.NONE})
    assert 1 in cells(work)
    assert work.progress(Filters()).remaining == 5


def test_filters_pick_tag_direction_and_text_whatever_its_case():
    work = worklist(LABELS, SCORES)
    assert sorted(cells(work, Filters(tag="tag1"))) == [1, 4]
    assert sorted(cells(work, Filters(direction=Direction.WRONG))) == [0, 4]
    assert sorted(cells(work, Filters(direction=Direction.MISSING))) == [1, 3, 5]
    assert sorted(cells(work, Filters(text="ITEM1"))) == [3, 4, 5]
    assert cells(work, Filters(text="no such id")) == []


def test_suspects_alone_are_asked_and_counted_when_asked_for():
    work = worklist(LABELS, SCORES)
    assert sorted(cells(work, Filters(suspects=True))) == [1, 3]
    work.mark({3: Answer.UNSURE})
    progress = work.progress(Filters(suspects=True))
    assert (progress.total, progress.answered) == (2, 1)


def test_a_tag_that_is_not_there_is_named():
    with pytest.raises(NotFound, match="no tag 'hat'"):
        cells(worklist(LABELS, SCORES), Filters(tag="hat"))


@given(
    hnp.arrays(np.int8, (7, 3), elements=st.sampled_from([PRESENT, ABSENT, UNKNOWN])),
    hnp.arrays(np.float32, (7, 3), elements=st.sampled_from([0.0, 0.25, 0.5, 1.0])),
    st.lists(st.integers(0, 20), max_size=30),
    st.sampled_from(["", "tag0", "tag2"]),
    st.sampled_from([None, *Direction]),
    st.sampled_from(["", "item1", "3"]),
    st.sampled_from([{}, {"suspects": True}, {"unlabelled": True}]),
)
def test_progress_counts_what_the_list_shows(labels, scores, answered, tag, direction, text, kind):
    tag = "" if "unlabelled" in kind else tag  # by tag its order is another test's; a direction it does not have
    work, filters = worklist(labels, scores), Filters(tag, direction, text, **kind)
    everything = cells(work, filters)
    work.mark(dict.fromkeys(answered, Answer.RIGHT))
    progress = work.progress(filters)
    assert progress.total == len(everything)
    # Cells of another kind that got a verdict are outside the list, hence outside its count.
    assert progress.answered == len(set(answered) & set(everything))
    assert cells(work, filters) == [cell for cell in everything if cell not in set(answered)]


@pytest.mark.parametrize("name", [field.name for field in fields(Filters)])
def test_every_filter_can_be_lifted_but_the_kind_of_cells_and_the_order(name):
    other = {bool: True, float: 0.5}.get(type(getattr(EVERYTHING, name)), "other")
    assert replace(EVERYTHING, **{name: other}).narrowed == (
        name not in ("order", "suspects", "unlabelled", "disputes")
    )
