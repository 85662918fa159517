"""`RulingLog`: the append-only log of what meetings decide about tags, in the database of the decision log."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from labelreview.rulings import Kind, Ruling
from labelreview.store.database import Database
from labelreview.store.tables import rulings


class RulingLog:
    """The rulings of all projects behind one database. Lives as long as the decision log that it came from."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, project: str, events: Sequence[Ruling], check: Callable[[Sequence[Ruling]], None]) -> None:
        """Store rulings in this order, all or none.

        `check` is given all rulings of the project up to these, inside the transaction and its lock: what it refuses
        by raising is not stored, whoever else decides at the same moment.
        """
        with self._database.writing("written", lock=f"rulings {project}") as (connection, now):
            stored = [_ruling(row) for row in connection.execute(_of(project)).mappings()]
            check([*stored, *events])
            connection.execute(sa.insert(rulings), [{**_row(project, event), "recorded_at": now} for event in events])

    def read(self, project: str, *, after: int = 0) -> list[Ruling]:
        """The project's rulings with a `seq` above `after`, in the order they were stored."""
        with self._database.reading() as connection:
            return [_ruling(row) for row in connection.execute(_of(project, after)).mappings()]


def _of(project: str, after: int = 0) -> sa.Select[Any]:
    kept = sa.select(rulings).where(rulings.c.project == project, rulings.c.seq > after)
    return kept.order_by(rulings.c.seq)


def _row(project: str, event: Ruling) -> dict[str, Any]:
    return {
        "uid": event.uid,
        "project": project,
        "kind": event.kind.value,
        "tags": json.dumps(event.tags),
        "value": json.dumps(dict(event.value)),
        "reviewer": event.by,
        "at": event.at,
        "why": event.why,
        "undoes": event.undoes,
    }


def _ruling(row: sa.RowMapping) -> Ruling:
    shape = {name: row[name] for name in ("uid", "at", "why", "undoes", "seq", "recorded_at")}
    tags, value = tuple(json.loads(row["tags"])), json.loads(row["value"])
    return Ruling(kind=Kind(row["kind"]), by=row["reviewer"], tags=tags, value=value, **shape)
