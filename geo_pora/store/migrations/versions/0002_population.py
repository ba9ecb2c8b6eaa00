"""Inhabitants per area and year.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of inhabitants."""
    op.create_table(
        "population",
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("inhabitants", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("area_code", "year", name=op.f("pk_population")),
    )


def downgrade() -> None:
    """Drop the table of inhabitants."""
    op.drop_table("population")
