"""The documentation is true: every command and every Python example in it is run, every link leads somewhere.

A page is run from top to bottom in one scratch folder, with `data/demo` and an empty LABELREVIEW_HOME. In a `console`
block a line `$ …` is a command, the lines below it are its output (`...` stands for anything; no lines: not
compared). A `python` block is a doctest. A block that cannot be run there stands under `<!-- not run: why -->`.
"""

import doctest
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from labelreview import scoring
from labelreview.cli import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^(?:<!-- (?P<mark>.+?) -->\n)?```(?P<language>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
NOT_RUN = re.compile(r"not run: \w.+|the (start|test) command")
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True)
class Block:
    page: Path
    line: int
    language: str
    body: str


def blocks(page: Path) -> list[Block]:
    """The blocks of a page that are to be run."""
    text = page.read_text("utf-8")
    return [
        Block(page, text.count("\n", 0, found.start("body")), found["language"], found["body"])
        for found in BLOCK.finditer(text)
        if found["language"] in ("console", "python") and not NOT_RUN.fullmatch(found["mark"] or "")
    ]


def commands(body: str) -> list[tuple[str, str]]:
    """Each command of a console block with the output shown below it; a backslash carries a command on."""
    found: list[tuple[str, str]] = []
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command = re.match(r"(?:.*\\\n)*.*\n", part)
        assert command
        found.append((command[0].strip(), part[command.end() :]))
    return found


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with the demo data in it and a `labelreview` on the path, as after `pip install`."""
    where = tmp_path / "scratch"
    (where / "data").mkdir(parents=True)
    (where / "data" / "demo").symlink_to(ROOT / "data" / "demo")
    script = tmp_path / "bin" / "labelreview"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m labelreview "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(script.parent), prepend=os.pathsep)
    monkeypatch.setenv("LABELREVIEW_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("LABELREVIEW_DATABASE_URL", raising=False)
    monkeypatch.chdir(where)
    return where


def run_console(block: Block) -> None:
    for command, shown in commands(block.body):
        done = subprocess.run(["bash", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said = f"{block.page.name}, block at line {block.line}: $ {command}\n{done.stdout}"
        assert done.returncode == 0, said
        as_shown = not shown or doctest.OutputChecker().check_output(shown, done.stdout, OPTIONS)
        assert as_shown, f"{said}\nshown:\n{shown}"


def run_python(block: Block, names: dict[str, object]) -> None:
    example = doctest.DocTestParser().get_doctest(block.body, names, block.page.name, str(block.page), block.line)
    assert example.examples, f"{block.page.name}, line {block.line}: write it as a doctest (>>>)."
    report: list[str] = []
    result = doctest.DocTestRunner(optionflags=OPTIONS).run(example, out=report.append, clear_globs=False)
    names.update(example.globs)
    assert result.failed == 0, "".join(report)


@pytest.mark.skipif(sys.platform == "win32", reason="the commands are shown for a POSIX shell")
@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=lambda page: page.name)
@pytest.mark.usefixtures("scratch")
def test_every_command_and_example_does_what_the_page_says(page: Path) -> None:
    names: dict[str, object] = {}
    for block in blocks(page):
        if block.language == "console":
            run_console(block)
        else:
            run_python(block, names)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8"))
    ours = [target for target in targets if not target.startswith(("http:", "https:", "mailto:"))]
    assert [target for target in ours if not (page.parent / target).exists()] == []


def test_the_command_line_reference_names_every_command_and_option() -> None:
    import typer.main

    text = (ROOT / "docs" / "command-line.md").read_text("utf-8")
    sections = dict(re.findall(r"^## `labelreview ([\w-]+)[^\n]*\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    group = typer.main.get_command(app)
    there = {name: command.params for name, command in group.commands.items()}  # type: ignore[attr-defined]
    assert set(sections) == set(there)
    for name, params in there.items():
        options = {word for param in params for word in param.opts if word.startswith("--")}
        assert {word for word in options if f"`{word}" not in sections[name]} == set(), name
        assert set(re.findall(r"^\| `(--[\w-]+)", sections[name], re.MULTILINE)) <= options, name


def test_the_command_line_reference_names_every_scorer_pooler_and_rule() -> None:
    text = (ROOT / "docs" / "command-line.md").read_text("utf-8")
    rows = [*scoring.SCORERS, *scoring.POOLERS, *scoring.FILTERS]
    assert [name for name in rows if f"`{name}`" not in text] == []


def test_the_tables_of_keys_are_those_that_the_pages_obey() -> None:
    from labelreview.web import words
    from labelreview.web.loop.keys import KEYS, cap
    from labelreview.web.ways import GRID_KEYS, WHOLE_KEYS

    text = (ROOT / "docs" / "review.md").read_text("utf-8")
    shown = re.findall(r"^\| ([^|]+) \| `(.+?)` \| `(.+?)` \| `(.+?)` \|$", text, re.MULTILINE)
    tables = {"key.": KEYS, "grid.key-": GRID_KEYS, "whole.key-": WHOLE_KEYS}
    assert shown == [
        (words.say("en", f"{said}{key.action}"), cap(key.both), cap(key.left), cap(key.right))
        for said, keys in tables.items()
        for key in keys
    ]


def test_the_environment_variables_of_the_settings_are_documented() -> None:
    source = (ROOT / "labelreview" / "settings.py").read_text("utf-8")
    text = (ROOT / "docs" / "command-line.md").read_text("utf-8")
    assert set(re.findall(r"LABELREVIEW_[A-Z_]+", source)) <= set(re.findall(r"LABELREVIEW_[A-Z_]+", text))
