"""Whole items: which tags are listed, and that item after item comes until everything listed is answered."""

import pytest

from labelreview import whole
from labelreview.decisions import Verdict
from labelreview.project import Project
from labelreview.review.worklist import LIKELY, Filters
from tests.gallery import gallery, settings_in
from tests.made import decision

TAGS = tuple(f"tag {number:03d}" for number in range(130))  # of some items more are listed than are shown at once


@pytest.fixture
def tags() -> tuple[str, ...]:
    return TAGS


@pytest.fixture
def project(tmp_path, tags):
    settings = settings_in(tmp_path)
    gallery(settings, tmp_path, items=4, tags=tags)
    with Project.open(settings, "gallery") as opened:
        yield opened


def confirm(project, item: whole.Whole) -> None:
    verdicts = {1: Verdict.PRESENT, 0: Verdict.ABSENT}
    project.record([decision(item.item, row.tag, verdicts[row.given], screen="item") for row in item.rows if row.open])


@pytest.mark.parametrize("suspects", [True, False])
def test_one_item_comes_after_the_other_until_all_that_is_listed_is_answered(project, suspects):
    filters = Filters(suspects=suspects)
    for _ in range(99):
        found = whole.next_items(project, "Ada", "ada-tab-1", filters, 2)
        if not found.wholes:
            break
        assert found.progress.remaining > 0
        confirm(project, found.wholes[0])
    assert found.progress.remaining == 0
    assert found.progress.answered > 0
    cells = [whole.cell(project, item, tag) for item in project.dataset.ids for tag in TAGS]
    assert not any(
        row.open for row in cells if row.suspect or (not suspects and (row.given or row.pred_prob >= LIKELY))
    )


@pytest.mark.parametrize("tags", [TAGS[:40]])
def test_a_tab_gets_as_many_items_as_it_asks_for_and_nobody_else_gets_those(project):
    """Of each item many cells are open, and they stand together in the order."""
    ada = whole.next_items(project, "Ada", "ada-tab-1", Filters(), 2)
    bob = whole.next_items(project, "Bob", "bob-tab-1", Filters(), 4)
    assert [len(ada.wholes), len(bob.wholes)] == [2, 2]
    assert {each.item for each in (*ada.wholes, *bob.wholes)} == set(project.dataset.ids)
    more = whole.next_items(project, "Ada", "ada-tab-1", Filters(), 2, [each.item for each in ada.wholes])
    assert more.wholes == ()  # those that the tab has are not sent again, and Bob has the others
    project.release("bob-tab-1")
    again = whole.next_items(project, "Ada", "ada-tab-1", Filters(), 4, [each.item for each in ada.wholes])
    assert {each.item for each in again.wholes} == {each.item for each in bob.wholes}
