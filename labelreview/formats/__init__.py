"""Files in, files out. A format is one module with its reader beside its writer, and one row in `FORMATS`.

`read_labels` and `read_pred_probs` read a file once and raise InputError with file, line, column, value and remedy;
`write_labels` gives the corrected labels back in the form that they came in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from labelreview.errors import InputError, NotFound, few
from labelreview.formats import decision_log, delimited, long, wide
from labelreview.formats.atomic import replacing
from labelreview.formats.opened import Kind, Opened
from labelreview.formats.row import Format, Missing
from labelreview.tags import ABSENT, PRESENT, Dataset, TagMatrix, joined

__all__ = [
    "FORMATS",
    "Format",
    "Source",
    "decision_log",
    "read_dataset",
    "read_labels",
    "read_pred_probs",
    "sniff",
    "write_labels",
]

TEXT_FILES = (".csv", ".tsv", ".txt")
PARQUET_FILES = (".parquet", ".pq")
LABELS: tuple[Kind, ...] = ("labels",)
MEANINGS: dict[str, Missing] = {"absent": "absent", "unknown": "unknown"}
BOTH: tuple[Kind, ...] = ("labels", "pred_probs")

# fmt: off
FORMATS: dict[str, Format] = {row.name: row for row in (
    Format("wide_csv", "Wide CSV: an id and one column a tag", TEXT_FILES, BOTH, "unknown", True,
           wide.is_csv, wide.read_csv, wide.write_csv, wide.make_csv),
    Format("long_csv", "Long CSV: an id and one tag a row", TEXT_FILES, BOTH, "absent", True,
           long.is_csv, long.read_csv, long.write_csv, long.make_csv),
    Format("delimited_csv", "CSV with a column that lists the tags", TEXT_FILES, LABELS, "absent", True,
           delimited.is_csv, delimited.read_csv, delimited.write_csv, delimited.make_csv),
    Format("wide_parquet", "Wide Parquet: an id and one column a tag", PARQUET_FILES, BOTH, "unknown", False,
           wide.is_parquet, wide.read_parquet, wide.write_parquet, wide.make_parquet),
    Format("long_parquet", "Long Parquet: an id and one tag a row", PARQUET_FILES, BOTH, "absent", False,
           long.is_parquet, long.read_parquet, long.write_parquet, long.make_parquet),
    Format("delimited_parquet", "Parquet with a column that lists the tags", PARQUET_FILES, LABELS, "absent", False,
           delimited.is_parquet, delimited.read_parquet, delimited.write_parquet, delimited.make_parquet),
)}
# fmt: on


@dataclass(frozen=True)
class Source:
    """A file that was read: where, as what, what it says, and what a reader should know about it."""

    path: str
    format: str
    matrix: TagMatrix
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The format in words."""
        return FORMATS[self.format].title


def read_labels(
    path: str | Path,
    *,
    format: str | None = None,
    missing_means: str | None = None,
    tag_order: Sequence[str] | None = None,
) -> Source:
    """The labels of a file. `missing_means` overrides what a cell means that the file does not hold.

    `tag_order` puts these tags first, in this order; the others follow as they appear.
    """
    source = _read(Opened.at(path), "labels", format, missing_means)
    return source if tag_order is None else replace(source, matrix=_reordered(source.matrix, tag_order))


def read_pred_probs(path: str | Path, *, format: str | None = None) -> Source:
    """The predicted probabilities of a file, NaN where no model scored the cell."""
    return _read(Opened.at(path), "pred_probs", format, None)


def read_dataset(
    labels: str | Path,
    predictions: str | Path,
    *,
    labels_format: str | None = None,
    predictions_format: str | None = None,
    only_common: bool = False,
) -> Dataset:
    """Labels and predictions of two files, joined by id and by tag name, in the order of the labels.

    Ids or tags on one side alone are an InputError that names them, unless `only_common` drops them.
    """
    return joined(
        read_labels(labels, format=labels_format).matrix,
        read_pred_probs(predictions, format=predictions_format).matrix,
        only_common=only_common,
    )


def sniff(path: str | Path, kind: Kind = "labels") -> str:
    """The name of the format that a file looks like."""
    return _recognised(Opened.at(path), kind).name


def write_labels(
    source_path: str | Path,
    out_path: str | Path,
    format: str | None,
    changes: Mapping[tuple[str, str], int],
    *,
    overwrite: bool = False,
) -> None:
    """The labels of `source_path` with `changes` ({(item, tag): 1 or 0}), in the form that they came in.

    Cells without change stay byte for byte in text formats. Written whole or not at all; Refused when `out_path` is
    there already, unless `overwrite`.
    """
    file = Opened.at(source_path)
    source = _read(file, "labels", format, "unknown")
    needed = _needed(source, changes)
    data = FORMATS[source.format].write(file, needed) if needed else file.data
    with replacing(out_path, overwrite=overwrite) as out:
        out.write(data)


def _needed(source: Source, changes: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """The changes that differ from what the file says; NotFound for cells that it does not have."""
    matrix, name = source.matrix, Path(source.path).name
    rows = {item: row for row, item in enumerate(matrix.ids)}
    columns = {tag: column for column, tag in enumerate(matrix.tags)}
    for noun, missing in (
        ("id", sorted({item for item, _ in changes} - set(rows))),
        ("tag", sorted({tag for _, tag in changes} - set(columns))),
    ):
        if missing:
            raise NotFound(f"{name} has no {noun} {few(missing)}. Is this the file that the labels were read from?")
    wrong = [f"{item}, {tag}: {label}" for (item, tag), label in changes.items() if label not in (ABSENT, PRESENT)]
    if wrong:
        raise InputError(f"{name}: a correction is 1 or 0, not what is asked for {few(wrong)}.")
    return {
        (item, tag): int(label)
        for (item, tag), label in changes.items()
        if matrix.values[rows[item], columns[tag]] != label
    }


def _read(file: Opened, kind: Kind, format: str | None, missing_means: str | None) -> Source:
    row = _recognised(file, kind) if format is None else _named(format)
    if kind not in row.kinds:
        raise InputError(f"{file.name}: a list of tags holds no probabilities. Give a wide or long file.")
    means = MEANINGS.get(missing_means or row.missing_means)
    if means is None:
        raise InputError(f"missing_means is 'absent' or 'unknown', not '{missing_means}'.")
    matrix, notes = row.read(file, kind, means)
    return Source(file.path, row.name, matrix, notes)


def _recognised(file: Opened, kind: Kind) -> Format:
    for row in FORMATS.values():
        if row.recognise(file, kind):
            return row
    raise InputError(f"{file.name}: the format is not recognised. Name it: {few(FORMATS, 99)}.")


def _named(format: str) -> Format:
    if format not in FORMATS:
        raise InputError(f"There is no format '{format}'. Choose one of {few(FORMATS, 99)}.")
    return FORMATS[format]


def _reordered(matrix: TagMatrix, order: Sequence[str]) -> TagMatrix:
    position = {tag: column for column, tag in enumerate(matrix.tags)}
    columns = [position.pop(tag) for tag in order if tag in position] + list(position.values())
    values = np.ascontiguousarray(matrix.values[:, columns], np.int8)
    return TagMatrix(matrix.ids, tuple(matrix.tags[column] for column in columns), values)
