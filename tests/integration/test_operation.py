"""What an operator asks of the app: is it alive, may it be sent work, how busy is it, what happened, stop it."""

import json
import logging
import os
import re
import socket
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
import streamlit as st
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

from labelreview.desk.project import Project
from labelreview.errors import StoreError
from labelreview.store import DecisionLog
from labelreview.web import auth, early, observing, serving
from labelreview.web.operation import routes
from tests.gallery import gallery, settings_in
from tests.hardship import running, wait_until, worked
from tests.reviewers import crew
from tests.served import Server

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="Using `httpx` with")
    from starlette.testclient import TestClient


def probe(settings, path: str):
    with TestClient(Starlette(routes=routes(settings))) as client:
        return client.get(path)


def test_an_app_with_its_database_and_its_disk_is_alive_and_ready(tmp_path, database_url):
    settings = replace(settings_in(tmp_path), database_url=database_url)
    assert probe(settings, "/healthz").json() == {"alive": True}
    answer = probe(settings, "/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "database": "ok", "disk": "ok"})
    assert list(settings.home.glob("tmp*")) == []


def test_without_its_database_an_app_is_alive_and_not_ready_and_tells_no_address(tmp_path):
    settings = replace(settings_in(tmp_path), database_url="postgresql://ann:secret@127.0.0.1:1/x")
    assert probe(settings, "/healthz").status_code == 200
    answer = probe(settings, "/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, "not to be reached")
    assert "127" not in answer.text


def test_tables_of_another_version_and_a_folder_that_is_gone_are_not_ready(tmp_path, database_url):
    settings = replace(settings_in(tmp_path), database_url=database_url)
    with DecisionLog.open(database_url) as log:
        with log.database.writing("written", lock="x") as (connection, _now):
            connection.execute(sa.text("UPDATE labelreview_migrations SET version_num = '9999'"))
        assert probe(settings, "/readyz").json()["database"] == "not to be reached"
    gone = replace(settings, home=tmp_path / "gone")
    assert probe(gone, "/readyz").json()["disk"] == "not to be written"


@pytest.fixture
def lines(tmp_path):
    """The log lines of the app in this process, as JSON."""
    handler, logger = logging.FileHandler(tmp_path / "log"), logging.getLogger("labelreview")
    handler.setFormatter(observing.Line())
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in (tmp_path / "log").read_text("utf-8").splitlines()]
    logger.removeHandler(handler)
    handler.close()


def test_requests_are_counted_and_logged_and_nobody_is_named_in_either(tmp_path, lines, monkeypatch):
    settings = settings_in(tmp_path)
    ids = gallery(settings, tmp_path, items=3, name="Secret Project")
    monkeypatch.setenv("LABELREVIEW_HOME", str(settings.home))
    with Project.open(settings, "Secret Project") as project:
        token = auth.token(auth.secret(settings.home), project.card.uid, "Ada Lovelace")
        event = {"uid": "uid-private", "item": ids[0], "tag": "hat", "at": "2026-01-02", "note": "my diary"}
        at, headers = "/api/projects/Secret Project", {auth.HEADER: token}
        app = Starlette(routes=serving.routes(), middleware=serving.middleware())
        with TestClient(app, "http://localhost", False, client=("127.0.0.1", 50000)) as client:
            body = {"holder": "tab-00000001", "decisions": [event]}
            assert client.post(f"{at}/decisions", json=body, headers=headers).status_code == 200
            assert client.get(f"{at}/text?item=nobody-here", headers=headers).status_code == 404
            assert client.get("/api/projects/x/images/1280/private?item=passwd").status_code == 404
            assert client.request("BREW", "/somewhere/private").status_code == 404
            monkeypatch.setattr(Project, "text", lambda self, item: {}[f"a bug about {item}"])
            assert client.get(f"{at}/text?item={ids[0]}", headers=headers).status_code == 500
            figures = client.get("/metrics").text
    st.cache_resource.clear()
    route = "/api/projects/{name}/decisions"
    assert f'labelreview_requests_total{{method="POST",route="{route}",status="200"}}' in figures
    assert 'labelreview_requests_total{method="other",route="other",status="404"}' in figures
    assert re.search(r"^labelreview_decisions_stored_total [1-9]", figures, re.MULTILINE)
    assert [(line["method"], line["route"], line["status"]) for line in lines()] == [
        ("POST", route, 200),
        ("GET", "/api/projects/{name}/text", 404),
        ("GET", "/api/projects/{name}/images/{size:int}/{version}", 404),
        ("other", "other", 404),
        ("GET", "/api/projects/{name}/text", 500),
    ]
    told = figures + json.dumps(lines())
    secrets = (
        "Ada",
        "Secret",
        "item 0",
        '"hat"',
        "diary",
        "uid-private",
        "private",
        "passwd",
        "nobody",
        "tab-0",
        token,
    )
    assert [secret for secret in secrets if secret in told] == []


def test_an_error_in_the_log_says_where_and_not_what_somebody_sent():
    try:
        raise KeyError("Ada's note")
    except KeyError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed", None, sys.exc_info())
    line = observing.Line().format(record)
    assert (json.loads(line)["error"], json.loads(line)["event"]) == ("KeyError", "failed")
    assert "test_operation.py" in json.loads(line)["where"][0]
    assert "Ada" not in line


def test_trouble_with_the_database_is_logged_with_its_remedy(lines):
    observing.refused(StoreError("The decision log x cannot be written: database or disk is full. Free some space."))
    assert [(line["level"], line["error"][-16:]) for line in lines()] == [("error", "Free some space.")]


def stopped_in_flight(server: Server, token: str) -> bytes:
    """SIGTERM while a request's head is there; its body comes when nobody is let in any more. Start again."""
    body = b'{"holder": "tab-00000001", "decisions": []}'
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        head = f"POST /api/projects/gallery/decisions HTTP/1.1\r\nHost: localhost\r\n{auth.HEADER}: {token}\r\n"
        connection.sendall(f"{head}Expect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100")  # the app waits for the body
        assert server.process
        server.process.terminate()
        wait_until(lambda: not server.lets_in())
        connection.sendall(body)
        answer = connection.recv(100)
    server.process.wait(60)
    server.start()
    return answer


@pytest.mark.skipif(os.name == "nt", reason="SIGTERM is POSIX")
def test_sigterm_answers_what_is_in_flight_loses_nothing_and_the_others_go_on(tmp_path):
    """Two processes on one database; one is stopped while reviewers work at both."""
    settings = settings_in(tmp_path)
    gallery(settings, tmp_path, items=80)
    first, second = (Server(settings, tmp_path / f"{n}.log", LABELREVIEW_LOG="json") for n in (1, 2))
    answers = []
    with running(first, second):
        (token,) = crew(settings, "gallery", 1).values()
        records, found = worked(
            [first, second], "gallery", lambda _records: answers.append(stopped_in_flight(first, token)), reviewers=4
        )
    assert found.clean, found
    assert any(record.troubles for record in records)  # it was away for a while
    assert len({cell for record in records for cell in record.cells}) == found.acknowledged  # nobody answered another's
    assert answers[0].startswith(b"HTTP/1.1 200 OK")
    said = [line for line in (tmp_path / "1.log").read_text("utf-8").splitlines() if line.startswith("{")]
    assert [json.loads(line)["event"] for line in said if '"labelreview"' in line and "request" not in line] == [
        "started", "stopped", "started"
    ]  # fmt: skip


def test_a_page_with_charts_names_the_chart_library_ahead_and_nothing_else_does():
    async def page(_request):
        return HTMLResponse("<p>page")

    async def data(_request):
        return JSONResponse({})

    app = Starlette(
        routes=[Route("/", page), Route("/triage", page), Route("/review", page), Route("/api/triage", data)]
    )
    with TestClient(early.Early(app)) as client:
        named = {path: client.get(path).headers.get("link") for path in ("/", "/triage", "/review", "/api/triage")}
    assert named["/"] == named["/triage"]
    assert named["/review"] is named["/api/triage"] is None
    (file,) = re.findall(r"<\./static/(.+?)>; rel=modulepreload", named["/triage"])
    assert (Path(st.__file__).parent / "static" / "static" / file).exists()
