"""Errors by source, by annotator, by any column of an items file, which is kept in the project's folder."""

from pathlib import Path

from labelreview.formats import items
from labelreview.formats.atomic import replacing
from labelreview.formats.items import Column
from labelreview.project import Project
from labelreview.review import estimates
from labelreview.review.estimates import ErrorRate
from labelreview.triage.figures import Triage

KEPT = "items{}"
SUFFIXES = (".csv", ".tsv", ".parquet")


def keep_items(project: Project, path: Path) -> dict[str, Column]:
    """Read an items file, and keep it for the next time; the one before is replaced."""
    columns = items.read(path, project.dataset.ids)
    for old in _kept(project):
        old.unlink()
    suffix = path.suffix.lower() if path.suffix.lower() in SUFFIXES else ".csv"
    with replacing(project.folder.path / KEPT.format(suffix), overwrite=True) as out:
        out.write(path.read_bytes())
    return columns


def columns_of(project: Project) -> dict[str, Column]:
    """The columns of the items file that is kept; none where there is no file."""
    kept = _kept(project)
    return items.read(kept[0], project.dataset.ids) if kept else {}


def stamp(project: Project) -> float:
    """Changes when the items file does."""
    return max((path.stat().st_mtime for path in _kept(project)), default=0.0)


def rates(project: Project, found: Triage, column: Column) -> list[ErrorRate]:
    """The error rate of each value of a column."""
    return estimates.by_items(project.audit, found.evidence, column.codes)


def _kept(project: Project) -> list[Path]:
    return [path for suffix in SUFFIXES if (path := project.folder.path / KEPT.format(suffix)).exists()]
