"""Decisions about tags in a project: in the queue, on the card, and in what is exported."""

import csv
import json

import pytest

from labelreview.cli import main
from labelreview.decisions import Verdict
from labelreview.desk import decided, intake
from labelreview.desk.project import Project
from labelreview.errors import InputError
from labelreview.review.worklist import Filters
from labelreview.rulings import assign, define, drop, merge, rename, undo
from labelreview.settings import Settings
from tests.made import decision

LABELS = "id,cap,=cmd(),hat,boat\na,1,0,0,1\nb,0,1,,1\nc,0,0,0,0\n"
SCORES = "id,cap,=cmd(),hat,boat\na,0.1,0.2,0.3,0.4\nb,0.5,0.6,0.7,0.8\nc,0.9,0.1,0.2,0.3\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setenv("LABELREVIEW_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "labels.csv").write_text(LABELS)
    (tmp_path / "scores.csv").write_text(SCORES)
    settings = Settings.from_environment()
    intake.create(settings, "p", intake.gather(tmp_path / "labels.csv", tmp_path / "scores.csv"))
    with Project.open(settings, "p") as opened:
        yield opened


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(list(arguments))
    return int(stopped.value.code or 0)


def test_a_dropped_tag_is_not_asked_any_more_unless_it_is_named_or_the_drop_taken_back(project):
    everything = Filters(order="recipe")
    before = project.asking.progress(everything)
    project.meeting.record(drop("Ada", "boat"))
    batch = project.queue("ann", "tab-0001", everything, 50, keep=[("a", "boat"), ("a", "cap")])
    assert {question.suspect.tag for question in batch.questions} == {"cap", "=cmd()", "hat"}
    assert (batch.progress.total, before.total) == (8, 11)
    named = project.queue("ann", "tab-0001", Filters(tag="boat", order="recipe"), 50)
    assert len(named.questions) == named.progress.total == 3
    project.meeting.record(undo("Bo", project.meeting.standing().steps[0]))
    assert project.asking.progress(everything) == before


def test_a_question_carries_what_its_tag_means_whatever_it_is_called_now(project):
    project.meeting.record(define("Ada", "cap", "With a *brim*."), rename("Ada", "cap", "baseball cap"))
    cells = [("a", "cap"), ("a", "hat")]
    assert [question.definition for question in project.questions(cells)] == ["With a *brim*.", ""]


def test_an_export_keeps_the_columns_unless_told_to_apply_what_was_decided(project, tmp_path, capsys):
    project.record([decision("c", "cap", Verdict.PRESENT), decision("b", "hat", Verdict.PRESENT)])
    ruling = merge("Ada", ["cap", "hat"], "headgear", "any", "nobody can tell")
    project.meeting.record(ruling, drop("Ada", "boat"))
    assert run("export", "p", "--out", "plain.csv") == 0
    assert "2 decisions about tags are not applied; --apply-tag-decisions" in capsys.readouterr().err
    assert (tmp_path / "plain.csv").read_text() == LABELS.replace("b,0,1,,1", "b,0,1,1,1").replace("c,0,", "c,1,")
    assert run("export", "p", "--out", "decided.csv", "--apply-tag-decisions") == 0
    assert (tmp_path / "decided.csv").read_text() == "id,headgear,=cmd()\na,1,0\nb,1,1\nc,1,0\n"
    assert run("export", "p", "--out", "d.jsonl", "--apply-tag-decisions", "--as", "wide_jsonl") == 0
    first = json.loads((tmp_path / "d.jsonl").read_text().splitlines()[0])
    assert first == {"file_name": "a", "headgear": 1, "=cmd()": 0}
    assert run("export", "p", "--out", "e.csv", "--as", "wide_jsonl") == 2


def test_tags_definitions_and_minutes_are_written_as_files(project, tmp_path):
    project.meeting.record(define("Ada", "=cmd()", "Not *this*."), assign("Ada", "hat", "Bo", "agreed", "look again"))
    project.meeting.record(rename("Ada", "hat", "cap 2", "two kinds"))
    assert run("export", "p", "--tags", "t.csv", "--minutes", "m.csv", "--excel-safe") == 0
    with open("t.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["tag"] for row in rows] == ["cap", "'=cmd()", "hat", "boat"]
    assert list(rows[2].values()) == ["hat", "cap 2", "", "Bo", "agreed", "look again"]
    with open("m.csv", newline="") as file:
        said = [(row["by"], row["decision"], row["why"]) for row in csv.DictReader(file)]
    assert said[-1] == ("Ada", "rename hat to cap 2", "two kinds")
    assert run("export", "p", "--tags", "t.json") == 0
    assert json.loads((tmp_path / "t.json").read_text())[1]["definition"] == "Not *this*."
    assert run("export", "p", "--tags", "t.md") == 0
    assert (tmp_path / "t.md").read_text() == "# Definitions of tags\n\n## =cmd()\n\nNot *this*.\n"


@pytest.mark.parametrize(("means", "cell"), [("absent", "0"), ("unknown", "")])
def test_a_cell_that_the_file_leaves_empty_means_in_a_merge_what_it_means_in_the_project(
    project, tmp_path, means, cell
):
    settings = Settings.from_environment()
    (tmp_path / "gaps.csv").write_text("id,cap,hat\na,0,\nb,1,1\n")
    (tmp_path / "s.csv").write_text("id,cap,hat\na,0.1,0.2\nb,0.3,0.4\n")
    inputs = intake.gather(tmp_path / "gaps.csv", tmp_path / "s.csv", missing_means=means)
    intake.create(settings, "gaps", inputs)
    with Project.open(settings, "gaps") as gaps:
        gaps.meeting.record(merge("Ada", ["cap", "hat"], "cap"))
    assert run("export", "gaps", "--out", "g.csv", "--apply-tag-decisions") == 0
    assert (tmp_path / "g.csv").read_text() == f"id,cap\na,{cell}\nb,1\n"


def test_a_preview_is_what_the_file_says_afterwards_also_of_what_the_project_left_out(project, tmp_path):
    settings = Settings.from_environment()
    (tmp_path / "more.csv").write_text("id,cap,hat,wig\na,1,0,0\nb,0,,1\nc,0,1,0\nd,1,0,1\ne,0,1,0\n")
    (tmp_path / "s.csv").write_text("id,cap,hat\na,0.1,0.2\nb,0.5,0.6\nc,0.9,0.1\n")
    inputs = intake.gather(tmp_path / "more.csv", tmp_path / "s.csv", only_common=True, missing_means="unknown")
    intake.create(settings, "more", inputs)
    with Project.open(settings, "more") as more:
        more.record([decision("c", "cap", Verdict.PRESENT)])
        ruling = merge("Ada", ["cap", "hat"], "hat")
        seen = decided.preview(more, ruling)
        with pytest.raises(InputError, match="a tag 'wig' that the project left out"):
            decided.preview(more, merge("Ada", ["cap", "hat"], "wig"))
        more.meeting.record(ruling)
    assert run("export", "more", "--out", "plain.csv") == 0
    assert run("export", "more", "--out", "d.csv", "--apply-tag-decisions") == 0
    before, after = (hats_of(tmp_path / name) for name in ("plain.csv", "d.csv"))
    changed = {item for item in before if before[item] != after[item]}
    assert {each.item for each in seen.examples} == changed == {"a", "d"}
    assert (seen.changed, seen.after.present, seen.after.unknown) == (2, list(after.values()).count("1"), 1)
    assert (seen.conflicts, seen.lost) == (3, 1)


def hats_of(path) -> dict[str, str]:
    return {row["id"]: row["hat"] for row in csv.DictReader(path.read_text().splitlines())}
