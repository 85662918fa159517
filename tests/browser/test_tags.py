"""The page Tags in a real browser: assign, merge after a preview, take back; and what the log holds then."""

import pytest
from playwright.sync_api import Page, expect

from labelreview.desk.project import Project
from labelreview.review.tagplan import sentence
from tests.browser.conftest import PATIENCE, READY


@pytest.fixture
def page(server, newcomer) -> Page:
    page = newcomer().page
    page.context.add_cookies([{"name": "labelreview_reviewer", "value": "Ada", "url": server.address}])
    page.goto(f"{server.address}/tags")
    page.wait_for_selector(READY, timeout=PATIENCE)
    return page


def choose(page: Page, *tags: str) -> None:
    for tag in tags:
        page.get_by_label("Chosen tags").click()
        page.get_by_role("option", name=tag, exact=True).click()
        page.keyboard.press("Escape")
        page.wait_for_selector(READY, timeout=PATIENCE)


def test_a_meeting_assigns_tags_merges_two_after_a_preview_and_takes_that_back(page, settings):
    choose(page, "hat", "cat")
    expect(page.get_by_role("button", name="Assign 2 tags")).to_be_disabled(timeout=PATIENCE)  # to nobody
    page.get_by_role("combobox", name="Person").fill("Bo")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Assign 2 tags")).to_be_enabled(timeout=PATIENCE)
    page.get_by_label("Note").fill("look at caps")
    page.get_by_role("button", name="Assign 2 tags").click()
    expect(page.get_by_text("2 assigned to Bo.")).to_be_visible(timeout=PATIENCE)
    merging = page.get_by_role("button", name="Merge", exact=True).or_(page.get_by_role("radio", name="Merge")).first
    merging.click()
    expect(page.get_by_text("What it does to the labels as they stand")).to_be_visible(timeout=PATIENCE)
    merging.click()  # it is chosen: nothing happens, and the preview stays
    page.wait_for_selector(READY, timeout=PATIENCE)
    page.get_by_role("button", name="Agree: merge hat, cat into hat").click()
    expect(page.get_by_role("button", name="Take back")).to_be_visible(timeout=PATIENCE)
    with Project.open(settings, "gallery") as project:
        held = project.meeting.standing()
        assert held.tags == ["hat", "boat"]
        assert {tag: about.note for tag, about in held.assignments.items()} == dict.fromkeys(
            ("hat", "cat"), "look at caps"
        )
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_text("Nothing is decided yet")).to_be_visible(timeout=PATIENCE)
    with Project.open(settings, "gallery") as project:
        assert project.meeting.standing().tags == ["hat", "cat", "boat"]
        assert [sentence(ruling) for ruling in project.meeting.standing().history][-1].startswith("take back")
