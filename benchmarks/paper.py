"""The paper's tables: published / cleanlab / ours, for items and cells, mean and spread over seeds.

    python benchmarks/paper.py --seeds 0-9 --sets small_lr,small_rf,large_lr

Figures are AUPRC (average precision of "is wrong"). Published: the paper's repository, data/scores/metrics.csv.
"""

import argparse
import time
import warnings

import numpy as np
from paper_data import SETS, any_set, seeds
from sklearn.metrics import average_precision_score

from labelreview import scoring

PUBLISHED = {
    ("small_lr", "ema"): 0.6726,
    ("small_rf", "ema"): 0.7028,
    ("large_lr", "ema"): 0.8330,
    ("large_rf", "ema"): 0.7890,
    ("small_lr", "softmin"): 0.6884,
    ("small_rf", "softmin"): 0.7719,
    ("large_lr", "softmin"): 0.8641,
    ("large_rf", "softmin"): 0.8062,
    ("small_lr", "min"): 0.6841,
    ("small_rf", "min"): 0.7582,
    ("large_lr", "min"): 0.8536,
    ("large_rf", "min"): 0.7897,
}
ITEMS = ["ema", "softmin", "min", "p_only", "cooc", "recipe"]
CELLS = ["self_confidence", "p_only", "cooc", "recipe"]
FILTERS = list(scoring.FILTERS)


def cleanlabs(labels: np.ndarray, probs: np.ndarray) -> dict[str, np.ndarray]:
    """cleanlab's item scores by our names."""
    from cleanlab.internal.multilabel_utils import onehot2int
    from cleanlab.multilabel_classification.rank import get_label_quality_scores

    lists, methods = onehot2int(labels), {"ema": "exponential_moving_average", "softmin": "softmin", "min": np.min}
    extra = {"ema": {"alpha": 0.8}, "softmin": {"temperature": 0.1}, "min": {}}
    return {
        name: get_label_quality_scores(lists, probs, aggregator_kwargs={"method": method, **extra[name]})
        for name, method in methods.items()
    }


def masks_that_differ(labels: np.ndarray, probs: np.ndarray) -> int:
    """Cells in which a filter of ours and cleanlab's disagree, over all filters."""
    from cleanlab.internal.multilabel_utils import onehot2int
    from cleanlab.multilabel_classification.filter import find_multilabel_issues_per_class

    lists, differ = onehot2int(labels), 0
    for name in FILTERS:
        theirs = find_multilabel_issues_per_class(lists, probs, filter_by=name, n_jobs=1)
        differ += int((theirs != scoring.find_label_issues(labels, probs, name)).sum())
    return differ


def one(name: str, seed: int, check_masks: bool) -> dict[str, float]:
    """Every figure of one set."""
    data = any_set(name, seed)
    wrong, any_wrong, figures = data.wrong.ravel(), data.wrong.any(axis=1), {}
    start = time.perf_counter()
    for scorer in CELLS:
        scores = scoring.cell_scores(data.labels, data.pred_probs, scorer)
        figures[f"cells ours {scorer}"] = average_precision_score(wrong, -scores.ravel())
    for scorer in ITEMS:
        scores = scoring.item_scores(data.labels, data.pred_probs, scorer)
        figures[f"items ours {scorer}"] = average_precision_score(any_wrong, -scores)
    figures["seconds"] = time.perf_counter() - start
    theirs = cleanlabs(data.labels, data.pred_probs)
    ours = {scorer: scoring.item_scores(data.labels, data.pred_probs, scorer) for scorer in theirs}
    for scorer, scores in theirs.items():
        figures[f"items cleanlab {scorer}"] = average_precision_score(any_wrong, -scores)
    figures["largest difference of scores"] = max(np.abs(theirs[s] - ours[s]).max() for s in theirs)
    figures["cells whose mask differs"] = masks_that_differ(data.labels, data.pred_probs) if check_masks else np.nan
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="0-9")
    parser.add_argument("--sets", default=",".join(SETS[:3]))
    parser.add_argument("--masks", action="store_true", help="compare all filters with cleanlab's, cell by cell")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    for name in options.sets.split(","):
        rows = [one(name, seed, options.masks) for seed in seeds(options.seeds)]
        mean = {key: np.mean([row[key] for row in rows]) for key in rows[0]}
        spread = {key: np.std([row[key] for row in rows]) for key in rows[0]}
        print(f"\n{name}, seeds {options.seeds}: AUPRC, mean ± spread")
        for kind, scorers in (("items", ITEMS), ("cells", CELLS)):
            print(f"  {kind:28} published  cleanlab           ours")
            for scorer in scorers:
                published = PUBLISHED.get((name, scorer)) if kind == "items" else None
                theirs = mean.get(f"{kind} cleanlab {scorer}")
                first = f"{published:9.4f}" if published else " " * 9
                second = f"{theirs:9.4f}" if theirs else " " * 9
                key = f"{kind} ours {scorer}"
                print(f"    {scorer:26} {first} {second} {mean[key]:9.4f} ± {spread[key]:.4f}")
        largest = max(row["largest difference of scores"] for row in rows)
        print(f"  largest difference to cleanlab's item scores {largest:.1e}", flush=True)
        if options.masks:
            print(f"  mask cells that differ {sum(row['cells whose mask differs'] for row in rows):.0f}", flush=True)


if __name__ == "__main__":
    main()
