"""Dawid–Skene: the truth of cells and the habits of reviewers, each estimated from the other (by EM).

PURE: arrays in, arrays out. True labels are 0 (absent) and 1 (present); answers are these and 2 (unsure), which says
something too when it comes more often for one kind. Each reviewer has a table of chances of each answer given the
truth, shared by all tags: one tag alone has too few answers. How common a present label is, is estimated for each
`group` of cells by itself. A prior of a few made-up answers (PRIOR) takes reviewers for right eight times in ten until
their answers say more, without which two reviewers who disagree have no solution.

Dawid and Skene, "Maximum likelihood estimation of observer error-rates using the EM algorithm", 1979.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PRIOR = np.array([[4.0, 0.5, 0.5], [0.5, 4.0, 0.5]])  # made-up answers (truth, answer) of every reviewer
GROUP_PRIOR = 1.0  # made-up cells of each truth in every group
ROUNDS = 500
TOLERANCE = 1e-7
TINY = 1e-300


@dataclass(frozen=True)
class Fit:
    """present: (cells,) the probability that the truth is present. habits: (reviewers, truth, answer), rows sum to 1.
    prevalence: (groups,) the share of present cells."""

    present: Floats
    habits: Floats
    prevalence: Floats


def dawid_skene(
    cell: Ints,
    reviewer: Ints,
    answer: Ints,
    group: Ints,
    known: Floats,
    *,
    prior: Floats = PRIOR,
    group_prior: float = GROUP_PRIOR,
) -> Fit:
    """Fit the model to answers given as three arrays of the same length, one entry an answer.

    group: (cells,) from 0 up. known: (cells,) 0 or 1 where the truth is known, NaN elsewhere.

    >>> cell, reviewer = np.repeat(np.arange(6), 3), np.tile(np.arange(3), 6)
    >>> answer = np.array([1, 1, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1])
    >>> fit = dawid_skene(cell, reviewer, answer, np.zeros(6, int), np.full(6, np.nan))
    >>> (fit.present > 0.5).astype(int).tolist()
    [1, 0, 1, 0, 1, 0]
    """
    reviewers, cells = int(reviewer.max(initial=-1)) + 1, len(group)
    present = _first_guess(cell, answer, known, cells)
    for _ in range(ROUNDS):
        before = present
        habits = _habits(present, cell, reviewer, answer, reviewers, prior)
        prevalence = _shares(present, group, group_prior)
        odds = np.log(prevalence + TINY)[group] - np.log(1 - prevalence + TINY)[group]
        ratio = np.log(habits[:, 1] + TINY) - np.log(habits[:, 0] + TINY)
        odds = odds + np.bincount(cell, ratio[reviewer, answer], cells)
        present = np.where(np.isnan(known), 1 / (1 + np.exp(-np.clip(odds, -700, 700))), known)
        if np.abs(present - before).max(initial=0.0) < TOLERANCE:
            break
    return Fit(present, habits, prevalence)


def _first_guess(cell: Ints, answer: Ints, known: Floats, cells: int) -> Floats:
    certain = answer < 2
    yes = np.bincount(cell[certain], answer[certain], cells)
    said = np.bincount(cell[certain], minlength=cells)
    shares: Floats = np.where(np.isnan(known), np.where(said > 0, yes / np.maximum(said, 1), 0.5), known)
    return shares


def _habits(present: Floats, cell: Ints, reviewer: Ints, answer: Ints, reviewers: int, prior: Floats) -> Floats:
    kinds = prior.shape[1]
    place = reviewer * kinds + answer
    sums = [np.bincount(place, weight[cell], reviewers * kinds) for weight in (1 - present, present)]
    counts = np.stack([each.reshape(reviewers, kinds) for each in sums], 1) + prior
    habits: Floats = counts / np.maximum(counts.sum(2, keepdims=True), TINY)
    return habits


def _shares(present: Floats, group: Ints, prior: float) -> Floats:
    groups = int(group.max(initial=-1)) + 1
    cells = np.bincount(group, minlength=groups) + 2 * prior
    shares: Floats = (np.bincount(group, present, groups) + prior) / np.maximum(cells, TINY)
    return shares
