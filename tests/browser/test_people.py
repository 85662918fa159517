"""People who sign in by OpenID Connect, each in a browser of their own: what they may do, together, and signing out."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from labelreview.desk.project import Project
from labelreview.roles import Role, appointment
from labelreview.settings import Settings
from tests.browser.conftest import PATIENCE, READY, Reviewer, patient
from tests.gallery import gallery
from tests.gateway import guarding
from tests.provider import CLIENT, SECRET, Provider, providing
from tests.served import Server

ADA, BEN, EVE, ZOE = "ada@example.org", "ben@example.org", "eve@example.org", "zoe@example.org"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing([ADA, BEN, EVE, ZOE], unverified=[ZOE]) as running:
        yield running


@pytest.fixture
def server(settings: Settings, tmp_path, provider) -> Iterator[Server]:
    gallery(settings, tmp_path, items=60, tags=["hat"])
    with Project.open(settings, "gallery") as project:
        project.people.record(*(appointment(EVE, who, role) for who, role in
                                [(EVE, Role.OWNER), (ADA, Role.REVIEWER), (BEN, Role.REVIEWER)]))  # fmt: skip
        project.team.set(answers=2)
    oidc = {"URL": provider.url, "CLIENT_ID": CLIENT, "CLIENT_SECRET": SECRET}
    sign_in = {"LABELREVIEW_SIGN_IN": "oidc", **{f"LABELREVIEW_OIDC_{name}": value for name, value in oidc.items()}}
    started = Server(settings, tmp_path / "server.log", warm=True, **sign_in)
    started.environment["LABELREVIEW_URL"] = started.address
    started.start()
    yield started
    started.kill()


@pytest.fixture
def person(browser: Browser) -> Iterator[Callable[[], Page]]:
    """Opens a browser of its own for each."""
    contexts = []

    def page() -> Page:
        contexts.append(patient(browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)))
        return contexts[-1].new_page()

    yield page
    for context in contexts:
        context.close()


def sign_in(page: Page, server: Server, who: str, path: str = "") -> Page:
    page.goto(f"{server.address}/{path}")
    page.get_by_role("button", name="Sign in").click(timeout=PATIENCE)
    page.get_by_role("link", name=who).click(timeout=PATIENCE)
    expect(page.get_by_text("Reviewing as")).to_be_visible(timeout=PATIENCE)
    page.wait_for_selector(READY, timeout=PATIENCE)
    return page


def go(page: Page, server: Server, path: str) -> Page:
    page.goto(f"{server.address}/{path}")
    page.wait_for_selector(READY, timeout=PATIENCE)
    return page


def test_three_people_sign_in_share_a_queue_disagree_adjudicate_and_export(server, settings, person, tmp_path):
    ada, ben, eve = (sign_in(person(), server, who) for who in (ADA, BEN, EVE))
    reviewers = [Reviewer(go(page, server, "review?cells=all")) for page in (ada, ben)]
    had = [{reviewer.press("a") for _ in range(3)} for reviewer in reviewers]
    assert len(had[0] | had[1]) == 6  # nobody is asked what another is asked just now
    for reviewer in reviewers:
        reviewer.saved()
    ada.goto(f"{server.address}/")  # her cells are free; those she answered want a second answer
    second, again = set(had[0]), Reviewer(go(ben, server, "review?cells=all"))
    for _ in range(12):  # among them what the audit draws
        if not second:
            break
        cell = again.painted()
        again.press("d" if cell in second else "a")
        second.discard(cell)
    again.saved()
    with Project.open(settings, "gallery") as project:
        assert set(project.team.disputes(project.verdicts())[0]) == had[0]
        assert {event.reviewer for event in project.log()} == {ADA, BEN}

    expect(go(ada, server, "adjudicate").get_by_text("This needs the role adjudicator or owner")).to_be_visible()
    go(ben, server, "")  # and lets go of the cells that he just answered
    judge = Reviewer(go(eve, server, "adjudicate"))
    changed, *_kept = [judge.press(key) for key in "daa"]
    judge.saved()
    go(eve, server, "export")
    eve.get_by_role("combobox", name="Where several reviewers answered").click()
    eve.get_by_role("option", name=re.compile("djudicat")).click()
    expect(eve.get_by_text("--consensus adjudicated")).to_be_visible(timeout=PATIENCE)
    expect(eve.get_by_text(re.compile("^1 labels differ"))).to_be_visible(timeout=PATIENCE)
    eve.wait_for_selector(READY, timeout=PATIENCE)  # a button of the run before gives nothing
    with eve.expect_download(timeout=PATIENCE) as download:
        eve.get_by_role("button", name="Download", exact=True).first.click()
    before = (tmp_path / "labels.csv").read_text("utf-8").splitlines()
    after = download.value.path().read_text("utf-8").splitlines()
    assert [line.split(",")[0] for line, old in zip(after, before, strict=True) if line != old] == [changed[0]]

    go(eve, server, "people")
    expect(eve.get_by_text("ada@example.org").first).to_be_attached(timeout=PATIENCE)
    go(eve, server, "audit")
    expect(eve.get_by_text(re.compile("events, newest first"))).to_be_visible(timeout=PATIENCE)


def test_a_sign_out_ends_what_was_signed_in_every_tab_and_an_uninvited_person_sees_nothing(server, settings, person):
    ada = sign_in(person(), server, ADA)
    tab = Reviewer(ada.context.new_page())
    asked: list[tuple[str, dict[str, str]]] = []
    tab.page.on("request", lambda each: asked.append((each.url, each.headers)) if "/queue" in each.url else None)
    go(tab.page, server, "review?cells=all")
    tab.painted()
    cookies = ada.context.cookies()
    ada.get_by_role("button", name="Sign out").click()
    expect(ada.get_by_role("heading", name="Sign in")).to_be_visible(timeout=PATIENCE)
    url, headers = asked[-1]
    answer = ada.context.request.post(url, headers=headers, data={"holder": "tab-00000001"})
    assert (answer.status, "signed out" in answer.json()["error"]) == (401, True)
    thief = person()
    thief.context.add_cookies(cookies)  # kept from before: good for nothing
    thief.goto(server.address)
    expect(thief.get_by_role("heading", name="Sign in")).to_be_visible(timeout=PATIENCE)

    zoe = sign_in(person(), server, ZOE)  # her provider does not vouch for the address
    expect(zoe.get_by_text("You are signed in as sub-of-zoe@example.org")).to_be_visible(timeout=PATIENCE)
    for path in ("auth/login?provider=https://evil.example", "auth/logout?next=https://evil.example",
                 "oauth2callback?next=//evil.example&state=x", "//evil.example/%2e%2e"):  # fmt: skip
        answer = zoe.context.request.get(f"{server.address}/{path}", max_redirects=0)
        assert "evil" not in answer.headers.get("location", ""), path


def test_behind_a_gateway_its_header_says_who_is_there_and_past_it_nobody_is(settings, tmp_path, person):
    gallery(settings, tmp_path, items=4, tags=["hat"])
    told = {"SIGN_IN": "proxy", "PROXIES": "127.0.0.2", "OWNERS": EVE, "SIGN_OUT_URL": "/oauth2/sign_out"}
    server = Server(settings, tmp_path / "server.log", FORWARDED_ALLOW_IPS="",
                    **{f"LABELREVIEW_{name}": value for name, value in told.items()})  # fmt: skip
    server.start()
    try:
        with guarding(server.port, EVE.upper()) as gateway:
            eve = Reviewer(person()).open(gateway)
            eve.press("a")
            eve.saved()
            expect(eve.page.get_by_text(f"Reviewing as {EVE}")).to_be_visible()
            eve.page.get_by_role("button", name="Sign out").click()
            expect(eve.page.get_by_role("heading", name="Signed out")).to_be_visible(timeout=PATIENCE)
            link = eve.page.get_by_role("link", name="Sign out of the proxy as well")
            assert (link.get_attribute("href") or "").endswith("/oauth2/sign_out")
        stranger = person()
        stranger.set_extra_http_headers({"X-Forwarded-Email": EVE})
        stranger.goto(server.address)
        expect(stranger.get_by_role("heading", name="Nobody is signed in")).to_be_visible(timeout=PATIENCE)
    finally:
        server.kill()
    with Project.open(settings, "gallery") as project:
        assert [event.reviewer for event in project.log()] == [EVE]
