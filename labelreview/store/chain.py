"""The hash chain over a project's events: each event's hash covers the event, its number, and the hash before it.

So an event that was altered, left out, put in or moved does not fit between its neighbours, and `chains` keeps the
newest link, so that the end cannot go missing unseen. What a chain alone cannot tell is that somebody with write access
made all of it anew: for that, keep a head (`number:hash`) elsewhere, and ask for it.

The form of a link is fixed for ever, since links that were made once have to be found again.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from labelreview.store.tables import chains, decisions

FIELDS = (
    "uid", "item", "tag", "verdict", "reviewer", "seconds", "at", "given", "pred_prob", "score", "screen", "note",
    "undoes", "recorded_at",
)  # fmt: skip
START = ""


@dataclass(frozen=True)
class Head:
    """The newest link of a chain: how many events it has, and the last one's hash."""

    number: int = 0
    hash: str = START

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


@dataclass(frozen=True)
class Verification:
    """What looking through a chain found. `problems` is empty when every event is as it was stored."""

    head: Head
    problems: tuple[str, ...]


def link(previous: str, project: str, number: int, row: Mapping[str, Any]) -> str:
    """The hash of an event (64 hexadecimal digits): SHA-256 over JSON, the same on every database."""
    covered = [previous, project, number, *(_plain(row[field]) for field in FIELDS)]
    return hashlib.sha256(json.dumps(covered, separators=(",", ":")).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
        return moment.isoformat(timespec="microseconds")
    return value + 0.0 if isinstance(value, float) else value  # SQLite keeps no -0.0


def head(connection: sa.Connection, project: str) -> Head:
    """Where a project's chain ends."""
    found = connection.execute(sa.select(chains.c.number, chains.c.hash).where(chains.c.project == project)).first()
    return Head(*found) if found else Head()


def linked(last: Head, project: str, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """New rows with their number and hash, in their order, after the last link."""
    for row in rows:
        last = Head(last.number + 1, link(last.hash, project, last.number + 1, row))
        row |= {"number": last.number, "hash": last.hash}
    return list(rows)


def verified(connection: sa.Connection, project: str, *, through: Head | None = None) -> Verification:
    """Look at every event of a project. `through`: a head that was noted earlier, which the chain must contain."""
    problems, last, seen = [], Head(), through is None or not through.number
    seq = 0
    for row in _rows(connection, project):
        if isinstance(row, str):
            problems.append(f"After event {last.number}: {row}")
            break
        problems += _misfit(last, seq, project, row)
        last, seq = Head(row["number"], row["hash"]), max(seq, row["seq"])
        seen = seen or last == through
    kept = head(connection, project)
    if kept != last:
        problems.append(_end(last, kept))
    if not seen:
        problems.append(f"The log does not go through {through}, which was its head once: it was made anew or cut off.")
    return Verification(kept, tuple(problems))


def _rows(connection: sa.Connection, project: str) -> Iterator[sa.RowMapping | str]:
    columns = (decisions.c[name] for name in ("seq", "number", "hash", *FIELDS))  # none that later revisions add
    query = sa.select(*columns).where(decisions.c.project == project).order_by(decisions.c.number, decisions.c.seq)
    try:
        yield from connection.execution_options(yield_per=1000).execute(query).mappings()
    except (ValueError, TypeError) as error:  # SQLite takes any text for a time
        yield f"a value of the next event is not of its kind ({error})."


def _misfit(last: Head, seq: int, project: str, row: sa.RowMapping) -> list[str]:
    name = f"Event {row['number']} ('{row['uid']}', {row['reviewer']} about '{row['tag']}' of '{row['item']}')"
    if row["number"] > last.number + 1:
        missing = f"{last.number + 1} to {row['number'] - 1}"
        found = [f"Events {missing} are missing before event {row['number']} ('{row['uid']}')."]
    elif row["number"] <= last.number:
        found = [f"{name} was put in: there is an event of that number already."]
    else:
        same = link(last.hash, project, row["number"], dict(row)) == row["hash"]
        found = [] if same else [f"{name} is not as it was stored, or the hash of the event before it is not."]
    if row["seq"] < seq:
        found.append(f"{name} stands before event {last.number} in the log: their order was changed.")
    return found


def _end(last: Head, kept: Head) -> str:
    if kept.number > last.number:
        return f"The log ends with event {last.number}, and {kept.number} were stored: the last ones are missing."
    return f"The log ends with event {last}, and its noted head is {kept}: they do not fit."
