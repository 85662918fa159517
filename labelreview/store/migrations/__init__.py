"""Brings a database to the newest tables, whoever else starts at the same time.

Each migration runs in a transaction of its own that holds the write lock (SQLite: BEGIN IMMEDIATE, PostgreSQL: an
advisory lock) and looks at the revision only once it has it, so that of many processes exactly one runs each step.
"""

from collections.abc import Sequence
from pathlib import Path

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from labelreview.errors import StoreError
from labelreview.store.database import Database

VERSION_TABLE = "labelreview_migrations"


def bring_up_to_date(database: Database, *, through: str | None = None) -> None:
    """Run the migrations that are missing, all or those up to a revision; StoreError when a newer labelreview has been
    here, or made that revision."""
    script = ScriptDirectory(Path(__file__).parent)
    order = [revision.revision for revision in script.walk_revisions()][::-1]
    if through is not None and through not in order:
        raise StoreError(f"A newer labelreview made this: its tables are at revision '{through}', and this version "
                         f"knows up to '{order[-1]}'. Install the newer labelreview.")  # fmt: skip
    while _one_step(database, script, order, through or order[-1]):
        pass


def is_up_to_date(connection: Connection) -> bool:
    """Whether all migrations have been here."""
    newest = ScriptDirectory(Path(__file__).parent).get_current_head()
    return revision_of(connection) == newest


def revision_of(connection: Connection) -> str:
    """The revision that the tables are at; '' where there are none."""
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision() or ""


def _one_step(database: Database, script: ScriptDirectory, order: Sequence[str], through: str) -> bool:
    """Run the next missing migration; False when there is none."""
    with database.writing("opened", lock="migrations") as (connection, _now):
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        current = context.get_current_revision()
        if current is not None and current not in order:
            raise StoreError(
                f"The decision log {database.shown} was written by a newer labelreview: its tables are at revision "
                f"'{current}', and this version knows up to '{order[-1]}'. Install the newer labelreview."
            )
        done = order.index(current) + 1 if current else 0
        if done > order.index(through):
            return False
        _run(context, script, order[done])
    return True


def _run(context: MigrationContext, script: ScriptDirectory, revision: str) -> None:
    step = MigrationContext.configure(
        context.connection,
        opts={"version_table": VERSION_TABLE, "fn": lambda heads, _context: script._upgrade_revs(revision, heads)},
    )
    with Operations.context(step):
        step.run_migrations()
