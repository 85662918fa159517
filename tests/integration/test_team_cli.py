"""The commands for several people on one project, as they are used."""

import csv
import json
import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from labelreview.cli import main
from labelreview.decisions import Verdict
from labelreview.desk.project import Project
from labelreview.settings import Settings
from tests.gallery import gallery
from tests.made import decision

YES, NO, UNSURE = Verdict.PRESENT, Verdict.ABSENT, Verdict.UNSURE


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("LABELREVIEW_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("LABELREVIEW_DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    found = Settings.from_environment()
    gallery(found, tmp_path, items=6)
    return found


@pytest.fixture
def items(settings):
    with Project.open(settings, "gallery") as project:
        return list(project.dataset.ids)


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(list(arguments))
    return int(stopped.value.code or 0)


def record(settings, *events):
    with Project.open(settings, "gallery") as project:
        project.record(events)


def test_the_log_says_who_changed_a_tag_and_what_they_had_seen(settings, items, capsys):
    first = decision(items[0], "hat", NO, "Ada", given=1, pred_prob=0.03, note="a cap")
    record(settings, first, decision(items[0], "hat", reviewer="Ada", undoes=first.uid), decision(items[1], "cat", YES))
    assert run("log", "gallery", "--item", items[0], "--tag", "hat") == 0
    undo, said = capsys.readouterr().out.splitlines()
    assert f"Ada  {items[0]} / hat: no (labelled yes, model 3 %; review) “a cap”  {first.uid}" in said
    assert f"took back an answer {first.uid}" in undo
    assert run("log", "gallery", "--reviewer", "ann", "--json") == 0
    assert json.loads(capsys.readouterr().out)["tag"] == "cat"
    assert run("log", "gallery", "--tag", "no such tag") == 0
    assert capsys.readouterr().err == "No event matches.\n"


def test_verify_exits_with_4_and_names_the_event_that_was_altered(settings, items, capsys):
    record(settings, *(decision(item, "hat", YES, "Ada") for item in items))
    assert run("verify", "gallery") == 0
    head = capsys.readouterr().out.splitlines()[1].split(": ")[1]
    assert run("verify", "gallery", "--head", head) == 0
    assert run("verify", "gallery", "--head", "3:abc") == 1
    assert "is not a head of a log" in capsys.readouterr().err
    with sa.create_engine(settings.database_url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER decisions_no_update")
        connection.exec_driver_sql("UPDATE decisions SET verdict = 'absent' WHERE number = 4")
    assert run("verify", "gallery") == 4
    assert f"Ada about 'hat' of '{items[3]}') is not as it was stored" in capsys.readouterr().out


def test_an_export_settles_disputes_by_the_rule_that_it_is_given_and_says_how_sure_it_is(settings, items):
    said = [("Ada", NO, "review"), ("Ben", NO, "review"), ("Eve", YES, "review"), ("Ida", NO, "adjudicate")]
    record(settings, *(decision(items[0], "hat", verdict, name, screen=screen) for name, verdict, screen in said[:3]))
    corrected = {}
    for rule in ("newest", "majority", "adjudicated", "dawid_skene"):
        assert run("export", "gallery", "--out", f"{rule}.csv", "--changes", f"{rule}-c.csv", "--consensus", rule) == 0
        corrected[rule] = Path(f"{rule}.csv").read_text("utf-8").splitlines()[1].split(",")[1]
    assert corrected == {"newest": "1", "majority": "0", "adjudicated": "1", "dawid_skene": "0"}
    (change,) = csv.DictReader(Path("majority-c.csv").read_text("utf-8").splitlines())
    assert (change["reviewers"], change["confidence"]) == ("Ada;Ben", "0.6667")
    record(settings, decision(items[0], "hat", NO, "Ida", screen="adjudicate"))
    assert run("export", "gallery", "--out", "last.csv", "--consensus", "adjudicated") == 0
    assert Path("last.csv").read_text("utf-8").splitlines()[1].split(",")[1] == "0"


def test_a_rule_that_there_is_not_is_named_and_nothing_is_written(settings, capsys):
    assert run("export", "gallery", "--out", "x.csv", "--consensus", "loudest") == 1
    assert "'loudest' is not a rule of consensus" in capsys.readouterr().err
    assert not Path("x.csv").exists()


def test_team_sets_how_many_answer_and_says_how_good_the_reviewers_are(settings, items, capsys):
    record(settings, *(decision(item, "hat", YES, "Ada") for item in items))
    record(settings, *(decision(item, "hat", NO if item == items[0] else YES, "Ben") for item in items))
    assert run("team", "gallery", "--answers", "3", "--share", "0.5", "--gold-from-settled", "9") == 0
    said = capsys.readouterr()
    assert "Only 5 settled cells are answered alike by all" in said.err
    assert said.out.splitlines()[:2] == [
        "Answers: 3 for 50 % of cells, 1 for the others",
        "Known cells: 5, 5 % of questions",
    ]
    Path("gold.csv").write_text(f"id,hat\n{items[0]},1\n", encoding="utf-8")
    assert run("team", "gallery", "--gold", "gold.csv", "--gold-share", "0.2") == 0
    out = capsys.readouterr().out
    assert "Known cells: 1, 20 % of questions" in out
    assert re.search(r"Ada: 6 answers, accuracy \d+%, 100% of 1 known", out)
    assert re.search(r"Ben: 6 answers, accuracy \d+%, 0% of 1 known", out)
    record(settings, decision(items[0], "hat", YES, "Cleo"))
    assert run("team", "gallery", "--no-gold") == 0
    out = capsys.readouterr().out
    assert "Known cells: 0\n" in out
    assert out.endswith("Cleo: 1 answers, accuracy — (1 of them compared)\n")
    assert run("team", "gallery", "--answers", "0") == 1
    assert "1 to 20 answers" in capsys.readouterr().err


@pytest.mark.parametrize("rows", ["nobody,1", "item 000 é,"])
def test_known_answers_about_nothing_are_refused(settings, items, capsys, rows):
    Path("gold.csv").write_text(f"id,hat\n{rows}\n", encoding="utf-8")
    assert run("team", "gallery", "--gold", "gold.csv") == 1
    assert re.search("no tag 'hat' of an item 'nobody'|names no label", capsys.readouterr().err)
