"""The append-only log of rulings: what meetings decide about tags."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "rulings",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), sa.Identity(), primary_key=True),
        sa.Column("uid", sa.String(64), nullable=False, unique=True),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("reviewer", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("undoes", sa.String(64), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("rulings_of_a_project", "rulings", ["project", "seq"])
    for statement in _SQLITE_GUARDS if op.get_context().dialect.name == "sqlite" else _POSTGRESQL_GUARDS:
        op.execute(statement)


_SQLITE_GUARDS = [
    f"CREATE TRIGGER rulings_no_{event.lower()} BEFORE {event} ON rulings "
    "BEGIN SELECT RAISE(ABORT, 'the log of rulings is append-only'); END"
    for event in ("UPDATE", "DELETE")
]
_POSTGRESQL_GUARDS = [
    """
    CREATE FUNCTION rulings_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the log of rulings is append-only'; END $$
    """,
    """
    CREATE TRIGGER rulings_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON rulings
    FOR EACH STATEMENT EXECUTE FUNCTION rulings_append_only()
    """,
]
