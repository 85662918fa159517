"""What an attacker may try, one test an attack; docs/trust.md lists them with what happens (compared below)."""

import ast
import asyncio
import io
import re
import socket
import warnings
import zipfile
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware

from labelreview import images
from labelreview.desk import intake, pictures
from labelreview.desk.project import Project
from labelreview.errors import Refused
from labelreview.images import addresses
from labelreview.roles import Action, Role, appointment
from labelreview.settings import Settings
from labelreview.web import asked, auth, door
from labelreview.web.routes import routes
from tests.gallery import gallery, settings_in
from tests.web_server import serving

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="Using `httpx` with")
    from starlette.testclient import TestClient

ROOT = Path(__file__).parents[2]
AT = "/api/projects/gallery"
QUEUE = {"holder": "tab-00000001", "want": 5}
HOSTILE = [
    "x'); DROP TABLE decisions; --",
    "' OR '1'='1",
    "%_\\",
    'a" ; DELETE FROM leases',
    "\u202e=cmd()",
    "<svg onload=x>",
]
SECRET = b"what nobody may read"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = settings_in(tmp_path)
    gallery(made, tmp_path, items=12)
    return made


@pytest.fixture
def project(settings: Settings) -> Iterator[Project]:
    with Project.open(settings, "gallery") as opened:
        opened.people.record(appointment("Eve", "Eve", Role.OWNER), appointment("Eve", "ann", Role.REVIEWER))
        yield opened
    st.cache_resource.clear()


def client(settings: Settings) -> TestClient:
    app = Starlette(routes=routes(settings), middleware=[Middleware(door.Door, settings=settings)])
    return TestClient(app, "http://localhost", client=("127.0.0.1", 50000))


@pytest.fixture
def browser(settings: Settings) -> Iterator[TestClient]:
    with client(settings) as opened:
        yield opened


def token(settings: Settings, project: Project, who: str = "ann", *actions: Action, **more: str) -> dict[str, str]:
    actions = actions or (Action.LOOK, Action.ANSWER)
    return {auth.HEADER: auth.token(auth.secret(settings.home), project.card.uid, who, actions, **more)}


def said(project: Project, **more: Any) -> dict[str, Any]:
    item, tag = project.dataset.at(0)
    event = {"uid": "uid-00000001", "item": item, "tag": tag, "at": "2026-01-02", "verdict": "present"} | more
    return {"holder": QUEUE["holder"], "decisions": [event]}


def passed(browser: TestClient, settings: Settings, project: Project) -> TestClient:
    """With the cookie for pictures."""
    answer = browser.post(f"/api/projects/{project.card.name}/queue", json=QUEUE, headers=token(settings, project))
    assert answer.status_code == 200, answer.text
    return browser


def image(browser: TestClient, project: Project, item: str) -> Any:
    return browser.get(f"/api/projects/{project.card.name}/images/320/v", params={"item": item})


def test_a_forged_an_expired_and_another_projects_token(browser, settings, project, monkeypatch):
    good = token(settings, project)
    wrong = {
        "forged": auth.token(b"another key", project.card.uid, "ann"),
        "altered": good[auth.HEADER].replace(".", "A.", 1),
        "of another project": auth.token(auth.secret(settings.home), "another", "ann"),
        "a pass": auth.picture_pass(auth.secret(settings.home), auth.Grant(project.card.uid, "ann", frozenset())),
        "none": "",
    }
    for what, text in wrong.items():
        assert browser.post(f"{AT}/decisions", json=said(project), headers={auth.HEADER: text}).status_code == 401, what
    monkeypatch.setattr(auth, "TOKEN_SECONDS", -1)
    assert browser.post(f"{AT}/decisions", json=said(project), headers=good).status_code == 401
    assert project.log() == []


def test_a_token_after_its_sign_in_was_ended(browser, settings, project):
    here, there = (token(settings, project, sign_in=name) for name in ("laptop", "tablet"))
    assert browser.post(f"{AT}/queue", json=QUEUE, headers=here).status_code == 200
    project.people.end("laptop")
    assert browser.post(f"{AT}/decisions", json=said(project), headers=here).status_code == 401
    assert image(browser, project, project.dataset.ids[0]).status_code == 401  # the pass for pictures too
    assert browser.post(f"{AT}/decisions", json=said(project), headers=there).status_code == 200


def test_a_reviewer_as_adjudicator_or_owner(browser, settings, project):
    widest = token(settings, project, "ann", *Action)  # as if a page had signed too much
    for headers in (widest, token(settings, project)):
        for word, body in (("decisions", said(project, screen="adjudicate")), ("queue", {**QUEUE, "disputes": True})):
            answer = browser.post(f"{AT}/{word}", json=body, headers=headers)
            assert (answer.status_code, "not allow to adjudicate" in answer.text) == (403, True)
    forged = said(project, reviewer="Eve", by="Eve", role="owner")
    assert browser.post(f"{AT}/decisions", json=forged, headers=widest).status_code == 200
    assert [event.reviewer for event in project.log()] == ["ann"]
    with pytest.raises(Refused, match="ann is reviewer here. Ask an owner: Eve"):
        project.people.appoint(appointment("ann", "ann", Role.OWNER))


def test_somebody_who_was_disabled_and_somebody_who_was_never_invited(browser, settings, project):
    headers = token(settings, project)
    assert browser.post(f"{AT}/queue", json=QUEUE, headers=headers).status_code == 200
    project.people.appoint(appointment("Eve", "ann", None))
    for who in ("ann", "mallory"):
        answer = browser.post(f"{AT}/decisions", json=said(project), headers=token(settings, project, who))
        assert (answer.status_code, answer.json()["kind"]) == (403, "role")  # the browser keeps what it could not send
    assert image(browser, project, project.dataset.ids[0]).status_code == 403
    assert project.log() == []


def test_a_request_of_another_site(browser, settings, project):
    headers = token(settings, project)
    for site in ("cross-site", "same-site"):
        assert browser.post(f"{AT}/queue", json=QUEUE, headers={**headers, "Sec-Fetch-Site": site}).status_code == 403
    passed(browser, settings, project)  # with the cookie, as a form of another site would send it
    form = {"Content-Type": "text/plain", "Origin": "https://evil.example"}
    assert browser.post(f"{AT}/decisions", content=b"{}", headers=form).status_code == 401
    asks = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": auth.HEADER}  # fmt: skip
    assert "access-control-allow-origin" not in browser.options(f"{AT}/decisions", headers=asks).headers


def test_from_elsewhere_or_by_a_strange_name_where_names_need_no_password(settings, project):
    app = Starlette(routes=routes(settings), middleware=[Middleware(door.Door, settings=settings)])
    headers = token(settings, project)
    for base, peer in (("http://localhost", "10.0.0.9"), ("http://evil.example", "127.0.0.1"),
                       ("http://localhost.evil.example", "127.0.0.1")):  # fmt: skip
        with TestClient(app, base, client=(peer, 50000)) as stranger:
            answer = stranger.post(f"{AT}/queue", json=QUEUE, headers=headers)
            assert (answer.status_code, "LABELREVIEW_SIGN_IN" in answer.text) == (403, True)


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run it in a thread of its own: in the main one, Playwright may keep a loop from earlier tests."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, coroutine).result()


def test_a_header_that_says_who_one_is_past_the_proxy(tmp_path):
    environment = {
        "LABELREVIEW_HOME": str(tmp_path),
        "LABELREVIEW_SIGN_IN": "proxy",
        "LABELREVIEW_PROXIES": "10.0.0.0/28",
    }
    behind, seen = Settings.from_environment(environment), []

    async def app(scope, _receive, _send):
        seen.append((dict(scope["headers"]).get(b"x-forwarded-email"), scope["scheme"]))

    headers = [
        (b"x-forwarded-email", b"eve@x.org"),
        (b"x-forwarded-proto", b"https"),
        (b"x-forwarded-for", b"10.0.0.5"),
    ]
    for peer in ("10.0.0.5", "10.0.0.99", "127.0.0.1"):
        scope = {"type": "http", "path": "/", "scheme": "http", "headers": headers, "client": (peer, 1)}
        run(door.Door(app, behind)(scope, None, None))
    assert seen == [(b"eve@x.org", "https"), (None, "http"), (None, "http")]


@pytest.mark.parametrize(
    "item",
    ["../secret.png", "..%2fsecret.png", "%2e%2e/secret.png", "/etc/passwd", "link.png", "sub/../../secret.png",
     "....//secret.png", "..\\secret.png", "secret.png\0.png", "file:///etc/passwd"],
)  # fmt: skip
def test_a_path_out_of_the_picture_folder(tmp_path, item):
    settings, folder = settings_in(tmp_path), tmp_path / "images"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "secret.png").write_bytes(SECRET)
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    named = item.replace("\0", "0")
    (tmp_path / "labels.csv").write_text(f'id,hat\n"{named}",1\nb,0\n')
    (tmp_path / "predictions.csv").write_text(f'id,hat\n"{named}",0.1\nb,0.2\n')
    files = tmp_path / "labels.csv", tmp_path / "predictions.csv", pictures.source(settings, folder)
    intake.create(settings, "gallery", intake.gather(*files))
    with Project.open(settings, "gallery") as project, client(settings) as browser:
        passed(browser, settings, project)
        for asked_for in (item, named):
            answer = image(browser, project, asked_for)
            assert answer.status_code in (403, 404)
            assert SECRET not in answer.content
        for path in (f"images/320/..%2f..%2f{named}", f"images/../../{named}", f"images/320/v/{named}"):
            assert SECRET not in browser.get(f"{AT}/{path}").content
    st.cache_resource.clear()


def test_a_picture_address_inside_the_network(tmp_path):
    settings = settings_in(tmp_path)
    with serving({"/a.png": SECRET}) as inside:
        urls = [f"{inside.url}/a.png", "http://169.254.169.254/latest/a.png", "http://2130706433/a.png",
                "http://[::ffff:10.0.0.1]/a.png"]  # fmt: skip
        for name, column in (("labels", "1"), ("predictions", "0.3")):
            rows = "".join(f"{url},{column}\n" for url in urls)
            (tmp_path / f"{name}.csv").write_text(f"id,hat\n{rows}")
        files = tmp_path / "labels.csv", tmp_path / "predictions.csv", pictures.source(settings, "https://")
        intake.create(settings, "gallery", intake.gather(*files))
        with Project.open(settings, "gallery") as project, client(settings) as browser:
            passed(browser, settings, project)
            for url in urls:
                answer = image(browser, project, url)
                assert (answer.status_code, SECRET in answer.content) == (403, False), url
        assert inside.asked == []
    st.cache_resource.clear()


def test_a_picture_address_that_redirects_inside(monkeypatch):
    with serving({"/on": "http://10.9.8.7/latest"}) as outside:
        monkeypatch.setattr(addresses, "is_public", lambda address: address == "127.0.0.1")  # our server alone
        with pytest.raises(Refused, match="10.9.8.7, an address inside a private network"):
            addresses.fetched(f"{outside.url}/on", private=False, largest=9999)


def test_a_name_that_resolves_to_another_address_the_second_time(monkeypatch):
    answers, went_to = iter(["93.184.216.34", "127.0.0.1"]), []
    monkeypatch.setattr(socket, "getaddrinfo", lambda _host, port, **_more: [(2, 1, 6, "", (next(answers), port))])

    def connect(address: tuple[str, int], *_more: object) -> socket.socket:
        went_to.append(address[0])
        raise OSError("no network here")

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(addresses.Unreachable):
        addresses.fetched("http://rebound.example/", private=False, largest=10)
    assert went_to == ["93.184.216.34"]


def test_sql_in_ids_tags_notes_and_names(tmp_path, database_url):
    settings = Settings(settings_in(tmp_path).home, database_url)
    for name, value in (("labels", "1"), ("predictions", "0.3")):
        header, rows = (",".join(f'"{each.replace(chr(34), chr(34) * 2)}"' for each in line) for line in
                        (["id", *HOSTILE], []))  # fmt: skip
        rows = "".join(f'"{each.replace(chr(34), chr(34) * 2)}"{("," + value) * len(HOSTILE)}\n' for each in HOSTILE)
        (tmp_path / f"{name}.csv").write_text(f"{header}\n{rows}")
    intake.create(settings, "gallery", intake.gather(tmp_path / "labels.csv", tmp_path / "predictions.csv"))
    with Project.open(settings, "gallery") as project, client(settings) as browser:
        for number, text in enumerate(HOSTILE):
            headers = token(settings, project, f"{text} {number}")
            body = said(project, uid=f"uid-0000000{number}", item=text, tag=text, note=text)
            assert browser.post(f"{AT}/decisions", json=body, headers=headers).status_code == 200
            found = browser.post(f"{AT}/queue", json={**QUEUE, "tag": text, "text": text}, headers=headers)
            assert found.status_code == 200
            assert [event.note for event in project.search(item=text, tag=text, reviewer=f"{text} {number}")] == [text]
        assert [(event.item, event.tag, event.note) for event in project.log()] == [(text,) * 3 for text in HOSTILE]
        assert project.verify().problems == ()
    st.cache_resource.clear()


def test_markup_in_a_picture_or_in_what_is_answered(tmp_path):
    settings, folder = settings_in(tmp_path), tmp_path / "images"
    folder.mkdir()
    markup = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    for name in ("a.svg", "b.png", "c.jpg"):
        (folder / name).write_bytes(markup)
    for name, value in (("labels", "1"), ("predictions", "0.3")):
        rows = "".join(f"{item},{value}\n" for item in ("a.svg", "b.png", "c.jpg"))
        (tmp_path / f"{name}.csv").write_text(f"id,hat\n{rows}")
    files = tmp_path / "labels.csv", tmp_path / "predictions.csv", pictures.source(settings, folder)
    intake.create(settings, "gallery", intake.gather(*files))
    with Project.open(settings, "gallery") as project, client(settings) as browser:
        passed(browser, settings, project)
        for item in ("a.svg", "b.png", "c.jpg"):
            answer = image(browser, project, item)
            assert markup not in answer.content
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert re.match("image/(png|jpeg|webp)|application/json", answer.headers["content-type"])
    st.cache_resource.clear()


def test_a_body_that_is_too_large(browser, settings, project):
    answer = browser.post(f"{AT}/decisions", content=b"x" * (asked.LARGEST_BODY + 1), headers=token(settings, project))
    assert (answer.status_code, "larger than" in answer.text) == (413, True)


def test_a_body_that_trickles_in(settings, project, monkeypatch):
    monkeypatch.setattr(asked, "LONGEST_SECONDS", 0.2)
    answers: list[Any] = []

    async def receive() -> dict[str, Any]:  # a byte now and then, for ever, so that no single wait is long
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"{", "more_body": True}

    async def send(message: dict[str, Any]) -> None:
        answers.append(message)

    head = [(auth.HEADER.lower().encode(), token(settings, project)[auth.HEADER].encode())]
    scope = {"type": "http", "method": "POST", "path": f"{AT}/decisions", "headers": head, "query_string": b""}
    run(Starlette(routes=routes(settings))(scope, receive, send))
    assert answers[0]["status"] == 408


def test_ten_thousand_requests_of_one_client(settings, project):
    served, seen = [], []

    async def app(scope, _receive, _send):
        served.append(scope["path"])

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            seen.append((message["status"], dict(message["headers"])[b"retry-after"]))

    def scope(headers: dict[str, str]) -> dict[str, Any]:
        head = [(b"host", b"localhost"), *((name.lower().encode(), value.encode()) for name, value in headers.items())]
        return {"type": "http", "path": f"{AT}/queue", "headers": head, "client": ("127.0.0.1", 1)}

    async def attack() -> None:
        clock = asyncio.get_running_loop().time
        gate, began = door.Door(app, settings), clock()
        for number in range(10_000):
            headers = token(settings, project) if number % 100 == 0 else {auth.HEADER: f"made up {number}"}
            await gate(scope(headers), None, send)
        most = (
            2 * settings.requests_a_second * (door.SECONDS + clock() - began) + 2
        )  # of the person, and of the address
        assert len(served) <= most
        assert set(seen) == {(429, b"1")}
        assert len(seen) + len(served) == 10_000
        before = len(served)
        await gate(scope(token(settings, project, "somebody else")), None, send)
        assert len(served) == before + 1

    run(attack())


def test_an_upload_that_unpacks_to_far_more(tmp_path):
    settings = settings_in(tmp_path)
    wide = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(wide, "PNG")  # 50 KB that are 400 megapixels
    with zipfile.ZipFile(tmp_path / "pictures.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("bomb.png", b"\0" * (8 << 20))
        made.writestr("wide.png", wide.getvalue())
    for name, value in (("labels", "1"), ("predictions", "0.3")):
        (tmp_path / f"{name}.csv").write_text(f"id,hat\nbomb.png,{value}\nwide.png,{value}\n")
    source = pictures.source(settings, tmp_path / "pictures.zip")
    intake.create(settings, "gallery", intake.gather(tmp_path / "labels.csv", tmp_path / "predictions.csv", source))
    with Project.open(settings, "gallery") as project, client(settings) as browser:
        passed(browser, settings, project)
        for item in ("bomb.png", "wide.png"):
            assert len(image(browser, project, item).content) < 100_000
        with pytest.raises(Exception, match="unpacks to 1,000 times its size"):
            source.original("bomb.png")
        assert images.problem(source.original("wide.png")) is not None
    st.cache_resource.clear()


def test_the_docs_name_every_attack_and_its_test():
    text = (ROOT / "docs" / "trust.md").read_text("utf-8").split("## Attacks")[1].split("\n## ")[0]
    named = set(re.findall(r"`(test_\w+)`", text))
    files = [ROOT / "tests" / folder / "test_attacks.py" for folder in ("integration", "browser")]
    here = {node.name for file in files for node in ast.parse(file.read_text("utf-8")).body
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}  # fmt: skip
    others = [ROOT / "tests" / folder / "test_people.py" for folder in ("integration", "browser")]
    elsewhere = "".join(file.read_text("utf-8") for file in others)
    assert here - {"test_the_docs_name_every_attack_and_its_test"} <= named
    assert {name for name in named - here if f"def {name}(" not in elsewhere} == set()
