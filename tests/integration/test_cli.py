"""The command line, as a pipeline uses it: files in, files out, exit codes."""

import csv
import json
from pathlib import Path

import pytest

from labelreview.cli import main
from labelreview.decisions import Verdict
from labelreview.desk.project import Project
from labelreview.review.worklist import Filters
from labelreview.settings import Settings
from tests.made import decision

DEMO = Path(__file__).parents[2] / "data" / "demo"
LABELS = "id,cat,=cmd(),<img src=x>\r\n007,1,0,\r\n1e5,0,1,0\r\nc,1,1,1\r\n"
PREDICTIONS = "id,<img src=x>,cat,=cmd()\nc,0.9,0.8,0.1\n007,0.5,0.02,0.7\n1e5,0.4,0.97,0.6\n"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("LABELREVIEW_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    Path("labels.csv").write_bytes(LABELS.encode())
    Path("predictions.csv").write_text(PREDICTIONS)
    return tmp_path


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(list(arguments))
    return int(stopped.value.code or 0)


def init(name: str = "cats", *more: str) -> int:
    return run("init", name, "--labels", "labels.csv", "--predictions", "predictions.csv", *more)


def rows(path: str) -> list[list[str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_init_reports_and_rank_writes_every_known_cell_worst_first(home, capsys):
    assert init() == 0
    assert "Items                         3" in capsys.readouterr().out
    assert run("rank", "cats", "--by", "self_confidence", "--out", "r.csv") == 0
    table = rows("r.csv")
    assert table[0] == ["id", "tag", "given", "pred_prob", "score"]
    assert table[1] == ["007", "cat", "1", "0.02", "0.02"]
    assert len(table) == 1 + 8
    assert [float(row[4]) for row in table[1:]] == sorted(float(row[4]) for row in table[1:])


def test_rank_by_ema_writes_items(home):
    init()
    assert run("rank", "cats", "--by", "ema", "--out", "items.csv") == 0
    table = rows("items.csv")
    assert table[0] == ["id", "score"]
    assert table[1][0] == "007"
    assert len(table) == 1 + 3


def test_issues_writes_the_flagged_cells(home):
    assert (
        run("init", "demo", "--labels", str(DEMO / "labels.csv"), "--predictions", str(DEMO / "predictions.csv")) == 0
    )
    assert run("issues", "demo", "--out", "issues.csv") == 0
    table = rows("issues.csv")
    assert table[0] == ["id", "tag", "given", "pred_prob", "score"]
    assert 200 < len(table) < 20_000


def test_export_gives_the_labels_back_in_their_own_form_with_the_verdicts_applied(home):
    init()
    with Project.open(Settings.from_environment(), "cats") as project:
        project.record([decision("007", "cat", Verdict.ABSENT), decision("1e5", "<img src=x>", Verdict.PRESENT)])
    assert run("export", "cats", "--out", "out.csv", "--changes", "changes.csv", "--decisions", "log.csv") == 0
    wanted = LABELS.replace("007,1,0,", "007,0,0,").replace("1e5,0,1,0", "1e5,0,1,1")
    assert Path("out.csv").read_bytes() == wanted.encode()
    assert [row[:4] for row in rows("changes.csv")[1:]] == [["007", "cat", "1", "0"], ["1e5", "<img src=x>", "0", "1"]]
    assert len(rows("log.csv")) == 3


def test_export_refuses_to_overwrite_unless_told(home, capsys):
    init()
    assert run("export", "cats", "--out", "labels.csv") == 1
    assert "labels.csv" in capsys.readouterr().err
    assert Path("labels.csv").read_bytes() == LABELS.encode()
    assert run("export", "cats", "--out", "labels.csv", "--overwrite") == 0


def test_export_does_not_write_text_under_the_name_of_another_kind_of_file(home, capsys):
    init()
    assert run("export", "cats", "--out", "fixed.parquet") == 1
    assert "Give the new one a name that ends in .csv" in capsys.readouterr().err
    assert not Path("fixed.parquet").exists()


def test_an_export_taken_in_again_with_its_log_has_those_cells_settled(home):
    init()
    with Project.open(Settings.from_environment(), "cats") as project:
        project.record([decision("007", "cat", Verdict.ABSENT), decision("c", "cat", Verdict.PRESENT)])
    run("export", "cats", "--out", "out.csv", "--decisions", "log.csv")
    again = ("--labels", "out.csv", "--predictions", "predictions.csv", "--decisions", "log.csv")
    assert run("init", "again", *again) == 0
    with Project.open(Settings.from_environment(), "again") as project:
        assert set(project.verdicts().settled) == {("007", "cat"), ("c", "cat")}
        assert project.asking.progress(Filters()).answered == 2
        assert project.dataset.labels[0, 0] == 0


def test_a_log_that_names_other_cells_is_not_taken_over_without_a_word(home, capsys):
    init()
    with Project.open(Settings.from_environment(), "cats") as project:
        project.record([decision("007", "cat", Verdict.ABSENT), decision("007", "=cmd()", Verdict.PRESENT)])
    run("export", "cats", "--decisions", "log.csv", "--excel-safe")
    capsys.readouterr()
    again = ("--labels", "labels.csv", "--predictions", "predictions.csv", "--decisions", "log.csv")
    assert run("init", "again", *again) == 0
    said = capsys.readouterr().out
    assert "Taken over: 2 events of the decision log. 1 of 2 cells are not in this project: ''=cmd() of 007'." in said


def test_wrong_input_stops_with_file_line_column_value_and_remedy_and_writes_nothing(home, capsys):
    Path("labels.csv").write_text("id,cat,=cmd(),<img src=x>\n007,yes?,0,\n1e5,0,1,0\nc,1,1,1\n")
    assert init() == 1
    said = capsys.readouterr().err
    assert "labels.csv, line 2, column 'cat': 'yes?'" in said
    assert "Use 1, 0" in said
    assert not (home / "home" / "projects").exists()


def test_ids_on_one_side_only_stop_the_import_unless_told_to_drop_them(home, capsys):
    Path("predictions.csv").write_text(PREDICTIONS.replace("c,", "d,"))
    assert init() == 1
    said = capsys.readouterr()
    assert "'c'" in said.out + said.err
    assert "'d'" in said.out + said.err
    assert init("cats", "--only-common") == 0


def test_a_project_name_is_used_once(home, capsys):
    assert init() == 0
    assert init() == 1
    assert "There is a project 'cats' already" in capsys.readouterr().err
    assert init("../cats") == 1


def test_a_missing_project_is_answered_with_those_that_there_are(home, capsys):
    init()
    assert run("rank", "dogs", "--out", "r.csv") == 1
    assert "Projects here: cats" in capsys.readouterr().err


def test_rank_can_be_cut_short(home):
    init()
    assert run("rank", "cats", "--out", "all.csv") == 0
    assert run("rank", "cats", "--limit", "3", "--out", "top.csv") == 0
    assert rows("top.csv") == rows("all.csv")[:4]


def test_stats_and_check_say_how_far_the_labels_are_from_the_target(home, capsys):
    init()
    capsys.readouterr()
    assert run("check", "cats") == 3
    assert "The target is not met yet" in capsys.readouterr().out
    assert run("stats", "cats") == 0
    assert "nobody can say yet how many labels are wrong" in capsys.readouterr().out
    with Project.open(Settings.from_environment(), "cats") as project:
        places = range(project.dataset.labels.size)
        cells = [project.dataset.at(place) for place in places if project.dataset.labels.flat[place] == 1]
        rest = [project.dataset.at(place) for place in places if project.dataset.labels.flat[place] == 0]
        answers = [decision(*cell, Verdict.PRESENT) for cell in cells]
        project.record(answers + [decision(*cell, Verdict.ABSENT) for cell in rest])
    assert run("check", "cats", "--max-error-rate", "0", "--confidence", "0.99") == 0
    assert run("check", "cats", "--max-error-rate", "7") == 1
    capsys.readouterr()
    assert run("stats", "cats", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["overall"]["rate"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert told["stop"]["met"] is True


def test_the_target_of_the_project_is_what_stats_and_check_go_by_unless_told_otherwise(home, capsys):
    init()
    assert run("target", "cats", "--max-error-rate", "0.2", "--confidence", "0.9", "--by", "Ada") == 0
    assert run("target", "cats", "--max-error-rate", "3") == 1
    capsys.readouterr()
    assert run("target", "cats") == 0
    assert "at most 20% of labels may still be wrong, with 90% confidence" in capsys.readouterr().out
    run("stats", "cats", "--json")
    assert json.loads(capsys.readouterr().out)["target"] == 0.2
    run("stats", "cats", "--json", "--max-error-rate", "0.3")
    assert json.loads(capsys.readouterr().out)["target"] == 0.3
    assert run("check", "cats") == 3
    assert "with 90 % confidence" in capsys.readouterr().out.replace("\N{NO-BREAK SPACE}", " ")
