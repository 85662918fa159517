"""What people of a project have saved under a name: queues (filters and order) and selections (lists of item ids).

One small file each, written whole or not at all, so that processes need no lock. A name is given once: what a link
names never changes under whoever opens it. Names are data; on disk they are hashes.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from labelreview.errors import InputError, NotFound, StoreError
from labelreview.formats.atomic import replacing
from labelreview.tags import Names

LONGEST = 80
QUEUES, SELECTIONS = "queues", "selections"


@dataclass(frozen=True)
class Saved:
    """The saved queues and selections of one project, whose folder and ids these are."""

    path: Path
    ids: Names

    def queues(self) -> dict[str, dict[str, str]]:
        """The filters of every saved queue by its name, as addresses write them."""
        return {name: {str(key): str(value) for key, value in dict(shape["filters"]).items()}
                for name, shape in self._all(QUEUES).items()}  # fmt: skip

    def save_queue(self, name: str, filters: Mapping[str, str], by: str) -> None:
        """Save filters; InputError where the name is taken by others."""
        self._write(QUEUES, name, {"by": by, "filters": dict(filters)})

    def selections(self) -> list[str]:
        """The names of the saved selections, sorted."""
        return sorted(self._all(SELECTIONS))

    def save_selection(self, name: str, ids: Sequence[str], by: str) -> int:
        """Save a list of ids; gives how many the project has. InputError where it has none of them."""
        found = sum(item in self.ids for item in dict.fromkeys(ids))
        if not found:
            few = ", ".join(map(repr, ids[:3])) or "an empty file"
            raise InputError(f"None of these ids is in this project: {few}. Give one id a line.")
        self._write(SELECTIONS, name, {"by": by, "ids": list(dict.fromkeys(ids))})
        return found

    def rows(self, name: str) -> npt.NDArray[np.bool_]:
        """(N,) the items of a selection that the project has; NotFound without one of that name."""
        shape = self._read(self._place(SELECTIONS, name))
        if shape is None:
            raise NotFound(f"There is no selection '{name}' in this project.")
        chosen = np.zeros(len(self.ids), bool)
        chosen[[self.ids.position(item) for item in shape["ids"] if item in self.ids]] = True
        return chosen

    def remove(self, kind: str, name: str) -> None:
        """Forget a saved queue or selection; removing what is gone is harmless."""
        self._place(kind, name).unlink(missing_ok=True)

    def _place(self, kind: str, name: str) -> Path:
        return self.path / "saved" / kind / f"{hashlib.blake2b(name.encode(), digest_size=16).hexdigest()}.json"

    def _all(self, kind: str) -> dict[str, dict[str, Any]]:
        shapes = map(self._read, sorted((self.path / "saved" / kind).glob("*.json")))
        return {str(shape["name"]): shape for shape in shapes if shape}

    def _read(self, path: Path) -> dict[str, Any] | None:
        try:
            shape = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return shape if isinstance(shape, dict) else None

    def _write(self, kind: str, name: str, shape: Mapping[str, Any]) -> None:
        name = name.strip()
        if not name or len(name) > LONGEST or not name.isprintable():
            raise InputError(f"A name has 1 to {LONGEST} characters on one line.", key="name-length", most=LONGEST)
        place = self._place(kind, name)
        text = json.dumps({"name": name, **shape}, ensure_ascii=False).encode()
        before = self._read(place)
        if before is not None and before != {"name": name, **shape}:
            why = f"There is '{name}' already, and links may lead to it. Choose another name."
            raise InputError(why, key="name-taken", name=name)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with replacing(place, overwrite=True) as file:
                file.write(text)
        except OSError as error:
            raise StoreError(f"{place} cannot be written: {error.strerror}.") from error


def ids_of(text: str) -> list[str]:
    """The ids of a file: one a line; of a CSV the first column, without its heading `id`.

    >>> ids_of("id,note\\na,x\\nb,y\\n")
    ['a', 'b']
    """
    lines = [line.strip() for line in text.lstrip("\ufeff").splitlines()]
    is_table = bool(lines) and lines[0].split(",")[0].strip('"').casefold() in ("id", "item")
    if is_table:
        lines = [line.split(",")[0].strip('"') for line in lines[1:]]
    return [line for line in lines if line]
