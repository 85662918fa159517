"""How long a reviewer waits, measured in Chromium: `python -m benchmarks.review_latency [PROJECT …] [--memory]`.

    demo       the demo project                          keys, a burst, grid, whole item
    large      202,599 items × 40 tags, 8.1 M cells      keys, grid, whole item; --memory: 5,000 verdicts
    originals  12-megapixel photographs                  keys, grid
    tags       4,000 tags                                whole item

A key's time runs from the browser's own time stamp of the key event to the second animation frame after what it
changes was put on the page (decoded): about when its pixels are out. Nothing is asserted; the numbers are printed, with
the load of the machine beside them.
"""

import argparse
import os
import platform
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from benchmarks.review_projects import NAME, PROJECTS
from labelreview.desk.project import Project
from labelreview.review.worklist import Filters
from labelreview.settings import Settings
from tests import chromium
from tests.browser.conftest import FLAGS, READY
from tests.served import Server

KEYS, BURST, ROUNDS = 60, 500, 3
PAGES = 8  # of the grid, and items, in a row
LOOK = 1000  # milliseconds at a page of 60 before its key; nobody has seen 60 pictures sooner
VERDICTS, STEPS = 5000, 5
# Added before any script of the page: the components stop their keys, so that a later listener would not hear of them.
# `times`: from a key to what it brought; `asked`: the questions were asked for; `stored`: all of a page was stored;
# `toggled`: the second frame after a key.
CLOCK = """
Object.assign(window, { times: [], cells: [], pressed: null, begun: 0, asked: null, shown: null, stored: null })
const frame = then => requestAnimationFrame(() => then(performance.now()))
window.addEventListener('keydown', event => {
  window.pressed = window.begun = event.timeStamp
  window.toggled = new Promise(done => requestAnimationFrame(() => frame(now => done(now - event.timeStamp))))
}, true)
window.addEventListener('labelreview:painted', ({ detail }) => {
  window.cells.push([detail.item, detail.tag])
  const begun = window.pressed; window.pressed = null
  frame(now => { window.shown ??= now; if (begun !== null) window.times.push(now - begun) })
})
const plain = window.fetch
window.fetch = async (address, told) => {
  if (/\\/(queue|items)$/.test(address)) window.asked ??= performance.now()
  const answer = await plain(address, told)
  if (/\\/decisions$/.test(address)) window.stored = performance.now() - window.begun
  return answer
}
"""
# Answers as fast as pictures are painted, as the keys do.
ANSWER = """count => new Promise(done => {
  let left = count
  const press = () => window.dispatchEvent(new KeyboardEvent('keydown', { key: 'adds'[left % 4], code: 'KeyA' }))
  window.addEventListener('labelreview:painted', function again() {
    if (left-- <= 0) { window.removeEventListener('labelreview:painted', again); return done() }
    setTimeout(press, 0)
  })
  left--
  press()
})"""


def main() -> None:
    """Measure and print."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("projects", nargs="*", help=f"of {', '.join(PROJECTS)}; all without a name")
    ask.add_argument("--memory", action="store_true", help="what the tab holds over 5,000 verdicts, instead of times")
    asked = ask.parse_args()
    print(f"{platform.platform()}, {os.cpu_count()} cores, {load()}")
    for name in asked.projects or PROJECTS:
        with tempfile.TemporaryDirectory() as scratch:
            measure(name, Path(scratch), memory=asked.memory)


def measure(name: str, scratch: Path, *, memory: bool) -> None:
    """One project: made, served, measured."""
    settings = Settings.from_environment({"LABELREVIEW_HOME": str(scratch / "home")})
    PROJECTS[name](settings, scratch)
    server = Server(settings, scratch / "server.log")
    began = time.perf_counter()
    server.start()
    print(f"\n{name}: {(PROJECTS[name].__doc__ or '').strip()}")
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium.find(), args=FLAGS)
            if name == "demo" and not memory:
                first_page(browser, server, began)
            for part in [memory_of_the_tab] if memory else PARTS[name]:
                with tab(browser, server) as page:
                    part(page, server, settings)
            browser.close()
    finally:
        server.kill()
    if name == "demo" and not memory:
        opening(settings)


@contextmanager
def tab(browser: Browser, server: Server) -> Iterator[Page]:
    """A tab of somebody who is known here."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": "labelreview_reviewer", "value": "Benchmark", "url": server.address}])
    page = context.new_page()
    page.add_init_script(CLOCK)
    yield page
    context.close()


def load() -> str:
    return f"load {os.getloadavg()[0]:.1f}"


def said(what: str, times: list[float]) -> None:
    """Median, 95 % and most, in milliseconds."""
    times = sorted(times)
    high = times[min(len(times) - 1, int(0.95 * len(times)))]
    print(f"{what}: median {statistics.median(times):.1f} ms, 95 % {high:.1f} ms, most {times[-1]:.1f} ms "
          f"({len(times)}, {load()})", flush=True)  # fmt: skip


def first_page(browser: Browser, server: Server, began: float) -> None:
    """What a first visitor sees, from the start of the server on."""
    page = browser.new_page()
    first = time.perf_counter()
    page.goto(f"{server.address}/")
    page.wait_for_selector(READY, timeout=60_000)
    now = time.perf_counter()
    print(f"first page after start: {now - began:.2f} s with the start of the server, {now - first:.2f} s without")
    page.close()


def visit(page: Page, server: Server, path: str) -> None:
    """Open a page; wait until what it asks about has been painted and nothing is on its way."""
    page.goto(f"{server.address}/{path}")
    page.wait_for_selector(READY, timeout=60_000)
    painted(page)


def painted(page: Page) -> None:
    page.wait_for_selector("[data-painted='1']", timeout=120_000)


def saved(page: Page) -> None:
    page.wait_for_selector("[data-pending='0']", timeout=60_000)


# ---- one by one


def keys(page: Page, server: Server, _settings: Settings) -> None:
    """Single keys at 5 a second, about as fast as somebody sees and decides."""
    visit(page, server, "review")
    for number in range(ROUNDS):
        page.evaluate("window.times = []")
        for _ in range(KEYS):
            page.keyboard.press("a")
            page.wait_for_timeout(200)
        said(f"key → next picture painted, round {number + 1}", page.evaluate("window.times"))


def burst(page: Page, server: Server, settings: Settings) -> None:
    """Keys as fast as they can be sent, until 500 have counted; then what is in the log."""
    visit(page, server, "review")
    with Project.open(settings, NAME) as project:
        before = len(project.log())
    page.evaluate("window.cells = window.cells.slice(-1)")
    began, sent = time.perf_counter(), 0
    while (count := accepted(page)) < BURST:
        for _ in range(min(20, BURST - count)):
            page.keyboard.press("d")
            sent += 1
    took = time.perf_counter() - began
    saved(page)
    until_saved = time.perf_counter() - began
    shown = [tuple(cell) for cell in page.evaluate("window.cells")][:count]
    with Project.open(settings, NAME) as project:
        stored = [(event.item, event.tag) for event in project.log()][before:]
    print(
        f"burst: {count} verdicts ({sent} keys sent) in {took:.1f} s ({count / took:.0f}/s), all stored after "
        f"{until_saved:.1f} s; once each and in order: {stored == shown and len(set(stored)) == count}"
    )


def accepted(page: Page) -> int:
    """How many verdicts the loop has taken."""
    return int(re.sub(r"\D", "", page.locator("[data-part=loop]").get_attribute("data-accepted") or "0"))


# ---- the grid


def grid(page: Page, server: Server, settings: Settings) -> None:
    """Pages of 60: the first one of a tag, never seen and seen; the next one after a look, and in the same moment."""
    with Project.open(settings, NAME) as project:
        tags = project.dataset.tags[:PAGES]
    page.add_init_script("localStorage.setItem('labelreview/grid/size', 60)")
    for seen in ("never seen before", "seen before"):
        opened = []
        for tag in tags:
            visit(page, server, f"grid?tag={tag}&direction=missing&cells=all")
            page.wait_for_function("window.shown !== null")  # a frame after it says that it is painted
            opened.append(page.evaluate("[window.shown, window.shown - window.asked]"))
        said(f"grid of 60, {seen}: from its questions asked to interactive", [since for _, since in opened])
        said("  the same with the whole of the page, from its address", [whole for whole, _ in opened])
    for pause in (LOOK, 0):
        turned, stored = [], []
        for _ in range(PAGES):
            page.wait_for_timeout(pause)
            page.evaluate("window.times = []")
            page.keyboard.press("Enter")
            page.wait_for_function("window.times.length > 0", timeout=120_000)
            saved(page)
            turned += page.evaluate("window.times")
            stored.append(page.evaluate("window.stored"))
        said(f"grid of 60, {pause} ms after the last was stored: Enter → next page painted", turned)
        said("  Enter → all 60 stored", stored)


# ---- the whole item


def whole(page: Page, server: Server, _settings: Settings) -> None:
    """A tag set or taken off, a tag looked for, the next item."""
    visit(page, server, "item?cells=all")
    said("whole item: key → tag set or taken off", [toggled(page, "1") for _ in range(KEYS)])
    page.keyboard.press("t")
    said("whole item: letter → tags found", [toggled(page, key) for key in ("t", "a", "g", "Backspace") * 15])
    page.keyboard.press("Escape")
    page.evaluate("window.times = []")
    for _ in range(4 * PAGES):
        painted(page)
        page.keyboard.press("Enter")
        page.wait_for_timeout(300)
    said("whole item: Enter → next item painted", page.evaluate("window.times"))


def toggled(page: Page, key: str) -> float:
    """Press a key; gives the milliseconds until its frame is out."""
    page.keyboard.press(key)
    took: float = page.evaluate("window.toggled")
    page.wait_for_timeout(50)
    return took


# ---- what a day leaves in the tab


def memory_of_the_tab(page: Page, server: Server, _settings: Settings) -> None:
    """After every thousand verdicts, garbage collected: what scripts hold, and how many nodes there are."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    for path, answers in {"review?cells=all": one_by_one, "grid?cells=all&direction=missing": by_pages}.items():
        page.add_init_script("localStorage.setItem('labelreview/grid/size', 60)")
        visit(page, server, path)
        print(f"{path.partition('?')[0]}, before: {held(session)}", flush=True)
        for step in range(STEPS):
            answers(page, VERDICTS // STEPS)
            saved(page)
            print(f"{path.partition('?')[0]}, {(step + 1) * VERDICTS // STEPS:,} verdicts: {held(session)}", flush=True)


def one_by_one(page: Page, count: int) -> None:
    page.evaluate(ANSWER, count)


def by_pages(page: Page, count: int) -> None:
    for _ in range(-(-count // 60)):
        painted(page)
        page.keyboard.press("Enter")


def held(session: CDPSession) -> str:
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
    told = session.send("Performance.getMetrics")["metrics"]
    heap, nodes, listeners = (
        next(each["value"] for each in told if each["name"] == name)
        for name in ("JSHeapUsedSize", "Nodes", "JSEventListeners")
    )
    return f"{heap / 1e6:.1f} MB, {nodes:,} nodes, {listeners:,} listeners, {load()}"


PARTS: dict[str, list[Callable[[Page, Server, Settings], None]]] = {
    "demo": [keys, burst, grid, whole],
    "large": [keys, grid, whole],
    "originals": [keys, grid],
    "tags": [whole],
}


def opening(settings: Settings) -> None:
    """Opening the project and fetching its first questions, in a warm process."""
    times = []
    for _ in range(5):
        began = time.perf_counter()
        with Project.open(settings, NAME) as project:
            project.queue("benchmark", "benchmark", Filters(), 240)
        times.append(1000 * (time.perf_counter() - began))
    said("opening the project, first 240 questions included", times)


if __name__ == "__main__":
    main()
