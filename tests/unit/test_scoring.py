"""Promises of every scorer, pooler and filter, and a slow plain oracle beside each fast function."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from labelreview import scoring
from labelreview.errors import InputError
from labelreview.scoring import arrays, pooling

LABELS = np.array([[1, 0, -1], [0, 1, 1], [-1, -1, -1], [1, 1, 0]], np.int8)
PROBS = np.array([[0.9, 0.2, np.nan], [0.4, 0.1, 0.8], [0.5, 0.5, 0.5], [0.2, 1.0, 0.0]], np.float32)
SMALL = settings(max_examples=60, deadline=None)


def made(rows, tags, seed=0, unknown=0.0, dtype=np.float32):
    """Labels with errors and a model that is mostly right."""
    rng = np.random.default_rng(seed)
    truth = rng.random((rows, tags)) < 0.3
    labels = np.where(rng.random((rows, tags)) < 0.05, ~truth, truth).astype(np.int8)
    labels[rng.random((rows, tags)) < unknown] = -1
    probs = 1 / (1 + np.exp(-(np.where(truth, 1.5, -1.5) + rng.normal(0, 1, (rows, tags)))))
    return labels, probs.astype(dtype)


@pytest.mark.parametrize("scorer", scoring.SCORERS)
def test_scores_are_in_0_to_1_and_nan_exactly_where_unknown(scorer):
    for labels, probs in [(LABELS, PROBS), made(200, 5, unknown=0.2), made(1, 1), made(30, 12, dtype=np.float64)]:
        scores = scoring.cell_scores(labels, probs, scorer)
        assert scores.shape == labels.shape
        np.testing.assert_array_equal(np.isnan(scores), labels == -1)
        assert ((scores >= 0) & (scores <= 1))[labels != -1].all()


@pytest.mark.parametrize("scorer", scoring.SCORERS)
def test_a_label_that_the_model_contradicts_scores_lower_than_one_it_confirms(scorer):
    labels, probs = made(400, 4, dtype=np.float64)
    probs[:, 0] = np.where(labels[:, 0] == 1, 0.95, 0.05)
    probs[7, 0] = 1 - probs[7, 0]
    scores = scoring.cell_scores(labels, probs, scorer)[:, 0]
    same = np.flatnonzero(labels[:, 0] == labels[7, 0])
    assert np.argmin(scores[same]) == np.flatnonzero(same == 7)[0]


@pytest.mark.parametrize("scorer", [*scoring.SCORERS, *scoring.POOLERS])
def test_items_are_nan_exactly_where_nothing_is_known(scorer):
    for labels, probs in [(LABELS, PROBS), made(100, 3, unknown=0.4), made(1, 1), made(40, 15)]:
        scores = scoring.item_scores(labels, probs, scorer)
        assert scores.shape == (len(labels),)
        assert scores.dtype == np.float64
        np.testing.assert_array_equal(np.isnan(scores), (labels == -1).all(axis=1))


@pytest.mark.parametrize("scorer", [*scoring.SCORERS, *scoring.POOLERS])
def test_inputs_stay_as_they_are_and_the_answer_is_the_same_twice(scorer):
    labels, probs = made(150, 4, unknown=0.1)
    before = labels.copy(), probs.copy()
    first = scoring.item_scores(labels, probs, scorer)
    np.testing.assert_array_equal(first, scoring.item_scores(labels, probs, scorer))
    np.testing.assert_array_equal(labels, before[0])
    np.testing.assert_array_equal(probs, before[1])


@pytest.mark.parametrize("filter_by", scoring.FILTERS)
def test_unknown_cells_are_never_issues(filter_by):
    labels, probs = made(300, 4, unknown=0.3)
    assert not scoring.find_label_issues(labels, probs, filter_by)[labels == -1].any()


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_matrices_without_rows_or_columns_are_answered(shape):
    labels, probs = np.zeros(shape, np.int8), np.zeros(shape, np.float32)
    for scorer in scoring.SCORERS:
        assert scoring.cell_scores(labels, probs, scorer).shape == shape
    for scorer in [*scoring.SCORERS, *scoring.POOLERS]:
        assert np.isnan(scoring.item_scores(labels, probs, scorer)).all()
    for filter_by in scoring.FILTERS:
        assert scoring.find_label_issues(labels, probs, filter_by).shape == shape


@pytest.mark.parametrize("scorer", scoring.SCORERS)
def test_memory_mapped_and_sliced_inputs_give_the_same_scores(scorer):
    labels, probs = made(120, 6, unknown=0.1)
    wide = np.zeros((120, 12), np.float32)
    wide[:, ::2] = probs
    np.testing.assert_array_equal(
        scoring.cell_scores(np.asfortranarray(labels), wide[:, ::2], scorer),
        scoring.cell_scores(labels, probs, scorer),
    )


def test_bool_int_and_float_labels_mean_the_same():
    labels, probs = made(50, 3)
    for kind in (bool, np.int64, np.uint8, np.float64):
        np.testing.assert_array_equal(
            scoring.cell_scores(labels.astype(kind), probs), scoring.cell_scores(labels, probs)
        )


@pytest.mark.parametrize(
    ("labels", "probs", "message"),
    [
        ([[1, 2]], [[0.5, 0.5]], "labels, row 0, column 1: 2 is not a label. Use 1 for present, 0 for absent and -1"),
        ([[1, 0.5]], [[0.5, 0.5]], "labels, row 0, column 1: 0.5 is not a label"),
        ([[1, 300]], [[0.5, 0.5]], "labels, row 0, column 1: 300 is not a label"),
        ([[1, np.nan]], [[0.5, 0.5]], "labels, row 0, column 1: nan is not a label"),
        ([[1, 0]], [[0.5, 1.5]], "pred_probs, row 0, column 1: 1.5 is not a probability"),
        ([[1, 0]], [[-0.5, 0.5]], "pred_probs, row 0, column 0: -0.5 is not a probability"),
        (
            [[1, 0]],
            [[0.5, np.nan]],
            "column 1: nan is not a probability. Give numbers from 0 to 1, or mark the cell as",
        ),
        ([[1, -1]], [[0.5, 7.0]], "column 1: 7.0 is not a probability"),
        ([[1, 0]], [[0.5]], "labels have 1 items × 2 tags, pred_probs 1 × 1"),
        ([1, 0], [0.5, 0.5], "labels: 1 dimensions of int64. Give a matrix of numbers, one row an item"),
        ([["1", "0"]], [[0.5, 0.5]], "labels: 2 dimensions of <U1. Give a matrix of numbers"),
        ([[1, 0]], [["a", "b"]], "pred_probs: 2 dimensions of <U1. Give a matrix"),
        ([[0], [1, 2]], [[0.5], [0.5]], "labels: rows of different length"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place(labels, probs, message):
    for ask in (scoring.cell_scores, scoring.item_scores, scoring.find_label_issues):
        with pytest.raises(InputError, match=message.replace(".", r"\.")):
            ask(labels, probs)


def test_a_bad_probability_far_down_is_found_with_its_row():
    labels, probs = made(70_000, 4)
    probs[68_123, 2] = np.nan
    with pytest.raises(InputError, match="row 68123, column 2: nan"):
        scoring.cell_scores(labels, probs)
    labels[68_123, 2] = -1
    assert np.isnan(scoring.cell_scores(labels, probs)[68_123, 2])


def test_unknown_names_and_options_are_refused_with_the_choice():
    with pytest.raises(InputError, match="There is no scorer 'ema' for cells. Choose one of .*self_confidence"):
        scoring.cell_scores(LABELS, PROBS, "ema")
    with pytest.raises(InputError, match="There is no scorer 'best'. Choose one of .*softmin"):
        scoring.item_scores(LABELS, PROBS, "best")
    with pytest.raises(InputError, match="There is no scorer 'best'"):
        scoring.item_scores(LABELS, PROBS, "min", cells="best")
    with pytest.raises(InputError, match="scores cells by itself: leave out cells='self_confidence'"):
        scoring.item_scores(LABELS, PROBS, "self_confidence", cells="self_confidence")
    with pytest.raises(InputError, match="filter_by: there is no 'all'. Choose one of prune_by_noise_rate"):
        scoring.find_label_issues(LABELS, PROBS, "all")
    with pytest.raises(InputError, match="min: .*'alpha'. Leave the option out"):
        scoring.item_scores(LABELS, PROBS, "min", alpha=0.5)
    with pytest.raises(InputError, match="ema: alpha is 2. Give a number from 0 to 1"):
        scoring.item_scores(LABELS, PROBS, "ema", alpha=2)
    with pytest.raises(InputError, match="softmin: temperature is 0. Give a number above 0"):
        scoring.item_scores(LABELS, PROBS, "softmin", temperature=0)
    with pytest.raises(InputError, match="all_right: sharpness is 0. Give a number above 0"):
        scoring.item_scores(LABELS, PROBS, "all_right", sharpness=0)
    with pytest.raises(InputError, match="cumulative_average: k is 0. Give a whole number from 1"):
        scoring.item_scores(LABELS, PROBS, "cumulative_average", k=0)


def slow_pool(name, scores, k=2):
    """One item, its known scores as a list, straight from the paper's formulas."""
    known = sorted(float(s) for s in scores if not math.isnan(s))
    if not known:
        return math.nan
    count = len(known)
    if name == "ema":
        average = known[-1]
        for score in known[-2::-1]:
            average = 0.8 * score + 0.2 * average
        return average
    if name == "softmin":
        weights = [math.exp((1 - s) / 0.1) for s in known]
        return sum(w * s for w, s in zip(weights, known, strict=True)) / sum(weights)
    if name == "simple_moving_average":
        width = min(k, count)
        windows = [sum(known[at : at + width]) / width for at in range(count - width + 1)]
        return sum(windows) / len(windows)
    if name == "weighted_cumulative_average":
        return sum(math.exp(-i) * sum(known[: i + 1]) / (i + 1) for i in range(count))
    if name == "all_right":
        sharp = [s**1.5 / (s**1.5 + (1 - s) ** 1.5) for s in known]
        return math.prod(sharp) if len(scores) <= 10 else known[0]
    return {
        "min": known[0],
        "max": known[-1],
        "mean": sum(known) / count,
        "median": (known[(count - 1) // 2] + known[count // 2]) / 2,
        "log_transform_mean": sum(math.log(s + 1e-8) for s in known) / count,
        "cumulative_average": sum(known[:k]) / len(known[:k]),
    }[name]


@pytest.mark.parametrize("name", scoring.POOLERS)
@given(st.integers(0, 2**32 - 1), st.integers(1, 13))
@SMALL
def test_every_pooler_equals_its_slow_twin(name, seed, tags):
    rng = np.random.default_rng(seed)
    scores = np.round(rng.random((20, tags)), rng.integers(1, 5))
    if seed % 2:
        scores[rng.random(scores.shape) < 0.3] = np.nan
    slow = [slow_pool(name, row) for row in scores]
    np.testing.assert_allclose(scoring.POOLERS[name](scores), slow, rtol=0, atol=1e-9)


@pytest.mark.parametrize("k", [1, 2, 3, 50])
def test_windows_of_any_width_equal_their_slow_twins(k):
    scores = np.random.default_rng(k).random((30, 5))
    scores[3, :4] = np.nan
    for name in ("cumulative_average", "simple_moving_average"):
        slow = [slow_pool(name, row, k) for row in scores]
        np.testing.assert_allclose(scoring.POOLERS[name](scores, k=k), slow, rtol=0, atol=1e-12)


def test_ema_without_alpha_takes_two_over_one_more_than_the_known_tags():
    scores = np.array([[0.1, 0.5, 0.9], [0.1, np.nan, 0.9]])
    np.testing.assert_allclose(pooling.ema(scores, alpha=None), [0.4, 0.1 * 2 / 3 + 0.9 / 3])
    np.testing.assert_allclose(pooling.ema(scores[:1], alpha=None), [0.4])


def slow_issues(labels, probs):
    """prune_by_noise_rate of one tag, cell by cell, in the words of the paper."""
    known = [(y, float(p), at) for at, (y, p) in enumerate(zip(labels, probs, strict=True)) if y >= 0]
    own = {g: [p if g else 1 - p for y, p, _ in known if y == g] for g in (0, 1)}
    limit = {g: max(sum(v) / len(v), 2e-6) if v else 2.0 for g, v in own.items()}
    joint = np.zeros((2, 2))
    for y, p, _ in known:
        sure = [g for g, q in ((0, 1 - p), (1, p)) if q >= limit[g] - 1e-6]
        if sure:
            joint[y, sure[0] if len(sure) == 1 else int(p > 1 - p)] += 1
    joint[[0, 1], [0, 1]] = np.maximum(joint[[0, 1], [0, 1]], 1)
    flagged = set()
    for g in (0, 1):
        side = sorted((p if g else 1 - p, at) for y, p, at in known if y == g)
        share = joint[g, 1 - g] / joint[g].sum() * len(side)
        assume(abs(share % 1 - 0.5) > 1e-6)  # how halves are rounded is shown against cleanlab
        count = round(share) - (round(len(side) - share) == 0)
        flagged |= {at for s, at in side[: max(count, 0)] if len(side) > 1 and s + 1e-6 < 1 - s}
    return [at in flagged for at in range(len(labels))]


@given(st.integers(0, 2**32 - 1), st.integers(1, 80))
@SMALL
def test_issues_equal_the_slow_twin(seed, rows):
    labels, probs = made(rows, 2, seed, unknown=0.1, dtype=np.float64)
    fast = scoring.find_label_issues(labels, probs)
    for tag in (0, 1):
        np.testing.assert_array_equal(fast[:, tag], slow_issues(labels[:, tag], probs[:, tag]))


def test_entropy_never_ranks_a_certain_error_above_a_doubtful_one():
    probs = np.array([[0.0, 1e-12, 1e-9, 1e-6, 1e-3, 0.1, 0.5, 0.9, 1 - 1e-9, 1.0]])
    for kind in (np.float32, np.float64):
        scores = scoring.cell_scores(np.ones((1, 10), np.int8), probs.astype(kind), "confidence_weighted_entropy")[0]
        assert (np.diff(scores) >= 0).all()
        assert scores[0] == 0
        assert scores[-1] == 1


def test_several_models_are_combined_over_those_that_scored_the_cell():
    labels = np.array([[1, 1, -1]], np.int8)
    models = [np.array([[0.5, 0.2, np.nan]]), np.array([[0.8, np.nan, np.nan]], np.float32)]
    combined = scoring.cell_scores(labels, models, "self_confidence")
    np.testing.assert_allclose(combined, [[2 / 3, 0.2, np.nan]], rtol=1e-6)
    same = scoring.cell_scores(labels[:, :1], [models[0][:, :1]] * 3, "self_confidence")
    np.testing.assert_allclose(same, [[0.5]])
    with pytest.raises(InputError, match="row 0, column 1: nan is not a probability"):
        scoring.cell_scores(labels, [models[1], models[1]])
    with pytest.raises(InputError, match=r"row 0, column 0: 1\.5 is not a probability"):
        scoring.cell_scores(labels, [models[0], np.array([[1.5, 0.5, 0.5]])])
    with pytest.raises(InputError, match="labels have 1 items × 3 tags, pred_probs 1 × 2"):
        scoring.cell_scores(labels, [models[0], np.array([[0.5, 0.5]])])


def test_models_that_are_certain_of_opposite_things_cancel_out():
    combined = scoring.cell_scores([[1]], [np.array([[0.0]]), np.array([[1.0]])], "self_confidence")
    np.testing.assert_allclose(combined, [[0.5]])


def test_health_leaves_unknown_cells_and_items_out():
    labels, probs = made(200, 3, unknown=0.2)
    labels[:10] = -1
    labels[:, 2] = -1
    found = scoring.health(labels, probs)
    issues = scoring.find_label_issues(labels, probs)
    np.testing.assert_array_equal(found.known, (labels >= 0).sum(axis=0))
    np.testing.assert_array_equal(found.wrong + found.missing, issues.sum(axis=0))
    known_items = (labels >= 0).any(axis=1)
    assert found.score == pytest.approx(1 - issues.any(axis=1).sum() / known_items.sum())
    assert np.isnan(found.quality[2])
    assert (np.diff(found.common.flagged[:4]) <= 0).all()
    assert set(found.common.tag[4:]) == {2}


def test_turning_a_matrix_gives_its_transpose():
    for shape in [(5000, 3), (3, 5000), (1, 1), (0, 4)]:
        matrix = np.random.default_rng(0).random(shape)
        turned = arrays.turned(matrix)
        np.testing.assert_array_equal(turned, matrix.T)
        assert turned.flags.c_contiguous
