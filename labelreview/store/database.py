"""One database behind one URL: its engine, its transactions, and what goes wrong with it in plain words."""

import hashlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy import exc as sa_exc
from sqlalchemy.pool import PoolProxiedConnection

from labelreview.errors import InputError, StoreError
from labelreview.store.together import Together

PATIENCE = 30  # seconds to wait for another writer, or for a connection of the pool
THREADS = 40  # as many as the web server has for blocking work
WRITE = "labelreview_write"


class Database:
    """An engine and its rules. Safe to share between threads; every method is one transaction."""

    def __init__(self, url: str) -> None:
        self.url = _parsed(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.shown = self.url.database if self.sqlite else self.url.render_as_string(hide_password=True)
        self.engine = _sqlite_engine(self.url) if self.sqlite else _postgresql_engine(self.url)
        # SQLite lets one writer in at a time and makes the others poll with growing pauses: queue up here instead.
        self._turn = threading.Lock()
        self.together = Together()

    def prepare(self) -> None:
        """SQLite: from now on readers and the writer do not wait for each other (the file remembers it)."""
        if not self.sqlite:
            return
        try:
            with closing(self.engine.raw_connection()) as connection:
                _use_write_ahead_log(connection)
        except sqlite3.Error as error:  # not in SQLAlchemy's clothes: a raw connection has the driver's own errors
            raise self._trouble("opened", error) from error

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that only reads."""
        with self._plain_errors("read"), self.engine.connect() as connection:
            yield connection

    def now(self, connection: sa.Connection) -> datetime:
        """The database's time: this machine's, or the server's."""
        if self.sqlite:
            return datetime.now(UTC)
        found: datetime = connection.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
        return found.astimezone(UTC)

    @contextmanager
    def snapshot(self) -> Iterator[sa.Connection]:
        """A transaction that sees one moment of the database, whoever writes meanwhile; it makes nobody wait.

        SQLite gives that to every reader (WAL), PostgreSQL to one that asks for it.
        """
        one_moment = {} if self.sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self._plain_errors("read"), self.engine.connect() as connection:
            yield connection.execution_options(**one_moment)

    @contextmanager
    def writing(self, doing: str, *, lock: str, durable: bool = True) -> Iterator[tuple[sa.Connection, datetime]]:
        """A transaction that holds the write lock of that name from its start to its commit, and the database's time.

        SQLite has one write lock for all names. Once the block is left without an error, all is durably stored; with
        `durable=False` it need not survive a power cut, and nobody waits for the disk.
        """
        engine = self.engine.execution_options(**{WRITE: "FULL" if durable else "NORMAL"})
        with self._plain_errors(doing), self._in_turn(), engine.begin() as connection:
            if not self.sqlite:
                _wait_for(connection, lock)
                if not durable:
                    connection.execute(sa.text("SET LOCAL synchronous_commit = off"))
            yield connection, self.now(connection)

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        if not self.sqlite:
            yield
            return
        if not self._turn.acquire(timeout=PATIENCE):
            raise self._trouble("written", TimeoutError("all connections are busy"))
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def _plain_errors(self, doing: str) -> Iterator[None]:
        try:
            yield
        except sa_exc.TimeoutError as error:
            raise self._trouble(doing, TimeoutError("all connections are busy")) from error
        except sa_exc.DBAPIError as error:
            if not _is_trouble(error):
                raise
            raise self._trouble(doing, error.orig) from error

    def _trouble(self, doing: str, error: BaseException | None) -> StoreError:
        return StoreError(f"The decision log {self.shown} cannot be {doing}: {in_plain_words(error)}")


def _parsed(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except sa_exc.ArgumentError:
        raise InputError(f"The database URL '{url}' is not a URL. {WANTED}") from None
    backend = parsed.drivername.partition("+")[0]
    if backend in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise InputError(f"The database URL names '{backend}', which labelreview does not know. {WANTED}")
    if not parsed.database or ":memory:" in parsed.database or "mode=memory" in parsed.database:
        raise InputError(f"The database URL '{url}' is a database in memory: decisions would be lost. {WANTED}")
    return parsed


WANTED = "Use sqlite:////path/to/decisions.db or postgresql://user:password@host/database."


def _sqlite_engine(url: sa.URL) -> sa.Engine:
    engine = sa.create_engine(url, connect_args={"timeout": PATIENCE}, pool_size=THREADS, pool_timeout=PATIENCE)

    @event.listens_for(engine, "connect")
    def settle(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin and commit by itself: `begin` below does
        for pragma in ("synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        # A writer takes the lock at once: a reader that turns writer half-way fails without waiting.
        write = connection.get_execution_options().get(WRITE)
        if write:  # what it is set to is said before, since a transaction keeps what it began with
            connection.exec_driver_sql(f"PRAGMA synchronous = {write}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _use_write_ahead_log(connection: PoolProxiedConnection) -> None:
    """Switch the journal, which SQLite refuses at once, without waiting, while another process does the same."""
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            connection.cursor().execute("PRAGMA journal_mode = WAL").fetchone()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.02)


def _postgresql_engine(url: sa.URL) -> sa.Engine:
    engine = sa.create_engine(
        url,
        connect_args={"connect_timeout": 10},
        pool_pre_ping=True,  # a server that was restarted costs a new connection, not an error
        pool_size=5,
        max_overflow=15,
        pool_timeout=PATIENCE,
    )

    @event.listens_for(engine, "connect")
    def settle(connection: Any, _record: object) -> None:
        # A commit has to be on disk when it returns, also on a server that is set to be quick about it.
        connection.execute("SELECT set_config('synchronous_commit', 'on', false)"
                           " WHERE current_setting('synchronous_commit') = 'off'")  # fmt: skip
        connection.commit()

    return engine


def _wait_for(connection: sa.Connection, lock: str) -> None:
    """Wait for the advisory lock, which the transaction then holds."""
    key = int.from_bytes(hashlib.blake2b(f"labelreview {lock}".encode(), digest_size=8).digest(), "big", signed=True)
    connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


NO_PERMISSION = "42501"


def _is_trouble(error: sa_exc.DBAPIError) -> bool:
    """Trouble of the database, and not a mistake of our own statements, which should keep its traceback."""
    if getattr(error.orig, "sqlstate", None) == NO_PERMISSION:
        return True
    return not isinstance(error, sa_exc.IntegrityError | sa_exc.ProgrammingError | sa_exc.DataError)


REMEDIES = {
    "disk is full": "Free some space on the disk; what was acknowledged is stored.",
    "no space left": "Free some space on the database server's disk; what was acknowledged is stored.",
    "disk i/o error": "Look after the disk (full, over quota, or failing); what was acknowledged is stored.",
    "unable to open database file": "Does its folder exist, and may this user write there?",
    "readonly database": "Give this user the right to write to the file and its folder.",
    "read-only": "Point LABELREVIEW_DATABASE_URL at a server that takes writes.",
    "permission denied": "Give this database user the right to create and use tables.",
    "are busy": "Try again.",
    "is locked": "Another program holds it; close that program or try again.",
    "not a database": "Point LABELREVIEW_DATABASE_URL at another file, or restore a backup.",
    "malformed": "The file is damaged: restore a backup.",
    "authentication failed": "Correct user and password in LABELREVIEW_DATABASE_URL.",
    "does not exist": "Create it, or correct LABELREVIEW_DATABASE_URL.",
}


def in_plain_words(error: BaseException | None) -> str:
    """What the driver said, in one line, and what to do about it.

    >>> in_plain_words(Exception("database or disk is full"))
    'database or disk is full. Free some space on the disk; what was acknowledged is stored.'
    """
    said = (str(error).strip() or type(error).__name__).splitlines()[0].strip().rstrip(".")
    for sign, remedy in REMEDIES.items():
        if sign in said.lower():
            return f"{said}. {remedy}"
    return f"{said}. Is the database running, and is LABELREVIEW_DATABASE_URL right?"
