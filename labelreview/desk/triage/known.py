"""Which numbers of a table say something. Where an interval spans more than half of all that could be, words stand in
its place, on the page and in the report; files (CSV, JSON) keep the numbers.
"""

from math import nan

from labelreview.desk.triage.tables import SHARES, Row
from labelreview.desk.triage.words import NOT_KNOWN, says_nothing, says_too_much
from labelreview.review.estimates import Estimate

# Counts that rest on a share: where that says nothing, they do not either.
RESTS_ON = {"errors_left": "rate", "wrong_before": "rate_after", "wrong_after": "rate_after"}


def unknown(row: Row, column: str) -> bool:
    """Whether the interval of a column says nothing.

    >>> unknown({"rate": 0.0, "rate_low": 0.0, "rate_high": 0.98}, "rate")
    True
    """
    share = RESTS_ON.get(column, column)
    low, high = row.get(f"{share}_low"), row.get(f"{share}_high")
    if share not in SHARES or not isinstance(low, float) or not isinstance(high, float):
        return False
    return says_nothing(Estimate(low, low, high))


def in_words(row: Row) -> str:
    """What stands in place of an interval that says nothing.

    >>> in_words({"tag": "hat", "audited": 3}), in_words({"tag": "hat"})
    ('not yet known: 3 drawn', 'not yet known')
    """
    return f"{NOT_KNOWN}: {row['audited']:,} drawn" if "audited" in row else NOT_KNOWN


def ranges_alone(row: Row) -> bool:
    """Whether one number would say too much, and the ranges are told alone."""
    counts = [each for name in ("audited", "answered", "cells") if isinstance(each := row.get(name), int)]
    ends = (row.get("errors_left"), row.get("errors_left_low"))
    left, low = (each if isinstance(each, float) else nan for each in ends)
    return len(counts) == 3 and says_too_much(counts[0], counts[1], counts[2], left, low)


def told(row: Row) -> Row:
    """A row without the numbers that say nothing, and without those that say too much."""
    gone = {f"{name}{end}" for name in row if unknown(row, name) for end in ("", "_low", "_high")}
    if ranges_alone(row):
        gone |= {name for name in row if f"{name}_low" in row}
    return {name: None if name in gone else value for name, value in row.items()}
