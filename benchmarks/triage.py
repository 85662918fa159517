"""How long the triage page and the report take at CelebA's size: `python -m benchmarks.triage`.

Makes a project of 202,599 items × 40 tags (8.1 million labels, 2 % wrong, no pictures) with 100,000 verdicts, a tenth
of them drawn by chance, in a scratch home. *cold*: a verdict came since the last visit, so that nothing is kept, on a
server that has the project open; until the chart of the tags is on the page. *filter*: from the last letter of a tag's
name to the chart of that tag alone. *click*: from a click on a mark to what stands behind it. *bare*: the same filter
in a Streamlit app of a dozen lines that holds this text box and a chart of points alone. Printed, never asserted.
"""

import argparse
import os
import platform
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import numpy as np
from playwright.sync_api import Page, sync_playwright

from labelreview.decisions import Decision, Verdict
from labelreview.desk import folder, report, triage
from labelreview.desk.auditing import AUDIT, REVIEW
from labelreview.desk.project import Project
from labelreview.desk.triage import compared
from labelreview.settings import Settings
from labelreview.tags import Dataset, Names
from tests import chromium
from tests.browser.conftest import FLAGS, READY
from tests.served import Server

BARE = """import plotly.graph_objects as go
import streamlit as st

@st.fragment
def part():
    text = st.text_input("Find a tag")
    names = [f"tag{n}" for n in range(30) if text in f"tag{n}"]
    points = go.Scatter(x=list(range(len(names))), y=names, mode="markers")
    st.plotly_chart(go.Figure(points), key="rates", on_select="rerun", selection_mode="points")

part()
"""
T = TypeVar("T")
ROUNDS = 5
MEASURED = ("page by its address, cold", "page by its address, again", "page from the menu, cold", "filter", "click")
MARK = ".st-key-rates .scatterlayer path.point"


def main() -> None:
    """Measure and print."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--rows", type=int, default=202_599)
    ask.add_argument("--tags", type=int, default=40)
    ask.add_argument("--verdicts", type=int, default=100_000)
    asked = ask.parse_args()
    print(f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings.from_environment({"LABELREVIEW_HOME": str(Path(scratch) / "home")})
        truth = made(settings, asked.rows, asked.tags, Path(scratch))
        answered(settings, truth, asked.verdicts)
        in_process(settings)
        server = Server(settings, Path(scratch) / "server.log")
        server.start()
        try:
            in_browser(server, settings, truth)
        finally:
            server.kill()
        (Path(scratch) / "bare.py").write_text(BARE)
        bare = Server(settings, Path(scratch) / "bare.log")
        bare.start(str(Path(scratch) / "bare.py"))
        try:
            without_us(bare)
        finally:
            bare.kill()


def without_us(server: Server) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=FLAGS)
        page, seconds = browser.new_page(viewport={"width": 1440, "height": 900}), []
        for _ in range(ROUNDS):
            page.goto(server.address)
            page.locator(MARK).nth(20).wait_for(state="attached", timeout=120_000)
            page.wait_for_timeout(500)
            seconds.append(filtered(page))
        told("filter, bare", seconds)
        browser.close()


def made(settings: Settings, rows: int, tags: int, scratch: Path) -> np.ndarray:
    """The project; gives the truth."""
    rng = np.random.default_rng(0)
    truth = rng.random((rows, tags)) < rng.uniform(0.02, 0.5, tags)
    probs = np.clip(np.where(truth, 0.85, 0.12) + rng.normal(0, 0.2, truth.shape), 0.001, 0.999).astype(np.float32)
    labels = (truth ^ (rng.random(truth.shape) < 0.02)).astype(np.int8)
    names = tuple(f"tag{column}" for column in range(tags))
    data = Dataset(Names.of(f"{row:06d}.jpg" for row in range(rows)), names, labels, probs)
    (scratch / "labels.csv").write_text("id\n")
    files = ("labels.csv", "wide_csv", "predictions.npy", "numpy", "")
    card = folder.Card("big", *folder.new_identity(), *files, rows, names)
    folder.write(settings.projects, card, data, Names.of([""] * rows), {"labels.csv": scratch / "labels.csv"})
    return truth


def answered(settings: Settings, truth: np.ndarray, count: int) -> None:
    """Verdicts of five reviewers who are right, nine from the queue's front and then one from the audit."""
    with Project.open(settings, "big") as project:
        project.prepare()
        audit, ranked, seen, events = (
            project.audit,
            iter(project.asking.upcoming(2 * count).tolist()),
            set(),
            list[Decision](),
        )
        while len(events) < count:
            by_chance = len(events) % 10 == 9
            cell = audit.next_cells(1)[0] if by_chance else next(ranked)
            if cell not in seen:
                seen.add(cell)
                audit.mark(cell, True)
                events.append(verdict(project, truth, cell, AUDIT if by_chance else REVIEW, len(events)))
        for at in range(0, count, 5000):
            project.record(events[at : at + 5000])


def verdict(project: Project, truth: np.ndarray, cell: int, screen: str, number: int) -> Decision:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
    said = Verdict.PRESENT if truth.flat[cell] else Verdict.ABSENT
    return Decision(uuid.uuid4().hex, *project.dataset.at(cell), f"reviewer {number % 5}", at, said, 1.5, screen=screen)


def in_process(settings: Settings) -> None:
    """The parts, without a browser."""
    with Project.open(settings, "big") as project:
        timed("the log, folded when the project opens", project.verdicts)
        timed("the audit, opened", lambda: project.audit)
        project.asking.upcoming(1)
        timed("figures", lambda: triage.figures(project))
        written = timed("report, gathered", lambda: report.gathered(project))
        events = len(project.log()) // 2
        timed("two moments compared, the earlier folded anew", lambda: compared.compared(project, events))
        page = timed("report, as HTML", lambda: report.page(written))
        print(f"{'size of the report':<40} {len(page.encode()) / 1000:6.0f} kB")


def timed(what: str, call: Callable[[], T]) -> T:
    began = time.perf_counter()
    found = call()
    print(f"{what:<46} {time.perf_counter() - began:6.2f} s")
    return found


def in_browser(server: Server, settings: Settings, truth: np.ndarray) -> None:
    with sync_playwright() as playwright, Project.open(settings, "big") as project:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=FLAGS)
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_cookies([{"name": "labelreview_reviewer", "value": "Ada", "url": server.address}])
        page, ahead = context.new_page(), iter(project.asking.upcoming(100).tolist())
        rounds: dict[str, list[float]] = {name: [] for name in MEASURED}
        opened(page, server)  # the server opens the project and folds the log
        for number in range(ROUNDS):
            project.record([verdict(project, truth, next(ahead), REVIEW, number)])
            rounds["page by its address, cold"].append(opened(page, server))
            rounds["page by its address, again"].append(opened(page, server))
            rounds["filter"].append(filtered(page))
            rounds["click"].append(clicked(page))
            page.get_by_role("link", name="Overview").click()
            page.get_by_text("All tags").wait_for(timeout=60_000)
            page.wait_for_selector(READY, timeout=60_000)
            project.record([verdict(project, truth, next(ahead), REVIEW, number)])
            rounds["page from the menu, cold"].append(from_menu(page))
        for what, seconds in rounds.items():
            told(what, seconds)
        browser.close()


def told(what: str, seconds: list[float]) -> None:
    print(f"{what:<40} {statistics.median(seconds):6.2f} s median, {max(seconds):.2f} s at most of {ROUNDS}")


def opened(page: Page, server: Server) -> float:
    began = time.perf_counter()
    page.goto(f"{server.address}/triage?project=big")
    page.locator(MARK).nth(20).wait_for(state="attached", timeout=120_000)
    took = time.perf_counter() - began
    page.wait_for_selector(READY, timeout=60_000)
    return took


def from_menu(page: Page) -> float:
    began = time.perf_counter()
    page.get_by_role("link", name="Triage").click()
    page.locator(MARK).nth(20).wait_for(state="attached", timeout=120_000)
    return time.perf_counter() - began


def filtered(page: Page) -> float:
    page.get_by_label("Find a tag").fill("tag17")
    began = time.perf_counter()
    page.keyboard.press("Enter")
    page.wait_for_function(f"document.querySelectorAll('{MARK}').length === 1", timeout=60_000)
    return time.perf_counter() - began


def clicked(page: Page) -> float:
    page.wait_for_timeout(500)  # the chart is still moving to its place
    began = time.perf_counter()
    page.locator(MARK).first.click(force=True)
    page.locator(".st-key-rates_behind").wait_for(timeout=60_000)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
