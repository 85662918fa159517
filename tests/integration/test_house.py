"""The rules of docs/architecture.md that import-linter cannot say, and the habits that CI relies on."""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from labelreview.web.words import FIRST, LANGUAGES

ROOT = Path(__file__).resolve().parents[2]
SCREENS = [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))]
MAY_USE = ("labelreview.web.", "labelreview.decisions.", "labelreview.errors.", "labelreview.roles.",
           "labelreview.settings.Settings")  # fmt: skip
MODULES = sorted((ROOT / "labelreview").rglob("*.py"))
COMPONENTS = sorted(path for way in ("loop", "ways") for path in (ROOT / "labelreview" / "web" / way).iterdir())


def imported(path: Path) -> set[str]:
    """The modules that a file imports, with the names taken from packages: `labelreview.web.session`."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", SCREENS, ids=lambda path: path.name)
def test_a_screen_uses_streamlit_labelreview_web_and_the_nouns_alone(path: Path) -> None:
    ours = {name for name in imported(path) if name.startswith("labelreview")}
    assert [name for name in ours if not name.startswith(MAY_USE)] == []
    assert not {name.partition(".")[0] for name in imported(path)} & {"pandas", "numpy", "plotly", "sqlalchemy", "PIL"}


@pytest.mark.parametrize("path", sorted((ROOT / "pages").glob("*.py")), ids=lambda path: path.name)
def test_a_screen_is_at_most_60_lines(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 60


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_has_at_most_400_lines_and_a_function_at_most_40(path: Path) -> None:
    text = path.read_text("utf-8")
    functions = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert len(text.splitlines()) <= 400
    assert [f.name for f in functions if f.end_lineno and f.end_lineno - f.lineno >= 40] == []


def test_ci_runs_the_command_that_the_readme_names() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    command = re.search(r"<!-- the test command -->\n```console\n\$ (.+)\n```", readme)
    assert command
    script = (ROOT / ".ci" / "run").read_text("utf-8").replace('exec bash -c "$command"', 'echo "$command"')
    dry = subprocess.run(["bash", "-c", script, str(ROOT / ".ci" / "run")], capture_output=True, text=True, check=True)
    assert dry.stdout.splitlines()[-1] == command[1]


def test_a_command_starts_without_what_takes_seconds_to_import() -> None:
    heavy = "{'pandas', 'plotly', 'scipy.stats', 'sklearn', 'streamlit'}"
    code = f"import sys, labelreview.cli; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_ctrl_c_while_a_command_is_still_starting_leaves_no_traceback() -> None:
    code = """
import runpy, sys
class Interrupted:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupted())
runpy.run_module("labelreview", run_name="__main__")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "\nlabelreview: stopped before anything was done.\n")


def test_the_demo_data_is_whole() -> None:
    demo = ROOT / "data" / "demo"
    ids = [line.partition(",")[0] for line in (demo / "labels.csv").read_text("utf-8").splitlines()[1:]]
    assert len(ids) == 1921
    assert {path.stem for path in (demo / "images").iterdir()} == set(ids)
    assert {path.name for path in demo.iterdir()} >= {"README.md", "LICENSE.txt", "credits.csv", "make_demo.py"}


def text(paths: Iterable[Path], *suffixes: str) -> str:
    return "\n".join(path.read_text("utf-8") for path in paths if path.suffix in suffixes)


def named_in(source: str) -> Callable[[str], bool]:
    """Whether a source has a name in quotes: all of it, or its beginning or end where the rest is filled in."""
    whole = set(re.findall(r"[\"'`]([\w.-]+)(?=[\"'`])", source))
    begun = tuple(re.findall(r"[\"'`]([\w.-]+[.-])(?=\$?\{|[\"'`])", source))
    ended = tuple(re.findall(r"\}(-[\w-]+)[\"'`]", source))
    return lambda name: name in whole or name.startswith(begun) or name.endswith(ended)


def test_every_word_of_the_catalogue_is_said_somewhere() -> None:
    pages = named_in(
        text((path for path in [*MODULES, *SCREENS] if path.parent.name != "words" or path.stem == "__init__"), ".py")
    )
    component = named_in(text(COMPONENTS, ".js", ".html"))
    parts = ("loop.", "way.", "grid.", "whole.")
    unsaid = [key for key in LANGUAGES[FIRST][1] if not pages(key)]
    assert [key for key in unsaid if not (key.startswith(parts) and component(key.partition(".")[2]))] == []


def test_every_part_and_class_of_the_components_is_used() -> None:
    named = named_in(text(COMPONENTS, ".js"))
    assert [part for part in re.findall(r'data-part="([^"]+)"', text(COMPONENTS, ".html")) if not named(part)] == []
    selectors = " ".join(re.findall(r"([^{}]+)\{", re.sub(r"/\*.*?\*/", "", text(COMPONENTS, ".css"), flags=re.S)))
    made = " ".join(re.findall(r"[\"']([\w -]+)[\"']", text(COMPONENTS, ".js", ".html"))).split()
    assert set(re.findall(r"\.([a-z][\w-]*)", selectors)) <= set(made)
