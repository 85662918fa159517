"""One label from the answers of several reviewers, by a rule of choice, each with its confidence.

PURE. A reviewer's newest standing verdict on a cell is their answer. A cell whose answer is known (gold) has that one,
whatever the rule. A rule that comes to no label leaves the cell as given.

*newest*: the newest answer of all holds, an "unsure" leaves the cell as given. *majority*: more than half of the
certain answers. *dawid_skene*: the likelier label, each answer weighed by what its reviewer's other answers are worth
(`dawid_skene`). *adjudicated*: the adjudicator's word; without it what all who answered agree on, so that an open
dispute leaves the cell as given.

Confidence, 0 to 1: for dawid_skene the probability of the label, for a known answer 1, else the share of reviewers
whose answer is the label.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isnan, nan
from types import MappingProxyType

import numpy as np

from labelreview.decisions import ADJUDICATE, Decision, Verdict
from labelreview.errors import InputError, NotFound
from labelreview.review.agreement import CODES
from labelreview.review.dawid_skene import Fit, dawid_skene
from labelreview.review.verdicts import Cell, Verdicts
from labelreview.tags import ABSENT, PRESENT, UNKNOWN, Dataset

NEWEST = "newest"
RULES = MappingProxyType(
    {
        NEWEST: "The newest verdict",
        "majority": "The majority",
        "dawid_skene": "Dawid–Skene: weighed by reviewer",
        "adjudicated": "The adjudicator, or all agreeing",
    }
)
Known = Mapping[Cell, int]
NOTHING_KNOWN: Known = MappingProxyType({})


@dataclass(frozen=True)
class Outcome:
    """What a cell is: PRESENT, ABSENT, or UNKNOWN where the rule leaves it as given; and how sure that is."""

    label: int
    confidence: float


@dataclass(frozen=True)
class Change:
    """A cell whose label the answers change. `reviewers`: whose answer agrees, in the order they gave it; `at`: when
    the newest of these was given; pred_prob and score: what was shown then (NaN where nothing was)."""

    item: str
    tag: str
    given: int
    corrected: int
    reviewers: tuple[str, ...]
    at: datetime | None
    pred_prob: float
    score: float
    confidence: float


@dataclass(frozen=True)
class Habits:
    """A reviewer by Dawid–Skene: answers given, chance to be right about a cell that is present and one that is absent,
    overall (`accuracy`), to be unsure, and `bias`: how much more often they say yes than is true (negative: less)."""

    answers: int
    right_if_present: float
    right_if_absent: float
    accuracy: float
    unsure: float
    bias: float


def outcomes(
    dataset: Dataset, verdicts: Verdicts, rule: str = NEWEST, known: Known = NOTHING_KNOWN
) -> dict[int, Outcome]:
    """What every answered or known cell (flat position, ascending) of the data set comes to, by a rule of RULES."""
    if rule not in RULES:
        raise InputError(f"'{rule}' is not a rule of consensus. Use one of: {', '.join(RULES)}.")
    answered = _answered(dataset, verdicts)
    if rule == "dawid_skene":
        found = _weighed(dataset, answered, known)
    else:
        found = {place: SIMPLE[rule](answers) for place, answers in answered.items()}
    found |= {dataset.cell(*cell): Outcome(label, 1.0) for cell, label in known.items() if _has(dataset, cell)}
    return dict(sorted(found.items()))


def changes(dataset: Dataset, verdicts: Verdicts, rule: str = NEWEST, known: Known = NOTHING_KNOWN) -> list[Change]:
    """The cells whose label by the rule differs from the given one, in the order of the data set."""
    found = []
    for place, outcome in outcomes(dataset, verdicts, rule, known).items():
        given, pred_prob = (int(dataset.given(np.array([place]))[0]), float(dataset.scored(np.array([place]))[0]))
        if outcome.label in (UNKNOWN, given):
            continue
        item, tag = dataset.at(place)
        answers = _by_reviewer(verdicts.about(item, tag))
        agree = [each for each in answers if each.verdict and each.verdict.label == outcome.label]
        last = next(reversed(agree or answers), None)
        shown = pred_prob if last is None or isnan(last.pred_prob) else last.pred_prob
        who, when = tuple(each.reviewer for each in agree), None if last is None else last.at
        score = nan if last is None else last.score
        found.append(Change(item, tag, given, outcome.label, who, when, shown, score, outcome.confidence))
    return found


def habits(dataset: Dataset, verdicts: Verdicts, known: Known = NOTHING_KNOWN) -> dict[str, Habits]:
    """What Dawid–Skene says of each reviewer. Known and adjudicated cells count as true."""
    answered = _answered(dataset, verdicts)
    fit, names, answers = _fitted(dataset, answered, known)
    truth, said = np.zeros((len(names), 2)), np.zeros((len(names), 3))
    for cell, who, what in answers:
        truth[who] += 1 - fit.present[cell], fit.present[cell]
        said[who, what] += 1
    found = {}
    for at, name in enumerate(names):
        count, share = int(said[at].sum()), truth[at] / truth[at].sum()
        right = fit.habits[at, 0, 0], fit.habits[at, 1, 1]
        certain = said[at, :2].sum()
        bias = said[at, 1] / certain - share[1] if certain else nan
        accuracy = float(share @ np.array(right))
        found[name] = Habits(count, float(right[1]), float(right[0]), accuracy, float(said[at, 2] / count), float(bias))
    return found


def disputed(verdicts: Verdicts) -> dict[Cell, list[Decision]]:
    """Cells on which reviewers say different things and no adjudicator has decided: their answers, oldest first.

    Yes against no first, then certain against unsure.
    """
    open_, doubtful = dict[Cell, list[Decision]](), dict[Cell, list[Decision]]()
    for cell, newest in verdicts.opinions():
        said = {each.verdict for each in newest.values()}
        if len(said) > 1 and adjudication(verdicts.about(*cell)) is None:
            answers = list(newest.values())
            (open_ if {Verdict.PRESENT, Verdict.ABSENT} <= said else doubtful)[cell] = answers
    return open_ | doubtful


def adjudicated(verdicts: Verdicts) -> list[Cell]:
    """The cells that an adjudicator has decided."""
    return [cell for cell in verdicts.settled if adjudication(verdicts.about(*cell)) is not None]


def adjudication(standing: list[Decision]) -> Decision | None:
    """The newest standing decision of an adjudicator among the verdicts on a cell."""
    return next((each for each in reversed(standing) if each.screen == ADJUDICATE), None)


def _answered(dataset: Dataset, verdicts: Verdicts) -> dict[int, list[Decision]]:
    """Standing verdicts of the data set's answered cells, oldest first."""
    cells = [cell for cell in verdicts.settled if _has(dataset, cell)]
    return {dataset.cell(*cell): verdicts.about(*cell) for cell in cells}


def _has(dataset: Dataset, cell: Cell) -> bool:
    try:
        dataset.cell(*cell)
    except NotFound:
        return False
    return True


def _by_reviewer(standing: list[Decision]) -> list[Decision]:
    newest = dict[str, Decision]()
    for each in standing:
        newest.pop(each.reviewer, None)  # so that the order is that of the newest answers
        newest[each.reviewer] = each
    return list(newest.values())


def _share(standing: list[Decision], label: int) -> float:
    labels = [each.verdict.label for each in _by_reviewer(standing) if each.verdict]
    return labels.count(label) / len(labels)


def _newest(standing: list[Decision]) -> Outcome:
    label = _label(standing[-1])
    return Outcome(label, _share(standing, label))


def _majority(standing: list[Decision]) -> Outcome:
    labels = [_label(each) for each in _by_reviewer(standing)]
    yes, no = labels.count(PRESENT), labels.count(ABSENT)
    label = UNKNOWN if yes == no else PRESENT if yes > no else ABSENT
    return Outcome(label, _share(standing, label))


def _adjudicated(standing: list[Decision]) -> Outcome:
    word = adjudication(standing)
    labels = {_label(each) for each in _by_reviewer(standing)}
    label = _label(word) if word else labels.pop() if len(labels) == 1 else UNKNOWN
    return Outcome(label, _share(standing, label))


SIMPLE: dict[str, Callable[[list[Decision]], Outcome]] = {
    NEWEST: _newest,
    "majority": _majority,
    "adjudicated": _adjudicated,
}


def _label(decision: Decision) -> int:
    return decision.verdict.label if decision.verdict else UNKNOWN


def _weighed(dataset: Dataset, answered: Mapping[int, list[Decision]], known: Known) -> dict[int, Outcome]:
    fit, _names, _answers = _fitted(dataset, answered, known)
    found = {}
    for (place, standing), present in zip(answered.items(), fit.present.tolist(), strict=True):
        certain = any(_label(each) != UNKNOWN for each in standing)
        label = (PRESENT if present >= 0.5 else ABSENT) if certain else UNKNOWN
        found[place] = Outcome(label, max(present, 1 - present))
    return found


def _fitted(
    dataset: Dataset, answered: Mapping[int, list[Decision]], known: Known
) -> tuple[Fit, list[str], list[tuple[int, int, int]]]:
    """The fit, the reviewers, and the answers as (cell, reviewer, answer); cells in the order of `answered`."""
    names: dict[str, int] = {}
    answers, truth = [], np.full(len(answered), nan)
    given = dataset.given(np.array(list(answered), np.int64)).astype(np.int64) + 1
    for cell, (place, standing) in enumerate(answered.items()):
        word = adjudication(standing)
        label = known.get(dataset.at(place), _label(word) if word else UNKNOWN)
        truth[cell] = nan if label == UNKNOWN else label
        own = _by_reviewer([each for each in standing if each.screen != ADJUDICATE])
        answers += [
            (cell, names.setdefault(each.reviewer, len(names)), CODES[each.verdict]) for each in own if each.verdict
        ]
    cells, who, what = np.array(answers, np.int64).reshape(-1, 3).T
    return dawid_skene(cells, who, what, given, truth), list(names), answers
