"""The append-only decision log and the leases."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _create_decisions()
    op.create_index("decisions_of_a_project", "decisions", ["project", "seq"])
    op.create_table(
        "leases",
        sa.Column("cell", sa.String(32), primary_key=True),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("item", sa.Text, nullable=False),
        sa.Column("tag", sa.Text, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("leases_of_a_project", "leases", ["project", "expires_at"])
    for statement in _SQLITE_GUARDS if op.get_context().dialect.name == "sqlite" else _POSTGRESQL_GUARDS:
        op.execute(statement)


def _create_decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), sa.Identity(), primary_key=True),
        sa.Column("uid", sa.String(64), nullable=False, unique=True),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("item", sa.Text, nullable=False),
        sa.Column("tag", sa.Text, nullable=False),
        sa.Column("verdict", sa.String(16)),
        sa.Column("reviewer", sa.Text, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given", sa.SmallInteger, nullable=False),
        sa.Column("pred_prob", sa.Double),
        sa.Column("score", sa.Double),
        sa.Column("screen", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("undoes", sa.String(64), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sqlite_autoincrement=True,
    )


# "Nothing is ever updated or deleted" is a promise to the people who answered, so it does not rest on our code alone.
_SQLITE_GUARDS = [
    f"CREATE TRIGGER decisions_no_{event.lower()} BEFORE {event} ON decisions "
    "BEGIN SELECT RAISE(ABORT, 'the decision log is append-only'); END"
    for event in ("UPDATE", "DELETE")
]
_POSTGRESQL_GUARDS = [
    """
    CREATE FUNCTION decisions_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the decision log is append-only'; END $$
    """,
    """
    CREATE TRIGGER decisions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON decisions
    FOR EACH STATEMENT EXECUTE FUNCTION decisions_append_only()
    """,
]
