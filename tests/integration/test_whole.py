"""Whole items: which tags are listed, and that item after item comes until everything listed is answered."""

import warnings
from typing import Any

import pytest
import streamlit as st
from starlette.applications import Starlette

from labelreview import rulings
from labelreview.decisions import Verdict
from labelreview.desk import whole
from labelreview.desk.project import Project
from labelreview.review.worklist import LIKELY, Filters
from labelreview.web import auth
from labelreview.web.routes import routes
from tests.gallery import gallery, settings_in
from tests.made import decision

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="Using `httpx` with")  # its successor is not what pytest users have yet
    from starlette.testclient import TestClient

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
    cells = [whole.cell(project, "Ada", item, tag) for item in project.dataset.ids for tag in TAGS]
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
    project.asking.release("bob-tab-1")
    again = whole.next_items(project, "Ada", "ada-tab-1", Filters(), 4, [each.item for each in ada.wholes])
    assert {each.item for each in again.wholes} == {each.item for each in bob.wholes}


@pytest.mark.parametrize("tags", [("hat", "cat", "boat")])
def test_a_second_answer_is_asked_for_by_whole_items_and_by_the_grid_without_telling_the_first(project, tmp_path):
    """Over the routes, as the pages ask; and where the log has both answers, nobody is asked again."""
    project.team.set(answers=2)
    project.meeting.record(rulings.relate("Ida", "hat", "implies", "cat"))
    with TestClient(Starlette(routes=routes(settings_in(tmp_path)))) as browser:

        def ask(who: str, word: str, **body: object) -> dict[str, Any]:
            token = {auth.HEADER: auth.token(auth.secret(settings_in(tmp_path).home), project.card.uid, who)}
            body = {"holder": f"tab-of-{who}", "want": 9, **body}
            answer = browser.post(f"/api/projects/gallery/{word}", json=body, headers=token)
            assert answer.status_code == 200, answer.text
            found: dict[str, Any] = answer.json()
            return found

        def answer_all(who: str, *, flip: bool) -> None:
            shape = ask(who, "items")
            events = [{"uid": f"{who}-{item['item'][5:8]}-{row['tag']}", "item": item["item"], "tag": row["tag"],
                       "at": "2026-11-24T12:00:00Z", "screen": "item",
                       "verdict": "present" if bool(row["given"]) != flip else "absent"}
                      for item in shape["items"] for row in item["tags"]]  # fmt: skip
            ask(who, "decisions", decisions=events)
            ask(who, "release")

        before = ask("ann", "items")
        ask("ann", "release")
        answer_all("ann", flip=True)
        assert (ask("ann", "items")["items"], ask("ann", "items")["total"]) == ([], ask("ann", "items")["answered"])
        shape = ask("ben", "items")
        assert [row for each in shape["items"] for row in each["tags"]] == [
            row for each in before["items"] for row in each["tags"]
        ]  # as if nobody had been asked: open, as given, and no rule broken by what ann said
        assert shape["answered"] == 0
        assert ask("eve", "items")["items"] == []  # one at a time
        ask("ben", "release")
        rows = {row["tag"]: row["given"] for each in shape["items"][:1] for row in each["tags"]}
        direction = {0: "missing", 1: "wrong"}[rows["hat"]]
        grid = ask("ben", "queue", tag="hat", direction=direction)
        assert shape["items"][0]["item"] in [cell["item"] for cell in grid["cells"]]
        ask("ben", "release")
        answer_all("ben", flip=False)
        assert ask("eve", "items")["items"] == ask("ben", "items")["items"] == []
    st.cache_resource.clear()
    said = {cell: {who: each.verdict for who, each in newest.items()} for cell, newest in project.verdicts().opinions()}
    assert len(said) == shape["total"]
    for (item, tag), by in said.items():
        given = project.dataset.label(project.dataset.ids.position(item), project.dataset.column(tag))
        assert by == {"ann": (Verdict.PRESENT, Verdict.ABSENT)[given], "ben": (Verdict.ABSENT, Verdict.PRESENT)[given]}
