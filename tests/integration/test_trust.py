"""What befalls an app costs nobody an answer: what was acknowledged is there once, in order, on a real server.

The long forms, with figures, are `benchmarks/trust.py`.
"""

import sys
from collections import Counter
from dataclasses import replace

import pytest

from tests.gallery import gallery, settings_in
from tests.hardship import fill_disk_until, kill_now_and_then, own_postgres, running, worked
from tests.reviewers import Record
from tests.served import Server

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits are POSIX")


@pytest.fixture
def settings(tmp_path):
    made = settings_in(tmp_path)
    gallery(made, tmp_path, items=120)
    return made


def troubles(records) -> Counter[str]:
    return sum((record.troubles for record in records), start=Counter())


def test_a_full_disk_and_kill_9_lose_and_double_nothing_and_the_app_says_what_happened(settings, tmp_path):
    server = Server(settings, tmp_path / "log")

    def happens(records: list[Record]) -> None:
        fill_disk_until(server, lambda: bool(troubles(records)))
        kill_now_and_then(server, 1, 0.3)

    with running(server):
        records, found = worked([server], "gallery", happens, reviewers=4)
    assert found.clean, found
    said = [kind for kind in troubles(records) if kind.startswith("503")]
    assert said
    assert all("disk" in kind and "what was acknowledged is stored" in kind for kind in said), said


def test_postgresql_restarted_under_load_loses_and_doubles_nothing(settings, tmp_path):
    with own_postgres() as postgres:
        server = Server(replace(settings, database_url=postgres.url), tmp_path / "log")
        with running(server):
            records, found = worked([server], "gallery", lambda _records: postgres.restart(), reviewers=4)
    assert found.clean, found
    assert {kind[:3] for kind in troubles(records)} <= {"503"}, troubles(records)  # said, never a crash
