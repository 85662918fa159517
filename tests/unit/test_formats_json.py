"""JSON with the place of every value, CelebA's bytes, and XML without document types, each against a plain oracle."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelreview.errors import InputError
from labelreview.formats.celeba import _cells
from labelreview.formats.csvtext import spliced
from labelreview.formats.jsontext import JsonText
from labelreview.formats.xmltext import parsed

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))
INDENTS = st.sampled_from([None, 0, 2])


@given(st.dictionaries(st.text(), VALUES), INDENTS)
def test_members_are_those_that_json_loads_gives(value: dict[str, Any], indent: int | None) -> None:
    text = JsonText("f", json.dumps(value, indent=indent).encode())
    found = list(text.members(text.start))
    assert {member.key: member.value for member in found} == value
    assert all(json.loads(text.text[member.start : member.end]) == member.value for member in found)


@given(st.lists(VALUES), INDENTS)
def test_elements_of_a_list_inside_an_object_come_one_by_one(value: list[Any], indent: int | None) -> None:
    text = JsonText("f", json.dumps({"a": 1, "b": value, "c": []}, indent=indent).encode())
    found = [member.value for member in text.members(text.start, lists=frozenset({"b", "c"})) if member.key == "b"]
    assert found == value


@given(st.lists(VALUES, max_size=3), VALUES, INDENTS)
def test_a_value_is_put_at_the_end_of_a_list(value: list[Any], new: Any, indent: int | None) -> None:
    text = JsonText("f", json.dumps({"a": value}, indent=indent).encode())
    found = text.member(text.start, "a")
    assert found
    assert json.loads(spliced(text.text, [text.appended(found, [json.dumps(new)])])) == {"a": [*value, new]}


@pytest.mark.parametrize(("text", "match"), [
    ('{"a": 1 "b": 2}', "f, line 1, column 9: ',' is expected, and there is '\"b\": 2}'"),
    ('{"a": 1,}', "column 9: a value is expected after the comma. This is no valid JSON"),
    ('{1: 1}', "a member of an object has no name"),
    ('["a"]', "'{' is expected, and there is '"),
    ('{"a":\n tru}', "line 2, column 2: expecting value"),
    ('{"a": ' + "9" * 5000 + "}", "Exceeds the limit"),
])  # fmt: skip
def test_broken_json_is_named_by_line_and_column(text: str, match: str) -> None:
    source = JsonText("f", text.encode())
    with pytest.raises(InputError) as caught:
        list(source.members(source.start))
    assert match in str(caught.value)


SPACES = st.sampled_from([" ", "  "])
ROWS = st.lists(st.tuples(st.text("ab.1-", min_size=1, max_size=4), st.lists(st.sampled_from([0, 1]), min_size=2,
                                                                             max_size=2)), min_size=1)  # fmt: skip


@given(ROWS, SPACES, st.sampled_from(["\n", "\n\n"]))
def test_celeba_is_read_from_its_bytes_as_from_its_words(rows: list[Any], space: str, ending: str) -> None:
    lines = [space.join([name, *("1" if value else "-1" for value in values)]) for name, values in rows]
    block = (ending.join(lines) + ending).encode()
    found = _cells(block, 2)
    assert found is not None
    starts, labels = found
    assert [block[start:].split()[0].decode() for start in starts] == [name for name, _ in rows]
    np.testing.assert_array_equal(labels, [values for _, values in rows])


@pytest.mark.parametrize("block", [b"a 1\nb 1 1\n", b"a 1 1 1\nb 1\n", b"a 1 2\n", b"a 1 --\n", b"a 1 -2\n",
                                   b"a 11 1\n", b"a 1\n1 b 1 1\n"])  # fmt: skip
def test_celeba_lines_of_another_form_are_not_taken_for_labels(block: bytes) -> None:
    assert _cells(block, 2) is None


def test_xml_is_read_without_namespaces_and_refused_with_a_document_type() -> None:
    root = parsed("f", b'<labels xmlns="http://x"><label name="a&amp;b"/></labels>')
    assert [(child.tag, child.get("name")) for child in root] == [("label", "a&b")]
    for data in (b"<!DOCTYPE a><a/>", '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a><a/>'.encode("utf-16")):
        with pytest.raises(
            InputError, match="f, line 1: a DOCTYPE is not read, for it may name other files. Remove it"
        ):
            parsed("f", data)
    with pytest.raises(InputError, match="f, line 1: undefined entity. This is no valid XML"):
        parsed("f", b"<a>&b;</a>")
