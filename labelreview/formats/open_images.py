"""Open Images image-level labels: `ImageID,Source,LabelName,Confidence`, one tag of an image a row.

Confidence 1 is present, 0 is absent; what has no row was never asked and is unknown. A confidence between, as the
machine-generated files have, is unknown as a label (and a probability as a prediction). Where several sources speak of
one cell and one says 1 and another 0, it is unknown.
"""

import numpy as np
import numpy.typing as npt

from labelreview.errors import InputError
from labelreview.formats import long
from labelreview.formats.cells import check_ids, check_tags, checked_probs
from labelreview.formats.csvtext import CsvText, quoted
from labelreview.formats.opened import Kind, Opened
from labelreview.formats.row import EMPTY, Changes, Missing, Notes, Says, listed
from labelreview.formats.shape import Columns
from labelreview.formats.table import CODE, PROB
from labelreview.tags import ABSENT, PRESENT, UNKNOWN, Labels, Matrix, TagMatrix

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


def read_csv(file: Opened, kind: Kind, missing_means: Missing) -> tuple[Matrix, Notes]:
    source = file.csv
    columns = _columns(source)
    table = source.table({columns.id: CODE, columns.tag: CODE, columns.value: PROB})
    ids, rows = table.coded(columns.id)
    tags, cols = table.coded(columns.tag)
    check_ids(ids, lambda at: table.place(int(np.argmax(rows == at)), columns.id))
    check_tags(tags, lambda at: table.place(int(np.argmax(cols == at)), columns.tag))
    given = checked_probs(table.probs(columns.value), lambda at: table.place(at, columns.value), kind)
    cells = rows * len(tags) + cols
    if kind == "labels":
        cells, labels, notes = _settled(cells, given)
        return listed(source.name, ids, tags, cells, labels, EMPTY[missing_means]), notes
    long.check_once(cells, np.arange(len(cells)), table, columns)
    return listed(source.name, ids, tags, cells, given, np.nan), ()


def _settled(
    cells: npt.NDArray[np.int64], given: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.int64], Labels, Notes]:
    """Each cell once, ascending, and what its rows say together: what is certain wins over what is not, and two that
    disagree are none.
    """
    said = cells << 2
    said += np.where(given == 1, 2, np.where(given == 0, 1, 0))
    said.sort()
    said = said[np.flatnonzero(np.diff(said, prepend=-1))]
    first = np.flatnonzero(np.diff(said >> 2, prepend=-1))
    words = np.bitwise_or.reduceat(np.left_shift(1, said & 3), first)  # 1: not certain, 2: absent, 4: present
    labels = np.array([UNKNOWN, UNKNOWN, ABSENT, ABSENT, PRESENT, PRESENT, UNKNOWN, UNKNOWN], np.int8)[words]
    both, unsure = int(np.count_nonzero(words >= 6)), int(np.count_nonzero(words == 1))
    notes = [f"{both:,} cells on which the sources disagree are unknown."] if both else []
    notes += [f"{unsure:,} cells with a confidence between 0 and 1 are unknown."] if unsure else []
    return said[first] >> 2, labels, tuple(notes)


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
