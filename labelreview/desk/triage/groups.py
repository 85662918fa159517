"""Errors by source, by annotator, by any column of an items file, which is kept in the project's folder."""

from labelreview.desk.project import Project
from labelreview.desk.triage.figures import Triage
from labelreview.formats.items import Column
from labelreview.review import estimates
from labelreview.review.estimates import ErrorRate


def rates(project: Project, found: Triage, column: Column) -> list[ErrorRate]:
    """The error rate of each value of a column."""
    return estimates.by_items(project.audit, found.evidence, column.codes)
