"""The model before the verdicts: where they fall on its scores, and whether its probabilities keep their word.

Verdicts went to what was suspicious, so their plain share in a bin misleads; `reliability` weighs by the random audit.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from labelreview.decisions import Direction
from labelreview.desk.project import Project
from labelreview.desk.triage.figures import Triage
from labelreview.review import estimates
from labelreview.review.estimates import ErrorRate, Estimate

Ints = npt.NDArray[np.int64]

BINS, STEPS, BLOCK = 25, 10, 20_000


@dataclass(frozen=True)
class Histogram:
    """Cells by label quality (the recipe's score, low = likely wrong): all, found right, found wrong. (BINS,) each."""

    edges: npt.NDArray[np.float64]
    cells: Ints
    right: Ints
    wrong: Ints


@dataclass(frozen=True)
class Step:
    """Cells whose predicted probability is in [low, high): its mean, and the share that truly has the tag.

    `asked`, `plain`: verdicts among them, and the plain share of these that says present (biased: nan without any).
    """

    low: float
    high: float
    cells: int
    mean: float
    present: Estimate
    asked: int
    plain: float


def quality_bin(project: Project, cells: Ints) -> Ints:
    """The histogram's bin of some cells (flat positions)."""
    scores = project.orders.scores("recipe")
    return _binned(np.ravel(scores)[project.dataset.grid.slots(cells)], BINS)


def histogram(project: Project) -> Histogram:
    """Where the verdicts fall on the scores."""
    scores = project.orders.scores("recipe")

    def counted() -> Ints:
        counts = np.zeros(BINS, np.int64)
        for start in range(0, len(scores), BLOCK):
            block = np.ravel(scores[start : start + BLOCK])
            counts += np.bincount(_binned(block[~np.isnan(block)], BINS), minlength=BINS)
        return counts

    settled = project.standing()
    bins = quality_bin(project, settled.cells)
    right, wrong = (np.bincount(bins[chosen], minlength=BINS)[:BINS] for chosen in
                    (settled.certain & ~settled.wrong, settled.wrong))  # fmt: skip
    return Histogram(np.linspace(0, 1, BINS + 1), project.folder.kept("quality-counts", counted), right, wrong)


def probability_step(project: Project, cells: Ints) -> Ints:
    """The reliability diagram's step of some cells (flat positions)."""
    return _binned(project.dataset.scored(cells), STEPS)


def reliability(project: Project, found: Triage) -> list[Step]:
    """Whether probabilities keep their word: those of the model against what is true, by steps of a tenth."""
    evidence, labels, probs = found.evidence, project.dataset.judged, project.dataset.pred_probs

    def steps_of(slots: slice) -> Ints:
        return _binned(np.nan_to_num(np.ravel(probs)[slots]), STEPS)

    totals = project.folder.kept("probability-steps", lambda: project.audit.totals_of(steps_of, STEPS))
    means = project.folder.kept("probability-means", lambda: _means(labels, probs))
    step = probability_step(project, evidence.cells)
    wrong, missing = (estimates.by_domain(evidence, step, totals, side) for side in Direction)
    present = np.where(evidence.absent[evidence.strata], evidence.wrong, ~evidence.wrong)
    asked, said = np.bincount(step, minlength=STEPS), np.bincount(step, present, STEPS)
    plain = np.where(asked > 0, said / np.maximum(asked, 1), np.nan)
    edges, truth = np.linspace(0, 1, STEPS + 1).tolist(), map(_truly_present, wrong, missing)
    cells = (one.cells + other.cells for one, other in zip(wrong, missing, strict=True))
    rows = zip(edges, edges[1:], cells, means.tolist(), truth, asked.tolist(), plain.tolist(), strict=False)
    return [Step(*row) for row in rows]


def _truly_present(wrong: ErrorRate, missing: ErrorRate) -> Estimate:
    """(given present - wrong + missing) / cells; the intervals joined as in `noise.turned` (MOVER)."""
    cells, away, come = wrong.cells + missing.cells, wrong.errors, missing.errors
    if not cells:
        return Estimate(np.nan, np.nan, np.nan)
    value = (wrong.cells - away.value + come.value) / cells
    if np.isnan(value):  # chance asked nothing on one side: no value, but a range
        ends = ((wrong.cells - out + into) / cells for out, into in ((away.high, come.low), (away.low, come.high)))
        return Estimate(value, *(float(np.clip(end, 0, 1)) for end in ends))
    below = np.hypot(away.high - away.value, come.value - come.low) / cells
    above = np.hypot(away.value - away.low, come.high - come.value) / cells
    return Estimate(value, max(0.0, value - float(below)), min(1.0, value + float(above)))


def _means(labels: npt.NDArray[np.int8], probs: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    count, total = np.zeros(STEPS), np.zeros(STEPS)
    for start in range(0, len(probs), BLOCK):
        block = np.ravel(probs[start : start + BLOCK])[np.ravel(labels[start : start + BLOCK]) >= 0]
        step = _binned(block, STEPS)
        count += np.bincount(step, minlength=STEPS)
        total += np.bincount(step, block, STEPS)
    with np.errstate(invalid="ignore"):
        return np.asarray(total / count)


def _binned(values: npt.NDArray[np.floating], bins: int) -> Ints:
    edges = (np.arange(1, bins) / bins).astype(np.float32)  # those that a queue's range has (`worklist.between`)
    return np.asarray(np.searchsorted(edges, np.nan_to_num(values), side="right"), np.int64)
