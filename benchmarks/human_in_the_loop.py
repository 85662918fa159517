"""Errors found by budget, for every order, with reviewers who err.

    python benchmarks/human_in_the_loop.py --seeds 3-9 --sets small_lr,small_rf,large_lr,swap_small_lr --err 0,5,10

One decision is one cell; a reviewer who errs gives the other answer with that probability, and what they overlook is
not found. "pictures" counts cost another way: opening a picture costs one, more cells of one already open nothing.
swap_* are structure-keeping sets: a tag is replaced by the tag that the model confuses it with most.
"""

import argparse
from collections.abc import Iterator

import numpy as np
from paper_data import SETS, PaperSet, any_set, seeds

from labelreview import scoring
from labelreview.scoring import rerank

BUDGETS = (100, 300, 1000)
EVERY = 25


def items_by_ema(data: PaperSet) -> Iterator[int]:
    """Today's way: items by EMA, of each the tags that confident learning flags, worst first."""
    flagged = scoring.find_label_issues(data.labels, data.pred_probs)
    cells = scoring.cell_scores(data.labels, data.pred_probs, "self_confidence")
    for row in np.argsort(scoring.item_scores(data.labels, data.pred_probs, "ema"), kind="stable"):
        for tag in np.argsort(cells[row], kind="stable"):
            if flagged[row, tag]:
                yield row * data.labels.shape[1] + tag


def static(scorer: str):
    """Cells by a score, never changed."""

    def order(data: PaperSet) -> Iterator[int]:
        yield from np.argsort(scoring.cell_scores(data.labels, data.pred_probs, scorer).ravel(), kind="stable")

    return order


def perfect(data: PaperSet) -> Iterator[int]:
    """All errors first."""
    yield from np.argsort(~data.wrong.ravel(), kind="stable")


ORDERS = {
    "items by ema, flagged tags": items_by_ema,
    "cells by self_confidence": static("self_confidence"),
    "cells by p_only": static("p_only"),
    "cells by cooc": static("cooc"),
    "cells by recipe": static("recipe"),
    "perfect": perfect,
}


def answer(data: PaperSet, cell: int, err: float, rng: np.random.Generator) -> bool:
    """What the reviewer says: is the given label wrong?"""
    return bool(data.wrong.flat[cell] != (rng.random() < err))


def asked_in_order(data: PaperSet, name: str, err: float, seed: int):
    """The first cells of a static order and what was said about them."""
    rng, cells, said = np.random.default_rng(seed), [], []
    for cell in ORDERS[name](data):
        cells.append(cell)
        said.append(answer(data, cell, err, rng))
        if len(cells) == max(BUDGETS) * 2:
            break
    return np.array(cells), np.array(said)


def asked_while_learning(data: PaperSet, err: float, seed: int):
    """The recipe, re-ranked after every 25 decisions."""
    rng = np.random.default_rng(seed)
    odds = scoring.error_log_odds(data.labels, data.pred_probs)
    ahead = rerank.heads(data.labels, odds, depth=2 * max(BUDGETS))
    cells, said = np.zeros(0, np.int64), np.zeros(0, bool)
    while len(cells) < max(BUDGETS) * 2:
        taught = rerank.learned(data.labels, odds, cells, said)
        new, _ = rerank.front(ahead, taught, answered=cells, want=EVERY)
        cells = np.concatenate([cells, new])
        said = np.concatenate([said, [answer(data, cell, err, rng) for cell in new]])
    return cells, said


def found(data: PaperSet, cells: np.ndarray, said: np.ndarray) -> list[int]:
    """Errors found within each budget of decisions, then within each budget of pictures."""
    hits = np.cumsum(said & data.wrong.flat[cells])
    rows = cells // data.labels.shape[1]
    opened = np.cumsum(np.isin(np.arange(len(rows)), np.unique(rows, return_index=True)[1]))
    ends = [np.searchsorted(opened, budget, "right") for budget in BUDGETS]
    return [int(hits[min(budget, len(hits)) - 1]) for budget in BUDGETS] + [int(hits[end - 1]) for end in ends]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="3-9")
    parser.add_argument("--sets", default=",".join(SETS[:3]))
    parser.add_argument("--err", default="0", help="how often the reviewer errs, in per cent")
    options = parser.parse_args()
    for name in options.sets.split(","):
        for percent in map(int, options.err.split(",")):
            print(f"\n{name}, reviewers err {percent} %: errors found after {BUDGETS} decisions | pictures")
            results: dict[str, list[list[int]]] = {}
            for seed in seeds(options.seeds):
                data = any_set(name, seed)
                for order in ORDERS:
                    results.setdefault(order, []).append(found(data, *asked_in_order(data, order, percent / 100, seed)))
                learning = found(data, *asked_while_learning(data, percent / 100, seed))
                results.setdefault("recipe, re-ranked every 25", []).append(learning)
            for order, rows in results.items():
                mean = [f"{value:.0f}" for value in np.mean(rows, axis=0)]
                print(f"  {order:28} {'/'.join(mean[:3]):>14} | {'/'.join(mean[3:]):>14}", flush=True)


if __name__ == "__main__":
    main()
