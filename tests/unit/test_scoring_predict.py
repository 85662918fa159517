"""Predictions from embeddings: out of sample in the strict sense, as good as scikit-learn, honest about few labels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from labelreview.errors import InputError
from labelreview.scoring import predict
from labelreview.scoring.logistic import fitted


def world(seed=0, rows=400, wide=12, tags=5, noise=0.03):
    """Embeddings that tell of the tags, every tenth row a twin of the next, and labels with some blunders."""
    rng = np.random.default_rng(seed)
    seen = rng.normal(size=(rows, wide)).astype(np.float32)
    seen[::10] = seen[1::10] + 0.01
    truth = seen @ rng.normal(size=(wide, tags)) > 1.5
    truth[::10] = truth[1::10]
    return seen, (truth ^ (rng.random(truth.shape) < noise)).astype(np.int8)


def auc(present, probs):
    order = np.argsort(probs, kind="stable")
    rank = np.empty(len(probs))
    rank[order] = np.arange(1, len(probs) + 1)
    ones = present.sum()
    return (rank[present].sum() - ones * (ones + 1) / 2) / (ones * (len(present) - ones))


@given(st.integers(0, 9999))
@settings(max_examples=12, deadline=None)
def test_no_prediction_depends_on_the_row_s_own_labels_or_its_twins(seed):
    seen, labels = world(seed % 7, 200)
    labels[np.random.default_rng(seed).random(labels.shape) < 0.1] = -1
    groups = predict.near_duplicates(seen)
    before = predict.out_of_sample(seen, labels)
    row = seed % len(seen)
    twins = groups == groups[row]
    changed = labels.copy()
    changed[twins] = np.random.default_rng(seed + 1).integers(-1, 2, (twins.sum(), labels.shape[1]))
    np.testing.assert_array_equal(predict.out_of_sample(seen, changed)[twins], before[twins])


def test_twins_are_held_out_together_and_a_twin_s_label_does_not_leak():
    rng = np.random.default_rng(0)
    seen = np.repeat(rng.normal(size=(200, 150)), 2, axis=0)
    labels = np.repeat(rng.integers(0, 2, (200, 1)), 2, axis=0).astype(np.int8)
    honest = predict.out_of_sample(seen, labels)
    leaking = predict.out_of_sample(seen, labels, np.arange(400))
    assert 0.35 < auc(labels[:, 0] == 1, honest[:, 0]) < 0.65
    assert auc(labels[:, 0] == 1, leaking[:, 0]) > 0.85


def test_predictions_tell_the_tags():
    seen, labels = world()
    probs = predict.out_of_sample(seen, labels)
    assert probs.dtype == np.float32
    assert np.mean([auc(labels[:, tag] == 1, probs[:, tag]) for tag in range(5)]) > 0.9
    assert abs(probs.mean() - labels.mean()) < 0.03


@pytest.mark.parametrize("penalty", [0.05, 1.0, 20.0])
def test_logistics_are_those_of_scikit_learn(penalty):
    seen, labels = world(1)
    rows = predict.principal(seen - seen.mean(axis=0))
    ours = fitted(rows, labels, penalty)
    for tag in range(labels.shape[1]):
        theirs = LogisticRegression(C=1 / penalty, tol=1e-8, max_iter=2000).fit(rows, labels[:, tag])
        np.testing.assert_allclose(ours.probs(rows)[:, tag], theirs.predict_proba(rows)[:, 1], atol=3e-3)


def test_unknown_labels_are_outside_the_fit_and_are_predicted():
    seen, labels = world(2)
    hidden = np.random.default_rng(0).random(labels.shape) < 0.3
    masked = np.where(hidden, -1, labels).astype(np.int8)
    rows = predict.principal(seen - seen.mean(axis=0))
    some = masked[:, 0] != -1
    whole, part = fitted(rows, masked, 1.0), fitted(rows[some], masked[some, :1], 1.0)
    np.testing.assert_allclose(whole.weights[:, 0], part.weights[:, 0], atol=5e-3)
    probs = predict.out_of_sample(seen, masked)
    assert np.isfinite(probs).all()
    assert np.mean([auc(labels[hidden[:, t], t] == 1, probs[hidden[:, t], t]) for t in range(5)]) > 0.85


def test_a_tag_with_too_few_labels_of_a_kind_is_not_scored():
    seen, labels = world(3)
    labels[:, 0], labels[:, 1], labels[:, 2] = 0, 1, -1
    labels[[5, 17], 0] = 1
    labels[[5, 17], 2] = 1
    probs = predict.out_of_sample(seen, labels)
    assert np.isnan(probs[:, :3]).all()
    assert np.isfinite(probs[:, 3:]).all()


def test_a_row_without_an_embedding_is_not_scored_and_does_not_matter():
    seen, labels = world(4)
    seen[7] = np.nan
    probs = predict.out_of_sample(seen, labels)
    assert np.isnan(probs[7]).all()
    assert np.isfinite(np.delete(probs, 7, axis=0)).all()
    labels[7] = 1 - labels[7]
    np.testing.assert_array_equal(predict.out_of_sample(seen, labels), probs)


@pytest.mark.parametrize("shape", [(0, 3), (1, 3), (5, 0), (5, 3)])
def test_sets_too_small_to_learn_from_give_no_probability(shape):
    probs = predict.out_of_sample(np.ones((shape[0], 4)), np.zeros(shape, np.int8))
    assert probs.shape == shape
    assert np.isnan(probs).all()


@given(st.lists(st.integers(0, 30), min_size=1, max_size=120), st.integers(2, 10))
@settings(max_examples=40, deadline=None)
def test_folds_keep_groups_whole_and_are_even(groups, folds):
    fold = predict.folds_of(np.array(groups), folds)
    assert all(len(set(fold[np.array(groups) == group])) == 1 for group in groups)
    sizes = np.bincount(fold, minlength=folds)
    assert sizes.max() - sizes.min() <= max(np.bincount(groups).max(), -(-len(groups) // folds))
    assert 0 <= fold.min() <= fold.max() < folds


def test_principal_components_keep_lengths_and_angles():
    rng = np.random.default_rng(0)
    for shape in ((50, 8), (8, 50)):
        rows = rng.normal(size=shape).astype(np.float32)
        turned = predict.principal(rows)
        np.testing.assert_allclose(turned @ turned.T, rows @ rows.T, atol=1e-3)
    assert predict.principal(rows, 3).shape == (8, 3)


def test_better_labels_show_as_better_predictions():
    seen, truth = world(5, 800, noise=0)
    wrong = np.random.default_rng(0).random(truth.shape) < 0.2
    given_labels = truth ^ wrong
    corrected = np.where(np.arange(800)[:, None] < 600, truth, given_labels).astype(np.int8)
    found = predict.compared(seen, given_labels, corrected)
    assert found.changed == (given_labels != corrected).sum()
    assert found.macro[1] > found.macro[0] + 0.01
    same = predict.compared(seen, truth, truth)
    assert same.macro[0] == same.macro[1]


def test_what_does_not_fit_together_is_refused():
    with pytest.raises(InputError, match="embeddings have 3 rows, labels 4"):
        predict.out_of_sample(np.zeros((3, 2)), np.zeros((4, 1), np.int8))
    with pytest.raises(InputError, match="1 folds"):
        predict.folds_of(np.arange(3), 1)
