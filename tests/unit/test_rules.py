"""Rules between tags: what follows from them, what breaks them, what mends it, and which the data propose."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from labelreview.errors import InputError
from labelreview.review.rules import EXCLUDES, IMPLIES, Rules, TagRule, excludes, implies, proposed
from labelreview.tags import ABSENT, PRESENT, UNKNOWN

TAGS = ("a", "b", "c", "d", "e")
LABELS = arrays.arrays(np.int8, st.tuples(st.integers(1, 30), st.just(len(TAGS))), elements=st.sampled_from([1, 0, -1]))


@st.composite
def rule_sets(draw: st.DrawFn) -> Rules:
    """Implications go to later letters, so none runs in a circle; exclusions that clash with them are dropped."""
    pairs = st.tuples(st.integers(0, 4), st.integers(0, 4)).filter(lambda pair: pair[0] < pair[1])
    up = [implies(TAGS[i], TAGS[j]) for i, j in draw(st.lists(pairs, max_size=5))]
    kept = list(up)
    for i, j in draw(st.lists(pairs, max_size=3)):
        try:
            Rules([*kept, excludes(TAGS[i], TAGS[j])])
        except InputError:
            continue
        kept.append(excludes(TAGS[i], TAGS[j]))
    return Rules(kept)


def breaks(rule: TagRule, row: dict[str, int]) -> bool:
    if rule.kind == IMPLIES:
        return row[rule.first] == PRESENT and row[rule.second] == ABSENT
    return row[rule.first] == row[rule.second] == PRESENT


@given(rule_sets(), LABELS)
def test_violations_are_those_that_a_look_at_each_item_finds(rules, labels):
    slow = {
        (row, rule)
        for row, values in enumerate(labels)
        for rule in rules.stated
        if breaks(rule, dict(zip(TAGS, values.tolist(), strict=True)))
    }
    assert {(found.row, found.rule) for found in rules.violations(labels, TAGS)} == slow


@given(rule_sets(), LABELS, st.sampled_from(TAGS), st.sampled_from([PRESENT, ABSENT]))
def test_a_consistent_item_stays_consistent_when_a_verdict_comes_with_its_mends(rules, labels, tag, label):
    row = dict(zip(TAGS, labels[0].tolist(), strict=True))
    if any(breaks(rule, row) for rule in rules.stated):
        row = dict.fromkeys(TAGS, ABSENT)
    mends = rules.mends(tag, label, row)
    assert tag not in mends
    after = row | mends | {tag: label}
    assert not [rule for rule in rules.stated if breaks(rule, after)]
    assert all(row[name] != to for name, to in mends.items()), "a mend changes something"


@given(rule_sets(), LABELS)
def test_closing_keeps_every_implication_and_takes_nothing_away(rules, labels):
    closed = rules.closed(labels, TAGS)
    assert not [found for found in rules.violations(closed, TAGS) if found.rule.kind == IMPLIES]
    assert (closed[labels == PRESENT] == PRESENT).all()
    changed = closed != labels
    assert (closed[changed] == PRESENT).all()
    assert (rules.closed(closed, TAGS) == closed).all()


def wilson(hits: int, seen: int) -> float:
    z = 1.959963984540054
    p = hits / seen
    return (p + z * z / (2 * seen) - z * math.sqrt(p * (1 - p) / seen + z * z / (4 * seen**2))) / (1 + z * z / seen)


@given(LABELS)
def test_proposed_implications_have_the_support_and_confidence_that_counting_gives(labels):
    for rule, support, against, confidence in proposed(labels, TAGS, support=2, confidence=0.3):
        one, other = (labels[:, TAGS.index(name)].tolist() for name in (rule.first, rule.second))
        both = sum(x == y == PRESENT for x, y in zip(one, other, strict=True))
        if rule.kind == IMPLIES:
            assert support == both >= 2
            assert against == sum(x == PRESENT and y == ABSENT for x, y in zip(one, other, strict=True))
            assert 0.3 <= confidence == pytest.approx(wilson(both, both + against))
        else:
            assert against == both


def test_a_rule_that_some_missing_tags_break_is_proposed_and_an_accident_is_not():
    rng = np.random.default_rng(0)
    labels = np.zeros((2000, 4), np.int8)  # cat, animal, common, coin
    labels[:100, 0] = 1
    labels[:400, 1] = 1
    labels[:12, 1] = 0  # twelve cats lack "animal"
    labels[:, 2] = rng.random(2000) < 0.97  # nearly everything has it: no rule
    labels[:, 3] = rng.random(2000) < 0.5
    found = {str(each.rule) for each in proposed(labels, ["cat", "animal", "common", "coin"])}
    assert found == {"cat → animal"}


def test_tags_that_never_meet_where_chance_would_bring_them_together_are_proposed_as_an_exclusion():
    labels = np.zeros((1000, 2), np.int8)
    labels[:300, 0], labels[300:600, 1] = 1, 1
    (found,) = proposed(labels, ["beard", "no_beard"])
    assert (found.rule, found.support, found.against) == (excludes("no_beard", "beard"), 300, 0)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ([implies("a", "b"), implies("b", "c"), implies("c", "a")], "run in a circle through 'a'"),
        ([implies("a", "b"), implies("a", "c"), excludes("b", "c")], "'a' implies both 'b' and 'c', which exclude"),
        ([implies("a", "b"), excludes("a", "b")], "'a' implies both 'a' and 'b'"),
    ],
)
def test_rules_that_cannot_hold_together_are_refused_with_the_tag_at_fault(rules, message):
    with pytest.raises(InputError, match=message):
        Rules(rules)


def test_a_tag_can_neither_imply_nor_exclude_itself():
    with pytest.raises(InputError, match="'a' cannot imply itself"):
        implies("a", "a")
    with pytest.raises(InputError, match="'a' cannot exclude itself"):
        excludes("a", "a")
    assert excludes("b", "a") == TagRule(EXCLUDES, "a", "b")


def test_unknown_breaks_nothing_and_is_filled_only_where_the_rules_leave_no_choice():
    rules = Rules([implies("cat", "animal"), excludes("cat", "dog")])
    labels = np.array([[PRESENT, UNKNOWN, UNKNOWN]], np.int8)
    assert not list(rules.violations(labels, ("cat", "animal", "dog")))
    assert rules.mends("cat", PRESENT, {"animal": UNKNOWN, "dog": UNKNOWN}) == {"animal": PRESENT}
    assert rules.mends("animal", ABSENT, {"cat": UNKNOWN}) == {}
