"""The versions of a project on disk: one written beside the other, the earlier ones removed, what was left half-made
swept away. A version holds once the project's card names it (`folder`).
"""

import json
import os
import re
import shutil
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from labelreview.desk import folder
from labelreview.errors import Refused
from labelreview.formats.telling import Tell, nothing
from labelreview.tags import Dataset, Names, Probs

HIDDEN, VERSION = re.compile(r"\.[0-9a-f]{32}\.(partial|gone|card)"), re.compile(r"[0-9a-f]{12}")
LEFT_OVER = 3600.0  # seconds without a change after which what is half-made is nobody's any more


def write_version(
    before: folder.Folder,
    card: folder.Card,
    dataset: Dataset,
    images: Sequence[str],
    source: Mapping[str, Path],
    texts: Sequence[str] = (),
    models: Sequence[Probs] = (),
    gone: Sequence[str] = (),
    carried: Sequence[str] = (),
    tell: Tell = nothing,
) -> folder.Folder:
    """Give a project another version, in one step: before it the old one holds, after it the new one.

    The folder of the old version stays as it is. `gone` are ids that earlier versions had, `carried` the names of kept
    arrays (`keep`) that hold for the new version too. Refused when the project got another version meanwhile.
    """
    sweep(before.path.parent)
    partial, target = before.path / f".{uuid.uuid4().hex}.partial", before.path / card.version
    try:
        folder.write_data(partial, dataset, images, source, texts if card.texts else None, models, tell)
        folder.save_names(partial / "gone", Names.of(gone))
        for name in carried:
            kept = before.place(name)
            if kept.exists():
                shutil.copyfile(kept, partial / kept.name)
        if folder.read(before.path.parent, card.name).card.version != before.card.version:
            raise Refused(f"The project '{card.name}' was given another version meanwhile. Look at what changed, and "
                          "update it again.")  # fmt: skip
        os.rename(partial, target)
        _replace_card(before.path, card)
    except OSError as error:
        raise Refused(f"The new version cannot be written in {before.path}: {error.strerror}.") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder.read(before.path.parent, card.name)


def remove_earlier(opened: folder.Folder) -> list[str]:
    """Remove the data of all earlier versions; they stay in the list of versions. Gives those that were there."""
    found = [old.version for old in opened.card.earlier if (opened.path / old.version).is_dir()]
    for version in found:
        hidden = opened.path / f".{uuid.uuid4().hex}.gone"
        os.rename(opened.path / version, hidden)
        shutil.rmtree(hidden, ignore_errors=True)
    return found


def size(opened: folder.Folder, version: str) -> int | None:
    """How many bytes the data of a version take; None where it was removed."""
    place = opened.path / version if version != opened.card.version else opened.data
    return sum(path.stat().st_size for path in place.rglob("*") if path.is_file()) if place.is_dir() else None


def sweep(projects: Path) -> None:
    """Remove what an import or an update left half-made when it was killed, once nothing has touched it for an hour."""
    homes = [path.parent for path in projects.glob("*/project.json")]
    left = [path for place in (projects, *homes) for path in place.glob(".*") if HIDDEN.fullmatch(path.name)]
    for home in homes:
        with suppress(OSError, ValueError, KeyError):
            shape = json.loads((home / "project.json").read_text("utf-8"))
            named = {shape["version"], *(version for version, *_rest in shape.get("earlier", ()))}
            left += [path for path in home.iterdir() if VERSION.fullmatch(path.name) and path.name not in named]
    for path in left:
        if time.time() - _last_touched(path) > LEFT_OVER:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def _last_touched(path: Path) -> float:
    """When anything in a folder was last written; now, where it is going away."""
    try:
        return max(found.stat().st_mtime for found in (path, *path.rglob("*")))
    except OSError:
        return time.time()


def _replace_card(path: Path, card: folder.Card) -> None:
    partial = path / f".{uuid.uuid4().hex}.card"
    try:
        with partial.open("w", encoding="utf-8") as file:
            file.write(folder.shape_of(card))
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path / "project.json")
    finally:
        partial.unlink(missing_ok=True)
