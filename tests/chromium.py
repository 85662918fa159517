"""Which Chromium the browser tests drive, and how to get one where there is none."""

import os
import shutil
import subprocess
import sys
from functools import cache

SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
# Asked in a process of its own: Playwright's sync API must not be open twice in one.
ASK = "from playwright.sync_api import sync_playwright\nwith sync_playwright() as p: print(p.chromium.executable_path)"


class NoChromium(Exception):
    """No browser is there and none could be installed."""


def _starts(path: str | None) -> bool:
    """Whether it is a browser that runs: not a stub that sends one elsewhere, no library missing."""
    if not path or not os.path.exists(path):
        return False
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


@cache
def find() -> str | None:
    """The path of a Chromium: LABELREVIEW_TEST_CHROMIUM, else Playwright's own, else the system's; None without one."""
    chosen = os.environ.get("LABELREVIEW_TEST_CHROMIUM")
    if chosen:
        return chosen
    own = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True).stdout.strip()
    return next((path for path in (own, *map(shutil.which, SYSTEM_NAMES)) if path and _starts(path)), None)


def ensure() -> str:
    """The path of a Chromium, after installing one if need be: by Playwright, else by apt-get."""
    for install in (None, _by_playwright, _by_apt):
        if install:
            install()
            find.cache_clear()
        if found := find():
            return found
    raise NoChromium(
        "There is no Chromium, and neither 'playwright install chromium' nor 'apt-get install chromium' gave one. "
        "Install Chromium or Chrome, or name it in LABELREVIEW_TEST_CHROMIUM."
    )


def _root_on_linux() -> bool:
    return sys.platform == "linux" and os.geteuid() == 0


def _by_playwright() -> None:
    with_libraries = ["--with-deps"] if _root_on_linux() else []
    _run(sys.executable, "-m", "playwright", "install", *with_libraries, "chromium")


def _by_apt() -> None:
    if _root_on_linux() and shutil.which("apt-get"):
        _run("apt-get", "update")
        _run("apt-get", "install", "--yes", "--no-install-recommends", "chromium")


def _run(*command: str) -> None:
    print("+", *command, flush=True)
    subprocess.run(command, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
