"""Every page that annotators see, in a language made for this test: what it says comes from the catalogue or is data.

The language says every sentence of the English one between ⟦ and ⟧, so a text with letters outside of these was written
into a page, and would stay English in German. The pages of the data team alone are not asked.
"""

import json
import re
from collections.abc import Iterator
from datetime import date
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from google.protobuf.json_format import MessageToDict
from streamlit.testing.v1 import AppTest

from labelreview.decisions import Verdict
from labelreview.desk import intake, second
from labelreview.desk.people import NotAllowed
from labelreview.desk.project import Project
from labelreview.errors import InputError, LabelReviewError
from labelreview.review.worklist import Filters
from labelreview.roles import Action, Role, appointment
from labelreview.settings import Settings
from labelreview.web import audited, shapes, wording, words
from tests.made import decision

MAIN = Path(__file__).parents[2] / "labelreview" / "web" / "main.py"
TAGS, ITEMS = ("hat", "cat", "cap"), 60
MADE = "made"
SAID = ("label", "body", "help", "placeholder", "caption", "text", "content", "options")
UNSAID = ("bidi_component", "html")  # what the ways to review say is looked at in the browser
# Names and ids, and codes: names of orders, of commands, of what a state is called in an address.
DATA = re.compile(r"\b(cats|hat|cat|cap|item\d+|Ada|Ben|mine|odd|source|phone|scan|nowhere|[0-9a-f]{32,})\b| · \w+$")


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Iterator[Settings]:
    monkeypatch.setenv("LABELREVIEW_HOME", str(tmp_path / "home"))
    made = {key: text if key.startswith("form.") else f"⟦{text}⟧" for key, text in words.LANGUAGES["en"][1].items()}
    monkeypatch.setitem(words.LANGUAGES, MADE, ("Made", made))
    yield Settings.from_environment()
    st.cache_resource.clear()  # outlives an AppTest
    st.cache_data.clear()


@pytest.fixture
def project(settings, tmp_path) -> Iterator[Project]:
    """With suspects, labels left empty, an items file, and two people who answered."""
    random = np.random.default_rng(7)
    truth = random.random((ITEMS, len(TAGS))) < 0.4
    given = np.where(random.random(truth.shape) < 0.1, ~truth, truth).astype(int).astype(str)
    given[:2, 0] = ""
    probs = np.where(truth, 0.94, 0.06)
    for name, table in (("labels", given), ("predictions", probs)):
        lines = [",".join(["id", *TAGS]), *(f"item{i}," + ",".join(map(str, row)) for i, row in enumerate(table))]
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n")
    intake.create(settings, "cats", intake.gather(tmp_path / "labels.csv", tmp_path / "predictions.csv"))
    (tmp_path / "items.csv").write_text(
        "id,source\n" + "".join(f"item{i},{'phone' if i % 2 else 'scan'}\n" for i in range(ITEMS))
    )
    with Project.open(settings, "cats") as project:
        project.columns.keep(tmp_path / "items.csv")
        yield project


def page(name: str = "home", *, who: str = "Ada", language: str = MADE, **address: str) -> AppTest:
    app = AppTest.from_file(str(MAIN), default_timeout=60)
    app.session_state["language"] = language
    if who:
        app.session_state["reviewer"] = who
    app.query_params.update(address)
    app.run()
    if name != "home":
        app.query_params.update(address)
        app.switch_page(f"../../pages/{name}.py").run()
    assert not app.exception
    return app


def texts(app: AppTest) -> Iterator[str]:
    """Whatever a page shows: labels, hints, choices, columns and words of tables, names in charts."""
    for each in chain(app.main, app.sidebar, app.toast):
        if each.type not in UNSAID and each.proto is not None:
            yield from _said(MessageToDict(each.proto))
        if each.type == "dataframe":
            titles = json.loads(each.proto.columns or "{}")
            yield from (titles.get(name, {}).get("label") or name for name in each.value.columns)
            yield from each.value.get("Says", [])
            yield from each.value.get("Was shown", [])
        if each.type == "plotly_chart":
            bars = json.loads(each.proto.spec)["data"]
            yield from (bar[said] for bar in bars for said in ("name", "hovertemplate"))


def _said(shape: dict[str, object]) -> Iterator[str]:
    for key, value in shape.items():
        if isinstance(value, dict):
            yield from _said(value)
        elif isinstance(value, list):
            for each in value:
                yield from _said(each if isinstance(each, dict) else {key: each})
        elif key in SAID and isinstance(value, str):
            yield value


def foreign(app: AppTest) -> list[str]:
    """The texts of a page with words that are neither of the catalogue nor data."""
    found = []
    for text in texts(app):
        rest = DATA.sub("", text.replace("\\", ""))
        while rest != (rest := re.sub("⟦[^⟦⟧]*⟧", "", rest)):
            pass
        rest = re.sub(r"%\{\w+\}|<extra></extra>|:red\[|:material/\w+:", "", rest)
        if re.search(r"[^\W\d_]{2}", rest):
            found.append(text)
    return found


def press(app: AppTest, label: str) -> AppTest:
    said = [button for button in app.button if words.say(MADE, label) == button.label]
    assert len(said) == 1
    said[0].click().run()
    assert not app.exception
    return app


def test_signing_in_says_nothing_of_its_own(settings, project, monkeypatch):
    app = page(who="")
    assert [title.value for title in app.title] == ["⟦Who is reviewing?⟧"]
    assert foreign(press(app, "signin.start")) == []
    assert [error.value for error in app.error] == [words.say(MADE, "signin.no-name")]
    monkeypatch.setenv("LABELREVIEW_SIGN_IN", "proxy")
    monkeypatch.setenv("LABELREVIEW_USER_HEADER", "X-User")
    monkeypatch.setenv("LABELREVIEW_PROXIES", "127.0.0.1")
    app = page(who="")
    assert [title.value for title in app.title] == ["⟦Nobody is signed in⟧"]
    assert foreign(app) == []
    app.session_state["signed_out"] = True
    assert [title.value for title in app.run().title] == ["⟦Signed out⟧"]
    assert foreign(app) == []


def test_without_a_project_and_where_one_may_not_go_a_page_says_nothing_of_its_own(settings, tmp_path, request):
    assert foreign(page()) == []
    project = request.getfixturevalue("project")
    app = page(project="nowhere")
    assert len(app.warning) == 1
    assert foreign(app) == []
    project.people.record(appointment("Ada", "Ada", Role.OWNER), appointment("Ada", "Ben", Role.REVIEWER))
    for who, name, role in (("Ben", "audit", "⟦reviewer⟧"), ("Ben", "adjudicate", "⟦⟦adjudicator⟧ or ⟦owner⟧⟧"),
                            ("Eve", "home", "Eve")):  # fmt: skip
        app = page(name, who=who)
        assert [title.value for title in app.title] == ["⟦No access⟧"]
        assert role in app.warning[0].value.replace("\\", "")
        assert [text for text in foreign(app) if "Eve" not in text] == []


def test_the_overview_says_nothing_of_its_own(settings, project):
    project.record([decision("item0", "hat", Verdict.PRESENT), decision("item3", "cat", Verdict.UNSURE)])
    app = page()
    assert len(app.metric) == 6
    assert len(list(app.get("plotly_chart"))) == 1
    assert foreign(app) == []


@pytest.mark.parametrize("name", ["review", "grid", "item", "adjudicate"])
def test_what_stands_around_a_way_to_review_says_nothing_of_its_own(settings, project, name):
    assert foreign(page(name)) == []


def test_filters_chips_and_what_is_saved_say_nothing_of_their_own(settings, project):
    project.record([decision("item0", "hat", Verdict.PRESENT, "Ben"), decision("item0", "hat", Verdict.ABSENT, "Ada")])
    project.saved.save_selection("odd", ["item1", "item3"], "Ada")
    project.saved.save_queue("mine", {"tag": "hat"}, "Ada")
    address = {"selection": "odd", "low": "0.1", "p_high": "0.75", "column": "source", "value": "phone"}
    app = page("review", tag="nowhere", **address)
    assert len(app.toast) == 1
    assert foreign(app) == []
    assert len([button for button in app.button if (button.key or "").startswith("lift_")]) == 4
    app.text_input(key="filter_high").input("abc").run()
    assert foreign(app) == []
    app.text_input(key="queue_name").input("mine").run()
    assert foreign(press(app, "queue.save")) == []
    told = [caption.value.replace("\\", "") for caption in app.caption]
    assert words.say(MADE, "error.name-taken", name="mine") in told
    for status in ("disputed", "changed", "others"):
        assert foreign(page("review", status=status, reviewer="Ben")) == []


def test_the_audit_says_nothing_of_its_own(settings, project, monkeypatch):
    app = page("audit")
    assert [info.value for info in app.info] == [words.say(MADE, "audit.none")]
    seen = decision("item0", "hat", Verdict.ABSENT, "Ada", given=1, pred_prob=0.031)
    flag = decision("item1", "cat", None, "Ben", note="mine")
    project.record([seen, decision("item3", "cat", Verdict.UNSURE, "Ben", given=-1)])
    project.record([flag, decision("item0", "hat", None, "Ada", undoes=seen.uid)])
    monkeypatch.setattr(audited, "SHOWN", 3)
    app = press(page("audit"), "audit.check")
    assert len(app.success) == 1
    assert foreign(app) == []
    assert len(app.dataframe[0].value) == 3
    app.selectbox(key="audit_who").set_value("Ben").run()
    app.text_input(key="audit_item").input("item1").run()
    app.date_input(key="audit_day").set_value(date.today()).run()
    assert foreign(app) == []


def test_in_german_the_pages_are_german_and_numbers_too(settings, project):
    titles = {"signin": "Wer prüft?", "audit": "Protokoll", "adjudicate": "Schlichtung"}
    english = set(words.LANGUAGES["en"][1].values()) - set(words.LANGUAGES["de"][1].values())
    seen = decision("item0", "hat", Verdict.ABSENT, "Ada", given=1, pred_prob=0.031)
    for name in ("signin", "home", "review", "grid", "item", "adjudicate", "audit"):
        if name == "audit":
            project.record([seen])
        app = page(*([name] * (name != "signin")), who="Ada" if name != "signin" else "", language="de")
        assert not english & {*texts(app)}
        assert [title.value for title in app.title] == [titles.get(name, "cats")] * (name in {*titles, "home"})
    assert app.dataframe[0].value["Was shown"].tolist() == ["angegeben ja, Modell 3,1\u00a0%"]
    app = page("review", language="de", low="0.25")
    assert "Label-Güte 0,25–1" in [button.label.replace("\\", "") for button in app.button]
    assert (app.text_input(key="filter_low").value, app.run().query_params["low"]) == ("0,25", "0.25")


def test_an_error_with_a_sentence_in_the_catalogue_says_the_same_in_english(settings, project):
    def raised(do) -> LabelReviewError:
        with pytest.raises(LabelReviewError, match=".") as caught:
            do()
        return caught.value

    project.saved.save_queue("mine", {"tag": "hat"}, "Ada")
    project.people.record(appointment("Ada", "Ada", Role.OWNER), appointment("Ada", "Ben", Role.REVIEWER))
    found = [
        raised(lambda: project.saved.save_queue("mine", {"tag": "cat"}, "Ada")),
        raised(lambda: project.saved.save_queue("", {}, "Ada")),
        raised(lambda: project.people.check("Ben", Action.ADJUDICATE)),
        raised(lambda: project.people.check("Eve", Action.LOOK)),
    ]
    assert {f"error.{error.key}" for error in found} == {
        key for key in words.LANGUAGES["en"][1] if key.startswith("error.")
    }
    for error in found:
        assert isinstance(error, InputError | NotAllowed)
        assert wording.trouble(error, "en") == str(error)
        assert wording.trouble(error, "de") != str(error)
    assert "Rolle Schlichtung oder Leitung; Ben hat hier die Rolle Prüfung" in wording.trouble(found[2], "de")
    assert wording.trouble(raised(lambda: project.dataset.column("nowhere")), "de").startswith("There is no")


def test_why_there_is_no_picture_is_said_in_the_language_that_is_asked_for(settings, project):
    (question, *_rest) = project.queue("Ada", "tab00000", Filters(), 1).questions
    assert shapes.cell(project, question, "de")["why"] == "Dieses Projekt hat keine Bilder."
    assert shapes.cell(project, question, "en")["why"] == "This project has no images."


def test_who_said_what_about_a_disputed_cell_is_quoted_as_the_language_quotes(settings, project):
    project.record([decision("item0", "cat", Verdict.PRESENT, "Ben", note="odd"),
                    decision("item0", "cat", Verdict.ABSENT, "Ada")])  # fmt: skip
    (question,) = second.batch(project, "Ada", "tab00000", Filters(disputes=True), 5).questions
    assert sorted(wording.dispute(question, "en").split(" · ")) == ["Ada: no", "Ben: yes “odd”"]
    assert sorted(wording.dispute(question, "de").split(" · ")) == ["Ada: nein", "Ben: ja „odd“"]
