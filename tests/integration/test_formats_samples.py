"""Files shaped like those of the data sets, made by us: what is read, and what a correction changes in them."""

import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labelreview.desk import models
from labelreview.errors import InputError
from labelreview.formats import FORMATS, Source, read_labels, read_pred_probs, write_labels

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
U = -1  # unknown

# format, file, ids, {tag: labels}, correction, and what differs in the file (or its files) afterwards
LABELS = [
    ("celeba_txt", "celeba/list_attr_celeba.txt", ["000001.jpg", "000002.jpg", "000003.jpg"],
     {"5_o_Clock_Shadow": [0, 0, 0], "Attractive": [1, 0, 0], "Bags_Under_Eyes": [0, 1, 0]},
     {("000001.jpg", "Attractive"): 0, ("000003.jpg", "5_o_Clock_Shadow"): 1},
     [("000001.jpg -1  1  1 -1", "000001.jpg -1  1 -1 -1"), ("3.jpg -1 -1 -1 -1", "3.jpg  1 -1 -1 -1")]),
    ("celeba_csv", "celeba/list_attr_celeba.csv", ["000001.jpg", "000002.jpg"], {"Attractive": [1, 0]},
     {("000002.jpg", "Attractive"): 1}, [("000002.jpg,-1,-1,-1", "000002.jpg,-1,-1,1")]),
    ("coco", "coco/instances_val2017.json", ["000000397133.jpg", "000000037777.jpg", "000000252219.jpg"],
     {"person": [1, 0, 0], "bottle": [1, 1, 0]}, {("000000397133.jpg", "person"): 0},
     [('"bottle"}]}\n', '"bottle"}], "image_tags": [{"image_id": 397133, "category_id": 1, "present": false}]}\n')]),
    ("coco", "coco/panoptic_val2017.json", ["000000000139.jpg", "000000000285.jpg"],
     {"person": [1, 0], "wall-other-merged": [1, 0]}, {("000000000285.jpg", "person"): 1},
     [('merged"}]\n}', 'merged"}], "image_tags": [{"image_id": 285, "category_id": 1, "present": true}]\n}')]),
    ("voc_sets", "voc/VOC2007", ["000032", "000033", "000005"], {"aeroplane": [1, 1, 0], "dog": [0, U, 1]},
     {("000033", "dog"): 1, ("000005", "dog"): 0},
     {"ImageSets/Main/dog_train.txt": [("000033  0", "000033  1")],
      "ImageSets/Main/dog_trainval.txt": [("000033  0", "000033  1"), ("000005  1", "000005 -1")],
      "ImageSets/Main/dog_val.txt": [("000005  1", "000005 -1")]}),
    ("voc_xml", "voc/VOC2012", ["2007_000027", "2007_000032", "2007_000033"],
     {"person": [1, 0, 0], "chair": [U, 0, 0], "aeroplane": [0, 1, 0]}, {("2007_000032", "aeroplane"): 0},
     {"Annotations/2007_000032.xml": [
         ("</annotation>", ("\t<image_tags><tag><name>aeroplane</name><present>0</present></tag></image_tags>\n"
                           "</annotation>"))]}),
    ("open_images", "open_images/validation-annotations-human-imagelabels.csv",
     ["0001eeaf4aed83f9", "0004886b7d043cfd", "00075905539074f2"], {"/m/0cmf2": [1, U, U], "/m/01mqdt": [0, U, 1]},
     {("0004886b7d043cfd", "/m/0cmf2"): 1, ("00075905539074f2", "/m/0cmf2"): 0},
     [("43cfd,verification,/m/0cmf2,0", "43cfd,verification,/m/0cmf2,1"),
      ("074f2,verification,/m/01mqdt,1\n",
       "074f2,verification,/m/01mqdt,1\n00075905539074f2,labelreview,/m/0cmf2,0\n")]),
    ("imagenet_real", "imagenet_real/real.json", [f"ILSVRC2012_val_0000000{n}.JPEG" for n in range(1, 6)],
     {"970": [0, 1, 0, 0, 0], "231": [0, 0, 1, 0, 0], "0": [0, 0, 0, 0, 0]},
     {("ILSVRC2012_val_00000003.JPEG", "231"): 0, ("ILSVRC2012_val_00000001.JPEG", "7"): 1},
     [("[[], ", "[[7], "), ("[230, 231]", "[230]")]),
    ("nih", "nih/Data_Entry_2017_v2020.csv", ["00000001_000.png", "00000001_001.png", "00000002_000.png"],
     {"Cardiomegaly": [1, 1, 0], "Emphysema": [0, 1, 0]},
     {("00000001_000.png", "Cardiomegaly"): 0, ("00000002_000.png", "Emphysema"): 1},
     [("00000001_000.png,Cardiomegaly,", "00000001_000.png,No Finding,"),
      ("00000002_000.png,No Finding,", "00000002_000.png,Emphysema,")]),
    ("chexpert", "chexpert/train.csv",
     [f"CheXpert-v1.0-small/train/{name}.jpg" for name in
      ("patient00001/study1/view1_frontal", "patient00002/study2/view1_frontal", "patient00002/study1/view2_lateral")],
     {"No Finding": [1, U, U], "Enlarged Cardiomediastinum": [U, 0, U], "Lung Opacity": [U, U, 1],
      "Support Devices": [1, U, U]},
     {("CheXpert-v1.0-small/train/patient00002/study2/view1_frontal.jpg", "Lung Opacity"): 0,
      ("CheXpert-v1.0-small/train/patient00001/study1/view1_frontal.jpg", "Lung Opacity"): 1},
     [(",AP,1.0,,,1.0", ",AP,1.0,,1.0,1.0"), (",0.0,-1.0,", ",0.0,0.0,")]),
    ("arff", "arff/emotions.arff", ["1", "2", "3"], {"amazed-suprised": [0, 1, 0], "happy pleased": [1, 0, 1]},
     {("2", "happy pleased"): 1}, [("0.081374,1,0,?", "0.081374,1,1,?")]),
    ("arff", "arff/Enron-meka.arff", ["1", "2", "3"], {"A.A8": [1, 0, 0], "C.C9": [0, 0, 1]},
     {("1", "A.A8"): 0, ("2", "C.C9"): 1}, [("{0 1, 2 1}", "{2 1}"), ("{3 2.5}", "{1 1,3 2.5}")]),
    ("label_studio", "label_studio/project-1.json", [f"/data/upload/1/{n}.jpg" for n in (1, 2, 3)],
     {"cat": [1, 0, U], "dog": [1, 0, U]}, {("/data/upload/1/1.jpg", "cat"): 0, ("/data/upload/1/3.jpg", "dog"): 1},
     [('["cat", "dog"]', '["dog"]'), ('"id": 103, "annotations": []',
      ('"id": 103, "annotations": [{"result": [{"value": {"choices": ["dog"]}, "from_name": "choice", '
      '"to_name": "image", "type": "choices"}]}]'))]),
    ("fiftyone", "fiftyone/samples.json", [f"data/00000{n}.jpg" for n in (1, 2, 3)],
     {"cat": [1, 0, U], "sofa": [1, 0, U]}, {("data/000001.jpg", "cat"): 0, ("data/000003.jpg", "sofa"): 1},
     [('[{"_id": {"$oid": "65a0"}, "_cls": "Classification", "tags": [], "label": "cat"}, {', "[{"),
      ('"ground_truth": null', ('"ground_truth": {"_cls": "Classifications", "classifications": '
       '[{"_cls": "Classification", "tags": [], "label": "sofa"}]}'))]),
    ("wide_csv", "tables/labels.csv", ["IMG_0001.jpg", "IMG_0002.jpg", "IMG_0003.jpg"],
     {"beach": [1, 0, U], "person, sitting": [1, U, 0]},
     {("IMG_0002.jpg", "person, sitting"): 1, ("IMG_0001.jpg", "beach"): 0},
     [("2.jpg,0,1,", "2.jpg,0,1,1"), ("1.jpg,1,", "1.jpg,0,")]),
    ("wide_csv", "tables/labels.tsv", ["0017", "0018", "0019"], {"beach": [1, 0, 0], "dog": [0, U, 1]},
     {("0018", "dog"): 1, ("0019", "dog"): 0},
     [("0018\tFalse\t", "0018\tFalse\tTrue"), ("0019\tFalse\tTrue", "0019\tFalse\tFalse")]),
    ("long_csv", "tables/labels_long.csv", ["0017", "0018", "0019"],
     {"beach": [1, 0, 0], "person, sitting": [1, 0, 0], "dog": [0, 1, 0]},
     {("0017", "beach"): 0, ("0018", "person, sitting"): 1, ("0019", "dog"): 1},
     [("0017,ann,beach\n", ""), ("0018,ann,dog\n", '0018,ann,dog\n0018,,"person, sitting"\n'),
      ("0019,ben,", "0019,ben,dog")]),
    ("delimited_csv", "imagefolder/metadata.csv", ["0001.png", "0002.png"], {"cat": [1, 0], "dog": [0, 1]},
     {("0002.png", "sofa"): 1}, [('red",dog', 'red",dog;sofa')]),
    ("delimited_jsonl", "imagefolder/metadata.jsonl", ["0001.png", "0002.png", "0003.png"],
     {"cat": [1, 0, 0], "sofa": [1, 0, 0], "dog": [0, 1, 0]}, {("0001.png", "cat"): 0, ("0003.png", "dog"): 1},
     [('["cat", "sofa"]', '["sofa"]'), ('"tags": []', '"tags": ["dog"]')]),
    ("wide_jsonl", "imagefolder/flags.jsonl", ["0001.png", "0002.png", "0003.png"],
     {"cat": [1, U, U], "dog": [0, 1, 0]}, {("0002.png", "cat"): 0, ("0003.png", "cat"): 1},
     [('"cat": null', '"cat": false'), ('{"file_name": "0003.png", "dog": false}',
                                        '{"file_name": "0003.png", "dog": false, "cat": true}')]),
]  # fmt: skip


def files(path: Path) -> dict[str, bytes]:
    if path.is_file():
        return {"": path.read_bytes()}
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in path.rglob("*") if file.is_file()}


@pytest.mark.parametrize(("format", "name", "ids", "labels", "changes", "differs"), LABELS)
def test_a_data_set_is_read_as_it_is_and_only_its_corrections_differ(
    format: str,
    name: str,
    ids: list[str],
    labels: dict[str, list[int]],
    changes: dict[tuple[str, str], int],
    differs: list[tuple[str, str]] | dict[str, list[tuple[str, str]]],
    tmp_path: Path,
) -> None:
    path, out = SAMPLES / name, tmp_path / Path(name).name
    source = read_labels(path)
    matrix = source.matrix
    assert (source.format, matrix.ids) == (format, ids)
    assert {tag: matrix.values[:, matrix.tags.index(tag)].tolist() for tag in labels} == labels
    write_labels(path, out, format, changes)
    before, after = files(path), files(out)
    for file, edits in differs.items() if isinstance(differs, dict) else [("", differs)]:
        for old, new in edits:
            assert before[file].count(old.encode()) == 1
            before[file] = before[file].replace(old.encode(), new.encode())
    assert after == before
    again = read_labels(out).matrix
    wanted = {(item, tag): label for item, row in zip(ids, matrix.values, strict=True)
              for tag, label in zip(matrix.tags, row.tolist(), strict=True)} | changes  # fmt: skip
    for row, item in enumerate(again.ids):
        if format in ("label_studio", "fiftyone") and set(matrix.values[row].tolist()) == {U}:
            continue  # an item that nobody had looked at: with its first tag its others become absent
        assert again.values[row].tolist() == [wanted[item, tag] for tag in again.tags]
    gone = set(matrix.tags) - set(again.tags)  # a list of tags knows no tag that nobody has
    assert not any(label == 1 for (_, tag), label in wanted.items() if tag in gone)


@pytest.mark.parametrize(("format", "name"), [(row[0], row[1]) for row in LABELS])
def test_a_data_set_without_correction_comes_back_byte_for_byte(format: str, name: str, tmp_path: Path) -> None:
    path, out = SAMPLES / name, tmp_path / Path(name).name
    write_labels(path, out, None, {})
    there = files(path)
    assert files(out) == there
    beside = {file.name for file in out.parent.iterdir()} - {out.name}
    assert beside == ({"emotions.xml"} if name == "arff/emotions.arff" else set())


PROBS = [
    ("label_studio", "label_studio/project-1.json", ["cat", "dog"], [0.5, 0.75]),
    ("fiftyone", "fiftyone/samples.json", ["cat", "sofa"], [0.75, 0.25]),
    (
        "open_images",
        "open_images/validation-annotations-machine-imagelabels.csv",
        ["/m/0cmf2", "/m/01mqdt"],
        [0.9, 0.5],
    ),
    ("npy", "numpy/probs.npy", ["cat", "dog", "sofa"], [0.75, 0.25, 0.5]),
    ("array_parquet", "array_parquet/probs.parquet", ["cat", "dog"], [0.25, 0.75]),
    ("wide_csv", "tables/predictions.csv", ["dog", "beach"], [0.91, 0.0025]),
    ("long_csv", "tables/predictions_long.csv", ["beach", "dog"], [0.875, 0.02]),
    ("wide_parquet", "tables/predictions.parquet", ["dog", "beach"], [0.91, 0.0025]),
    ("long_parquet", "tables/predictions_long.parquet", ["beach", "dog"], [0.875, 0.02]),
    ("wide_jsonl", "imagefolder/scores.jsonl", ["cat", "dog"], [0.75, 0.25]),
    ("npz", "models/clip.npz", ["beach", "dog"], [0.875, 0.25]),
    ("sparse_npz", "eurlex/probs.npz", ["agricultural product", "emission allowance"], [0.9, np.nan]),
]


@pytest.mark.parametrize(("format", "name", "tags", "first"), PROBS)
def test_predictions_of_a_data_set_are_read(format: str, name: str, tags: list[str], first: list[float]) -> None:
    source = read_pred_probs(SAMPLES / name)
    assert (source.format, list(source.matrix.tags)[: len(tags)]) == (format, tags)
    np.testing.assert_allclose(source.matrix.dense()[0, : len(tags)], np.float32(first))
    assert np.isnan(source.matrix.dense()[1:]).any() or format in ("open_images", "npz")


def test_logits_become_probabilities_when_that_is_said() -> None:
    path = SAMPLES / "numpy" / "logits.npz"
    found = read_pred_probs(path, logits=True).matrix
    np.testing.assert_array_equal(found.values, np.float32([[0.5, 1], [0, np.nan]]))
    with pytest.raises(
        InputError, match=r"logits.npz, item 'a.jpg', tag 'dog': 100 is not a probability. The values go from -100"
    ):
        read_pred_probs(path)


def test_a_correction_keeps_the_pictures_of_a_hugging_face_data_set(tmp_path: Path) -> None:
    path, out = SAMPLES / "hugging_face" / "train-00000-of-00001.parquet", tmp_path / "out.parquet"
    source = read_labels(path)
    assert (source.format, source.matrix.ids) == ("hugging_face", ["0001.png", "0002.png", "0003.png"])
    assert source.matrix.tags == ("cat", "dog", "sofa", "never")
    assert source.matrix.values.tolist() == [[1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
    write_labels(path, out, None, {("0001.png", "cat"): 0, ("0003.png", "never"): 1})
    before, after = pq.ParquetFile(path), pq.ParquetFile(out)
    assert after.schema_arrow.equals(before.schema_arrow, check_metadata=True)
    assert after.metadata.num_row_groups == before.metadata.num_row_groups == 2
    assert after.read().column("image").equals(before.read().column("image"))
    assert after.read().column("labels").to_pylist() == [[2], [1], [3]]


def test_flags_of_a_hugging_face_data_set_are_tags(tmp_path: Path) -> None:
    path, out = SAMPLES / "hugging_face" / "flags.parquet", tmp_path / "out.parquet"
    matrix = read_labels(path, format="hugging_face").matrix
    assert (matrix.ids, matrix.tags) == (["a", "b", "c"], ("Bald", "Smiling"))
    assert matrix.values.tolist() == [[1, 1], [0, 1], [0, 0]]
    write_labels(path, out, "hugging_face", {("b", "Bald"): 1})
    assert pq.read_table(out).column("Bald").to_pylist() == [True, True, None]


BINARY = [  # format, file, labels, correction
    ("wide_parquet", "tables/labels.parquet", [[1, 0], [0, 1], [U, 0]], {("0019", "beach"): 1, ("0018", "dog"): 0}),
    ("long_parquet", "tables/labels_long.parquet", [[1, 1, 0], [0, 0, 1], [0, 0, 0]],
     {("0017", "person, sitting"): 0, ("0019", "person, sitting"): 1}),
    ("delimited_parquet", "tables/labels_lists.parquet", [[1, 1, 0], [0, 0, 1], [0, 0, 0]],
     {("0017", "person, sitting"): 0, ("0018", "person, sitting"): 1, ("0019", "dog"): 1}),
    ("sparse_npz", "eurlex/labels.npz",
     [[1, 0, 1, 0, 1, 0], [0, 0, 1, 0, 1, 0], [0, 1, 0, 0, 0, 0], [1, 0, 0, 1, 0, 0]],
     {("31990R2376", "import"): 0, ("32006R0510", "vineyard"): 1}),
    ("npy", "numpy/labels.npy", [[1, 0], [U, 1]], {("b.jpg", "cat"): 0}),
    ("npz", "numpy/labels.npz", [[1, 0], [U, 1]], {("b.jpg", "cat"): 0}),
    ("hugging_face", "hugging_face/train-00000-of-00001.parquet", [[1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]],
     {("0003.png", "never"): 1}),
]  # fmt: skip


@pytest.mark.parametrize(("format", "name", "labels", "changes"), BINARY)
def test_a_binary_file_is_read_as_it_is_and_corrected_in_its_own_types(
    format: str, name: str, labels: list[list[int]], changes: dict[tuple[str, str], int], tmp_path: Path
) -> None:
    path, out = SAMPLES / name, tmp_path / Path(name).name
    source = read_labels(path)
    assert (source.format, source.matrix.dense().tolist()) == (format, labels)
    write_labels(path, out, None, {})
    assert out.read_bytes() == path.read_bytes()
    write_labels(path, out, None, changes, overwrite=True)
    assert cells(read_labels(out)) == cells(source) | changes
    if out.suffix == ".parquet":
        assert pq.read_schema(out).equals(pq.read_schema(path), check_metadata=True)
    else:
        before, after = (np.load(each) for each in (path, out))
        kinds = [
            {k: v.dtype for k, v in each.items()} if out.suffix == ".npz" else each.dtype for each in (before, after)
        ]
        assert kinds[0] == kinds[1]


LABEL_SAMPLES = [(row[0], row[1]) for row in (*LABELS, *BINARY)]
FLAGS = ("hugging_face", "hugging_face/flags.parquet")
ALL_OR_NOTHING = {"label_studio", "fiftyone"}  # an item has an answer for all tags, or for none


def cells(source: Source) -> dict[tuple[str, str], int]:
    matrix, values = source.matrix, source.matrix.dense()
    return {
        (item, tag): int(values[row, column])
        for row, item in enumerate(matrix.ids)
        for column, tag in enumerate(matrix.tags)
    }


@pytest.mark.parametrize(("format", "name"), [*LABEL_SAMPLES, FLAGS])
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_correction_of_a_data_set_is_read_back_and_can_be_taken_back(
    format: str, name: str, data: st.DataObject, tmp_path: Path
) -> None:
    source = read_labels(SAMPLES / name, format=format)
    before = cells(source)
    changes = data.draw(st.dictionaries(st.sampled_from(sorted(before)), st.sampled_from([0, 1]), max_size=9))
    there, back = (tmp_path / step / Path(name).name for step in ("there", "back"))
    for out in (there, back):
        shutil.rmtree(out.parent, ignore_errors=True)
        out.parent.mkdir()
    write_labels(SAMPLES / name, there, format, changes)
    wanted = before | changes
    if format in ALL_OR_NOTHING:  # an item that nobody had looked at: with its first tag its others become absent
        answered = {item for item, _ in changes}
        wanted = {cell: 0 if label == U and cell[0] in answered else label for cell, label in wanted.items()}
    if 1 not in wanted.values():
        return  # a list of tags without any tag has lost its tags
    after = cells(read_labels(there, format=format))
    assert after == {cell: label for cell, label in wanted.items() if cell in after}
    assert 1 not in {wanted[cell] for cell in set(wanted) - set(after)}  # it knows no tag that nobody has
    undone = {cell: label for cell, label in before.items() if cell in after and cell in changes and label != U}
    write_labels(there, back, format, undone)
    same = cells(read_labels(back, format=format))
    assert same == {cell: label for cell, label in (wanted | undone).items() if cell in same}


# Of each format a file in which the last of these cells is not there: not said to be unknown, just not said.
NOT_THERE: dict[str, tuple[str, tuple[str, str]]] = {
    "wide_csv": ("tables/labels.tsv", ("0018", "dog")),
    "long_csv": ("tables/labels_long.csv", ("0018", "beach")),
    "delimited_csv": ("imagefolder/metadata.csv", ("0001.png", "dog")),
    "wide_parquet": ("tables/labels.parquet", ("0019", "beach")),
    "long_parquet": ("tables/labels_long.parquet", ("0018", "beach")),
    "delimited_parquet": ("tables/labels_lists.parquet", ("0018", "beach")),
    "celeba_csv": ("celeba/holes.csv", ("000002.jpg", "Attractive")),
    "chexpert": (
        "chexpert/train.csv",
        ("CheXpert-v1.0-small/train/patient00002/study2/view1_frontal.jpg", "No Finding"),
    ),
    "nih": ("nih/Data_Entry_2017_v2020.csv", ("00000002_000.png", "Cardiomegaly")),
    "open_images": ("open_images/validation-annotations-human-imagelabels.csv", ("00075905539074f2", "/m/0cmf2")),
    "wide_jsonl": ("imagefolder/flags.jsonl", ("0003.png", "cat")),
    "delimited_jsonl": ("imagefolder/metadata.jsonl", ("0003.png", "cat")),
    "coco": ("coco/instances_val2017.json", ("000000252219.jpg", "person")),
    "imagenet_real": ("imagenet_real/real.json", ("ILSVRC2012_val_00000001.JPEG", "0")),
    "label_studio": ("label_studio/project-1.json", ("/data/upload/1/2.jpg", "cat")),
    "fiftyone": ("fiftyone/samples.json", ("data/000002.jpg", "cat")),
    "voc_sets": ("voc/partial", ("000099", "dog")),
    "voc_xml": ("voc/VOC2012", ("2007_000033", "chair")),
    "arff": ("arff/Enron-meka.arff", ("2", "A.A8")),
    "npy": ("numpy/labels.npy", ("b.jpg", "cat")),
    "npz": ("numpy/labels.npz", ("b.jpg", "cat")),
    "sparse_npz": ("eurlex/labels.npz", ("31996D0101", "vineyard")),
    "hugging_face": ("hugging_face/train-00000-of-00001.parquet", ("0003.png", "cat")),
}


@pytest.mark.parametrize("format", NOT_THERE)
def test_what_a_file_does_not_hold_is_what_its_format_says_or_what_it_was_told(format: str) -> None:
    name, cell = NOT_THERE[format]
    found = {means: cells(read_labels(SAMPLES / name, missing_means=means)) for means in ("absent", "unknown")}
    plain = read_labels(SAMPLES / name)
    assert plain.format == format
    assert cells(plain) == found[FORMATS[format].missing_means]
    assert (found["absent"][cell], found["unknown"][cell]) == (0, U)
    differs = {(found["absent"][each], found["unknown"][each]) for each in found["absent"]} - {(1, 1), (0, 0), (U, U)}
    assert differs == {(0, U)}  # and nothing that the file does say is touched


def test_two_models_of_two_forms_are_read_for_one_data_set() -> None:
    labels = read_labels(SAMPLES / "tables/labels.tsv").matrix
    files = {name: read_pred_probs(SAMPLES / "models" / name) for name in ("clip.npz", "resnet.parquet")}
    assert [each.format for each in files.values()] == ["npz", "array_parquet"]
    both = models.together(labels, {name: each.matrix for name, each in files.items()})
    assert [each.values[2].tolist() for each in both.values()] == [[0.75, 0.5], [0.5, 0.5]]


def test_every_format_has_a_sample_and_says_what_it_does_not_hold() -> None:
    assert {row[0] for row in LABEL_SAMPLES} == {name for name, row in FORMATS.items() if row.reads_labels}
    assert {row[0] for row in PROBS} == {name for name, row in FORMATS.items() if row.reads_pred_probs}
    always_whole = {"celeba_txt"}
    assert set(NOT_THERE) == {row[0] for row in LABEL_SAMPLES} - always_whole
