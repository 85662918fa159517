"""The environment, read in one place."""

import stat
from pathlib import Path

import platformdirs
import pytest

from labelreview.errors import InputError
from labelreview.settings import Settings
from labelreview.store import DecisionLog


def test_state_lives_in_one_private_folder_with_the_database_in_it(tmp_path):
    settings = Settings.from_environment({"LABELREVIEW_HOME": f" {tmp_path}/deep/home "})
    assert settings.home == tmp_path / "deep" / "home"
    assert stat.S_IMODE(settings.home.stat().st_mode) == 0o700
    assert settings.projects.parent == settings.home
    DecisionLog.open(settings.database_url).close()
    assert [path.name for path in settings.home.iterdir()] == ["decisions.db"]


def test_the_default_is_under_the_users_data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert Settings.from_environment({}).home == platformdirs.user_data_path("labelreview", appauthor=False)
    assert Settings.from_environment({"LABELREVIEW_HOME": ""}) == Settings.from_environment({})


def test_a_relative_home_stays_where_it_was_when_the_working_directory_changes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Settings.from_environment({"LABELREVIEW_HOME": "here"}).home == tmp_path / "here"


def test_a_tilde_is_the_users_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Settings.from_environment({"LABELREVIEW_HOME": "~/lr"}).home == tmp_path / "lr"


def test_the_process_environment_is_read_by_default(tmp_path, monkeypatch):
    monkeypatch.setenv("LABELREVIEW_HOME", str(tmp_path))
    monkeypatch.setenv("LABELREVIEW_DATABASE_URL", "postgresql://db/labels")
    assert Settings.from_environment() == Settings(tmp_path, "postgresql://db/labels")


def test_rights_of_a_folder_that_is_there_are_left_as_they_are(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o750)
    Settings.from_environment({"LABELREVIEW_HOME": str(shared)})
    assert stat.S_IMODE(shared.stat().st_mode) == 0o750


def test_a_home_that_is_a_file_is_said(tmp_path):
    Path(tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="state folder .*file cannot be created: .*Set LABELREVIEW_HOME to a folder"):
        Settings.from_environment({"LABELREVIEW_HOME": str(tmp_path / "file")})


@pytest.mark.parametrize("name", ["with space", "100%", "what?", "%41", "#5", "ümläut", "a;b&c=d"])
def test_any_folder_name_works(tmp_path, name):
    settings = Settings.from_environment({"LABELREVIEW_HOME": str(tmp_path / name)})
    DecisionLog.open(settings.database_url).close()
    assert (tmp_path / name / "decisions.db").exists()
