"""Would another design of the random audit give narrower intervals? `python benchmarks/allocation.py`.

The simulated projects of `coverage.py`, on seeds that its figures do not use, with one constant of the design changed
at a time: the even part of a cell's size, how many strata, how many even draws first, the quarter of an error added for
the upper end. Prints the median of width ÷ that of a simple random sample of as many verdicts, and the coverage.
"""

import argparse
import multiprocessing
from functools import partial

import numpy as np

from benchmarks import coverage
from labelreview.review import audit, strata
from labelreview.review.estimates import likelihood, rates

DESIGNS = {
    "as it is": (0.5, 10, 100, 0.25),
    "a quarter even": (0.25, 10, 100, 0.25),
    "three quarters even": (0.75, 10, 100, 0.25),
    "twenty strata": (0.5, 20, 100, 0.25),
    "fifty even draws first": (0.5, 10, 50, 0.25),
    "nothing added": (0.5, 10, 100, 0.0),
}
SHARES = {"10 %": 0.1, "a third": 1 / 3, "all": 1.0}


def measured(seed: int, design: str) -> dict[str, object]:
    """One project under one design."""
    strata.BRAKE, strata.STRATA, audit.EVEN, likelihood.PSEUDO = DESIGNS[design]
    project = coverage.world(seed)
    truth, row = int(project.wrong.sum()), {"design": design, "model": project.model}
    low, high = coverage.simple_sample(project, seed, project.budget)
    for name, share in SHARES.items():
        team = coverage.Team(project, seed, share)
        for _ in range(project.budget):
            team.verdict()
        found = rates.error_rate(team.audit.evidence(team.answers()), coverage.CONFIDENCE)
        row |= {f"{name} width": (found.left.high - found.left.low) / (high - low)}
        row |= {f"{name} covers": found.errors.low <= truth <= found.errors.high}
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--first", type=int, default=400)
    parser.add_argument("--projects", type=int, default=120)
    parser.add_argument("--jobs", type=int, default=1)
    chosen = parser.parse_args()
    print(f"| design | model | {' | '.join(f'{name}: width | covers' for name in SHARES)} |")
    for design in DESIGNS:
        with multiprocessing.Pool(chosen.jobs) as pool:
            seeds = range(chosen.first, chosen.first + chosen.projects)
            rows = pool.map(partial(measured, design=design), seeds)
        for model in coverage.MODELS:
            mine = [row for row in rows if row["model"] == model]
            cells = (f"{np.median([row[f'{name} width'] for row in mine]):.2f} | "
                     f"{100 * np.mean([row[f'{name} covers'] for row in mine]):.0f}" for name in SHARES)  # fmt: skip
            print(f"| {design} | {model} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
