"""Reads in one statement: no total of the daily budget, and indexes of what is picked first.

The budget is counted from who was read: a total of its own is one row that every read waits for.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from offenders.migrating import protect

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop the totals, make the indexes."""
    op.drop_table("reading_totals")
    op.create_index(
        "ix_wants_lpa",
        "wants",
        ["force", "lpa"],
        unique=False,
        postgresql_where=sa.text("state = 'outstanding'"),
    )
    op.create_index(
        "ix_persons_protected",
        "persons",
        ["force", "id"],
        unique=False,
        postgresql_where=sa.text("are_addresses_protected"),
    )


def downgrade() -> None:
    """Make the totals again, as the people read give them."""
    op.drop_index("ix_persons_protected", table_name="persons")
    op.drop_index("ix_wants_lpa", table_name="wants")
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
