"""Do the locks agree with pyproject.toml? `python -m tests.lock` says what does not and how to mend it.

pyproject.toml is the one source: `make lock` compiles requirements.txt (what the app needs) and requirements-dev.txt
(the same versions, and what the tests need) from it. A lock is made for every platform, so a package may have several
pins that exclude each other by marker (numpy for Python 3.11 and for later ones).
"""

import sys
import tomllib
from collections import defaultdict
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
Pins = dict[str, list[Requirement]]


def pins(name: str, text: str) -> tuple[Pins, list[str]]:
    """The pins of a lock by package name, and what is wrong with its lines."""
    found: Pins = defaultdict(list)
    wrong = []
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.partition(" #")[0].strip()
        if not line or line.startswith("#"):
            continue
        try:
            pin = Requirement(line)
        except InvalidRequirement:
            wrong.append(f"{name}, line {number}: {line!r} is not a pin. A lock holds `package==version` alone.")
            continue
        if [clause.operator for clause in pin.specifier] != ["=="] or pin.url:
            wrong.append(f"{name}, line {number}: {line!r} must be pinned with one `==`.")
        found[canonicalize_name(pin.name)].append(pin)
    return found, wrong


def version(pin: Requirement) -> str:
    return next(iter(pin.specifier)).version


def versions(pins: list[Requirement]) -> list[str]:
    return sorted({version(pin) for pin in pins}, key=Version)


def unmet(name: str, lock: Pins, requirements: list[str]) -> list[str]:
    """Requirements of pyproject.toml that the lock does not satisfy."""
    wrong = []
    for requirement in map(Requirement, requirements):
        locked = lock.get(canonicalize_name(requirement.name), [])
        if not locked:
            wrong.append(f"{name}: '{requirement.name}' of pyproject.toml has no pin.")
        wrong += [
            f"{name}: {pin} does not satisfy '{requirement}' of pyproject.toml."
            for pin in locked
            if not requirement.specifier.contains(Version(version(pin)), prereleases=True)
        ]
    return wrong


def differences(app: Pins, dev: Pins) -> list[str]:
    """Packages of requirements.txt that requirements-dev.txt has not in the same versions (markers may be wider)."""
    return [
        f"requirements-dev.txt: '{name}' is {versions(dev.get(name, []))}, in requirements.txt {versions(app[name])}."
        for name in sorted(app)
        if versions(app[name]) != versions(dev.get(name, []))
    ]


def disagreements(pyproject: str, app_lock: str, dev_lock: str) -> list[str]:
    """All that is wrong between the three texts; empty when they agree."""
    project = tomllib.loads(pyproject)["project"]
    needs = project["dependencies"]
    extra = project["optional-dependencies"]["dev"]
    app, wrong_app = pins("requirements.txt", app_lock)
    dev, wrong_dev = pins("requirements-dev.txt", dev_lock)
    return [
        *wrong_app,
        *wrong_dev,
        *unmet("requirements.txt", app, needs),
        *unmet("requirements-dev.txt", dev, needs + extra),
        *differences(app, dev),
    ]


def main() -> int:
    texts = [(ROOT / name).read_text() for name in ("pyproject.toml", "requirements.txt", "requirements-dev.txt")]
    wrong = disagreements(*texts)
    for line in wrong:
        print(line)
    print("Mend it with `make lock`." if wrong else "The locks agree with pyproject.toml.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
