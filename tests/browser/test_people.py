"""People who sign in by OpenID Connect, each in a browser of their own: what they may do, together, and signing out."""

import csv
import io
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from labelreview.project import Project
from labelreview.roles import Role, appointment
from labelreview.settings import Settings
from tests.browser.conftest import PATIENCE, READY, Reviewer
from tests.gallery import gallery
from tests.provider import CLIENT, SECRET, Provider, providing
from tests.served import Server

ADA, BEN, EVE, ZOE = "ada@example.org", "ben@example.org", "eve@example.org", "zoe@example.org"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing([ADA, BEN, EVE, ZOE], unverified=[ZOE]) as running:
        yield running


@pytest.fixture
def server(settings: Settings, tmp_path, provider) -> Iterator[Server]:
    gallery(settings, tmp_path, items=4, tags=["hat"])
    with Project.open(settings, "gallery") as project:
        project.people.record(*(appointment(EVE, who, role) for who, role in
                                [(EVE, Role.OWNER), (ADA, Role.REVIEWER), (BEN, Role.REVIEWER)]))  # fmt: skip
        project.team.set(answers=2)
    started = Server(settings, tmp_path / "server.log", LABELREVIEW_SIGN_IN="oidc", LABELREVIEW_OIDC_URL=provider.url,
                     LABELREVIEW_OIDC_CLIENT_ID=CLIENT, LABELREVIEW_OIDC_CLIENT_SECRET=SECRET)  # fmt: skip
    started.environment["LABELREVIEW_URL"] = started.address
    started.start()
    yield started
    started.kill()


@pytest.fixture
def person(browser: Browser) -> Iterator[Callable[[], Page]]:
    """Opens a browser of its own for each."""
    contexts = []

    def page() -> Page:
        contexts.append(browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True))
        return contexts[-1].new_page()

    yield page
    for context in contexts:
        context.close()


def sign_in(page: Page, server: Server, who: str, path: str = "") -> Page:
    page.goto(f"{server.address}/{path}")
    page.get_by_role("button", name="Sign in").click(timeout=PATIENCE)
    page.get_by_role("link", name=who).click(timeout=PATIENCE)
    expect(page.get_by_text(re.compile("(Reviewing|signed in) as"))).to_be_visible(timeout=PATIENCE)
    page.wait_for_selector(READY, timeout=PATIENCE)
    return page


def go(page: Page, server: Server, path: str) -> Page:
    page.goto(f"{server.address}/{path}")
    page.wait_for_selector(READY, timeout=PATIENCE)
    return page


def test_three_people_sign_in_share_a_queue_disagree_adjudicate_and_export(server, settings, person):
    ada, ben, eve = (sign_in(person(), server, who) for who in (ADA, BEN, EVE))
    reviewers = [Reviewer(go(page, server, "review?cells=all")) for page in (ada, ben)]
    first, second = (reviewer.painted() for reviewer in reviewers)
    assert first != second  # nobody is asked what another is asked just now
    for reviewer, key in zip(reviewers, "ad", strict=True):  # Ada keeps every label, Ben changes every label
        for number in range(4):
            reviewer.press(key)
            expect(reviewer.loop).to_have_attribute("data-accepted", str(number + 1), timeout=PATIENCE)
            reviewer.saved()
            if number == 1:
                break
    for reviewer, key in zip(reviewers, "ad", strict=True):  # what the other one had, on a second answer
        for number in (2, 3):
            reviewer.press(key)
            expect(reviewer.loop).to_have_attribute("data-accepted", str(number + 1), timeout=PATIENCE)
            reviewer.saved()
    with Project.open(settings, "gallery") as project:
        assert len(project.team.disputes(project.verdicts())[0]) == 4
        assert {event.reviewer for event in project.log()} == {ADA, BEN}

    expect(go(ada, server, "adjudicate").get_by_text("This needs the role adjudicator or owner")).to_be_visible()
    judge = Reviewer(go(eve, server, "adjudicate"))
    for number in range(4):
        judge.press("a")
        expect(judge.loop).to_have_attribute("data-accepted", str(number + 1), timeout=PATIENCE)
    judge.saved()
    go(eve, server, "export")
    eve.get_by_label("Where several reviewers answered").click()
    eve.get_by_role("option", name=re.compile("djudicat")).click()
    eve.wait_for_selector(READY, timeout=PATIENCE)
    with eve.expect_download() as download:
        eve.get_by_role("button", name="Download", exact=True).first.click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text("utf-8"))))
    assert [row["hat"] for row in rows] == ["1", "0", "0", "1"]  # as given: what Ben said was overruled


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
    assert thief.context.request.get(ada.context.request.get(url).url).status in (401, 405)

    zoe = sign_in(person(), server, ZOE)  # her provider does not vouch for the address
    expect(zoe.get_by_text("You are signed in as sub-of-zoe@example.org")).to_be_visible(timeout=PATIENCE)
    for path in ("auth/login?provider=https://evil.example", "auth/logout?next=https://evil.example",
                 "oauth2callback?next=//evil.example&state=x", "//evil.example/%2e%2e"):  # fmt: skip
        answer = zoe.context.request.get(f"{server.address}/{path}", max_redirects=0)
        assert "evil" not in answer.headers.get("location", ""), path
