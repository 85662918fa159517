"""Roles in a project, as they are given and as they are asked for: every page, every route, every role."""

import ast
import csv
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

from labelreview.cli import main
from labelreview.decisions import Verdict
from labelreview.desk.people import NotAllowed, People
from labelreview.desk.project import Project
from labelreview.errors import InputError
from labelreview.roles import MAY, Action, Role, appointment
from labelreview.settings import Settings
from labelreview.store import DecisionLog
from labelreview.web import audited, auth, door
from labelreview.web.routes import routes
from tests.gallery import gallery
from tests.made import decision

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="Using `httpx` with")
    from starlette.testclient import TestClient

ROOT = Path(__file__).parents[2]
MAIN = ROOT / "labelreview" / "web" / "main.py"
SITE_WIDE = {"projects"}  # makes projects, so it is in none
BODY = {"holder": "tab-00000001", "item": "nobody", "tag": "nothing"}
VALUES = {"name": "gallery", "size": "320", "version": "v"}  # of the routes' paths
WHO = {Role.REVIEWER: "rita", Role.ADJUDICATOR: "alan", Role.OWNER: "olga", None: "mallory"}


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Iterator[Settings]:
    monkeypatch.setenv("LABELREVIEW_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("LABELREVIEW_DATABASE_URL", raising=False)
    found = Settings.from_environment()
    gallery(found, tmp_path, items=6)
    yield found
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture
def project(settings: Settings) -> Iterator[Project]:
    with Project.open(settings, "gallery") as opened:
        yield opened


@pytest.fixture
def appointed(project: Project) -> Project:
    project.people.record(*(appointment("olga", WHO[role], role) for role in reversed(Role)))
    return project


def declared(page: Path) -> list[str]:
    """The actions that a page asks for before anything else."""
    calls = [node for node in ast.walk(ast.parse(page.read_text("utf-8"))) if isinstance(node, ast.Call)]
    asked = [call for call in calls if ast.unparse(call.func) == "session.admitted"]
    return [ast.unparse(call.args[0]).removeprefix("Action.") for call in asked]


PAGES = sorted(path for path in (ROOT / "pages").glob("*.py") if path.stem not in SITE_WIDE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_page_asks_for_one_action_and_every_role_sees_it_as_the_matrix_says(appointed, page):
    (name,) = declared(page)
    for role, who in WHO.items():
        app = AppTest.from_file(str(MAIN), default_timeout=30)
        app.session_state["reviewer"] = who
        app.run()
        if page.stem != "home":
            app.switch_page(f"../../pages/{page.name}").run()
        assert not app.exception
        refused = "No access" in [title.value for title in app.title]
        assert refused == (role is None or Action[name] not in MAY[role]), (page.stem, role)


def test_every_route_declares_its_action_and_refuses_every_role_that_lacks_it(settings, appointed):
    app, key = Starlette(routes=routes(settings)), auth.secret(settings.home)
    with TestClient(app) as client:
        for route in routes(settings):
            action, method = route.endpoint.action, next(iter(route.methods - {"HEAD"}))  # no action: this fails
            path = re.sub(r"{(\w+)(:\w+)?}", lambda found: VALUES[found[1]], route.path)
            for role, who in WHO.items():
                may = role is not None and action in MAY[role]
                grant = auth.Grant(appointed.card.uid, who, frozenset(Action))
                client.cookies.set(f"labelreview_pictures_{grant.project[:12]}", auth.picture_pass(key, grant))
                headers = {auth.HEADER: auth.token(key, grant.project, who, tuple(Action))}
                sent = {"json": BODY} if method == "POST" else {"params": {"item": "nobody"}}
                answer = client.request(method, path, headers=headers, **sent)
                assert (answer.status_code == 403) is not may, (path, role, answer.text)


def test_a_person_alone_is_owner_and_appointing_somebody_makes_them_owner_for_good(project):
    assert project.people.role("Ada") is Role.OWNER
    project.people.appoint(appointment("Ada", "Ben@X.org", Role.REVIEWER))
    assert {name: event.role for name, event in project.people.members().items()} == {
        "Ada": Role.OWNER, "ben@x.org": Role.REVIEWER}  # fmt: skip
    assert project.people.role("BEN@x.org") is Role.REVIEWER
    assert project.people.role("Eve") is None
    with pytest.raises(NotAllowed, match="ben@x.org is reviewer here. Ask an owner: Ada."):
        project.people.appoint(appointment("ben@x.org", "ben@x.org", Role.OWNER))
    with pytest.raises(InputError, match="without an owner"):
        project.people.appoint(appointment("Ada", "Ada", None))
    assert len(project.people.history()) == 2


def test_who_has_answered_before_anybody_is_appointed_goes_on_as_reviewer(project):
    cell = project.dataset.at(0)
    project.record([decision(*cell, Verdict.ABSENT, who) for who in ("Ada", "Cleo", "Ben")])
    project.people.appoint(appointment("Ada", "Ben", Role.ADJUDICATOR))
    roles = {name: project.people.role(name) for name in ("Ada", "Ben", "Cleo", "Eve")}
    assert roles == {"Ada": Role.OWNER, "Ben": Role.ADJUDICATOR, "Cleo": Role.REVIEWER, "Eve": None}


def test_who_signs_in_and_was_not_invited_is_nobody_and_the_settings_owners_are_owners(database_url, tmp_path):
    told = {"HOME": str(tmp_path), "SIGN_IN": "proxy", "PROXIES": "10.0.0.1", "OWNERS": "Olga@X.org, zoe"}
    settings = Settings.from_environment({f"LABELREVIEW_{name}": value for name, value in told.items()})
    with DecisionLog.open(database_url) as log, DecisionLog.open(database_url) as another:
        people, elsewhere = (People(each.people, "project", settings) for each in (log, another))
        assert (people.role("Ada"), people.role("olga@x.org"), people.role("zoe")) == (None, Role.OWNER, Role.OWNER)
        people.appoint(appointment("zoe", "Ada", Role.ADJUDICATOR))
        assert elsewhere.role("Ada") is Role.ADJUDICATOR  # another server sees it at once
        assert not elsewhere.has_ended("a sign-in")
        for _ in range(2):
            people.end("a sign-in")
        assert elsewhere.has_ended("a sign-in")


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"SIGN_IN": "ldap"}, "LABELREVIEW_SIGN_IN is 'ldap'. Set it to one of local, oidc, proxy."),
        ({"SIGN_IN": "proxy"}, "LABELREVIEW_PROXIES names no address"),
        ({"SIGN_IN": "proxy", "PROXIES": "gateway"}, "'gateway', which is no address"),
        ({"SIGN_IN": "oidc", "URL": "https://x.org"}, "LABELREVIEW_OIDC_URL, LABELREVIEW_OIDC_CLIENT_ID, LABELREVIEW_"),
        ({"SIGN_OUT_URL": "//evil.example"}, "LABELREVIEW_SIGN_OUT_URL is '//evil.example'. Set it to a whole address"),
        ({"REQUESTS_A_SECOND": "many"}, "Set it to a number of requests, such as 100"),
    ],
)
def test_settings_that_say_too_little_are_refused(tmp_path, told, why):
    with pytest.raises(InputError, match=why):
        Settings.from_environment({f"LABELREVIEW_{name}": value for name, value in told.items()}
                                  | {"LABELREVIEW_HOME": str(tmp_path)})  # fmt: skip


def test_the_app_and_serve_refuse_to_listen_wider_than_the_sign_in_allows(settings, capsys):
    for address in ("0.0.0.0", "::", "10.0.0.1", "example.org", None):
        with pytest.raises(InputError, match="does not listen on .* Set LABELREVIEW_SIGN_IN to oidc|To let others in"):
            door.check_address(settings, address)
    door.check_address(settings, "127.0.0.1")
    with pytest.raises(SystemExit, match="1"):
        main(["serve", "--address", "0.0.0.0"])
    assert "The app does not listen on 0.0.0.0. Names are taken without a password" in capsys.readouterr().err


def test_people_are_appointed_and_listed_from_the_command_line(settings, capsys):
    def run(*arguments: str) -> tuple[str, str]:
        with pytest.raises(SystemExit):
            main(["people", "gallery", *arguments])
        return tuple(capsys.readouterr())

    assert run()[0] == "Nobody is appointed: whoever gives a name on this machine is owner.\n"
    assert "without an owner" in run("--reviewer", "Ben")[1]
    out = run("--owner", "Ada", "--reviewer", "Ben", "--by", "root")[0]
    assert [line.split(",")[0] for line in out.splitlines()] == ["Ada: owner", "Ben: reviewer"]
    assert "root made Ben reviewer" in run("--disable", "Ben", "--history")[0]
    assert "Ben: disabled" in run()[0]


def test_the_menu_offers_what_a_person_may_do():
    rows = {Path(file).stem: action for file, *_rest, action in _menu()}
    assert {page.stem: Action[declared(page)[0]] for page in PAGES} == {
        name: action for name, action in rows.items() if name not in SITE_WIDE}  # fmt: skip


def _menu() -> list[tuple[str, ...]]:
    """The rows of PAGES in main.py, which runs and cannot be imported."""
    (assigned,) = (node for node in ast.parse(MAIN.read_text("utf-8")).body
                   if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PAGES")  # fmt: skip
    names = {"Action": Action, "session": type("session", (), {"FOUND": "found"})}
    return eval(compile(ast.Expression(assigned.value), "PAGES", "eval"), names)


def test_the_page_audit_says_who_changed_a_tag_having_seen_what_and_gives_it_as_csv(settings, project):
    item = project.dataset.ids[0]
    seen = decision(item, "hat", Verdict.ABSENT, "Ada", given=1, pred_prob=0.03, note="=cmd()")
    project.record(
        [seen, decision(item, "cat", Verdict.PRESENT, "Ben"), decision(item, "hat", None, "Ada", undoes=seen.uid)]
    )
    app = AppTest.from_file(str(MAIN), default_timeout=30)
    app.session_state["reviewer"] = "Ada"
    app.run().switch_page("../../pages/audit.py").run()
    app.selectbox(key="audit_tag").set_value("hat").run()
    table = app.dataframe[0].value
    assert table[["Reviewer", "Says", "Was shown"]].to_numpy().tolist() == [
        ["Ada", "took back an answer", ""], ["Ada", "no", "labelled yes, model 3 %"]]  # fmt: skip
    next(button for button in app.button if button.label == "Is the log as it was stored?").click().run()
    assert "3 events, each as it was stored" in app.success[0].value
    rows = list(csv.DictReader(audited.as_csv(project.search(tag="hat")).splitlines()))
    assert [(row["Reviewer"], row["Note"], row["Event"]) for row in rows][1] == ("Ada", "=cmd()", seen.uid)
    assert rows[0]["When"].startswith("20")
