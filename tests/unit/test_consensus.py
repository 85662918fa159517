"""One label from several answers: the rules by hand, Dawid–Skene against a library's numbers and a known truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelreview.decisions import ADJUDICATE, Verdict
from labelreview.errors import InputError
from labelreview.review.consensus import RULES, Outcome, changes, disputed, habits, outcomes
from labelreview.review.dawid_skene import dawid_skene
from labelreview.review.verdicts import Verdicts
from labelreview.tags import Dataset, Names
from tests.made import decision

YES, NO, UNSURE = Verdict.PRESENT, Verdict.ABSENT, Verdict.UNSURE
ITEMS = tuple("abcdef")
DATA = Dataset(
    Names.of(ITEMS), ("hat", "cat"), np.array([[1, 0]] * 6, np.int8), np.full((6, 2), 0.5, np.float32)
)  # fmt: skip


def verdicts(**said):
    """item="ann:yes ben:no eve:adjudicated no"; about hat."""
    words = {"yes": YES, "no": NO, "unsure": UNSURE}
    events = []
    for item, text in said.items():
        for each in text.split():
            name, word = each.split(":")
            screen = ADJUDICATE if word.startswith("!") else "review"
            events.append(decision(item, "hat", words[word.strip("!")], name, screen=screen, seq=len(events) + 1))
    return Verdicts(events)


LOG = {
    "a": "ann:yes ben:no eve:no",
    "b": "ann:no ben:yes",
    "c": "ann:no ben:no eve:unsure",
    "d": "ann:yes ben:no ann:no",
    "e": "ann:no ben:yes eve:!yes ben:no",
    "f": "ann:unsure",
}
EXPECTED = {
    "newest": [(0, 2 / 3), (1, 0.5), (-1, 1 / 3), (0, 1), (0, 2 / 3), (-1, 1)],
    "majority": [(0, 2 / 3), (-1, 0), (0, 2 / 3), (0, 1), (0, 2 / 3), (-1, 1)],
    "adjudicated": [(-1, 0), (-1, 0), (-1, 1 / 3), (0, 1), (1, 1 / 3), (-1, 1)],
}


@pytest.mark.parametrize("rule", EXPECTED)
def test_each_rule_comes_to_the_label_and_confidence_that_its_sentence_says(rule):
    found = outcomes(DATA, verdicts(**LOG), rule)
    assert list(found) == [DATA.cell(item, "hat") for item in ITEMS]
    assert [(each.label, each.confidence) for each in found.values()] == [
        pytest.approx(pair) for pair in EXPECTED[rule]
    ]


def test_an_answer_taken_back_counts_no_more():
    log = verdicts(a="ann:no ben:yes")
    (last,) = log.standing("ben")
    log.add([decision("a", "hat", reviewer="ben", undoes=last.uid)])
    assert outcomes(DATA, log, "majority") == {0: Outcome(0, 1.0)}


@pytest.mark.parametrize("rule", RULES)
def test_a_known_answer_wins_by_every_rule_and_needs_no_answer(rule):
    found = outcomes(DATA, verdicts(a="ann:yes ben:yes"), rule, {("a", "hat"): 0, ("b", "cat"): 1, ("x", "hat"): 1})
    assert found == {0: Outcome(0, 1.0), 3: Outcome(1, 1.0)}
    assert [(c.item, c.corrected, c.reviewers, c.confidence) for c in changes(
        DATA, verdicts(a="ann:yes"), rule, {("a", "hat"): 0})] == [("a", 0, (), 1.0)]  # fmt: skip


def test_a_rule_that_does_not_exist_is_refused():
    with pytest.raises(InputError, match="'loudest' is not a rule of consensus. Use one of: newest, majority"):
        outcomes(DATA, Verdicts(), "loudest")


def test_yes_against_no_is_disputed_first_and_an_adjudication_ends_it():
    log = verdicts(
        a="ann:yes ben:unsure", b="ann:yes ben:no", c="ann:no ben:no", d="ann:no ben:yes eve:!no", f="ann:yes"
    )
    found = disputed(log)
    assert list(found) == [("b", "hat"), ("a", "hat")]
    assert [each.reviewer for each in found["b", "hat"]] == ["ann", "ben"]
    (word,) = log.standing("eve")
    log.add([decision("d", "hat", reviewer="eve", undoes=word.uid)])
    assert ("d", "hat") in disputed(log)


def made(rng, right, cells=60, answered=0.7, yes=0.4):
    """A truth, and answers in the order in which the numbers below were computed."""
    truth = rng.random(cells) < yes
    rows = []
    for cell in range(cells):
        for who, share in enumerate(right):
            if rng.random() < answered:
                rows.append((cell, who, int(truth[cell] == (rng.random() < share))))
    return truth, np.array(rows).T


def test_without_a_prior_the_numbers_are_crowd_kits():
    """crowd-kit 1.4.2, DawidSkene(n_iter=1000, tol=1e-12), on the same answers."""
    _truth, (cell, who, said) = made(np.random.default_rng(7), [0.95, 0.8, 0.65, 0.9, 0.55])
    fit = dawid_skene(
        cell, who, said, np.zeros(60, int), np.full(60, np.nan), prior=np.zeros((2, 2)), group_prior=0.0
    )  # fmt: skip
    assert fit.prevalence == pytest.approx([0.391239], abs=1e-4)
    yes = [[0, 1], [0.2395, 0.8786], [0.4449, 0.6803], [0.0557, 1], [0.5486, 0.6480]]
    assert fit.habits[:, :, 1] == pytest.approx(np.array(yes), abs=1e-4)
    unclear = {9: 0.3042, 24: 0.9501, 30: 0.1081, 31: 0.5372, 35: 0.9806, 50: 0.7829, 56: 0.769}
    assert fit.present[list(unclear)] == pytest.approx(list(unclear.values()), abs=2e-4)


def test_it_finds_more_of_the_truth_than_the_majority_and_says_who_is_how_good():
    truth, (cell, who, said) = made(np.random.default_rng(3), [0.97, 0.75, 0.7, 0.72], cells=800)
    fit = dawid_skene(cell, who, said, np.zeros(800, int), np.full(800, np.nan))
    votes = np.bincount(cell, 2 * said - 1, 800)
    right = ((fit.present > 0.5) == truth).mean()
    assert right > np.where(votes == 0, 0.5, (votes > 0) == truth).mean() + 0.03
    assert fit.habits[0, [0, 1], [0, 1]] == pytest.approx([0.97, 0.97], abs=0.1)
    assert fit.habits[1, [0, 1], [0, 1]] == pytest.approx([0.75, 0.75], abs=0.1)


def test_two_who_disagree_have_a_solution_and_known_cells_stay_known():
    fit = dawid_skene(
        np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([1, 0, 2]), np.array([0, 1]), np.array([0.0, np.nan])
    )
    assert fit.present[0] == 0
    assert np.isfinite(fit.habits).all()
    assert np.isfinite(fit.present).all()


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2), st.integers(0, 2)), max_size=30), st.booleans())
def test_whatever_was_answered_every_number_is_a_probability(answers, with_known):
    cell, who, said = np.array(answers, np.int64).reshape(-1, 3).T
    known = np.array([1.0 if with_known else np.nan, *[np.nan] * 5])
    fit = dawid_skene(cell, who, said, np.arange(6) % 2, known)
    for numbers in (fit.present, fit.habits, fit.prevalence):
        assert ((numbers >= 0) & (numbers <= 1)).all()
    assert fit.habits.sum(2) == pytest.approx(np.ones(fit.habits.shape[:2]))


def test_habits_tell_who_says_yes_too_often():
    right = ["yes"] * 3 + ["no"] * 3
    said = {item: f"ann:{word} ben:{word} eve:yes" for item, word in zip(ITEMS, right, strict=True)}
    found = habits(DATA, verdicts(**said))
    assert found["eve"].answers == 6
    assert found["eve"].bias == pytest.approx(0.5, abs=0.1)
    assert abs(found["ann"].bias) < 0.1
    assert found["eve"].right_if_present > 0.8 > 0.6 > found["eve"].right_if_absent
    assert found["ann"].accuracy > found["eve"].accuracy
    assert habits(DATA, Verdicts()) == {}
