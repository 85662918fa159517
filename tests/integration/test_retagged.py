"""Tag decisions in the form of the labels file, over all of FORMATS: what is exported is read as it was decided."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelreview import formats
from labelreview.errors import InputError
from labelreview.formats import FORMATS
from labelreview.review.tagplan import decided, refuse, standing
from labelreview.rulings import Rule, drop, merge, rename
from labelreview.tags import PRESENT, TagMatrix
from tests.integration.test_formats import LABEL_FORMATS, SOME, content, matrices, written

REFUSED = {name for name in LABEL_FORMATS if FORMATS[name].lost_if_made_anew}


@st.composite
def plans(draw: st.DrawFn, tags: tuple[str, ...]) -> list:
    """Rulings that apply, one after the other."""
    events: list = []
    for _ in range(draw(st.integers(1, 3))):
        held = standing(tags, events)
        names = [*held.tags, "new", "Other"]
        kind = draw(st.sampled_from(["merge", "rename", "drop"]))
        try:
            if kind == "merge":
                two = draw(st.permutations(held.tags))[:2]
                made = merge("A", two, draw(st.sampled_from(names)), draw(st.sampled_from(list(Rule))))
            else:
                tag = draw(st.sampled_from(held.tags))
                made = drop("A", tag) if kind == "drop" else rename("A", tag, draw(st.sampled_from(names)))
            refuse(tags, [*events, made])
        except InputError:
            continue
        if kind != "drop" or len(held.tags) > 1:
            events.append(replace(made, seq=len(events) + 1))
    return events


def exported(source: Path, out: Path, format: str, events: list, as_format: str | None = None) -> TagMatrix:
    """What the labels file says after an export with decisions; gives what was decided."""
    read = formats.read_labels(source, format=format)
    held = standing(read.matrix.tags, events)
    tags, values = decided(read.matrix.tags, read.matrix.values, held.steps)
    wanted = TagMatrix(read.matrix.ids, tags, values)
    meaning = FORMATS[format].missing_means
    formats.write_retagged(read, out, wanted, held.becomes, meaning, as_format=as_format, overwrite=True)
    return wanted


def same(found: TagMatrix, wanted: TagMatrix) -> None:
    rows = [list(found.ids).index(item) for item in wanted.ids]
    there = {tag: column for column, tag in enumerate(found.tags)}
    assert set(there) <= set(wanted.tags)
    for column, tag in enumerate(wanted.tags):
        if tag in there:
            assert found.values[rows, there[tag]].tolist() == wanted.values[:, column].tolist()
        else:  # a list of tags knows no tag that nobody has
            assert PRESENT not in wanted.values[:, column]


@pytest.mark.parametrize("format", LABEL_FORMATS)
@SOME
@given(data=st.data())
def test_what_is_exported_with_decisions_is_read_as_it_was_decided(format, data, tmp_path):
    source = written(tmp_path, format, data.draw(matrices(format)))
    tags = formats.read_labels(source, format=format).matrix.tags
    events = data.draw(plans(tags))
    out = source.with_name(f"out{source.suffix}")
    wanted = refusal = None
    try:
        wanted = exported(source, out, format, events)
    except InputError as error:
        refusal = str(error)
    if wanted is None:  # lost boxes, a name or a cell that the format cannot say: never a file that says another thing
        assert re.search(r"a new file, without|cannot say that|cannot be written|would not be read", refusal)
        assert not out.exists()
    else:
        assert format not in REFUSED
        same(formats.read_labels(out, format=format).matrix, wanted)
        out.unlink()


@pytest.mark.parametrize("format", sorted(set(LABEL_FORMATS) - REFUSED))
def test_a_merge_a_new_name_and_a_drop_are_written_in_every_format_that_does_not_refuse(format, tmp_path):
    tags, rows = ("boat", "cap", "cat", "hat"), [[1, 1, 0, 1], [0, 0, 1, 1], [1, 1, 1, 0]]
    source = written(tmp_path, format, TagMatrix(["a", "b", "c"], tags, np.array(rows, np.int8)))
    read = formats.read_labels(source, format=format).matrix.tags
    named = dict(zip(tags, sorted(read), strict=True))  # some formats name tags by their own rules
    events = [merge("A", [named["cap"], named["hat"]], named["hat"]), rename("A", named["boat"], "ship"),
              drop("A", named["cat"])]  # fmt: skip
    out = source.with_name(f"out{source.suffix}")
    wanted = exported(source, out, format, events)
    assert wanted.values.tolist() == [[1, 1], [0, 1], [1, 1]]
    same(formats.read_labels(out, format=format).matrix, wanted)


@pytest.mark.parametrize("format", sorted(REFUSED))
def test_where_a_new_file_would_lose_more_than_layout_it_is_refused_and_another_form_offered(format, tmp_path):
    source = written(tmp_path, format, TagMatrix(["a", "b"], ("cap", "hat"), np.array([[1, 0], [0, 1]], np.int8)))
    before, out = content(source), tmp_path / "out.csv"
    with pytest.raises(
        InputError, match=r"a new file, without .+ that are in it. Give it another form \(--as wide_csv"
    ):
        exported(source, out, format, [rename("A", "cap", "beanie")])
    assert not out.exists()
    wanted = exported(source, out, format, [rename("A", "cap", "beanie")], as_format="wide_csv")
    same(formats.read_labels(out).matrix, wanted)
    assert content(source) == before


def test_other_columns_quotes_and_line_ends_of_a_csv_stay(tmp_path):
    header = 'Path,Sex,"No Finding",Lung Opacity,Support Devices,Pleural Other\r\n'
    source = tmp_path / "train.csv"
    source.write_bytes((header + 'a,"F",1.0,,0.0,-1.0\r\nb,M,,1.0,1.0,\r\n').encode())
    events = [rename("A", "No Finding", "healthy"), merge("A", ["Lung Opacity", "Support Devices"], "Lung Opacity"),
              drop("A", "Pleural Other")]  # fmt: skip
    exported(source, tmp_path / "out.csv", "chexpert", events)
    text = (tmp_path / "out.csv").read_bytes().decode()
    assert text == 'Path,Sex,"healthy",Lung Opacity\r\na,"F",1.0,\r\nb,M,,1.0\r\n'


def test_boxes_of_coco_go_along_with_their_category(tmp_path):
    source, out = tmp_path / "coco.json", tmp_path / "out.json"
    boxes = [(1, 1, 7), (1, 2, 8), (2, 2, 9), (2, 3, 10)]
    annotations = [{"image_id": i, "category_id": c, "id": n, "bbox": [n, 0, 1, 1]} for i, c, n in boxes]
    names = [{"id": n, "name": tag, "supercategory": "s"} for n, tag in ((1, "cap"), (2, "hat"), (3, "boat"))]
    images = [{"id": 1, "file_name": "a.jpg", "width": 5}, {"id": 2, "file_name": "b.jpg", "width": 6}]
    whole = {"info": {"year": 1}, "images": images, "annotations": annotations, "categories": names}
    source.write_text(json.dumps(whole))
    wanted = exported(source, out, "coco", [merge("A", ["cap", "hat"], "headgear", "all"), drop("A", "boat")])
    assert wanted.values.tolist() == [[1], [0]]
    found = json.loads(out.read_text())
    assert (found["info"], found["images"]) == (whole["info"], images)
    assert found["categories"] == [{"id": 1, "name": "headgear", "supercategory": "s"}]
    assert [(a["id"], a["category_id"]) for a in found["annotations"]] == [(7, 1), (8, 1), (9, 1)]
    assert found["image_tags"] == [{"image_id": 2, "category_id": 1, "present": False}]


def test_columns_that_a_new_file_would_lose_are_named(tmp_path):
    source = tmp_path / "long.csv"
    source.write_text("id,tag,value,annotator\na,cap,1,ann\na,hat,0,bo\n")
    with pytest.raises(InputError, match="a new file, without 'annotator'. Give it another form"):
        exported(source, tmp_path / "out.csv", "long_csv", [drop("A", "hat")])


def test_the_docs_say_of_every_format_what_becomes_of_it():
    text = (Path(__file__).parents[2] / "docs" / "meeting.md").read_text("utf-8")
    rows = [row.split(" | ") for row in text.splitlines() if row.startswith("| `")]
    table = {name: said for names, said, *rest in rows if not rest for name in re.findall(r"`(\w+)`", names)}
    assert set(table) == set(LABEL_FORMATS)
    assert {name for name, said in table.items() if said.startswith("refused")} == REFUSED
    assert {n for n, said in table.items() if said == "a new file of the same format |"} == {
        name for name in LABEL_FORMATS if FORMATS[name].retag is None and name not in REFUSED
    }
