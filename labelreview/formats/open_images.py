"""Open Images image-level labels: `ImageID,Source,LabelName,Confidence`, one tag of an image a row.

Confidence 1 is present, 0 is absent; what has no row was never asked and is unknown. A confidence between, as the
machine-generated files have, is unknown as a label (and a probability as a prediction). Where several sources speak of
one cell and one says 1 and another 0, it is unknown.
"""

import numpy as np
import numpy.typing as npt

from labelreview.errors import InputError
from labelreview.formats import limits, long
from labelreview.formats.cells import check_ids, check_tags, checked_probs
from labelreview.formats.csvtext import CsvText, quoted
from labelreview.formats.opened import Kind, Opened
from labelreview.formats.row import Changes, Missing, Notes, Says, filled
from labelreview.formats.shape import Columns
from labelreview.formats.table import PROB, TEXT
from labelreview.tags import ABSENT, PRESENT, UNKNOWN, TagMatrix

SAYS = Says("Confidence `1`", "Confidence `0`", "no row, another confidence, or sources that disagree")
NAMES = ("ImageID", "LabelName", "Confidence")
SOURCE = "Source"
OURS = "labelreview"  # the source of a row that a correction adds


def is_csv(file: Opened, kind: Kind) -> bool:
    return set(NAMES) <= {name.strip('" ') for name in file.first_line.split(",")}


def _columns(source: CsvText) -> Columns:
    for name in NAMES:
        if name not in source.header:
            raise InputError(f"{source.name}, line 1: there is no column '{name}'. Is this a file of image-level "
                             "labels of Open Images?")  # fmt: skip
    return Columns("long", *(source.header.index(name) for name in NAMES))


def read_csv(file: Opened, kind: Kind, missing_means: Missing) -> tuple[TagMatrix, Notes]:
    source = file.csv
    columns = _columns(source)
    table = source.table({columns.id: TEXT, columns.tag: TEXT, columns.value: PROB})
    ids, rows = long.coded(table.text(columns.id))
    tags, cols = long.coded(table.text(columns.tag))
    check_ids(ids, lambda at: table.place(int(np.argmax(rows == at)), columns.id))
    check_tags(tags, lambda at: table.place(int(np.argmax(cols == at)), columns.tag))
    limits.check_shape(source.name, len(ids), len(tags))
    given = checked_probs(table.probs(columns.value), lambda at: table.place(at, columns.value), kind)
    cells = rows * len(tags) + cols
    if kind == "labels":
        labels = filled(source.name, len(ids), len(tags), missing_means)
        return TagMatrix(ids, tuple(tags), labels), _settle(labels.reshape(-1), cells, given)
    long.check_once(cells, np.arange(len(cells)), table, columns)
    probs = np.full((len(ids), len(tags)), np.nan, np.float32)
    probs.reshape(-1)[cells] = given
    return TagMatrix(ids, tuple(tags), probs), ()


def _settle(labels: npt.NDArray[np.int8], cells: npt.NDArray[np.int64], given: npt.NDArray[np.float32]) -> Notes:
    """Put what the rows say into the labels: what is certain wins over what is not, and two that disagree are none."""
    yes, no = cells[given == 1], cells[given == 0]
    labels[cells] = UNKNOWN
    labels[no] = ABSENT
    both = np.intersect1d(yes, no)
    labels[yes] = PRESENT
    labels[both] = UNKNOWN
    unsure = np.setdiff1d(cells, np.concatenate([yes, no])).size
    notes = [f"{both.size:,} cells on which the sources disagree are unknown."] if both.size else []
    return (*notes, f"{unsure:,} cells with a confidence between 0 and 1 are unknown.") if unsure else tuple(notes)


def write_csv(file: Opened, changes: Changes) -> bytes:
    """The confidence of all rows of a changed cell; a cell without a row gets one."""
    source = file.csv
    filler = {source.header.index(SOURCE): OURS} if SOURCE in source.header else {}
    return long.write(source, changes, _columns(source), filler)


def make_csv(matrix: TagMatrix) -> bytes:
    """Every cell has a row, so that all ids and tags are there; an unknown one has no confidence."""
    lines = [f"{NAMES[0]},{SOURCE},{NAMES[1]},{NAMES[2]}\n"]
    for item, row in zip(matrix.ids, matrix.values, strict=True):
        for tag, value in zip(matrix.tags, row, strict=True):
            said = "" if np.isnan(value) or value == UNKNOWN else str(value)
            lines.append(f"{quoted(item, ',')},verification,{quoted(tag, ',')},{said}\n")
    return "".join(lines).encode()
