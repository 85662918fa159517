"""Access: every page under axe-core (WCAG 2.2 A and AA), light and dark; what a screen reader is told; large text."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from labelreview.decisions import Verdict
from labelreview.desk.project import Project
from tests.browser.conftest import PATIENCE, READY
from tests.made import decision

ROOT = Path(__file__).parents[2]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
WAYS = {"review?cells=all": "a", "grid?cells=all&tag=hat&direction=wrong": "Enter", "item?cells=all": "Enter"}
PAINTED = "[data-painted='1']"


@pytest.fixture
def page(server, settings, newcomer) -> Page:
    """Somebody's tab on a project with answers, a dispute and a rule that was agreed."""
    with Project.open(settings, "gallery") as project:
        cells = [project.dataset.at(cell) for cell in project.audit.next_cells(6)]
        project.record([decision(*cell, Verdict.ABSENT, screen="audit") for cell in cells])
        project.record([decision(*cells[0], Verdict.PRESENT, reviewer="bob")])
    page = newcomer().page
    page.context.add_cookies([{"name": "labelreview_reviewer", "value": "Ada", "url": server.address}])
    page.emulate_media(reduced_motion="reduce")
    return page


def visit(page: Page, address: str, path: str) -> None:
    page.goto(f"{address}/{path}")
    page.wait_for_selector(READY, timeout=PATIENCE)
    if path.partition("?")[0] in ("review", "grid", "item", "adjudicate"):
        page.wait_for_selector(PAINTED, timeout=PATIENCE)


def faults(page: Page, where: str) -> list[str]:
    """What axe-core holds for serious or critical, in a line each."""
    options = {"runOnly": RULES, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{where}: {fault['id']}: {node['target']} {node['html'][:120]} {node['failureSummary']}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(page, server, scheme):
    page.emulate_media(color_scheme=scheme)
    found = []
    for name in PAGES:
        visit(page, server.address, {"home": ""}.get(name, f"{name}?cells=all"))
        found += faults(page, f"{name}, {scheme}")
        if name in ("review", "grid", "item"):
            page.keyboard.press("?")
            expect(page.locator("dialog[open]")).to_be_visible()
            found += faults(page, f"{name} with its keys, {scheme}")
    assert found == []


def test_a_screen_reader_is_told_what_is_asked_and_what_was_done(page, server):
    for path, key in WAYS.items():
        visit(page, server.address, path)
        live = page.locator("[data-part=live]")
        expect(live).to_have_text(re.compile("hat|cat|boat"))
        page.keyboard.press(key)
        expect(live).to_have_text(re.compile("^(Kept|Confirmed).*(hat|cat|boat|answered)"))


def test_text_of_twice_the_size_stays_on_the_page(page, server):
    page.set_viewport_size({"width": 1280, "height": 1024})
    for path in WAYS:
        visit(page, server.address, path)
        page.add_style_tag(content="html { font-size: 200% }")
        for button in page.locator("[data-action]:visible").all():
            box = button.bounding_box()
            assert box
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 1280
            assert button.evaluate("each => each.scrollWidth <= each.clientWidth + 1"), button.inner_text()
