"""Small things that many tests make."""

import itertools
from datetime import UTC, datetime

from labelreview.decisions import Decision, Verdict

_count = itertools.count()


def decision(item: str, tag: str, verdict: Verdict | None = None, reviewer: str = "ann", **fields: object) -> Decision:
    """A decision with a fresh uid; a verdict, or an undo or a flag by its fields."""
    uid = str(fields.pop("uid", f"uid-{next(_count):08d}"))
    return Decision(uid, item, tag, reviewer, datetime(2026, 1, 2, tzinfo=UTC), verdict, **fields)  # type: ignore[arg-type]
