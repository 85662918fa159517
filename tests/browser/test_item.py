"""The page of whole items in a real browser: all tags of one picture, one key for all; what the log holds."""

import re

import pytest
from playwright.sync_api import Page, expect

from labelreview import rulings
from labelreview.desk.project import Project
from labelreview.review.verdicts import Verdicts
from tests.browser.conftest import PATIENCE, READY


@pytest.fixture
def query() -> str:
    return "cells=all"


@pytest.fixture
def page(server, newcomer, query) -> Page:
    page = newcomer().page
    page.context.add_cookies([{"name": "labelreview_reviewer", "value": "Ada", "url": server.address}])
    page.goto(f"{server.address}/item?{query}")
    page.wait_for_selector(READY, timeout=PATIENCE)
    shown(page)
    return page


def shown(page: Page) -> str:
    """The item on screen, once its picture has been painted."""
    way = page.locator("[data-part=way]")
    expect(way).to_have_attribute("data-painted", "1", timeout=PATIENCE)
    return way.get_attribute("data-item") or ""


def stored(page: Page, settings) -> dict[tuple[str, str], str]:
    expect(page.locator("[data-part=way]")).to_have_attribute("data-pending", "0", timeout=PATIENCE)
    with Project.open(settings, "gallery") as project:
        settled = Verdicts(project.log()).settled
    return {cell: decision.verdict.value for cell, decision in settled.items() if decision.verdict}


def test_by_keyboard_alone_an_item_is_set_right_confirmed_and_taken_back(page, settings):
    item = shown(page)
    rows = page.locator("[data-part=tags] li")
    before = dict(zip(rows.locator("bdi").all_inner_texts(), rows.locator(".state").all_inner_texts(), strict=True))
    first = rows.first.locator("bdi").inner_text()
    page.keyboard.press("1")
    expect(rows.first).to_have_attribute("data-changed", "true")
    page.keyboard.press("Enter")
    assert shown(page) != item
    flipped = {"yes": "absent", "no": "present"}
    expected = {(item, tag): {"yes": "present", "no": "absent"}[label] for tag, label in before.items()}
    assert stored(page, settings) == expected | {(item, first): flipped[before[first]]}
    page.keyboard.press("z")
    assert shown(page) == item
    assert stored(page, settings) == {}


@pytest.mark.parametrize("query", ["cells=all&text=item%20000"])
def test_any_tag_is_found_by_its_name_and_a_new_one_is_proposed_and_added_to_nothing(page, settings):
    item = shown(page)
    assert item.startswith("item 000")
    listed = page.locator("[data-part=tags] bdi").all_inner_texts()
    other = next(tag for tag in ("hat", "cat", "boat") if tag not in listed)
    page.keyboard.press("t")
    page.keyboard.type(other[:2])
    page.keyboard.press("Enter")
    row = page.locator("[data-part=tags] li").filter(has_text=other)
    expect(row).to_have_attribute("aria-selected", "true")
    page.keyboard.press("t")
    page.keyboard.type("zeppelin <b>")
    page.keyboard.press("Enter")
    expect(page.get_by_role("option", name="zeppelin <b> Enter again")).to_be_visible()
    with Project.open(settings, "gallery") as project:
        assert project.meeting.standing().proposed == {}
    page.keyboard.press("Enter")
    expect(page.get_by_text("Proposed to the data team: zeppelin <b>")).to_be_visible()
    page.keyboard.press("Enter")
    assert stored(page, settings)[item, other] == "present"
    with Project.open(settings, "gallery") as project:
        assert project.meeting.standing().proposed == {"zeppelin <b>": [item]}
        assert "zeppelin <b>" not in project.dataset.tags


def test_a_tag_that_breaks_an_agreed_rule_says_so_and_one_key_sets_what_the_rules_want(page, settings):
    with Project.open(settings, "gallery") as project:
        project.meeting.record(
            rulings.relate("Ada", "boat", "implies", "hat"), rulings.relate("Ada", "hat", "excludes", "cat")
        )
    page.reload()
    item = shown(page)
    for tag, label in {"boat": "1", "hat": "0", "cat": "1"}.items():
        page.keyboard.press("t")
        page.keyboard.type(tag)
        page.keyboard.press("Enter")
        row = page.locator("[data-part=tags] li").filter(has_text=re.compile(f"^.?{tag}"))
        expect(row).to_be_focused()
        if row.get_attribute("data-now") != label:
            page.keyboard.press(" ")
        expect(row).to_have_attribute("data-now", label)
    boat = page.locator("[data-part=tags] li").filter(has_text=re.compile("^.?boat"))
    page.keyboard.press("t")
    page.keyboard.type("boat")
    page.keyboard.press("Enter")
    expect(boat).to_be_focused()
    expect(boat.locator(".breaks")).to_have_text("")
    page.keyboard.press(" ")
    expect(boat.locator(".breaks")).to_contain_text("cat: no, hat: yes")
    page.keyboard.press("m")
    expect(page.locator(".breaks:not(:empty)")).to_have_count(0)
    page.keyboard.press("Enter")
    found = stored(page, settings)
    assert [found[item, tag] for tag in ("boat", "hat", "cat")] == ["present", "present", "absent"]


@pytest.mark.parametrize("query", ["cells=all&text=item%20000"])
def test_unsure_and_the_enlarged_picture_have_buttons_and_an_answered_item_is_looked_at_again(page, settings):
    item = shown(page)
    first = page.locator("[data-part=tags] li").first
    tag = first.locator("bdi").inner_text()
    page.get_by_role("button", name="Unsure").click()
    expect(first).to_have_attribute("data-now", "-1")
    expect(page.locator("[data-action=confirm]")).to_contain_text("unsure 1")
    page.locator("[data-part=mat] img").click()
    enlarged = page.get_by_role("dialog", name="Enlarged picture")
    before = enlarged.locator("img").bounding_box()["width"]
    assert before > page.locator("[data-part=mat] img").bounding_box()["width"]
    enlarged.locator("img").dblclick()
    assert enlarged.locator("img").bounding_box()["width"] > 2 * before
    page.keyboard.press("Escape")
    expect(enlarged).to_have_count(0)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Look at what is answered").click()
    assert shown(page) == item
    row = page.locator("[data-part=tags] li").filter(has_text=tag)
    expect(row).to_have_attribute("data-now", "-1")
    row.click()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Look at what is answered")).to_be_visible()
    assert stored(page, settings)[item, tag] == "present"


@pytest.mark.parametrize("items", [9])
def test_item_after_item_comes_until_all_are_confirmed(page, settings, items):
    seen = []
    for _ in range(items):
        seen.append(shown(page))
        page.keyboard.press("Enter")
    expect(page.get_by_text("Everything is answered", exact=True)).to_be_visible(timeout=PATIENCE)
    assert len(set(seen)) == items
    assert set(stored(page, settings).values()) == {"present", "absent"}
    for key in ("t", *"zeppelin", "Enter", "Enter"):  # a new tag needs an item that it was seen on
        page.keyboard.press(key)
    for before in reversed(seen):  # those of which the tab kept little too, as they were
        page.keyboard.press("z")
        expect(page.locator("[data-part=way]")).to_have_attribute("data-item", before, timeout=PATIENCE)
    assert stored(page, settings) == {}


@pytest.mark.parametrize(("query", "items"), [("", 12)])
def test_once_the_suspects_are_answered_one_button_goes_on_with_the_rest(page, settings):
    with Project.open(settings, "gallery") as project:
        doubtful = int(project.issues.any(axis=1).sum())
    for _ in range(doubtful):
        shown(page)
        page.keyboard.press("Enter")
    expect(page.get_by_text("All suspects answered", exact=True)).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Go on with all cells").click()
    shown(page)
    assert "cells=all" in page.url
    page.goto(page.url + "&text=nowhere")
    page.get_by_role("button", name="Lift all filters").click()
    page.wait_for_url(re.compile(r"/item\?project=gallery$"))
