"""The daily budget is counted from who was read; a total of its own is one hot row too many."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from offenders.migrating import protect

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop the totals."""
    op.drop_table("reading_totals")


def downgrade() -> None:
    """Make them again, as the people read give them."""
    op.create_table(
        "reading_totals",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("force", "day", "actor", name=op.f("pk_reading_totals")),
    )
    op.execute("""
        INSERT INTO reading_totals (force, day, actor, people)
        SELECT force, day, actor, count(*) FROM people_read GROUP BY force, day, actor
    """)
    protect(op, ["reading_totals"], "SELECT, INSERT, UPDATE, DELETE")
