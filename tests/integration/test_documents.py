"""Items that are documents: found by id in tables and folders, kept with the project, asked about on a card."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelreview import formats
from labelreview.desk import documents, intake
from labelreview.desk.project import Project
from labelreview.errors import InputError, NotFound
from labelreview.formats import texts
from tests.gallery import settings_in

IDS = ("a", "b/1", "007")
WORDS = ('One line,\nanother; "quoted" 😀', "שלום", "plain")


def table(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def stored(kind: str, folder: Path) -> str:
    """The same three texts in each of the forms that are read."""
    if kind == "folder":
        for item, text in zip(IDS, WORDS, strict=True):
            path = folder / "texts" / f"{item}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode("utf-16" if item == "007" else "utf-8"))
        return str(folder / "texts")
    rows = [[item, 1, text] for item, text in zip(IDS, WORDS, strict=True)]
    if kind == "csv":
        return str(table(folder / "items.csv", ["id", "hat", "text"], rows))
    if kind == "named column":
        return f"{table(folder / 'items.csv', ['id', 'x', 'the: words'], rows)}:the: words"
    if kind == "jsonl":
        lines = [json.dumps({"file_name": item, "n": n, "body": text}) for item, n, text in rows]
        (folder / "items.jsonl").write_text("\n".join(lines))
        return str(folder / "items.jsonl")
    columns = dict(zip(("id", "hat", "document"), map(list, zip(*rows, strict=True)), strict=True))
    pq.write_table(pa.table(columns), folder / "items.parquet")
    return str(folder / "items.parquet")


@pytest.mark.parametrize("kind", ["folder", "csv", "named column", "jsonl", "parquet"])
def test_texts_are_found_by_id_in_every_form_letter_for_letter(tmp_path: Path, kind: str) -> None:
    found = documents.found(stored(kind, tmp_path), ["007", "nobody", "b/1", "a"])
    assert list(found.by_item) == [WORDS[2], "", WORDS[1], WORDS[0]]
    assert found.notes == ("Texts for 3 of 4 items. None for 'nobody'.",)


def test_what_is_no_text_is_named(tmp_path: Path) -> None:
    items = table(tmp_path / "items.csv", ["id", "x", "y"], [["a", "one", "two"]])
    with pytest.raises(InputError, match="which column is the text.*items.csv:COLUMN, one of 'id', 'x', 'y'"):
        texts.read(items)
    with pytest.raises(NotFound, match="no column 'z'. Its columns: 'id', 'x', 'y'"):
        texts.read(items, "z")
    with pytest.raises(InputError, match="none of 1 ids has a text there.*'a'.*'other'"):
        documents.found(f"{items}:x", ["other"])
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="no .txt file in this folder"):
        texts.read(tmp_path / "folder")
    (tmp_path / "folder" / "a.txt").write_bytes(b"caf\xe9")
    with pytest.raises(InputError, match="folder/a.txt, byte 3: this is not UTF-8"):
        texts.read(tmp_path / "folder")
    (tmp_path / "folder" / "a.txt").unlink()
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "folder" / "b.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(InputError, match="leads out of the folder"):
        texts.read(tmp_path / "folder")


def test_a_column_of_words_called_text_is_no_tag_and_stays_in_the_export(tmp_path: Path) -> None:
    rows = [[item, text, 1, 0] for item, text in zip(IDS, WORDS, strict=True)]
    labels = table(tmp_path / "labels.csv", ["id", "text", "hat", "cat"], rows)
    assert formats.read_labels(labels).matrix.tags == ("hat", "cat")
    formats.write_labels(labels, tmp_path / "out.csv", None, {("007", "hat"): 0})
    assert (tmp_path / "out.csv").read_bytes() == labels.read_bytes().replace(b"plain,1", b"plain,0")


def test_a_tag_called_text_is_a_tag(tmp_path: Path) -> None:
    labels = table(tmp_path / "labels.csv", ["id", "text", "hat"], [["a", 1, 0], ["b", 0, 1]])
    assert formats.read_labels(labels).matrix.tags == ("text", "hat")


def test_a_project_of_texts_needs_neither_pictures_nor_predictions(tmp_path: Path) -> None:
    words = {"boat": "sail sea harbour wave", "cake": "sugar flour oven sweet"}
    rows = [[f"{n:02d}", f"{words[tag]} {n} and more", int(tag == "boat"), int(tag == "cake")]
            for n in range(40) for tag in [list(words)[n % 2]]]  # fmt: skip
    rows[0][2:] = [0, 1]  # an error to find
    rows[39][1] = ""
    labels = table(tmp_path / "labels.csv", ["id", "text", "boat", "cake"], rows)
    settings = settings_in(tmp_path)
    inputs = intake.gather(labels, None, texts=labels)
    card = intake.create(settings, "texts", inputs)
    assert card.texts == str(labels)
    assert any("Texts for 39 of 40 items. None for '39'" in note for note in inputs.report.notes)
    with Project.open(settings, "texts") as project:
        assert (project.text("01"), project.text("39")) == (rows[1][1], None)
        probs = project.dataset.pred_probs
        assert probs[0, 0] > 0.5 > probs[0, 1]
        assert list(probs[39] != probs[39]) == [True, True]
        with pytest.raises(NotFound, match="There is no 'nobody'"):
            project.text("nobody")
