"""Everything that labelreview keeps, in one file: the database's rows and the project folders, as a zip.

    backup.json          what is in it: tables, projects, the head of each log
    tables/NAME.jsonl    one row a line, a list of values in the order of the columns that backup.json names
    projects/NAME/…      the project folders, byte for byte

The rows are of one moment, whoever works meanwhile, and in a form of no database: a backup of SQLite can be restored to
PostgreSQL and the other way round. Left out is what can be made again (small pictures), what belongs to the user (the
pictures) and what is secret (the key that signs tokens: a restored home makes a new one).
"""

import json
import os
import shutil
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from labelreview import __version__, store
from labelreview.desk import folder
from labelreview.errors import InputError, LabelReviewError, Refused, few
from labelreview.formats import atomic
from labelreview.settings import Settings

Progress = Callable[[str, float], None]
FORM = 1
INDEX, CARD = "backup.json", "project.json"


@dataclass(frozen=True)
class Contents:
    """What a backup holds: the projects, by name with their uid, and the head of each log, by uid."""

    made: str
    projects: dict[str, str]
    heads: dict[str, store.Head]
    revision: str
    shapes: dict[str, store.Shape]

    @property
    def lines(self) -> list[str]:
        """A line for each project, with the head of its log, to be kept elsewhere."""
        heads = {name: self.heads.get(uid, store.Head()) for name, uid in sorted(self.projects.items())}
        return [f"{name}: {head.number:,} events, head {head}" for name, head in heads.items()]


def write(settings: Settings, out: Path, progress: Progress = lambda _step, _share: None) -> Contents:
    """Back up everything of a home and its database into a new file. Nobody who works meanwhile has to wait."""
    with (
        _disk(out),
        atomic.replacing(out) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, True, 1) as archive,
    ):
        with store.snapshot(settings.database_url) as moment:
            made = datetime.now(UTC).isoformat(timespec="seconds")
            _write_rows(archive, moment, progress)
            # After the rows: a project that was made meanwhile has no row yet, and none is without its project.
            projects = _write_projects(archive, settings.projects, progress)
            contents = Contents(made, projects, moment.heads, moment.revision, moment.shapes)
        shape = {"form": FORM, "labelreview": __version__, **asdict(contents)}
        archive.writestr(INDEX, json.dumps(shape, indent=1, ensure_ascii=False))
    progress("Backup", 1.0)
    return contents


def _write_rows(archive: zipfile.ZipFile, moment: store.Snapshot, progress: Progress) -> None:
    total, done = sum(shape.rows for shape in moment.shapes.values()), 0
    for name in moment.shapes:
        with archive.open(f"tables/{name}.jsonl", "w", force_zip64=True) as table:
            for row in moment.rows(name):
                table.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
                done += 1
                if done % 1000 == 0:
                    progress("Database", done / total)


def _write_projects(archive: zipfile.ZipFile, projects: Path, progress: Progress) -> dict[str, str]:
    # The cards first, and as they are now: of a version that comes meanwhile neither the card nor the data is in it.
    cards = {name: (projects / name / CARD).read_text("utf-8") for name in folder.names(projects)}
    files = [path for name in cards for path in _files(projects / name)]
    total, done = sum(path.stat().st_size for path in files) or 1, 0
    for path in files:
        archive.write(path, f"projects/{path.relative_to(projects).as_posix()}")
        done += path.stat().st_size
        progress("Projects", done / total)
    for name, card in cards.items():
        archive.writestr(f"projects/{name}/{CARD}", card)
    return {name: str(json.loads(card)["uid"]) for name, card in cards.items()}


def _files(project: Path) -> Iterator[Path]:
    """A project's files but its card, and without those that are just being written."""
    for parent, folders, names in os.walk(project):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        here = (Path(parent, name) for name in sorted(names) if not name.endswith(".tmp") and name != CARD)
        yield from (path for path in here if path.is_file() and not path.is_symlink())


def restore(settings: Settings, source: Path, progress: Progress = lambda _step, _share: None) -> Contents:
    """Bring a backup into a home and an empty database. Nothing that is there is replaced: Refused if it would be.

    Folders and rows are there whole or not at all, and only if every project's log is as it was when it was stored.
    """
    with _disk(source), _opened(source) as archive:
        contents = _contents(archive, source)
        if taken := [name for name in contents.projects if (settings.projects / folder.checked_name(name)).exists()]:
            raise Refused(f"There is a project {few(taken)} in {settings.home} already, and nothing was restored. "
                          "Restore into another LABELREVIEW_HOME.")  # fmt: skip
        settings.projects.mkdir(parents=True, exist_ok=True)
        partial = settings.projects / f".{uuid.uuid4().hex}.partial"
        placed: list[Path] = []
        try:
            _unpack(archive, contents, partial, progress)
            with store.filling(settings.database_url, contents.revision) as database:
                for name, shape in contents.shapes.items():
                    with archive.open(f"tables/{name}.jsonl") as table:
                        database.fill(name, shape, table)
                    progress("Database", 0.5)
                database.verify(contents.heads)
                for name in contents.projects:
                    os.rename(partial / name, settings.projects / name)
                    placed.append(settings.projects / name)
        except BaseException:
            for path in placed:
                shutil.rmtree(path, ignore_errors=True)
            raise
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    progress("Restore", 1.0)
    return contents


def _unpack(archive: zipfile.ZipFile, contents: Contents, target: Path, progress: Progress) -> None:
    target.mkdir()
    files = [info for info in archive.infolist() if info.filename.startswith("projects/") and not info.is_dir()]
    total, done = sum(info.file_size for info in files) or 1, 0
    for info in files:
        place = (target / info.filename.removeprefix("projects/")).resolve()
        if (
            not place.is_relative_to(target.resolve())
            or place.relative_to(target.resolve()).parts[0] not in contents.projects
        ):
            raise InputError(f"The backup holds '{info.filename[:200]}', which is of none of its projects.")
        place.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(info) as packed, place.open("xb") as file:
            shutil.copyfileobj(packed, file, 1 << 20)
            os.fsync(file.fileno())
        done += info.file_size
        progress("Projects", done / total)
    if missing := [name for name in contents.projects if not (target / name / CARD).is_file()]:
        raise InputError(f"The backup lacks the folder of {few(missing)}: it is not whole.")


def _contents(archive: zipfile.ZipFile, source: Path) -> Contents:
    try:
        shape: dict[str, Any] = json.loads(archive.read(INDEX))
        if shape["form"] > FORM:
            raise InputError(f"{source} was made by labelreview {shape['labelreview']}. Install that or a newer one.")
        shapes = {
            name: store.Shape(tuple(each["columns"]), tuple(each["moments"]), each["rows"])
            for name, each in shape["shapes"].items()
        }
        heads = {uid: store.Head(each["number"], each["hash"]) for uid, each in shape["heads"].items()}
        return Contents(shape["made"], shape["projects"], heads, shape["revision"], shapes)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, LabelReviewError):
            raise
        raise InputError(f"{source} is not a backup of labelreview.") from error


@contextmanager
def _opened(source: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(source) as archive:
            yield archive
    except zipfile.BadZipFile as error:
        raise InputError(f"{source} is no backup, or not a whole one ({error}). Copy it again.") from None


@contextmanager
def _disk(about: Path) -> Iterator[None]:
    """What the disk refuses, in plain words."""
    try:
        yield
    except FileNotFoundError as error:
        raise InputError(
            f"{error.filename or about} is not there (any more). Look at the name, and try again."
        ) from None
    except OSError as error:
        raise InputError(f"{error.filename or about}: {error.strerror}. Nothing was left behind.") from None
