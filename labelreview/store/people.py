"""`PeopleLog`: the append-only log of who was given which role, and the sign-ins that were ended."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from labelreview.roles import Appointment, Role
from labelreview.store.database import Database
from labelreview.store.tables import appointments, decisions, sign_outs

REMEMBERED = timedelta(days=31)  # longer than any sign-in is good for


class PeopleLog:
    """The people of all projects behind one database. Lives as long as the decision log that it came from."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(
        self, project: str, events: Sequence[Appointment], check: Callable[[Sequence[Appointment]], None]
    ) -> None:
        """Store appointments in this order, all or none.

        `check` is given all of the project up to these, inside the transaction and its lock: what it refuses by raising
        is not stored, whoever else appoints at the same moment.
        """
        with self._database.writing("written", lock=f"people {project}") as (connection, now):
            stored = _read(connection, project, 0)
            check([*stored, *events])
            connection.execute(
                sa.insert(appointments), [{**_row(project, event), "recorded_at": now} for event in events]
            )

    def read(self, project: str, *, after: int = 0) -> list[Appointment]:
        """The project's appointments with a `seq` above `after`, in the order they were stored."""
        with self._database.reading() as connection:
            return _read(connection, project, after)

    def last_activity(self, project: str) -> dict[str, tuple[int, datetime]]:
        """How many events of the decision log each reviewer has, and when the newest was stored."""
        columns = (decisions.c.reviewer, sa.func.count(), sa.func.max(decisions.c.recorded_at))
        query = sa.select(*columns).where(decisions.c.project == project).group_by(decisions.c.reviewer)
        with self._database.reading() as connection:
            return {name: (count, last) for name, count, last in connection.execute(query)}

    def end(self, sign_in: str) -> None:
        """Remember that a sign-in was ended, for as long as anything of it could still be sent."""
        with self._database.writing("written", lock="sign-outs") as (connection, now):
            connection.execute(sa.delete(sign_outs).where(sign_outs.c.at < now - REMEMBERED))
            if not _has_ended(connection, sign_in):
                connection.execute(sa.insert(sign_outs).values(sign_in=sign_in, at=now))

    def has_ended(self, sign_in: str) -> bool:
        """Whether a sign-in was ended."""
        with self._database.reading() as connection:
            return _has_ended(connection, sign_in)


# Both are asked with every request, every picture's too: made once, not each time.
ENDED = sa.select(sign_outs.c.sign_in).where(sign_outs.c.sign_in == sa.bindparam("sign_in"))
AFTER = (
    sa.select(appointments)
    .where(appointments.c.project == sa.bindparam("of"), appointments.c.seq > sa.bindparam("after"))
    .order_by(appointments.c.seq)
)


def _has_ended(connection: sa.Connection, sign_in: str) -> bool:
    return connection.execute(ENDED, {"sign_in": sign_in}).first() is not None


def _read(connection: sa.Connection, project: str, after: int) -> list[Appointment]:
    return [_appointment(row) for row in connection.execute(AFTER, {"of": project, "after": after}).mappings()]


def _row(project: str, event: Appointment) -> dict[str, Any]:
    role = event.role.value if event.role else ""
    return {
        "uid": event.uid,
        "project": project,
        "person": event.person,
        "role": role,
        "appointed_by": event.by,
        "at": event.at,
    }


def _appointment(row: sa.RowMapping) -> Appointment:
    role = Role(row["role"]) if row["role"] else None
    shape = {name: row[name] for name in ("uid", "person", "at", "seq", "recorded_at")}
    return Appointment(role=role, by=row["appointed_by"], **shape)
