"""The paper's data, regenerated: sets with a known truth, noise by tag, and out-of-sample probabilities.

Thyagarajan et al. 2022, section 4: scikit-learn's multi-label generator, a random noise matrix for each tag, at most
three flips an item, five-fold probabilities of one-vs-rest logistic regression (lr) or random forests (rf). A set is
named SIZE_MODEL: small_lr, small_rf, large_lr, large_rf. Results are kept in a cache folder, because large_rf takes
tens of minutes a seed.
"""

import os
import tempfile
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.datasets import make_multilabel_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict, train_test_split
from sklearn.multiclass import OneVsRestClassifier

SIZES = {
    "small": {"n_samples": 6000, "n_features": 3, "n_classes": 4, "n_labels": 2},
    "large": {"n_samples": 37500, "n_features": 20, "n_classes": 50, "n_labels": 5},
}
TRAIN = {"small": 5000, "large": 30000}
SETS = ["small_lr", "small_rf", "large_lr", "large_rf"]
CACHE = Path(os.environ.get("LABELREVIEW_BENCHMARK_CACHE", Path(tempfile.gettempdir()) / "labelreview-benchmarks"))


class PaperSet(NamedTuple):
    """labels and truth (N, K) int8, pred_probs (N, K) float32."""

    labels: np.ndarray
    truth: np.ndarray
    pred_probs: np.ndarray

    @property
    def wrong(self):
        return self.labels != self.truth


def paper_set(name: str, seed: int) -> PaperSet:
    """One set, from the cache where it is there."""
    CACHE.mkdir(parents=True, exist_ok=True)
    kept = CACHE / f"{name}-{seed}.npz"
    if not kept.exists():
        size, model = name.split("_")
        features, truth, labels = noisy(size, seed)
        probs = out_of_sample(features, labels, model)
        part = kept.with_suffix(f".{os.getpid()}.npz")
        np.savez_compressed(part, labels=labels, truth=truth, pred_probs=probs)
        part.replace(kept)
    with np.load(kept) as arrays:
        return PaperSet(arrays["labels"], arrays["truth"], arrays["pred_probs"].astype(np.float32))


def any_set(name: str, seed: int) -> PaperSet:
    """A set of the paper; a structure-keeping one (swap_SIZE_MODEL); or the demo's tags with injected errors.

    demo_noise flips 8 % of the present and 0.3 % of the absent labels of the demo, demo_swap swaps as swap_set does;
    the given labels count as the truth there, and the probabilities stay those of the clean labels.
    """
    if name.startswith("demo_"):
        return demo_set(name, seed)
    return swap_set(name.removeprefix("swap_"), seed) if name.startswith("swap_") else paper_set(name, seed)


def demo_set(name: str, seed: int) -> PaperSet:
    """Real tags of real pictures with errors planted among them."""
    from labelreview import read_dataset

    folder, rng = Path(__file__).parent.parent / "data" / "demo", np.random.default_rng(seed)
    demo = read_dataset(folder / "labels.csv", folder / "predictions.csv")
    truth, probs = demo.labels, demo.pred_probs
    if name == "demo_swap":
        return PaperSet(swapped(truth, probs, 0.05, seed), truth, probs)
    flips = rng.random(truth.shape) < np.where(truth == 1, 0.08, 0.003)
    return PaperSet(np.where(flips, 1 - truth, truth).astype(np.int8), truth, probs)


def seeds(text: str) -> list[int]:
    """'3-9' or '0,2' as numbers."""
    first, _, last = text.partition("-")
    return list(range(int(first), int(last) + 1)) if last else [int(part) for part in text.split(",")]


def swap_set(name: str, seed: int, rate: float = 0.05) -> PaperSet:
    """The clean labels, but 5 % of every tag's items have it replaced by the tag that the model confuses it with most.

    Such errors keep the structure of the tags: the other tags of the item fit the wrong one nearly as well.
    """
    kept = CACHE / f"swap-{name}-{seed}.npz"
    if not kept.exists():
        size, model = name.split("_")
        features, truth, _ = noisy(size, seed)
        labels = swapped(truth, out_of_sample(features, truth, model), rate, seed)
        probs = out_of_sample(features, labels, model)
        np.savez_compressed(kept, labels=labels, truth=truth, pred_probs=probs.astype(np.float32))
    with np.load(kept) as arrays:
        return PaperSet(arrays["labels"], arrays["truth"], arrays["pred_probs"].astype(np.float32))


def swapped(truth: np.ndarray, probs: np.ndarray, rate: float, seed: int) -> np.ndarray:
    """At most one swap an item; tag b is the one whose probability rises most where a is present and b is not."""
    rng, tags, labels = np.random.default_rng(seed), truth.shape[1], truth.copy()
    for tag in range(tags):
        lift = np.full(tags, -np.inf)
        for other in range(tags):
            without = truth[:, other] == 0
            there = without & (truth[:, tag] == 1)
            if other != tag and there.any():
                lift[other] = probs[there, other].mean() - probs[without, other].mean()
        other = int(lift.argmax())
        untouched = (truth[:, tag] == 1) & (truth[:, other] == 0) & (labels == truth).all(axis=1)
        rows = np.flatnonzero(untouched)
        rows = rows[rng.random(len(rows)) < rate]
        labels[rows, tag], labels[rows, other] = 0, 1
    return labels


def noisy(size: str, seed: int):
    """Features, true labels and noisy labels of the training part. The generator is numpy's global one, as there."""
    np.random.seed(seed)
    tags = SIZES[size]["n_classes"]
    traces = 1 - np.random.gamma(2.0, 0.01, size=tags)
    traces[np.argsort(traces)] *= 1 - np.exp(-(np.arange(tags) ** 2) / tags) / (2 * tags)
    traces = np.maximum(traces, 1 - traces)
    features, truth = make_multilabel_classification(length=500, allow_unlabeled=True, **SIZES[size])
    features = features / np.linalg.norm(features, axis=1, keepdims=True)
    held_out = len(truth) - TRAIN[size]
    features, _, truth, _ = train_test_split(features, truth, test_size=held_out, random_state=seed)
    matrices = [noise_matrix(trace, seed + tag) for tag, trace in enumerate(traces)]
    labels = with_noise(truth, matrices)
    return features, truth.astype(np.int8), labels.astype(np.int8)


def noise_matrix(trace: float, seed: int) -> np.ndarray:
    """p(given | true), 2 × 2, with a random diagonal that sums to twice the trace."""
    from cleanlab.benchmarking.noise_generation import generate_noise_matrix_from_trace

    return generate_noise_matrix_from_trace(2, trace=2 * trace, valid_noise_matrix=True, seed=seed)


def with_noise(truth: np.ndarray, matrices: list[np.ndarray]) -> np.ndarray:
    """Labels flipped tag by tag, at most three an item."""
    from cleanlab.benchmarking.noise_generation import generate_noisy_labels

    labels = truth.copy()
    for tag, matrix in enumerate(matrices):
        rows = np.flatnonzero((labels != truth).sum(axis=1) < 3)
        labels[rows, tag] = generate_noisy_labels(labels[rows, tag], matrix)
    return labels


def out_of_sample(features: np.ndarray, labels: np.ndarray, model: str) -> np.ndarray:
    """Five folds stratified by tag set, one-vs-rest."""
    classifier = LogisticRegression(random_state=0) if model == "lr" else RandomForestClassifier(random_state=0)
    sets = np.unique(labels, axis=0, return_inverse=True)[1].ravel()
    folds = StratifiedKFold(n_splits=5, shuffle=True, random_state=0).split(sets, sets)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some tag sets have fewer members than folds
        return cross_val_predict(
            OneVsRestClassifier(classifier, n_jobs=1), features, labels, cv=folds, method="predict_proba"
        )
