"""What holds of the rulings of a meeting, and what they do to labels."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelreview import rulings
from labelreview.errors import InputError
from labelreview.review.rules import excludes, implies
from labelreview.review.tageffect import preview
from labelreview.review.tagplan import decided, merged, refuse, standing
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


def test_a_preview_counts_what_changes_and_shows_conflicts_first():
    given_labels = "pqrs", TAGS, LABELS
    seen = preview(*given_labels, [], merge("A", ["hat", "cap"], "hat"))
    hat, cap = seen.moves
    assert (hat.before.present, hat.to_present, hat.to_absent, hat.to_unknown) == (1, 1, 0, 1)
    assert cap.changed == 0
    assert (seen.after.present, seen.after.absent, seen.after.unknown) == (2, 1, 1)
    assert (seen.conflicts, seen.changed, seen.lost) == (1, 2, 1)  # q has the hat already: it does not change
    assert [(each.item, each.before, each.after) for each in seen.examples] == [("p", (0, 1), 1), ("s", (0, -1), -1)]
    gone = preview(*given_labels, [], drop("A", "boat"))
    assert (gone.after, gone.changed, [each.item for each in gone.examples]) == (None, 2, ["p", "s"])
    named = preview(*given_labels, [], rename("A", "boat", "ship"))
    assert (named.changed, named.after.present, [each.item for each in named.examples]) == (0, 2, ["p", "s"])


def test_a_tag_of_the_file_that_the_project_left_out_is_not_lost_under_a_merge():
    with pytest.raises(InputError, match="The labels file has a tag 'cat' that the project left out"):
        preview("pqrs", TAGS, LABELS, [], merge("A", ["cap", "hat"], "cat"))


steps = st.lists(
    st.one_of(
        st.builds(lambda t, to: ("rename", t, to), st.sampled_from("abcd"), st.sampled_from("abcdxy")),
        st.builds(lambda t, u, to: ("merge", t, u, to), *[st.sampled_from("abcd")] * 2, st.sampled_from("abcdxy")),
        st.builds(lambda t: ("drop", t), st.sampled_from("abcdxy")),
    ),
    max_size=8,
)


@given(
    st.lists(st.lists(st.sampled_from([-1, 0, 1]), min_size=4, max_size=4), min_size=1, max_size=9),
    st.lists(st.sampled_from("abcd"), min_size=2, max_size=3, unique=True),
    st.sampled_from("abcde"),
    st.sampled_from(list(Rule)),
    st.booleans(),
)
def test_a_preview_of_a_merge_is_what_the_decided_labels_are(rows, tags, to, rule, renamed_first):
    labels = np.array(rows, np.int8)
    steps = [rename("A", "a", "z")] if renamed_first else []
    named = ["z" if tag == "a" and steps else tag for tag in tags]
    to = "z" if to == "a" and steps else to
    ruling = merge("A", named, to, rule)
    try:
        refuse("abcd", [*stored(*steps), ruling])
    except InputError:
        return
    seen = preview([str(row) for row in range(len(rows))], "abcd", labels, steps, ruling, most=99)
    before, after = (by_name(*decided("abcd", labels, each)) for each in (steps, [*steps, ruling]))
    parts, now = np.stack([before[tag] for tag in named]), after[to]
    for move in seen.moves:
        gained = now[before[move.before.tag] != now].tolist()
        assert [move.to_present, move.to_absent, move.to_unknown] == [gained.count(label) for label in (1, 0, -1)]
    other = np.flatnonzero(before[to] != now if to in named else (parts != now).any(0)).tolist()
    assert seen.changed == len(other)
    assert seen.conflicts == sum({0, 1} <= set(row) for row in parts.T.tolist())
    assert seen.lost == sum(max(row) > UNKNOWN == label for row, label in zip(parts.T.tolist(), now, strict=True))
    assert (seen.after.present, seen.after.absent, seen.after.unknown) == tuple(
        now.tolist().count(x) for x in (1, 0, -1)
    )
    if other:
        assert sorted(int(each.item) for each in seen.examples) == other
    for each in seen.examples:
        assert (list(each.before), each.after) == (parts[:, int(each.item)].tolist(), now[int(each.item)])


def by_name(tags, labels) -> dict[str, np.ndarray]:
    return dict(zip(tags, labels.T, strict=True))


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
