"""Agreement of reviewers against published examples and a slow, plain oracle."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelreview.decisions import ADJUDICATE, Verdict
from labelreview.review.agreement import agree, agreement, cohens_kappa
from labelreview.review.verdicts import Verdicts
from tests.made import decision

YES, NO, UNSURE = Verdict.PRESENT, Verdict.ABSENT, Verdict.UNSURE
_ = -1


def matrix(*reviewers):
    return np.array(reviewers, np.int8).T


def kappa_by_hand(first, second):
    """Cohen 1960, counted one by one."""
    both = [(a, b) for a, b in zip(first, second, strict=True) if a >= 0 and b >= 0]
    seen = sum(a == b for a, b in both) / len(both)
    chance = sum(
        sum(a == kind for a, _ in both) * sum(b == kind for _, b in both) for kind in range(3)
    ) / len(both) ** 2  # fmt: skip
    return math.nan if chance == 1 else (seen - chance) / (1 - chance)


def alpha_by_hand(rows):
    """Krippendorff 2011: disagreement seen over disagreement of all pairable answers, one pair after the other."""
    units = [[value for value in row if value >= 0] for row in rows]
    units = [unit for unit in units if len(unit) > 1]
    pairable = [value for unit in units for value in unit]
    seen = sum(sum(a != b for a, b in itertools.permutations(unit, 2)) / (len(unit) - 1) for unit in units)
    chance = sum(a != b for a, b in itertools.permutations(pairable, 2)) / (len(pairable) - 1)
    return math.nan if not chance else 1 - seen / chance


def test_alpha_of_krippendorffs_published_examples():
    two = matrix([0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0])
    assert agree(two).alpha.value == pytest.approx(0.095, abs=5e-4)
    four = matrix(
        [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
        [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
    )
    found = agree(four)
    assert found.alpha.value == pytest.approx(0.743, abs=5e-4)
    assert found.cells == 11


def test_kappa_of_published_tables():
    tables = np.array([[[20, 5], [10, 15]], [[45, 15], [25, 15]], [[25, 35], [5, 35]]], float)
    assert cohens_kappa(tables) == pytest.approx([0.4, 0.1304, 0.2593], abs=5e-5)


@given(st.lists(st.tuples(*[st.integers(-1, 2)] * 3), min_size=1, max_size=25))
def test_every_figure_is_what_counting_by_hand_gives(rows):
    found = agree(np.array(rows, np.int8), draws=2)
    shared = [[value for value in row if value >= 0] for row in rows if sum(value >= 0 for value in row) > 1]
    assert found.cells == len(shared)
    if not shared:
        assert all(math.isnan(each.value) for each in (found.raw, found.kappa, found.alpha))
        return
    pairs = [sum(a == b for a, b in itertools.permutations(row, 2)) / (len(row) - 1) for row in shared]
    assert found.raw.value == pytest.approx(sum(pairs) / sum(map(len, shared)))
    assert found.alpha.value == pytest.approx(alpha_by_hand(rows), nan_ok=True)
    sums = []
    for a, b in itertools.combinations(range(3), 2):
        both = [(row[a], row[b]) for row in rows if row[a] >= 0 and row[b] >= 0]
        if both and not math.isnan(kappa := kappa_by_hand(*zip(*both, strict=True))):
            sums.append((kappa * len(both), len(both)))
    expected = sum(each for each, _ in sums) / sum(each for _, each in sums) if sums else math.nan
    assert found.kappa.value == pytest.approx(expected, nan_ok=True)


@given(st.lists(st.tuples(*[st.integers(-1, 2)] * 4), min_size=1, max_size=20), st.integers(0, 3))
def test_one_reviewer_is_compared_with_the_others_alone(rows, of):
    values = np.array(rows, np.int8)
    found = agree(values[values[:, of] >= 0], of=of, draws=2)
    shares = []
    for row in rows:
        others = [value for at, value in enumerate(row) if at != of and value >= 0]
        if row[of] >= 0 and others:
            shares.append(sum(value == row[of] for value in others) / len(others))
    assert found.cells == len(shares)
    assert found.raw.value == pytest.approx(np.mean(shares) if shares else math.nan, nan_ok=True)


def test_where_all_answers_are_the_same_kappa_and_alpha_do_not_exist_and_raw_is_not_certain():
    found = agree(matrix([1] * 10, [1] * 10))
    assert found.raw.value == found.raw.high == 1
    assert 0.7 < found.raw.low < 1
    assert all(math.isnan(end) for each in (found.kappa, found.alpha) for end in (each.value, each.low, each.high))


def test_an_interval_holds_its_value_narrows_with_cells_and_is_the_same_again():
    few, many = matrix([1, 0, 1, 0, 1], [1, 0, 1, 1, 1]), matrix([1, 0, 1, 0, 1] * 40, [1, 0, 1, 1, 1] * 40)
    for name in ("raw", "kappa", "alpha"):
        a, b = getattr(agree(few), name), getattr(agree(many), name)
        assert a.low <= a.value <= a.high
        assert b.high - b.low < (a.high - a.low) / 3
        assert getattr(agree(few), name) == a


def test_only_the_newest_standing_verdict_of_each_counts_and_an_adjudication_does_not():
    log = [
        decision("a", "hat", YES, "ann", seq=1),
        decision("a", "hat", NO, "ann", seq=2),
        decision("a", "hat", NO, "ben", seq=3),
        decision("a", "hat", YES, "eve", screen=ADJUDICATE, seq=4),
        decision("a", "hat", YES, "ben", screen=ADJUDICATE, seq=5),
        decision("b", "cat", YES, "ann", seq=6),
    ]
    found = agreement(Verdicts(log))
    assert list(found.by_pair) == [("ann", "ben")]
    assert found.by_pair["ann", "ben"].raw.value == 1
    assert list(found.by_tag) == ["hat"]
    assert set(found.by_reviewer) == {"ann", "ben"}


def test_unsure_is_an_answer_or_none_as_asked():
    log = [decision("a", "hat", YES, "ann"), decision("a", "hat", UNSURE, "ben"), decision("a", "hat", YES, "eve")]
    assert agreement(Verdicts(log)).overall.raw.value == pytest.approx(1 / 3)
    missing = agreement(Verdicts(log), unsure="missing")
    assert missing.overall.raw.value == 1
    assert list(missing.by_pair) == [("ann", "eve")]


def test_nothing_shared_is_no_agreement_and_no_disagreement():
    found = agreement(Verdicts([decision("a", "hat", YES, "ann")]))
    assert (found.overall.cells, found.by_tag, found.by_pair, found.by_reviewer) == (0, {}, {}, {})
    assert math.isnan(found.overall.raw.value)
