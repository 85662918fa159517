"""The project as its decision log stood at an earlier moment: the log only grows, so that is its beginning.

A moment is None (now), a time (what the log had stored before it), or a number of events from the log's start.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from labelreview.decisions import Decision
from labelreview.desk.auditing import AUDIT
from labelreview.desk.project import Project
from labelreview.errors import InputError
from labelreview.review.audit import Evidence, answered
from labelreview.review.standing import Standing, standing
from labelreview.review.verdicts import Verdicts, fold

When = datetime | int | None
NOW, START = "now", "start"
TENTHS, KEPT = 10, 8


@dataclass(frozen=True)
class Moment:
    """What held then. `title`: as people say it; `seq`: of the last event in it, 0 before the first."""

    title: str
    seq: int
    settled: Standing
    evidence: Evidence


def when(text: str) -> When:
    """A moment as it is written: `now`, `start`, a day (its end, UTC), a day and a time (UTC, where it says no other
    offset), or a number of events. InputError for anything else.

    >>> when("2026-11-03"), when("250"), when("now"), when("2026-11-03T14:30+02:00").hour
    (datetime.datetime(2026, 11, 4, 0, 0, tzinfo=datetime.timezone.utc), 250, None, 12)
    """
    text = text.strip()
    if text in (NOW, START) or text.isdecimal():
        return None if text == NOW else int(text) if text.isdecimal() else 0
    try:
        if len(text) <= len("2026-11-03"):
            return datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), UTC)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise InputError(f"'{text[:60]}' is no moment. Give a day (2026-11-03: its end), a day and a time "
                         "(2026-11-03T14:30, UTC), a number of events, start or now.") from None  # fmt: skip
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def moment(project: Project, at: When) -> Moment:
    """The project at a moment; a time to come is now. An earlier one is folded anew from the log, which takes
    seconds where there are 100,000 events, and kept, since it does not change any more."""
    if _is_now(at):
        return Moment(said(at), project.verdicts().seq, project.standing(), project.evidence())
    return _folded(project, at)


def settled(project: Project, at: When) -> Standing:
    """What was settled at a moment, without its estimates."""
    return project.standing() if _is_now(at) else moment(project, at).settled


def is_to_come(at: When) -> bool:
    """Whether a moment is a time that has not been yet."""
    return isinstance(at, datetime) and at > datetime.now(UTC)


def _is_now(at: When) -> bool:
    return at is None or is_to_come(at)


@lru_cache(KEPT)
def _folded(project: Project, at: datetime | int) -> Moment:
    data, verdicts, audit = project.dataset, Verdicts(), project.audit.afresh()
    settled = dict[int, Decision]()
    seen = list(fold(verdicts, data, until(project.verdicts().events, at)))
    for each in seen:
        if each.holds:
            settled[each.place] = each.holds
        else:
            settled.pop(each.place, None)
    audit.mark_all([(each.place, each.done) for each in seen])
    columns = standing(settled, data.labels, AUDIT, data.grid)
    return Moment(said(at), verdicts.seq, columns, audit.evidence(answered(data, columns, verdicts.flags)))


def until(log: Sequence[Decision], at: datetime | int) -> Sequence[Decision]:
    """The log through its last event that was stored before a time, or its first so many events."""
    if isinstance(at, int):
        return log[:at]
    return log[: next((n for n in range(len(log), 0, -1) if (t := log[n - 1].recorded_at) is None or t < at), 0)]


def written(at: When) -> str:
    """A moment as `when` reads it."""
    return NOW if at is None else str(at) if isinstance(at, int) else at.isoformat()


def said(at: When) -> str:
    """A moment in words.

    >>> said(None), said(0), said(when("2026-11-03")), said(when("2026-11-03T14:30"))
    ('now', 'before the first verdict', 'end of 2026-11-03', '2026-11-03 14:30 UTC')
    """
    if at is None:
        return NOW
    if isinstance(at, int):
        return f"after {at:,} events" if at else "before the first verdict"
    if at.time() == time() and at.utcoffset() == timedelta(0):
        return f"end of {at - timedelta(days=1):%Y-%m-%d}"
    return f"{at:%Y-%m-%d %H:%M} UTC"


def choices(project: Project) -> dict[str, When]:
    """Moments worth a look, oldest first, now the last: the days with verdicts; hours where there is one day alone;
    tenths of the log where there is one hour alone."""
    times = [each.recorded_at for each in project.verdicts().settled.values() if each.recorded_at]
    for step in (timedelta(days=1), timedelta(hours=1)):
        ends = Counter(_floor(each, step) + step for each in times)
        if len(ends) > 1:
            return _titled([0, *sorted(ends)[:-1], None])
    events = len(times)
    tenths = sorted({events * at // TENTHS for at in range(1, TENTHS)} - {0})
    return _titled([0, *tenths, None])


def _titled(moments: Iterable[When]) -> dict[str, When]:
    return {said(each)[0].upper() + said(each)[1:]: each for each in moments}


def _floor(at: datetime, step: timedelta) -> datetime:
    day = datetime.combine(at.astimezone(UTC).date(), time(), UTC)
    return day + (at - day) // step * step
