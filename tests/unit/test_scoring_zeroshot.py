"""Zero-shot: likeness to the tag's name, calibrated by given labels, also for tags that have none."""

import numpy as np
import pytest

from labelreview.errors import InputError
from labelreview.scoring.zeroshot import likeness, zero_shot


def world(seed=0, rows=600, tags=5):
    rng = np.random.default_rng(seed)
    names = rng.normal(size=(tags, 48))
    truth = rng.random((rows, tags)) < np.linspace(0.05, 0.4, tags)
    images = truth @ names + rng.normal(0, 1.5, (rows, 48)) + 4 * rng.normal(size=48)
    return images, names, truth.astype(np.int8)


def log_loss(labels, probs):
    return -np.log(np.where(labels == 1, probs, 1 - probs)).mean()


def test_probabilities_are_calibrated_by_the_labels():
    images, names, truth = world()
    probs = zero_shot(images, names, truth)
    assert probs.dtype == np.float32
    share = truth.mean(axis=0)
    assert log_loss(truth, probs) < 0.7 * log_loss(truth, np.broadcast_to(share, truth.shape))
    np.testing.assert_allclose(probs.mean(axis=0), share, atol=0.03)
    sure = probs > 0.5
    assert truth[sure].mean() == pytest.approx(probs[sure].mean(), abs=0.06)


def test_a_tag_without_a_present_label_is_told_by_what_the_others_have_in_common():
    images, names, truth = world(1)
    labels = truth.copy()
    labels[:, 3] = -1
    probs = zero_shot(images, names, labels)[:, 3]
    assert probs[truth[:, 3] == 1].mean() > 2 * probs[truth[:, 3] == 0].mean()


def test_no_probability_depends_on_the_item_s_own_labels_or_its_twins():
    images, names, truth = world(2, 200)
    images[9] = images[4] + 0.01
    before = zero_shot(images, names, truth)
    truth[[4, 9]] = 1 - truth[[4, 9]]
    after = zero_shot(images, names, truth)
    np.testing.assert_array_equal(before[[4, 9]], after[[4, 9]])
    assert (before != after).any()


def test_without_labels_a_picture_that_resembles_the_name_more_than_nearly_all_is_held_to_have_the_tag():
    images, names, truth = world(3)
    probs = zero_shot(images, names)
    assert probs[truth[:, 0] == 1, 0].mean() > 10 * probs[truth[:, 0] == 0, 0].mean()
    np.testing.assert_array_equal(probs, zero_shot(images, names, np.full(truth.shape, -1)))


def test_a_picture_without_an_embedding_has_no_probability():
    images, names, truth = world(4, 100)
    images[5, 0] = np.nan
    probs = zero_shot(images, names, truth)
    assert np.isnan(probs[5]).all()
    assert np.isfinite(np.delete(probs, 5, axis=0)).all()


def test_likeness_is_the_cosine():
    assert likeness([[3, 4]], [[1, 0], [0, 2]]).tolist() == [[0.6, 0.8]]


def test_embeddings_of_different_models_are_refused():
    with pytest.raises(InputError, match="Embeddings of images are 3 × 4, of tags 2 × 5"):
        zero_shot(np.ones((3, 4)), np.ones((2, 5)))
    with pytest.raises(InputError, match="labels are 3 × 1"):
        zero_shot(np.ones((3, 4)), np.ones((2, 4)), np.zeros((3, 1)))
    with pytest.raises(InputError, match="tag is not finite"):
        zero_shot(np.ones((3, 4)), np.full((2, 4), np.nan))
