"""CheXpert, and data sets that follow it: one column a finding with 1.0 present, 0.0 absent, -1.0 uncertain, empty =
not mentioned. The id is the path or, in MIMIC-CXR, the study. Uncertain and not mentioned are unknown;
`missing_means="absent"` speaks of what is not mentioned alone.
"""

from labelreview.formats import wide
from labelreview.formats.cells import UNCERTAIN
from labelreview.formats.opened import Kind, Opened
from labelreview.formats.row import Changes, Missing, Notes, Retagging, Says
from labelreview.tags import TagMatrix

SAYS = Says("`1.0`", "`0.0`", "`-1.0` (uncertain), empty (not mentioned)")
NOT_FINDINGS = ("sex", "age", "frontal/lateral", "ap/pa", "subject_id", "study_id", "split", "patient_id")
CSV = wide.Dialect(UNCERTAIN, frozenset(NOT_FINDINGS), id="study_id")
KNOWN_BY = {"Enlarged Cardiomediastinum", "Lung Opacity", "Pleural Other", "Support Devices"}


def is_csv(file: Opened, kind: Kind) -> bool:
    """Findings that only CheXpert and MIMIC-CXR name so."""
    return len(KNOWN_BY & {name.strip('" ') for name in file.first_line.split(",")}) > 1


def read_csv(file: Opened, kind: Kind, missing_means: Missing) -> tuple[TagMatrix, Notes]:
    return wide.read(file.csv, kind, missing_means, CSV)


def write_csv(file: Opened, changes: Changes) -> bytes:
    return wide.write(file.csv, changes, CSV)


def retag_csv(file: Opened, wanted: Retagging) -> bytes:
    return wide.retag_csv(file, wanted, CSV)


def make_csv(matrix: TagMatrix) -> bytes:
    return wide.make_csv(matrix, CSV)
