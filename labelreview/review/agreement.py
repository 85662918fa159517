"""How far reviewers agree: raw, Cohen's κ and Krippendorff's α, each with a 95 % interval.

PURE. Only cells that at least two reviewers answered count. An answer is 0 (absent), 1 (present) or 2 (unsure); a
reviewer's newest standing verdict on a cell counts, and adjudications do not, since whoever settles a dispute has seen
the others' answers. *raw*: how often two answers on a cell agree, each answer counting once. *κ*: of two reviewers
(Cohen 1960); of more, the mean over pairs weighted by shared cells (Light 1971), pairs without a κ left out. *α*:
nominal, any number of reviewers a cell (Krippendorff 2011). κ and α compare with chance, so they do not exist (NaN)
where all answers are the same; nothing exists without a shared cell.

Intervals come from the Bayesian bootstrap over cells (Rubin 1981) with one more cell of prior weight spread evenly over
all pairs of answers, so that ten cells that all agree do not look certain. Same seed, same interval.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from labelreview.decisions import Verdict
from labelreview.review.estimates.rates import Estimate
from labelreview.review.verdicts import Verdicts

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Values = npt.NDArray[np.int8]
Unsure = Literal["value", "missing"]

NONE, ABSENT, PRESENT, UNSURE = -1, 0, 1, 2
CODES = {Verdict.ABSENT: ABSENT, Verdict.PRESENT: PRESENT, Verdict.UNSURE: UNSURE}
DRAWS = 1000
BLOCK = 4_000_000  # random numbers at a time
ENDS = (0.025, 0.975)


@dataclass(frozen=True)
class Votes:
    """Cells with two answers or more: `values` int8 (cells, reviewers), -1 where a reviewer has not answered."""

    tags: tuple[str, ...]
    reviewers: tuple[str, ...]
    tag: Ints
    values: Values


@dataclass(frozen=True)
class Agreement:
    """`cells`: shared by at least two reviewers. The estimates are NaN where they do not exist."""

    cells: int
    raw: Estimate
    kappa: Estimate
    alpha: Estimate


@dataclass(frozen=True)
class Agreements:
    """Of all, by tag, by pair of reviewers that share a cell, by reviewer with the others."""

    overall: Agreement
    by_tag: dict[str, Agreement]
    by_pair: dict[tuple[str, str], Agreement]
    by_reviewer: dict[str, Agreement]


def votes(verdicts: Verdicts, unsure: Unsure = "value") -> Votes:
    """The answers to compare. unsure: an answer like the others ("value"), or none at all ("missing")."""
    found: list[tuple[str, dict[str, int]]] = []
    for (_item, tag), newest in verdicts.opinions(2):
        said = {name: CODES[each.verdict] for name, each in newest.items() if each.verdict}
        if unsure == "missing":
            said = {name: code for name, code in said.items() if code != UNSURE}
        if len(said) > 1:
            found.append((tag, said))
    tags = tuple(sorted({tag for tag, _said in found}))
    reviewers = tuple(sorted({name for _tag, said in found for name in said}))
    column, place = {name: at for at, name in enumerate(reviewers)}, {tag: at for at, tag in enumerate(tags)}
    values = np.full((len(found), len(reviewers)), NONE, np.int8)
    for row, (_tag, said) in enumerate(found):
        values[row, [column[name] for name in said]] = list(said.values())
    return Votes(tags, reviewers, np.array([place[tag] for tag, _said in found], np.int64), values)


def agreement(verdicts: Verdicts, unsure: Unsure = "value", *, seed: int = 0) -> Agreements:
    """Everything there is to say about the agreement of a project's reviewers.

    >>> from datetime import datetime
    >>> from labelreview.decisions import Decision
    >>> says = lambda uid, who, verdict: Decision(uid, "a", "hat", who, datetime(2026, 1, 1), verdict)
    >>> log = [says("uid-0001", "ann", Verdict.PRESENT), says("uid-0002", "ben", Verdict.ABSENT)]
    >>> agreement(Verdicts(log)).by_pair["ann", "ben"].raw.value
    0.0
    """
    cast = votes(verdicts, unsure)
    tags, reviewers = enumerate(cast.tags), list(enumerate(cast.reviewers))
    shared = [(a, b) for a, _ in reviewers for b, _ in reviewers[a + 1 :]]
    pairs = {(a, b): pair for a, b in shared if len(pair := _answered(cast.values[:, [a, b]])) > 0}
    return Agreements(
        agree(cast.values, seed=seed),
        {name: agree(cast.values[cast.tag == at], seed=seed) for at, name in tags},
        {(cast.reviewers[a], cast.reviewers[b]): agree(pair, seed=seed) for (a, b), pair in pairs.items()},
        {name: agree(cast.values[cast.values[:, at] != NONE], of=at, seed=seed) for at, name in reviewers},
    )


def agree(values: Values, *, of: int | None = None, seed: int = 0, draws: int = DRAWS) -> Agreement:
    """The agreement of (cells, reviewers) values from 0 up, -1 = no answer; of one reviewer (column) with the others.

    >>> ann, ben = [1, 1, 0, 0, 1], [1, 0, 0, 0, 1]
    >>> found = agree(np.array([ann, ben], np.int8).T)
    >>> found.cells, found.raw.value, round(found.kappa.value, 3), round(found.alpha.value, 3)
    (5, 0.8, 0.615, 0.64)
    """
    pairs = _pairs(_answered(values), of)
    if not pairs.cells:
        return Agreement(0, *[Estimate(np.nan, np.nan, np.nan)] * 3)
    truth = _statistics(pairs, pairs.counts[None], None)[0]
    drawn = np.concatenate(list(_resampled(pairs, np.random.default_rng(seed), draws)))
    raw, kappa, alpha = (_estimate(value, drawn[:, at]) for at, value in enumerate(truth.tolist()))
    return Agreement(pairs.cells, raw, kappa, alpha)


@dataclass(frozen=True)
class _Pairs:
    """Cells that were answered alike are one *pattern*. One entry for every pair of answers in a pattern: the pattern,
    the pair of reviewers, both answers as one code, and its weight 1 / (answers - 1), which makes answers equal."""

    counts: Floats
    kinds: int
    pattern: Ints
    pair: Ints
    code: Ints
    weight: Floats

    @property
    def cells(self) -> int:
        return int(self.counts[np.unique(self.pattern)].sum())


def _answered(values: Values) -> Values:
    kept: Values = values[(values != NONE).sum(1) > 1]
    return kept


def _pairs(values: Values, of: int | None) -> _Pairs:
    rows, counts = np.unique(values, axis=0, return_counts=True)
    kinds = max(int(values.max(initial=0)) + 1, 2)
    pattern, reviewer = np.nonzero(rows != NONE)
    said, answers = rows[pattern, reviewer].astype(np.int64), np.bincount(pattern, minlength=len(rows))
    parts = []
    for lag in range(1, int(answers.max(initial=1))):
        first = np.flatnonzero(pattern[:-lag] == pattern[lag:])
        if of is not None:
            first = first[(reviewer[first] == of) | (reviewer[first + lag] == of)]
        pair = reviewer[first] * values.shape[1] + reviewer[first + lag]
        parts.append((pattern[first], pair, said[first] * kinds + said[first + lag]))
    columns = zip(*parts, strict=True) if parts else ([np.zeros(0, np.int64)] for _ in range(3))
    at, pair, code = (np.concatenate(column) for column in columns)
    return _Pairs(counts.astype(float), kinds, at, pair, code, 1 / (answers[at] - 1))


def _resampled(pairs: _Pairs, rng: np.random.Generator, draws: int) -> Iterator[Floats]:
    step = max(1, min(draws, BLOCK // max(len(pairs.counts), 1)))
    for start in range(0, draws, step):
        size = min(step, draws - start)
        yield _statistics(pairs, rng.standard_gamma(pairs.counts, (size, len(pairs.counts))), rng)


def _statistics(pairs: _Pairs, weights: Floats, rng: np.random.Generator | None) -> Floats:
    """raw, κ and α (draws, 3) under weights (draws, patterns); with the prior where there is a generator."""
    tables = _tables(pairs, weights, slice(None), pairs.weight, rng)
    tables = tables + tables.transpose(0, 2, 1)
    kappas, shared = np.zeros(len(weights)), np.zeros(len(weights))
    order = np.argsort(pairs.pair, kind="stable")
    for chosen in np.split(order, np.flatnonzero(np.diff(pairs.pair[order])) + 1):
        table = _tables(pairs, weights, chosen, np.ones(len(chosen)), rng)
        kappa = cohens_kappa(table)
        known = ~np.isnan(kappa)
        kappas[known] += (kappa * table.sum((1, 2)))[known]
        shared[known] += table.sum((1, 2))[known]
    with np.errstate(invalid="ignore"):
        return np.column_stack([_raw(tables), kappas / shared, krippendorffs_alpha(tables)])


def _tables(
    pairs: _Pairs, weights: Floats, chosen: Ints | slice, each: Floats, rng: np.random.Generator | None
) -> Floats:
    """Counts of (answer, other answer), (draws, kinds, kinds), over the chosen pairs of answers."""
    size = pairs.kinds**2
    at, where = np.unique(pairs.pattern[chosen], return_inverse=True)
    counted = np.bincount(where * size + pairs.code[chosen], each, len(at) * size).reshape(len(at), size)
    tables: Floats = weights[:, at] @ counted
    if rng is not None:
        tables = tables + rng.standard_gamma(1 / size, tables.shape)
    return tables.reshape(-1, pairs.kinds, pairs.kinds)


def _raw(tables: Floats) -> Floats:
    raw: Floats = np.trace(tables, axis1=1, axis2=2) / tables.sum((1, 2))
    return raw


def cohens_kappa(tables: Floats) -> Floats:
    """κ of tables (…, kinds, kinds) of the one's answers by the other's; NaN where chance alone agrees always.

    Cohen, "A coefficient of agreement for nominal scales", 1960.

    >>> cohens_kappa(np.array([[[20.0, 5.0], [10.0, 15.0]], [[7.0, 0.0], [0.0, 0.0]]])).round(3).tolist()
    [0.4, nan]
    """
    total = tables.sum((-2, -1))
    with np.errstate(invalid="ignore", divide="ignore"):
        seen = np.trace(tables, axis1=-2, axis2=-1) / total
        chance = (tables.sum(-1) * tables.sum(-2)).sum(-1) / total**2
        kappa: Floats = np.where(chance < 1 - 1e-12, (seen - chance) / (1 - chance), np.nan)
    return kappa


def krippendorffs_alpha(tables: Floats) -> Floats:
    """Nominal α of symmetric tables of coincidences (…, kinds, kinds); NaN where only one answer was ever given.

    Krippendorff, "Computing Krippendorff's alpha-reliability", 2011.

    >>> krippendorffs_alpha(np.array([[14.0, 4.0], [4.0, 2.0]])).round(3).tolist()
    0.148
    """
    of_kind = tables.sum(-1)
    total = of_kind.sum(-1)
    differ = total - np.trace(tables, axis1=-2, axis2=-1)
    by_chance = total**2 - (of_kind**2).sum(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        alpha: Floats = np.where(by_chance > 1e-9 * total**2, 1 - (total - 1) * differ / by_chance, np.nan)
    return alpha


def _estimate(value: float, drawn: Floats) -> Estimate:
    drawn = drawn[~np.isnan(drawn)]
    if np.isnan(value) or not len(drawn):
        return Estimate(value, np.nan, np.nan)
    low, high = np.quantile(drawn, ENDS).tolist()
    return Estimate(value, min(low, value), max(high, value))
