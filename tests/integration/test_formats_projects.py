"""Labels of any form become a project, and come back in that form from the copy that the project keeps."""

from pathlib import Path

import numpy as np
import pytest

from labelreview.decisions import Verdict
from labelreview.desk import exports, intake
from labelreview.desk.project import Project
from labelreview.formats import read_labels, write_matrix
from labelreview.settings import Settings
from labelreview.tags import TagMatrix
from tests.made import decision

SAMPLES = Path(__file__).resolve().parents[1] / "samples"


def content(path: Path) -> dict[str, bytes]:
    files = [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path]
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in files}


@pytest.mark.parametrize(("name", "item", "tag"), [
    ("celeba/list_attr_celeba.txt", "000001.jpg", "Attractive"),
    ("coco/instances_val2017.json", "000000397133.jpg", "person"),
    ("voc/VOC2007", "000005", "dog"),
    ("voc/VOC2012", "2007_000032", "aeroplane"),
    ("arff/emotions.arff", "1", "happy pleased"),
    ("hugging_face/train-00000-of-00001.parquet", "0001.png", "cat"),
])  # fmt: skip
def test_a_project_gives_labels_back_in_their_own_form(name: str, item: str, tag: str, tmp_path: Path) -> None:
    source, predictions = SAMPLES / name, tmp_path / "probs.npy"
    given = read_labels(source).matrix
    write_matrix(TagMatrix(given.ids, given.tags, np.full(given.values.shape, 0.5, np.float32)), predictions, "npy")
    home = tmp_path / "home"
    home.mkdir()
    settings = Settings(home=home, database_url=f"sqlite:///{home / 'decisions.db'}")
    intake.create(settings, "demo", intake.gather(source, predictions))
    with Project.open(settings, "demo") as project:
        same, out = tmp_path / f"same{source.suffix}", tmp_path / f"out{source.suffix}"
        exports.corrected_labels(project, same)
        assert content(same) == content(source)
        project.record([decision(item, tag, Verdict.ABSENT)])
        assert exports.corrected_labels(project, out) == 1
    row, column = list(given.ids).index(item), given.tags.index(tag)
    assert given.values[row, column] == 1
    after = read_labels(out).matrix
    assert after.values[row, after.tags.index(tag)] == 0


def test_studies_of_mimic_are_told_apart_by_their_own_id(tmp_path: Path) -> None:
    path = tmp_path / "mimic-cxr-2.0.0-chexpert.csv"
    path.write_text("subject_id,study_id,Lung Opacity,Support Devices\n10,501,1.0,\n10,502,-1.0,0.0\n")
    source = read_labels(path)
    assert (source.format, source.matrix.ids) == ("chexpert", ["501", "502"])
    assert source.matrix.values.tolist() == [[1, -1], [-1, 0]]
    assert read_labels(path, missing_means="absent").matrix.values.tolist() == [[1, 0], [-1, 0]]
