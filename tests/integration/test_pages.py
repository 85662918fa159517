"""Every page, run by Streamlit's own test runner on real projects: a name first, then what the project holds."""

import json
from pathlib import Path

import pytest
import streamlit as st
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec
from streamlit.testing.v1 import AppTest

from labelreview import rulings
from labelreview.decisions import Verdict
from labelreview.desk import folder, intake, report, rulebook
from labelreview.desk.project import Project
from labelreview.errors import InputError
from labelreview.roles import Role, appointment
from labelreview.settings import Settings
from labelreview.web.uploads import Uploads
from tests.made import decision

ROOT = Path(__file__).parents[2]
MAIN = ROOT / "labelreview" / "web" / "main.py"
PAGES = ("home", "review", "grid", "item", "rules", "tags", "triage", "adjudicate", "projects", "versions", "export")
HOSTILE = ["<img src=x onerror=alert(1)>", "=cmd()", "x" * 200, "🎩", "שלום", "**bold** $x$ :red[no]"]


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("LABELREVIEW_HOME", str(tmp_path / "home"))
    yield Settings.from_environment()
    st.cache_resource.clear()  # outlives an AppTest
    st.cache_data.clear()


def make(settings: Settings, tmp_path: Path, tags: list[str], name: str = "cats") -> None:
    quoted = [f'"{tag}"' for tag in tags]
    labels = [[1, 0, 1, 0, 1, 0][: len(tags)], [0, 1, 0, 1, 0, 1][: len(tags)]]
    table = "\n".join(
        [",".join(["id", *quoted]), *(f"item{i},{','.join(map(str, row))}" for i, row in enumerate(labels))]
    )
    (tmp_path / "labels.csv").write_text(table + "\n")
    (tmp_path / "predictions.csv").write_text(table.replace(",1", ",0.05").replace(",0\n", ",0.9\n") + "\n")
    intake.create(settings, name, intake.gather(tmp_path / "labels.csv", tmp_path / "predictions.csv"))


def page(name: str, reviewer: str = "Ada") -> AppTest:
    app = AppTest.from_file(str(MAIN), default_timeout=30)
    if reviewer:
        app.session_state["reviewer"] = reviewer
    app.run()
    if name != "home":
        app.switch_page(f"../../pages/{name}.py").run()
    assert not app.exception
    return app


@pytest.mark.parametrize("name", PAGES)
def test_every_page_asks_for_a_name_first(settings, tmp_path, name):
    make(settings, tmp_path, ["hat"])
    app = page(name, reviewer="")
    assert [title.value for title in app.title] == ["Who is reviewing?"]
    assert len(app.metric) == 0


@pytest.mark.parametrize("name", ["home", "review", "triage", "versions", "export"])
def test_without_a_project_a_page_says_how_to_make_one(settings, name):
    assert "No project yet" in [title.value for title in page(name).title]


@pytest.mark.parametrize("name", PAGES)
def test_hostile_tag_names_are_shown_as_they_are(settings, tmp_path, name):
    make(settings, tmp_path, HOSTILE)
    app = page(name)
    assert not [text for text in app.markdown if "<img" in text.value and text.allow_html]


def test_an_end_of_a_range_that_is_no_share_is_told_kept_and_filters_nothing_and_the_next_one_counts_at_once(
    settings, tmp_path
):
    make(settings, tmp_path, ["hat", "cat"])
    app = page("review")
    for entry, address in (("abc", None), ("0.5", "0.5"), ("-1", None), ("40 %", "0.4"), ("0,3", "0.3")):
        app.text_input(key="filter_high").input(entry).run()
        assert not app.exception
        assert app.text_input(key="filter_high").value == entry
        assert app.query_params.get("high") == address
        told = [text.value for text in app.markdown if "is no share" in text.value]
        assert (len(told), [button.label.replace("\\", "") for button in app.button if button.key == "lift_low"]) == (
            (1, []) if address is None else (0, [f"Label quality 0–{address}"])
        )
    assert [text.value for text in app.caption if text.value.startswith("Open cells in this queue")]


def test_the_rules_selected_in_a_table_are_never_others_that_move_into_their_rows(settings, tmp_path):
    make(settings, tmp_path, ["hat", "cat", "cap"])
    with Project.open(settings, "cats") as project:
        rulebook.agree(project, "Ada", [("hat", "implies", "cat")])
        before = page("rules").dataframe[0]
        assert page("rules").dataframe[0].proto.id == before.proto.id
        rulebook.agree(project, "Ada", [("cap", "implies", "cat")])
        after = page("rules").dataframe[0]
    assert (len(before.value), len(after.value)) == (1, 2)
    assert after.proto.id != before.proto.id


def test_the_overview_counts_verdicts_and_corrections(settings, tmp_path):
    make(settings, tmp_path, ["hat", "cat"])
    with Project.open(settings, "cats") as project:
        project.record([decision("item0", "hat", Verdict.ABSENT), decision("item1", "cat", Verdict.UNSURE)])
    shown = {metric.label: metric.value for metric in page("home").metric}
    assert shown["Items"] == "2"
    assert shown["Verdicts"] == "2"
    assert shown["Corrected"] == "1"
    assert "Filled" not in shown


def test_the_overview_is_each_projects_own_and_follows_the_answers(settings, tmp_path):
    make(settings, tmp_path, ["hat", "cat"])
    make(settings, tmp_path, ["hat", "cat", "boat"], name="dogs")
    figures = {}
    for answers in (0, 1):
        with Project.open(settings, "cats") as project:
            project.record([decision("item0", "hat", Verdict.ABSENT)] * answers)
        for name in ("cats", "dogs"):
            app = AppTest.from_file(str(MAIN), default_timeout=30)
            app.session_state["reviewer"] = "Ada"
            app.query_params["project"] = name
            app.run()
            figures[name, answers] = {metric.label: metric.value for metric in app.metric}
    assert [figures["cats", 0]["Tags"], figures["dogs", 0]["Tags"]] == ["2", "3"]
    assert [figures[key]["Verdicts"] for key in sorted(figures)] == ["0", "1", "0", "0"]


def test_the_triage_page_before_any_verdict_says_what_it_needs(settings, tmp_path):
    make(settings, tmp_path, ["hat", "cat"])
    app = page("triage")
    assert "No verdict yet" in app.info[0].value
    assert not app.dataframe


def test_the_triage_page_with_too_little_audit_names_no_rate(settings, tmp_path):
    make(settings, tmp_path, ["hat", "cat"])
    with Project.open(settings, "cats") as project:
        project.record([decision("item0", "hat", Verdict.ABSENT)])
    app = page("triage")
    assert "nobody can say yet how many labels are wrong" in app.subheader[0].value
    assert app.dataframe[0].value["errors_found"].sum() == 1


def test_the_triage_page_knows_the_rate_when_all_is_answered(settings, tmp_path):
    make(settings, tmp_path, ["hat", "cat"])
    with Project.open(settings, "cats") as project:
        cells = [(item, tag) for item in project.dataset.ids for tag in project.dataset.tags]
        project.record([decision(item, tag, Verdict.PRESENT) for item, tag in cells])
    said = page("triage").subheader[0].value.replace("\N{NO-BREAK SPACE}", " ")
    assert "About 50 % of labels were wrong as given (50–50 %)" in said


PARTS = ("By tag", "Kinds of errors", "Noise", "The model", "Does it matter?", "People", "Compare", "Take away")


def test_every_number_of_the_triage_page_is_explained_on_hover_with_its_formula_in_the_docs(settings, tmp_path):
    make(settings, tmp_path, ["hat", "cat", "cap"])
    with Project.open(settings, "cats") as project:
        cells = [(item, tag) for item in project.dataset.ids for tag in project.dataset.tags]
        project.record([decision(item, tag, Verdict.PRESENT, seconds=2.0) for item, tag in cells])
        project.meeting.record(rulings.assign("Bo", "cat", "Ada", "agreed", "only house cats"))
    told = (ROOT / "docs" / "estimates.md").read_text("utf-8").partition("## Every number")[2]
    app, seen = page("triage"), set()
    for part in PARTS:
        app.session_state["look"], app.session_state["pairs"] = part, "co-wrong"
        app.run()
        assert not app.exception
        for metric in app.metric:
            assert metric.help
            name = "Hours to the target" if metric.label.startswith("Hours to") else metric.label
            assert f"\n| {name} | " in told
        for table in app.dataframe:
            columns = json.loads(table.proto.columns)
            seen |= set(table.value.columns)
            for name in table.value.columns:
                assert columns[name]["help"]
                assert f"`{name.removesuffix('_low').removesuffix('_high')}`" in told
    app.session_state["look"] = "By tag"
    app.run()
    app.selectbox(key="tags_whose_triage").set_value("(agreed)").run()
    assert app.dataframe[0].value[["tag", "person", "note"]].to_numpy().tolist() == [["cat", "Ada", "only house cats"]]
    assert {"rate", "missed", "mean_probability", "difference", "agreement", "wrong_after", "person"} <= seen


def test_how_each_person_does_is_shown_to_owners_alone(settings, tmp_path):
    make(settings, tmp_path, ["hat", "cat"])
    with Project.open(settings, "cats") as project:
        project.record([decision("item0", "hat", Verdict.ABSENT)])
        project.people.record(appointment("Ada", "Ada", Role.OWNER), appointment("Ada", "Ben", Role.REVIEWER))
    shown = {name: list(page("triage", name).button_group(key="look").options) for name in ("Ada", "Ben")}
    assert {"People", "Take away"} <= set(shown["Ada"])
    assert not {"People", "Take away"} & set(shown["Ben"])
    with Project.open(settings, "cats") as project:
        assert "Who checked" not in report.text(report.gathered(project, people=False))
        assert "Who checked" in report.text(report.gathered(project))


def test_the_export_page_lists_the_changes(settings, tmp_path):
    make(settings, tmp_path, ["hat", "cat"])
    with Project.open(settings, "cats") as project:
        project.record([decision("item0", "hat", Verdict.ABSENT)])
    table = page("export").dataframe[0].value
    assert table[["Item", "Tag", "Given", "Corrected", "By"]].to_numpy().tolist() == [
        ["item0", "hat", "yes", "no", "ann"]
    ]


def test_a_project_is_made_from_paths_on_the_server(settings, tmp_path):
    make(settings, tmp_path, ["hat", "cat"], name="first")
    app = page("projects")
    app.text_input[0].set_value("second")
    app.text_input[1].set_value(str(tmp_path / "labels.csv"))
    other = tmp_path / "other.csv"
    other.write_bytes((tmp_path / "predictions.csv").read_bytes())
    app.text_area[0].set_value(f"clip={tmp_path / 'predictions.csv'}\n\n{other}\n")
    app.button[0].click().run()
    assert not app.exception
    assert not app.error
    assert ("Items", "2") in app.dataframe[0].value.itertuples(index=False, name=None)
    next(button for button in app.button if button.label == "Create the project").click().run()
    assert [model.name for model in folder.read(settings.projects, "second").card.models] == ["clip", "other"]


def uploaded(**files: bytes) -> list[UploadedFile]:
    """Files as Streamlit hands them over, by name with `__` for a dot."""
    names = ((name.replace("__", "."), data) for name, data in files.items())
    return [UploadedFile(UploadedFileRec(name, name, "", data), FileURLs()) for name, data in names]


def test_uploaded_files_are_models_by_their_names_with_what_belongs_beside_them(settings):
    files = uploaded(clip__npy=b"1", resnet__csv=b"2", clip__ids__txt=b"3", clip__tags__txt=b"4")
    made = Uploads(settings)
    found = made.models(files)
    assert {name: path.name for name, path in found.items()} == {"clip": "clip.npy", "resnet": "resnet.csv"}
    there = {path.name: path.read_bytes() for path in found["clip"].parent.iterdir()}
    assert there == {"clip.npy": b"1", "clip.ids.txt": b"3", "clip.tags.txt": b"4"}
    (alone, *_) = uploaded(emotions__arff=b"5")
    labels = made.table([alone, *uploaded(labels__xml=b"6")], "labels")
    assert labels.with_suffix(".xml").read_bytes() == b"6"
    (evil,) = uploaded(x=b"7")
    evil.name = "..\\../../<img src=x>\0.csv"
    assert settings.uploads in made.table([evil], "labels").resolve().parents
    made.done()
    assert not any(settings.uploads.iterdir())


@pytest.mark.parametrize(("names", "match"), [
    (["a__csv", "b__csv"], "a.csv and b.csv: which of them holds the labels. Give one file"),
    (["a__npy", "b__csv", "c__ids__txt"], "c.ids.txt belongs to none of the files that were uploaded. Name it like"),
    (["a__tags__txt"], "a.tags.txt names what another file holds. Upload that file too."),
])  # fmt: skip
def test_uploads_that_do_not_fit_together_say_why(settings, names, match):
    with pytest.raises(InputError, match=match):
        Uploads(settings).table(uploaded(**dict.fromkeys(names, b"")), "labels")


def test_an_unusable_file_is_explained_on_the_page_and_nothing_is_written(settings, tmp_path):
    make(settings, tmp_path, ["hat", "cat"], name="first")
    (tmp_path / "labels.csv").write_text("id,hat,cat\nitem0,1,![maybe](https://example.org/x.png)\nitem1,0,1\n")
    app = page("projects")
    app.text_input[0].set_value("second")
    app.text_input[1].set_value(str(tmp_path / "labels.csv"))
    app.text_area[0].set_value(str(tmp_path / "predictions.csv"))
    app.button[0].click().run()
    said = app.error[0].value
    assert r"\!\[maybe\]\(https\:" in said, "what a file holds is text, and no picture that a browser would fetch"
    assert "line 2, column 'cat': '![maybe]" in said.replace("\\", "")
    assert not (settings.projects / "second").exists()


def test_without_predictions_the_page_asks_for_pictures_to_make_them_from(settings, tmp_path):
    make(settings, tmp_path, ["hat", "cat"], name="first")
    app = page("projects")
    app.text_input[0].set_value("second")
    app.text_input[1].set_value(str(tmp_path / "labels.csv"))
    app.button[0].click().run()
    assert "pictures to make predictions from" in app.error[0].value


def test_the_export_page_applies_tag_decisions_when_asked_and_shows_first_what_they_do(settings, tmp_path):
    make(settings, tmp_path, ["hat", "cat", "cap"])
    with Project.open(settings, "cats") as project:
        project.meeting.record(rulings.merge("Bo", ["hat", "cap"], "hat"), rulings.drop("Bo", "cat"))
    app = page("export")
    said = "\n".join(text.value for text in app.markdown)
    assert "merge hat, cap into hat" in said
    assert not app.dataframe
    app.toggle(key="apply_decisions").set_value(True).run()
    assert not app.exception
    assert not app.error
    seen = app.dataframe[0].value[["Tag", "Becomes", "Present before", "Present after"]].astype(object)
    assert seen.where(seen.notna(), None).to_numpy().tolist() == [
        ["hat", "hat", 1, 1], ["cat", "(dropped)", 1, None], ["cap", "hat", 1, 1]
    ]  # fmt: skip
    assert "--apply-tag-decisions" in app.code[0].value


def test_a_project_is_given_new_labels_after_a_look_at_what_changes(settings, tmp_path):
    make(settings, tmp_path, ["hat", "cat"])
    before = Project.open(settings, "cats").card
    (tmp_path / "new.csv").write_text("id,hat,cat\nitem0,0,0\nitem1,0,1\n")
    app = page("versions")
    app.text_input[0].set_value(str(tmp_path / "new.csv"))
    app.button[0].click().run()
    assert not app.error
    found = {what: rest for what, *rest in app.dataframe[0].value.itertuples(index=False, name=None)}
    assert found["Labels changed"] == [1, "'hat' of 'item0'"]
    assert "1 from present to absent" in "".join(caption.value for caption in app.caption)
    assert folder.read(settings.projects, "cats").card == before
    next(button for button in app.button if button.label == "Update the project").click().run()
    assert not app.exception
    assert not app.error
    assert app.dataframe[0].value["Version"].tolist() == [2, 1]
    assert folder.read(settings.projects, "cats").dataset.label(0, 0) == 0


def _behind_the_corrections() -> None:
    """A script: what a click on the mark of all corrections shows."""
    from labelreview.roles import Action
    from labelreview.web import pictures, session

    _, project = session.admitted(Action.LOOK)
    pictures.behind_mark(project, ["corrected"], "test")


def test_who_gave_an_answer_stands_under_its_picture_for_owners_and_themselves_alone(settings, tmp_path):
    make(settings, tmp_path, ["hat", "cat"])
    with Project.open(settings, "cats") as project:
        project.record([decision("item0", "hat", Verdict.ABSENT, reviewer="Cleo")])
        roles = {"Ada": Role.OWNER, "Ben": Role.REVIEWER, "Cleo": Role.REVIEWER}
        project.people.record(*(appointment("Ada", name, role) for name, role in roles.items()))
    for person, seen in (("Ada", True), ("Ben", False), ("Cleo", True)):
        app = AppTest.from_function(_behind_the_corrections, default_timeout=30)
        app.session_state["reviewer"] = person
        app.run()
        assert not app.exception
        under = [caption.value for caption in app.caption if "item0" in caption.value]
        assert len(under) == 1
        assert ("Cleo" in under[0]) == seen
