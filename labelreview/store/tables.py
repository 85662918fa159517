"""The tables as the newest migration leaves them (a test compares the two).

`decisions` is append-only, and the database itself refuses updates and deletes (triggers of the first migration). NaN
is stored as NULL. `leases` says which cell is shown to whom just now; it is scratch paper, rows come and go.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Double,
    Identity,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC, on every database (SQLite keeps no time zone). Without a zone it is taken as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


metadata = MetaData()

# SQLite counts up by itself only for a primary key that is called INTEGER; AUTOINCREMENT never gives a number twice.
decisions = Table(
    "decisions",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), Identity(always=False), primary_key=True),
    Column("uid", String(64), nullable=False, unique=True),
    Column("project", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("tag", Text, nullable=False),
    Column("verdict", String(16)),
    Column("reviewer", Text, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("at", Moment, nullable=False),
    Column("given", SmallInteger, nullable=False),
    Column("pred_prob", Double),
    Column("score", Double),
    Column("screen", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("undoes", String(64), nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Index("decisions_of_a_project", "project", "seq"),
    sqlite_autoincrement=True,
)

# `cell` is a digest of project, item and tag: ids may be longer than PostgreSQL allows in an index.
leases = Table(
    "leases",
    metadata,
    Column("cell", String(32), primary_key=True),
    Column("project", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("tag", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index("leases_of_a_project", "project", "expires_at"),
)
