"""The default order: its parts against slow twins, what it finds, unknown cells, several models, reasons."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from labelreview import scoring
from labelreview.errors import InputError
from labelreview.scoring import opinion, recipe


def planted(rows=3000, tags=6, seed=0, rate=0.04):
    """Tags driven by two hidden causes, so that each says something about the others; blunders at `rate`."""
    rng = np.random.default_rng(seed)
    causes = rng.normal(size=(rows, 2))
    logits = causes @ rng.normal(0, 2, (2, tags)) - 1
    truth = rng.random((rows, tags)) < 1 / (1 + np.exp(-2 * logits))
    wrong = rng.random((rows, tags)) < rate
    labels = (truth ^ wrong).astype(np.int8)
    probs = 1 / (1 + np.exp(-(logits + rng.normal(0, 1, (rows, tags)))))
    return labels, probs.astype(np.float32), wrong


def precision(wrong, scores, among=None):
    some = np.ones(wrong.shape, bool) if among is None else among
    return average_precision_score(wrong[some], -scores[some])


def slow_opinion(labels, probs, basis, together, only=None):
    """Each tag and fold by itself: ridge regression on all columns but the tag's own label."""
    design = basis.design(labels, probs).astype(np.float64)
    tags, fold = labels.shape[1], np.arange(len(labels)) % opinion.FOLDS
    out = np.empty(labels.shape)
    for tag in range(only or tags):
        columns = [c for c in range(0 if together else tags, design.shape[1]) if c != tag]
        for held in range(opinion.FOLDS):
            rows = fold != held
            centred = design[rows] - design[rows].mean(axis=0)
            square = centred[:, columns].T @ centred[:, columns] / rows.sum() + opinion.RIDGE * np.eye(len(columns))
            slope = np.linalg.solve(square, centred[:, columns].T @ centred[:, tag] / rows.sum())
            out[~rows, tag] = (design[~rows][:, columns] - design[rows][:, columns].mean(axis=0)) @ slope
            out[~rows, tag] += design[rows, tag].mean()
    return out


@pytest.mark.parametrize("tags", [1, 4, 15])
def test_opinions_equal_one_regression_for_every_tag_and_fold(tags):
    labels, probs, _ = planted(700, tags)
    labels[::7, 0] = -1
    basis = opinion.fitted_basis(labels, probs)
    alone, together = opinion.opinions(labels, probs)
    np.testing.assert_allclose(together, slow_opinion(labels, probs, basis, True), atol=2e-4)
    assert (alone is None) == (len(basis.shift) == 0)
    if alone is not None:
        np.testing.assert_allclose(alone, slow_opinion(labels, probs, basis, False), atol=2e-4)


def test_opinions_of_many_blocks_equal_the_regression():
    labels, probs, _ = planted(30_000, 30)
    assert len(list(opinion._parts(labels))) > opinion.FOLDS
    basis = opinion.fitted_basis(labels, probs)
    _, together = opinion.opinions(labels, probs)
    slow = slow_opinion(labels, probs, basis, True, only=1)
    np.testing.assert_allclose(together[:, 0], slow[:, 0], atol=2e-4)


def test_of_very_many_tags_the_leading_ones_predict_each_other_and_all_others():
    labels, probs, _ = planted(400, 20)
    rare = [0, 7, 13]
    labels[:, rare] &= np.random.default_rng(1).random((400, 3)) < 0.1
    labels[::7, 7] = -1
    basis = opinion.fitted_basis(labels, probs, most=17)
    assert basis.further.tolist() == rare
    (together,) = opinion._cross_fitted(labels, probs, basis, [slice(0, None)])
    _, among_themselves = opinion.opinions(labels[:, basis.leading], probs[:, basis.leading])
    np.testing.assert_allclose(together[:, basis.leading], among_themselves, atol=2e-4)
    design, fold = basis.design(labels, probs).astype(np.float64), np.arange(400) % opinion.FOLDS
    for tag in rare:
        rows, given = fold != 3, np.where(labels[:, tag] < 0, probs[:, tag], labels[:, tag]).astype(np.float64)
        centred = design[rows] - design[rows].mean(axis=0)
        square = centred.T @ centred / rows.sum() + opinion.RIDGE * np.eye(design.shape[1])
        slope = np.linalg.solve(square, centred.T @ given[rows] / rows.sum())
        slow = (design[~rows] - design[rows].mean(axis=0)) @ slope + given[rows].mean()
        np.testing.assert_allclose(together[~rows, tag], slow, atol=2e-4)


def test_no_cell_sees_its_own_label():
    labels, probs, _ = planted(500, 3)
    other = labels.copy()
    other[10, 1] = 1 - other[10, 1]
    basis = opinion.fitted_basis(labels, probs)
    before, after = (opinion._cross_fitted(y, probs, basis, [slice(0, None)])[0] for y in (labels, other))
    assert before[10, 1] == pytest.approx(after[10, 1], abs=1e-6)
    assert before[10, 0] != pytest.approx(after[10, 0], abs=1e-6)


def test_the_recipe_finds_more_than_self_confidence_and_nearly_as_much_as_its_better_part():
    for seed in range(3):
        labels, probs, wrong = planted(seed=seed)
        found = {name: precision(wrong, scoring.cell_scores(labels, probs, name)) for name in scoring.SCORERS}
        assert found["recipe"] > found["self_confidence"]
        assert found["recipe"] > 0.95 * max(found["p_only"], found["cooc"])
        items = {name: scoring.item_scores(labels, probs, name) for name in ("recipe", "ema")}
        any_wrong = wrong.any(axis=1)
        assert precision(any_wrong, items["recipe"]) > precision(any_wrong, items["ema"])


def test_bent_directions_are_used_where_tags_depend_on_each_other_in_a_curve():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (4000, 2))
    probs = 1 / (1 + np.exp(-logits))
    bowl = 1 / (1 + np.exp(3 - logits[:, 0] ** 2))
    curved = (rng.random((4000, 2)) < np.stack([probs[:, 0], bowl], axis=1)).astype(np.int8)
    straight = (rng.random((4000, 2)) < probs).astype(np.int8)
    assert len(opinion.fitted_basis(curved, probs).shift) == opinion.DIRECTIONS
    assert len(opinion.fitted_basis(straight, probs).shift) == 0


def test_an_unknown_label_enters_among_the_other_tags_as_its_probability():
    labels, probs, _ = planted(200, 3)
    labels[5, 2], labels[6, 2], probs[6, 2] = -1, -1, np.nan
    basis = opinion.fitted_basis(labels, probs)
    design = basis.design(labels, probs)
    assert design[5, 2] == probs[5, 2]
    assert design[6, 2] == pytest.approx(labels[labels[:, 2] >= 0, 2].mean(), abs=1e-6)
    assert design[6, 5] == 0
    assert not np.isnan(design).any()


def test_with_a_third_of_the_cells_unknown_the_rest_is_judged_nearly_as_well():
    labels, probs, wrong = planted(4000)
    unknown = np.random.default_rng(1).random(labels.shape) < 0.33
    masked = np.where(unknown, -1, labels).astype(np.int8)
    probs_there = np.where(unknown & (np.arange(4000) % 2 == 0)[:, None], np.nan, probs)
    for scorer in ("recipe", "p_only", "cooc"):
        whole = precision(wrong, scoring.cell_scores(labels, probs, scorer), ~unknown)
        for known_probs in (probs, probs_there):
            scores = scoring.cell_scores(masked, known_probs, scorer)
            np.testing.assert_array_equal(np.isnan(scores), unknown)
            assert precision(wrong, scores, ~unknown) > 0.85 * whole


def test_two_models_together_find_more_than_either():
    labels, probs, wrong = planted()
    logits = np.log(probs) - np.log1p(-probs)
    rng = np.random.default_rng(5)
    models = [1 / (1 + np.exp(-(logits + rng.normal(0, 1.5, labels.shape)))) for _ in range(2)]
    both = precision(wrong, scoring.cell_scores(labels, models))
    assert both > max(precision(wrong, scoring.cell_scores(labels, model)) for model in models)


@pytest.mark.parametrize("scorer", ["recipe", "p_only", "cooc"])
def test_matrices_at_the_edge_are_scored_with_finite_numbers(scorer):
    rng = np.random.default_rng(0)
    edges = [
        (np.zeros((5, 2)), np.zeros((5, 2))),
        (np.ones((5, 2)), np.zeros((5, 2))),
        (np.ones((1, 1)), np.full((1, 1), 0.5)),
        (rng.integers(0, 2, (3, 30)), rng.random((3, 30))),
        (rng.integers(0, 2, (500, 3)), np.full((500, 3), 0.3)),
        (rng.integers(0, 2, (500, 3)), rng.integers(0, 2, (500, 3)).astype(float)),
        (np.repeat(rng.integers(0, 2, (500, 1)), 4, axis=1), np.repeat(rng.random((500, 1)), 4, axis=1)),
    ]
    for labels, probs in edges:
        scores = scoring.cell_scores(labels, probs, scorer)
        assert np.isfinite(scores).all()
    with_unknown = np.full((4, 2), -1)
    assert np.isnan(scoring.cell_scores(with_unknown, np.full((4, 2), np.nan), scorer)).all()


def test_scores_are_the_sigmoid_of_the_log_odds_and_rows_need_no_order():
    labels, probs, _ = planted(400)
    odds = scoring.error_log_odds(labels, probs)
    for scorer, of in [("recipe", odds.recipe), ("p_only", odds.p_only), ("cooc", odds.cooc)]:
        np.testing.assert_allclose(scoring.cell_scores(labels, probs, scorer), 1 / (1 + np.exp(of)), atol=1e-5)


def test_reasons_give_the_numbers_of_each_cell():
    labels, probs, wrong = planted(4000, rate=0.05)
    odds = scoring.error_log_odds(labels, probs)
    worst = np.argsort(-odds.recipe.ravel())[:50]
    why = scoring.reasons(labels, probs, odds, worst)
    np.testing.assert_array_equal(why.given, labels.ravel()[worst])
    np.testing.assert_array_equal(why.pred_prob, probs.ravel()[worst])
    against = np.where(why.given == 1, 1 - why.expected, why.expected)
    assert (against > 0.9).mean() > 0.9
    assert ((odds.wrong_share >= 0) & (odds.wrong_share <= 1)).all()
    truly = np.array([[wrong[labels[:, tag] == given, tag].mean() for given in (0, 1)] for tag in range(6)])
    assert np.abs(np.log(odds.wrong_share / truly)).mean() < 1
    labels[0, 0] = -1
    why = scoring.reasons(labels, probs, scoring.error_log_odds(labels, probs), [0])
    assert why.given == -1


def test_the_logistic_equals_scikit_learns():
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    inputs = np.c_[np.ones(500), rng.normal(0, [1, 3], (500, 2))]
    present = rng.random(500) < 1 / (1 + np.exp(-inputs @ [-2, 1, 0.5]))
    weights = rng.integers(1, 5, 500).astype(float)
    twin = LogisticRegression(C=100, fit_intercept=False, tol=1e-10).fit(inputs, present, weights)
    np.testing.assert_allclose(recipe.logistic(inputs.T, present, weights), twin.coef_[0], atol=1e-3)
    apart = recipe.logistic(inputs.T, inputs[:, 1] > 0, weights)
    assert np.isfinite(apart).all()


def test_unusable_matrices_are_refused_by_every_public_function():
    for ask in (scoring.error_log_odds, scoring.cell_scores, scoring.item_scores):
        with pytest.raises(InputError, match="labels have 1 items × 2 tags, pred_probs 1 × 1"):
            ask([[1, 0]], [[0.5]])
