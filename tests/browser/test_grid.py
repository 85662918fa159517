"""The grid in a real browser: pages of pictures, exceptions marked, one key for all; what the log holds afterwards."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from labelreview import rulings
from labelreview.decisions import Decision
from labelreview.desk.project import Project
from labelreview.review.verdicts import Verdicts
from tests.browser.conftest import PATIENCE, READY, patient

ADA = {"name": "labelreview_reviewer", "value": "Ada"}


class Grid:
    """Somebody at the grid page of one tag."""

    def __init__(self, page: Page, address: str, query: str = "tag=hat&direction=wrong&cells=all") -> None:
        self.page = page
        page.context.add_cookies([{**ADA, "url": address}])
        page.goto(f"{address}/grid?{query}")
        page.wait_for_selector(READY, timeout=PATIENCE)
        self.way: Locator = page.locator("[data-part=way]")
        self.tiles: Locator = page.locator("[role=option]")
        self.painted()

    def painted(self) -> list[str]:
        """The items on the page, once all pictures have been painted."""
        expect(self.way).to_have_attribute("data-painted", "1", timeout=PATIENCE)
        return self.tiles.locator(".name").all_inner_texts()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def saved(self) -> None:
        expect(self.way).to_have_attribute("data-pending", "0", timeout=PATIENCE)


@pytest.fixture
def grid(server, newcomer) -> Grid:
    grid = Grid(newcomer().page, server.address)
    grid.press("+")  # 12 a page, the fewest
    grid.painted()
    return grid


def settled(settings) -> dict[str, str]:
    """What holds for "hat", by item."""
    with Project.open(settings, "gallery") as project:
        log: list[Decision] = project.log()
    assert {decision.screen for decision in log} <= {"grid"}
    return {item: decision.verdict.value for (item, _), decision in Verdicts(log).settled.items() if decision.verdict}


def test_one_key_answers_a_page_and_the_marked_pictures_are_the_exceptions(grid, settings):
    items = grid.painted()
    assert len(items) == 12
    grid.press("ArrowRight", " ", "ArrowRight", " ", " ", "ArrowRight", "u")  # 1 marked, 2 marked and not, 3 unsure
    expect(grid.tiles.nth(1)).to_have_attribute("aria-selected", "true")
    expect(grid.tiles.nth(1).locator(".mark")).to_have_text("✕")
    expect(grid.page.get_by_text("Confirm 12: keep 10, change 1, unsure 1")).to_be_visible()
    grid.press("Enter")
    rest = grid.painted()
    assert not set(rest) & set(items)
    grid.saved()
    expected = dict.fromkeys(items, "present") | {items[1]: "absent", items[3]: "unsure"}
    assert settled(settings) == expected

    grid.press("z")  # the page comes back with its marks, and its answers are taken back
    assert grid.painted() == items
    expect(grid.tiles.nth(1)).to_have_attribute("data-mark", "other")
    grid.saved()
    assert settled(settings) == {}

    grid.press("x")  # all assumed wrong: the marked one is right, and its sign says so
    expect(grid.tiles.nth(1).locator(".mark")).to_have_text("✓")
    grid.press("Enter")
    grid.painted()
    grid.saved()
    assert settled(settings) == dict.fromkeys(items, "absent") | {items[1]: "present", items[3]: "unsure"}
    grid.press("Enter")  # the last, shorter page
    expect(grid.page.get_by_text("This queue is done", exact=True)).to_be_visible(timeout=PATIENCE)


TALL = """async image => {
    image.src = Object.assign(document.createElement('canvas'), { width: 100, height: 300 }).toDataURL()
    await image.decode()
    return image.getBoundingClientRect().bottom - image.parentElement.getBoundingClientRect().bottom
}"""


def test_no_part_of_a_tall_picture_is_cut_off(grid):
    assert abs(grid.tiles.first.locator(".mat img").evaluate(TALL)) <= 1


def test_each_key_can_be_changed_for_oneself_and_nothing_of_the_browser_or_of_another_action_is_taken(grid):
    told = grid.page.locator("[data-part=help-told]")

    def change(action: str, key: str) -> str:
        grid.page.locator(f"[data-part=help-list] [data-key={action}]").click()
        grid.press(key)
        return told.inner_text()

    grid.press("?")
    assert change("confirm", "r").startswith("R belongs to")
    grid.press("u")  # it still waits for a key
    expect(told).to_have_text(re.compile("^U stands for"))
    grid.press("u")  # once more: the two exchange theirs
    expect(told).to_have_text(re.compile("^U now stands for “Confirm.*, ↵ for “Unsure"))
    keys = grid.page.locator("[data-part=preset]")
    keys.select_option("the left hand")
    expect(grid.page.locator("[data-part=help-list] [data-key=confirm]")).to_have_text("F")
    keys.select_option("your own choice (both hands)")
    expect(grid.page.locator("[data-part=help-list] [data-key=confirm]")).to_have_text("U")
    assert change("confirm", "Enter").startswith("↵ stands for")
    grid.page.get_by_role("button", name="Exchange the two keys").click()
    assert keys.locator("option").all_inner_texts() == ["both hands", "the left hand", "the right hand"]
    assert change("confirm", "h").startswith("H now stands for")
    assert change("down", "j").startswith("J now stands for")
    expect(grid.page.locator("[data-part=help-list] [data-key=confirm]")).to_have_text("H")
    grid.press("?", "j", " ", "Enter")  # Enter is nobody's now
    first = grid.painted()
    expect(grid.page.locator("[aria-selected=true]")).to_have_count(1)
    grid.press("h")
    expect(grid.page.locator("[data-part=last]")).to_have_text("Confirmed 12")
    assert not set(first) & set(grid.painted())
    grid.page.reload()
    grid.painted()
    grid.press("?")
    assert change("confirm", "Enter").startswith("↵ now stands for")
    grid.page.locator("[data-part=language]").select_option("de")
    expect(grid.page.locator("[data-part=rule]")).to_have_text(re.compile("^Markieren"))
    expect(grid.page.get_by_role("combobox", name="Felder")).to_have_value("Alle Felder")
    grid.press("Escape")
    grid.page.get_by_role("link", name="Prüfung").click()  # the menu speaks it too, and the orders
    expect(grid.page.get_by_role("combobox", name="Reihenfolge")).to_have_value(re.compile("^Die fraglichsten zuerst"))


def test_a_click_marks_a_frame_marks_several_and_holding_enlarges(grid, settings):
    items = grid.painted()
    grid.tiles.nth(0).click()
    expect(grid.tiles.nth(0)).to_have_attribute("data-mark", "other")
    first, last = grid.tiles.nth(1).bounding_box(), grid.tiles.nth(2).bounding_box()
    grid.page.mouse.move(first["x"] + 5, first["y"] + 5)
    grid.page.mouse.down()
    grid.page.mouse.move(last["x"] + 30, last["y"] + 30, steps=4)
    grid.page.mouse.up()
    assert [grid.tiles.nth(at).get_attribute("data-mark") for at in range(4)] == ["other", "other", "other", ""]
    box = grid.tiles.nth(5).bounding_box()
    grid.page.mouse.move(box["x"] + 9, box["y"] + 9)
    grid.page.mouse.down()
    large, near = grid.page.locator("[data-part=large]"), grid.page.locator("[data-part=near] img")
    expect(large).to_be_visible()
    grid.page.mouse.up()
    grid.press("Escape")
    expect(large).to_be_hidden()
    expect(grid.tiles.nth(5)).to_have_attribute("data-mark", "")
    grid.page.mouse.move(box["x"] + 14, box["y"] + 14)  # a mouse that rests: large beside it, until it goes on
    expect(near).to_be_visible()
    grid.page.mouse.move(5, 5)
    expect(near).to_be_hidden()
    grid.page.get_by_role("button", name=re.compile("Confirm 12: keep 9, change 3")).click()
    grid.painted()
    grid.saved()
    assert [item for item, verdict in settled(settings).items() if verdict == "absent"] == items[:3]


def test_confirming_says_how_many_answers_break_agreed_rules_and_leads_to_them(grid, settings):
    with Project.open(settings, "gallery") as project:
        project.meeting.record(rulings.relate("Ada", "hat", "implies", "cat"))
    grid.page.reload()
    items = grid.painted()
    grid.press(" ", "Enter")  # no hat in the first, where nothing is broken; all others have no cat
    grid.page.get_by_role("link", name=re.compile(f"^Against rules between tags: {len(items) - 1}")).click()
    grid.page.wait_for_url(re.compile("/review.*status=rules"))
    expect(grid.page.locator("[data-part=reason]")).to_contain_text("hat → cat")
    grid.page.wait_for_selector("[data-pending='0']")
    assert sum(verdict == "present" for verdict in settled(settings).values()) == len(items) - 1


def test_another_tag_is_assumed_right_whatever_was_assumed_before(grid, server):
    grid.painted()
    grid.press("x")
    turn = grid.page.locator("[data-part=turn-text]")
    expect(turn).to_have_text("Assume all right")
    grid.page.get_by_role("radio", name="Maybe missing").click()
    expect(turn).to_have_text("Assume all wrong", timeout=PATIENCE)


def test_by_touch_a_tap_marks_and_the_button_confirms(server, settings, browser):
    context = patient(browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True))
    try:
        grid = Grid(context.new_page(), server.address, "tag=hat&direction=missing&cells=all")
        items = grid.painted()
        assert len(items) == 24
        grid.tiles.nth(2).tap()
        expect(grid.tiles.nth(2)).to_have_attribute("data-mark", "other")
        confirm = grid.page.get_by_role("button", name=re.compile("Confirm 24"))
        place = confirm.bounding_box()
        confirm.tap()
        expect(grid.page.locator("[data-part=last]")).to_have_text(re.compile(r"^Not seen yet: \d+\."))
        assert confirm.bounding_box() == place  # else the next tap hits "Assume all wrong"
        expect(grid.tiles.last).to_be_in_viewport()
        grid.page.get_by_role("button", name=re.compile("Confirm 24")).tap()
        expect(grid.page.locator("[data-part=last]")).to_have_text("Confirmed 24")  # a tap's click comes later
        grid.saved()
        assert settled(settings) == dict.fromkeys(items, "absent") | {items[2]: "present"}
    finally:
        context.close()


@pytest.mark.parametrize("items", [150])
def test_two_people_are_given_different_pictures(grid, server, newcomer):
    other = Grid(newcomer().page, server.address)
    assert not set(grid.painted()) & set(other.painted())


@pytest.mark.parametrize("items", [150])
def test_page_follows_page_while_no_answer_reaches_the_server(grid, settings):
    grid.page.route("**/decisions", lambda route: route.abort())
    seen = []
    for exceptions in ((), (" ",), ("x",)):
        seen += grid.painted()
        grid.press(*exceptions, "Enter")
    rest = grid.painted()
    assert len(set(seen + rest)) == 48  # full pages, as long as there are enough
    grid.page.unroute("**/decisions")
    grid.saved()
    answers = dict.fromkeys(seen[:24], "present") | {seen[12]: "absent"} | dict.fromkeys(seen[24:], "absent")
    assert settled(settings) == answers

    grid.press("x", " ", "Enter")  # and any number back: a page that the tab has let go of is fetched again, as it was
    grid.painted()
    grid.saved()
    for first in (36, 24, 12, 0):
        grid.press("z")
        assert grid.painted() == (seen + rest)[first : first + 12]
    grid.saved()
    assert settled(settings) == {}
    grid.press(" ", "Enter")  # each comes again with its own marks, and the same way round
    for first in (12, 24):
        assert grid.painted() == seen[first : first + 12]
        grid.press("Enter")
    assert grid.painted() == rest
    expect(grid.tiles.first).to_have_attribute("data-mark", "other")
    expect(grid.tiles.first.locator(".mark")).to_have_text("✕")
    grid.saved()
    assert settled(settings) == answers | {seen[0]: "absent"}
