"""Predictions made here: pictures, ONNX models and embedding files in, probabilities out, by the command line."""

import csv
import re
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from labelreview import embed, images
from labelreview.cli import main
from labelreview.desk.project import Project
from labelreview.errors import InputError
from labelreview.formats import embeddings
from labelreview.settings import Settings

COLOURS = {"red": (220, 40, 40), "blue": (40, 40, 220)}


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    """48 pictures, red or blue, striped or not; two of them copies, and their labels."""
    monkeypatch.setenv("LABELREVIEW_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    rng, rows = np.random.default_rng(0), ["id,red,striped,never"]
    Path("images").mkdir()
    for at in range(48):
        red, striped = at % 2, at % 3 == 0
        pixels = np.full((40, 60, 3), COLOURS["red" if red else "blue"]) + rng.integers(-30, 30, (40, 60, 3))
        pixels[:, ::8] -= 35 * striped
        pixels[rng.integers(0, 30) :, rng.integers(0, 50) :] //= 2
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(f"images/{at:03d}.png")
        rows.append(f"{at:03d},{red},{int(striped)},0")
    Path("images/047.png").write_bytes(Path("images/041.png").read_bytes())
    Path("labels.csv").write_text("\n".join(rows) + "\n")
    return tmp_path


def picture(path: Path) -> images.Original:
    return images.Original(path.name, path)


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(list(arguments))
    return int(stopped.value.code or 0)


def table(path: str = "out.csv") -> dict[str, dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def saved_model(path: Path, shape: list[int | str], rank: int = 2, kind: int = TensorProto.FLOAT) -> Path:
    """Mean colours of four fields (n, 12), as an image model; of rank 4 without flattening."""
    last = shape[3] == 3
    nodes, at = [], "pixels"

    def add(name: str, **attributes: object) -> None:
        nonlocal at
        nodes.append(helper.make_node(name, [at], [f"x{len(nodes)}"], **attributes))
        at = f"x{len(nodes) - 1}"

    if kind != TensorProto.FLOAT:
        add("Cast", to=TensorProto.FLOAT)
    if last:
        add("Transpose", perm=[0, 3, 1, 2])
    side = shape[2] if isinstance(shape[2], int) else 224
    add("AveragePool", kernel_shape=[side // 2, side // 2], strides=[side // 2, side // 2])
    if rank == 2:
        add("Flatten")
    given = helper.make_tensor_value_info("pixels", kind, shape)
    told = helper.make_tensor_value_info(at, TensorProto.FLOAT, ["n", 12] if rank == 2 else ["n", 3, 2, 2])
    graph = helper.make_graph(nodes, "colours", [given], [told])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return path


def test_predict_from_pictures_tells_what_is_in_them_and_names_what_it_could_not_learn(pictures, capsys):
    assert run("predict", "labels.csv", "--images", "images", "--out", "out.csv") == 0
    said = capsys.readouterr().out
    assert "not predicted: 'never'" in said
    assert "near-duplicates" in said
    found = table()
    assert list(found) == [f"{at:03d}" for at in range(48)]
    assert all((float(row["red"]) > 0.5) == (int(item) % 2 == 1) for item, row in found.items())
    assert {row["never"] for row in found.values()} == {""}


def test_predict_from_embeddings_gives_what_predict_from_pictures_gives_but_for_copies(pictures):
    assert run("embed", "images", "--out", "colours.npy") == 0
    assert Path("colours.ids.txt").read_text().splitlines()[:2] == ["000.png", "001.png"]
    assert np.load("colours.npy").shape == (48, 1713)
    assert run("predict", "labels.csv", "--embeddings", "colours.npy", "--out", "out.parquet") == 0
    assert run("predict", "labels.csv", "--embeddings", "colours.npy", "--out", "out.csv") == 0
    assert all((float(row["red"]) > 0.5) == (int(item) % 2 == 1) for item, row in table().items())


def test_a_project_without_predictions_gets_its_own_and_says_so(pictures, capsys):
    Path("images/005.png").write_text("no picture")
    assert run("init", "made", "--labels", "labels.csv", "--images", "images") == 0
    said = capsys.readouterr().out
    assert "labelreview: colours and edges" in said
    assert "no prediction: '005'" in said
    with Project.open(Settings.from_environment(), "made") as project:
        assert "colours and edges" in project.card.predictions_file
        probs = project.dataset.pred_probs
        assert np.isnan(probs[5]).all()
        assert np.isfinite(np.delete(probs[:, :2], 5, axis=0)).all()
    assert run("init", "none", "--labels", "labels.csv") == 1
    assert "Give a file of predictions, or the folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("shape", "rank", "kind", "scaling"),
    [
        (["n", 3, 32, 32], 2, TensorProto.FLOAT, "imagenet"),
        ([1, 3, 32, 32], 2, TensorProto.FLOAT, "clip"),
        (["n", 3, "height", "width"], 4, TensorProto.FLOAT, "half"),
        (["n", 32, 32, 3], 2, TensorProto.FLOAT16, "unit"),
        ([5, 32, 32, 3], 2, TensorProto.UINT8, "none"),
    ],
    ids=["named batch", "one at a time", "any size, rank 4", "channels last, half precision", "batches of 5, bytes"],
)
def test_any_onnx_image_model_describes_pictures(pictures, shape, rank, kind, scaling):
    model = embed.encoder(saved_model(Path("model.onnx"), shape, rank, kind), scaling)
    some = np.stack(
        [images.pixels(picture(Path(f"images/{at:03d}.png")), model.width, model.height) for at in range(7)]
    )
    rows = model.encode(some)
    mean, deviation = (np.array(part) for part in embed.SCALINGS[scaling])
    scaled = some if kind == TensorProto.UINT8 else (some / 255 - mean) / deviation
    half = model.height // 2
    fields = scaled.reshape(7, 2, half, 2, half, 3).mean(axis=(2, 4)).transpose(0, 3, 1, 2)
    expected = fields.reshape(7, 12) if rank == 2 else fields.mean(axis=(2, 3))
    np.testing.assert_allclose(rows, expected, atol=2e-2, rtol=2e-2)


def test_embed_and_predict_by_a_model_from_the_command_line(pictures):
    saved_model(Path("model.onnx"), ["n", 3, 32, 32])
    assert run("embed", "images", "--model", "model.onnx", "--scaling", "half", "--out", "m.npy") == 0
    assert np.load("m.npy").shape == (48, 12)
    assert run("predict", "labels.csv", "--images", "images", "--model", "model.onnx", "--out", "out.csv") == 0
    assert all((float(row["red"]) > 0.5) == (int(item) % 2 == 1) for item, row in table().items())


def test_zero_shot_predicts_by_likeness_to_the_tags_names(pictures, capsys):
    rng = np.random.default_rng(0)
    words = rng.normal(size=(3, 16))
    given = np.array([[at % 2, at % 3 == 0, 0] for at in range(48)], float)
    ids = [f"{at:03d}" for at in range(48)]
    embeddings.write("items.npy", embeddings.Embeddings(ids, given @ words + rng.normal(0, 0.3, (48, 16))))
    shuffled = embeddings.Embeddings(["never", "red", "striped"], words[[2, 0, 1]])
    embeddings.write("words.npy", shuffled, what="tags")
    zero = ("predict", "labels.csv", "--embeddings", "items.npy", "--tag-embeddings", "words.npy", "--out", "out.csv")
    assert run(*zero) == 0
    found = table()
    right = [(float(row["red"]) > 0.5) == (int(item) % 2 == 1) for item, row in found.items()]
    assert np.mean(right) > 0.9
    assert 0 < np.mean([float(row["never"]) for row in found.values()]) < 0.2
    embeddings.write("words.npy", embeddings.Embeddings(["red"], words[:1]), what="tags", overwrite=True)
    assert run(*zero, "--overwrite") == 1
    assert "no row for 'striped', 'never'" in capsys.readouterr().err


def test_compare_says_what_corrections_did(pictures, capsys):
    lines = Path("labels.csv").read_text().splitlines()
    wrong = [line.replace(",1,", ",0,", 1) if at in (4, 10, 16, 22) else line for at, line in enumerate(lines)]
    Path("before.csv").write_text("\n".join(wrong) + "\n")
    compare = ("--images", "images", "--compare", "before.csv", "--out", "out.csv")
    assert run("predict", "labels.csv", *compare) == 0
    assert "(4 cells differ)" in capsys.readouterr().out


def test_what_is_missing_or_does_not_fit_is_said_before_anything_is_written(pictures, capsys, monkeypatch):
    def said(*arguments: str) -> str:
        assert run(*arguments) in (1, 2)
        return " ".join(capsys.readouterr().err.split())

    assert "Say what to predict from" in said("predict", "labels.csv", "--out", "o.csv")
    assert "nowhere is not a folder" in said("predict", "labels.csv", "--images", "nowhere", "--out", "o.csv")
    Path("empty").mkdir()
    assert re.search(r"There is no image in \S*empty\.", said("embed", "empty", "--out", "e.npy"))
    assert "None of 48 ids has an image in" in said("predict", "labels.csv", "--images", "empty", "--out", "o.csv")
    assert "Name the file e.npy" in said("embed", "images", "--out", "e.csv")
    assert "labels.csv is there already" in said("predict", "labels.csv", "--images", "images", "--out", "labels.csv")
    np.save("bare.npy", np.zeros((3, 2)))
    assert "Put bare.ids.txt beside it" in said("predict", "labels.csv", "--embeddings", "bare.npy", "--out", "o.csv")
    Path("bare.ids.txt").write_text("a\nb\na\n")
    assert "twice: 'a'" in said("predict", "labels.csv", "--embeddings", "bare.npy", "--out", "o.csv")
    Path("bare.ids.txt").write_text("a\nb\nc\n")
    assert "none of the 48 ids" in said("predict", "labels.csv", "--embeddings", "bare.npy", "--out", "o.csv")
    Path("bad.onnx").write_text("no model")
    assert "bad.onnx: not an ONNX model" in said("embed", "images", "--model", "bad.onnx", "--out", "e.npy")
    assert "no.onnx is not a file" in said("embed", "images", "--model", "no.onnx", "--out", "e.npy")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert "pip install 'labelreview[onnx]'" in said("embed", "images", "--model", "bad.onnx", "--out", "e.npy")
    assert not Path("e.npy").exists()
    assert not Path("o.csv").exists()


def test_a_model_that_is_no_image_model_is_refused_with_what_it_wants(tmp_path):
    given = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 8]) for name in ("words", "mask")]
    told = helper.make_tensor_value_info("sum", TensorProto.FLOAT, ["n", 8])
    nodes = [helper.make_node("Add", ["words", "mask"], ["sum"])]
    zero = numpy_helper.from_array(np.zeros(1, np.float32), "zero")
    graph = helper.make_graph(nodes, "words", given, [told], [zero])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(made, tmp_path / "words.onnx")
    with pytest.raises(InputError, match="one input of four dimensions, this one has 'words"):
        embed.encoder(tmp_path / "words.onnx")
    with pytest.raises(InputError, match="There is no scaling 'zscore'"):
        embed.encoder(tmp_path / "words.onnx", "zscore")


def test_transparent_pictures_are_seen_on_white_and_all_are_seen_whole(tmp_path):
    Image.new("RGBA", (30, 10), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    assert images.pixels(picture(tmp_path / "clear.png"), 20, 10).min() == 255
    wide = Image.new("RGB", (400, 100), "black")
    wide.paste("white", (0, 0, 200, 100))
    wide.save(tmp_path / "wide.jpg")
    seen = images.pixels(picture(tmp_path / "wide.jpg"), 40, 40)
    assert seen.shape == (40, 40, 3)
    assert seen[:, :18].min() > 240
    assert seen[:, 22:].max() < 15
