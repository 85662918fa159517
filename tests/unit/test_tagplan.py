"""What holds of the rulings of a meeting, and what they do to labels."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelreview import rulings
from labelreview.errors import InputError
from labelreview.review.rules import excludes, implies
from labelreview.review.tagplan import decided, merged, preview, refuse, standing
from labelreview.rulings import Rule, assign, define, drop, merge, relate, rename, target, undo
from labelreview.tags import ABSENT, PRESENT, UNKNOWN

TAGS = ("cap", "hat", "boat", "cat")
LABELS = np.array([[1, 0, 1, 0], [1, 1, 0, 0], [0, 0, -1, 1], [-1, 0, 1, 0]], np.int8)


def stored(*events):
    return [replace(event, seq=number) for number, event in enumerate(events, 1)]


def kleene(rule, values):
    """The rule of one merged cell, as it would be told to a person."""
    known = [value for value in values if value != UNKNOWN]
    if rule == Rule.ANY:
        return PRESENT if PRESENT in values else UNKNOWN if UNKNOWN in values else ABSENT
    if rule == Rule.ALL:
        return ABSENT if ABSENT in values else UNKNOWN if UNKNOWN in values else PRESENT
    if rule == Rule.FIRST:
        return known[0] if known else UNKNOWN
    return known[0] if len(set(known)) == 1 else UNKNOWN


@given(st.sampled_from(list(Rule)), st.lists(st.lists(st.sampled_from([-1, 0, 1]), min_size=3, max_size=3), min_size=1))
def test_a_merged_cell_is_what_its_rule_says(rule, rows):
    columns = list(np.array(rows, np.int8).T)
    assert merged(rule, columns).tolist() == [kleene(rule, row) for row in rows]


def test_rulings_apply_one_after_the_other_each_to_the_names_before_it():
    steps = [rename("Ada", "cap", "beanie"), merge("Bo", ["hat", "beanie"], "headgear"), drop("Ada", "boat")]
    found = standing(TAGS, steps)
    assert found.becomes == {"cap": "headgear", "hat": "headgear", "boat": "", "cat": "cat"}
    assert (found.tags, found.dropped) == (["headgear", "cat"], ["boat"])
    tags, labels = decided(TAGS, LABELS, found.steps)
    assert tags == ("headgear", "cat")
    assert labels.tolist() == [[1, 0], [1, 0], [0, 1], [-1, 0]]


def test_two_tags_can_trade_names():
    found = standing(TAGS, [rename("A", "cap", "x"), rename("A", "hat", "cap"), rename("A", "x", "hat")])
    tags, labels = decided(TAGS, LABELS, found.steps)
    assert tags[:2] == ("hat", "cap")
    assert (labels == LABELS).all()


@pytest.mark.parametrize(
    ("before", "ruling", "reason"),
    [
        ([], drop("A", "dog"), "There is no tag 'dog' in this project"),
        ([drop("A", "cat")], rename("A", "cat", "kitten"), "no tag 'cat' any more: A decided to drop cat"),
        ([merge("A", ["cap", "hat"], "hat")], drop("A", "cap"), r"decided to merge cap, hat into hat \(any\)"),
        ([], rename("A", "cap", " HAT "), "There is a tag 'hat' already. Merge the two"),
        ([], merge("A", ["cap", "hat"], "Boat"), "There is a tag 'boat' already. Name it among the tags"),
        ([], rename("A", "cap", "cap"), "called 'cap' already"),
        (
            [rename("A", "cap", "x"), rename("A", "x", "y")],
            rename("A", "y", "cap"),
            "round in a circle: 'y' was called",
        ),
        ([], assign("A", "dog", "Bo"), "There is no tag 'dog'"),
        ([drop("A", "cat")], define("A", "cat", "a cat"), "no tag 'cat' any more"),
        ([], undo("A", drop("A", "cat")), "not in this project's log"),
    ],
)
def test_a_ruling_that_cannot_apply_is_refused_with_the_reason(before, ruling, reason):
    with pytest.raises(InputError, match=reason):
        refuse(TAGS, [*stored(*before), ruling])


def test_what_later_rulings_rest_on_cannot_be_taken_back_before_them():
    first, second = stored(rename("Ada", "cap", "beanie"), drop("Bo", "beanie"))
    with pytest.raises(InputError, match="Bo's later decision “drop beanie” rests on this one. Take that back first"):
        refuse(TAGS, [first, second, undo("Ada", first)])
    back = replace(undo("Ada", second), seq=3)
    refuse(TAGS, [first, second, back, undo("Ada", first)])
    with pytest.raises(InputError, match="Ada has taken this decision back already"):
        refuse(TAGS, [first, second, back, undo("Bo", second)])


def test_after_an_undo_what_held_before_holds_again():
    events = [define("A", "cap", "one"), define("A", "cap", "two"), assign("A", "hat", "Bo"), target("A", 0.05, 0.9)]
    both = standing(TAGS, events)
    assert (both.definitions["cap"], both.target.max_error_rate, both.assignments["hat"].person) == ("two", 0.05, "Bo")
    back = standing(TAGS, [*events, *(undo("A", event) for event in events[1:])])
    assert (back.definitions["cap"], back.target.max_error_rate, back.assignments) == ("one", 0.01, {})
    assert not back.broken


def test_a_definition_follows_its_tag_to_another_name():
    events = [define("A", "cap", "a cap"), define("A", "hat", "a hat"), rename("A", "cap", "beanie")]
    assert standing(TAGS, events).definition("cap") == "a cap"
    merged_ = standing(TAGS, [*events, merge("A", ["beanie", "hat"], "hat")])
    assert merged_.definition("cap") == merged_.definition("hat") == "a hat"


def test_rulings_about_tags_that_newer_data_lacks_are_left_out_and_told():
    events = stored(drop("A", "boat"), rename("A", "cap", "beanie"))
    found = standing(("cap", "cat"), events)
    assert (found.tags, list(found.broken)) == (["beanie", "cat"], [events[0].uid])
    refuse(("cap", "cat"), [*events, drop("A", "cat")])  # what was broken before does not stand in the way


def test_a_preview_counts_before_and_after_and_shows_conflicts_first():
    seen = preview(TAGS, LABELS, [], merge("A", ["hat", "cap"], "headgear"))
    assert [(c.tag, c.present, c.absent, c.unknown) for c in seen.before] == [("hat", 1, 3, 0), ("cap", 2, 1, 1)]
    assert [(c.tag, c.present, c.absent, c.unknown) for c in seen.after] == [("headgear", 2, 1, 1)]
    assert (seen.conflicts, seen.changed, seen.rows) == (1, 2, (0, 1))
    gone = preview(TAGS, LABELS, [], drop("A", "boat"))
    assert (gone.after, gone.changed, gone.rows) == ((), 2, (0, 3))


steps = st.lists(
    st.one_of(
        st.builds(lambda t, to: ("rename", t, to), st.sampled_from("abcd"), st.sampled_from("abcdxy")),
        st.builds(lambda t, u, to: ("merge", t, u, to), *[st.sampled_from("abcd")] * 2, st.sampled_from("abcdxy")),
        st.builds(lambda t: ("drop", t), st.sampled_from("abcdxy")),
    ),
    max_size=8,
)


@given(steps)
def test_decided_labels_have_the_columns_that_the_names_say(plan):
    events = []
    for kind, *names in plan:
        try:
            made = merge("A", names[:2], names[2]) if kind == "merge" else getattr(rulings, kind)("A", *names)
            refuse("abcd", [*events, made])
        except InputError:
            continue
        events.append(replace(made, seq=len(events) + 1))
    found, labels = standing("abcd", events), np.arange(12, dtype=np.int8).reshape(3, 4) % 2
    tags, after = decided("abcd", labels, found.steps)
    assert not found.broken
    assert set(tags) == set(found.tags)
    for tag, column in zip(tags, after.T, strict=True):
        of = [at for at, source in enumerate("abcd") if found.becomes[source] == tag]
        assert column.tolist() == labels[:, of].max(1).tolist()  # every merge is of the rule any


def test_rules_between_tags_are_agreed_taken_back_and_kept_from_contradicting_each_other():
    first, second = relate("Ada", "cap", "implies", "hat"), relate("Bo", "hat", "excludes", "cat")
    found = standing(TAGS, [first, second])
    assert found.rules.stated == (implies("cap", "hat"), excludes("cat", "hat"))
    assert found.rules.against("cap") == {"cat"}
    history = stored(first, second)
    for ruling, reason in [
        (relate("Ada", "hat", "implies", "cap"), "The implications run in a circle"),
        (relate("Ada", "cap", "implies", "cat"), "'cap' implies both 'cat' and 'hat', which exclude each other"),
        (relate("Ada", "cap", "implies", "hat"), "That cap → hat is agreed already"),
        (relate("Ada", "cap", "implies", "wig"), "There is no tag 'wig'"),
    ]:
        with pytest.raises(InputError, match=reason):
            refuse(TAGS, [*history, ruling])
    refuse(TAGS, [*history, undo("Bo", first), relate("Ada", "hat", "implies", "cap")])
    with pytest.raises(InputError, match="There is no relation 'means'"):
        relate("Ada", "cap", "means", "hat")
