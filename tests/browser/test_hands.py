"""One hand is enough, and so is a finger: the three ways to review by each preset of keys and by touch, and the log."""

import re

import pytest
from playwright.sync_api import Page, expect

from labelreview.desk.project import Project
from labelreview.review.verdicts import Verdicts
from labelreview.web.loop.keys import KEYS
from labelreview.web.ways import GRID_KEYS, WHOLE_KEYS
from tests.browser.conftest import PATIENCE, READY, patient
from tests.gallery import gallery

LEFT = set("qwertasdfgzxcvb12345 ")
GRID, WHOLE, REVIEW = "grid?cells=all&tag=hat&direction=wrong", "item?cells=all", "review?cells=all"
FLIP = {"present": "absent", "absent": "present"}


@pytest.fixture
def page(server, newcomer) -> Page:
    return known(newcomer().page, server.address)


@pytest.fixture
def finger(server, browser):
    """A phone in somebody's hand."""
    context = patient(browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True))
    yield known(context.new_page(), server.address)
    context.close()


def known(page: Page, address: str) -> Page:
    page.context.add_cookies([{"name": "labelreview_reviewer", "value": "Ada", "url": address}])
    return page


def visit(page: Page, address: str, path: str) -> None:
    page.goto(f"{address}/{path}")
    page.wait_for_selector(READY, timeout=PATIENCE)
    painted(page)


def painted(page: Page) -> tuple[str, str]:
    """The item and tag on screen, '' where a way shows several."""
    shown = page.locator("[data-painted='1']")
    expect(shown).to_be_attached()
    return shown.get_attribute("data-item") or "", shown.get_attribute("data-tag") or ""


def stored(page: Page, settings) -> dict[tuple[str, str], str]:
    expect(page.locator("[data-pending='0']")).to_be_attached()
    with Project.open(settings, "gallery") as project:
        settled = Verdicts(project.log()).settled
    return {cell: decision.verdict.value for cell, decision in settled.items() if decision.verdict}


def is_all_in_sight(page: Page) -> bool:
    """Whether the last line and all buttons are seen without scrolling."""
    ends = page.locator("[data-part=counts], .deck").evaluate_all(
        "all => all.map(it => it.getBoundingClientRect().bottom)"
    )
    return max(ends) <= page.evaluate("innerHeight")


def given(page: Page) -> str:
    return "present" if page.locator("[data-part=given]").inner_text().endswith("yes") else "absent"


def confirmed(page: Page) -> None:
    """Wait for what a tap brings: the click comes some time after the finger has left."""
    expect(page.locator("[data-part=last]")).to_have_text(re.compile("^Confirmed"))


def swipe(page: Page, to: int) -> None:
    """A finger over the picture, so many pixels to the right; to the left where negative."""
    box = page.locator("[data-part=stage]").bounding_box()
    assert box
    x, y, touch = box["x"] + box["width"] / 2, box["y"] + 60, page.context.new_cdp_session(page)
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 5):
        point = {"x": x + to * step / 4, "y": y}
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.mark.parametrize("hand", ["left", "right"])
def test_one_hand_answers_and_takes_back_in_all_three_ways(page, server, settings, hand):
    def press(table, *actions: str) -> None:
        keys = {key.action: getattr(key, hand) for key in table}
        for action in actions:
            page.keyboard.press(keys[action])

    visit(page, server.address, REVIEW)
    page.keyboard.press("?")
    page.locator("[data-part=preset]").select_option(hand)
    press(KEYS, "help")
    cells, said = [], []
    for _ in range(2):
        cells.append(painted(page))
        said.append(given(page))
        press(KEYS, "take")
    painted(page)
    press(KEYS, "undo")
    assert painted(page) == cells[1]
    assert stored(page, settings) == {cells[0]: FLIP[said[0]]}

    visit(page, server.address, WHOLE)
    tags = [(painted(page)[0], tag) for tag in page.locator("[data-part=tags] bdi").all_inner_texts()]
    press(WHOLE_KEYS, "toggle", "confirm")
    painted(page)
    assert {*tags} <= {*stored(page, settings)}
    press(WHOLE_KEYS, "undo")
    assert painted(page)[0] == tags[0][0]
    assert not {*tags} & {*stored(page, settings)} - {cells[0]}

    visit(page, server.address, GRID)
    items = page.locator("[role=option] .name").all_inner_texts()
    press(GRID_KEYS, "right", "mark", "confirm")
    done = stored(page, settings)
    assert [done[item, "hat"] for item in items] == ["present", "absent", *["present"] * (len(items) - 2)]


@pytest.mark.parametrize("table", [KEYS, GRID_KEYS, WHOLE_KEYS], ids=["review", "grid", "item"])
def test_no_key_stands_for_two_things_and_the_left_hand_reaches_its_own(table):
    for preset in ("both", "left", "right"):
        assert len({getattr(key, preset) for key in table}) == len(table)
    assert {key.left.removeprefix("Shift+") for key in table} <= LEFT


def test_a_finger_answers_in_all_three_ways(finger, server, settings):
    visit(finger, server.address, REVIEW)
    tags = finger.get_by_role("combobox", name="Tag")
    expect(tags).to_be_hidden()
    finger.get_by_text("Filters", exact=True).tap()
    expect(tags).to_be_visible()
    finger.get_by_text("Filters", exact=True).tap()
    expect(tags).to_be_hidden()
    finger.get_by_test_id("stExpandSidebarButton").tap(trial=True)  # nothing lies over the menu
    loop = finger.locator("[data-part=loop]")
    expected = {painted(finger): "unsure"}
    finger.locator("[data-action=unsure]").tap()
    expect(loop).to_have_attribute("data-accepted", "1")
    for far, meant in {150: lambda label: label, 30: None, -150: FLIP.__getitem__}.items():
        if meant:
            expected[painted(finger)] = meant(given(finger))
        painted(finger)
        swipe(finger, far)  # 30 is not far enough: nothing
        expect(loop).to_have_attribute("data-accepted", str(len(expected)))
    assert stored(finger, settings) == expected

    visit(finger, server.address, WHOLE)
    assert is_all_in_sight(finger)
    item = painted(finger)[0]
    row = finger.locator("[data-part=tags] li").first
    tag, before = row.locator("bdi").inner_text(), row.get_attribute("data-now")
    row.tap()
    expect(row).not_to_have_attribute("data-now", before)
    finger.locator("[data-action=confirm]").tap()
    confirmed(finger)
    assert stored(finger, settings)[item, tag] == {"1": "absent", "0": "present", "-1": "present"}[before]

    visit(finger, server.address, GRID)
    assert is_all_in_sight(finger)
    items = finger.locator("[role=option] .name").all_inner_texts()
    finger.locator("[role=option]").nth(1).tap()
    expect(finger.locator("[role=option]").nth(1)).to_have_attribute("data-mark", "other")
    finger.locator("[data-action=confirm]").tap()
    confirmed(finger)
    done = stored(finger, settings)
    assert [done[item, "hat"] for item in items] == ["present", "absent", *["present"] * (len(items) - 2)]


def test_on_a_phone_a_long_name_and_the_evidence_leave_the_answers_in_sight(finger, server, settings, tmp_path):
    gallery(settings, tmp_path / "long", name="long", items=4, tags=["x" * 200, "hat"])
    visit(finger, server.address, f"review?project=long&cells=all&tag={'x' * 200}")
    finger.locator("[data-part=fold]").tap()
    expect(finger.locator("[data-part=evidence]")).to_be_visible()
    assert is_all_in_sight(finger)
    finger.set_viewport_size({"width": 390, "height": 664})  # with the bars of the browser
    finger.locator("[data-part=fold]").tap()
    expect(finger.locator("[data-part=evidence]")).to_be_hidden()
    assert is_all_in_sight(finger)
