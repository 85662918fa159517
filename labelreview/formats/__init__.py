"""Files in, files out. A format is one module with its reader beside its writer, and one row in `FORMATS`.

`read_labels` and `read_pred_probs` read a file once and raise InputError with file, line, column, value and remedy;
`write_labels` gives the corrected labels back in the form that they came in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labelreview.errors import InputError, NotFound, few
from labelreview.formats import decision_log, retagged, rule_list
from labelreview.formats.atomic import check_free, replacing, write_folder
from labelreview.formats.opened import Kind, Opened
from labelreview.formats.registry import FORMATS
from labelreview.formats.row import Files, Format, Missing, Retagging
from labelreview.formats.telling import Tell, nothing
from labelreview.tags import ABSENT, PRESENT, Dataset, Matrix, SparseMatrix, TagMatrix, joined

__all__ = [
    "FORMATS",
    "Format",
    "Source",
    "decision_log",
    "read_dataset",
    "read_labels",
    "read_pred_probs",
    "rule_list",
    "sniff",
    "write_labels",
    "write_matrix",
    "write_retagged",
]

MEANINGS: dict[str, Missing] = {"absent": "absent", "unknown": "unknown"}


@dataclass(frozen=True)
class Source:
    """A file that was read: where, as what, what it says, and what a reader should know about it.

    `files` are all that were read, by their names in the folder that `path` stands in: the file itself and those
    beside it, or the files of a folder. With copies of these, `write_labels` can do its work.
    """

    path: str
    format: str
    matrix: Matrix
    notes: tuple[str, ...] = ()
    files: Mapping[str, Path] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the file or folder."""
        return next(iter(self.files)).split("/", 1)[0]

    @property
    def title(self) -> str:
        """The format in words."""
        return FORMATS[self.format].title


def read_labels(
    path: str | Path,
    *,
    format: str | None = None,
    missing_means: str | None = None,
    tell: Tell = nothing,
) -> Source:
    """The labels of a file. `missing_means` overrides what a cell means that the file does not hold.

    `tell` hears how far it is, from 0 to 1; what it raises ends the reading.
    """
    return _read(Opened.at(path, tell), "labels", format, missing_means)


def read_pred_probs(
    path: str | Path, *, format: str | None = None, logits: bool = False, tell: Tell = nothing
) -> Source:
    """The predicted probabilities of a file, NaN where no model scored the cell. Of `logits`, their sigmoid. `tell` as
    for labels.
    """
    return _read(Opened.at(path, tell), "logits" if logits else "pred_probs", format, None)


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
    there already, unless `overwrite`. A file that belongs beside the source (`NAME.xml`, `NAME.ids.txt`) is written
    beside the new one. Of a folder the label files are written, to a folder or, where `out_path` ends in .zip, to a
    zip; `overwrite` replaces these files and leaves all others that are there.
    """
    file, out = Opened.at(source_path), Path(out_path)
    _expect_same_kind(Path(source_path), out)
    source = _read(file, "labels", format, "unknown")
    needed = _needed(source, changes)
    row = FORMATS[source.format]
    if row.is_folder:
        names = [name.split("/", 1)[1] for name in source.files]
        changed = row.write(file, needed) if needed else {}
        write_folder(out, {name: file.read(name) for name in names} | _as_files(changed), overwrite=overwrite)
        return
    data = row.write(file, needed) if needed else file.data
    _write_beside(file, list(source.files)[1:], out, overwrite)
    with replacing(out, overwrite=overwrite) as target:
        target.write(_as_files(data)[""])


def _expect_same_kind(source: Path, out: Path) -> None:
    """A table of text under a name that ends in .parquet would be believed to be Parquet, until somebody opens it."""
    kind, named = source.suffix.lower(), out.suffix.lower()
    if named != kind and named in {".arff", ".json", ".jsonl", ".npy", ".npz", ".parquet", ".xls", ".xlsx", ".xml"}:
        found = f"a {kind} file" if kind else "a file or folder whose name has no ending"
        raise InputError(
            f"{out.name}: corrected labels keep the form in which they came, {found}. Give the new one a name "
            f"that ends in {kind or 'nothing either'}."
        )


def write_retagged(
    source: Source,
    out_path: str | Path,
    matrix: TagMatrix,
    names: Mapping[str, str],
    missing_means: str,
    *,
    as_format: str | None = None,
    overwrite: bool = False,
) -> None:
    """A file that was read (with this `missing_means`), with other tags: `matrix` is what it is to say of its items,
    `names` what each of its tags is called now, '' where it goes. `as_format`: a new file of that format instead, of
    the labels alone.

    What is written is read back first: InputError when the format cannot say it. Refused as by `write_labels`.
    """
    wanted, row = Retagging(matrix, names, MEANINGS[missing_means]), _named(as_format or source.format)
    anew = as_format is not None
    retagged.write(Opened.at(source.path), row, Path(out_path), wanted, anew=anew, overwrite=overwrite)


def write_matrix(matrix: Matrix, out_path: str | Path, format: str, *, overwrite: bool = False) -> None:
    """A new file (or folder) of a format: labels (int8) or probabilities (float32)."""
    out, row = Path(out_path), _named(format)
    made = row.make(TagMatrix(matrix.ids, matrix.tags, matrix.dense()))
    if row.is_folder:
        write_folder(out, _as_files(made), overwrite=overwrite)
        return
    targets = {out.with_name(out.stem + end) if end else out: data for end, data in _as_files(made).items()}
    for target in targets:
        check_free(target, overwrite)
    for target, data in targets.items():
        with replacing(target, overwrite=overwrite) as opened:
            opened.write(data)


def _as_files(made: bytes | Files) -> dict[str, bytes]:
    return {"": made} if isinstance(made, bytes) else dict(made)


def _write_beside(file: Opened, names: Sequence[str], out: Path, overwrite: bool) -> None:
    """The files that belong beside the source, beside the new one; a copy that is there already is left alone."""
    check_free(out, overwrite)
    for name in names:
        end = name[len(file.where.stem) :]
        data, target = file.beside(end) or b"", out.with_name(out.stem + end)
        if target.exists() and target.read_bytes() == data:
            continue
        with replacing(target, overwrite=overwrite) as opened:
            opened.write(data)


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
        if matrix.value(rows[item], columns[tag]) != label
    }


def _read(file: Opened, kind: Kind, format: str | None, missing_means: str | None) -> Source:
    row = _recognised(file, kind) if format is None else _named(format)
    if ("labels" if kind == "labels" else "pred_probs") not in row.kinds:
        holds = "a list of tags holds no probabilities. Give a wide or long file."
        holds = "this format holds no labels. Give it as predictions." if kind == "labels" else holds
        raise InputError(f"{file.name}: {holds}")
    if row.is_folder and not file.is_folder:
        raise InputError(f"{file.path}: {row.title} is a folder, and this is a file. Give the folder.")
    means = MEANINGS.get(missing_means or row.missing_means)
    if means is None:
        raise InputError(f"missing_means is 'absent' or 'unknown', not '{missing_means}'.")
    matrix, notes = row.read(file, kind, means)
    if isinstance(matrix, SparseMatrix):
        notes = (*notes, _sparse_note(kind, matrix))
    return Source(file.path, row.name, matrix, notes, file.kept)


def _sparse_note(kind: Kind, matrix: SparseMatrix) -> str:
    cells = f"{len(matrix.cells):,} of {len(matrix.ids) * len(matrix.tags):,} cells"
    if kind != "labels":
        return f"The predictions list {cells} and are kept sparse."
    scored = "is absent if a model scored it, and else " if matrix.missing == ABSENT else ""
    return f"The labels list {cells} and are kept sparse: one that is not listed {scored}does not exist."


def _recognised(file: Opened, kind: Kind) -> Format:
    """The last row that knows the file: the general formats stand first."""
    for row in reversed(FORMATS.values()):
        if row.is_folder == file.is_folder and row.recognise(file, kind):
            return row
    if file.is_folder:
        raise InputError(f"{file.path} is a folder. Give the file that holds the labels or predictions, or a folder "
                         "of Pascal VOC.")  # fmt: skip
    raise InputError(f"{file.name}: the format is not recognised. Name it: {few(FORMATS, 99)}.")


def _named(format: str) -> Format:
    if format not in FORMATS:
        raise InputError(f"There is no format '{format}'. Choose one of {few(FORMATS, 99)}.")
    return FORMATS[format]
