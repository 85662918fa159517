"""Brings a database to the newest tables, whoever else starts at the same time.

Each migration runs in a transaction of its own that holds the write lock (SQLite: BEGIN IMMEDIATE, PostgreSQL: an
advisory lock) and looks at the revision only once it has it, so that of many processes exactly one runs each step.
"""

from pathlib import Path

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from labelreview.errors import StoreError
from labelreview.store.database import Database

VERSION_TABLE = "labelreview_migrations"


def bring_up_to_date(database: Database) -> None:
    """Run the migrations that are missing; StoreError when a newer labelreview has been here."""
    script = ScriptDirectory(Path(__file__).parent)
    while _one_step(database, script):
        pass


def _one_step(database: Database, script: ScriptDirectory) -> bool:
    """Run the next missing migration; False when there is none."""
    order = [revision.revision for revision in script.walk_revisions()][::-1]
    with database.writing("opened", lock="migrations") as (connection, _now):
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        current = context.get_current_revision()
        if current is not None and current not in order:
            raise StoreError(
                f"The decision log {database.shown} was written by a newer labelreview: its tables are at revision "
                f"'{current}', and this version knows up to '{order[-1]}'. Install the newer labelreview."
            )
        done = order.index(current) + 1 if current else 0
        if done == len(order):
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
