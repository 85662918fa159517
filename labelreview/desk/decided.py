"""A project's labels as the meeting decided them: verdicts applied, then merges, renames and drops; and as files.

The items are those of the labels file, also those that the project left out: their labels go along as they are.
"""

import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from labelreview import formats
from labelreview.desk.project import Project
from labelreview.errors import InputError
from labelreview.formats.atomic import replacing
from labelreview.formats.tables import write_csv
from labelreview.review import tageffect, tagplan
from labelreview.review.consensus import NEWEST
from labelreview.rulings import Ruling
from labelreview.tags import Labels, TagMatrix

TAGS = ("tag", "becomes", "definition", "assigned_to", "state", "note")
LOG = ("when", "by", "decision", "why", "taken_back", "uid")


def corrected(project: Project, consensus: str = NEWEST) -> tuple[Sequence[str], tuple[str, ...], Labels]:
    """Items, tags and labels (N, K) of the labels file with the verdicts applied: what an export starts from."""
    matrix = _source(project)[0].matrix
    values = np.array(matrix.dense(), np.int8)
    rows = {item: row for row, item in enumerate(matrix.ids)}
    columns = {tag: column for column, tag in enumerate(matrix.tags)}
    for change in project.changes(consensus):
        values[rows[change.item], columns[change.tag]] = change.corrected
    return matrix.ids, matrix.tags, values


def preview(project: Project, ruling: Ruling) -> tageffect.Preview:
    """What a ruling would do to the labels as an export would write them; InputError when it cannot apply."""
    if project.dataset.grid.sparse:
        raise InputError(
            "Tags of a sparse project cannot be merged or dropped here yet. Change them in the labels file."
        )
    held = project.meeting.allow(ruling)
    return tageffect.preview(*corrected(project), held.steps, ruling)


def outcome(project: Project, consensus: str = NEWEST) -> list[tageffect.Fate]:
    """What all decisions in force do to the labels as they stand, tag by tag; InputError for a sparse project."""
    if project.dataset.grid.sparse:
        raise InputError("Tags of a sparse project cannot be merged or dropped here yet.")
    _, tags, values = corrected(project, consensus)
    return tageffect.outcome(tags, values, project.meeting.standing())


def labels(
    project: Project, out: Path, *, as_format: str | None = None, consensus: str = NEWEST, close: bool = False,
    overwrite: bool = False,
) -> int:  # fmt: skip
    """The labels file with verdicts and tag decisions applied, in its own format or another. Gives the tags it has.

    close: what tags imply by agreed rules is set to present, before the tag decisions.
    """
    source, missing = _source(project)
    held = project.meeting.standing()
    ids, before, values = corrected(project, consensus)
    if close:
        values = held.rules.closed(values, before)
    tags, after = tagplan.decided(before, values, held.steps)
    names = {tag: held.becomes.get(tag, tag) for tag in before}
    matrix = TagMatrix(ids, tags, after)
    formats.write_retagged(source, out, matrix, names, missing, as_format=as_format, overwrite=overwrite)
    return len(tags)


@lru_cache(maxsize=2)
def _source(project: Project) -> tuple[formats.Source, str]:
    """The labels file as the project understood it: what it does not hold is what it is in the project's labels."""
    data, form = project.dataset, formats.FORMATS[project.card.labels_format]
    others = [missing for missing in formats.MEANINGS if missing != form.missing_means]
    for missing in (form.missing_means, *others):
        source = formats.read_labels(project.folder.labels_source, format=form.name, missing_means=missing)
        rows = {item: row for row, item in enumerate(source.matrix.ids)}
        columns = {tag: column for column, tag in enumerate(source.matrix.tags)}
        where = np.ix_([rows[item] for item in data.ids], [columns[tag] for tag in data.tags])
        if np.array_equal(source.matrix.dense()[where], data.labels):
            return source, missing
    raise InputError(f"{source.name}, as the project keeps it, does not say what the project's labels say. Make the "
                     "project anew from the labels file.")  # fmt: skip


def tag_list(project: Project, out: Path, *, overwrite: bool = False, excel_safe: bool = False) -> int:
    """Every tag: what becomes of it, its definition, who takes care of it. As CSV, .json or .md (definitions alone)."""
    held = project.meeting.standing()
    rows = []
    for tag in project.dataset.tags:
        who = held.assignments.get(tag)
        about = (who.person, who.state.value, who.note) if who and who.person else ("", "", "")
        rows.append((tag, held.becomes[tag], held.definition(tag), *about))
    write = _TAG_FILES.get(out.suffix.lower())
    if write is None:
        write_csv(out, TAGS, rows, overwrite, excel_safe=excel_safe)
    else:
        with replacing(out, overwrite=overwrite) as file:
            file.write(write(rows).encode())
    return len(rows)


def _as_json(rows: Sequence[tuple[str, ...]]) -> str:
    return json.dumps([dict(zip(TAGS, row, strict=True)) for row in rows], indent=1, ensure_ascii=False) + "\n"


def _as_markdown(rows: Sequence[tuple[str, ...]]) -> str:
    texts = dict.fromkeys((becomes, text) for _, becomes, text, *_ in rows if text and becomes)
    return "# Definitions of tags\n" + "".join(f"\n## {name}\n\n{text.strip()}\n" for name, text in texts)


_TAG_FILES: dict[str, Callable[[Sequence[tuple[str, ...]]], str]] = {".json": _as_json, ".md": _as_markdown}


def minutes(project: Project, out: Path, *, overwrite: bool = False, excel_safe: bool = False) -> int:
    """The log of rulings as CSV: when, who, what, why, and whether it was taken back."""
    held = project.meeting.standing()
    rows = [
        (ruling.at.isoformat(), ruling.by, tagplan.sentence(ruling), ruling.why, ruling.uid in held.undone, ruling.uid)
        for ruling in held.history
    ]
    write_csv(out, LOG, rows, overwrite, excel_safe=excel_safe)
    return len(rows)
