"""What does it cost to let a part of the tags predict all? `python benchmarks/leading.py`.

Of more than `opinion.LEADING` tags only that many are predictors. No set of the paper has so many, so here the limit is
set below its 50 tags. Prints the AUPRC of "is wrong" over all cells, as a mean over seeds, beside what knows no tag of
the others (p_only).
"""

import argparse
from functools import partial

import numpy as np
from paper_data import paper_set, seeds
from sklearn.metrics import average_precision_score

from labelreview import scoring
from labelreview.scoring import opinion

LEADING = (50, 25, 12, 6, 3)


def row(seed: int) -> list[float]:
    """p_only, then the recipe by how many tags lead."""
    labels, truth, probs = paper_set("large_lr", seed)
    wrong, basis = (labels != truth).ravel(), opinion.fitted_basis
    found = [scoring.cell_scores(labels, probs, "p_only")]
    for most in LEADING:
        opinion.fitted_basis = partial(basis, most=most)
        found.append(scoring.cell_scores(labels, probs, "recipe"))
    opinion.fitted_basis = basis
    return [average_precision_score(wrong, -scores.ravel()) for scores in found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=seeds, default=seeds("3-9"))
    rows = np.array([row(seed) for seed in parser.parse_args().seeds])
    for name, values in zip(("p_only", *LEADING), rows.T, strict=True):
        print(f"{name!s:8} {values.mean():.3f} ± {values.std(ddof=1):.3f}")


if __name__ == "__main__":
    main()
