"""How good are predictions made by labelreview, and does the in-sample warning tell? On the demo's pictures and tags.

    python benchmarks/predict.py                        # colours and edges
    python benchmarks/predict.py --model lite0.onnx     # also an ONNX model (see efficientnet_lite.py), minutes
    python benchmarks/predict.py --warning              # the warning on honest and on in-sample predictions
    python benchmarks/predict.py --speed                # 20,000 × 512 × 40

AUC and AP are means over the 40 tags against the given tags. "series" holds out whole series of one author together (as
the demo's own predictions do), "twins" what labelreview takes for near-duplicates: its default.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score

from labelreview import formats
from labelreview.desk import predictions
from labelreview.scoring import duplicates, predict
from labelreview.scoring.insample import Signs, signs
from labelreview.scoring.logistic import fitted

DEMO = Path(__file__).parents[1] / "data" / "demo"
sys.path.append(str(DEMO))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--scaling", default="half")
    parser.add_argument("--warning", action="store_true")
    parser.add_argument("--speed", action="store_true")
    chosen = parser.parse_args()
    if chosen.speed:
        speed()
        return
    labels = formats.read_labels(DEMO / "labels.csv")
    models = {"colours and edges": None} | ({chosen.model.name: chosen.model} if chosen.model else {})
    rows = {}
    for name, model in models.items():
        start = time.perf_counter()
        rows[name] = predictions.described(labels, DEMO / "images", model=model, scaling=chosen.scaling)
        print(f"{name}: {rows[name].rows.shape[1]:,} numbers a picture, {time.perf_counter() - start:.0f} s")
    (warning if chosen.warning else quality)(labels.matrix.values, rows)


def quality(given: np.ndarray, described: dict[str, predictions.Described]) -> None:
    import make_demo

    series = np.unique(make_demo.groups_of(str(DEMO)), return_inverse=True)[1]
    print(f"\n{'predictions':<24}{'held out together':<20}{'AUC':>7}{'AP':>7}{'seconds':>9}")
    tell("shipped with the demo", "series", given, shipped(), None)
    for name, found in described.items():
        for how, groups in (("series", series), ("twins", found.groups), ("nothing", np.arange(len(given)))):
            start = time.perf_counter()
            probs = predict.out_of_sample(found.rows, given, groups)
            tell(name, how, given, probs, time.perf_counter() - start)


def tell(name: str, how: str, given: np.ndarray, probs: np.ndarray, seconds: float | None) -> None:
    auc = np.mean([roc_auc_score(given[:, tag], probs[:, tag]) for tag in range(given.shape[1])])
    took = "" if seconds is None else f"{seconds:9.1f}"
    print(f"{name:<24}{how:<20}{auc:7.3f}{predict.average_precisions(given, probs).mean():7.3f}{took}")


def shipped() -> np.ndarray:
    return formats.read_pred_probs(DEMO / "predictions.csv").matrix.values


def warning(given: np.ndarray, described: dict[str, predictions.Described]) -> None:
    print(f"\n{'predictions':<52}{'AUC':>8}{'surprise':>10}{'left':>7}  warns")
    line("held out: demo, shipped", signs(given, shipped()))
    for name, found in described.items():
        line(f"held out: {name}", signs(given, predict.out_of_sample(found.rows, given, found.groups)))
        for what, probs in in_sample(given, found.rows):
            line(f"in sample: {name}, {what}", signs(given, probs))
    import paper_data

    for size in ("small_lr", "small_rf", "large_lr"):
        for seed in range(10):
            made = paper_data.paper_set(size, seed)
            line(f"held out: paper's {size}, seed {seed}", signs(made.labels, made.pred_probs))
    features, _, labels = paper_data.noisy("small", 0)
    line("in sample: paper's small, forest", signs(labels, forest(features, labels)))
    line("in sample: paper's small, forest, leaves of 3", signs(labels, forest(features, labels, min_samples_leaf=3)))


def in_sample(given: np.ndarray, described: np.ndarray):
    """Models of every degree of restraint, asked about the rows that they were fitted on."""
    rows = predict.principal(duplicates.unit_rows(described)[0])
    for penalty in (4.0, 0.4, 0.12, 0.04, 0.012, 0.001):
        yield f"logistic, penalty {penalty}", fitted(rows, given, penalty).probs(rows)
    yield "forest", forest(rows[:, :64], given)
    yield "forest, leaves of 5", forest(rows[:, :64], given, min_samples_leaf=5)
    nearest = np.argsort(-(rows @ rows.T), axis=1)[:, :5]
    yield "5 nearest, itself one", given[nearest].mean(axis=1).astype(np.float32)


def forest(rows: np.ndarray, given: np.ndarray, **options: int) -> np.ndarray:
    model = RandomForestClassifier(100, random_state=0, n_jobs=2, **options).fit(rows, given)
    return np.stack([probs[:, 1] for probs in model.predict_proba(rows)], axis=1).astype(np.float32)


def line(name: str, found: Signs | None) -> None:
    assert found is not None
    print(f"{name:<52}{found.auc:8.4f}{found.surprise:10.3f}{found.left:7.2f}  {'yes' if found.in_sample else '-'}")


def speed() -> None:
    generator = np.random.default_rng(0)
    kinds, kind = generator.normal(size=(200, 512)), generator.integers(0, 200, 20_000)
    rows = kinds[kind] + 1.5 * generator.normal(size=(20_000, 512)) * np.linspace(2, 0.1, 512)
    given = ((generator.random((200, 40)) < 0.08)[kind] ^ (generator.random((20_000, 40)) < 0.03)).astype(np.int8)
    start = time.perf_counter()
    groups = duplicates.near_duplicates(rows)
    found = time.perf_counter()
    probs = predict.out_of_sample(rows, given, groups)
    end, precision = time.perf_counter(), predict.average_precisions(given, probs).mean()
    print(f"20,000 × 512 × 40: twins {found - start:.1f} s, predictions {end - found:.1f} s, AP {precision:.3f}")


if __name__ == "__main__":
    main()
