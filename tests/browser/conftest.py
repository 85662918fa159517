"""A real server and a real Chromium. A test has a home, a project and a server of its own; the browser is shared."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from labelreview.settings import Settings
from tests import chromium
from tests.gallery import gallery, settings_in
from tests.served import Server

READY = "[data-testid=stApp][data-test-connection-state=CONNECTED][data-test-script-state=notRunning]"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
PATIENCE = 60_000  # for whatever a busy machine may be slow with
expect.set_options(timeout=PATIENCE)
# Whether more pictures of the review's own size than so many have come; those beside a question are smaller.
LOADED = """n => performance.getEntriesByType('resource').filter(({ name }) =>
    name.includes('/images/') && !name.includes('/images/320/')).length > n"""


class Reviewer:
    """Somebody at the review page: presses keys as fast as pictures come, and looks at what is there."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.loop: Locator = page.locator("[data-part=loop]")

    def open(self, address: str, path: str = "review?cells=all", name: str = "") -> "Reviewer":
        self.page.goto(f"{address}/{path}")
        self.page.wait_for_selector(READY, timeout=PATIENCE)
        if name:
            self.page.get_by_label("Your name").fill(name)
            self.page.get_by_role("button", name="Start").click()
        self.painted()
        return self

    def painted(self) -> tuple[str, str]:
        """The cell on screen, once its picture has been painted."""
        expect(self.loop).to_have_attribute("data-painted", "1", timeout=PATIENCE)
        return self.cell

    def has_ahead(self, pictures: int) -> None:
        """Wait until so many pictures beside the one on screen are here: they come after it has been painted."""
        self.page.wait_for_function(LOADED, arg=pictures, timeout=PATIENCE)

    @property
    def cell(self) -> tuple[str, str]:
        return self.loop.get_attribute("data-item") or "", self.loop.get_attribute("data-tag") or ""

    def press(self, key: str) -> tuple[str, str]:
        """Press a key for the cell on screen; gives that cell."""
        cell = self.painted()
        self.page.keyboard.press(key)
        return cell

    def saved(self) -> None:
        expect(self.loop).to_have_attribute("data-pending", "0", timeout=PATIENCE)
        expect(self.page.locator("[data-part=saved]")).to_have_text(re.compile("^All saved"), timeout=PATIENCE)

    def accepted(self) -> int:
        return int(self.loop.get_attribute("data-accepted") or 0)

    def text(self, part: str) -> str:
        return self.page.locator(f"[data-part={part}]").inner_text()


def patient(context: BrowserContext) -> BrowserContext:
    """Each click waits as long as what is expected does."""
    context.set_default_timeout(PATIENCE)
    return context


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium.find(), args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


@pytest.fixture
def items() -> int:
    """How many pictures the project has; a test may ask for more."""
    return 40


@pytest.fixture
def server(settings: Settings, tmp_path: Path, items: int) -> Iterator[Server]:
    gallery(settings, tmp_path, items=items)
    started = Server(settings, tmp_path / "server.log", warm=True)
    started.start()
    yield started
    started.kill()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = patient(browser.new_context(viewport={"width": 1280, "height": 800}))
    yield opened
    opened.close()


@pytest.fixture
def newcomer(context: BrowserContext) -> Iterator[Callable[[], Reviewer]]:
    """Opens a tab; a script error in any of them fails the test."""
    errors: list[str] = []

    def tab() -> Reviewer:
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return Reviewer(page)

    yield tab
    assert errors == []
