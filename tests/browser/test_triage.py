"""From a mark of a chart to the pictures behind it, and from there to the verdict, in a real browser."""

from contextlib import suppress

from playwright.sync_api import Page, TimeoutError, expect

from labelreview.decisions import Verdict
from labelreview.desk.auditing import AUDIT
from labelreview.desk.project import Project
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
    behind = page.locator(".st-key-rates_behind")
    for _ in range(4):  # a chart that is still moving to its place takes no click
        page.locator(".st-key-rates .scatterlayer path.point").first.click(force=True, timeout=PATIENCE)
        with suppress(TimeoutError):
            behind.wait_for(timeout=20_000)
            break
    behind.get_by_text("Not answered").click(timeout=PATIENCE)
    behind.get_by_role("button", name="Review", exact=True).first.click(timeout=PATIENCE)
    reviewer = Reviewer(page)
    item, tag = reviewer.press("d")
    reviewer.saved()
    with Project.open(settings, "gallery") as project:
        newest = project.log()[-1]
    assert (newest.item, newest.tag, newest.reviewer) == (item, tag, "Ada")
    assert (item, tag) not in cells


CHARTS = (("Kinds of errors", "heat_confused"), ("Noise", "noise"), ("The model", "quality"),
          ("The model", "reliability"), ("Does it matter?", "ranks"), ("People", "pace"), ("People", "agreement"),
          ("Compare", "compared_labels_changed"))  # fmt: skip


def test_every_chart_leads_to_pictures_and_from_there_to_the_queue(server, settings, newcomer):
    with Project.open(settings, "gallery") as project:
        cells = [(item, tag) for item in project.dataset.ids for tag in project.dataset.tags]
        turned = cells[: len(cells) // 2]  # and the others kept, or no two tags would be wrong together more often
        given = [project.question(*cell).suspect.given for cell in cells]
        said = [Verdict.PRESENT if (label == 1) == (cell not in turned) else Verdict.ABSENT
                for cell, label in zip(cells, given, strict=True)]  # fmt: skip
        for who in ("Ada", "Bo"):
            project.record([decision(*cell, verdict, who, seconds=2.0, screen=AUDIT)
                            for cell, verdict in zip(cells, said, strict=True)])  # fmt: skip
    page = newcomer().page
    page.context.add_cookies([{"name": "labelreview_reviewer", "value": "Ada", "url": server.address}])
    page.goto(f"{server.address}/triage?project=gallery")
    click_mark(page, "curve")
    for part, chart in CHARTS:
        page.get_by_role("radio", name=part, exact=True).click(timeout=PATIENCE)
        click_mark(page, chart)
    again = page.locator(".st-key-compared_labels_changed_review").get_by_role("button", name="Look again at")
    again.click(timeout=PATIENCE)
    assert Reviewer(page).painted() in turned
    why = page.locator(".st-key-lift_status").get_by_role("button")
    expect(why).to_contain_text("Errors found: “")
    why.click(timeout=PATIENCE)
    expect(why).to_have_count(0, timeout=PATIENCE)
    page.wait_for_url(lambda address: "mark=" not in address and "status=" not in address)


def click_mark(page: Page, chart: str) -> None:
    """Click the largest mark of a chart, once it has come to rest, and wait for what stands behind it."""
    within = f".st-key-{chart} .scatterlayer path.point, .st-key-{chart} .barlayer .point path"
    page.locator(within).first.wait_for(state="attached", timeout=PATIENCE)
    page.wait_for_selector(READY, timeout=PATIENCE)
    page.evaluate(f"marks => ({LARGEST})(marks).scrollIntoView({{block: 'center'}})", within)
    page.wait_for_function(AT_REST, arg=within, timeout=PATIENCE, polling=200)
    x, y = page.evaluate(f"marks => {{ const box = ({LARGEST})(marks).getBoundingClientRect();"
                         "return [box.x + box.width / 2, box.y + box.height / 2] }", within)  # fmt: skip
    page.mouse.click(x, y)
    expect(page.locator(f".st-key-{chart}_behind")).to_be_visible(timeout=PATIENCE)


AT_REST = """marks => { const now = JSON.stringify([...document.querySelectorAll(marks)].map(
    each => each.getBoundingClientRect())); const same = window.before === now; window.before = now; return same }"""
SIZE = "each => { const box = each.getBoundingClientRect(); return box.width * box.height }"
LARGEST = f"""marks => {{ const size = {SIZE}
    return [...document.querySelectorAll(marks)].reduce((a, b) => size(b) > size(a) - 1 ? b : a) }}"""
