"""Rules between tags, read from the files that people have."""

import json

import pytest

from labelreview.errors import InputError
from labelreview.formats import rule_list

OPEN_IMAGES = {
    "LabelName": "/m/0bl9f",
    "Subcategory": [
        {"LabelName": "/m/0jbk", "Subcategory": [{"LabelName": "/m/01yrx"}], "Part": [{"LabelName": "/m/04hgtk"}]}
    ],
}
SHAPES = {
    "rules.csv": ("first,rule,second\ncat,implies,mammal\nmammal,IMPLIES,animal\n\nbeard,excludes,no_beard\n",
                  [("cat", "implies", "mammal"), ("mammal", "implies", "animal"), ("beard", "excludes", "no_beard")]),
    "nested.json": (json.dumps({"animal": {"mammal": ["cat", "dog"]}, "car": {}}),
                    [("mammal", "implies", "animal"), ("cat", "implies", "mammal"), ("dog", "implies", "mammal")]),
    "hierarchy.json": (json.dumps(OPEN_IMAGES),
                       [("/m/01yrx", "implies", "/m/0jbk"), ("/m/0jbk", "implies", "/m/0bl9f")]),
}  # fmt: skip
BAD = {
    "no header": ("cat,implies,animal\n", r"rules.csv, line 1: the columns are 'cat,implies,animal'"),
    "no such word": (
        "first,rule,second\ncat,includes,animal\n",
        r"rules.csv, line 2: 'cat,includes,animal' is not a rule",
    ),
    "no tag": ("first,rule,second\ncat,implies,\n", r"line 2: 'cat,implies,' is not a rule"),
    "nothing": ("first,rule,second\n", r"there is no rule in this file"),
    "half JSON": ('{"animal": [', r"this is not JSON"),
    "a number": ('{"animal": 3}', r"'3' where the tags inside 'animal' are expected"),
    "a number in a list": ('{"animal": [3]}', r"'3' inside 'animal' is not the name of a tag"),
    "no name": ('{"LabelName": "a", "Subcategory": [{}]}', r"an entry of the hierarchy has no LabelName"),
}


@pytest.mark.parametrize("name", SHAPES)
def test_rules_are_read_from_each_shape(name, tmp_path):
    text, expected = SHAPES[name]
    (tmp_path / name).write_text(text, "utf-8-sig")
    assert rule_list.read(tmp_path / name) == expected


def test_of_a_hierarchy_the_rules_about_ones_own_tags_are_taken(tmp_path):
    (tmp_path / "h.json").write_text(SHAPES["hierarchy.json"][0])
    assert rule_list.read(tmp_path / "h.json", {"/m/01yrx", "/m/0jbk"}) == [("/m/01yrx", "implies", "/m/0jbk")]


def test_written_rules_are_read_back_whatever_the_tags_are_called(tmp_path):
    rules = [('a "b", c', "implies", "=cmd()"), ("line\nend", "excludes", "שלום")]
    assert rule_list.write(tmp_path / "out.csv", rules) == 2
    assert rule_list.read(tmp_path / "out.csv") == rules


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_rule_is_named_with_its_line(case, tmp_path):
    text, message = BAD[case]
    (tmp_path / "rules.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        rule_list.read(tmp_path / "rules.csv")
