"""What confident learning says about the data set as a whole: by tag, by kind of error, and in one number.

Direction: `quality` and `score` are high = good. "Wrong": given present, flagged; "missing": given absent, flagged.
Unknown cells are outside every count, and so are items without a known cell. Shares are of the known cells of the tag,
as in cleanlab's `common_multilabel_issues`, `rank_classes_by_multilabel_quality` and `overall_multilabel_health_score`.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from labelreview.scoring.arrays import Counts, Float64s, checked
from labelreview.scoring.confident import find_item_issues, find_label_issues
from labelreview.tags import ABSENT, PRESENT, UNKNOWN


class CommonIssues(NamedTuple):
    """Both kinds of error of every tag, most frequent first: (2K,) each. `given` is 1 for wrong, 0 for missing."""

    tag: Counts
    given: Counts
    flagged: Counts
    share: Float64s


class Health(NamedTuple):
    """The table by tag, (K,) each; the common issues; the share of items without an issue (NaN if none is known)."""

    known: Counts
    present: Counts
    wrong: Counts
    missing: Counts
    wrong_share: Float64s
    missing_share: Float64s
    quality: Float64s
    common: CommonIssues
    score: float


def health(labels: npt.ArrayLike, pred_probs: npt.ArrayLike, filter_by: str = "prune_by_noise_rate") -> Health:
    """The table of issues by tag, the common issues, and the health score in [0, 1].

    Raises InputError for unusable matrices and unknown filters. A tag without known cells has NaN shares.

    >>> found = health([[1, 0], [1, 1], [0, 1], [0, 0]], np.array([[0.9, 0.1], [0.2, 0.9], [0.1, 0.8], [0.3, 0.2]]))
    >>> found.wrong, found.missing, found.score
    (array([1, 0]), array([0, 0]), 0.75)
    """
    known, probs = checked(labels, pred_probs)
    issues = find_label_issues(known, probs, filter_by)
    total = np.count_nonzero(known != UNKNOWN, axis=0)
    wrong = np.count_nonzero(issues & (known == PRESENT), axis=0)
    missing = np.count_nonzero(issues & (known == ABSENT), axis=0)
    with np.errstate(invalid="ignore"):
        wrong_share, missing_share = wrong / total, missing / total
    items = (known != UNKNOWN).any(axis=1)
    flagged = np.count_nonzero(find_item_issues(known, probs, filter_by)[items])
    score = float(1 - flagged / np.count_nonzero(items)) if items.any() else float("nan")
    present = np.count_nonzero(known == PRESENT, axis=0)
    common = _common(np.stack([wrong, missing], axis=1), np.stack([wrong_share, missing_share], axis=1))
    return Health(total, present, wrong, missing, wrong_share, missing_share, 1 - wrong_share, common, score)


def _common(counts: Counts, shares: Float64s) -> CommonIssues:
    order = np.argsort(-np.nan_to_num(shares.ravel(), nan=-1.0), kind="stable")
    return CommonIssues(order // 2, 1 - order % 2, counts.ravel()[order], shares.ravel()[order])
