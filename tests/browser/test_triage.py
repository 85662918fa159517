"""From a mark of a chart to the pictures behind it, and from there to the verdict, in a real browser."""

from playwright.sync_api import expect

from labelreview.auditing import AUDIT
from labelreview.decisions import Verdict
from labelreview.project import Project
from tests.browser.conftest import PATIENCE, READY, Reviewer
from tests.made import decision


def test_a_mark_leads_to_its_pictures_and_from_there_to_the_verdict(server, settings, newcomer):
    with Project.open(settings, "gallery") as project:
        cells = [project.dataset.at(cell) for cell in project.audit.next_cells(30)]
        project.record([decision(*cell, Verdict.ABSENT, screen=AUDIT) for cell in cells])
    page = newcomer().page
    page.context.add_cookies([{"name": "labelreview_reviewer", "value": "Ada", "url": server.address}])
    page.goto(f"{server.address}/triage?project=gallery&look=The%20model")
    page.wait_for_selector(READY, timeout=PATIENCE)
    bars = page.locator(".st-key-quality .barlayer .point path")
    bars.first.wait_for(state="attached", timeout=PATIENCE)
    tallest = max(range(bars.count()), key=lambda at: (bars.nth(at).bounding_box() or {"height": 0})["height"])
    bars.nth(tallest).click(force=True, timeout=PATIENCE)
    behind = page.locator(".st-key-quality_behind")
    shown = behind.locator("img")
    expect(shown.first).to_be_visible(timeout=PATIENCE)
    assert {shown.nth(at).get_attribute("alt") for at in range(shown.count())} <= {item for item, _ in cells}

    page.get_by_text("By tag", exact=True).click()
    page.locator(".st-key-rates .scatterlayer path.point").first.click(force=True, timeout=PATIENCE)
    behind = page.locator(".st-key-rates_behind")
    behind.get_by_text("Not answered").click(timeout=PATIENCE)
    behind.get_by_role("button", name="Review", exact=True).first.click(timeout=PATIENCE)
    reviewer = Reviewer(page)
    item, tag = reviewer.press("d")
    reviewer.saved()
    with Project.open(settings, "gallery") as project:
        newest = project.log()[-1]
    assert (newest.item, newest.tag, newest.reviewer) == (item, tag, "Ada")
    assert (item, tag) not in cells
