"""Attacks that only a real browser can show: markup that would run, pages of another site, keys faster than allowed."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from labelreview import rulings
from labelreview.decisions import Verdict
from labelreview.desk.project import Project
from labelreview.roles import Role, appointment
from labelreview.settings import Settings
from tests.browser.conftest import PATIENCE, READY, Reviewer
from tests.gallery import gallery, settings_in
from tests.made import decision
from tests.served import Server
from tests.web_server import serving

RUNS = "<img src=x onerror=window.hacked=1>"
LONG = "a name of two hundred characters, " * 6
TAGS = [RUNS, "[click](javascript:window.hacked=1)", "</script><script>window.hacked=1</script>", LONG.strip()]
EVE = f"Eve {RUNS}"
GUIDELINE = (f"# Hats\n{RUNS}\n<script>window.hacked=1</script>\n[here](javascript:window.hacked=1)\n"
             "![x](https://evil.example/seen.png)\n<svg onload=window.hacked=1>")  # fmt: skip


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Settings:
    return settings_in(tmp_path_factory.mktemp("attacked"))


@pytest.fixture(scope="module")
def server(settings: Settings, tmp_path_factory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("files")
    items = gallery(settings, folder, items=60, tags=TAGS)
    with Project.open(settings, "gallery") as project:
        for tag in TAGS:
            project.meeting.record(rulings.define(EVE, tag, GUIDELINE, RUNS), rulings.assign(EVE, tag, EVE, note=RUNS))
        project.record([decision(items[0], TAGS[0], verdict, f"{name} {RUNS}", note=RUNS)
                        for name, verdict in (("Ada", Verdict.PRESENT), ("Ben", Verdict.ABSENT))])  # fmt: skip
        project.people.record(appointment(EVE, EVE, Role.OWNER))
    started = Server(settings, folder / "server.log", warm=True, LABELREVIEW_REQUESTS_A_SECOND="20")
    started.start()
    yield started
    started.kill()


@pytest.fixture
def eve(context, server) -> Reviewer:
    context.add_cookies([{"name": "labelreview_reviewer", "value": quote(EVE, safe=""), "url": server.address}])
    return Reviewer(context.new_page())


def test_markup_in_tags_names_notes_and_guidelines(server, eve):
    asked: list[str] = []
    eve.page.on("request", lambda request: asked.append(request.url))
    eve.page.on("dialog", lambda dialog: asked.append(f"dialog {dialog.message}"))
    for path in ("review?cells=all", "grid", "item", "adjudicate", "", "tags", "triage?look=People", "people", "audit"):
        eve.page.goto(f"{server.address}/{path}")
        eve.page.wait_for_selector(READY, timeout=PATIENCE)
        expect(eve.page.get_by_text("Reviewing as")).to_be_attached(timeout=PATIENCE)
        if path in ("review?cells=all", "adjudicate"):
            eve.painted()
        assert eve.page.evaluate("window.hacked") is None, path
        assert eve.page.locator("[onerror], [onload], a[href^='javascript:' i]").count() == 0, path
    assert [url for url in asked if not url.startswith((server.address, "data:", "blob:"))] == []
    eve.page.goto(f"{server.address}/grid?cells=all&direction=missing&tag={quote(TAGS[-1])}")
    expect(eve.page.locator("[data-part=way]")).to_have_attribute("data-painted", "1", timeout=PATIENCE)
    name = eve.page.locator(".question .tag")
    expect(name).to_have_attribute("tabindex", "0", timeout=PATIENCE)  # it is cut, and whole for whoever comes to it
    name.focus()
    assert name.evaluate("it => it.scrollHeight <= it.clientHeight + 1")
    expect(name).to_have_attribute("title", TAGS[-1])


def test_a_page_of_another_site_in_the_same_browser(server, eve):
    eve.open(server.address)
    at = f"{server.address}/api/projects/gallery"
    script = f"""<script>
      const form = {{ method: 'POST', credentials: 'include', body: '{{"decisions": []}}' }}
      const tried = [fetch('{at}/decisions', form), fetch('{at}/decisions', {{ ...form, mode: 'no-cors' }}),
        fetch('{at}/queue', {{ ...form, headers: {{ 'X-Labelreview-Token': 'x' }} }})]
      Promise.all(tried.map(each => each.then(({{ type }}) => type === 'opaque' ? type : 'read', () => 'kept away')))
        .then(found => {{ document.title = found.join() }})
      const socket = new WebSocket('{server.address.replace("http", "ws")}/_stcore/stream')
      socket.onopen = () => {{ document.body.dataset.socket = 'open' }}
      socket.onclose = () => {{ document.body.dataset.socket ??= 'closed' }}
    </script>"""
    with serving({"/": f"<!doctype html><body>{script}".encode()}) as evil:
        page = eve.page.context.new_page()
        page.goto(f"{evil.url}/")
        expect(page).to_have_title("kept away,opaque,kept away", timeout=PATIENCE)
        expect(page.locator("body")).to_have_attribute("data-socket", "closed", timeout=PATIENCE)


def test_a_browser_that_asks_too_fast_is_told_to_wait_and_loses_no_answer(server, settings, eve):
    eve.open(server.address)
    with Project.open(settings, "gallery") as project:
        before = len(project.log())
    tokens: list[str] = []
    eve.page.on("request", lambda each: tokens.append(each.headers.get("x-labelreview-token", "")))
    eve.press("a")
    eve.saved()
    eve.page.evaluate(
        """token => { // more than four seconds' worth, again and again, while the keys below are pressed
      const ask = () => fetch('/api/projects/gallery/vocabulary', { headers: { 'X-Labelreview-Token': token } })
      window.limited = 0
      window.hammer = (async () => {
        while (window.limited < 100) {
          const answers = await Promise.all(Array.from({ length: 100 }, ask))
          window.limited += answers.filter(({ status, headers }) => status === 429 && headers.get('Retry-After')).length
        }
      })()
    }""",
        next(filter(None, tokens)),
    )
    for _ in range(8):
        eve.press("a")
    eve.page.evaluate("() => window.hammer")
    eve.saved()
    with Project.open(settings, "gallery") as project:
        assert len(project.log()) == before + 9


def test_a_token_is_replaced_before_it_ends_without_a_refusal(server, eve):
    refused: list[int] = []
    used: list[str] = []
    eve.page.on("response", lambda each: refused.append(each.status) if each.status == 401 else None)
    eve.page.on("request", lambda each: used.append(each.headers["x-labelreview-token"]) if "/api/" in each.url
                and "x-labelreview-token" in each.headers else None)  # fmt: skip
    eve.page.clock.install()
    eve.open(server.address)
    first = used[0]
    eve.page.clock.fast_forward("04:00")
    for number in range(200):  # an answer and its undo, until one goes with the new token
        eve.press("az"[number % 2])
        eve.saved()
        if used[-1] != first:
            break
    assert used[-1] != first
    assert refused == []
