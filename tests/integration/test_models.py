"""Several models' predictions in one project, by name."""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from starlette.applications import Starlette

from labelreview.cli import main
from labelreview.desk import intake, models
from labelreview.desk.project import Project
from labelreview.errors import InputError
from labelreview.tags import TagMatrix
from labelreview.web import auth
from labelreview.web.routes import routes
from tests.gallery import settings_in

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="Using `httpx` with")  # its successor is not what pytest users have yet
    from starlette.testclient import TestClient

IDS, TAGS = ["a", "b", "c"], ("hat", "dog")
CLIP = [[0.9, 0.2], [0.1, np.nan], [0.6, np.nan]]
RESNET = [[0.7, 0.4], [0.3, 0.8], [np.nan, np.nan]]


def table(path: Path, values: list[list[float]], tags: tuple[str, ...] = TAGS, ids: list[str] = IDS) -> Path:
    rows = [",".join([item, *("" if np.isnan(v) else str(v) for v in row)]) for item, row in zip(ids, values)]  # noqa: B905
    path.write_text("\n".join([",".join(["id", *tags]), *rows]) + "\n")
    return path


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    table(tmp_path / "labels.csv", [[1, 0], [0, 1], [1, 1]])
    table(tmp_path / "resnet.csv", [row[::-1] for row in RESNET[::-1]], TAGS[::-1], IDS[::-1])
    return {"clip": table(tmp_path / "clip.csv", CLIP), "resnet": tmp_path / "resnet.csv"}


def odds(values: list[list[float]]) -> np.ndarray:
    return np.log(values) - np.log1p(-np.array(values))


def test_models_are_kept_by_name_and_rank_together_by_the_mean_of_their_log_odds(tmp_path, files):
    settings = settings_in(tmp_path)
    intake.create(settings, "p", intake.gather(tmp_path / "labels.csv", files))
    with Project.open(settings, "p") as project:
        assert list(project.models) == ["clip", "resnet"]
        np.testing.assert_allclose(project.models["clip"], CLIP, atol=1e-6)
        np.testing.assert_allclose(project.models["resnet"], RESNET, atol=1e-6)
        assert all(isinstance(probs, np.memmap) for probs in project.models.values())
        with np.errstate(invalid="ignore"):
            expected = 1 / (1 + np.exp(-np.nanmean([odds(CLIP)[:2], odds(RESNET)[:2]], axis=0)))
        np.testing.assert_allclose(project.dataset.pred_probs[:2], expected, atol=1e-6)
        np.testing.assert_allclose(project.dataset.pred_probs[2], [0.6, np.nan], atol=1e-6)
        project.prepare()


def test_one_of_the_models_may_rank_alone(tmp_path, files):
    settings = settings_in(tmp_path)
    inputs = intake.gather(tmp_path / "labels.csv", files, ranked_by="resnet")
    assert "The model 'resnet' ranks." in inputs.report.notes
    intake.create(settings, "p", inputs)
    with Project.open(settings, "p") as project:
        np.testing.assert_allclose(project.dataset.pred_probs, RESNET, atol=1e-6)
        np.testing.assert_allclose(project.models["clip"], CLIP, atol=1e-6)
    with pytest.raises(
        InputError, match="There is no model 'vit'. Rank by one of: 'clip', 'resnet'; or by all together."
    ):
        intake.gather(tmp_path / "labels.csv", files, ranked_by="vit")


def test_what_is_wrong_with_a_model_names_it_and_only_common_keeps_what_all_have(tmp_path, files):
    table(files["resnet"], RESNET[:2], TAGS, IDS[:2])
    inputs = intake.gather(tmp_path / "labels.csv", files)
    assert inputs.report.errors[0].startswith("Model 'resnet': 1 id only in the labels: 'c'.")
    with pytest.raises(InputError, match="Model 'resnet': Labels and predictions do not match: 1 id only in the lab"):
        models.together(TagMatrix(IDS, TAGS, np.ones((3, 2), np.int8)), {
            "resnet": TagMatrix(IDS[:2], TAGS, np.array(RESNET[:2], np.float32))})  # fmt: skip
    settings = settings_in(tmp_path)
    intake.create(settings, "p", intake.gather(tmp_path / "labels.csv", files, only_common=True))
    with Project.open(settings, "p") as project:
        assert list(project.dataset.ids) == ["a", "b"]
        assert {name: probs.shape for name, probs in project.models.items()} == {"clip": (2, 2), "resnet": (2, 2)}


def test_the_command_line_takes_models_by_name_and_a_plain_path_by_its_own(tmp_path, files, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LABELREVIEW_HOME", str(tmp_path / "home"))
    named = ["--predictions", "the old one=clip.csv", "--predictions", str(files["resnet"])]
    with pytest.raises(SystemExit) as done:
        main(["init", "p", "--labels", "labels.csv", *named])
    assert not done.value.code
    assert "2 models rank together: the old one, resnet." in capsys.readouterr().out
    card = json.loads((tmp_path / "home/projects/p/project.json").read_text())
    assert card["models"] == [["the old one", "clip.csv", "wide_csv"], ["resnet", "resnet.csv", "wide_csv"]]
    with pytest.raises(InputError, match="Two models are called 'clip'. Give each a name of its own: --predictions"):
        models.named(["clip.csv", "clip=other.csv"])
    with pytest.raises(InputError, match="'' cannot be a model's name"):
        models.named(["=clip.csv"])
    (tmp_path / "a=b.csv").write_text("")
    assert models.named(["a=b.csv", "run=1/a=b.csv"]) == {"a=b": Path("a=b.csv"), "run": Path("1/a=b.csv")}


def test_a_project_of_one_model_has_it_under_its_files_name(tmp_path, files):
    settings = settings_in(tmp_path)
    intake.create(settings, "p", intake.gather(tmp_path / "labels.csv", files["clip"]))
    with Project.open(settings, "p") as project:
        assert list(project.models) == ["clip"]
        assert project.models["clip"] is project.dataset.pred_probs


def test_the_queue_says_what_each_model_says_of_a_cell(tmp_path, files):
    settings = settings_in(tmp_path)
    intake.create(settings, "p", intake.gather(tmp_path / "labels.csv", files))
    with Project.open(settings, "p") as project, TestClient(Starlette(routes=routes(settings))) as browser:
        ann = {auth.HEADER: auth.token(auth.secret(settings.home), project.card.uid, "ann")}
        asked = browser.post("/api/projects/p/queue", json={"holder": "holder-of-ann"}, headers=ann).json()["cells"]
    said = {(cell["item"], cell["tag"]): cell["models"] for cell in asked}
    assert said["a", "dog"] == [
        {"name": "clip", "pred_prob": pytest.approx(0.2)},
        {"name": "resnet", "pred_prob": pytest.approx(0.4)},
    ]
    assert said["c", "hat"][1] == {"name": "resnet", "pred_prob": None}
    st.cache_resource.clear()
