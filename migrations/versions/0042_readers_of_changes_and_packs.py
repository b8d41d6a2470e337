"""What change feed readers saw, whom the rows of packs are about, attendance told later."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from offenders.migrating import protect

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the columns."""
    op.add_column("meeting_sections", sa.Column("row_people", postgresql.ARRAY(sa.Uuid())))
    op.add_column("meeting_sections", sa.Column("row_groups", postgresql.ARRAY(sa.Text())))
    op.create_table(
        "change_readers",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("base", sa.Uuid(), nullable=False),
        sa.Column("view_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Uuid(), nullable=False),
        sa.Column("turned_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("force", "reader", "base", name=op.f("pk_change_readers")),
    )
    protect(op, ["change_readers"], "SELECT, INSERT, UPDATE, DELETE")
    op.create_table(
        "iom_attendances",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("attended", sa.Boolean(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["force", "meeting_id"],
            ["iom_meetings.force", "iom_meetings.id"],
            name=op.f("fk_iom_attendances_force_meeting_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_iom_attendances")),
    )
    op.create_index(
        "ix_iom_attendances_meeting_id", "iom_attendances", ["force", "meeting_id", "recorded_at"]
    )
    protect(op, ["iom_attendances"], "SELECT, INSERT")


def downgrade() -> None:
    """Take them away."""
    op.drop_table("iom_attendances")
    op.drop_table("change_readers")
    op.drop_column("meeting_sections", "row_groups")
    op.drop_column("meeting_sections", "row_people")
