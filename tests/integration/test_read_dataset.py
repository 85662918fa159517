"""The front door for a script, and the report on the files of a new project."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

import labelreview
from labelreview.errors import InputError
from labelreview.formats import Source, read_labels, read_pred_probs
from labelreview.formats.check import examine
from labelreview.tags import Dataset, Names, TagMatrix

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "data" / "demo"


def test_the_demo_data_is_read_and_joined() -> None:
    dataset = labelreview.read_dataset(DEMO / "labels.csv", DEMO / "predictions.csv")
    assert dataset.shape == (1921, 40)
    assert (dataset.labels == 1).sum() == 2513
    assert (dataset.labels >= 0).all()
    assert not np.isnan(dataset.pred_probs).any()


def test_files_join_by_id_and_name_whatever_their_order(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("id,hat,dog\n007,1,0\n7,,1\n")
    (tmp_path / "p.csv").write_text("image;dog;hat\n7;0.5;0.25\n007;0.75;1\n")
    dataset = labelreview.read_dataset(tmp_path / "l.csv", tmp_path / "p.csv")
    assert (list(dataset.ids), dataset.tags) == (["007", "7"], ("hat", "dog"))
    assert dataset.labels.tolist() == [[1, 0], [-1, 1]]
    assert dataset.pred_probs.tolist() == [[1, 0.75], [0.25, 0.5]]


def test_what_one_file_has_alone_is_an_error_unless_told(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("id,tags\na,hat;dog\nb,dog\n")
    (tmp_path / "p.csv").write_text("id,tag,prob\na,hat,0.5\nc,hat,0.1\n")
    with pytest.raises(InputError, match="1 id only in the labels: 'b'; 1 id only in the predictions: 'c'"):
        labelreview.read_dataset(tmp_path / "l.csv", tmp_path / "p.csv")
    dataset = labelreview.read_dataset(tmp_path / "l.csv", tmp_path / "p.csv", only_common=True)
    assert (list(dataset.ids), dataset.tags, dataset.labels.tolist()) == (["a"], ("hat",), [[1]])


def source(values: object, ids: list[str], tags: tuple[str, ...], *, probs: bool = False) -> Source:
    matrix = TagMatrix(ids, tags, np.array(values, np.float32 if probs else np.int8))
    return Source("f.csv", "wide_csv", matrix, ("Note.",))


def test_the_report_counts_and_names_what_does_not_match() -> None:
    report = examine(
        source([[1, -1], [0, 0]], ["a", "b"], ("hat", " dog")),
        source([[0.5, np.nan]], ["a"], (" dog", "hat"), probs=True),
        {"a": "", "b": "no file of this name"},
    )
    assert (report.items, report.tags, report.present, report.absent, report.unknown) == (1, 2, 1, 0, 1)
    assert report.errors == (
        "1 id only in the labels: 'b'. Correct the files, or keep only what both have (--only-common).",
    )
    assert report.warnings == (
        "1 cell without a probability: they get no score and no question.",
        "1 image: no file of this name: 'b'.",
        "1 tag that no item has: ' dog'.",
        "1 tag with spaces around the name, kept as they are: ' dog'.",
    )
    assert ("Cells without a probability", "1") in report.rows()
    assert any(line.startswith("Error: 1 id only in the labels") for line in report.lines())


def test_what_is_left_out_on_purpose_is_a_warning() -> None:
    labels, probs = source([[1], [1]], ["a", "b"], ("hat",)), source([[0.5]], ["a"], ("hat",), probs=True)
    report = examine(labels, probs, only_common=True)
    assert report.errors == ()
    assert report.warnings == ("1 id only in the labels: 'b'. Left out.",)


def test_files_of_two_data_sets_are_an_error_even_when_much_may_be_left_out() -> None:
    labels, probs = source([[1]], ["a"], ("hat",)), source([[0.5]], ["b"], ("hat",), probs=True)
    assert examine(labels, probs, only_common=True).errors == (
        "Labels and predictions have no id in common. Are these the files of the same data set?",
    )


def test_the_demo_data_has_no_errors_and_no_warnings() -> None:
    report = examine(read_labels(DEMO / "labels.csv"), read_pred_probs(DEMO / "predictions.csv"))
    assert (report.errors, report.warnings, report.notes) == ((), (), ())


def test_the_version_is_the_one_of_the_package() -> None:
    assert labelreview.__version__ == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert "read_dataset" in dir(labelreview)
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        labelreview.nonsense  # noqa: B018


def test_cells_that_no_model_scored_are_unknown_also_where_the_array_is_mapped_from_a_file(tmp_path):
    probs = np.array([[0.5, np.nan], [0.25, 0.5], [np.nan, 1]], np.float32)
    np.save(tmp_path / "probs.npy", probs)
    mapped = np.load(tmp_path / "probs.npy", mmap_mode="r")
    for array in (probs, mapped, mapped[1:], mapped[:, 1:]):
        labels = np.ones(array.shape, np.int8)
        ids, tags = Names.of(map(str, range(len(array)))), ("hat", "cat")[: array.shape[1]]
        assert Dataset(ids, tags, labels, array).judged.tolist() == np.where(np.isnan(array), -1, 1).tolist()
