"""The order that learns: the mode against a slow twin, the front against the whole, and what it is for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit

from labelreview.errors import InputError
from labelreview.scoring import rerank
from labelreview.scoring.recipe import ErrorLogOdds


def random_odds(rows, tags, seed=0, quantised=False):
    rng = np.random.default_rng(seed)
    labels = (rng.random((rows, tags)) < 0.3).astype(np.int8)
    labels[rng.random((rows, tags)) < 0.1] = -1
    pair = rng.normal(-2, 2, (2, rows, tags)).astype(np.float32)
    pair = np.round(pair) if quantised else pair
    pair[:, labels == -1] = np.nan
    return labels, ErrorLogOdds(pair[0], pair[1], np.full((2, tags, 2), 0.1), np.full((tags, 2), 0.1))


def decide(labels, odds, count, seed=0):
    """Decisions on random known cells, by a truth with a strong effect of tag 0."""
    rng = np.random.default_rng(seed)
    cells = rng.choice(np.flatnonzero(labels.ravel() >= 0), count, replace=False)
    chance = expit(0.5 * odds.cooc.ravel()[cells] + 2.5 * (cells % labels.shape[1] == 0))
    return cells, rng.random(count) < chance


def test_the_mode_equals_a_slow_search_over_all_effects():
    labels, odds = random_odds(200, 3)
    cells, wrong = decide(labels, odds, 150)
    group = 2 * (cells % 3) + labels.ravel()[cells]
    offset = 0.5 * odds.cooc.ravel()[cells].astype(float)
    answered = np.unique(group)
    effects = np.zeros((6, 1 + 2 + 3 + 6))
    for g in range(6):
        effects[g, [0, 1 + g % 2, 3 + g // 2, 6 + g]] = 1
    variances = np.r_[1.0, [0.3] * 11]

    def loss(beta):
        sign = np.where(wrong, -1, 1)
        return np.logaddexp(0, sign * (offset + (effects @ beta)[group])).sum() + (beta**2 / variances).sum() / 2

    slow = minimize(loss, np.zeros(12), tol=1e-12)
    density, pull, weight = rerank._mode(
        offset, wrong, np.searchsorted(answered, group), rerank._covariance(answered, answered)
    )
    assert density == pytest.approx(-slow.fun, abs=1e-3)
    shift, spread = rerank._shifts(6, answered, rerank._covariance(answered, answered), pull, weight)
    np.testing.assert_allclose(shift, effects @ slow.x, atol=0.02)
    mean = expit(offset + shift[group])
    curvature = (effects[group].T * (mean * (1 - mean))) @ effects[group] + np.diag(1 / variances)
    np.testing.assert_allclose(spread**2, np.diag(effects @ np.linalg.inv(curvature) @ effects.T), rtol=0.05)


@given(st.integers(0, 10_000), st.booleans(), st.integers(0, 120), st.integers(1, 80))
@settings(max_examples=30, deadline=None)
def test_the_front_is_the_front_of_the_whole_corrected_order(seed, quantised, decided, want):
    labels, odds = random_odds(60, 3, seed, quantised)
    cells, wrong = decide(labels, odds, decided, seed)
    taught = rerank.learned(labels, odds, cells, wrong)
    ahead = rerank.heads(labels, odds, depth=60)
    first, values = rerank.front(ahead, taught, answered=cells, want=want)
    whole = rerank.reordered(labels, odds, taught).ravel().astype(float)
    whole[cells] = np.nan
    rest = np.sort(whole[~np.isnan(whole)])[::-1]
    np.testing.assert_allclose(values, rest[:want], atol=1e-5)
    np.testing.assert_allclose(whole[first], values, atol=1e-5)
    assert len(set(first)) == len(first)
    assert not set(first) & set(cells)


def test_equal_cells_come_in_the_order_of_their_place():
    labels = np.ones((50, 2), np.int8)
    flat = np.zeros((50, 2), np.float32)
    odds = ErrorLogOdds(flat, flat, np.full((2, 2, 2), 0.5), np.full((2, 2), 0.5))
    first, _ = rerank.front(rerank.heads(labels, odds), rerank.learned(labels, odds, [], []), answered=[0, 3], want=4)
    assert first.tolist() == [1, 2, 4, 5]


def test_a_tag_whose_cells_turn_out_wrong_moves_up_and_one_that_is_right_moves_down():
    labels, odds = random_odds(2000, 4)
    cells, wrong = decide(labels, odds, 400)
    taught = rerank.learned(labels, odds, cells, wrong)
    assert taught.shift[[0, 1]].min() > taught.shift[2:].max() + 1
    assert taught.asked.sum() == 400
    assert taught.wrong.sum() == wrong.sum()
    assert rerank.CANDIDATES[taught.candidate] == "cooc"
    assert taught.slope == 0.5


def test_the_candidate_that_the_answers_confirm_is_chosen():
    labels, odds = random_odds(2000, 4)
    known = np.flatnonzero(labels.ravel() >= 0)[:600]
    for candidate, values in [("p_only", odds.p_only), ("cooc", odds.cooc)]:
        taught = rerank.learned(labels, odds, known, values.ravel()[known] > 0)
        assert rerank.CANDIDATES[taught.candidate] == candidate


def test_before_twenty_five_decisions_the_order_is_the_recipe_and_nothing_is_a_probability():
    labels, odds = random_odds(100, 3)
    cells, wrong = decide(labels, odds, 24)
    taught = rerank.learned(labels, odds, cells, wrong)
    np.testing.assert_array_equal(rerank.reordered(labels, odds, taught), odds.recipe)
    assert np.isnan(rerank.calibrated(labels, odds, taught, [0, 1, 2]).probability).all()


def test_the_same_decisions_in_another_order_give_the_same_correction():
    labels, odds = random_odds(500, 5)
    cells, wrong = decide(labels, odds, 200)
    first = rerank.learned(labels, odds, cells, wrong)
    again = rerank.learned(labels, odds, cells[::-1], wrong[::-1])
    assert (first.candidate, first.slope) == (again.candidate, again.slope)
    np.testing.assert_allclose(first.shift, again.shift, atol=1e-6)


def test_calibrated_probabilities_hold_on_cells_that_were_not_asked():
    labels, odds = random_odds(4000, 4)
    everything, wrong = decide(labels, odds, 12_000)
    taught = rerank.learned(labels, odds, everything[:1500], wrong[:1500])
    rest, truth = everything[1500:], wrong[1500:]
    chance = rerank.calibrated(labels, odds, taught, rest)
    known = ~np.isnan(chance.probability)
    assert known.mean() > 0.9
    for low in (0.0, 0.1, 0.3, 0.6):
        some = known & (chance.probability >= low) & (chance.probability < low * 2 + 0.1)
        assert chance.probability[some].mean() == pytest.approx(truth[some].mean(), abs=0.06)
    assert (chance.low[known] <= chance.probability[known]).all()
    assert (chance.probability[known] <= chance.high[known]).all()


def test_intervals_are_wider_for_a_group_that_nobody_looked_at():
    labels, odds = random_odds(2000, 4)
    cells, wrong = decide(labels, odds, 600)
    seen = cells % 4 != 3
    taught = rerank.learned(labels, odds, cells[seen], wrong[seen])
    assert taught.spread[[6, 7]].min() > 2 * taught.spread[:6].max()


def test_cells_with_unknown_label_say_nothing_and_have_no_chance():
    labels, odds = random_odds(300, 3)
    cells, wrong = decide(labels, odds, 100)
    unknown = np.flatnonzero(labels.ravel() == -1)[:20]
    taught = rerank.learned(labels, odds, cells, wrong)
    also = rerank.learned(labels, odds, np.r_[cells, unknown], np.r_[wrong, np.ones(20, bool)])
    np.testing.assert_array_equal(taught.shift, also.shift)
    assert np.isnan(rerank.calibrated(labels, odds, taught, unknown).probability).all()
    assert not np.isin(rerank.heads(labels, odds).cells, unknown).any()


def test_decisions_that_do_not_fit_are_refused():
    labels, odds = random_odds(10, 2)
    with pytest.raises(InputError, match="decisions: 2 cells, but 1 outcomes"):
        rerank.learned(labels, odds, [0, 1], [True])
    with pytest.raises(InputError, match="decisions: cells run from 0 to 19, found 0 to 20"):
        rerank.learned(labels, odds, [0, 20], [True, False])
