"""What befalls an app costs nobody an answer: what was acknowledged is there once, in order, on a real server.

The long forms, with figures, are `benchmarks/trust.py`.
"""

import sys
import warnings
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
import streamlit as st
from itsdangerous import TimestampSigner
from starlette.applications import Starlette

from labelreview.decisions import Verdict, wire
from labelreview.desk.project import Project
from labelreview.store.database import Database
from labelreview.web import auth
from labelreview.web.routes import routes
from tests.gallery import gallery, settings_in
from tests.hardship import fill_disk_until, kill_now_and_then, own_postgres, running, worked
from tests.made import decision
from tests.reviewers import Record
from tests.served import Server

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="Using `httpx` with")
    from starlette.testclient import TestClient

AT, HOLDER = "/api/projects/gallery", "tab-00000001"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits are POSIX")


@pytest.fixture
def settings(tmp_path):
    made = settings_in(tmp_path)
    gallery(made, tmp_path, items=120)
    return made


def troubles(records) -> Counter[str]:
    return sum((record.troubles.copy() for record in records), start=Counter())  # they are at work meanwhile


def test_a_full_disk_and_kill_9_lose_and_double_nothing_and_the_app_says_what_happened(settings, tmp_path):
    server = Server(settings, tmp_path / "log")

    def happens(records: list[Record]) -> None:
        fill_disk_until(server, lambda: any(kind.startswith("503") for kind in troubles(records)))
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
    assert not [kind for kind in troubles(records) if kind.startswith("500")], troubles(records)  # said, never a bug


def test_a_clock_that_is_set_back_an_hour_loses_nothing_and_keeps_the_order(settings, monkeypatch):
    key, hour = auth.secret(settings.home), timedelta(hours=1)
    now, stamp = Database.now, TimestampSigner.get_timestamp

    def answer(client: TestClient, token: str, count: int) -> list[str]:
        asked = client.post(f"{AT}/queue", json={"holder": HOLDER, "want": 20}, headers={auth.HEADER: token})
        if asked.status_code != 200:
            return [str(asked.status_code)]
        cells = [(cell["item"], cell["tag"]) for cell in asked.json()["cells"]][:count]
        made = [wire(decision(*cell, Verdict.ABSENT)) for cell in cells]
        body = {"holder": HOLDER, "decisions": made}
        return client.post(f"{AT}/decisions", json=body, headers={auth.HEADER: token}).json()["stored"]

    with Project.open(settings, "gallery") as project, TestClient(Starlette(routes=routes(settings))) as client:
        token = auth.token(key, project.card.uid, "ann")
        acknowledged = answer(client, token, 5)
        monkeypatch.setattr(Database, "now", lambda self, connection: now(self, connection) - hour)
        monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: stamp(self) - 3600)
        assert answer(client, token, 5) == ["401"]  # from the future: the page makes a new one
        acknowledged += answer(client, auth.token(key, project.card.uid, "ann"), 5)
        events = project.log()
        assert [event.uid for event in events] == acknowledged
        assert len({(event.item, event.tag) for event in events}) == 10
        assert events[0].recorded_at - events[-1].recorded_at > hour / 2
        assert project.verify().problems == ()
    st.cache_resource.clear()
