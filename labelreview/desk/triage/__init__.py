"""The triage meeting's figures of a project: how bad is it, where, how much is left, may we stop, and does it matter.

`figures` are the answer; `words` say it; `tables` are everything as rows; `behind` are the cells behind a mark;
`compared` puts two moments side by side, `exported` two files.
"""

from labelreview.desk.triage.behind import Behind, behind
from labelreview.desk.triage.figures import Triage, figures
from labelreview.desk.triage.shape import shape
from labelreview.desk.triage.tables import EXPLAINED, TABLES, Table, write_tables
from labelreview.desk.triage.words import (
    DASH,
    MOST_TAGS,
    count,
    errors_left,
    hours_to_target,
    is_told,
    left_sentence,
    lines,
    next_steps,
    percent,
    range_alone,
    sentence,
    span,
    stop_sentence,
    surest_first,
    unknown,
    verdicts_to_target,
)

__all__ = [
    "DASH", "EXPLAINED", "MOST_TAGS", "TABLES", "Behind", "Table", "Triage", "behind", "count", "errors_left",
    "figures", "hours_to_target", "is_told", "left_sentence", "lines", "next_steps", "percent", "range_alone",
    "sentence", "shape", "span", "stop_sentence", "surest_first", "unknown", "verdicts_to_target", "write_tables",
]  # fmt: skip
