"""The tables as the newest migration leaves them (a test compares the two).

`decisions` is append-only, and the database itself refuses updates and deletes (triggers of the first migration). NaN
is stored as NULL. `number` counts a project's events and `hash` covers each and the one before it.
`leases` says which cell is shown to whom just now; it is scratch paper, rows come and go.
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
    Column("number", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
    Index("decisions_of_a_project", "project", "seq"),
    Index("decisions_in_a_chain", "project", "number", unique=True),
    sqlite_autoincrement=True,
)

# The newest link of each project's chain of hashes (chain.py).
chains = Table(
    "chains",
    metadata,
    Column("project", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
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

# How many answers a cell gets (`answers`; of a `share` of cells), and how often a known one is asked (`gold_share`).
rules = Table(
    "rules",
    metadata,
    Column("project", Text, primary_key=True),
    Column("answers", SmallInteger, nullable=False),
    Column("share", Double, nullable=False),
    Column("gold_share", Double, nullable=False),
    Column("edition", BigInteger, nullable=False),
)

# Cells whose answer is known. `cell` as in `leases`.
gold = Table(
    "gold",
    metadata,
    Column("cell", String(32), primary_key=True),
    Column("project", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("tag", Text, nullable=False),
    Column("label", SmallInteger, nullable=False),
    Index("gold_of_a_project", "project"),
)

# `tags` and `value` are JSON. Append-only like `decisions`, by triggers of its migration.
rulings = Table(
    "rulings",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), Identity(always=False), primary_key=True),
    Column("uid", String(64), nullable=False, unique=True),
    Column("project", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("tags", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("reviewer", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("why", Text, nullable=False),
    Column("undoes", String(64), nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Index("rulings_of_a_project", "project", "seq"),
    sqlite_autoincrement=True,
)

# Who was given which role ('' : disabled). Append-only like `decisions`, by triggers of its migration.
appointments = Table(
    "appointments",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), Identity(always=False), primary_key=True),
    Column("uid", String(64), nullable=False, unique=True),
    Column("project", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("appointed_by", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Index("appointments_of_a_project", "project", "seq"),
    sqlite_autoincrement=True,
)

# Sign-ins that were ended: what was signed for them holds no more.
sign_outs = Table(
    "sign_outs",
    metadata,
    Column("sign_in", String(64), primary_key=True),
    Column("at", Moment, nullable=False),
)
