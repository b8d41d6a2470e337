"""Runs of jobs and their effects."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from offenders.migrating import protect

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "job_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("slot", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("is_dry_run", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("raised", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cleared", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("requested_by", sa.Text(), nullable=True),
        sa.Column("only_force", sa.Text(), nullable=True),
        sa.Column("failed_whole", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "state IN ('succeeded', 'partly_failed', 'failed')",
            name=op.f("ck_job_runs_state_known"),
        ),
        sa.CheckConstraint(
            "trigger IN ('scheduled', 'manual')", name=op.f("ck_job_runs_trigger_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_runs")),
    )
    op.create_index("ix_job_runs_started_at", "job_runs", ["job", "started_at"], unique=False)
    op.create_index(
        "uq_job_runs_slot",
        "job_runs",
        ["job", "slot"],
        unique=True,
        postgresql_where=sa.text("trigger = 'scheduled'"),
    )
    op.execute("GRANT SELECT, INSERT, DELETE ON job_runs TO offenders_app")
    op.create_table(
        "job_run_effects",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("raised", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cleared", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("force", "run_id", name=op.f("pk_job_run_effects")),
    )
    protect(op, ["job_run_effects"], "SELECT, INSERT, DELETE")


def downgrade() -> None:
    """Drop them."""
    op.drop_table("job_run_effects")
    op.drop_index(
        "uq_job_runs_slot", table_name="job_runs", postgresql_where=sa.text("trigger = 'scheduled'")
    )
    op.drop_index("ix_job_runs_started_at", table_name="job_runs")
    op.drop_table("job_runs")
