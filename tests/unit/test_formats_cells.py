"""What one cell, one name or one line of a file means."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelreview.errors import InputError
from labelreview.formats.cells import check_ids, check_tags, checked_probs, label_of, prob_of, spelled
from labelreview.formats.csvlines import _of_bytes, _of_text
from labelreview.formats.csvtext import CsvText, quoted, records, requoted, spans, spliced, unquoted
from labelreview.formats.shape import columns_of, shape_of
from labelreview.formats.tables import cell


@pytest.mark.parametrize(("text", "label"), [
    ("1", 1), ("0", 0), ("", -1), ("  ", -1), (" 1 ", 1), ("1.0", 1), ("0.0", 0), ("True", 1), ("FALSE", 0),
    ("true", 1), ("-1", None), ("yes", None), ("2", None), ("nan", None), ("01", None), ("1e0", None),
    ("=1", None), ("١", None),
])  # fmt: skip
def test_a_label_is_1_or_0_or_nothing(text: str, label: int | None) -> None:
    assert label_of(text) == label


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "0,5", "1_0", "50%", "0x1p3", "½", "٠.٥", "1e", "."])
def test_what_is_no_decimal_number_is_no_probability(text: str) -> None:
    assert prob_of(text) is None


def test_an_empty_probability_is_unknown_and_exponents_are_read() -> None:
    assert prob_of(" 1e-3 ") == 0.001
    assert np.isnan(prob_of("") or 0.0)


@pytest.mark.parametrize(("like", "present", "absent"), [
    ("1", "1", "0"), ("0.0", "1.0", "0.0"), ("true", "true", "false"), ("FALSE", "TRUE", "FALSE"), ("", "1", "0"),
])  # fmt: skip
def test_a_correction_is_spelled_like_its_neighbours(like: str, present: str, absent: str) -> None:
    assert (spelled(1, like), spelled(0, like)) == (present, absent)


@pytest.mark.parametrize(("tags", "match"), [
    (["hat", "hat"], "tag 'hat' is there twice. Rename one, or merge them."),
    (["hat", " Hat"], "tags 'hat' and ' Hat' differ only in case or in spaces around them"),
    (["caf\u00e9", "cafe\u0301"], "differ only in case"),
    (["hat", " "], "tag 2 of 2 has no name. Give it one, or remove it."),
    (["x"] * 9, "and 3 more like these."),
])  # fmt: skip
def test_tag_names_that_people_mix_up_are_refused(tags: list[str], match: str) -> None:
    with pytest.raises(InputError, match=match):
        check_tags(tags, "labels.csv, line 1")


def test_an_id_in_two_rows_is_named_with_both_lines() -> None:
    with pytest.raises(InputError, match=r"f.csv, line 4, column 'id': id 'a' is already in line 2. Keep one"):
        check_ids(["a", "b", "a"], lambda row: f"f.csv, line {row + 2}, column 'id'")


@pytest.mark.parametrize(("value", "match"), [
    (97.3, r"line 1: 97.3 is not a probability. The values go from 0.5 to 97.3, which looks like per cent: divide"),
    (-3.2, r"-3.2 is not a probability. The values go from -3.2 to 0.5, which looks like logits: apply the sigmoid"),
    (1.4, r"1.4 is not a probability. The values go from 0.5 to 1.4: give numbers from 0 to 1"),
    (np.inf, r"inf is not a probability. Probabilities are numbers from 0 to 1; leave the cell empty"),
])  # fmt: skip
def test_a_value_out_of_range_is_named_with_what_it_looks_like(value: float, match: str) -> None:
    with pytest.raises(InputError, match=match):
        checked_probs(np.array([[0.5, value]], np.float32), lambda at: f"line {at}")


def test_rounding_above_one_is_clipped() -> None:
    assert checked_probs(np.array([[np.nextafter(np.float32(1), np.float32(2))]], np.float32), str).max() == 1


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=4), min_size=1),
       st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n", "\r"]))  # fmt: skip
def test_fields_are_read_back_as_they_were_quoted(rows: list[list[str]], delimiter: str, ending: str) -> None:
    text = "".join(delimiter.join(quoted(value, delimiter) for value in row) + ending for row in rows)
    found = [[unquoted(text[a:b]) for a, b in spans(text, record, delimiter)] for record in records(text, delimiter)]
    assert found == rows


@given(st.text(alphabet='a",\n\r;', max_size=30))
def test_any_text_falls_into_records_that_give_it_back(text: str) -> None:
    found = list(records(text, ","))
    assert all(text[record.start : record.end] for record in found)
    rest = spliced(text, [(record.start, record.end, "") for record in found])
    assert not rest.strip("\r\n")


@given(st.text(alphabet='a",\n\r ', max_size=30))
def test_arrow_and_the_reading_by_hand_agree(text: str) -> None:
    source = CsvText("f", f"id,hat\nx,1\n{text}".encode())
    fast = source._fast({0: "text", 1: "text"})
    if fast is not None:  # else Arrow was not asked, or gave up
        slow = source._by_hand({0: "text", 1: "text"})
        assert [column.to_pylist() for column in fast.values()] == [column.to_pylist() for column in slow.values()]


@given(st.text(alphabet="aé,\n", max_size=30), st.booleans(), st.randoms(use_true_random=False))
def test_records_picked_by_their_bytes_are_those_picked_from_the_text(text: str, wide: bool, random: Random) -> None:
    source = CsvText("f", f"id,hat\nx,1\n{text}".replace("\n", "\r\n" if wide else "\n").encode())
    count = len(list(source.records()))
    rows = np.array(sorted(random.sample(range(count), random.randint(0, count))), np.int64)
    found = [picked(source, rows) for picked in (_of_bytes, _of_text)]
    assert [(line.raw, line.ending) for line in found[0][0]] == [(line.raw, line.ending) for line in found[1][0]]
    kinds = [random.choice(["", "é,2", None]) for _ in rows]
    written = [
        put([(line.start, line.end if new else line.next, new) for line, new in zip(lines, kinds, strict=True)
             if new is not None])
        for lines, put in found
    ]  # fmt: skip
    assert written[0] == written[1]


@pytest.mark.parametrize(("value", "raw", "field"), [
    ("a", "b", "a"), ("a", '"b"', '"a"'), ("", '"b"', '""'), ("a,b", "c", '"a,b"'), ('5" x', '5" x;y', '5" x'),
    ('"x', '5"', '"""x"'), ("a\nb", '5"', '"a\nb"'), ('a"b', "c", '"a""b"'),
])  # fmt: skip
def test_a_changed_field_is_quoted_like_the_one_before(value: str, raw: str, field: str) -> None:
    assert requoted(value, raw, ",") == field


def test_lines_are_counted_through_quoted_line_ends_and_empty_lines() -> None:
    text = 'id,t\r\n"a\nb",1\n\n\nc,0\n'
    assert [record.line for record in records(text, ",")] == [1, 2, 6]


def test_a_quote_that_never_closes_is_named_by_its_line() -> None:
    with pytest.raises(InputError, match="f.csv, line 3: a quote is opened and never closed. Close it"):
        list(CsvText("f.csv", b'id,hat\na,1\n"b,0\nc,1\n').records())


@pytest.mark.parametrize(("text", "delimiter"), [
    ("id,hat\na,1\n", ","), ("id;hat\na;1\n", ";"), ("id\that\na\t1\n", "\t"), ("id|hat\na|1\n", "|"),
    ("id;hat, red\na;1\nb;0\n", ";"), ("id,tags\na,x;y;z\n", ","), ("id;p\na;0,5\n", ";"), ("id,x;y;z\na;b;c,1\n", ","),
])  # fmt: skip
def test_the_delimiter_is_the_one_that_cuts_the_lines_alike(text: str, delimiter: str) -> None:
    assert CsvText("f", text.encode()).delimiter == delimiter


@pytest.mark.parametrize(("text", "shape"), [
    ("id,hat,dog\na,1,0\n", "wide"), ("image,hat\na,yes\n", "wide"), ("id,hat\na,0.25\n", "wide"),
    ("x,hat,label\na,1,0\nb,0,\n", "wide"), ("id,tag\na,hat\na,dog\n", "long"), ("id,tag,value\na,hat,1\n", "long"),
    ("id,label,prob\na,7,0.5\n", "long"), ("image,what\na,hat\na,dog\n", "long"),
    ("id,label\na,hat\nb,dog\n", "long"), ("id,tags\na,hat\n", "delimited"),
    ("id,label\na,hat;dog\nb,dog\n", "delimited"), ("id,x\na,hat|dog\n", "delimited"),
    ("id,width,tags\na,300,hat;dog\n", "delimited"), ("id,tags\na,7\nb,8;9\n", "delimited"),
])  # fmt: skip
def test_the_shape_is_told_from_header_and_cells(text: str, shape: str) -> None:
    source = CsvText("f", text.encode())
    assert shape_of(source.header, source.sample()) == shape


@pytest.mark.parametrize(("header", "rows", "column"), [
    (["hat", "ID"], [["1", "a"]], 1), (["name", "image"], [["a", "0"]], 0), (["name", "image"], [["1", "a.png"]], 1),
    (["Image_ID", "id"], [["1", "2"]], 0), (["", "hat"], [["a", "1"]], 0), (["filename", "image"], [["1", "2"]], 0),
])  # fmt: skip
def test_the_id_column_is_the_one_named_so_or_the_first(header: list[str], rows: list[list[str]], column: int) -> None:
    assert columns_of("f", header, rows, "wide").id == column


@pytest.mark.parametrize(("value", "text"), [
    (0.1 + 0.2, "0.3"), (np.float32(0.1), "0.1"), (np.float32("nan"), ""), (None, ""), (np.True_, "1"),
    (12345678, "12345678"),    ("=cmd()", "=cmd()"), (np.int8(-1), "-1"),
])  # fmt: skip
def test_a_value_of_a_result_table_is_written_the_same_every_time(value: object, text: str) -> None:
    assert cell(value) == text
