"""A backup is one moment of everything, made while people work, and comes back on any machine and database."""

import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from labelreview import rulings
from labelreview.decisions import Verdict
from labelreview.desk import backup, folder
from labelreview.desk.project import Project
from labelreview.errors import InputError, LabelReviewError, Refused, StoreError
from labelreview.settings import Settings
from labelreview.store import DecisionLog
from tests.gallery import gallery, settings_in
from tests.made import decision

ROOT = Path(__file__).parents[2]


@pytest.fixture
def here(tmp_path, database_url) -> Settings:
    """A project with answers, a ruling and rules for sharing, on SQLite and on PostgreSQL."""
    settings = replace(settings_in(tmp_path / "here"), database_url=database_url)
    ids = gallery(settings, tmp_path / "here", items=4)
    with Project.open(settings, "gallery") as project:
        project.record([decision(item, "hat", Verdict.ABSENT, "Åsa", note='"; DROP', pred_prob=0.1) for item in ids])
        project.record([decision(ids[0], "cat", note="blurred\n=cmd()")])
        project.meeting.record(rulings.target("ann", 0.02, 0.9))
        project.team.set(answers=2, share=0.5, known={(ids[1], "cat"): 1})
    return settings


@pytest.fixture
def there(tmp_path, request, database_url) -> Settings:
    """An empty home on the other kind of database."""
    other = "postgres_url" if database_url.startswith("sqlite") else None
    url = request.getfixturevalue(other) if other else f"sqlite:///{tmp_path / 'there.db'}"
    return replace(settings_in(tmp_path / "there"), database_url=url)


def hidden(settings: Settings) -> list[Path]:
    return list(settings.projects.glob(".*")) if settings.projects.exists() else []


def test_everything_comes_back_on_the_other_database_and_work_goes_on(here, there, tmp_path):
    made = backup.write(here, tmp_path / "all.zip")
    assert backup.restore(there, tmp_path / "all.zip") == made
    with Project.open(here, "gallery") as old, Project.open(there, "gallery") as new:
        assert new.log() == old.log()
        assert new.card == old.card
        assert (new.target, new.team.sharing) == (old.target, old.team.sharing)
        assert new.changes() == old.changes()
        assert new.verify(through=made.heads[new.card.uid]).problems == ()
        new.record([decision(old.dataset.ids[2], "boat", Verdict.PRESENT)])
        new.meeting.record(rulings.target("ben", 0.01, 0.9))
        assert [event.seq for event in new.log()] == [*(event.seq for event in old.log()), old.log()[-1].seq + 1]
        assert new.verify().problems == ()
    files = {path.relative_to(here.projects): path.read_bytes() for path in here.projects.rglob("*") if path.is_file()}
    assert all((there.projects / path).read_bytes() == data for path, data in files.items())
    assert not any(path.name == "secret.key" for path in there.home.rglob("*"))


def test_while_people_work_all_that_was_acknowledged_before_is_in_it_and_nothing_is_half(here, there, tmp_path):
    command = [sys.executable, "-m", "tests.crowd", here.database_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as writer:
        before = [writer.stdout.readline().strip() for _ in range(30)]
        made = backup.write(here, tmp_path / "all.zip")
        after = [writer.stdout.readline().strip() for _ in range(30)]
        writer.kill()
    backup.restore(there, tmp_path / "all.zip")
    with DecisionLog.open(there.database_url) as log, DecisionLog.open(here.database_url) as original:
        restored, whole = log.read("p"), original.read("p")
        assert restored == whole[: len(restored)]
        assert {event.uid for event in restored} >= set(before)
        assert {event.uid for event in whole} >= {*before, *after}
        assert log.verify("p", through=made.heads["p"]).problems == ()
        assert original.verify("p", through=made.heads["p"]).problems == ()


def test_nothing_is_overwritten(here, there, tmp_path):
    out = tmp_path / "all.zip"
    backup.write(here, out)
    kept = out.read_bytes()
    with pytest.raises(Refused, match="all.zip is there already"):
        backup.write(here, out)
    assert out.read_bytes() == kept
    with pytest.raises(Refused, match=r"There is a project 'gallery' in .*nothing was restored"):
        backup.restore(here, out)
    with DecisionLog.open(there.database_url) as log:
        log.append("other", [decision("a", "hat")])
    with pytest.raises(Refused, match=r"is not empty \('chains', 'decisions'\), and nothing was restored"):
        backup.restore(there, out)
    assert folder.names(there.projects) == hidden(there) == []


@pytest.mark.parametrize(
    ("member", "old", "new", "says"),
    [
        ("tables/decisions.jsonl", '"absent"', '"present"', r"not as it was stored, and nothing was restored: Event 1"),
        ("tables/decisions.jsonl", "blurred", "sharp", r"Event 5 .*is not as it was stored"),
        ("tables/rulings.jsonl", None, "", "names 1 rows of 'rulings' and holds 0: it is not whole"),
        ("tables/chains.jsonl", "[", "{", "A row after row 0 of 'chains' cannot be taken"),
        ("tables/decisions.jsonl", "2026-01-02T", "yesterday ", "of 'decisions' cannot be taken"),
        ("backup.json", '"revision": "', '"revision": "9', "A newer labelreview made this.*Install the newer"),
        ("backup.json", '"form": 1', '"form": 2', "Install that or a newer one"),
        ("backup.json", '"gallery"', '"../gallery"', "cannot be a project's name"),
        ("projects/gallery/project.json", None, None, "lacks the folder of 'gallery'"),
        ("projects/../../secret.key", None, "x", "which is of none of its projects"),
    ],
)
def test_a_backup_that_was_changed_is_refused_and_leaves_nothing(sqlite_url, tmp_path, member, old, new, says):
    here, there = settings_in(tmp_path / "a"), settings_in(tmp_path / "b")
    ids = gallery(here, tmp_path / "a", items=2)
    with Project.open(here, "gallery") as project:
        project.record([decision(ids[0], tag, Verdict.ABSENT) for tag in ("hat", "cat", "boat", "hat")])
        project.record([decision(ids[0], "cat", note="blurred")])
        project.meeting.record(rulings.target("ann", 0.02, 0.9))
    backup.write(here, tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as whole, zipfile.ZipFile(tmp_path / "bad.zip", "w") as bad:
        members = {info.filename: whole.read(info) for info in whole.infolist()}
        was = members.pop(member, b"").decode()
        changed = was.replace(old, new, 1) if old else new
        if changed is not None:
            members[member] = changed.encode()
        for name, data in members.items():
            bad.writestr(name, data)
    with pytest.raises(LabelReviewError, match=says):
        backup.restore(there, tmp_path / "bad.zip")
    assert folder.names(there.projects) == hidden(there) == []
    assert not (tmp_path / "secret.key").exists()
    backup.restore(there, tmp_path / "all.zip")  # no row was left behind either
    with Project.open(there, "gallery") as project:
        assert len(project.log()) == 5


def test_half_a_file_and_another_file_are_said(here, there, tmp_path):
    backup.write(here, tmp_path / "all.zip")
    (tmp_path / "half.zip").write_bytes((tmp_path / "all.zip").read_bytes()[:-500])
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("backup.json", json.dumps(["mine"]))
    for name, says in (("half", "not a whole one"), ("other", "not a backup"), ("none", "is not there")):
        with pytest.raises(InputError, match=says):
            backup.restore(there, tmp_path / f"{name}.zip")


def test_a_backup_of_a_database_that_is_gone_says_so_and_leaves_no_file(tmp_path):
    settings = replace(settings_in(tmp_path), database_url="postgresql://ann:secret@127.0.0.1:1/x")
    with pytest.raises(StoreError, match="Is the database running"):
        backup.write(settings, tmp_path / "all.zip")
    assert list(tmp_path.glob("*.zip*")) == []
