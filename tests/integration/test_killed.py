"""kill -9 at any moment of an import or an update, and Ctrl-C: nothing is half-made, and the old version opens.

One process with all imports done forks a child for each moment; the child kills itself there, as the kernel would. The
moments are the words about how far it is, of which the smallest blocks give many, and the steps between the files.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labelreview.desk import folder, intake, shelf, versions
from labelreview.desk.versions import New
from labelreview.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
LABELS = "id,hat,cat\n" + "".join(f"item{at},{at % 2},{at % 3 // 2}\n" for at in range(40))
PROBS = "id,hat,cat\n" + "".join(f"item{at},0.{at + 10},0.5\n" for at in range(40))
NEW_LABELS = LABELS.replace(",1,", ",0,")

FORKS = """
import json, os, signal, sys
from pathlib import Path
import labelreview.formats.opened as opened
import labelreview.formats.csvtext as csvtext
from labelreview.desk import folder, intake, versions
from labelreview.settings import Settings
opened.BLOCK = csvtext.BLOCK = folder.BLOCK = 128

def work(settings, what, progress):
    if what == "import":
        inputs = intake.gather(Path("l.csv"), Path("p.csv"), progress=progress)
        intake.create(settings, "new", inputs, progress=progress)
    else:
        update = versions.gather(settings, "old", versions.New(labels=Path("l2.csv")), progress=progress)
        versions.apply(settings, update, progress=progress)

def child(where, what, moment):
    os.chdir(where)
    said = []
    def die(): os.kill(os.getpid(), signal.SIGKILL)
    def progress(step, share):
        said.append(step)
        if len(said) == moment: die()
    if moment == "before the rename": os.rename = lambda *a: die()
    if moment == "before the card": os.replace = lambda *a: die()
    work(Settings.from_environment({"LABELREVIEW_HOME": str(Path(where) / "home")}), what, progress)
    os.write(1, json.dumps(said).encode() + b"\\n")
    os._exit(0)

for line in sys.stdin:
    if os.fork() == 0: child(*json.loads(line))
    os.write(1, json.dumps(os.wait()[1]).encode() + b"\\n")
"""


class Forks:
    """The process that forks children."""

    def __init__(self) -> None:
        command = [sys.executable, "-W", "ignore", "-c", FORKS]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def _answer(self, *asked: object) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        if asked:
            self.process.stdin.write(json.dumps(asked) + "\n")
            self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def steps(self, where: Path, what: str) -> list[str]:
        """What a child said that came to its end."""
        said: list[str] = self._answer(str(where), what, None)
        assert self._answer() == 0
        return said

    def killed_at(self, where: Path, what: str, moment: int | str) -> bool:
        """Whether a child killed itself at that moment."""
        return bool(self._answer(str(where), what, moment) == signal.SIGKILL)


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    started = Forks()
    yield started
    started.process.kill()
    started.process.communicate()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    for name, text in (("l.csv", LABELS), ("p.csv", PROBS), ("l2.csv", NEW_LABELS)):
        Path(name).write_text(text)
    made = Settings.from_environment({"LABELREVIEW_HOME": str(tmp_path / "home")})
    intake.create(made, "old", intake.gather(Path("l.csv"), Path("p.csv")))
    return made


def left_over(settings: Settings) -> list[Path]:
    """What stands in the projects' folder beside the project `old` and its version."""
    old = settings.projects / "old"
    here = {old, old / "project.json", *(old / v.version for v in folder.read(settings.projects, "old").card.versions)}
    return [path for path in (*settings.projects.iterdir(), *old.iterdir()) if path not in here]


def age(paths: list[Path]) -> None:
    for path in paths:
        for each in (*path.rglob("*"), path):
            os.utime(each, (0, 0))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("what", ["import", "update"])
def test_kill_9_leaves_nothing_half_made_and_what_it_leaves_is_swept_away_later(settings, tmp_path, forks, what):
    said = forks.steps(tmp_path, what)
    assert {"Reading labels", "Checking", "Joining", "Writing"} <= set(said)
    if what == "import":
        shutil.rmtree(settings.projects / "new")
    before = folder.read(settings.projects, "old").card
    writing = [at for at, step in enumerate(said, 1) if step == "Writing"]
    between = {"import": ["before the rename"], "update": ["before the rename", "before the card"]}[what]
    for moment in [len(said) // 3, writing[0], writing[len(writing) // 2], writing[-1], *between]:
        assert forks.killed_at(tmp_path, what, moment), moment
        assert folder.names(settings.projects) == ["old"]
        opened = folder.read(settings.projects, "old")
        assert (opened.card, len(opened.dataset.ids)) == (before, 40)
    left = left_over(settings)
    assert left
    shelf.sweep(settings.projects)
    assert left_over(settings) == left
    age(left)
    intake.create(settings, "new", intake.gather(Path("l.csv"), Path("p.csv")))
    assert left_over(settings) == [settings.projects / "new"]
    update = versions.gather(settings, "old", New(labels=Path("l2.csv")))
    assert versions.apply(settings, update).dataset.label(1, 0) == 0


@pytest.mark.parametrize("step", ["Reading labels", "Reading predictions", "Checking", "Joining", "Writing"])
def test_whoever_listens_can_end_an_import_and_nothing_is_left(settings, step):
    def cancelled(said: str, _share: float) -> None:
        if said == step:
            raise KeyboardInterrupt

    def made() -> None:
        inputs = intake.gather(Path("l.csv"), Path("p.csv"), progress=cancelled)
        intake.create(settings, "new", inputs, progress=cancelled)

    def updated() -> None:
        new = New(labels=Path("l2.csv"), predicted=Path("p.csv"))
        versions.apply(settings, versions.gather(settings, "old", new, progress=cancelled), progress=cancelled)

    for work in (made, updated):
        with pytest.raises(KeyboardInterrupt):
            work()
    assert left_over(settings) == []
    assert not settings.uploads.exists() or not list(settings.uploads.iterdir())


CTRL_C = """
import os, signal
from labelreview.desk import intake
from labelreview.cli import main
gather = intake.gather
def pressed(*given, **more):
    os.kill(os.getpid(), signal.SIGINT)
    return gather(*given, **more)
intake.gather = pressed
main(["init", "new", "--labels", "l.csv", "--predictions", "p.csv"])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_ends_the_command_with_a_word_and_leaves_nothing(settings, tmp_path):
    environment = {**os.environ, "LABELREVIEW_HOME": str(settings.home), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", CTRL_C]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.stderr.strip() == "labelreview: stopped. Nothing is half-written."
    assert done.returncode == 130
    assert left_over(settings) == []
