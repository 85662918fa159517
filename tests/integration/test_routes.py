"""The routes, asked as a browser and as a stranger would ask them."""

import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from starlette.applications import Starlette

from labelreview.decisions import Verdict
from labelreview.desk import intake, versions
from labelreview.desk.project import Project
from labelreview.errors import Refused, StoreError
from labelreview.roles import Action, Role, appointment
from labelreview.settings import Settings
from labelreview.web import auth
from labelreview.web.asked import LARGEST_BODY
from labelreview.web.routes import routes
from labelreview.web.shapes import LONGEST_TEXT
from tests.gallery import gallery, settings_in

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="Using `httpx` with")  # its successor is not what pytest users have yet
    from starlette.testclient import TestClient

AT = "/api/projects/gallery"
HOLDER = "tab-00000001"
NOBODY = b'{"decisions": [{"uid": "uid-01234", "item": "nobody", "tag": "hat", "note": "x", "at": "2026-01-01"}]}'


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = settings_in(tmp_path)
    gallery(made, tmp_path)
    return made


@pytest.fixture
def project(settings: Settings) -> Iterator[Project]:
    with Project.open(settings, "gallery") as opened:
        yield opened
    st.cache_resource.clear()  # the routes' own projects outlive a test


@pytest.fixture
def browser(settings: Settings) -> Iterator[TestClient]:
    with TestClient(Starlette(routes=routes(settings))) as client:
        yield client


@pytest.fixture
def ann(settings: Settings, project: Project) -> dict[str, str]:
    return {auth.HEADER: auth.token(auth.secret(settings.home), project.card.uid, "ann")}


def event(
    cell: dict[str, Any], verdict: str | None = "absent", uid: str = "uid-00000001", **more: Any
) -> dict[str, Any]:
    return {
        "uid": uid,
        "item": cell["item"],
        "tag": cell["tag"],
        "at": "2026-11-24T12:00:00.000Z",
        "verdict": verdict,
    } | more


def cells(browser: TestClient, token: dict[str, str], holder: str = HOLDER, **query: Any) -> list[dict[str, Any]]:
    answer = browser.post(f"{AT}/queue", json={"holder": holder, "want": 10, **query}, headers=token)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["cells"]
    return found


def send(browser: TestClient, token: dict[str, str], *events: Any) -> Any:
    return browser.post(f"{AT}/decisions", json={"holder": HOLDER, "decisions": list(events)}, headers=token)


def test_the_queue_gives_the_worst_cells_with_what_is_shown_around_them(browser, ann, project):
    shown = cells(browser, ann)
    first = shown[0]
    assert first["score"] == min(cell["score"] for cell in shown)  # once look-alikes are known, the rest is spread
    assert "the model comes to" in first["reason"]
    assert first["direction"] in ("wrong", "missing")
    assert first["suggested"] == 1 - first["given"]
    assert 0 <= first["score"] < 1
    assert {other["tag"] for other in first["others"]} <= set(project.dataset.tags) - {first["tag"]}
    answer = browser.post(
        f"{AT}/queue", json={"holder": HOLDER, "tag": "hat", "direction": "wrong"}, headers=ann
    ).json()
    assert {(cell["tag"], cell["given"]) for cell in answer["cells"]} == {("hat", 1)}
    assert answer["total"] == answer["remaining"] == len(answer["cells"]) == 14
    assert answer["answered"] == 0


def test_two_tabs_are_asked_different_cells_until_one_lets_go(browser, ann):
    ours = [(cell["item"], cell["tag"]) for cell in cells(browser, ann)]
    theirs = [(cell["item"], cell["tag"]) for cell in cells(browser, ann, holder="tab-00000002")]
    assert not set(ours) & set(theirs)
    assert browser.post(f"{AT}/release", json={"holder": HOLDER}, headers=ann).status_code == 200
    # Not all of them: look-alike pictures, found meanwhile, may have been put further apart.
    assert ours[0] in [(cell["item"], cell["tag"]) for cell in cells(browser, ann, holder="tab-00000003")]


def test_a_decision_sent_twice_is_stored_once(browser, ann, project):
    sent = event(cells(browser, ann)[0])
    for _ in range(2):
        assert send(browser, ann, sent).json()["stored"] == [sent["uid"]]
    stored = project.log()
    assert [(decision.uid, decision.reviewer, decision.verdict) for decision in stored] == [
        (sent["uid"], "ann", Verdict.ABSENT)
    ]


def test_the_reviewer_is_the_tokens_and_not_the_bodys(browser, ann, project):
    send(browser, ann, event(cells(browser, ann)[0], reviewer="someone else"))
    assert [decision.reviewer for decision in project.log()] == ["ann"]


def test_recent_decisions_come_newest_first_and_an_undone_one_not_at_all(browser, ann):
    first, second, third = cells(browser, ann)[:3]
    send(browser, ann, *(event(cell, uid=f"uid-0000000{n}") for n, cell in enumerate((first, second, third))))
    send(browser, ann, event(second, None, uid="uid-0000000u", undoes="uid-00000001"))
    recent = browser.get(f"{AT}/recent", params={"n": 5}, headers=ann).json()["decisions"]
    assert [decision["uid"] for decision in recent] == ["uid-00000002", "uid-00000000"]
    assert recent[0]["cell"]["image"] == third["image"]
    assert [cell["tag"] for cell in cells(browser, ann)].count(second["tag"])


@pytest.mark.parametrize("token", ["", "nonsense", "eyJwIjoiYSJ9.aaaa.bbbb"])
@pytest.mark.parametrize(
    ("method", "word"), [("POST", "queue"), ("GET", "recent"), ("POST", "decisions"), ("POST", "release")]
)
def test_without_a_valid_token_nothing_is_answered(browser, project, method, word, token):
    answer = browser.request(
        method, f"{AT}/{word}", headers={auth.HEADER: token}, json={} if method == "POST" else None
    )
    assert answer.status_code == 401
    assert "no valid token" in answer.json()["error"]


def test_an_expired_token_and_one_signed_with_another_key_are_not_taken(browser, settings, project, monkeypatch):
    forged = auth.token(b"another key", project.card.uid, "ann")
    assert browser.get(f"{AT}/recent", headers={auth.HEADER: forged}).status_code == 401
    good = auth.token(auth.secret(settings.home), project.card.uid, "ann")
    monkeypatch.setattr(auth, "TOKEN_SECONDS", -1)
    assert browser.get(f"{AT}/recent", headers={auth.HEADER: good}).status_code == 401


def test_a_token_of_another_project_is_not_taken(browser, settings, project, tmp_path):
    gallery(settings, tmp_path / "two", name="other", items=3)
    with Project.open(settings, "other") as other:
        token = auth.token(auth.secret(settings.home), other.card.uid, "ann")
    answer = browser.get(f"{AT}/recent", headers={auth.HEADER: token})
    assert (answer.status_code, "another project" in answer.json()["error"]) == (401, True)


def test_a_token_for_reading_does_not_decide(browser, settings, project):
    reading = {auth.HEADER: auth.token(auth.secret(settings.home), project.card.uid, "ann", [Action.LOOK])}
    answer = send(browser, reading, event(cells(browser, reading)[0]))
    assert (answer.status_code, answer.json()["error"]) == (403, "This token does not allow to answer.")
    assert project.log() == []


def test_a_picture_token_is_no_token_and_a_token_is_no_picture_token(browser, settings, project, ann):
    key = auth.secret(settings.home)
    passed = auth.picture_pass(key, auth.Grant(project.card.uid, "ann", frozenset()))
    assert browser.get(f"{AT}/recent", headers={auth.HEADER: passed}).status_code == 401
    address = cells(browser, ann)[0]["image"]
    browser.cookies.clear()
    browser.cookies.set(f"labelreview_pictures_{project.card.uid[:12]}", ann[auth.HEADER])
    assert browser.get(address).status_code == 401


def test_pictures_need_the_cookie_of_the_queue_which_is_good_for_nothing_else(browser, ann):
    answer = browser.post(f"{AT}/queue", json={"holder": HOLDER}, headers=ann)
    cookie = answer.headers["set-cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Path=/api/"))
    address = answer.json()["cells"][0]["image"]
    picture = browser.get(address)
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/webp")
    assert picture.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert picture.headers["x-content-type-options"] == "nosniff"
    assert browser.post(f"{AT}/decisions", json={"decisions": []}).status_code == 401
    browser.cookies.clear()
    assert browser.get(address).status_code == 401


def test_a_picture_under_an_old_version_is_not_kept(browser, ann):
    address = cells(browser, ann)[0]["image"]
    assert browser.get(address.replace("/1280/", "/1280/old")).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("item", ["../labels.csv", "/etc/passwd", "..%2f..%2fhome%2fsecret.key", "no such item", ""])
def test_only_ids_of_the_project_are_pictures(browser, ann, item):
    cells(browser, ann)
    answer = browser.get(f"{AT}/images/1280/v", params={"item": item})
    assert (answer.status_code, list(answer.json())) == (404, ["error"])


def test_a_picture_that_became_a_link_out_of_the_folder_is_refused(browser, ann, project, tmp_path):
    cell = cells(browser, ann)[0]
    path = Path(project.card.images, project.image_name(cell["item"]))
    path.unlink()
    path.symlink_to(tmp_path / "home" / "secret.key")
    assert browser.get(cell["image"]).status_code == 403
    assert "not inside the image folder" in cells(browser, ann)[0]["why"]


def test_missing_and_broken_pictures_say_why(browser, ann, project):
    first, second = cells(browser, ann)[:2]
    Path(project.card.images, project.image_name(first["item"])).unlink()
    Path(project.card.images, project.image_name(second["item"])).write_text("no image")
    again = {cell["item"]: cell for cell in cells(browser, ann)}
    assert again[first["item"]]["image"] is None
    assert "cannot be read" in again[first["item"]]["why"]
    answer = browser.get(again[second["item"]]["image"])
    assert (answer.status_code, "not an image" in answer.json()["error"]) == (400, True)


def test_sizes_are_few(browser, ann):
    address = cells(browser, ann)[0]["image"]
    assert browser.get(address.replace("/1280/", "/320/")).status_code == 200
    assert browser.get(address.replace("/1280/", "/99999/")).status_code == 400


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"x" * (LARGEST_BODY + 1), 413, "larger than"),
        (b"{", 400, "must be a JSON object"),
        (b"[" * 100_000, 400, "must be a JSON object"),
        (b"\xff\xfe", 400, "must be a JSON object"),
        (b"[]", 400, "must be a JSON object"),
        (b'{"decisions": 3}', 400, "must be a list"),
        (b'{"decisions": [{"uid": "x"}]}', 400, "decision, field"),
        (NOBODY, 400, "There is no 'nobody'"),
    ],
)
def test_unusable_bodies_are_told_what_is_wrong(browser, ann, project, body, status, says):
    answer = browser.post(f"{AT}/decisions", content=body, headers=ann)
    assert (answer.status_code, says in answer.json()["error"]) == (status, True), answer.text
    assert project.log() == []


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ({"want": "0"}, 400, "number from 1"),
        ({"want": "9" * 5000}, 400, "number from 1"),
        ({"want": "²"}, 400, "number from 1"),
        ({"holder": "short"}, 400, "holder must be"),
        ({"direction": "sideways"}, 400, "is not known"),
        ({"tag": "<script>"}, 404, "no tag '<script>'"),
        ({"tag": ["hat"]}, 400, "must be texts"),
        ({"order": "best"}, 400, "no order 'best'"),
        ({"keep": "hat"}, 400, "keep must be a list"),
    ],
)
def test_unusable_questions_are_told_what_is_wrong(browser, ann, query, status, says):
    answer = browser.post(f"{AT}/queue", json={"holder": HOLDER, **query}, headers=ann)
    assert (answer.status_code, says in answer.json()["error"]) == (status, True), answer.text
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(("name", "status"), [("nobody", 404), ("..", 404), ("%2e%2e%2fx", 404), ("a\0b", 400)])
def test_other_projects_are_not_found(browser, ann, name, status):
    answer = browser.get(f"/api/projects/{name.replace(chr(0), '%00')}/recent", headers=ann)
    assert answer.status_code == status


def test_a_cell_taken_back_stays_with_the_tab_that_took_it_back(browser, ann):
    first = cells(browser, ann)[0]
    send(browser, ann, event(first, uid="uid-00000001"))
    browser.post(f"{AT}/release", json={"holder": HOLDER}, headers=ann)
    send(browser, ann, event(first, uid="uid-00000002", verdict=None, undoes="uid-00000001"))
    other = cells(browser, ann, holder="another-tab")
    assert (first["item"], first["tag"]) not in {(cell["item"], cell["tag"]) for cell in other}


def test_one_uid_for_two_cells_is_refused(browser, ann):
    first, second = cells(browser, ann)[:2]
    assert send(browser, ann, event(first)).status_code == 200
    assert send(browser, ann, event(second)).status_code == 403


def test_hostile_names_come_back_letter_for_letter(tmp_path, project):
    hostile = [
        "</script><img src=x onerror=alert(1)>",
        "=cmd()",
        "../../etc",
        "a,b\"c'",
        "שלום",
        "🎩",
        "%2e%2e",
        "x" * 300,
    ]
    settings = settings_in(tmp_path)
    gallery(settings, tmp_path / "hostile", tags=hostile, items=8, name="hostile")
    with Project.open(settings, "hostile") as opened:
        token = {auth.HEADER: auth.token(auth.secret(settings.home), opened.card.uid, "<b>ann</b>\u202e")}
    with TestClient(Starlette(routes=routes(settings))) as browser:
        answer = browser.post("/api/projects/hostile/queue", json={"holder": HOLDER, "want": 500}, headers=token)
        assert {cell["tag"] for cell in answer.json()["cells"]} == set(hostile)
        sent = [event(cell, uid=f"uid-{n:08d}") for n, cell in enumerate(answer.json()["cells"])]
        stored = browser.post("/api/projects/hostile/decisions", json={"decisions": sent}, headers=token)
        assert len(stored.json()["stored"]) == len(sent)
        recent = browser.get("/api/projects/hostile/recent", params={"n": 500}, headers=token).json()["decisions"]
        assert {decision["reviewer"] for decision in recent} == {"<b>ann</b>\u202e"}
        assert all(browser.get(cell["image"]).status_code == 200 for cell in answer.json()["cells"])


def test_a_closed_database_is_an_answer_that_asks_to_try_again(browser, ann, monkeypatch):
    def broken(*_: object) -> None:
        raise StoreError("The decision log cannot be written: disk full.")

    cell = cells(browser, ann)[0]
    monkeypatch.setattr(Project, "record", broken)
    answer = send(browser, ann, event(cell))
    assert (answer.status_code, answer.json()["error"]) == (503, "The decision log cannot be written: disk full.")


def test_many_processes_make_one_secret_that_only_the_owner_reads(tmp_path):
    auth.secret.cache_clear()
    made = []
    threads = [threading.Thread(target=lambda: made.append(auth.secret.__wrapped__(tmp_path))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 1
    assert len(made) == 16
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_a_token_says_who_and_what(tmp_path):
    key = auth.secret(tmp_path)
    grant = auth.granted(key, auth.token(key, "project", "Zoë"), "project", Action.ANSWER)
    assert (grant.reviewer, grant.actions) == ("Zoë", {Action.LOOK, Action.ANSWER})
    with pytest.raises(auth.NoToken, match="another project"):
        auth.granted(key, auth.token(key, "project", "Zoë"), "other", Action.LOOK)
    with pytest.raises(Refused, match="does not allow to answer"):
        auth.granted(key, auth.token(key, "project", "Zoë", [Action.LOOK]), "project", Action.ANSWER)


def test_a_long_text_comes_cut_with_the_queue_and_whole_when_asked_for(tmp_path: Path) -> None:
    settings, long = settings_in(tmp_path), "word <b> é " * 2000
    rows = [f"{n},{long if n == 0 else 'short'},{n % 2}" for n in range(10)]
    (tmp_path / "labels.csv").write_text("\n".join(["id,text,hat", *rows]), encoding="utf-8")
    (tmp_path / "predictions.csv").write_text("\n".join(["id,hat", *(f"{n},0.5" for n in range(10))]))
    files = tmp_path / "labels.csv", tmp_path / "predictions.csv"
    intake.create(settings, "gallery", intake.gather(*files, texts=files[0]))
    with Project.open(settings, "gallery") as project, TestClient(Starlette(routes=routes(settings))) as browser:
        ann = {auth.HEADER: auth.token(auth.secret(settings.home), project.card.uid, "ann")}
        cells = browser.post(f"{AT}/queue", json={"holder": HOLDER}, headers=ann).json()["cells"]
        by_item = {cell["item"]: cell for cell in cells}
        assert (by_item["1"]["text"], by_item["1"]["characters"]) == ("short", 5)
        assert (by_item["0"]["text"], by_item["0"]["characters"]) == (long[:LONGEST_TEXT], len(long))
        assert browser.get(f"{AT}/text?item=0", headers=ann).json() == {"text": long}
        assert browser.get(f"{AT}/text?item=nobody", headers=ann).status_code == 404
        assert browser.get(f"{AT}/text?item=0").status_code == 401
    st.cache_resource.clear()


def test_a_new_version_is_taken_up_and_answers_given_on_the_old_one_are_stored(
    browser, ann, project, settings, tmp_path
):
    old = browser.post(f"{AT}/queue", json={"holder": HOLDER, "tag": "hat"}, headers=ann)
    assert old.headers["X-Labelreview-Version"] == project.card.version
    rows = (tmp_path / "labels.csv").read_text().splitlines()
    fewer = [line.split(",", 2)[0] + "," + line.split(",", 2)[2] for line in rows]  # without "hat"
    (tmp_path / "fewer.csv").write_text("\n".join(fewer))
    update = versions.gather(settings, "gallery", versions.New(labels=tmp_path / "fewer.csv", only_common=True))
    new = versions.apply(settings, update)
    gone = browser.post(f"{AT}/queue", json={"holder": HOLDER, "tag": "hat"}, headers=ann)
    assert gone.status_code == 404
    assert gone.headers["X-Labelreview-Version"] == new.card.version != project.card.version
    assert {cell["tag"] for cell in cells(browser, ann)} == {"cat", "boat"}
    late = event(old.json()["cells"][0])
    assert send(browser, ann, late).json()["stored"] == [late["uid"]]
    assert send(browser, ann, event({"item": late["item"], "tag": "sock"}, uid="uid-00000009")).status_code == 400
    assert [decision.tag for decision in project.log()] == ["hat"]


def test_what_stands_beside_a_question_says_who_judged_it_how_and_what_the_data_team_pinned(
    browser, ann, project, settings
):
    may = (Action.LOOK, Action.DECIDE)
    decider = {auth.HEADER: auth.token(auth.secret(settings.home), project.card.uid, "ann", may)}
    (cell,) = cells(browser, ann, want=1)
    other, third = (item for item in project.dataset.ids[:3] if item != cell["item"]) if (
        cell["item"] in project.dataset.ids[:3]) else project.dataset.ids[:2]  # fmt: skip
    send(browser, ann, event({"item": other, "tag": cell["tag"]}, "present"))
    assert browser.post(f"{AT}/pin", json={"item": third, "tag": cell["tag"], "label": 0}, headers=decider).json() == {}
    query = {"item": cell["item"], "tag": cell["tag"]}
    shown = browser.get(f"{AT}/beside", params=query, headers={**ann, "Accept-Language": "de"}).json()
    assert [(each["item"], each["said"]) for each in shown["present"]] == [(other, [["ann", "present"]])]
    assert [(each["item"], each["pinned"]) for each in shown["absent"]] == [(third, True)]
    assert shown["busy"] or shown["near"]
    for wrong in ({"label": True}, {"label": 2}, {"item": 7, "label": 1}):
        body = {"item": third, "tag": cell["tag"], **wrong}
        assert browser.post(f"{AT}/pin", json=body, headers=decider).status_code == 400


def test_questions_and_refusals_are_said_in_the_language_that_our_page_asks_for_and_else_in_english(
    browser, ann, project
):
    german = {**ann, "Accept-Language": "de"}
    assert cells(browser, german, want=1)[0]["reason"].startswith(("Mit seinen übrigen", "Das Modell", "Vom Zufall"))
    (cell,) = cells(browser, {**ann, "Accept-Language": "de-CH,de;q=0.9"}, want=1)  # the browser's own wish
    assert cell["reason"].startswith(("With its other", "The model", "Drawn by chance"))
    send(browser, ann, event(cell))
    (recent,) = browser.get(f"{AT}/recent", headers=german).json()["decisions"]
    assert recent["cell"]["reason"].startswith(("Mit seinen übrigen", "Das Modell", "Vom Zufall"))
    project.people.record(appointment("Bo", "Bo", Role.OWNER))
    refused = browser.get(f"{AT}/recent", headers=german)
    assert refused.json()["error"] == "ann gehört nicht zu diesem Projekt. Fragen Sie die Leitung: Bo."
    assert refused.json()["kind"] == "role"


def test_a_persons_new_tab_takes_over_what_their_closed_tab_still_holds(browser, ann, project, settings):
    ben = {auth.HEADER: auth.token(auth.secret(settings.home), project.card.uid, "ben")}
    every = cells(browser, ann, want=500)
    assert cells(browser, ben, holder="tab-of-ben") == []
    again = cells(browser, ann, holder="tab-00000002", want=500)
    assert {(cell["item"], cell["tag"]) for cell in again} == {(cell["item"], cell["tag"]) for cell in every}
