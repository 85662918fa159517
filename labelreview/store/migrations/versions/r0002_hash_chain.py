"""Every event gets its number within its project and a hash that covers the event before it; old events too."""

import sqlalchemy as sa
from alembic import op

from labelreview.store import chain
from labelreview.store.tables import Moment

revision = "0002"
down_revision = "0001"

# The columns as this migration finds them, whatever later ones add.
OLD = sa.table(
    "decisions",
    *(sa.column(name) for name in ("seq", "project", "uid", "item", "tag", "verdict", "reviewer", "seconds", "given")),
    *(sa.column(name) for name in ("pred_prob", "score", "screen", "note", "undoes", "number", "hash")),
    *(sa.column(name, Moment) for name in ("at", "recorded_at")),
)
BATCH = 1000


def upgrade() -> None:
    sqlite = op.get_context().dialect.name == "sqlite"
    op.create_table(
        "chains",
        sa.Column("project", sa.Text, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.add_column("decisions", sa.Column("number", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("decisions", sa.Column("hash", sa.String(64), nullable=False, server_default=""))
    op.execute("DROP TRIGGER decisions_no_update" if sqlite else "DROP TRIGGER decisions_append_only ON decisions")
    connection = op.get_bind()
    for project in connection.execute(sa.select(OLD.c.project).distinct()).scalars().all():
        _fill(connection, project)
    op.execute(SQLITE_GUARD if sqlite else POSTGRESQL_GUARD)
    op.create_index("decisions_in_a_chain", "decisions", ["project", "number"], unique=True)


def _fill(connection: sa.Connection, project: str) -> None:
    last, seq = chain.Head(), 0
    fill = (
        sa.update(OLD)
        .where(OLD.c.seq == sa.bindparam("of"))
        .values(number=sa.bindparam("its_number"), hash=sa.bindparam("its_hash"))
    )
    query = sa.select(OLD).where(OLD.c.project == project).order_by(OLD.c.seq).limit(BATCH)
    while found := connection.execute(query.where(OLD.c.seq > seq)).mappings().all():
        rows = chain.linked(last, project, [dict(row) for row in found])
        last, seq = chain.Head(rows[-1]["number"], rows[-1]["hash"]), rows[-1]["seq"]
        made = [{"of": row["seq"], "its_number": row["number"], "its_hash": row["hash"]} for row in rows]
        connection.execute(fill, made)
    chains = sa.table("chains", sa.column("project"), sa.column("number"), sa.column("hash"))
    connection.execute(sa.insert(chains).values(project=project, number=last.number, hash=last.hash))


SQLITE_GUARD = """
    CREATE TRIGGER decisions_no_update BEFORE UPDATE ON decisions
    BEGIN SELECT RAISE(ABORT, 'the decision log is append-only'); END
    """
POSTGRESQL_GUARD = """
    CREATE TRIGGER decisions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON decisions
    FOR EACH STATEMENT EXECUTE FUNCTION decisions_append_only()
    """
