"""Ours against cleanlab 2.9 on the same matrices: scores to 1e-9, masks in every cell; and where cleanlab fails."""

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labelreview import scoring
from labelreview.errors import InputError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from cleanlab import count, multilabel_classification
    from cleanlab.internal import multilabel_scorer
    from cleanlab.internal.multilabel_utils import onehot2int
    from cleanlab.multilabel_classification import dataset, filter, rank

PAPER = ["self_confidence", "normalized_margin", "confidence_weighted_entropy"]
pytestmark = pytest.mark.filterwarnings("ignore")  # cleanlab's own


@st.composite
def matrices(draw, min_tags=1):
    """Labels and probabilities with ties, quantised values, empty tags, one tag, one item."""
    rows, tags = draw(st.integers(1, 60)), draw(st.integers(min_tags, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    labels = (rng.random((rows, tags)) < rng.choice([0.0, 0.1, 0.5, 0.9], tags)).astype(np.int8)
    noise = rng.random((rows, tags))
    probs = np.clip(labels * draw(st.sampled_from([0.0, 0.3])) + noise * 0.7, 0, 1)
    steps = draw(st.sampled_from([None, 2, 10, 100]))
    probs = np.round(probs * steps) / steps if steps else probs
    probs = np.where(noise > 0.98, draw(st.sampled_from([0.0, 0.5, 1.0])), probs)
    return labels, probs.astype(draw(st.sampled_from([np.float32, np.float64])))


GIVES_UP = "at least 2 classes"


def answer(find, labels, probs, filter_by):
    """cleanlab's answer; None where it gives up on a tag that every item has (for some filters: that none has)."""
    one_class = (labels == labels[0]).all(axis=0).any()
    try:
        return find(lists(labels), probs, filter_by=filter_by, n_jobs=1)
    except ValueError as error:
        if not (one_class and GIVES_UP in str(error)):
            raise
        return None


def lists(labels):
    return onehot2int(labels)


several = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])


@several
@given(matrices(min_tags=2), st.sampled_from(PAPER))
def test_cell_scores_equal_cleanlabs(data, scorer):
    labels, probs = data
    theirs = multilabel_scorer.MultilabelScorer(
        multilabel_scorer.ClassLabelScorer.from_str(scorer), strict=False
    ).get_class_label_quality_scores(labels, probs)
    ours = scoring.cell_scores(labels, probs, scorer)
    where = np.ones(probs.shape, bool) if scorer != PAPER[2] else (probs > 0) & (probs < 1)
    np.testing.assert_allclose(ours[where], theirs[where], rtol=0, atol=1e-9)


@several
@given(matrices(min_tags=2))
def test_item_scores_equal_cleanlabs(data):
    labels, probs = data
    if not np.array_equal(np.unique(labels), [0, 1]):
        return
    for name, options in [("ema", {"alpha": 0.8}), ("ema", {"alpha": 0.3}), ("softmin", {"temperature": 0.1})]:
        method = {"ema": "exponential_moving_average"}.get(name, name)
        theirs = rank.get_label_quality_scores(lists(labels), probs, aggregator_kwargs={"method": method, **options})
        np.testing.assert_allclose(scoring.item_scores(labels, probs, name, **options), theirs, rtol=0, atol=1e-9)


@several
@given(matrices(), st.sampled_from(list(scoring.FILTERS)))
def test_issues_equal_cleanlabs_in_every_cell(data, filter_by):
    labels, probs = data
    ours = scoring.find_label_issues(labels, probs, filter_by)
    theirs = answer(filter.find_multilabel_issues_per_class, labels, probs, filter_by)
    if theirs is not None:
        np.testing.assert_array_equal(ours, theirs)


@several
@given(matrices(min_tags=2), st.sampled_from(list(scoring.FILTERS)))
def test_item_issues_equal_cleanlabs(data, filter_by):
    labels, probs = data
    ours = scoring.find_item_issues(labels, probs, filter_by)
    if not np.array_equal(np.unique(labels), [0, 1]):  # else cleanlab's scorer gives up
        return
    theirs = answer(filter.find_label_issues, labels, probs, filter_by)
    if theirs is not None:
        np.testing.assert_array_equal(ours, theirs)


@several
@given(matrices(), st.booleans())
def test_joints_thresholds_and_noise_matrices_equal_cleanlabs(data, calibrated):
    labels, probs = data
    joint = count.compute_confident_joint(lists(labels), probs, multi_label=True, calibrate=calibrated)
    np.testing.assert_array_equal(scoring.confident_joint(labels, probs, calibrated=calibrated), joint)
    columns = zip(labels.T, probs.T, strict=True)
    limits = np.array([count.get_confident_thresholds(y, np.stack([1 - p, p], axis=1)) for y, p in columns])
    np.testing.assert_allclose(scoring.confident_thresholds(labels, probs), limits, rtol=0, atol=1e-9)
    ours = scoring.noise_matrices(labels, probs)
    whole = scoring.confident_joint(labels, probs)
    for tag in range(labels.shape[1]):
        prior, noise, inverse = count.estimate_latent(whole[tag], labels[:, tag])
        np.testing.assert_allclose(ours.prior[tag], prior, rtol=0, atol=1e-9)
        np.testing.assert_allclose(ours.noise[tag], noise, rtol=0, atol=1e-9)
        np.testing.assert_allclose(ours.inverse[tag], inverse, rtol=0, atol=1e-9)


@pytest.mark.parametrize("steps", [1000, 10])
def test_the_figures_of_the_data_set_equal_cleanlabs(steps):
    rng = np.random.default_rng(steps)
    labels = (rng.random((300, 2)) < [0.2, 0.6]).astype(np.int8)
    probs = np.round(np.clip(labels * 0.4 + rng.random(labels.shape) * 0.6, 0, 1) * steps) / steps
    ours = scoring.health(labels, probs)
    common = dataset.common_multilabel_issues(lists(labels), probs)
    table = common.sort_values(["Class Index", "In Given Label"])["Num Examples"].to_numpy().reshape(-1, 2)
    np.testing.assert_array_equal(np.stack([ours.missing, ours.wrong], axis=1), table)
    np.testing.assert_allclose(ours.common.share, common["Issue Probability"], rtol=0, atol=1e-12)
    assert ours.score == pytest.approx(dataset.overall_multilabel_health_score(lists(labels), probs), abs=1e-12)
    ranked = dataset.rank_classes_by_multilabel_quality(lists(labels), probs).set_index("Class Index").sort_index()
    np.testing.assert_allclose(ours.quality, ranked["Label Quality Score"], rtol=0, atol=1e-12)


def test_a_large_matrix_gives_the_same_masks_and_scores():
    rng = np.random.default_rng(0)
    labels = (rng.random((20_000, 6)) < [0.02, 0.1, 0.3, 0.5, 0.7, 0.95]).astype(np.int8)
    probs = np.clip(labels * 0.5 + rng.random(labels.shape) * 0.6 - 0.05, 0, 1).astype(np.float32)
    for filter_by in scoring.FILTERS:
        theirs = filter.find_multilabel_issues_per_class(lists(labels), probs, filter_by=filter_by, n_jobs=1)
        np.testing.assert_array_equal(scoring.find_label_issues(labels, probs, filter_by), theirs)
    theirs = rank.get_label_quality_scores(lists(labels), probs)
    np.testing.assert_allclose(scoring.item_scores(labels, probs, "ema"), theirs, rtol=0, atol=1e-9)


LABELS = np.array([[1, 0], [0, 1], [1, 1], [0, 0]], np.int8)
PROBS = np.array([[0.9, 0.2], [0.1, 0.8], [0.2, 0.7], [0.3, 0.1]])


def test_a_binary_matrix_is_read_as_it_is_where_cleanlab_reads_class_numbers():
    misread = filter.find_multilabel_issues_per_class(LABELS.tolist(), PROBS, n_jobs=1)
    right = filter.find_multilabel_issues_per_class(lists(LABELS), PROBS, n_jobs=1)
    assert not np.array_equal(misread, right)
    np.testing.assert_array_equal(scoring.find_label_issues(LABELS, PROBS), right)
    with pytest.raises(InputError, match=r"labels: rows of different length\. .*a list of tag numbers"):
        scoring.find_label_issues(lists(LABELS), PROBS)


def test_a_label_that_is_nan_is_refused_where_cleanlab_takes_it_for_absent():
    labels = LABELS.astype(float)
    labels[0, 0] = np.nan
    with pytest.raises(InputError, match=r"labels, row 0, column 0: nan is not a label. .* -1 for unknown"):
        scoring.cell_scores(labels, PROBS)


def test_a_probability_that_is_nan_is_refused_where_cleanlab_sorts_it_as_cleanest():
    probs = PROBS.copy()
    probs[0, 0] = np.nan
    assert np.isnan(rank.get_label_quality_scores(lists(LABELS), probs)[0])
    with pytest.raises(InputError, match="pred_probs, row 0, column 0: nan is not a probability"):
        scoring.item_scores(LABELS, probs)


def test_a_tag_that_every_item_has_is_answered_where_cleanlab_gives_up():
    labels = LABELS.copy()
    labels[:, 0] = 1
    with pytest.raises(ValueError, match=GIVES_UP):
        filter.find_multilabel_issues_per_class(lists(labels), PROBS, n_jobs=1)
    issues = scoring.find_label_issues(labels, PROBS)
    assert not issues[:, 0].any()
    np.testing.assert_array_equal(issues[:, 1], scoring.find_label_issues(LABELS, PROBS)[:, 1])


def test_one_tag_is_scored_where_cleanlab_asks_for_two():
    labels, probs = LABELS[:, :1], PROBS[:, :1]
    with pytest.raises(ValueError, match="multi-label format"):
        multilabel_scorer.get_label_quality_scores(labels, probs)
    np.testing.assert_array_equal(scoring.item_scores(labels, probs, "ema"), [0.9, 0.9, 0.2, 0.7])


def test_a_certain_and_right_label_is_best_where_cleanlabs_entropy_makes_it_worst():
    labels, probs = np.array([[1, 0]], np.int8), np.array([[1.0, 0.0]])
    scorer = multilabel_scorer.MultilabelScorer(multilabel_scorer.ClassLabelScorer.from_str(PAPER[2]))
    assert (scorer.get_class_label_quality_scores(labels, probs) == 0).all()
    assert (scoring.cell_scores(labels, probs, PAPER[2]) == 1).all()


def test_the_answer_does_not_depend_on_the_memory_at_hand_where_cleanlabs_low_memory_mode_differs():
    rng = np.random.default_rng(1)
    labels = (rng.random((400, 3)) < [0.1, 0.4, 0.9]).astype(np.int8)
    probs = np.clip(labels * 0.2 + rng.random(labels.shape) * 0.8, 0, 1)
    low = multilabel_classification.filter.find_label_issues(lists(labels), probs, low_memory=True)
    whole = multilabel_classification.filter.find_label_issues(lists(labels), probs, n_jobs=1)
    assert not np.array_equal(low, whole)
    np.testing.assert_array_equal(scoring.find_item_issues(labels, probs), whole)


def test_an_unknown_cell_counts_as_if_it_were_not_there():
    rng = np.random.default_rng(2)
    labels = (rng.random((300, 1)) < 0.4).astype(np.int8)
    probs = np.clip(labels * 0.4 + rng.random(labels.shape) * 0.6, 0, 1)
    unknown = rng.random(300) < 0.3
    masked = np.where(unknown[:, None], -1, labels).astype(np.int8)
    for filter_by in scoring.FILTERS:
        kept = filter.find_multilabel_issues_per_class(
            lists(labels[~unknown]), probs[~unknown], filter_by=filter_by, n_jobs=1
        )
        issues = scoring.find_label_issues(masked, probs, filter_by)
        assert not issues[unknown].any()
        np.testing.assert_array_equal(issues[~unknown], kept)
