"""`python -m tests`: lint, then every test, on a machine that has Python and what requirements-dev.txt names.

    python -m tests              everything, as CI runs it
    python -m tests lint         the lint steps alone
    python -m tests -k "burst"   arguments go to pytest, after the lint steps

Tests run in several processes at once; `-n 0` takes them one by one, as a debugger needs.

pytest comes last and nothing is printed after it, so that its closing line closes the run.
"""

import subprocess
import sys
from pathlib import Path

from tests import chromium

ROOT = Path(__file__).resolve().parent.parent
# import-linter has no -m. No cache: it keeps what an import meant before the module that it names was there.
LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-logo', '--no-cache'])"
# More processes than four help nobody: each that needs them starts a PostgreSQL and a Chromium of its own.
AT_ONCE = ["-n", "auto", "--maxprocesses", "4", "--dist", "worksteal"]
LINT = {
    "ruff: no known mistakes": ["-m", "ruff", "check", "."],
    "ruff: one way to lay out code": ["-m", "ruff", "format", "--check", "."],
    "mypy: the types hold": ["-m", "mypy", "labelreview"],
    "import-linter: imports go down the floors": ["-c", LINT_IMPORTS],
    "bandit: no known weakness in the code": ["-m", "bandit", "--quiet", "--recursive", "-ll", "labelreview"],
    "pip-audit: no known weakness in what is pinned": ["-m", "tests.weaknesses"],
    "lock: pins agree with pyproject.toml": ["-m", "tests.lock"],
}


def say(text: str) -> None:
    print(f"\n── {text}", flush=True)


def python(*arguments: str) -> bool:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT).returncode == 0


def lint() -> bool:
    failed = []
    for title, step in LINT.items():
        say(title)
        if not python(*step):
            failed.append(title)
    if failed:
        say("Lint failed: " + "; ".join(failed))
    return not failed


def main(arguments: list[str]) -> int:
    if not lint():
        return 1
    if arguments[:1] == ["lint"]:
        return 0
    say("Chromium for the browser tests")
    print(chromium.ensure(), flush=True)
    say("pytest: unit, integration (SQLite and PostgreSQL), browser")
    return 0 if python("-m", "pytest", *AT_ONCE, *arguments) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
