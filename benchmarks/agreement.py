"""How often the 95 % intervals of agreement hold the truth, and how long the figures of a big team take.

    python benchmarks/agreement.py

Truth: raw, κ and α of the same reviewers over 200,000 cells. A cell is yes with a chance of 30 %; a reviewer is right
as often as stated, and unsure (a third answer) in 3 % of cells. 400 samples a row.
"""

import time

import numpy as np

from labelreview.review.agreement import DRAWS, agree

SAMPLES, LARGE = 400, 200_000


def answers(rng, cells, right, answered=1.0):
    """Answers of reviewers (cells, len(right)); each answers a share of the cells."""
    truth = rng.random(cells) < 0.3
    said = np.column_stack([np.where(rng.random(cells) < share, truth, ~truth) for share in right]).astype(np.int8)
    said[rng.random(said.shape) < 0.03] = 2
    if answered < 1:
        said[rng.random(said.shape) > answered] = -1
    return said


def main():
    print(
        f"{'reviewers, right':<28} {'cells':>6}   raw     κ     α   (of {SAMPLES} intervals, those that hold the truth)"
    )
    for right, answered in (([0.95, 0.9], 1.0), ([0.8, 0.7], 1.0), ([0.95, 0.9, 0.85, 0.7], 0.6)):
        whole = agree(answers(np.random.default_rng(1), LARGE, right, answered), draws=2)
        truth = whole.raw.value, whole.kappa.value, whole.alpha.value
        for cells in (20, 50, 200, 1000):
            held, defined = np.zeros(3), np.zeros(3)
            for seed in range(SAMPLES):
                found = agree(answers(np.random.default_rng(seed + 10), cells, right, answered), seed=seed)
                for at, each in enumerate((found.raw, found.kappa, found.alpha)):
                    defined[at] += not np.isnan(each.value)
                    held[at] += each.low <= truth[at] <= each.high
            shares = "  ".join(f"{share:.1%}" for share in held / defined)
            print(f"{', '.join(f'{r:.0%}' for r in right):<28} {cells:>6}  {shares}", flush=True)
    big = answers(np.random.default_rng(2), 100_000, [0.9] * 50, 0.04)
    start = time.perf_counter()
    agree(big)
    took = time.perf_counter() - start
    print(f"50 reviewers, 100,000 cells, {np.sum(big >= 0):,} answers: {took:.1f} s ({DRAWS} draws)")


if __name__ == "__main__":
    main()
