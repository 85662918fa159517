"""A reviewer whose network or server goes away loses nothing and is told."""

import re

from playwright.sync_api import expect

from labelreview.desk.project import Project

PATIENCE = 60_000


def log(settings):
    with Project.open(settings, "gallery") as project:
        assert project.verify().problems == ()
        return [(event.item, event.tag) for event in project.log()]


def test_a_network_that_is_cut_and_a_server_that_is_stopped_cost_no_answer_and_are_said(
    server, settings, newcomer, context
):
    ada = newcomer().open(server.address, name="Ada")
    given = [ada.press("a") for _ in range(2)]
    ada.saved()
    context.set_offline(True)
    given += [ada.press("d") for _ in range(3)]
    ada.painted()
    said = ada.page.locator("[data-part=saved]")
    expect(said).to_have_text(re.compile("3 waiting to be saved.*The server does not answer"), timeout=PATIENCE)
    assert log(settings) == given[:2]
    context.set_offline(False)
    ada.saved()
    assert log(settings) == given
    server.process.terminate()
    assert server.process.wait(60) is not None  # an open tab does not hold it up
    given += [ada.press("a") for _ in range(2)]
    expect(said).to_have_text(re.compile("waiting to be saved"), timeout=PATIENCE)
    server.start()
    ada.saved()
    assert log(settings) == given
