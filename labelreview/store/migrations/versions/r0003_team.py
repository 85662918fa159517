"""A project's rules for working together (how many answers a cell gets), and its cells with a known answer."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "rules",
        sa.Column("project", sa.Text, primary_key=True),
        sa.Column("answers", sa.SmallInteger, nullable=False),
        sa.Column("share", sa.Double, nullable=False),
        sa.Column("gold_share", sa.Double, nullable=False),
        sa.Column("edition", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "gold",
        sa.Column("cell", sa.String(32), primary_key=True),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("item", sa.Text, nullable=False),
        sa.Column("tag", sa.Text, nullable=False),
        sa.Column("label", sa.SmallInteger, nullable=False),
    )
    op.create_index("gold_of_a_project", "gold", ["project"])
