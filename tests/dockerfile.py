"""A Dockerfile as a list of instructions, and its steps followed in a folder in place of an image."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path


def instructions(text: str) -> list[tuple[str, str]]:
    """(WORD, the rest) of each instruction, comments left out and continued lines joined."""
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", " ", lines)
    return [
        (word.upper(), rest.strip()) for word, _, rest in (line.partition(" ") for line in joined.splitlines()) if word
    ]


@dataclass
class Image:
    """What would be in the image, in a folder `root`; absolute paths are taken to be in there."""

    root: Path
    context: Path
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": os.environ["PATH"]})
    folder: str = "/"
    command: str = ""
    health: str = ""

    def at(self, path: str) -> Path:
        return self.root / os.path.join(self.folder, path).lstrip("/")

    def inside(self, text: str) -> str:
        """A text of the Dockerfile with its absolute paths moved into the folder."""
        return re.sub(r"(?<![\w.:/])/(opt|src|state|backups)\b", rf"{self.root}/\1", text)

    def copy(self, arguments: str) -> None:
        *sources, target = arguments.split()
        for source in sources:
            found = self.context / source
            if found.is_dir():
                shutil.copytree(
                    found, self.at(target), ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True
                )
            else:
                place = self.at(target)
                place = place / found.name if target.endswith(("/", ".")) else place
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(found, place)

    def env(self, arguments: str) -> None:
        for name, value in re.findall(r"(\w+)=(\S+)", arguments):
            self.environment[name] = self.inside(value).replace("$PATH", self.environment["PATH"])

    def run(self, command: str) -> None:
        self.at(".").mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            ["sh", "-c", self.inside(command)],
            cwd=self.at("."), env={**os.environ, "PYTHONPATH": "", **self.environment}, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, f"RUN {command}\n{done.stdout}{done.stderr}"
