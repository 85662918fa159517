"""Confident learning, tag by tag: which labels contradict a model that is confident by its own standard.

Each tag is a problem of two classes, absent (0) and present (1). Arrays of counts and rates are (K, 2, 2), indexed
[tag, given, true] unless said otherwise. Unknown cells are outside every count and never flagged.

Reference: Northcutt, Jiang, Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels" (JAIR 2021),
sections 3 and 4, applied to each tag as in Thyagarajan et al. 2022. Results are those of cleanlab 2.9 in every cell,
which fixes four rules that the paper leaves open: probabilities within 1e-6 of a threshold reach it, a cell that
reaches both thresholds goes to the likelier class (absent in a tie), every class keeps one label, and cells whose given
label is within 1e-6 of being the likelier one are not flagged. Where a cut falls between equal probabilities, numpy's
argsort chooses, as there; a tag that every item has (where cleanlab gives up) is answered like a tag that none has.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from labelreview.errors import InputError
from labelreview.scoring.arrays import Counts, Float64s, Floats, Mask, checked, turned
from labelreview.scoring.paper import self_confidence
from labelreview.scoring.pooling import ema
from labelreview.tags import ABSENT, PRESENT, Labels

NEAR = 1e-6
NOBODY_IS_CONFIDENT = 2.0
TAGS_AT_ONCE = 16

Places = npt.NDArray[np.int64]


class Side(NamedTuple):
    """The cells of one tag with one given label: their rows, p(given) and p(other), and how many others there are."""

    label: int
    rows: Places
    given: Floats
    other: Floats

    @property
    def prefers_other(self) -> Mask:
        """The other label is the likelier one; a tie goes to absent."""
        return self.other > self.given if self.label == ABSENT else self.other >= self.given

    @property
    def clearly_other(self) -> Mask:
        """The other label is likelier by more than 1e-6, in the type of the probabilities."""
        near = self.given + self.given.dtype.type(NEAR)
        return near < self.other if self.label == ABSENT else near <= self.other


class Tag(NamedTuple):
    """One tag: its two sides, and by class the thresholds (2,), the counts [given, true] and the confidently other."""

    sides: tuple[Side, Side]
    thresholds: Float64s
    confident: Counts
    calibrated: Counts
    suspects: tuple[Mask, Mask]


class NoiseMatrices(NamedTuple):
    """prior [tag, true] = p(true), noise [tag, given, true] = p(given | true), inverse [tag, true, given]."""

    prior: Float64s
    noise: Float64s
    inverse: Float64s


def confident_thresholds(labels: npt.ArrayLike, pred_probs: npt.ArrayLike) -> Float64s:
    """(K, 2): the mean probability of absent (present) over the cells given so; 2, out of reach, where there are none.

    >>> confident_thresholds([[1], [1], [0]], np.array([[0.9], [0.7], [0.2]]))
    array([[0.8, 0.8]])
    """
    known, probs = checked(labels, pred_probs)
    return np.array([tag.thresholds for tag in _tags(known, probs)]).reshape(-1, 2)


def confident_joint(labels: npt.ArrayLike, pred_probs: npt.ArrayLike, *, calibrated: bool = True) -> Counts:
    """(K, 2, 2) int64: cells given i that are confidently j; calibrated: the row totals are those of the given labels.

    >>> confident_joint([[1], [1], [0], [0]], np.array([[0.9], [0.2], [0.1], [0.3]]))
    array([[[2, 0],
            [1, 1]]])
    """
    known, probs = checked(labels, pred_probs)
    counts = [tag.calibrated if calibrated else tag.confident for tag in _tags(known, probs)]
    return np.array(counts, np.int64).reshape(-1, 2, 2)


def noise_matrices(labels: npt.ArrayLike, pred_probs: npt.ArrayLike) -> NoiseMatrices:
    """What the calibrated joint says about the noise, both ways (cleanlab's `estimate_latent`, method "cnt").

    With weak models these rates come out up to 40 times too high: compare tags by them, do not take them as rates.

    >>> noise_matrices([[1], [1], [0], [0]], np.array([[0.9], [0.2], [0.1], [0.3]])).noise.round(2)
    array([[[0.67, 0.  ],
            [0.33, 1.  ]]])
    """
    joint = confident_joint(labels, pred_probs).astype(np.float64)
    of_true, of_given = joint.sum(axis=1), joint.sum(axis=2)
    noise = joint / np.maximum(of_true, 1e-100)[:, None, :]
    inverse = joint.swapaxes(1, 2) / np.maximum(of_given, 1e-100)[:, None, :]
    share = of_given / np.maximum(of_given.sum(axis=1, keepdims=True), 1)
    both = np.arange(2)
    prior = np.clip(inverse[:, both, both] / np.maximum(noise[:, both, both], 1e-100) * share, NEAR, 1)
    return NoiseMatrices(prior / prior.sum(axis=1, keepdims=True), _rates(noise), _rates(inverse))


def find_label_issues(labels: npt.ArrayLike, pred_probs: npt.ArrayLike, filter_by: str = "prune_by_noise_rate") -> Mask:
    """Which cells confident learning takes for wrong: bool (N, K), equal to cleanlab's in every cell.

    `filter_by` is a name in FILTERS. Raises InputError for other names and for unusable matrices.

    >>> find_label_issues([[1], [1], [0], [0]], np.array([[0.9], [0.2], [0.1], [0.3]])).ravel()
    array([False,  True, False, False])
    """
    flagged = filter_of(filter_by)
    known, probs = checked(labels, pred_probs)
    issues = np.zeros((probs.shape[1], probs.shape[0]), np.bool_)
    for column, tag in enumerate(_tags(known, probs)):
        flagged(tag, issues[column])
    return turned(issues)


def find_item_issues(labels: npt.ArrayLike, pred_probs: npt.ArrayLike, filter_by: str = "prune_by_noise_rate") -> Mask:
    """Which items have a wrong label: bool (N,), as cleanlab pools it over the tags.

    That is any flagged cell; for the two "low" filters, as many items of lowest EMA as "confident_learning" flags.
    """
    if filter_of(filter_by) not in (_low_margin, _low_confidence):
        return np.asarray(find_label_issues(labels, pred_probs, filter_by).any(axis=1))
    count = np.count_nonzero(find_label_issues(labels, pred_probs, "confident_learning").any(axis=1))
    scores = ema(self_confidence(*checked(labels, pred_probs)))
    issues = np.zeros(len(scores), np.bool_)
    issues[np.argsort(scores)[:count]] = True
    return issues


def filter_of(name: str) -> Callable[[Tag, Mask], None]:
    """A row of FILTERS; InputError for other names."""
    if name not in FILTERS:
        raise InputError(f"filter_by: there is no '{name}'. Choose one of {', '.join(FILTERS)}.")
    return FILTERS[name]


def _tags(labels: Labels, probs: Floats) -> Iterator[Tag]:
    """One tag after the other; columns are copied 16 at a time, because a row's neighbours share a cache line."""
    for first in range(0, probs.shape[1], TAGS_AT_ONCE):
        some = slice(first, first + TAGS_AT_ONCE)
        for column, label in zip(turned(probs[:, some]), turned(labels[:, some]), strict=True):
            yield tag_of(side(column, label, ABSENT), side(column, label, PRESENT))


def side(column: Floats, label: npt.NDArray[np.int8], given: int) -> Side:
    """The cells of a tag that are given so, from its probabilities and labels."""
    rows = np.flatnonzero(label == given)
    present = column.take(rows)
    absent = 1 - present
    return Side(given, rows, absent, present) if given == ABSENT else Side(given, rows, present, absent)


def tag_of(absent: Side, present: Side) -> Tag:
    """A tag from its two sides: thresholds and confident joint."""
    limits = _threshold(absent.given), _threshold(present.given)
    sure_absent, other_absent = _confident(absent, limits[0], limits[1])
    sure_present, other_present = _confident(present, limits[1], limits[0])
    joint = np.array(
        [[max(sure_absent, 1), np.count_nonzero(other_absent)], [np.count_nonzero(other_present), max(sure_present, 1)]]
    )
    calibrated = _calibrated(joint, len(absent.rows), len(present.rows))
    return Tag((absent, present), np.array(limits, np.float64), joint, calibrated, (other_absent, other_present))


def _threshold(given: Floats) -> np.floating:
    """In the type of the probabilities, whose rounding decides whether a cell reaches it."""
    kind = given.dtype.type
    return np.maximum(given.mean(), kind(2 * NEAR)) if len(given) else kind(NOBODY_IS_CONFIDENT)


def _confident(side: Side, own: np.floating, others: np.floating) -> tuple[int, Mask]:
    """How many cells are confidently as given, and which are confidently the other."""
    kind = side.given.dtype.type
    as_given, as_other = side.given >= own - kind(NEAR), side.other >= others - kind(NEAR)
    as_other &= ~as_given | side.prefers_other
    return int(np.count_nonzero(as_given & ~as_other)), as_other


def _calibrated(joint: Counts, absent: int, present: int) -> Counts:
    """Rows scaled to the counts of the given labels, then rounded so that each row keeps its total.

    The order of the operations is cleanlab's, because halves are rounded.
    """
    counts = np.array([absent, present])
    scaled = (joint.T.copy() / joint.sum(axis=1) * counts).T
    scaled = scaled / max(np.sum(scaled), 1e-100) * (absent + present)
    return np.array([_rounded(*row) for row in scaled.tolist()], np.int64)


def _rounded(first: float, second: float) -> tuple[int, int]:
    """Both rounded; if that misses the rounded sum, the one that is furthest from its float gives way."""
    low, high = round(first), round(second)
    missing = round(first + second) - low - high
    low_over, high_over = low - first, high - second
    second_gives = high_over <= low_over if missing > 0 else high_over > low_over
    return (low, high + missing) if second_gives else (low + missing, high)


def _noise_rate(tag: Tag, issues: Mask) -> None:
    """As many as the joint counts off the diagonal, those of largest margin of the other label over the given one."""
    for side, (own, other) in zip(tag.sides, _own_and_other(tag.calibrated), strict=True):
        if len(side.rows) > 1:
            keys = side.given - side.other
            issues[side.rows.take(_worst(keys, other - (own == 0), side.clearly_other))] = True


def _by_class(tag: Tag, issues: Mask) -> None:
    """As many as the joint does not count on the diagonal, those of lowest probability of the given label."""
    for side, (own, _) in zip(tag.sides, _own_and_other(tag.calibrated), strict=True):
        if len(side.rows) > 1:
            count = len(side.rows) - max(own, 1)
            issues[side.rows.take(_worst(side.given, count, side.clearly_other))] = True


def _both(tag: Tag, issues: Mask) -> None:
    """What both prune_by_noise_rate and prune_by_class flag."""
    by_class = np.zeros_like(issues)
    _noise_rate(tag, issues)
    _by_class(tag, by_class)
    issues &= by_class


def _off_diagonal(tag: Tag, issues: Mask) -> None:
    """The cells that the confident joint counts off the diagonal."""
    for side, suspects in zip(tag.sides, tag.suspects, strict=True):
        issues[side.rows.take(np.flatnonzero(suspects & side.clearly_other))] = True


def _predicted_other(tag: Tag, issues: Mask) -> None:
    """The cells whose likelier label is the other one."""
    for side in tag.sides:
        issues[side.rows.take(np.flatnonzero(side.clearly_other))] = True


def _low_confidence(tag: Tag, issues: Mask) -> None:
    """As many as confident_learning flags, those of lowest self-confidence."""
    _lowest(tag, issues, [side.given for side in tag.sides])


def _low_margin(tag: Tag, issues: Mask) -> None:
    """As many as confident_learning flags, those of lowest normalised margin."""
    _lowest(tag, issues, [(side.given - side.other + 1) / 2 for side in tag.sides])


def _lowest(tag: Tag, issues: Mask, scores: list[Floats]) -> None:
    count = sum(int((s & side.clearly_other).sum()) for s, side in zip(tag.suspects, tag.sides, strict=True))
    rows = np.concatenate([side.rows for side in tag.sides])
    order = np.argsort(rows)
    keys: Floats = np.concatenate(scores)[order]
    issues[rows[order][_worst(keys, count, np.ones(len(keys), np.bool_))]] = True


def _own_and_other(joint: Counts) -> list[tuple[int, int]]:
    return [(int(joint[0, 0]), int(joint[0, 1])), (int(joint[1, 1]), int(joint[1, 0]))]


def _worst(keys: Floats, count: int, among: Mask) -> Places:
    """Of the `count` lowest keys, the places of those that are `among`, which are the lowest keys but for rounding.

    Places are gathered by `flatnonzero` and `take`: several times faster than by a mask.
    """
    places = np.flatnonzero(among)
    if count <= 0 or not len(places):
        return places[:0]
    candidates = keys.take(places)
    cut = candidates.max() if count >= len(places) else np.partition(candidates, count - 1)[count - 1]
    if np.count_nonzero(keys <= cut) <= count:
        return np.compress(candidates <= cut, places)
    lowest: Places = np.argsort(keys)[:count]  # equal keys on both sides of the cut
    kept: Places = lowest[among[lowest]]
    return kept


def _rates(matrix: Float64s) -> Float64s:
    """Off-diagonal entries at most 0.9999, then columns that sum to one."""
    clipped, both = np.clip(matrix, 0, 0.9999), np.arange(2)
    clipped[:, both, both] = matrix[:, both, both]
    rates: Float64s = clipped / np.maximum(clipped.sum(axis=1, keepdims=True), 1e-100)
    return rates


FILTERS: dict[str, Callable[[Tag, Mask], None]] = {
    "prune_by_noise_rate": _noise_rate,
    "prune_by_class": _by_class,
    "both": _both,
    "confident_learning": _off_diagonal,
    "predicted_neq_given": _predicted_other,
    "low_normalized_margin": _low_margin,
    "low_self_confidence": _low_confidence,
}
