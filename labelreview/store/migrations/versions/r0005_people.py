"""Who was given which role, append-only; and the sign-ins that were ended."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "appointments",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), sa.Identity(), primary_key=True),
        sa.Column("uid", sa.String(64), nullable=False, unique=True),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("appointed_by", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("appointments_of_a_project", "appointments", ["project", "seq"])
    op.create_table(
        "sign_outs",
        sa.Column("sign_in", sa.String(64), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    for statement in _SQLITE_GUARDS if op.get_context().dialect.name == "sqlite" else _POSTGRESQL_GUARDS:
        op.execute(statement)


_SQLITE_GUARDS = [
    f"CREATE TRIGGER appointments_no_{event.lower()} BEFORE {event} ON appointments "
    "BEGIN SELECT RAISE(ABORT, 'the log of appointments is append-only'); END"
    for event in ("UPDATE", "DELETE")
]
_POSTGRESQL_GUARDS = [
    """
    CREATE FUNCTION appointments_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the log of appointments is append-only'; END $$
    """,
    """
    CREATE TRIGGER appointments_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON appointments
    FOR EACH STATEMENT EXECUTE FUNCTION appointments_append_only()
    """,
]
