"""Sparse scoring beside dense: a cell that does not exist counts like an unknown one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelreview import scoring
from labelreview.errors import InputError
from labelreview.grid import SparseGrid
from labelreview.scoring import rerank
from labelreview.scoring.insample import sparse_signs
from labelreview.scoring.opinion import logit
from labelreview.scoring.recipe import offsets, rates_of
from labelreview.tags import UNKNOWN

BY_CELL = [name for name, scorer in scoring.SCORERS.items() if scorer.by_cell]
EXACT = {"ema", "min", "max", "median"}


def sample(seed: int, items: int = 40, tags: int = 12, share: float = 0.4):
    """Dense labels and probabilities, unknown where no cell exists; the same cells, sparse; their positions."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, (items, tags)).astype(np.int8)
    probs = np.round(np.clip(labels * 0.5 + rng.random((items, tags)) * 0.6, 0, 1), 2).astype(np.float32)
    there = rng.random((items, tags)) < rng.random(items)[:, None] * 2 * share
    there[0], there[:, 1] = False, False
    labels[there & (rng.random((items, tags)) < 0.1)] = UNKNOWN
    labels[~there] = UNKNOWN
    cells = np.flatnonzero(there)
    return labels, probs, SparseGrid(items, tags, cells), cells


@pytest.mark.parametrize("scorer", BY_CELL)
@given(st.integers(0, 10**6))
@settings(max_examples=20)
def test_a_cell_scores_as_in_the_dense_matrix(scorer, seed):
    labels, probs, grid, cells = sample(seed)
    dense = scoring.cell_scores(labels, probs, scorer)
    sparse = scoring.cell_scores(labels.flat[cells], probs.flat[cells], scorer, grid=grid)
    assert sparse.dtype == dense.dtype
    np.testing.assert_array_equal(sparse, dense.flat[cells])


@pytest.mark.parametrize("pooler", scoring.POOLERS)
@given(st.integers(0, 10**6), st.sampled_from([3, 12]))
@settings(max_examples=20)
def test_an_item_scores_as_in_the_dense_matrix(pooler, seed, tags):
    labels, probs, grid, cells = sample(seed, tags=tags)
    options = {"alpha": None} if pooler == "ema" and seed % 2 else {}
    dense = scoring.item_scores(labels, probs, pooler, **options)
    sparse = scoring.item_scores(labels.flat[cells], probs.flat[cells], pooler, grid=grid, **options)
    assert np.isnan(sparse[0])
    np.testing.assert_allclose(sparse, dense, rtol=0 if pooler in EXACT else 1e-12)


@pytest.mark.parametrize("rule", scoring.FILTERS)
@given(st.integers(0, 10**6))
@settings(max_examples=15)
def test_confident_learning_flags_the_same_cells(rule, seed):
    labels, probs, grid, cells = sample(seed)
    dense = scoring.find_label_issues(labels, probs, rule)
    sparse = scoring.find_label_issues(labels.flat[cells], probs.flat[cells], rule, grid=grid)
    np.testing.assert_array_equal(sparse, dense.flat[cells])


def test_the_default_order_is_the_probability_beside_rates_of_the_tags_clearest_cells():
    labels, probs, grid, cells = sample(7, items=900, tags=3)
    sparse = scoring.cell_scores(labels.flat[cells], probs.flat[cells], "recipe", grid=grid)
    odds, counts = logit(probs), np.zeros((1, 3, 2, 2))
    for tag in range(3):
        known = np.flatnonzero(labels[:, tag] != UNKNOWN)
        count = max(1, min(int(0.2 * len(known)), max(50, int(0.05 * len(known))))) if len(known) else 0
        if count:
            value, given_ = odds[known, tag], labels[known, tag]
            high, low = value >= np.sort(value)[-count], value <= np.sort(value)[count - 1]
            counts[0, tag] = [[(given_[high] == 0).sum(), high.sum()], [(given_[low] == 1).sum(), low.sum()]]
    apart = offsets(rates_of(counts)[0])
    error = np.where(labels == 1, apart[:, 1] - odds, apart[:, 0] + odds)
    wanted = np.where(labels == UNKNOWN, np.nan, 1 / (1 + np.exp(error)))
    np.testing.assert_allclose(sparse, wanted.flat[cells], rtol=1e-5)


def test_scorers_that_need_all_tags_of_an_item_are_refused_by_name():
    labels, probs, grid, cells = sample(1)
    with pytest.raises(InputError, match="'cooc' is not for sparse data. Choose one of recipe, self_confidence"):
        scoring.cell_scores(labels.flat[cells], probs.flat[cells], "cooc", grid=grid)


@given(st.integers(0, 10**6), st.integers(0, 60))
@settings(max_examples=25)
def test_answers_teach_a_sparse_order_what_they_teach_the_dense_one(seed, answered):
    labels, probs, grid, cells = sample(seed, items=60)
    flat = labels.flat[cells]
    odds = scoring.error_log_odds(flat, probs.flat[cells], grid=grid)
    whole = np.full(labels.shape, np.nan, np.float32)
    whole.flat[cells] = odds.p_only
    dense = odds._replace(p_only=whole, cooc=whole)
    rng = np.random.default_rng(seed)
    asked = rng.permutation(cells)[:answered]
    wrong = rng.random(len(asked)) < 0.3
    taught = rerank.learned(flat, odds, asked, wrong, grid)
    for one, other in zip(taught, rerank.learned(labels, dense, asked, wrong), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(
        rerank.reordered(flat, odds, taught, grid), rerank.reordered(labels, dense, taught).flat[cells]
    )
    np.testing.assert_array_equal(
        rerank.heads(flat, odds, depth=5, grid=grid)[0], rerank.heads(labels, dense, depth=5)[0]
    )
    np.testing.assert_allclose(
        rerank.corrected(flat, odds, taught, asked, grid),
        rerank.reordered(labels, dense, taught).flat[asked],
        rtol=1e-5,
        atol=1e-6,
    )


def test_tags_beyond_the_most_answered_share_a_shift_and_the_others_keep_theirs(monkeypatch):
    monkeypatch.setattr(rerank, "MOST_TAGS", 2)
    tags, items = 6, 100
    labels, flat = np.ones(items * tags, np.int8), np.zeros(items * tags, np.float32)
    odds = scoring.ErrorLogOdds(flat, flat, np.full((2, tags, 2), 0.5), np.full((tags, 2), 0.5))
    counts = (40, 30, 20, 10, 5, 0)
    cells = np.concatenate([np.arange(count) * tags + tag for tag, count in enumerate(counts)])
    wrong = cells % tags == 0
    taught = rerank.learned(labels, odds, cells, wrong, SparseGrid(items, tags, np.arange(items * tags)))
    present = taught.shift[1::2]
    assert present[2] == present[3] == present[4]
    assert present[0] > present[5] > present[1]
    assert taught.asked[1::2].tolist() == list(counts)


def test_sparse_predictions_that_know_the_labels_are_told_from_honest_ones():
    rng = np.random.default_rng(3)
    grid = SparseGrid(3000, 40, np.sort(rng.permutation(120_000)[:20_000]))
    truth = rng.random(20_000) < 0.4
    honest = np.clip(np.where(truth, 0.6, 0.3) + rng.normal(0, 0.2, 20_000), 0.01, 0.99).astype(np.float32)
    found = sparse_signs(truth.astype(np.int8), honest, grid)
    assert found is not None
    assert not found.in_sample
    seen = sparse_signs(truth.astype(np.int8), np.where(truth, 0.9, 0.1), grid)
    assert seen is not None
    assert seen.in_sample
    assert sparse_signs(np.zeros(20_000, np.int8), honest, grid) is None
