"""The commands for several people on one project, as they are used."""

import json

import pytest
import sqlalchemy as sa

from labelreview.cli import main
from labelreview.decisions import Verdict
from labelreview.project import Project
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
