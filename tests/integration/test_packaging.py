"""What `pip install` of the wheel gives: the package, and the screens and the demo data that a clone has beside it."""

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.wheel import ROOT, built, unpacked


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_every_file_of_the_package(names: set[str]) -> None:
    files = (path for path in (ROOT / "labelreview").rglob("*") if path.is_file() and path.suffix != ".pyc")
    assert {str(path.relative_to(ROOT).as_posix()) for path in files} <= names


def test_the_wheel_holds_the_screens_and_the_demo(names: set[str]) -> None:
    screens = ["app.py", ".streamlit/config.toml", *(f"pages/{path.name}" for path in (ROOT / "pages").glob("*.py"))]
    demo = [f"data/demo/{path.name}" for path in (ROOT / "data" / "demo").iterdir() if path.is_file()]
    assert {f"labelreview/_screens/{name}" for name in screens + demo} <= names
    assert sum(name.startswith("labelreview/_screens/data/demo/images/") for name in names) == 1921


def test_the_wheel_holds_nothing_else(names: set[str]) -> None:
    strange = {name for name in names if not name.startswith(("labelreview/", "labelreview-"))}
    assert not strange
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_the_wheel_names_its_licence_its_command_and_what_it_needs(wheel: Path, names: set[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    folder = f"labelreview-{project['version']}.dist-info"
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read(f"{folder}/METADATA").decode()
        commands = archive.read(f"{folder}/entry_points.txt").decode()
    assert "labelreview = labelreview.__main__:main" in commands
    assert f"{folder}/licenses/LICENSE" in names
    assert "License-Expression: Apache-2.0" in metadata
    needed = [line for line in metadata.splitlines() if line.startswith("Requires-Dist") and "extra ==" not in line]
    assert len(needed) == len(project["dependencies"])


def test_the_installed_command_line_needs_no_clone(wheel: Path, tmp_path: Path) -> None:
    site = unpacked(wheel, tmp_path / "site")
    done = subprocess.run(
        [sys.executable, "-m", "labelreview", "list"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site), "LABELREVIEW_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "home") in done.stdout
