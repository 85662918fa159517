"""The review loop in a real browser on a real server, and what is in the decision log afterwards."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import expect

from labelreview.decisions import Decision
from labelreview.desk import versions
from labelreview.desk.project import Project
from labelreview.review.verdicts import Verdicts
from labelreview.web.loop.keys import KEYS
from tests.browser.conftest import PATIENCE, READY
from tests.gallery import gallery

LEAVE_BEHIND = """prefix => {
  for (const item of ['nobody', 'nobody-else']) localStorage.setItem(prefix + item,
    JSON.stringify({ uid: `uid-${item}`, item, tag: 'hat', at: '2026-01-01', verdict: 'absent' }))
}"""
WORD = {"present": "yes", "absent": "no"}
WATCH = """() => {
  window.shown = []
  window.addEventListener('labelreview:painted', ({ detail: { accepted, item, tag } }) => {
    if (accepted === window.shown.length) window.shown.push([item, tag])
  })
}"""


def log(settings) -> list[Decision]:
    with Project.open(settings, "gallery") as project:
        return project.log()


def answers(settings) -> list[tuple[str, str, str]]:
    return [(event.item, event.tag, event.verdict.value) for event in log(settings) if event.verdict]


def meant(reviewer, key: str) -> str:
    """The verdict that a key stands for, read from what is on screen."""
    words = reviewer.text({"a": "given", "d": "take-text", "s": "given"}[key])
    return "unsure" if key == "s" else "present" if words.endswith("yes") else "absent"


def decide(reviewer, key: str) -> tuple[str, str, str]:
    reviewer.painted()
    verdict = meant(reviewer, key)
    item, tag = reviewer.press(key)
    return item, tag, verdict


def test_a_newcomer_gives_their_name_and_thirty_verdicts_by_key_with_two_undone(server, settings, newcomer, tmp_path):
    ada = newcomer().open(server.address, name="Ada")
    given = []
    for number in range(32):
        given.append(decide(ada, "adsd"[number % 4]))
        if number in (9, 20):
            ada.press("z")
            assert ada.painted() == given.pop()[:2]
    ada.saved()
    assert len(given) == 30
    settled = Verdicts(log(settings)).settled
    assert {(*cell, decision.verdict.value) for cell, decision in settled.items()} == set(given)
    assert {decision.reviewer for decision in settled.values()} == {"Ada"}
    assert all(0 < decision.seconds < 60 and 0 <= decision.score <= 1 for decision in settled.values())
    assert ada.text("counts").startswith("30 of 120 answered · 90 left")

    ada.page.get_by_role("combobox", name="Tag").click()
    ada.page.get_by_role("option", name="boat").click()
    expect(ada.loop).to_have_attribute("data-tag", "boat", timeout=PATIENCE)
    assert "tag=boat" in ada.page.url
    for _ in range(3):
        given.append(decide(ada, "a"))
        assert given[-1][1] == "boat"
    ada.saved()
    assert len(Verdicts(log(settings)).settled) == 33

    ada.page.get_by_role("link", name="Export").click()
    expect(ada.page.get_by_role("heading", name="Export")).to_be_visible(timeout=PATIENCE)
    ada.page.wait_for_selector(READY, timeout=PATIENCE)  # a button of the run before gives nothing
    with ada.page.expect_download(timeout=PATIENCE) as download:
        ada.page.get_by_role("button", name="Download", exact=True).first.click(timeout=PATIENCE)
    exported = list(csv.DictReader(download.value.path().read_text("utf-8").splitlines()))
    wanted = list(csv.DictReader((tmp_path / "labels.csv").read_text("utf-8").splitlines()))
    for row in wanted:
        for tag in ("hat", "cat", "boat"):
            said = {"present": "1", "absent": "0"}.get(settled_now(settings).get((row["id"], tag), ""))
            row[tag] = said or row[tag]
    assert exported == wanted
    assert {(*cell, verdict) for cell, verdict in settled_now(settings).items()} == set(given)


def settled_now(settings) -> dict[tuple[str, str], str]:
    return {cell: decision.verdict.value for cell, decision in Verdicts(log(settings)).settled.items()}


def test_a_bar_of_the_overview_leads_to_the_cells_behind_it(server, newcomer):
    ada = newcomer()
    ada.page.goto(server.address)
    ada.page.get_by_label("Your name").fill("Ada")
    ada.page.get_by_role("button", name="Start").click()
    bar = ada.page.locator(".js-plotly-plot .bars .point path").first
    bar.wait_for(timeout=PATIENCE)
    box = bar.bounding_box()
    ada.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    ada.painted()
    assert "direction=wrong" in ada.page.url
    tag = re.search("tag=([a-z]+)", ada.page.url)[1]
    assert ada.cell[1] == tag
    assert ada.text("given").endswith("yes")


def test_undo_goes_back_over_a_reload_and_shows_each_cell_again(server, settings, newcomer):
    ada = newcomer().open(server.address, name="Ada")
    given = [decide(ada, key) for key in "adda"]
    ada.saved()
    ada.page.reload()
    fifth = ada.painted()
    assert fifth not in {cell[:2] for cell in given}
    for item, tag, _ in reversed(given):
        ada.press("z")
        expect(ada.loop).to_have_attribute("data-item", item)
        expect(ada.loop).to_have_attribute("data-tag", tag)
        assert ada.painted() == (item, tag)
    ada.press("z")
    expect(ada.page.locator("[data-part=last]")).to_contain_text("Nothing to undo")
    ada.saved()
    assert Verdicts(log(settings)).settled == {}
    assert len(log(settings)) == 8


def test_looking_back_and_ahead_decides_nothing_and_an_answer_can_be_changed(server, settings, newcomer):
    ada = newcomer().open(server.address, name="Ada")
    first = decide(ada, "a")
    second = ada.painted()
    ada.press("ArrowLeft")
    assert ada.painted() == first[:2]
    expect(ada.page.locator("[data-part=answered]")).to_have_text(re.compile("You answered"))
    changed = decide(ada, "d")
    assert ada.painted() == second
    ada.press("ArrowRight")
    assert ada.painted() not in (first[:2], second)
    ada.saved()
    assert answers(settings) == [first, changed]
    assert Verdicts(log(settings)).settled[first[:2]].verdict.value == changed[2]
    ada.page.keyboard.press("Control+z")
    holds = f"Taken back. Your earlier answer holds: {WORD[first[2]]}"
    expect(ada.page.locator("[data-part=last]")).to_have_text(holds)
    assert ada.painted() == first[:2]
    ada.saved()
    assert Verdicts(log(settings)).settled[first[:2]].verdict.value == first[2]
    assert ada.text("counts").startswith("1 of 120")
    ada.page.keyboard.press("z")
    expect(ada.page.locator("[data-part=counts]")).to_contain_text("0 of 120")
    ada.saved()
    assert Verdicts(log(settings)).settled == {}


def test_a_flag_keeps_the_question_open_and_moves_on(server, settings, newcomer):
    ada = newcomer().open(server.address, name="Ada")
    cell = ada.press("f")
    ada.page.keyboard.type("adz: two hats <b>?")
    ada.page.keyboard.press("Enter")
    assert ada.painted() != cell
    ada.press("f")
    ada.page.keyboard.type("never mind")
    ada.page.keyboard.press("Escape")
    ada.saved()
    assert [(event.item, event.tag, event.verdict, event.note) for event in log(settings)] == [
        (*cell, None, "adz: two hats <b>?")
    ]
    ada.press("z")
    assert ada.painted() == cell


def test_a_note_is_about_the_cell_that_it_was_begun_for_whatever_is_on_screen_by_then(server, settings, newcomer):
    ada = newcomer().open(server.address, name="Ada")
    cell = ada.press("f")
    ada.page.keyboard.type("blurred")
    ada.page.locator("[data-action=keep]").click()
    assert ada.painted() != cell
    ada.page.get_by_role("button", name="Save (Enter)").click()
    ada.saved()
    assert [(event.item, event.tag, event.note) for event in log(settings)] == [(*cell, ""), (*cell, "blurred")]


def test_every_key_has_a_button_and_help_lists_them_all(server, settings, newcomer):
    ada = newcomer().open(server.address, name="Ada")
    cell = ada.painted()
    for name in ("Change to", "Unsure"):
        ada.painted()
        ada.page.get_by_role("button", name=re.compile(name)).click()
    ada.painted()
    ada.page.get_by_role("button", name="Undo").click()
    ada.painted()
    ada.page.get_by_role("button", name="Undo").click()
    assert ada.painted() == cell
    ada.press("h")
    expect(ada.page.locator(".deeds li img")).to_have_count(2)
    expect(ada.page.locator(".deeds time").first).to_have_text(re.compile(r"\d:\d\d"))
    ada.page.keyboard.press("Escape")
    ada.page.keyboard.press("b")
    expect(ada.page.locator("[data-part=brightness]")).to_be_focused()
    ada.page.keyboard.press("Escape")
    expect(ada.page.locator("[data-part=adjust]")).to_be_hidden()
    ada.press("?")
    expect(ada.page.locator("[data-part=help] dt")).to_have_count(len(KEYS))
    ada.page.keyboard.press("a")  # not for the loop while help is open
    ada.page.keyboard.press("Escape")
    ada.saved()
    assert len(log(settings)) == 4
    ada.press("?")
    ada.page.locator("[data-part=language]").select_option("de")
    expect(ada.page.locator("[data-part=last]")).to_have_text(re.compile("^Zurückgenommen: Geändert"))
    expect(ada.page.locator("html")).to_have_attribute("lang", "de")
    ada.page.goto(f"{server.address}/tags?project=gallery")  # the data team's: English, under a German menu
    expect(ada.page.locator("[data-testid=stMain]")).to_have_attribute("lang", "en", timeout=30_000)
    expect(ada.page.locator("html")).to_have_attribute("lang", "de")


def test_keys_are_left_to_text_fields_and_to_the_browser(server, settings, newcomer):
    ada = newcomer().open(server.address, name="Ada")
    cell = ada.painted()
    field = ada.page.get_by_placeholder("Text in the id")
    field.click()
    ada.page.keyboard.type("a")
    expect(field).to_have_value("a")
    ada.page.keyboard.press("Backspace")  # or leaving the field would filter the queue and bring another card
    ada.page.locator("[data-part=stage]").focus()
    ada.page.keyboard.press("Control+a")
    ada.page.keyboard.press("r")  # Streamlit's, kept away from it
    ada.page.keyboard.press("c")
    ada.page.keyboard.down("a")
    ada.page.keyboard.down("a")  # held down: a repeat
    ada.page.keyboard.up("a")
    ada.saved()
    assert [answer[:2] for answer in answers(settings)] == [cell]


def test_links_filter_and_an_empty_filter_says_what_to_do(server, newcomer):
    ada = newcomer().open(server.address, "review?tag=cat&direction=wrong", name="Ada")
    assert ada.cell[1] == "cat"
    assert ada.text("given") == "yes"
    ada.page.goto(f"{server.address}/review?text=nowhere")
    expect(ada.loop).to_have_attribute("data-state", "empty", timeout=PATIENCE)
    assert ada.text("notice-title") == "No suspect matches this filter"
    ada.page.get_by_role("button", name="Go on with all cells").click()
    expect(ada.page.locator("[data-part=notice-title]")).to_have_text("Nothing matches this filter", timeout=PATIENCE)
    assert "cells=all" in ada.page.url
    ada.page.goto(f"{server.address}/review?text=item%20000&cells=all")
    for _ in range(3):
        ada.press("a")
    expect(ada.loop).to_have_attribute("data-state", "empty", timeout=PATIENCE)
    assert ada.text("notice-title") == "This queue is done"
    assert ada.text("notice-text").startswith("3 of 3 answered")
    ada.page.keyboard.press("z")
    ada.painted()
    ada.press("a")
    ada.page.get_by_role("button", name="Lift all filters").click()
    ada.page.wait_for_url(re.compile(r"/review\?project=gallery$"))
    ada.painted()


def test_labels_left_empty_are_asked_by_key_and_a_page_at_a_time(server, settings, newcomer, tmp_path):
    items = gallery(settings, tmp_path / "gaps", name="gaps", items=16, empty=14)
    ada = newcomer().open(server.address, "review?project=gaps&cells=unlabelled", name="Ada")
    assert ada.text("given-line").startswith("Not labelled yet")
    ada.page.goto(f"{server.address}/item?project=gaps&cells=all&text={items[13]}")
    way = ada.page.locator("[data-part=way]")
    expect(way).to_have_attribute("data-painted", "1")
    expect(ada.page.locator("[data-part=tags] li", has_text="boat").locator(".state")).to_have_text("unknown")
    ada.page.keyboard.press("Enter")  # answers what was given, and leaves what was left empty to be asked
    expect(ada.page.locator("[data-part=last]")).to_have_text(re.compile("^Confirmed"))
    expect(way).to_have_attribute("data-pending", "0")
    ada.page.goto(f"{server.address}/review?project=gaps&cells=unlabelled")
    no, yes = ada.press("a"), ada.press("d")
    ada.painted()
    assert ada.text("last") == "Labelled yes: boat"
    ada.saved()
    ada.page.goto(f"{server.address}/grid?project=gaps&cells=unlabelled&tag=boat")
    way = ada.page.locator("[data-part=way]")
    expect(way).to_have_attribute("data-painted", "1")
    expect(ada.page.locator("[data-part=question]")).to_have_text("Not labelled boat yet. Is it there?")
    ada.page.keyboard.press(" ")  # the likeliest of those left
    ada.page.get_by_role("button", name="Confirm 12: 11 no, 1 yes").click()
    expect(ada.page.get_by_text(re.compile("^14 of 14 answered.+Choose other filters"))).to_be_visible()
    expect(way).to_have_attribute("data-pending", "0")
    with Project.open(settings, "gaps") as project:
        said = {cell: decision.verdict for cell, decision in Verdicts(project.log()).settled.items()}
    assert (no, yes) == ((items[13], "boat"), (items[12], "boat"))
    there = {yes: "present", (items[11], "boat"): "present"}
    boats = {cell: verdict for cell, verdict in said.items() if cell[1] == "boat"}
    assert boats == dict.fromkeys([(item, "boat") for item in items[:14]], "absent") | there


def test_a_second_tab_is_asked_other_cells(server, settings, newcomer):
    ada = newcomer().open(server.address, name="Ada")
    bob = newcomer().open(server.address)  # the name is remembered
    asked = [(ada.press("s"), bob.press("s")) for _ in range(5)]
    ada.saved()
    bob.saved()
    assert len({cell for pair in asked for cell in pair}) == 10
    assert len(answers(settings)) == 10


def test_a_broken_and_a_missing_picture_say_why_and_the_review_goes_on(server, settings, newcomer):
    with Project.open(settings, "gallery") as project:
        paths = [Path(project.card.images, project.image_name(item)) for item in project.dataset.ids]
    for path in paths[::2]:
        path.unlink()
    for path in paths[1::2]:
        path.write_text("no picture")
    ada = newcomer().open(server.address, name="Ada")
    seen = set()
    for _ in range(8):
        ada.press("s")
        item, _tag = ada.painted()
        assert ada.text("notice-title") == item
        seen.add(ada.text("notice-text").split("'")[-1])
    assert any("cannot be read" in text for text in seen)
    assert any("not an image" in text for text in seen)
    ada.saved()
    assert len(answers(settings)) == 8


@pytest.mark.parametrize("items", [220])
def test_a_burst_of_500_keys_arrives_once_and_in_order(server, settings, newcomer, items):
    ada = newcomer().open(server.address, name="Ada")
    shown = watch(ada)
    while ada.accepted() < 500:
        for _ in range(min(25, 500 - ada.accepted())):
            ada.page.keyboard.press("d")
    ada.saved()
    pressed = [tuple(cell) for cell in ada.page.evaluate(shown)][: ada.accepted()]
    assert [(event.item, event.tag) for event in log(settings)] == pressed
    assert len(set(pressed)) == len(pressed) == ada.accepted() >= 500


@pytest.mark.parametrize("items", [120])
def test_a_server_killed_in_a_burst_and_started_again_loses_nothing_and_doubles_nothing(
    server, settings, newcomer, items
):
    ada = newcomer().open(server.address, name="Ada")
    shown = watch(ada)
    while ada.accepted() < 15:
        ada.press("d")
    server.kill()
    while ada.accepted() < 20:  # the pictures of the next dozen are there
        ada.press("d")
    assert int(ada.loop.get_attribute("data-pending") or 0) > 0
    server.start()
    ada.saved()
    pressed = [tuple(cell) for cell in ada.page.evaluate(shown)][: ada.accepted()]
    stored = [(event.item, event.tag) for event in log(settings)]
    assert stored == pressed
    assert set(Counter(stored).values()) == {1}


def test_answers_given_while_the_server_is_down_survive_a_closed_tab(server, settings, newcomer, context):
    ada = newcomer().open(server.address, name="Ada")
    ada.has_ahead(3)
    server.kill()
    given = [decide(ada, key) for key in "ada"]
    ada.page.close()
    server.start()
    again = newcomer().open(server.address)
    again.saved()
    assert answers(settings) == given
    assert again.painted() not in {cell[:2] for cell in given}


def test_one_event_that_the_server_refuses_does_not_hold_up_the_others(server, settings, newcomer):
    ada = newcomer().open(server.address, name="Ada")
    given = [decide(ada, "a")]
    ada.saved()
    ada.page.evaluate(LEAVE_BEHIND, f"labelreview/outbox/{project_uid(settings)}/Ada/000000000000001/000000000/")
    ada.page.reload()
    given.append(decide(ada, "d"))
    expect(ada.page.locator("[data-part=saved]")).to_contain_text("2 refused by the server", timeout=PATIENCE)
    expect(ada.loop).to_have_attribute("data-pending", "0", timeout=PATIENCE)
    assert answers(settings) == given


def project_uid(settings) -> str:
    with Project.open(settings, "gallery") as project:
        return project.card.uid


def test_a_browser_that_keeps_nothing_says_so_and_still_saves(server, settings, newcomer, context):
    context.add_init_script(
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }"
    )
    ada = newcomer().open(server.address, name="Ada")
    given = [decide(ada, "a")]
    ada.saved()
    server.kill()
    given.append(decide(ada, "d"))
    expect(ada.page.locator("[data-part=saved]")).to_contain_text("do not close the page")
    server.start()
    ada.saved()
    assert answers(settings) == given


def test_started_without_its_routes_the_page_says_how_to_start(server, newcomer):
    server.kill()
    server.start("labelreview/web/main.py")
    ada = newcomer()
    ada.page.goto(f"{server.address}/review")
    ada.page.get_by_label("Your name").fill("Ada")
    ada.page.get_by_role("button", name="Start").click()
    expect(ada.page.locator("[data-part=notice-text]")).to_contain_text("streamlit run app.py", timeout=PATIENCE)


def test_a_token_that_no_longer_holds_is_replaced_without_a_reload(server, settings, newcomer):
    ada = newcomer().open(server.address, name="Ada")
    ada.has_ahead(3)
    server.kill()
    (settings.home / "secret.key").unlink()
    given = [decide(ada, key) for key in "ad"]
    server.start()
    ada.saved()
    assert answers(settings) == given


def test_an_open_page_goes_on_with_the_new_version_and_its_answers_on_the_old_one_are_stored(
    server, settings, newcomer, tmp_path
):
    ada = newcomer().open(server.address, name="Ada")
    given = [decide(ada, "a")]
    ada.saved()
    rows = [line.split(",") for line in (tmp_path / "labels.csv").read_text().splitlines()]
    (tmp_path / "boats.csv").write_text("\n".join(f"{row[0]},{row[3]}" for row in rows))
    new = versions.New(labels=tmp_path / "boats.csv", only_common=True)
    versions.apply(settings, versions.gather(settings, "gallery", new))
    given.append(decide(ada, "d"))
    expect(ada.page.locator("[data-part=counts]")).to_contain_text(re.compile(r"\b40\b"), timeout=PATIENCE)
    expect(ada.loop).to_have_attribute("data-tag", "boat", timeout=PATIENCE)
    given.append(decide(ada, "a"))
    ada.saved()
    assert answers(settings) == given


def watch(reviewer) -> str:
    """Notes each cell that is painted; gives the expression that reads the notes."""
    reviewer.page.evaluate(WATCH)
    item, tag = reviewer.painted()
    reviewer.page.evaluate("cell => { if (!window.shown.length) window.shown.push(cell) }", [item, tag])
    return "window.shown"
