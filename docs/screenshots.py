"""Takes the pictures of README.md and the docs from the running app: `make screenshots`.

Starts the app on the demo data in a scratch home, answers a few questions, and writes docs/img/*.png.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page, expect, sync_playwright  # noqa: E402  after the path

from tests import chromium  # noqa: E402

IMAGES = ROOT / "docs" / "img"
QUIET = "[data-testid=stApp][data-test-connection-state=CONNECTED][data-test-script-state=notRunning]"
ANSWERS = "ddadaddaddsd"


@contextmanager
def running_app() -> Iterator[str]:
    """The app on the demo project, in a home that is thrown away; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
        app = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "LABELREVIEW_HOME": home})
        try:
            address = f"http://127.0.0.1:{port}"
            wait_until_up(f"{address}/_stcore/health")
            yield address
        finally:
            app.terminate()
            app.wait()


def wait_until_up(address: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def settled(page: Page) -> None:
    page.locator(QUIET).wait_for(timeout=60_000)


def on_screen(page: Page) -> None:
    """Wait until the loop has painted a picture."""
    page.locator("[data-part=loop][data-painted='1']").wait_for(timeout=60_000)


def take(page: Page, name: str) -> None:
    page.screenshot(path=IMAGES / f"{name}.png", animations="disabled")
    print(f"docs/img/{name}.png")


def visit(page: Page, address: str) -> None:
    page.goto(f"{address}/review?project=demo")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name="Start").click()
    for key in ANSWERS:
        on_screen(page)
        page.keyboard.press(key)
        page.wait_for_timeout(100)
    expect(page.get_by_text("All saved")).to_be_visible()
    page.locator(".alike").wait_for(timeout=300_000)  # the pictures are described in the background
    look(page, f"{address}/review?project=demo&tag=roadsign&direction=missing", "review")
    page.goto(f"{address}/?project=demo")
    settled(page)
    expect(page.locator(".js-plotly-plot .bars").first).to_be_visible(timeout=60_000)
    page.wait_for_timeout(500)  # plotly draws in two steps
    take(page, "overview")


def look(page: Page, address: str, name: str, *keys: str) -> None:
    """A way to review, as it is once its pictures are painted and some keys are pressed."""
    page.goto(address)
    painted(page)
    settled(page)
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_timeout(1500)  # what stands beside the question comes after it
    take(page, name)


def painted(page: Page) -> None:
    page.locator("[data-painted='1']").wait_for(timeout=60_000)


def ways(page: Page, address: str, after: str) -> None:
    """The three ways to review, and the keys."""
    roadsign = f"{address}/review?project=demo&tag=roadsign&direction=missing"
    if after:
        look(page, roadsign, f"review{after}")
    else:
        look(page, roadsign, "keys", "?")
    look(page, f"{address}/grid?project=demo&tag=bird&direction=missing&cells=all", f"grid{after}", "ArrowRight", " ")
    look(page, f"{address}/item?project=demo", f"item{after}", "1")


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with running_app() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.ensure())
        desk = browser.new_context(viewport={"width": 1280, "height": 800})
        visit(desk.new_page(), address)
        known = desk.cookies()
        ways(desk.pages[0], address, "")
        phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
        for after, how in {"-dark": {"color_scheme": "dark"}, "-phone": phone}.items():
            context = browser.new_context(**({"viewport": {"width": 1280, "height": 800}} | how))
            context.add_cookies(known)
            ways(context.new_page(), address, after)
        browser.close()


if __name__ == "__main__":
    main()
