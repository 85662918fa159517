"""What the promises about answers are worth, on real servers: `python -m benchmarks.trust [NAME …]`, or all.

    load      50 reviewers, a verdict a second each, one process, two minutes; SQLite, then PostgreSQL
    kill      kill -9 of the app at 20 random moments
    restart   PostgreSQL dropped (as in a crash) and started again 10 times
    disk      a file system without room, until reviewers notice
    clock     the app's clock set back by an hour, in Chromium (libfaketime)
    network   the browser's network cut for 60 seconds, in Chromium
    start     4 processes started at once on an empty database, 20 rounds; SQLite, then PostgreSQL

After each, what was acknowledged is compared with the log: lost, doubled, out of a reviewer's order. Chance is seeded.
"""

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from labelreview.desk import intake
from labelreview.desk.project import Project
from labelreview.settings import Settings
from tests import chromium
from tests.browser.conftest import FLAGS, Reviewer
from tests.gallery import settings_in
from tests.hardship import fill_disk_until, kill_now_and_then, own_postgres, running, wait_until, worked
from tests.reviewers import Account, Record, quantile
from tests.served import Server

DEMO = Path(__file__).parents[1] / "data" / "demo"
REVIEWERS, SECONDS = 50, 120
FAKE_CLOCKS = [*Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")]


def demo(folder: Path) -> Settings:
    """A home with the demo project in it."""
    settings = settings_in(folder)
    inputs = intake.gather(DEMO / "labels.csv", DEMO / "predictions.csv", DEMO / "images")
    intake.create(settings, "demo", inputs)
    with Project.open(settings, "demo") as project:
        project.prepare()
    return settings


@contextmanager
def databases(settings: Settings) -> Iterator[list[tuple[str, Settings]]]:
    """The home with SQLite, and with a PostgreSQL of our own."""
    with own_postgres() as postgres:
        yield [("SQLite", settings), ("PostgreSQL", replace(settings, database_url=postgres.url))]


def say(title: str, found: Account, records: Sequence[Record]) -> None:
    """What came of it."""
    seconds = [each for record in records for each in record.seconds]
    times = ", ".join(f"{100 * share:g} % in {quantile(seconds, share):.0f} ms" for share in (0.5, 0.95, 0.99, 1))
    account = f"{found.acknowledged:,} acknowledged, {found.lost} lost, {found.doubled} doubled"
    order = f"{found.disordered} reviewers out of order"
    print(f"{title}: {account}, {order}; {times}; load {os.getloadavg()[0]:.1f}", flush=True)
    for said, count in sum((record.troubles for record in records), start=Counter[str]()).most_common(4):
        print(f"    reviewers were told {count} times: {said}")


def load(scratch: Path) -> None:
    with databases(demo(scratch)) as both:
        for name, settings in both:
            server = Server(settings, scratch / f"{name}.log")
            with running(server):
                worked([server], "demo", reviewers=REVIEWERS, seconds=5, pace=1.0)  # everybody has come in
                before = processor(server)
                records, found = worked([server], "demo", reviewers=REVIEWERS, seconds=SECONDS, pace=1.0)
                say(f"{REVIEWERS} reviewers for {SECONDS} s, {name}", found, records)
                print(f"    the app took {100 * (processor(server) - before) / SECONDS:.0f} % of a core")


def processor(server: Server) -> float:
    """Seconds of processor that the app itself has taken."""
    assert server.process
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def kill(scratch: Path) -> None:
    server = Server(demo(scratch), scratch / "log")
    with running(server):
        records, found = worked([server], "demo", lambda _: kill_now_and_then(server, 20, 1.5), reviewers=10, pace=0.2)
    say("kill -9 at 20 random moments, SQLite", found, records)


def restart(scratch: Path) -> None:
    with own_postgres() as postgres:
        server = Server(replace(demo(scratch), database_url=postgres.url), scratch / "log")

        def happens(_records: list[Record]) -> None:
            for _ in range(10):
                time.sleep(2)
                postgres.restart()

        with running(server):
            records, found = worked([server], "demo", happens, reviewers=10, pace=0.2)
    say("PostgreSQL restarted 10 times (immediate)", found, records)


def disk(scratch: Path) -> None:
    small = scratch / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(small)]).returncode == 0
    try:
        server = Server(demo(small), scratch / "log")

        def fill(records: list[Record]) -> None:
            def noticed() -> bool:
                return sum(sum(record.troubles.values()) for record in records) > 20

            if not mounted:
                return fill_disk_until(server, noticed)
            with (small / "filler").open("wb") as file:
                try:
                    while True:
                        os.write(file.fileno(), bytes(1000))
                except OSError:
                    wait_until(noticed)
            return (small / "filler").unlink()

        with running(server):
            records, found = worked([server], "demo", fill, reviewers=10, pace=0.2)
        say(
            f"disk full ({'a tmpfs of 64 MB' if mounted else 'RLIMIT_FSIZE, no tmpfs could be mounted'})",
            found,
            records,
        )
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(small)], check=True)  # the killed app's workers end a moment later


@contextmanager
def chromium_page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=FLAGS)
        yield browser.new_page(viewport={"width": 1280, "height": 800})
        browser.close()


def answered(reviewer: Reviewer, times: int, pause: float = 0.0) -> list[tuple[str, str]]:
    """The cells that were answered by key."""
    cells = []
    for _ in range(times):
        cells.append(reviewer.press("a"))
        time.sleep(pause)
    return cells


def judged(settings: Settings, given: Sequence[tuple[str, str]]) -> str:
    """Whether what was given is what is stored."""
    with Project.open(settings, "demo") as project:
        assert project.verify().problems == ()
        stored = [(event.item, event.tag) for event in project.log()]
    return f"{len(given)} answers, {'all stored once, in order' if stored == given else f'{len(stored)} STORED'}"


def clock(scratch: Path) -> None:
    found = find_spec("libfaketime")
    fakes = [*FAKE_CLOCKS, *(Path(found.origin).parent.rglob("libfaketime*.so.1") if found and found.origin else [])]
    if not fakes:
        return print("clock: not run, there is no libfaketime (apt-get install faketime)")
    settings, moment = demo(scratch), scratch / "clock"
    moment.write_text("+0")
    server = Server(
        settings,
        scratch / "log",
        LD_PRELOAD=str(fakes[0]),
        FAKETIME_TIMESTAMP_FILE=str(moment),
        FAKETIME_CACHE_DURATION="1",
        DONT_FAKE_MONOTONIC="1",
    )
    with running(server), chromium_page() as page:
        ada = Reviewer(page).open(server.address, name="Ada")
        given = answered(ada, 10)
        ada.saved()
        moment.write_text("-1h")
        began = time.perf_counter()
        given += answered(ada, 10)
        ada.saved()
        took = time.perf_counter() - began
        page.reload()
        given += answered(ada, 10)
        ada.saved()
    print(f"clock set back by an hour: {judged(settings, given)}; the first 10 after it in {took:.1f} s", flush=True)
    return None


def network(scratch: Path) -> None:
    settings = demo(scratch)
    server = Server(settings, scratch / "log")
    with running(server), chromium_page() as page:
        ada = Reviewer(page).open(server.address, name="Ada")
        given = answered(ada, 5)
        ada.saved()
        page.context.set_offline(True)
        began = time.monotonic()
        given += answered(ada, 20, 1.0)
        said = ada.text("saved")
        time.sleep(max(0, 60 - (time.monotonic() - began)))
        page.context.set_offline(False)
        back = time.perf_counter()
        ada.saved()
        took = time.perf_counter() - back
        given += answered(ada, 5)
        ada.saved()
    print(f"network cut for 60 s: the page said “{said}”; {judged(settings, given)}, "
          f"{took:.1f} s after the network came back", flush=True)  # fmt: skip


def start(scratch: Path) -> None:
    with databases(demo(scratch)) as both:
        for name, settings in both:
            times = []
            for number in range(20):
                once = replace(settings, database_url=fresh(settings, scratch, number))
                began = time.perf_counter()
                servers = [Server(once, scratch / f"{name}-{number}-{process}.log") for process in range(4)]
                with running(*servers):
                    for server in servers:
                        urllib.request.urlopen(f"{server.address}/readyz", timeout=60).close()
                    times.append(time.perf_counter() - began)
                    _, found = worked(servers, "demo", reviewers=4)
                    assert found.clean, found
                    assert found.acknowledged >= 12, found
            print(f"4 processes at once on an empty database, {name}: {len(times)} of 20 rounds, "
                  f"all ready in {statistics.median(times):.1f} s", flush=True)  # fmt: skip


def fresh(settings: Settings, scratch: Path, number: int) -> str:
    """The URL of an empty database."""
    if settings.database_url.startswith("sqlite"):
        return f"sqlite:///{scratch / f'round-{number}.db'}"
    import sqlalchemy as sa

    url = sa.make_url(settings.database_url)
    engine = sa.create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE round_{number}")
    engine.dispose()
    return url.set(database=f"round_{number}").render_as_string(hide_password=False)


SHOWS: dict[str, Callable[[Path], None]] = {
    show.__name__: show for show in (load, kill, restart, disk, clock, network, start)
}


def main(names: Sequence[str]) -> None:
    """Run those that are named."""
    print(f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    expect.set_options(timeout=60_000)
    for name in names or SHOWS:
        scratch = Path(tempfile.mkdtemp(prefix="labelreview-trust-"))
        try:
            SHOWS[name](scratch)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1:])
