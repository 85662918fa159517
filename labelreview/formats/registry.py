"""FORMATS: one row a format. The general ones stand first and are asked last whether a file is theirs."""

from labelreview.formats import celeba, chexpert, delimited, long, nih, open_images, wide
from labelreview.formats.row import BOTH, LABELS, Format, Says

TEXT_FILES = (".csv", ".tsv", ".txt")
PARQUET_FILES = (".parquet", ".pq")
CELLS = Says("`1`, `1.0`, `true`", "`0`, `0.0`, `false`", "empty")
ROWS = Says("a row without a value column, or with `1`", "no row, or a row with `0`", "a row with an empty value")
LISTED = Says("listed", "not listed", "not said")

# fmt: off
FORMATS: dict[str, Format] = {row.name: row for row in (
    Format("wide_csv", "Wide CSV: an id and one column a tag", TEXT_FILES, BOTH, "unknown", True,
           wide.is_csv, wide.read_csv, wide.write_csv, wide.make_csv, CELLS),
    Format("long_csv", "Long CSV: an id and one tag a row", TEXT_FILES, BOTH, "absent", True,
           long.is_csv, long.read_csv, long.write_csv, long.make_csv, ROWS),
    Format("delimited_csv", "CSV with a column that lists the tags", TEXT_FILES, LABELS, "absent", True,
           delimited.is_csv, delimited.read_csv, delimited.write_csv, delimited.make_csv, LISTED, holds_unknown=False),
    Format("wide_parquet", "Wide Parquet: an id and one column a tag", PARQUET_FILES, BOTH, "unknown", False,
           wide.is_parquet, wide.read_parquet, wide.write_parquet, wide.make_parquet, CELLS),
    Format("long_parquet", "Long Parquet: an id and one tag a row", PARQUET_FILES, BOTH, "absent", False,
           long.is_parquet, long.read_parquet, long.write_parquet, long.make_parquet, ROWS),
    Format("delimited_parquet", "Parquet with a column that lists the tags", PARQUET_FILES, LABELS, "absent", False,
           delimited.is_parquet, delimited.read_parquet, delimited.write_parquet, delimited.make_parquet, LISTED,
           holds_unknown=False),
    Format("celeba_txt", "CelebA list_attr_celeba.txt", (".txt",), LABELS, "unknown", True,
           celeba.is_txt, celeba.read_txt, celeba.write_txt, celeba.make_txt, celeba.SAYS, holds_unknown=False),
    Format("celeba_csv", "CelebA as CSV: 1 and -1", (".csv",), LABELS, "unknown", True,
           celeba.is_csv, celeba.read_csv, celeba.write_csv, celeba.make_csv, celeba.SAYS),
    Format("chexpert", "CheXpert and MIMIC-CXR CSV", (".csv",), LABELS, "unknown", True,
           chexpert.is_csv, chexpert.read_csv, chexpert.write_csv, chexpert.make_csv, chexpert.SAYS),
    Format("nih", "NIH ChestX-ray14 Data_Entry CSV", (".csv",), LABELS, "absent", True,
           nih.is_csv, nih.read_csv, nih.write_csv, nih.make_csv, nih.SAYS, holds_unknown=False),
    Format("open_images", "Open Images image-level labels", (".csv",), BOTH, "unknown", True,
           open_images.is_csv, open_images.read_csv, open_images.write_csv, open_images.make_csv, open_images.SAYS),
)}
# fmt: on
