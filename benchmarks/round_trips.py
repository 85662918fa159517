"""Do the tools that a format belongs to read what we write? `python benchmarks/round_trips.py`.

Each row: the tool writes a file (or, where it writes none, we write what its documentation shows), labelreview reads it
and must find what the tool put in; then a third of the cells is corrected, and the tool reads the corrected file and
must find exactly that, with all else (pictures, boxes, attributes) as it was. Tools that are not installed are named.

    pip install pycocotools datasets label-studio-sdk scikit-multilearn liac-arff fiftyone torchvision torchxrayvision
"""

import io
import json
import sys
import tempfile
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from labelreview import formats
from labelreview.tags import TagMatrix

Said = dict[str, set[str]]  # the tags of every item
TAGS = ("cat", "dog", "night sky", "sofa")
ITEMS = 40


def drawn(ids: list[str]) -> Said:
    """Some tags for every item; the first has all, so that no tag is without an item."""
    chance = np.random.default_rng(7)
    return {item: {tag for tag in TAGS if at == 0 or chance.random() < 0.4} for at, item in enumerate(ids)}


def corrected(path: Path, out: Path, said: Said, leave: str = "") -> Said:
    """What the tool has to find in `out`: labelreview read `path`, found `said`, and corrected a third of the cells
    (none of the tag `leave`).
    """
    source = formats.read_labels(path)
    matrix = source.matrix
    rows = matrix.dense()
    there = {item: {tag for tag, label in zip(matrix.tags, row, strict=True) if label == 1}
             for item, row in zip(matrix.ids, rows, strict=True)}  # fmt: skip
    assert there == said, f"labelreview read {there}, and the tool wrote {said}"
    chance, changes = np.random.default_rng(8), {}
    for item in matrix.ids[1:]:
        for tag in matrix.tags:
            if tag != leave and chance.random() < 1 / 3:
                changes[item, tag] = int(tag not in said[item])
    formats.write_labels(path, out, source.format, changes)
    wanted = {item: set(tags) for item, tags in said.items()}
    for (item, tag), label in changes.items():
        (wanted[item].add if label else wanted[item].discard)(tag)
    return wanted


def same(found: Said, wanted: Said) -> None:
    assert found == wanted, f"the tool read {found}, and {wanted} was written"


def coco(folder: Path) -> None:
    from pycocotools.coco import COCO

    said = drawn([f"{at:012d}.jpg" for at in range(ITEMS)])
    numbers = {tag: at + 1 for at, tag in enumerate(TAGS)}
    boxes = [(at, numbers[tag]) for at, tags in enumerate(said.values()) for tag in sorted(tags)]
    whole = {
        "images": [{"id": at, "file_name": item, "width": 8, "height": 8} for at, item in enumerate(said)],
        "categories": [{"id": number, "name": tag} for tag, number in numbers.items()],
        "annotations": [{"id": at, "image_id": image, "category_id": category, "bbox": [0, 0, 4, 4], "area": 16,
                         "iscrowd": 0} for at, (image, category) in enumerate(boxes)],
    }  # fmt: skip
    (folder / "in.json").write_text(json.dumps(whole))
    wanted = corrected(folder / "in.json", folder / "out.json", said)
    tool = COCO(str(folder / "out.json"))
    assert tool.dataset["annotations"] == whole["annotations"]  # the boxes are as they were
    found = {image["file_name"]: {tool.cats[a["category_id"]]["name"] for a in tool.imgToAnns[image["id"]]}
             for image in tool.dataset["images"]}  # fmt: skip
    for entry in tool.dataset["image_tags"]:
        tags, tag = found[tool.imgs[entry["image_id"]]["file_name"]], tool.cats[entry["category_id"]]["name"]
        (tags.add if entry["present"] else tags.discard)(tag)
    same(found, wanted)


def hugging_face(folder: Path) -> None:
    import datasets
    from PIL import Image

    said = drawn([str(at) for at in range(ITEMS)])
    lists = [[TAGS.index(tag) for tag in sorted(tags)] for tags in said.values()]
    pictures = [Image.new("RGB", (4, 4), (at, 0, 0)) for at in range(ITEMS)]
    kinds = {"image": datasets.Image(), "labels": datasets.Sequence(datasets.ClassLabel(names=list(TAGS)))}
    made = datasets.Dataset.from_dict({"image": pictures, "labels": lists}, datasets.Features(kinds))
    made.to_parquet(folder / "in.parquet")
    wanted = corrected(folder / "in.parquet", folder / "out.parquet", said)
    back = _loaded(folder, "parquet", data_files=str(folder / "out.parquet"))
    assert back.features == made.features
    assert [image.getpixel((0, 0))[0] for image in back["image"]] == list(range(ITEMS))
    same({str(at): {TAGS[tag] for tag in tags} for at, tags in enumerate(back["labels"])}, wanted)


def _loaded(folder: Path, kind: str, **options: Any) -> Any:
    import datasets

    return datasets.load_dataset(kind, split="train", cache_dir=str(folder / "cache"), **options)


def imagefolder(folder: Path) -> None:
    from PIL import Image

    said = drawn([f"{at:04d}.png" for at in range(ITEMS)])
    (folder / "train").mkdir()
    for item in said:
        Image.new("RGB", (4, 4)).save(folder / "train" / item)
    lines = [json.dumps({"file_name": item, "tags": sorted(tags)}) + "\n" for item, tags in said.items()]
    (folder / "in.jsonl").write_text("".join(lines))
    wanted = corrected(folder / "in.jsonl", folder / "train" / "metadata.jsonl", said)
    back = _loaded(folder, "imagefolder", data_dir=str(folder / "train"))
    same({Path(row["image"].filename).name: set(row["tags"]) for row in back}, wanted)


def label_studio(folder: Path) -> None:
    from label_studio_sdk.converter import Converter

    said = drawn([f"/data/upload/1/{at}.jpg" for at in range(ITEMS)])
    config = "".join(f'<Choice value="{tag}"/>' for tag in TAGS)
    config = f'<Choices name="c" toName="i" choice="multiple">{config}</Choices>'
    config = f'<View><Image name="i" value="$image"/>{config}</View>'
    tasks = [
        {"id": at, "data": {"image": item}, "predictions": [], "annotations": [{"id": at, "result": [{
            "id": str(at), "value": {"choices": sorted(tags)}, "from_name": "c", "to_name": "i", "type": "choices",
        }] if tags else []}]}
        for at, (item, tags) in enumerate(said.items())
    ]  # fmt: skip
    (folder / "in.json").write_text(json.dumps(tasks))
    wanted = corrected(folder / "in.json", folder / "out.json", said)
    tool = Converter(config, project_dir=str(folder), download_resources=False)
    tool.convert_to_json_min(str(folder / "out.json"), str(folder / "min"), is_dir=False)
    rows = json.loads(next((folder / "min").glob("*.json")).read_text())
    same({row["image"]: _choices(row.get("c")) for row in rows}, wanted)


def _choices(given: Any) -> set[str]:
    """JSON-MIN has one choice as a text, and several as an object."""
    return {given} if isinstance(given, str) else set((given or {}).get("choices", ()))


def label_studio_import(folder: Path) -> None:
    """Tasks that we make anew, of labels and of probabilities, are what Label Studio takes."""
    from label_studio_sdk.label_interface import LabelInterface

    choices = "".join(f'<Choice value="{tag}"/>' for tag in TAGS)
    choices = f'<Choices name="tags" toName="image" choice="multiple">{choices}</Choices>'
    tool = LabelInterface(f'<View><Image name="image" value="$image"/>{choices}</View>')
    ids = [f"https://example.org/{at}.jpg" for at in range(ITEMS)]
    probs = np.random.default_rng(5).random((ITEMS, len(TAGS)), np.float32)
    probs[1:][probs[1:] < 0.3] = np.nan
    for values, kind in ((probs, "predictions"), ((probs > 0.5).astype(np.int8), "annotations")):
        formats.write_matrix(TagMatrix(ids, TAGS, values), folder / f"{kind}.json", "label_studio")
        for task in json.loads((folder / f"{kind}.json").read_text()):
            assert tool.validate_task({"data": task["data"]})
            for answer in task[kind]:
                check = tool.validate_prediction if kind == "predictions" else tool.validate_annotation
                assert check(answer), answer


def fiftyone(folder: Path) -> None:
    import fiftyone as fo

    said = drawn([f"data/{at:06d}.jpg" for at in range(ITEMS)])
    samples = []
    for item, tags in said.items():
        sample = fo.Sample(filepath=item)
        sample["truth"] = fo.Classifications(classifications=[fo.Classification(label=tag) for tag in sorted(tags)])
        samples.append(sample.to_dict() | {"filepath": item})
    (folder / "in.json").write_text(json.dumps({"samples": samples}))
    wanted = corrected(folder / "in.json", folder / "out.json", said)
    back = json.loads((folder / "out.json").read_text())["samples"]
    read = [(entry["filepath"], fo.Sample.from_dict(entry)) for entry in back]
    same({item: {each.label for each in sample["truth"].classifications} for item, sample in read}, wanted)


def _meka(place: str) -> Callable[[Path], None]:
    def tried(folder: Path) -> None:
        from scipy.sparse import lil_matrix
        from skmultilearn.dataset import load_from_arff, save_to_arff

        said = drawn([str(at + 1) for at in range(ITEMS)])
        numbers = np.array([[tag in tags for tag in TAGS] for tags in said.values()], int)
        known = np.random.default_rng(9).random((ITEMS, 3))
        text = save_to_arff(lil_matrix(known), lil_matrix(numbers), label_location=place)
        (folder / "in.arff").write_text(text)
        tags = {f"y{at}": tag for at, tag in enumerate(TAGS)}
        plain = {item: {f"y{TAGS.index(tag)}" for tag in given} for item, given in said.items()}
        wanted = corrected(folder / "in.arff", folder / "out.arff", plain)
        back, labels = load_from_arff(str(folder / "out.arff"), len(TAGS), label_location=place)
        assert np.allclose(back.toarray(), known)
        same({str(at + 1): {name for name, there in zip(tags, row, strict=True) if there}
              for at, row in enumerate(labels.toarray())}, wanted)  # fmt: skip

    return tried


def mulan(folder: Path) -> None:
    import arff

    said = drawn([str(at + 1) for at in range(ITEMS)])
    rows = [[0.5 * at, *("1" if tag in tags else "0" for tag in TAGS)] for at, tags in enumerate(said.values())]
    attributes = [("x", "REAL"), *((tag, ["0", "1"]) for tag in TAGS)]
    (folder / "in.arff").write_text(arff.dumps({"relation": "made", "attributes": attributes, "data": rows}))
    names = "".join(f'<label name="{tag}"/>' for tag in TAGS)
    (folder / "in.xml").write_text(f'<labels xmlns="http://mulan.sourceforge.net/labels">{names}</labels>')
    wanted = corrected(folder / "in.arff", folder / "out.arff", said)
    back = arff.loads((folder / "out.arff").read_text())
    assert back["attributes"] == attributes
    assert [row[0] for row in back["data"]] == [row[0] for row in rows]
    same({str(at + 1): {tag for tag, label in zip(TAGS, row[1:], strict=True) if label == "1"}
          for at, row in enumerate(back["data"])}, wanted)  # fmt: skip


def celeba(folder: Path) -> None:
    from torchvision.datasets import CelebA

    tags = tuple(tag.replace(" ", "_") for tag in TAGS)
    said = drawn([f"{at:06d}.jpg" for at in range(ITEMS)])
    said = {item: {tag.replace(" ", "_") for tag in given} for item, given in said.items()}
    rows = [f"{item} " + " ".join(" 1" if tag in given else "-1" for tag in tags) for item, given in said.items()]
    (folder / "in.txt").write_text("\n".join([str(ITEMS), " ".join(tags) + " ", *rows, ""]))
    (folder / "celeba").mkdir()
    wanted = corrected(folder / "in.txt", folder / "celeba" / "list_attr_celeba.txt", said)
    reader = CelebA.__new__(CelebA)  # its constructor wants all files of the data set; this is what reads the labels
    reader.root = str(folder)
    back = reader._load_csv("list_attr_celeba.txt", header=1)
    assert [name for name in back.header if name] == list(tags)  # its line ends in a space, and so does ours
    same({item: {tag for tag, label in zip(tags, row, strict=True) if label == 1}
          for item, row in zip(back.index, back.data.tolist(), strict=True)}, wanted)  # fmt: skip


FINDINGS = dict(zip(TAGS, ("Edema", "Cardiomegaly", "Pneumonia", "Fracture"), strict=True))


def nih(folder: Path) -> None:
    import torchxrayvision as tool

    names = {**FINDINGS, "sofa": "Hernia"}
    said = {
        item: {names[tag] for tag in tags} for item, tags in drawn([f"{at:08d}_000.png" for at in range(ITEMS)]).items()
    }
    head = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position"
    rows = [
        f"{item},{'|'.join(sorted(tags)) or 'No Finding'},0,{at},57,M,PA"
        for at, (item, tags) in enumerate(said.items())
    ]
    (folder / "in.csv").write_text("\n".join([head, *rows, ""]))
    wanted = corrected(folder / "in.csv", folder / "out.csv", said)
    back = tool.datasets.NIH_Dataset(str(folder), str(folder / "out.csv"), unique_patients=False)
    same(_present(back.csv["Image Index"], back.pathologies, back.labels), wanted)


def chexpert(folder: Path) -> None:
    import torchxrayvision as tool

    ids = [f"CheXpert-v1.0-small/train/patient{at:05d}/study1/view1_frontal.jpg" for at in range(ITEMS)]
    said = {item: {FINDINGS[tag] for tag in tags} for item, tags in drawn(ids).items()}
    said = {item: tags | ({"Support Devices"} if "Edema" in tags else {"Lung Opacity"}) for item, tags in said.items()}
    tags = [*FINDINGS.values(), "Support Devices", "Lung Opacity"]
    chance = np.random.default_rng(4)
    rows = [",".join([item, "Male,57,Frontal,PA", *("1.0" if tag in given else str(chance.choice(["", "0.0", "-1.0"]))
                                                    for tag in tags)]) for item, given in said.items()]  # fmt: skip
    rows = [f"{row}," for row in rows]  # No Finding: not mentioned
    (folder / "in.csv").write_text(
        "\n".join([",".join(["Path,Sex,Age,Frontal/Lateral,AP/PA", *tags, "No Finding"]), *rows, ""])
    )
    (folder / "train").mkdir()
    # The reader takes No Finding for a word about all others.
    wanted = corrected(folder / "in.csv", folder / "train" / "out.csv", said, leave="No Finding")
    back = tool.datasets.CheX_Dataset(str(folder), str(folder / "train" / "out.csv"), unique_patients=False)
    same(_present(back.csv["Path"], back.pathologies, back.labels), wanted)


def _present(ids: Any, tags: Any, labels: Any) -> Said:
    return {str(item): {str(tag) for tag, label in zip(tags, row, strict=True) if label == 1}
            for item, row in zip(ids, labels, strict=True)}  # fmt: skip


def voc(folder: Path) -> None:
    from xml.etree import ElementTree

    from torchvision.datasets import VOCDetection

    said = drawn([f"2007_{at:06d}" for at in range(ITEMS)])
    pages = folder / "in" / "Annotations"
    pages.mkdir(parents=True)
    for item, given in said.items():
        objects = "".join(f"<object><name>{tag}</name><difficult>0</difficult></object>" for tag in sorted(given))
        (pages / f"{item}.xml").write_text(f"<annotation><filename>{item}.jpg</filename>{objects}</annotation>")
    wanted = corrected(folder / "in", folder / "out", said)
    found = {}
    for item in said:
        root = ElementTree.parse(folder / "out" / "Annotations" / f"{item}.xml").getroot()
        page = VOCDetection.parse_voc_xml(root)["annotation"]
        found[item] = {each["name"] for each in page.get("object", [])}
        assert found[item] == said[item]  # the boxes are as they were
        entries = page.get("image_tags", {}).get("tag", [])
        for entry in entries if isinstance(entries, list) else [entries]:
            (found[item].add if entry["present"] == "1" else found[item].discard)(entry["name"])
    same(found, wanted)


def _pandas(ending: str) -> Callable[[Path], None]:
    def tried(folder: Path) -> None:
        import pandas as pd

        said = drawn([f"{at:05d}" for at in range(ITEMS)])
        made = pd.DataFrame({tag: [tag in given for given in said.values()] for tag in TAGS}, index=list(said))
        made.index.name = "image_id"
        path, out = folder / f"in{ending}", folder / f"out{ending}"
        made.to_parquet(path) if ending == ".parquet" else made.to_csv(path)
        wanted = corrected(path, out, said)
        back = pd.read_parquet(out) if ending == ".parquet" else pd.read_csv(out, dtype={0: str}, index_col=0)
        assert back.dtypes.tolist() == made.dtypes.tolist()
        same({str(item): {tag for tag in TAGS if row[tag]} for item, row in back.iterrows()}, wanted)

    return tried


def scipy_sparse(folder: Path) -> None:
    from scipy import sparse

    said = drawn([f"{at:05d}" for at in range(ITEMS)])
    whole = np.array([[tag in given for tag in TAGS] for given in said.values()], np.int8)
    sparse.save_npz(folder / "in.npz", sparse.csr_matrix(whole))
    (folder / "in.ids.txt").write_text("".join(f"{item}\n" for item in said))
    (folder / "in.tags.txt").write_text("".join(f"{tag}\n" for tag in TAGS))
    wanted = corrected(folder / "in.npz", folder / "out.npz", said)
    back = sparse.load_npz(folder / "out.npz").toarray()
    same({item: {tag for tag, label in zip(TAGS, row, strict=True) if label}
          for item, row in zip(said, back, strict=True)}, wanted)  # fmt: skip


TRIED: list[tuple[str, str, Callable[[Path], None]]] = [  # formats, the tool's package, what is tried
    ("`coco`", "pycocotools", coco),
    ("`hugging_face`", "datasets", hugging_face),
    ("`delimited_jsonl` (imagefolder)", "datasets", imagefolder),
    ("`label_studio`", "label-studio-sdk", label_studio),
    ("`label_studio` (made anew)", "label-studio-sdk", label_studio_import),
    ("`fiftyone` (samples)", "fiftyone", fiftyone),
    ("`arff` (MEKA, labels last)", "scikit-multilearn", _meka("end")),
    ("`arff` (MEKA, labels first)", "scikit-multilearn", _meka("start")),
    ("`arff` (MULAN)", "liac-arff", mulan),
    ("`celeba_txt`", "torchvision", celeba),
    ("`voc_xml`", "torchvision", voc),
    ("`nih`", "torchxrayvision", nih),
    ("`chexpert`", "torchxrayvision", chexpert),
    ("`wide_csv`", "pandas", _pandas(".csv")),
    ("`wide_parquet`", "pandas", _pandas(".parquet")),
    ("`sparse_npz`", "scipy", scipy_sparse),
]


def main() -> int:
    warnings.simplefilter("ignore")  # of the tools
    print("| format | read and written by | |\n|---|---|---|")
    failed = 0
    for form, package, tried in TRIED:
        with tempfile.TemporaryDirectory() as folder:
            said, stdout = "as it should", sys.stdout
            try:
                sys.stdout = io.StringIO()  # some tools talk
                tried(Path(folder))
                package = f"{package} {version(package)}"
            except ModuleNotFoundError as error:
                said = f"not tried: {error.name} is not installed"
            except Exception as error:
                said, failed = f"FAILED: {error!r:.300}", failed + 1
            finally:
                sys.stdout = stdout
        print(f"| {form} | {package} | {said} |")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
