"""What cannot be read says where, what and what to do. The table of docs/formats.md has a row for each case here."""

import importlib
import io
import os
import re
import resource
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelreview import formats
from labelreview.desk import intake
from labelreview.errors import InputError, Refused
from labelreview.formats import FORMATS, limits, read_labels, read_pred_probs, write_labels, write_matrix
from labelreview.settings import Settings
from labelreview.tags import TagMatrix

DOCS = Path(__file__).resolve().parents[2] / "docs" / "formats.md"
CELEBA = b"2\nhat dog\n1.jpg  1 -1\n"
COCO = '{{"images": [{{"id": 1, "file_name": "a"}}], "categories": [{{"id": 1, "name": "x"}}], "annotations": [{}]}}'
ARFF = b"@relation 'r: -C 1'\n@attribute hat {0,1}\n@attribute x numeric\n@data\n"
XML = b"<annotation><object><name>dog</name></object></annotation>"
BOMB = b'<!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;">]><annotation>&c;</annotation>'
VOC = "d/ImageSets/Main/dog_val.txt"
Files = dict[str, bytes]

REFUSED: dict[str, list[tuple[Files, str]]] = {
    "wrong delimiter": [({"f.csv": b"id hat dog\na 1 0\n"}, "line 1: only one column found: 'id hat dog'. Separate")],
    "UTF-16 without its mark": [({"f.csv": "id,hat\na,1\n".encode("utf-16-le")}, "NUL characters. This is no text")],
    "bytes that are not UTF-8": [
        ({"f.csv": b"id,hat\n\xe9,1\n"}, "f.csv, line 2, column 'id': this is not UTF-8. Save the file as UTF-8."),
        ({"f.txt": CELEBA + b"\xe9.jpg -1 -1\n"}, "f.txt, line 4: this is not UTF-8. Save"),
        ({"f.json": COCO.format("").encode()[:-1] + b'"\xff'}, "f.json, byte 100: this is not UTF-8. Save the file"),
    ],
    "a quote that never closes": [({"f.csv": b'id,hat\na,1\n"b,0\n'}, "f.csv, line 3: a quote is opened and never")],
    "duplicate ids": [
        ({"f.csv": b"id,hat\na,1\na,1\n"}, "f.csv, line 3, column 'id': id 'a' is already in line 2. Keep one"),
        ({"f.txt": CELEBA + b"1.jpg -1 -1\n"}, "f.txt, line 4: id '1.jpg' is already in line 3. Keep one"),
        ({"f.jsonl": b'{"id": "a", "tags": ["x"]}\n{"id": "a", "tags": []}\n'}, "f.jsonl, line 2, column 1: id 'a' is"),
    ],
    "duplicate tags, also but for case and spaces": [
        ({"f.csv": b"id,hat, Hat\na,1,0\n"}, "f.csv, line 1: tags 'hat' and ' Hat' differ only in case or in spaces"),
        ({"f.txt": b"1\nhat Hat\n1.jpg 1 1\n"}, "f.txt, line 2: tags 'hat' and 'Hat' differ only in case"),
    ],
    "empty file": [({"f.csv": b""}, "f.csv: the file is empty."), ({"f.json": b""}, "f.json: the file is empty.")],
    "header only": [
        ({"f.csv": b"id,hat\n"}, "f.csv: there is a header and no rows."),
        ({"f.arff": ARFF}, "f.arff: there is a header and no rows."),
    ],
    "ragged rows": [
        ({"f.csv": b"id,hat\na,1\nb,1,0\n"}, "f.csv, line 3: 3 columns where the header has 2. Put a text that"),
        ({"f.txt": CELEBA + b"2.jpg 1\n"}, "f.txt, line 4: 2 columns where the header asks for 3. Write a name"),
        ({"f.txt": CELEBA + b"2.jpg 1\n3.jpg 1 1 1\n"}, "f.txt, line 4: 2 columns where the header asks for 3."),
        ({"f.arff": ARFF + b"1,2\n1\n"}, "f.arff, line 6: 1 values where the header has 2 attributes. Correct"),
    ],
    "a label that is none": [
        ({"f.csv": b"id,hat\na,-1\nb,1\n"}, "'-1' is not a label. Use 1, 0 or leave it empty. Where -1 means"),
        ({"f.txt": CELEBA + b"2.jpg 0 1\n"}, "f.txt, line 4: '0' is not a label. Use 1 for present and"),
        ({"f.arff": ARFF + b"2,1\n"}, "f.arff, line 5, attribute 'hat': '2' is not a label. Use 1, 0 or ?."),
        ({"f.jsonl": b'{"id": "a", "hat": 3}\n'}, "f.jsonl, line 1, column 1, 'hat': 3 is not a label. Use true"),
        ({VOC: b"a  1\nb  2\n"}, "dog_val.txt, line 2: 'b  2' is not an image and 1, 0 or -1. Correct the line."),
        ({VOC: b"a  1\n", "d/ImageSets/Main/dog_x.txt": b"a -1\n"}, "line 1: 'a' has another label in ImageSets"),
    ],
    "broken JSON": [
        ({"f.json": COCO.format("").encode()[:40]}, "f.json, line 1, column 41: expecting ',' delimiter"),
        ({"f.json": COCO.format("").encode()[:-2]}, "f.json, line 1, column 99: expecting value. This is no valid"),
        ({"f.jsonl": b'{"id": "a", "tags": ["x"]}\n{"id": "b", "tags": [\n'}, "expecting value. This is no valid JSON"),
        ({"f.json": COCO.format("[" * 100_000).encode()}, "values are nested too deep. This is no valid JSON"),
        ({"f.json": COCO.format('{"image_id": 7, "category_id": 1}').encode()}, "names image or category 7, which is"),
        ({"f.json": COCO.format('{"category_id": 1}').encode()}, "column 99: this is not what COCO has under 'annot"),
        ({"f.jsonl": b'{"id": "\\ud800", "tags": ["x"]}\n'}, "An id holds half a character: '\\ud800'. Write it in"),
    ],
    "XML with a document type (entities, other files)": [
        ({"d/Annotations/a.xml": BOMB}, "d/Annotations/a.xml, line 1: a DOCTYPE is not read, for it may name"),
        ({"d/Annotations/a.xml": XML[:-3]}, "d/Annotations/a.xml, line 1: unclosed token. This is no valid XML"),
    ],
    "a file that should stand beside it": [
        ({"f.arff": ARFF.replace(b": -C 1", b"") + b"1,2\n"}, "f.arff: which attributes are labels is not said. Put"),
        ({"f.arff": ARFF + b"1,2\n", "f.xml": b'<labels><label name="cap"/></labels>'}, "f.xml: 'cap' is no attribute"),
        ({"f.json": b"[[0], [1]]", "f.ids.txt": b"a\n"}, "f.ids.txt: 1 ids for the 2 images of f.json. Give one line"),
        ({"f.json": b"[[0], [9]]", "f.tags.txt": b"a\nb\n"}, "class 9 is not among the 2 of f.tags.txt. Is this the"),
    ],
    "a format that is not known": [
        ({"f.bin": b"\x7fELF\1\0"}, "f.bin: there are NUL characters. This is no text"),
        ({"f.xlsx": b"PK\3\4\0\0"}, "f.xlsx: this is a spreadsheet. Save the sheet as CSV, and give that."),
        ({"f.csv.gz": b"\x1f\x8b\x08\0"}, "f.csv.gz: this is compressed (gzip). Unpack it first."),
        ({"f.csv": b"\xff\xd8\xff\xe0\n"}, "f.csv: this is a picture. Give the file of labels or predictions"),
        ({"f.csv": b"<!DOCTYPE html><html>\n"}, "f.csv: this is a web page, such as one that asks to sign in."),
        ({"f.csv": b"version https://git-lfs.github.com/spec/v1\n"}, "f.csv: this is a pointer of Git LFS, not the"),
        ({"f.csv": b"sep=;\r\nid;hat\r\na;1\r\n"}, "f.csv, line 1: 'sep=' is a note for Excel, not the header."),
        ({"f.json": b'{"images": [], "annotations": []}'}, "it holds objects with 'images', 'annotations'. COCO has"),
        ({"f.json": b'[{"image_id": 1, "score": 0.9}]'}, "it holds objects with 'image_id', 'score'. COCO has"),
        ({"f.json": b"[1, 2, 3]"}, "f.json: this JSON is of no form that is known; it holds no objects"),
    ],
    "a folder without a known format": [({"d/a.jpg": b""}, "d is a folder. Give the file that holds the labels")],
}  # fmt: skip


def put(folder: Path, files: Files) -> Path:
    """The first file, or its folder `d`."""
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder / next(iter(files)).split("/")[0]


@pytest.mark.parametrize(("files", "match"), [case for cases in REFUSED.values() for case in cases])
def test_what_cannot_be_used_says_where_and_what_to_do(files: Files, match: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_labels(put(tmp_path, files))
    assert match in str(caught.value)


def _array(**arrays: object) -> bytes:
    out = io.BytesIO()
    np.savez(out, **arrays)  # type: ignore[arg-type]
    return out.getvalue()


def _npy(array: object) -> bytes:
    out = io.BytesIO()
    np.save(out, np.asarray(array), allow_pickle=True)
    return out.getvalue()


NAMES = {"p.ids.txt": b"a\n", "p.tags.txt": b"x\ny\n"}
PROBS: dict[str, list[tuple[Files, str]]] = {
    "per cent": [
        ({"p.csv": b"id,hat\na,0.2\nb,97.3\n"}, "which looks like per cent: divide them by 100."),
        ({"p.npy": _npy([[20.0, 97.3]])} | NAMES, "p.npy, item 'a', tag 'x': 20 is not a probability. The values go"),
    ],
    "logits": [({"p.csv": b"id,hat\na,-2.5\nb,3\n"}, "which looks like logits: apply the sigmoid first, or say")],
    "NaN and infinity": [
        ({"p.csv": b"id,hat\na,nan\nb,0.5\n"}, "line 2, column 'hat': 'nan' is not a number. Use one from"),
        ({"p.npy": _npy([[np.inf, 0.5]])} | NAMES, "inf is not a probability. Probabilities are numbers from 0 to 1"),
    ],
    "an array without names": [
        ({"p.npy": _npy([[0.1, 0.2]])}, "p.npy: an array has no ids. Put p.ids.txt beside it, one a line."),
        ({"p.npy": _npy([[0.1, 0.2]]), "p.ids.txt": b"a\nb\n"}, "p.ids.txt: 2 ids for an array with 1. Give one line"),
        ({"p.npz": _array(ids=["a"], pred_probs=[[0.5]])}, "has no tags. Put p.tags.txt beside it, one a line, or"),
        ({"p.npz": _array(a=[[0.5]], b=[[0.5]])}, "p.npz: which array holds the values? Name it 'pred_probs'."),
    ],
    "an array of Python objects, or a broken one": [
        ({"p.npy": _npy(np.array([[{}]], object))}, "p.npy: an array holds Python objects, which are not read. Save"),
        ({"p.npy": _npy([[0.1, 0.2]])[:-4]} | NAMES, "p.npy: this array cannot be read"),
        ({"p.npy": _npy([0.1])} | NAMES, "p.npy: an array of numbers, items × tags, is expected, not float64 of shape"),
        ({"p.npz": _array(ids=np.array([{}], object), pred_probs=[[0.5]])}, "Save ids and tags as text"),
        ({"p.npz": _array(pred_probs=[[0.5]])[:-30]}, "p.npz: this array cannot be read"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("files", "match"), [case for cases in PROBS.values() for case in cases])
def test_predictions_that_cannot_be_used_say_why(files: Files, match: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_pred_probs(put(tmp_path, files))
    assert match in str(caught.value)


# -- what is read all the same


ACCEPTED: dict[str, tuple[Files, list[str], tuple[str, ...]]] = {
    "BOM": ({"f.csv": b"\xef\xbb\xbfid,hat\na,1\n"}, ["a"], ("hat",)),
    "UTF-16 with its mark": ({"f.csv": "id,hat\na,1\n".encode("utf-16")}, ["a"], ("hat",)),
    "Windows line ends": ({"f.csv": b"id,hat\r\na,1\r\n"}, ["a"], ("hat",)),
    "quotes": ({"f.csv": b'"id","ha""t, x"\n"a",1\n'}, ["a"], ('ha"t, x',)),
    "ids that look like numbers": ({"f.csv": b"id,hat\n007,1\n1e5,0\n"}, ["007", "1e5"], ("hat",)),
    "tag names with markup": ({"f.csv": b"id,<b>hat</b>\na,1\n"}, ["a"], ("<b>hat</b>",)),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_is_odd_and_clear_is_read(name: str, tmp_path: Path) -> None:
    files, ids, tags = ACCEPTED[name]
    matrix = read_labels(put(tmp_path, files)).matrix
    assert (list(matrix.ids), matrix.tags) == (ids, tags)


def test_tags_in_another_order_are_joined_by_name(tmp_path: Path) -> None:
    labels, probs = tmp_path / "f.csv", tmp_path / "p.csv"
    labels.write_text("id,hat,dog\na,1,0\n")
    probs.write_text("id,dog,hat\na,0.25,0.75\n")
    dataset = formats.read_dataset(labels, probs)
    assert dataset.tags == ("hat", "dog")
    assert dataset.pred_probs.tolist() == [[0.75, 0.25]]


# -- too much, and out of place


def _long_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = put(folder, {"f.csv": b"id,hat\na,1\n"})
    os.truncate(path, 2 << 30)  # a hole: two gigabytes that take no room on disk
    return path


def _columns(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    header = b",".join([b"id", *(b"t%d" % at for at in range(999_999))])
    return put(folder, {"f.csv": header + b"\na" + b",1" * 999_999 + b"\n"})


def _json(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(limits, "JSON", 50)
    return put(folder, {"f.json": COCO.format("").encode()})


def _beside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = put(folder, {"f.npy": _npy(np.zeros((1, 2), np.int8)), "f.ids.txt": b"a\n"})
    os.truncate(folder / "f.ids.txt", 2 << 30)
    return path.with_name("f.npy")


def _cells(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(limits, "CELLS", 3)
    return put(folder, {"f.jsonl": b'{"id": "a", "x": 1, "y": 0}\n{"id": "b", "x": 1, "y": 0}\n'})


def _listed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(limits, "CELLS", 1)
    return put(folder, {"f.csv": b"id,tag\na,x\nb,y\n"})


def _bomb(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(limits, "CELLS", 1000)
    out = io.BytesIO()
    np.savez_compressed(out, labels=np.zeros((1000, 100), np.int8))
    return put(folder, {"f.npz": out.getvalue()})


def _unpacked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(limits, "CELLS", 2_000_000)
    names = pa.repeat("same", 1_000_001).dictionary_encode()
    pq.write_table(pa.table({"id": names, "hat": pa.repeat(True, 1_000_001)}), folder / "f.parquet")
    return folder / "f.parquet"


def _shape(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return put(folder, {"f.npy": _npy(np.zeros((1, 2), np.int8)).replace(b"(1, 2), }       ", b"(99999999, 2), }")})


def _link(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (folder / "secret.txt").write_bytes(b"a  1\n")
    path = put(folder, {"d/ImageSets/Main/cat_val.txt": b"a  1\n"})
    (path / "ImageSets/Main/dog_val.txt").symlink_to(folder / "secret.txt")
    return path


TOO_MUCH: dict[str, tuple[Callable[[Path, pytest.MonkeyPatch], Path], str]] = {
    "a line of gigabytes": (_long_line, r"f.csv, byte 12: this line is longer than 268,435,456 bytes. Is this a"),
    "a million columns": (_columns, r"f.csv, line 1: 1,000,000 columns are more than the 100,000 that are read. Give"),
    "a JSON file of gigabytes": (_json, r"f.json: 100 bytes of JSON are more than the 50 that are read at once. Split"),
    "a file beside another, or in a folder, of gigabytes": (_beside, r"f.ids.txt: 2,147,483,648 bytes are more"),
    "more cells than fit": (_cells, r"f.jsonl: 2 items × 2 tags are 4 cells, more than the 3 that one project holds"),
    "more listed cells than fit": (_listed, r"f.csv: 2 cells are listed, more than the 1 that one project holds"),
    "an array that unpacks to gigabytes": (_bomb, r"f.npz: [\d,]+ bytes unpacked are more than are read. Save"),
    "an array that says it is larger than its file": (_shape, r"f.npy: this array cannot be read"),
    "a Parquet file that unpacks to gigabytes": (_unpacked, r"1,000,001 rows × 2 columns are 2,000,002 cells once un"),
    "a link that leads out of the folder": (_link, r"dog_val.txt: this link leads out of the folder. Put the file"),
}  # fmt: skip


@pytest.mark.parametrize("name", TOO_MUCH)
def test_what_is_too_much_or_out_of_place_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare, match = TOO_MUCH[name]
    with pytest.raises(InputError, match=match):
        read_labels(prepare(tmp_path, monkeypatch))


def test_a_line_of_two_gigabytes_is_refused_in_a_hundredth_of_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _long_line(tmp_path, monkeypatch)
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="longer than"):
            read_labels(path)
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("text", ["id,hat\n" + "a,1\n" * 50, "id,hat\r" + "a,1\r" * 50, "x" * 99 + "\n" + "y" * 100])
def test_lines_that_are_not_too_long_pass(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LINE", 100)
    monkeypatch.setattr(limits, "BLOCK", 64)
    limits.check_lines("f", io.BytesIO(text.encode()))


# -- folders, and files with others beside them


def test_labels_of_a_folder_go_to_a_new_folder_or_a_zip_and_replace_nothing_unasked(tmp_path: Path) -> None:
    path = put(tmp_path, {VOC: b"a  1\nb -1\n", "d/JPEGImages/a.jpg": b"picture"})
    changes = {("a", "dog"): 0}
    write_labels(path, tmp_path / "out", None, changes)
    assert [file.name for file in (tmp_path / "out").rglob("*.*")] == ["dog_val.txt"]
    assert (tmp_path / "out/ImageSets/Main/dog_val.txt").read_bytes() == b"a -1\nb -1\n"
    write_labels(path, tmp_path / "out.zip", None, changes)
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.namelist() == ["ImageSets/Main/dog_val.txt"]
        assert archive.read("ImageSets/Main/dog_val.txt") == b"a -1\nb -1\n"
    with pytest.raises(Refused, match="d is there already, and nothing was written"):
        write_labels(path, path, None, changes)
    write_labels(path, path, None, changes, overwrite=True)
    assert (path / "JPEGImages/a.jpg").read_bytes() == b"picture"
    assert (tmp_path / VOC).read_bytes() == b"a -1\nb -1\n"


def test_a_class_name_cannot_lead_out_of_the_folder_that_is_written(tmp_path: Path) -> None:
    matrix = TagMatrix(["a"], ("../../x",), np.ones((1, 1), np.int8))
    for format in ("voc_sets", "voc_xml"):
        odd = matrix if format == "voc_sets" else TagMatrix(["../../x"], ("a",), matrix.values)
        with pytest.raises(InputError, match=r"cannot hold '/'( or '\\')?. Choose another format"):
            write_matrix(odd, tmp_path / "out", format)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_belongs_beside_another_goes_along_and_never_replaces_a_different_one(tmp_path: Path) -> None:
    files = {"f.arff": ARFF + b"1,2\n", "f.xml": b'<labels><label name="hat"/></labels>'}
    path = put(tmp_path, files)
    assert set(read_labels(path).files) == set(files)
    out = tmp_path / "o" / "g.arff"
    out.parent.mkdir()
    (out.parent / "g.xml").write_bytes(b"mine")
    with pytest.raises(Refused, match="g.xml is there already"):
        write_labels(path, out, None, {("1", "hat"): 0})
    assert not out.exists()
    (out.parent / "g.xml").write_bytes(files["f.xml"])
    write_labels(path, out, None, {("1", "hat"): 0})
    assert out.read_bytes() == ARFF + b"0,2\n"


# -- nothing half-made


@contextmanager
def disk_of(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("format", ["wide_csv", "npy", "wide_parquet", "voc_sets", "voc_xml"])
def test_an_export_onto_a_full_disk_leaves_what_was_there(format: str, tmp_path: Path) -> None:
    ids = [*(f"{at:05d}" for at in range(50)), "z" * 150]
    path = tmp_path / f"in{(FORMATS[format].suffixes or ('',))[0]}"
    write_matrix(TagMatrix(ids, ("cat", "zebra" * 9), np.ones((51, 2), np.int8)), path, format)
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    size = max(map(len, before.values())) - 1 if format == "voc_xml" else 100  # of XML files, all but the last fit
    changes = dict.fromkeys([(ids[0], "cat"), (ids[-1], "zebra" * 9)], 0)
    with disk_of(size), pytest.raises(InputError, match="cannot be written .File too large., and nothing was changed"):
        write_labels(path, path, format, changes, overwrite=True)
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before
    write_labels(path, path, format, changes, overwrite=True)
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} != before


def test_a_project_of_which_one_file_cannot_be_read_leaves_nothing_behind(tmp_path: Path) -> None:
    labels, predictions = tmp_path / "labels.csv", tmp_path / "predictions.csv"
    labels.write_text("id,hat\na,1\nb,0\n")
    settings = Settings(home=tmp_path / "home", database_url=f"sqlite:///{tmp_path / 'decisions.db'}")
    for text, match in (("id,hat\na,0.5\nb,97\n", "per cent"), ("id,hat\na,0.5\nc,0.5\n", "only in the labels")):
        predictions.write_text(text)
        with pytest.raises(InputError, match=match):
            intake.create(settings, "cats", intake.gather(labels, predictions))
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["labels.csv", "predictions.csv"]


# -- the documentation


def table(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading of the page."""
    section = re.split(rf"^#+ {heading}$", DOCS.read_text("utf-8"), flags=re.MULTILINE)[1]
    lines = re.search(r"(^\|.*\n)+", section, re.MULTILINE)
    assert lines
    return [[cell.strip() for cell in line.strip("|\n").split(" | ")] for line in lines[0].splitlines()[2:]]


ELSEWHERE = {  # rows that another test holds
    "tags in another order": "test_formats_bad_input.test_tags_in_another_order_are_joined_by_name",
    "ids or tags that only one file has": "test_read_dataset.test_the_report_counts_and_names_what_does_not_match",
    "formulas in a CSV for a spreadsheet": "test_formats.test_a_table_for_a_spreadsheet_holds_no_formula",
    "an archive whose members lead out of it (zip slip)":
        "test_images_sources.test_nothing_of_a_hostile_zip_is_listed_or_written",
    "an archive member that unpacks to gigabytes (zip bomb)":
        "test_images_sources.test_a_bomb_a_lie_and_damage_in_an_archive_are_placeholders",
    "a small image file of a gigantic picture": "test_images.test_files_that_cannot_be_shown_say_why",
    "an image path that leaves the folder": "test_images.test_nothing_outside_the_folder_is_reached",
    "a link out of the image folder": "test_images.test_nothing_outside_the_folder_is_reached",
    "a file of several that cannot be read":
        "test_formats_bad_input.test_a_project_of_which_one_file_cannot_be_read_leaves_nothing_behind",
    "a disk that is full, or a crash, in an export":
        "test_formats_bad_input.test_an_export_onto_a_full_disk_leaves_what_was_there",
}  # fmt: skip


def test_every_row_of_the_table_of_bad_input_has_its_test_and_every_case_its_row() -> None:
    assert sorted(row[0] for row in table("Bad input")) == sorted({*REFUSED, *PROBS, *ACCEPTED, *TOO_MUCH, *ELSEWHERE})
    for place in ELSEWHERE.values():
        module, test = place.split(".")
        assert callable(getattr(importlib.import_module(f"tests.integration.{module}"), test))


def test_the_table_of_formats_says_what_the_code_says() -> None:
    there = [
        [f"`{row.name}`", row.title, ", ".join(kind.replace("pred_probs", "predictions") for kind in row.kinds),
         *row.says, row.missing_means]
        for row in FORMATS.values()
    ]  # fmt: skip
    assert [[cell.replace("\\|", "|") for cell in row] for row in table("Formats")] == there
