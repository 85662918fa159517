"""A labels file with other tags than it came with: merged, renamed, left out.

Where a format's row has a `retag`, that edits the file and keeps all that is no tag (other columns, boxes, tasks); else
the file is made anew from the labels alone, unless the row says that this would lose more than layout
(`lost_if_made_anew`). Either way the new file is read back before it takes its place: a name that the format cannot
say, or a cell that it cannot leave unknown, is an error and no file.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from labelreview.errors import InputError, LabelReviewError, few
from labelreview.formats.atomic import check_free, replacing, write_folder
from labelreview.formats.opened import Kind, Opened
from labelreview.formats.row import Changes, Files, Format, Missing, Notes, Retagging
from labelreview.tags import ABSENT, PRESENT, UNKNOWN, Matrix, TagMatrix

Read = Callable[[Opened, Kind, Missing], tuple[Matrix, Notes]]
WORDS = {PRESENT: "present", ABSENT: "absent", UNKNOWN: "unknown"}
ANOTHER = "or give it another form (--as wide_csv)"


def write(file: Opened, row: Format, out: Path, wanted: Retagging, *, anew: bool, overwrite: bool) -> None:
    """The file with other tags at `out`; `anew`: made from the labels alone, in the form of the row."""
    if not wanted.matrix.tags:
        raise InputError("No tag is left: all are dropped. Take one of the decisions back.")
    if not anew and row.retag is None and row.lost_if_made_anew:
        raise InputError(f"{file.name}: other tags in this file mean a new file, without {row.lost_if_made_anew} that "
                         "are in it. Give it another form (--as wide_csv), or leave the tags as they are.")  # fmt: skip
    if not row.is_folder:
        check_free(out, overwrite)
    made = row.make(wanted.matrix) if anew or row.retag is None else row.retag(file, wanted)
    files: Files = {"": made} if isinstance(made, bytes) else made
    with tempfile.TemporaryDirectory() as scratch:
        trial = Path(scratch) / (out.with_suffix("").name if row.is_folder else out.name)
        if row.is_folder:
            write_folder(trial, files)
        else:
            for end, data in files.items():
                _beside(trial, end).write_bytes(data)
        _check(row, trial, wanted.matrix, row.missing_means if anew else wanted.missing)
    if row.is_folder:
        write_folder(out, files, overwrite=overwrite)
        return
    for end in files:
        check_free(_beside(out, end), overwrite)
    for end, data in files.items():
        with replacing(_beside(out, end), overwrite=overwrite) as target:
            target.write(data)


def _beside(path: Path, end: str) -> Path:
    return path.with_name(path.stem + end) if end else path


def in_lists(read: Read, write: Callable[[Opened, Changes], bytes], file: Opened, wanted: Retagging) -> bytes:
    """A file that lists the tags of every item: other tags are other words in its lists, and all else stays."""
    said, after = read(file, "labels", "absent")[0], wanted.matrix
    before = TagMatrix(said.ids, said.tags, said.dense())
    columns = {tag: column for column, tag in enumerate(after.tags)}
    changes: dict[tuple[str, str], int] = {}
    for column, tag in enumerate(before.tags):
        now = after.values[:, columns[tag]] == PRESENT if tag in columns else np.zeros(len(after.ids), bool)
        changes |= {(after.ids[at], tag): ABSENT for at in _true((before.values[:, column] == PRESENT) & ~now)}
    there = {tag: column for column, tag in enumerate(before.tags)}
    for column, tag in enumerate(after.tags):
        had = before.values[:, there[tag]] == PRESENT if tag in there else np.zeros(len(after.ids), bool)
        changes |= {(after.ids[at], tag): PRESENT for at in _true((after.values[:, column] == PRESENT) & ~had)}
    return write(file, changes) if changes else file.data


def _true(mask: npt.NDArray[np.bool_]) -> list[int]:
    places: list[int] = np.flatnonzero(mask).tolist()
    return places


def of_labels_alone(
    others: Callable[[Opened], list[str]], make: Callable[[TagMatrix], bytes], file: Opened, wanted: Retagging
) -> bytes:
    """A file made anew, where there is nothing in it but labels; else an error that names what would be lost."""
    if names := others(file):
        raise InputError(f"{file.name}: other tags in this file mean a new file, without {few(names)}. Give it another "
                         "form (--as wide_csv), or take these out of the labels file.")  # fmt: skip
    return make(wanted.matrix)


def _check(row: Format, path: Path, wanted: TagMatrix, missing: Missing) -> None:
    """InputError unless a file says what is wanted; tags that no item has may be missing."""
    try:
        found = row.read(Opened.at(path), "labels", missing)[0]
    except LabelReviewError as error:
        raise InputError(f"These tags cannot be written as {row.title}: {error} Choose other names, "
                         f"{ANOTHER}.") from None  # fmt: skip
    rows = {item: at for at, item in enumerate(found.ids)}
    there = {tag: at for at, tag in enumerate(found.tags)}
    odd = [tag for tag in found.tags if tag not in set(wanted.tags)]
    if odd or set(rows) != set(wanted.ids):
        names = odd or sorted(set(rows) ^ set(wanted.ids))
        raise InputError(
            f"Written as {row.title}, '{names[0]}' would not be read as it is. Choose other names, {ANOTHER}."
        )
    order = np.array([rows[item] for item in wanted.ids])
    for column, tag in enumerate(wanted.tags):
        values = found.values[order, there[tag]] if tag in there else np.zeros(len(order), np.int8)
        wrong = np.flatnonzero(values != wanted.values[:, column])
        if tag not in there:
            wrong = np.flatnonzero(wanted.values[:, column] == PRESENT)
        if len(wrong):
            at = int(wrong[0])
            said = WORDS[int(wanted.values[at, column])]
            raise InputError(f"{row.title} cannot say that '{tag}' is {said} on '{wanted.ids[at]}' ({len(wrong):,} "
                             f"such cells): it would be read as {WORDS[int(values[at])]}. Choose another rule for "
                             f"merged cells or another name, {ANOTHER}.")  # fmt: skip
