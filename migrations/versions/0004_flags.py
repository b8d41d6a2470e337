"""Flags with their history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from offenders.migrating import protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "flags",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("subject_reference", sa.Text(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("lpa", sa.Text(), nullable=True),
        sa.Column("neighbourhood", sa.Text(), nullable=True),
        sa.Column("owner_officer", sa.Text(), nullable=True),
        sa.Column("owner_team", sa.Text(), nullable=True),
        sa.Column(
            "because", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("acknowledged_note", sa.Text(), nullable=True),
        sa.Column("suppressed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suppressed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suppressed_by", sa.Text(), nullable=True),
        sa.Column("suppressed_because", sa.Text(), nullable=True),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cleared_because", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "(state = 'cleared') = (cleared_at IS NOT NULL)",
            name=op.f("ck_flags_cleared_has_moment"),
        ),
        sa.CheckConstraint(
            "severity IN ('information', 'warning', 'alert')", name=op.f("ck_flags_severity_known")
        ),
        sa.CheckConstraint(
            "state <> 'suppressed' OR (suppressed_until IS NOT NULL AND suppressed_because IS NOT NULL)",
            name=op.f("ck_flags_suppressed_has_end_and_reason"),
        ),
        sa.CheckConstraint(
            "state IN ('open', 'acknowledged', 'suppressed', 'cleared')",
            name=op.f("ck_flags_state_known"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(owner_officer, owner_team) = 1", name=op.f("ck_flags_one_owner")
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_flags")),
    )
    op.create_index("ix_flags_raised_at", "flags", ["force", "raised_at", "id"], unique=False)
    op.create_index(
        "ix_flags_person_id",
        "flags",
        ["force", "person_id"],
        unique=False,
        postgresql_where=sa.text("state <> 'cleared'"),
    )
    op.create_index("ix_flags_subject", "flags", ["force", "subject_id"], unique=False)
    op.create_index(
        "uq_flags_open",
        "flags",
        ["force", "rule", "subject_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'cleared'"),
    )
    op.create_table(
        "flags_history",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("subject_reference", sa.Text(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("lpa", sa.Text(), nullable=True),
        sa.Column("neighbourhood", sa.Text(), nullable=True),
        sa.Column("owner_officer", sa.Text(), nullable=True),
        sa.Column("owner_team", sa.Text(), nullable=True),
        sa.Column("because", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("acknowledged_note", sa.Text(), nullable=True),
        sa.Column("suppressed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suppressed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suppressed_by", sa.Text(), nullable=True),
        sa.Column("suppressed_because", sa.Text(), nullable=True),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cleared_because", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_to", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("force", "id", "recorded_from", name=op.f("pk_flags_history")),
    )
    op.create_index(
        "ix_flags_history_open",
        "flags_history",
        ["force", "recorded_to"],
        unique=False,
        postgresql_where=sa.text("state <> 'cleared'"),
    )
    protect(op, ["flags", "flags_history"], "SELECT, INSERT, UPDATE")


def downgrade() -> None:
    """Drop them."""
    op.drop_index(
        "ix_flags_history_open",
        table_name="flags_history",
        postgresql_where=sa.text("state <> 'cleared'"),
    )
    op.drop_table("flags_history")
    op.drop_index(
        "uq_flags_open", table_name="flags", postgresql_where=sa.text("state <> 'cleared'")
    )
    op.drop_index("ix_flags_subject", table_name="flags")
    op.drop_index(
        "ix_flags_person_id",
        table_name="flags",
        postgresql_where=sa.text("state <> 'cleared'"),
    )
    op.drop_index("ix_flags_raised_at", table_name="flags")
    op.drop_table("flags")
