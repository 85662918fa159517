"""NIH ChestX-ray14 `Data_Entry_2017.csv`: a list of findings an image, `Effusion|Mass`, or `No Finding`.

`No Finding` is no tag: it is the word for an item without tags, and is written and taken away as such.
"""

from labelreview.formats import delimited
from labelreview.formats.csvtext import quoted
from labelreview.formats.opened import Kind, Opened
from labelreview.formats.row import Changes, Missing, Notes, Says
from labelreview.tags import Matrix, TagMatrix

SAYS = Says("listed", "not listed, or `No Finding`", "cannot be said")
CSV = delimited.Dialect("Image Index", "Finding Labels", "|", "No Finding")


def is_csv(file: Opened, kind: Kind) -> bool:
    return {CSV.id, CSV.tags} <= {name.strip('" ') for name in file.first_line.split(",")}


def read_csv(file: Opened, kind: Kind, missing_means: Missing) -> tuple[Matrix, Notes]:
    return delimited.read(file.csv, missing_means, CSV)


def write_csv(file: Opened, changes: Changes) -> bytes:
    return delimited.write(file.csv, changes, CSV)


def make_csv(matrix: TagMatrix) -> bytes:
    lines = [
        f"{quoted(item, ',')},{quoted(CSV.mark.join(tags) or CSV.nothing, ',')}\n"
        for item, tags in delimited.present(matrix)
    ]
    return "".join([f"{CSV.id},{CSV.tags}\n", *lines]).encode()
