"""`pip install` and `labelreview serve`, away from any clone: the screens are there and the demo project is made."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.wheel import built, unpacked


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """The app, started by the command of an unpacked wheel in an empty folder."""
    site = unpacked(built(tmp_path / "dist"), tmp_path / "site")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": str(site), "LABELREVIEW_HOME": str(tmp_path / "home")}
    log = (tmp_path / "app.log").open("w")
    command = [sys.executable, "-m", "labelreview", "serve", "--port", str(port)]
    app = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log)
    try:
        wait_until_up(app, f"http://127.0.0.1:{port}/_stcore/health", tmp_path / "app.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        app.terminate()
        app.wait()
        log.close()


def wait_until_up(app: subprocess.Popen[bytes], health: str, log: Path) -> None:
    end = time.monotonic() + 90
    while True:
        assert app.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(health, timeout=5).close()
            return
        except OSError:
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.2)


def test_an_installed_labelreview_serves_the_demo_project_for_review(address: str, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{address}/review")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="in this picture?")).to_be_visible(timeout=60_000)
    expect(page.locator("[data-part=loop]")).to_have_attribute("data-painted", "1", timeout=60_000)
