"""Predictions of a model that saw the labels are told from honest ones."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from labelreview.scoring import predict
from labelreview.scoring.insample import looks_in_sample, signs
from labelreview.scoring.logistic import fitted


def world(seed=0, rows=1200, wide=40, tags=8, noise=0.04):
    rng = np.random.default_rng(seed)
    seen = rng.normal(size=(rows, wide)).astype(np.float32)
    causes = seen[:, :4] @ rng.normal(size=(4, tags)) + 0.5 * rng.normal(size=(rows, tags))
    return seen, ((causes > 1.5) ^ (rng.random(causes.shape) < noise)).astype(np.int8)


@pytest.mark.parametrize("seed", range(3))
def test_predictions_for_held_out_rows_raise_no_warning(seed):
    seen, labels = world(seed)
    assert looks_in_sample(labels, predict.out_of_sample(seen, labels)) is None


@pytest.mark.parametrize("seed", range(3))
def test_a_forest_s_predictions_for_its_own_training_rows_raise_the_warning(seed):
    seen, labels = world(seed)
    forest = RandomForestClassifier(30, random_state=seed).fit(seen, labels)
    probs = np.stack([each[:, 1] for each in forest.predict_proba(seen)], axis=1)
    assert "trained on these labels" in str(looks_in_sample(labels, probs))


def test_a_logistic_with_as_many_columns_as_rows_gives_itself_away():
    seen, labels = world(0, 500, 400)
    probs = fitted(seen - seen.mean(axis=0), labels, 0.3).probs(seen - seen.mean(axis=0))
    assert "trained on these labels" in str(looks_in_sample(labels, probs))


def test_too_few_labels_raise_no_warning():
    labels = np.zeros((300, 4), np.int8)
    labels[:20] = 1
    assert signs(labels, labels.astype(np.float32)) is None
    assert signs(np.zeros((0, 3)), np.zeros((0, 3))) is None


def test_one_tag_alone_and_unknown_cells_are_judged_too():
    rng = np.random.default_rng(0)
    labels = rng.integers(-1, 2, (900, 1)).astype(np.int8)
    probs = np.where(labels == 1, 0.8, 0.2).astype(np.float32)
    probs[labels == -1] = np.nan
    found = signs(labels, probs)
    assert found is not None
    assert np.isnan(found.left)
    assert found.auc == 1
    assert found.in_sample
