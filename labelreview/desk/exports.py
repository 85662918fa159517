"""What a project gives back: corrected labels in the form they came in, changes, the decision log, rankings, issues.

Every function writes one file, whole or not at all, and refuses to overwrite unless told. The default export is
faithful to the letter; nothing here rounds labels or renames anything. `excel_safe` is for tables that go to a
spreadsheet: a text that would be run as a formula gets an apostrophe before it. `consensus` names the rule by which the
answers of several reviewers become one label (`review.consensus`).
"""

from pathlib import Path

import numpy as np

from labelreview import formats, scoring
from labelreview.desk.project import Project
from labelreview.formats.tables import Named, write_columns, write_csv
from labelreview.review import consistency
from labelreview.review.consensus import NEWEST
from labelreview.review.order import Cells, Scores, worst_first

CHANGES = ("id", "tag", "given", "corrected", "reviewers", "when", "pred_prob", "score", "confidence")
RANKING = ("id", "tag", "given", "pred_prob", "score")


def corrected_labels(
    project: Project, out: Path, *, consensus: str = NEWEST, close: bool = False, overwrite: bool = False
) -> int:
    """The labels file with the verdicts applied, in its own format. Gives the number of changed cells.

    close: where an item has a tag that implies others by agreed rules, it gets these too, whatever was said of them.
    """
    changed = {(c.item, c.tag): c.corrected for c in project.changes(consensus)}
    if close:
        changed |= consistency.closed(project.dataset, project.meeting.standing().rules, changed)
    source, form = project.folder.labels_source, project.card.labels_format
    formats.write_labels(source, out, form, changed, overwrite=overwrite)
    return len(changed)


def changed_cells(
    project: Project, out: Path, *, consensus: str = NEWEST, overwrite: bool = False, excel_safe: bool = False
) -> int:
    """One row a changed cell: what it was, what it is now, who said so, what they had been shown, how sure it is."""
    rows = [
        (
            *(c.item, c.tag, c.given, c.corrected, ";".join(c.reviewers), c.at.isoformat() if c.at else ""),
            *(c.pred_prob, c.score, round(c.confidence, 4)),
        )
        for c in project.changes(consensus)
    ]
    write_csv(out, CHANGES, rows, overwrite, excel_safe=excel_safe)
    return len(rows)


def decision_log(project: Project, out: Path, *, overwrite: bool = False, excel_safe: bool = False) -> int:
    """Every event, in the order it was stored."""
    return formats.decision_log.write(out, project.log(), overwrite=overwrite, excel_safe=excel_safe)


def ranking(
    project: Project, out: Path, *, by: str, limit: int | None = None, overwrite: bool = False, excel_safe: bool = False
) -> int:
    """The known cells by a cell scorer (`id,tag,given,pred_prob,score`), or the items by a pooler (`id,score`).

    Worst first; all of them, or the first `limit`.
    """
    labels, pred_probs, grid = project.dataset.judged, project.dataset.pred_probs, project.dataset.grid
    if by in scoring.SCORERS:
        scores = scoring.cell_scores(labels, pred_probs, scorer=by, grid=grid)
        order = worst_first(scores, labels, mix=False, limit=limit)
        _write_cells(project, out, order, scores, overwrite, excel_safe)
    else:
        scores = scoring.item_scores(labels, pred_probs, scorer=by, grid=grid)
        order = np.argsort(scores, kind="stable")[: np.count_nonzero(~np.isnan(scores))][:limit]
        columns = (Named(list(project.dataset.ids), order), scores[order])
        write_columns(out, ("id", "score"), columns, overwrite, excel_safe=excel_safe)
    return len(order)


def label_issues(
    project: Project, out: Path, *, filter_by: str, overwrite: bool = False, excel_safe: bool = False
) -> int:
    """The cells that confident learning flags, worst self-confidence first."""
    labels, pred_probs, grid = project.dataset.judged, project.dataset.pred_probs, project.dataset.grid
    flagged = scoring.find_label_issues(labels, pred_probs, filter_by=filter_by, grid=grid)
    scores = np.where(flagged, scoring.cell_scores(labels, pred_probs, "self_confidence", grid=grid), np.nan)
    order = worst_first(scores, labels, mix=False)
    _write_cells(project, out, order, scores, overwrite, excel_safe)
    return len(order)


def _write_cells(project: Project, out: Path, slots: Cells, scores: Scores, overwrite: bool, excel_safe: bool) -> None:
    """The cells of some slots, in this order."""
    data = project.dataset
    rows, tags = np.divmod(data.grid.cells(slots), len(data.tags))
    labels, pred_probs, found = np.ravel(data.labels), np.ravel(data.pred_probs), np.ravel(scores)
    columns = (Named(list(data.ids), rows), Named(data.tags, tags), labels[slots], pred_probs[slots], found[slots])
    write_columns(out, RANKING, columns, overwrite, excel_safe=excel_safe)
