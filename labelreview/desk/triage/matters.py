"""Does it matter? Each model's figures before and after the corrections, and what learning from them would give."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from labelreview.desk import predictions
from labelreview.desk.project import Project
from labelreview.errors import InputError
from labelreview.formats import Source
from labelreview.review import estimates
from labelreview.review.estimates import Impact
from labelreview.tags import Labels, Probs, TagMatrix


@dataclass(frozen=True)
class Model:
    """A model's figures on all cells and on the reviewed ones alone; `rank`: its place by macro AP on all cells, before
    and after."""

    name: str
    everywhere: Impact
    reviewed: Impact
    rank: tuple[int, int]


@dataclass(frozen=True)
class Learned:
    """A logistic head on embeddings, learned from given and from corrected labels; both judged by the corrected ones,
    each item by models that did not see it."""

    source: str
    gain: Impact
    changed: int


def corrected_labels(project: Project) -> Labels:
    """The given labels with the verdicts applied, (N, K)."""
    settled = project.standing()
    labels = np.array(project.dataset.labels)
    labels.reshape(-1)[project.dataset.grid.slots(settled.cells[settled.wrong])] = settled.label[settled.wrong]
    return labels


def leaderboard(project: Project) -> list[Model]:
    """Every model, best on corrected labels first; none of sparse data, where no tag has all its cells scored."""
    if project.dataset.grid.sparse:
        return []
    given, after, settled = np.asarray(project.dataset.judged), corrected_labels(project), project.standing()
    only = np.zeros(given.shape, bool)
    only.reshape(-1)[settled.cells[settled.certain]] = True
    found = [
        (name, estimates.impact(np.asarray(probs), given, after), _reviewed(np.asarray(probs), given, after, only))
        for name, probs in project.models.items()
    ]
    ranks = zip(*([getattr(each[1].macro_ap, end) for each in found] for end in ("given", "corrected")), strict=True)
    places = zip(*(estimates.ranks(values) for values in zip(*ranks, strict=True)), strict=True)
    board = [Model(*each, rank) for each, rank in zip(found, places, strict=True)]
    return sorted(board, key=lambda model: model.rank[1])


def _reviewed(probs: Probs, given: Labels, after: Labels, only: npt.NDArray[np.bool_]) -> Impact:
    rows = only.any(axis=1)  # the same figures from fewer rows
    return estimates.impact(probs[rows], given[rows], after[rows], only=only[rows])


def learned(project: Project, embeddings: Path, progress: predictions.Progress = predictions.nothing) -> Learned:
    """What a model learned from the corrections would gain. InputError where the embeddings do not fit the items."""
    data, after = project.dataset, corrected_labels(project)
    if data.grid.sparse:
        raise InputError("A head on embeddings is learned from all cells; this project is sparse.")
    source = Source(embeddings.name, embeddings.name, TagMatrix(data.ids, data.tags, data.labels))
    described = predictions.described(source, None, embeddings)
    before, later = predictions.learned_from(described, np.asarray(data.labels), after, progress=progress)
    return Learned(embeddings.name, estimates.gain(before, later, after), int((after != data.labels).sum()))
