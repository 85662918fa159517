"""How long a reviewer waits, measured in Chromium on the demo project: `python -m benchmarks.review_latency`.

A key's time runs from the browser's own time stamp of the key event to the second animation frame after the next
picture was put on the page (decoded): about when its pixels are out. Nothing is asserted; the numbers are printed.
"""

import os
import platform
import re
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from labelreview import intake
from labelreview.project import Project
from labelreview.settings import Settings
from tests import chromium
from tests.browser.conftest import FLAGS, READY
from tests.served import Server

DEMO = Path(__file__).parents[1] / "data" / "demo"
KEYS, BURST, ROUNDS = 60, 500, 3
# Added before any script of the page: the loop stops its keys, so that a later listener would not hear of them.
CLOCK = """
window.times = []; window.cells = []; let pressed = null
window.addEventListener('keydown', event => { pressed = event.timeStamp }, true)
window.addEventListener('labelreview:painted', event => {
  window.cells.push([event.detail.item, event.detail.tag])
  const begun = pressed; pressed = null
  if (begun !== null) requestAnimationFrame(now => window.times.push([performance.now() - begun]))
})
"""


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings.from_environment({"LABELREVIEW_HOME": str(Path(scratch) / "home")})
        inputs = intake.gather(DEMO / "labels.csv", DEMO / "predictions.csv", DEMO / "images")
        intake.create(settings, "demo", inputs)
        server = Server(settings, Path(scratch) / "server.log")
        print(f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        began = time.perf_counter()
        server.start()
        try:
            in_browser(server, settings, began)
        finally:
            server.kill()
        opening(settings)


def in_browser(server: Server, settings: Settings, began: float) -> None:
    """First page, single keys, the burst."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.add_init_script(CLOCK)
        first = time.perf_counter()
        page.goto(f"{server.address}/")
        page.wait_for_selector(READY, timeout=60_000)
        now = time.perf_counter()
        print(f"first page after start: {now - began:.2f} s with the start of the server, {now - first:.2f} s without")
        page.goto(f"{server.address}/review")
        page.get_by_label("Your name").fill("Benchmark")
        page.get_by_role("button", name="Start").click()
        painted(page)
        for number in range(ROUNDS):
            keys(page, number)
        burst(page, settings)
        browser.close()


def keys(page: Page, number: int) -> None:
    """Single keys at 5 a second, about as fast as somebody sees and decides."""
    page.evaluate("window.times = []")
    for _ in range(KEYS):
        page.keyboard.press("a")
        page.wait_for_timeout(200)
    times = sorted(time for (time,) in page.evaluate("window.times"))
    print(
        f"key → next picture painted, round {number + 1}: median {statistics.median(times):.1f} ms, "
        f"95 % {times[int(0.95 * len(times))]:.1f} ms, most {times[-1]:.1f} ms ({len(times)} keys, "
        f"load {os.getloadavg()[0]:.1f})"
    )


def burst(page: Page, settings: Settings) -> None:
    """Keys as fast as they can be sent, until 500 have counted; then what is in the log."""
    painted(page)
    before = accepted(page)
    page.evaluate("window.cells = window.cells.slice(-1)")
    began, sent = time.perf_counter(), 0
    while accepted(page) < before + BURST:
        for _ in range(min(20, before + BURST - accepted(page))):
            page.keyboard.press("d")
            sent += 1
    took = time.perf_counter() - began
    page.wait_for_selector("[data-part=loop][data-pending='0']", timeout=60_000)
    saved = time.perf_counter() - began
    count = accepted(page) - before
    shown = [tuple(cell) for cell in page.evaluate("window.cells")][:count]
    with Project.open(settings, "demo") as project:
        stored = [(event.item, event.tag) for event in project.log()][before:]
    print(
        f"burst: {count} verdicts ({sent} keys sent) in {took:.1f} s ({count / took:.0f}/s), all stored after "
        f"{saved:.1f} s; once each and in order: {stored == shown and len(set(stored)) == count}"
    )


def painted(page: Page) -> None:
    """Wait until a picture is on screen."""
    page.wait_for_selector("[data-part=loop][data-painted='1']", timeout=60_000)


def accepted(page: Page) -> int:
    """How many verdicts the loop has taken."""
    return int(re.sub(r"\D", "", page.locator("[data-part=loop]").get_attribute("data-accepted") or "0"))


def opening(settings: Settings) -> None:
    """Opening the project and fetching its first questions, in a warm process."""
    from labelreview.review.worklist import Filters

    times = []
    for _ in range(5):
        began = time.perf_counter()
        with Project.open(settings, "demo") as project:
            project.queue("benchmark", "benchmark", Filters(), 240)
        times.append(time.perf_counter() - began)
    print(f"opening the project, first 240 questions included: median {1000 * statistics.median(times):.0f} ms")


if __name__ == "__main__":
    main()
