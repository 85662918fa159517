"""All rows of a database as plain values, and back into an empty one: between machines, and between kinds of database.

What is read is one moment of the database: SQLite's and PostgreSQL's own snapshots, while writers go on. What is
written is there whole or not at all, and only if the hash chain of every project holds. Leases are left out: they are
scratch paper.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa

from labelreview.errors import InputError, Refused, StoreError, few
from labelreview.store import chain
from labelreview.store.database import Database
from labelreview.store.log import DecisionLog
from labelreview.store.migrations import bring_up_to_date, revision_of
from labelreview.store.tables import Moment, chains, leases, metadata

AT_ONCE = 1000
KEPT = [table for table in metadata.sorted_tables if table is not leases]


@dataclass(frozen=True)
class Shape:
    """A table as it was copied: its columns in order, those that are moments, and how many rows."""

    columns: tuple[str, ...]
    moments: tuple[str, ...]
    rows: int


class Snapshot:
    """One moment of a database."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self.revision = revision_of(connection)
        self.heads = {row.project: chain.Head(row.number, row.hash) for row in connection.execute(sa.select(chains))}
        self.shapes = {table.name: self._shape(table) for table in KEPT}

    def _shape(self, table: sa.Table) -> Shape:
        moments = tuple(column.name for column in table.columns if isinstance(column.type, Moment))
        count = self._connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        return Shape(tuple(table.columns.keys()), moments, count)

    def rows(self, table: str) -> Iterator[list[Any]]:
        """The rows of a table in the order of its key; moments as text."""
        query = sa.select(metadata.tables[table]).order_by(*metadata.tables[table].primary_key)
        for row in self._connection.execution_options(yield_per=AT_ONCE).execute(query):
            yield [value.isoformat() if isinstance(value, datetime) else value for value in row]


@contextmanager
def snapshot(url: str) -> Iterator[Snapshot]:
    """Look at one moment of the database behind a URL, for as long as the block takes."""
    with DecisionLog.open(url) as log, log.database.snapshot() as connection:
        yield Snapshot(connection)


class Filling:
    """An empty database that is being filled, in one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def fill(self, name: str, shape: Shape, lines: Iterable[bytes]) -> None:
        """Put rows into a table, each as JSON of what `Snapshot.rows` gave. InputError where one cannot be taken."""
        typed = [
            sa.column(column, Moment) if column in shape.moments else sa.column(column) for column in shape.columns
        ]
        insert, count, left = sa.insert(sa.table(name, *typed)), 0, iter(lines)
        try:
            while some := [_values(shape, json.loads(line)) for line in islice(left, AT_ONCE)]:
                self._connection.execute(insert, some)
                count += len(some)
        except sa.exc.OperationalError:
            raise  # the database's trouble, not the backup's
        except (ValueError, TypeError, sa.exc.StatementError) as error:
            said = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise InputError(
                f"A row after row {count} of '{name}' cannot be taken ({said}). Copy the backup again."
            ) from error
        if count != shape.rows:
            raise InputError(f"The backup names {shape.rows:,} rows of '{name}' and holds {count:,}: it is not whole.")
        self._count_on(name)

    def _count_on(self, name: str) -> None:
        """PostgreSQL counts up by itself only from where it was told to."""
        table = metadata.tables.get(name)
        if table is None or table.autoincrement_column is None or self._connection.dialect.name == "sqlite":
            return
        column = table.autoincrement_column
        most = self._connection.execute(sa.select(sa.func.max(column))).scalar_one()
        if most is not None:
            place = sa.func.pg_get_serial_sequence(name, column.name)
            self._connection.execute(sa.select(sa.func.setval(place, most)))

    def verify(self, heads: Mapping[str, chain.Head]) -> None:
        """StoreError unless every event is as it was when it was stored, up to the heads that were noted."""
        problems: list[str] = []
        for project, head in heads.items():
            found = chain.verified(self._connection, project)
            problems += found.problems
            if found.head != head:
                problems.append(f"The log ends with {found.head}, and the backup was made at {head}.")
        if problems:
            raise StoreError(f"The log in the backup is not as it was stored, and nothing was restored: {problems[0]}"
                             + (f" ({len(problems)} problems)" if problems[1:] else ""))  # fmt: skip


@contextmanager
def filling(url: str, revision: str) -> Iterator[Filling]:
    """Fill an empty database with rows of a revision of the tables; then the newer migrations run.

    Refused when there is anything in it. An error inside the block leaves no row behind.
    """
    database = Database(url)
    try:
        database.prepare()
        bring_up_to_date(database, through=revision)
        with database.writing("written", lock="migrations") as (connection, _now):
            _check_empty(connection, revision, str(database.shown))
            yield Filling(connection)
        bring_up_to_date(database)
    finally:
        database.engine.dispose()


def _check_empty(connection: sa.Connection, revision: str, shown: str) -> None:
    there = set(sa.inspect(connection).get_table_names())
    filled = [table.name for table in KEPT if table.name in there and _holds_rows(connection, table.name)]
    if filled:
        raise Refused(
            f"The database {shown} is not empty ({few(filled)}), and nothing was restored. Name an empty one in "
            "LABELREVIEW_DATABASE_URL, or another LABELREVIEW_HOME."
        )
    if revision_of(connection) != revision:
        raise Refused(f"The tables of {shown} are newer than the backup. Restore into a new, empty database: they "
                      "are brought up to date afterwards.")  # fmt: skip


def _holds_rows(connection: sa.Connection, table: str) -> bool:
    return connection.execute(sa.select(sa.literal(1)).select_from(sa.table(table)).limit(1)).first() is not None


def _values(shape: Shape, row: Sequence[Any]) -> dict[str, Any]:
    values = dict(zip(shape.columns, row, strict=True))
    return {name: datetime.fromisoformat(v) if v and name in shape.moments else v for name, v in values.items()}
