"""Errors by source, by annotator, by any column of an items file, which is kept in the project's folder."""

from labelreview.formats.items import Column
from labelreview.project import Project
from labelreview.review import estimates
from labelreview.review.estimates import ErrorRate
from labelreview.triage.figures import Triage


def rates(project: Project, found: Triage, column: Column) -> list[ErrorRate]:
    """The error rate of each value of a column."""
    return estimates.by_items(project.audit, found.evidence, column.codes)
