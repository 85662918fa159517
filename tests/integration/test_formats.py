"""What every format promises, tried over the rows of FORMATS: what was written is read, and only changes differ."""

import os
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labelreview import formats
from labelreview.errors import InputError, NotFound, Refused
from labelreview.formats import FORMATS, read_labels, read_pred_probs, sniff, write_labels
from labelreview.formats.cells import plain
from labelreview.formats.tables import Named, write_columns, write_csv
from labelreview.tags import TagMatrix

HOSTILE = [
    "<img onerror=alert(1)>", "=cmd()|'/c calc'!A1", "x" * 200, "🎩 hat", "קובע", 'the "hat"', "a\nb", "a\r\nb",
    "hat, red", "007", "1e5", "true", "id2", "-", "null", "NaN", "a|b", "a;b", "\ufeffbom", "\u2028", "É",
]  # fmt: skip
LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
NAMES = st.one_of(st.sampled_from(HOSTILE), st.text(LETTERS, min_size=1, max_size=6)).filter(lambda text: text.strip())
SOME = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
LABEL_FORMATS = [name for name, row in FORMATS.items() if row.reads_labels]
PROB_FORMATS = [name for name, row in FORMATS.items() if row.reads_pred_probs]


# What a name cannot be in a format that has no quotes, and what else a format cannot say.
WORD, LINE = r"[^\s/\\]+", r"[^\r\n]+"
XML = r"(?!\s)[^\x00-\x1f\x7f-\x9f\ufffe\uffff/]+(?<!\s)"
FILE = r"(?!\s)[^\x00-\x1f\x7f-\x9f\ufffe\uffff/\\]+(?<!\s)"
TAGS = {"delimited_csv": r"(?!\s)[^;|,]+(?<!\s)", "nih": r"(?!No Finding)(?!\s)[^|]+(?<!\s)", "celeba_txt": WORD,
        "imagenet_real": LINE, "npy": LINE, "sparse_npz": LINE, "voc_sets": WORD,
        "voc_xml": XML, "arff": XML}  # fmt: skip
IDS = {"celeba_txt": WORD, "imagenet_real": LINE, "npy": LINE, "sparse_npz": LINE, "voc_sets": WORD, "voc_xml": FILE}
# A list of tags knows no tag that nobody has; files of a folder come in the order of their names.
ALWAYS_SOMEONE = {"delimited_csv", "delimited_parquet", "delimited_jsonl", "nih", "label_studio", "fiftyone"}
ALWAYS_SCORED = {"label_studio", "fiftyone"}  # a tag that no model scored is not named
SORTED_TAGS, SORTED_IDS = {"voc_sets"}, {"voc_xml"}


def names(patterns: dict[str, str], format: str) -> st.SearchStrategy[str]:
    pattern = re.compile(patterns.get(format, "(?s).+"))
    return NAMES.filter(lambda name: pattern.fullmatch(name) is not None)


@st.composite
def matrices(draw: st.DrawFn, format: str, kind: str = "labels") -> TagMatrix:
    tags = draw(st.lists(names(TAGS, format), min_size=1, max_size=4, unique_by=plain))
    ids = draw(st.lists(names(IDS, format), min_size=1, max_size=5, unique=True))
    tags = sorted(tags, key=lambda tag: f"{tag}_all.txt") if format in SORTED_TAGS else tags
    ids = sorted(ids) if format in SORTED_IDS else ids
    cell: Any = st.sampled_from([0, 1, -1] if FORMATS[format].holds_unknown else [0, 1])
    if kind == "pred_probs":
        cell = st.one_of(st.just(float("nan")), st.floats(0, 1, width=32))
    rows = draw(st.lists(st.lists(cell, min_size=len(tags), max_size=len(tags)), min_size=len(ids), max_size=len(ids)))
    if format in ALWAYS_SOMEONE and kind == "labels":
        rows[0] = [1] * len(tags)
    if format in ALWAYS_SCORED and kind != "labels":
        rows[0] = [0.5] * len(tags)
    return TagMatrix(ids, tuple(tags), np.array(rows, np.float32 if kind == "pred_probs" else np.int8))


def written(folder: Path, format: str, matrix: TagMatrix) -> Path:
    row = FORMATS[format]
    path = folder / (f"in{row.suffixes[0]}" if row.suffixes else "in")
    if row.is_folder:
        shutil.rmtree(path, ignore_errors=True)
    formats.write_matrix(matrix, path, format, overwrite=True)
    return path


def content(path: Path) -> dict[str, bytes]:
    """The bytes of a file, or of all files of a folder."""
    if not path.is_dir():
        return {"": path.read_bytes()}
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def cells(matrix: TagMatrix) -> dict[tuple[str, str], int]:
    return {
        (item, tag): int(matrix.values[row, column])
        for row, item in enumerate(matrix.ids)
        for column, tag in enumerate(matrix.tags)
    }


@pytest.mark.parametrize("format", LABEL_FORMATS)
@SOME
@given(data=st.data())
def test_labels_are_read_as_they_were_written(format: str, data: st.DataObject, tmp_path: Path) -> None:
    matrix = data.draw(matrices(format))
    source = read_labels(written(tmp_path, format, matrix), format=format)
    assert (list(source.matrix.ids), source.matrix.tags) == (list(matrix.ids), matrix.tags)
    assert source.matrix.values.dtype == np.int8
    assert source.matrix.values.tolist() == matrix.values.tolist()


@pytest.mark.parametrize("format", PROB_FORMATS)
@SOME
@given(data=st.data())
def test_probabilities_are_read_as_they_were_written(format: str, data: st.DataObject, tmp_path: Path) -> None:
    matrix = data.draw(matrices(format, "pred_probs"))
    source = read_pred_probs(written(tmp_path, format, matrix), format=format)
    assert (list(source.matrix.ids), source.matrix.tags) == (list(matrix.ids), matrix.tags)
    assert source.matrix.values.dtype == np.float32
    np.testing.assert_array_equal(source.matrix.values, matrix.values)


@pytest.mark.parametrize("format", LABEL_FORMATS)
@SOME
@given(data=st.data())
def test_only_what_changed_differs(format: str, data: st.DataObject, tmp_path: Path) -> None:
    matrix = data.draw(matrices(format))
    source = written(tmp_path, format, matrix)
    out = source.with_name(f"out{source.suffix}")
    before = cells(matrix)
    changes = data.draw(st.dictionaries(st.sampled_from(sorted(before)), st.sampled_from([0, 1])))
    if out.is_dir():
        shutil.rmtree(out)
    write_labels(source, out, format, changes, overwrite=True)
    wanted = before | changes
    if not any(wanted.values()) and format in ALWAYS_SOMEONE:
        return  # a file without any tag has lost its tags
    after = cells(read_labels(out, format=format).matrix)
    kept = {tag for _, tag in after}
    assert after == {cell: label for cell, label in wanted.items() if cell[1] in kept}
    assert not any(label == 1 for (_, tag), label in wanted.items() if tag not in kept)
    # Saying "absent" of a picture that COCO merely does not list is news to the file, and is written down.
    said = cells(read_labels(source, format=format, missing_means="unknown").matrix) if format == "coco" else before
    if FORMATS[format].keeps_bytes and all(said[cell] == label for cell, label in changes.items()):
        assert content(out) == content(source)


RECOGNISED = {  # formats that are known by their tags
    "celeba_csv": ("5_o_Clock_Shadow", "Bald"),
    "chexpert": ("Lung Opacity", "Support Devices"),
}


@pytest.mark.parametrize("format", LABEL_FORMATS)
def test_the_format_is_recognised(format: str, tmp_path: Path) -> None:
    matrix = TagMatrix(
        ["a.jpg", "007"], RECOGNISED.get(format, ("hat", "red_dog")), np.array([[1, 0], [1, 1]], np.int8)
    )
    assert sniff(written(tmp_path, format, matrix), "labels") == format
    assert read_labels(written(tmp_path, format, matrix)).title == FORMATS[format].title


STYLES = [  # the line end, the mark at the beginning, the encoding, and whether the last line ends
    ("\n", b"", "utf-8", True),
    ("\r\n", b"\xef\xbb\xbf", "utf-8", False),
    ("\r\n", b"\xff\xfe", "utf-16-le", True),
    ("\n", b"\xfe\xff", "utf-16-be", False),
    ("\r", b"", "utf-8", True),
]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(("text", "changes", "wanted"), [
    ("id,hat,dog|007,1,0|1e5,0,", {("1e5", "dog"): 1, ("007", "hat"): 0}, "id,hat,dog|007,0,0|1e5,0,1"),
    ('"id";"hat"|"é";"0"|"b";""', {("é", "hat"): 1, ("b", "hat"): 0}, '"id";"hat"|"é";"1"|"b";"0"'),
    ("hat\tid\tdog|False\ta b\t True ", {("a b", "dog"): 0, ("a b", "hat"): 1}, "hat\tid\tdog|True\ta b\t False "),
    ("id,hat,dog|a,1.0,|b,0.0,1.0", {("a", "dog"): 0}, "id,hat,dog|a,1.0,0.0|b,0.0,1.0"),
    ('id,"hat, ""x"""|a,1||b,0', {("b", 'hat, "x"'): 1}, 'id,"hat, ""x"""|a,1||b,1'),
    ("id,tag|a,hat|a,dog|b,hat", {("a", "hat"): 0, ("b", "dog"): 1}, "id,tag|a,dog|b,hat|b,dog"),
    ("id,tag|a,hat|b,hat|a,dog", {("a", "dog"): 0, ("b", "hat"): 0}, "id,tag|a,hat|b,"),
    ("id,tag|a,|b,hat|b,dog", {("a", "hat"): 1, ("a", "dog"): 1}, "id,tag|a,hat|a,dog|b,hat|b,dog"),
    ("n,id,tag|1,a,hat|2,a,dog|3,b,dog", {("b", "hat"): 1, ("b", "dog"): 0}, "n,id,tag|1,a,hat|2,a,dog|,b,hat"),
    ('id,tag,v|a,"hat",1|b,dog,0', {("a", "hat"): 0, ("a", "dog"): 1}, 'id,tag,v|a,"hat",0|a,"dog",1|b,dog,0'),
    ("id,tag,who|a,hat,me|b,dog,you", {("a", "dog"): 1}, "id,tag,who|a,hat,me|a,dog,|b,dog,you"),
    ("id,w,tags|a,3,x;y;z|b,4,z", {("a", "y"): 0, ("b", "x"): 1, ("b", "z"): 0}, "id,w,tags|a,3,x;z|b,4,x"),
    ('id,tags|a,"x, y"|b,x|c,"z"', {("b", "y"): 1, ("a", "x"): 0, ("c", "z"): 0}, 'id,tags|a,"y"|b,"x, y"|c,""'),
    ("id,tags|a,x;y|b,p|c,", {("a", "y"): 0, ("c", "x"): 1}, "id,tags|a,x|b,p|c,x"),
    ('id,tags|a,x;y|b,"p,q"', {("a", "y"): 0}, 'id,tags|a,x;|b,"p,q"'),
    ("id;tags|a;x, y|b;x", {("b", "y"): 1, ("a", "x"): 0}, "id;tags|a;y|b;x, y"),
])  # fmt: skip
def test_corrected_labels_keep_the_style_of_their_file(
    text: str, changes: dict[tuple[str, str], int], wanted: str, style: tuple[str, bytes, str, bool], tmp_path: Path
) -> None:
    def styled(text: str) -> bytes:
        ending, bom, encoding, last = style
        return bom + (text.replace("|", ending) + ending * last).encode(encoding)

    source, out = tmp_path / "labels.csv", tmp_path / "out.csv"
    source.write_bytes(styled(text))
    write_labels(source, out, None, changes)
    assert out.read_bytes() == styled(wanted)


def test_bytes_that_nobody_reads_survive(tmp_path: Path) -> None:
    source, out = tmp_path / "labels.csv", tmp_path / "out.csv"
    source.write_bytes(b"id,note,tags\na,caf\xe9,x;y\nb,,y\n")
    write_labels(source, out, "delimited_csv", {("b", "x"): 1})
    assert out.read_bytes() == b"id,note,tags\na,caf\xe9,x;y\nb,,y;x\n"


BAD: list[tuple[bytes, str]] = [
    (b"", "f.csv: the file is empty."),
    (b"\n\n", "f.csv: the file is empty."),
    (b"id,hat\n", "f.csv: there is a header and no rows."),
    (b"id hat dog\na 1 0\n", "line 1: only one column found: 'id hat dog'. Separate the columns by comma"),
    (b"id,hat\na,yes\n", "f.csv, line 2, column 'hat': 'yes' is not a label. Use 1, 0 or leave it empty."),
    (b"id,hat\na,-1\nb,1\n", "line 2, column 'hat': '-1' is not a label. Use 1, 0 or leave it empty."),
    (b"id,hat\na,nan\nb,1\n", "line 2, column 'hat': 'nan' is not a label."),
    (b"id,hat\n" + b"".join(b"%d,2\n" % n for n in range(9)), "and 4 more like these."),
    (b'id,hat\n"a\nb",1\n\nc,7\n', "f.csv, line 5, column 'hat': '7' is not a label."),
    (b"id,hat\na,1\nb,1,0\n", "f.csv, line 3: 3 columns where the header has 2. Put a text that holds the delimiter"),
    (b"id,hat,dog\na,1,0\nb,1\n", "f.csv, line 3: 2 columns where the header has 3."),
    (b"id,hat\na,1\na,1\n", "f.csv, line 3, column 'id': id 'a' is already in line 2. Keep one of the two rows."),
    (b"id,hat\n,1\nb,0\n", "f.csv, line 2, column 'id': the id is empty."),
    (b"id,hat, Hat\na,1,0\n", "f.csv, line 1: tags 'hat' and ' Hat' differ only in case or in spaces around them."),
    (b"id,hat,hat\na,1,0\n", "f.csv, line 1: tag 'hat' is there twice."),
    (b"id,hat,\na,1,0\n", "f.csv, line 1: tag 2 of 2 has no name."),
    (b"id,hat\n\xe9,1\n", "f.csv, line 2, column 'id': this is not UTF-8. Save the file as UTF-8."),
    (b"id,h\xe9t\na,1\n", "f.csv, line 1: the header is not UTF-8."),
    ("id,hat\na,1\n".encode("utf-16-le"), "f.csv: there are NUL characters. This is no text, or UTF-16 without"),
    (b"\xff\xfei\x00d\x00,\x00h\x00\n\x00a", "f.csv, byte 12: this is not UTF-16-LE. Save the file as UTF-8."),
    (b'id,hat\na,1\n"b,0\n', "f.csv, line 3: a quote is opened and never closed."),
    (b"id,tag\na,hat\nb,dog\na,hat\n", "f.csv, line 4, column 'tag': 'hat' of 'a' is already in line 2. Keep one of"),
    (b"id,tag\na,hat\nb,Hat\na,dog\n", "f.csv, line 3, column 'tag': tags 'hat' and 'Hat' differ only in case"),
    (b"id,tag,value\na,hat,maybe\nb,hat,1\n", "f.csv, line 2, column 'value': 'maybe' is not a label."),
    (b"id,tags\na,x;y\nb,X\n", "f.csv: tags 'x' and 'X' differ only in case"),
    (b"id,tags\na,x\na,y\n", "f.csv, line 3, column 'id': id 'a' is already in line 2."),
    (b"PAR1 nonsense", "f.csv: this Parquet file cannot be read"),
]


@pytest.mark.parametrize(("data", "match"), BAD)
def test_a_labels_file_that_cannot_be_used_says_where_and_what_to_do(data: bytes, match: str, tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_labels(path)
    assert match in str(caught.value)


@pytest.mark.parametrize(("data", "match"), [
    (b"id,hat\na,1.5\nb,97.3\n", "p.csv, line 2, column 'hat': 1.5 is not a probability. The values go from 1.5 to"),
    (b"id,hat\na,0.2\nb,97.3\n", "97.3, which looks like per cent: divide them by 100."),
    (b"id,hat\na,-2.5\nb,3\n", "which looks like logits: apply the sigmoid first, or say"),
    (b"id,hat\na,nan\nb,0.5\n", "line 2, column 'hat': 'nan' is not a number. Use one from 0 to 1 with a"),
    (b"id,hat\na,0.5\nb,inf\n", "line 3, column 'hat': 'inf' is not a number."),
    (b"id;hat\na;0,5\nb;0,1\n", "line 2, column 'hat': '0,5' is not a number. Use one from 0 to 1 with a"),
    (b"id,tag,prob\na,hat,1.5\nb,hat,0.1\n", "p.csv, line 2, column 'prob': 1.5 is not a probability."),
    (b"id,tag\na,hat\na,dog\n", "p.csv, line 1: no column holds the probabilities. Add one named 'value'."),
    (b"id,tags\na,x;y\n", "p.csv: a list of tags holds no probabilities. Give a wide or long file."),
])  # fmt: skip
def test_a_predictions_file_that_cannot_be_used_says_why(data: bytes, match: str, tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_pred_probs(path)
    assert match in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"There is no file '.*gone.csv'. Check the path."):
        read_labels(tmp_path / "gone.csv")
    with pytest.raises(InputError, match="is a folder. Give the file that holds"):
        read_labels(tmp_path)


def test_a_format_may_be_named_and_must_exist(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(b"id,tag\na,hat\nb,dog\n")
    assert read_labels(path, format="delimited_csv").format == "delimited_csv"
    with pytest.raises(InputError, match="There is no format 'xml'. Choose one of 'wide_csv', 'long_csv'"):
        read_labels(path, format="xml")
    with pytest.raises(InputError, match=r"f.csv: this is no Parquet file. Choose a text format"):
        read_labels(path, format="wide_parquet")
    with pytest.raises(InputError, match="missing_means is 'absent' or 'unknown', not 'maybe'"):
        read_labels(path, missing_means="maybe")


@pytest.mark.parametrize(("text", "default", "other"), [
    ("id,hat,dog\na,1,\n", [[1, -1]], [[1, 0]]),
    ("id,tag\na,hat\nb,dog\n", [[1, 0], [0, 1]], [[1, -1], [-1, 1]]),
    ("id,tag,value\na,hat,0\nb,dog,\n", [[0, 0], [0, -1]], [[0, -1], [-1, -1]]),
    ("id,tags\na,hat\nb,dog;hat\nc,\n", [[1, 0], [1, 1], [0, 0]], [[1, -1], [1, 1], [-1, -1]]),
])  # fmt: skip
def test_what_a_missing_cell_means_can_be_said(text: str, default: object, other: object, tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(text)
    source = read_labels(path)
    assert source.matrix.values.tolist() == default
    means = "absent" if FORMATS[source.format].missing_means == "unknown" else "unknown"
    assert read_labels(path, missing_means=means).matrix.values.tolist() == other


def test_an_unknown_cell_of_a_long_file_gets_a_row_of_its_own(tmp_path: Path) -> None:
    path, out = tmp_path / "f.csv", tmp_path / "out.csv"
    path.write_text("id,tag,value\na,hat,True\nb,dog,False\n")
    write_labels(path, out, "long_csv", {("a", "dog"): 0})
    assert out.read_text() == "id,tag,value\na,hat,True\na,dog,False\nb,dog,False\n"


def test_a_missing_prediction_is_nan_in_a_long_file(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("id,tag,prob\na,hat,0.25\nb,dog,1\n")
    np.testing.assert_array_equal(read_pred_probs(path).matrix.values, [[0.25, np.nan], [np.nan, 1]])


def test_what_arrow_stumbles_over_is_read_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(b'id,hat\n5" pipe,1\n7" pipe,0\nmac"s,\n')
    assert read_labels(path).matrix.ids == ['5" pipe', '7" pipe', 'mac"s']


def test_pandas_files_are_read_as_pandas_writes_them(tmp_path: Path) -> None:
    frame = pd.DataFrame({"hat": [1, None, 0], "dog": [True, False, True]}, index=["007", "1e5", "é"])
    frame.to_csv(tmp_path / "f.csv")
    frame.to_parquet(tmp_path / "f.parquet")
    for path in (tmp_path / "f.csv", tmp_path / "f.parquet"):
        matrix = read_labels(path).matrix
        assert (matrix.ids, matrix.tags) == (["007", "1e5", "é"], ("hat", "dog"))
        assert matrix.values.tolist() == [[1, 1], [-1, 0], [0, 1]]


@pytest.mark.parametrize("kind", [pa.bool_(), pa.int8(), pa.uint64(), pa.float32(), pa.float64(), pa.string(),
                                  pa.dictionary(pa.int8(), pa.string())])  # fmt: skip
def test_a_corrected_parquet_file_keeps_schema_and_metadata(kind: Any, tmp_path: Path) -> None:
    text = pa.types.is_string(kind) or pa.types.is_dictionary(kind)
    values = pa.array(["1", "0", None] if text else [1, 0, None]).cast(kind)
    fields = [pa.field("dog", kind, metadata={"k": "v"}), pa.field("id", pa.int64(), nullable=False)]
    table = pa.table([values, pa.array([7, 8, 9])], schema=pa.schema(fields, metadata={"origin": "me"}))
    pq.write_table(table, tmp_path / "f.parquet", compression="zstd")
    write_labels(tmp_path / "f.parquet", tmp_path / "out.parquet", None, {("8", "dog"): 1, ("9", "dog"): 0})
    out = pq.read_table(tmp_path / "out.parquet")
    assert out.schema.equals(table.schema, check_metadata=True)
    assert read_labels(tmp_path / "out.parquet").matrix.values.tolist() == [[1], [1], [0]]
    assert pq.ParquetFile(tmp_path / "out.parquet").metadata.row_group(0).column(0).compression == "ZSTD"


def test_rows_of_a_long_parquet_file_go_and_come(tmp_path: Path) -> None:
    tags = pa.array(["hat", "dog", "dog"]).dictionary_encode()
    table = pa.table({"n": [1, 2, 3], "id": ["a", "a", "b"], "tag": tags})
    pq.write_table(table, tmp_path / "f.parquet")
    changes = {("a", "hat"): 0, ("b", "hat"): 1, ("b", "dog"): 0}
    write_labels(tmp_path / "f.parquet", tmp_path / "out.parquet", None, changes)
    out = pq.read_table(tmp_path / "out.parquet")
    assert out.schema.equals(table.schema)
    assert out.to_pylist() == [{"n": 2, "id": "a", "tag": "dog"}, {"n": None, "id": "b", "tag": "hat"}]


def test_ids_as_decimal_numbers_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": [1.0], "hat": [1]}), tmp_path / "f.parquet")
    with pytest.raises(InputError, match=r"f.parquet, column 'id': double does not keep every letter. Store"):
        read_labels(tmp_path / "f.parquet")


def test_nan_in_a_parquet_of_predictions_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": ["a"], "hat": pa.array(np.array([np.nan]))}), tmp_path / "f.parquet")
    with pytest.raises(InputError, match=r"f.parquet, row 1, column 'hat': 'nan' is not a number"):
        read_pred_probs(tmp_path / "f.parquet")


# -- writing files whole


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels.csv"
    path.write_text("id,hat\na,1\n")
    return path


def test_nothing_is_overwritten_unless_told(labels: Path) -> None:
    with pytest.raises(Refused, match="labels.csv is there already, and nothing was written. Choose another name"):
        write_labels(labels, labels, None, {("a", "hat"): 0})
    assert labels.read_text() == "id,hat\na,1\n"
    write_labels(labels, labels, None, {("a", "hat"): 0}, overwrite=True)
    assert labels.read_text() == "id,hat\na,0\n"


@pytest.mark.parametrize(("changes", "error", "match"), [
    ({("b", "hat"): 1}, NotFound, "labels.csv has no id 'b'. Is this the file that the labels were read from?"),
    ({("a", "cap"): 1}, NotFound, "labels.csv has no tag 'cap'."),
    ({("a", "hat"): -1}, InputError, "a correction is 1 or 0, not what is asked for 'a, hat: -1'"),
])  # fmt: skip
def test_a_correction_of_a_cell_that_is_not_there_is_refused(
    changes: dict[tuple[str, str], int], error: type[Exception], match: str, labels: Path
) -> None:
    with pytest.raises(error, match=match):
        write_labels(labels, labels.with_name("out.csv"), None, changes)
    assert sorted(os.listdir(labels.parent)) == ["labels.csv"]


def test_a_crash_while_writing_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "rank.csv"
    write_csv(path, ["id"], [["old"]])

    def rows() -> Any:
        yield ["new"]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_csv(path, ["id"], rows(), overwrite=True)
    assert path.read_text() == "id\nold\n"
    assert os.listdir(tmp_path) == ["rank.csv"]


def test_a_file_that_appears_while_writing_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "rank.csv"

    def rows() -> Any:
        path.write_text("someone else's")
        yield ["new"]

    with pytest.raises(Refused, match="is there already"):
        write_csv(path, ["id"], rows())
    assert path.read_text() == "someone else's"


def test_a_table_is_written_faithfully_and_for_everyone_who_may_read(tmp_path: Path) -> None:
    path = tmp_path / "rank.csv"
    write_csv(path, ["id", "score"], [['=a"b', np.float32(0.125)], ["c\rd", float("nan")]])
    assert path.read_bytes() == b'id,score\n"=a""b",0.125\n"c\rd",\n'
    mask = os.umask(0)
    os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~mask
    with pytest.raises(NotFound, match="There is no folder"):
        write_csv(tmp_path / "no" / "rank.csv", ["id"], [])


def test_a_table_for_a_spreadsheet_holds_no_formula(tmp_path: Path) -> None:
    path = tmp_path / "rank.csv"
    rows = [['=HYPERLINK("x")', "@a", -0.5], ["a=b", "+1", 2], ["-", "\t=1", None]]
    write_csv(path, ["id", "=tag", "score"], rows, excel_safe=True)
    assert path.read_text() == "id,'=tag,score\n\"'=HYPERLINK(\"\"x\"\")\",'@a,-0.5\na=b,'+1,2\n'-,'\t=1,\n"


def test_a_link_stays_a_link_when_its_file_is_overwritten(labels: Path) -> None:
    link = labels.with_name("link.csv")
    link.symlink_to(labels)
    write_labels(labels, link, None, {("a", "hat"): 0}, overwrite=True)
    assert link.is_symlink()
    assert labels.read_text() == "id,hat\na,0\n"


def test_every_format_has_a_title_and_is_read_from_its_own_file() -> None:
    assert all(
        name == row.name and row.title and (row.suffixes or row.is_folder) for name, row in formats.FORMATS.items()
    )


def test_a_table_of_columns_has_the_bytes_of_the_same_table_of_rows(tmp_path):
    names = [*HOSTILE, "plain"]
    at = np.arange(len(names))[::-1]
    floats = np.array([0.1 + 0.2, 1, 1e-9, float("nan")] * len(names))[: len(names)]
    given = np.array([1, 0, -1] * len(names), np.int8)[: len(names)]
    for safe in (False, True):
        write_columns(tmp_path / "a.csv", ["id", "n", "p"], [Named(names, at), given, floats], True, excel_safe=safe)
        rows = zip([names[i] for i in at], given, floats, strict=True)
        write_csv(tmp_path / "b.csv", ["id", "n", "p"], rows, True, excel_safe=safe)
        assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
