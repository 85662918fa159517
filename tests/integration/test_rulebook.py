"""A project's rules between tags: proposed, agreed, broken, taken back; from Python and the command line."""

import csv

import pytest

from labelreview import rulings
from labelreview.cli import main
from labelreview.decisions import Verdict
from labelreview.desk import intake, rulebook
from labelreview.desk.project import Project
from labelreview.errors import InputError
from labelreview.settings import Settings
from tests.made import decision

ITEMS = 120


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    """Of 30 cats 24 are animals; 20 items that are neither are cars; "animal" has others too."""
    monkeypatch.setenv("LABELREVIEW_HOME", str(tmp_path / "home"))
    rows = []
    for item in range(ITEMS):
        cat, car = item < 30, 60 <= item < 100
        animal = item < 24 or 30 <= item < 45
        rows.append([f"i{item:03d}", int(cat), int(animal), int(car)])
    for name, value in (("labels", lambda label: label), ("predictions", lambda label: 0.1 + 0.8 * label)):
        with (tmp_path / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([["id", "cat", "animal", "car"], *([r[0], *map(value, r[1:])] for r in rows)])
    settings = Settings.from_environment()
    intake.create(settings, "zoo", intake.gather(tmp_path / "labels.csv", tmp_path / "predictions.csv"))
    return settings


def test_what_is_proposed_can_be_agreed_is_then_broken_by_items_and_no_longer_proposed(settings):
    with Project.open(settings, "zoo") as project:
        names = [str(each.rule) for each in rulebook.proposals(project, confidence=0.5)]
        assert "cat → animal" in names
        assert rulebook.agree(project, "Ada", [("cat", "implies", "animal")]) == 1
        assert rulebook.agree(project, "Bo", [("cat", "implies", "animal")]) == 0
        (found,) = rulebook.agreed(project)
        assert (str(found.rule), found.broken, found.ruling.by) == ("cat → animal", 6, "Ada")
        assert [each.item for each in rulebook.broken(project)] == [f"i{item:03d}" for item in range(24, 30)]
        assert "cat → animal" not in [str(each.rule) for each in rulebook.proposals(project, confidence=0.5)]
        project.record([decision("i024", "animal", Verdict.PRESENT), decision("i025", "cat", Verdict.ABSENT)])
        assert rulebook.agreed(project)[0].broken == 4, "verdicts mend"
        project.meeting.record(rulings.undo("Bo", found.ruling))
        assert rulebook.agreed(project) == []


def test_rules_that_contradict_each_other_are_agreed_all_or_none(settings):
    with Project.open(settings, "zoo") as project:
        with pytest.raises(InputError, match="run in a circle"):
            rulebook.agree(project, "Ada", [("cat", "implies", "animal"), ("animal", "implies", "cat")])
        assert rulebook.agreed(project) == []


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as done:
        main([*map(str, arguments)])
    return int(done.value.code or 0)


def test_the_command_agrees_on_a_file_lists_and_writes_what_breaks_the_rules(settings, tmp_path, capsys):
    (tmp_path / "tree.json").write_text('{"animal": ["cat", "unicorn"]}')
    assert run("rules", "zoo", "--agree", tmp_path / "tree.json", "--by", "Ada", "--broken", tmp_path / "b.csv") == 0
    said = capsys.readouterr().out
    assert "Agreed: 1 new rules" in said
    assert "cat → animal: broken by 6 items, agreed by Ada" in said
    with (tmp_path / "b.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6
    assert rows[0] == {"id": "i024", "rule": "cat → animal", "first": "cat", "first_label": "1",
                       "second": "animal", "second_label": "0"}  # fmt: skip
    assert run("rules", "zoo", "--propose", "--out", tmp_path / "proposed.csv") == 0
    assert "animal × car" in capsys.readouterr().out
    assert run("rules", "zoo", "--agree", tmp_path / "proposed.csv") == 0
    assert "animal × car: kept by all items" in capsys.readouterr().out
