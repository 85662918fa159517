"""What stands beside a question, in a real browser: look-alikes, examples, the guideline; twins settled by one key."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from labelreview import rulings
from labelreview.desk.project import Project
from labelreview.review.verdicts import Verdicts
from tests.browser.conftest import PATIENCE

HOSTILE = """A **hat** is worn.

- <img src=x onerror=alert(1)>
- [run](javascript:alert(1)) and [read](https://example.org/hats)"""


@pytest.fixture
def items() -> int:
    return 32


@pytest.fixture
def twins(settings, server) -> None:
    """Item k and item k + 16 have the same picture; the gallery labels two in three otherwise."""
    with Project.open(settings, "gallery") as project:
        folder, names = Path(project.card.images), project.folder.images
        for row in range(16):
            (folder / names[row + 16]).write_bytes((folder / names[row]).read_bytes())
        project.examples.keep(np.tile(np.eye(16), (2, 1)))
        project.meeting.record(rulings.define("Ada", "hat", HOSTILE))


def stored(settings) -> dict[tuple[str, str], str]:
    with Project.open(settings, "gallery") as project:
        settled = Verdicts(project.log()).settled
    return {cell: decision.verdict.value for cell, decision in settled.items() if decision.verdict}


def differing(settings) -> tuple[str, str]:
    """An item without a hat whose twin has one, and the twin."""
    with Project.open(settings, "gallery") as project:
        data = project.dataset
        row = next(row for row in range(16) if data.label(row, 0) == 0 and data.label(row + 16, 0) == 1)
        return data.ids[row], data.ids[row + 16]


def beside(page: Page) -> None:
    expect(page.locator(".alike li").first).to_be_visible(timeout=PATIENCE)


@pytest.mark.usefixtures("twins")
def test_twins_with_different_tags_are_settled_by_one_key_and_taken_back_by_one_key_after_a_reload_too(
    server, settings, newcomer
):
    item, twin = differing(settings)
    ada = newcomer().open(server.address, f"review?cells=all&tag=hat&text={item}", name="Ada")
    beside(ada.page)
    expect(ada.page.locator(".twins figure")).to_have_count(2)
    ada.press("y")
    ada.saved()
    assert stored(settings) == {(item, "hat"): "present", (twin, "hat"): "present"}
    expect(ada.page.locator("[data-part=counts]")).to_contain_text("1 of 1")  # the twin is not under this filter
    ada.page.keyboard.press("z")
    ada.painted()
    ada.saved()
    assert stored(settings) == {}
    expect(ada.page.locator("[data-part=counts]")).to_contain_text("0 of 1 answered")
    beside(ada.page)
    ada.page.set_viewport_size({"width": 1280, "height": 720})
    expect(ada.page.locator(".differ [data-settle=both-no]")).to_be_in_viewport(ratio=1)
    ada.page.locator(".differ [data-settle=both-no]").click()
    ada.saved()
    assert stored(settings) == {(item, "hat"): "absent", (twin, "hat"): "absent"}
    ada.page.reload()
    expect(ada.loop).to_have_attribute("data-state", "empty", timeout=PATIENCE)
    ada.page.keyboard.press("z")
    assert ada.painted() == (item, "hat")
    ada.saved()
    assert stored(settings) == {}


@pytest.mark.usefixtures("twins")
def test_a_hostile_guideline_is_text_examples_grow_and_are_pinned_and_folded_away_nothing_is_asked(
    server, settings, newcomer
):
    ada = newcomer().open(server.address, "review?cells=all&tag=hat", name="Ada")
    asked: list[str] = []
    ada.page.on("request", lambda request: asked.append(request.url) if "/beside" in request.url else None)
    ada.page.on("dialog", lambda dialog: asked.append("a script ran"))
    prose = ada.page.locator("[data-part=definition]")
    expect(prose.locator("strong")).to_have_text("hat")
    expect(prose.locator("img")).to_have_count(0)
    assert prose.locator("a").evaluate_all("all => all.map(each => each.href)") == ["https://example.org/hats"]
    first = ada.press("a")
    ada.painted()
    beside(ada.page)
    ada.page.locator(".alike button").first.click()
    ada.page.get_by_role("button", name="Pin as a counter-example").click()
    expect(ada.page.locator("[data-part=look-told]")).to_have_text("Pinned as a counter-example", timeout=PATIENCE)
    ada.page.keyboard.press("Escape")
    expect(ada.page.locator(".tiles .pinned")).to_have_count(1, timeout=PATIENCE)
    ada.press("a")
    ada.painted()
    expect(ada.page.locator(".tiles li")).not_to_have_count(1, timeout=PATIENCE)  # what was confirmed meanwhile
    ada.press("e")
    expect(ada.page.locator("[data-part=evidence]")).to_be_hidden()
    ada.page.reload()
    assert ada.painted() != first
    expect(ada.page.locator("[data-part=evidence]")).to_be_hidden()
    asked.clear()
    for _ in range(3):
        ada.press("a")
    ada.painted()
    ada.saved()
    assert asked == []


@pytest.mark.usefixtures("twins")
def test_evidence_that_never_comes_holds_up_no_picture_and_no_answer(server, settings, newcomer):
    ada = newcomer()
    asked: list[str] = []
    ada.page.route("**/beside?*", lambda route: asked.append(route.request.url))  # and nobody answers
    ada.open(server.address, name="Ada")
    while not asked:
        ada.page.wait_for_timeout(20)
    given = [ada.press("s") for _ in range(6)]
    ada.saved()
    assert list(stored(settings)) == given


def test_an_answer_that_breaks_a_rule_says_so_and_one_key_gives_the_consistent_set(server, settings, newcomer):
    with Project.open(settings, "gallery") as project:
        project.meeting.record(rulings.relate("Ada", "hat", "implies", "cat"))
        item = next(item for row, item in enumerate(project.dataset.ids) if project.dataset.label(row, 0) == 1)
    ada = newcomer().open(server.address, f"review?status=rules&tag=hat&text={item}", name="Ada")
    assert ada.cell == (item, "hat")
    expect(ada.page.locator("[data-part=reason]")).to_contain_text("hat → cat")
    places = [each.bounding_box() for each in ada.page.locator(".controls button").all()]
    ada.press("a")
    expect(ada.page.locator("[data-part=clash-text]")).to_contain_text("cat: yes")
    assert places == [each.bounding_box() for each in ada.page.locator(".controls button").all()]
    ada.press("m")
    ada.saved()
    assert stored(settings) == {(item, "hat"): "present", (item, "cat"): "present"}
    ada.page.keyboard.press("z")
    assert ada.painted() == (item, "hat")
    ada.saved()
    assert stored(settings) == {}
    ada.press("a")
    expect(ada.page.locator("[data-part=clash-text]")).to_be_visible()
    ada.press("a")  # the same key again: this alone
    ada.saved()
    assert stored(settings) == {(item, "hat"): "present"}
