"""Tasks: what one officer or team is to do until when, and the log of each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from offenders.migrating import protect

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _make_tasks()
    _make_history()
    _make_entries()
    protect(op, ["tasks", "tasks_history"], "SELECT, INSERT, UPDATE")
    protect(op, ["task_entries"], "SELECT, INSERT")


def _columns() -> list[sa.Column[object]]:
    return [
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("expected_result", sa.Text(), nullable=True),
        sa.Column("rationale", sa.Text(), nullable=True),
        sa.Column("tactic", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("subject_reference", sa.Text(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("lpa", sa.Text(), nullable=True),
        sa.Column("neighbourhood", sa.Text(), nullable=True),
        sa.Column("owner_officer", sa.Text(), nullable=True),
        sa.Column("owner_team", sa.Text(), nullable=True),
        sa.Column("meeting_id", sa.Uuid(), nullable=True),
        sa.Column("source_type", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("occasion", sa.Text(), server_default="", nullable=False),
        sa.Column("follows_source", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("keeps_owner", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("carried_over", sa.Integer(), server_default="0", nullable=False),
        sa.Column("not_done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("extended", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("hours", sa.Numeric(precision=6, scale=2), nullable=True),
        sa.Column("arrests", sa.Integer(), nullable=True),
        sa.Column("searches", sa.Integer(), nullable=True),
        sa.Column("intelligence", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    ]


def _make_tasks() -> None:
    op.create_table(
        "tasks",
        *_columns(),
        sa.CheckConstraint("(state = 'open') = (ended_at IS NULL)", name=op.f("ck_tasks_ended")),
        sa.CheckConstraint(
            "reason IN ('abstraction', 'no_time', 'not_found', 'no_access', 'no_information', 'other')",
            name=op.f("ck_tasks_reason_known"),
        ),
        sa.CheckConstraint(
            "source_type IN ('decision', 'supervision', 'external', 'order_check', 'order_review', 'breach_action', 'breach_review', 'registration_visit', 'registration_review', 'arms_assessment', 'want_review', 'iom_review', 'iom_action', 'mappa_action', 'pnc_difference')",
            name=op.f("ck_tasks_source_type_known"),
        ),
        sa.CheckConstraint(
            "state = 'open' OR result IS NOT NULL", name=op.f("ck_tasks_end_has_result")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'done', 'no_longer_needed')", name=op.f("ck_tasks_state_known")
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by IS NULL)", name=op.f("ck_tasks_ended_by_whom")
        ),
        sa.CheckConstraint(
            "(subject_type IS NULL) = (subject_id IS NULL)", name=op.f("ck_tasks_whole_subject")
        ),
        sa.CheckConstraint(
            "NOT follows_source OR source_id IS NOT NULL", name=op.f("ck_tasks_source_followed")
        ),
        sa.CheckConstraint(
            "num_nonnulls(owner_officer, owner_team) = 1", name=op.f("ck_tasks_one_owner")
        ),
        sa.ForeignKeyConstraint(
            ["force", "lpa"], ["lpas.force", "lpas.code"], name=op.f("fk_tasks_force_lpa")
        ),
        sa.ForeignKeyConstraint(
            ["force", "neighbourhood"],
            ["neighbourhoods.force", "neighbourhoods.code"],
            name=op.f("fk_tasks_force_neighbourhood"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "person_id"],
            ["persons.force", "persons.id"],
            name=op.f("fk_tasks_force_person_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_tasks")),
    )
    op.create_index("ix_tasks_all_due_at", "tasks", ["force", "due_at", "id"])
    op.create_index(
        "ix_tasks_due_at",
        "tasks",
        ["force", "due_at", "id"],
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "ix_tasks_lpa",
        "tasks",
        ["force", "lpa", "due_at"],
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "ix_tasks_meeting",
        "tasks",
        ["force", "meeting_id"],
        postgresql_where=sa.text("meeting_id IS NOT NULL"),
    )
    op.create_index(
        "ix_tasks_officer",
        "tasks",
        ["force", "owner_officer", "due_at"],
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("ix_tasks_person_id", "tasks", ["force", "person_id"])
    op.create_index("ix_tasks_subject", "tasks", ["force", "subject_id"])
    op.create_index(
        "ix_tasks_team",
        "tasks",
        ["force", "owner_team", "due_at"],
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "uq_tasks_followed",
        "tasks",
        ["force", "source_type", "source_id", "occasion"],
        unique=True,
        postgresql_where=sa.text("follows_source AND state = 'open'"),
    )
    op.create_index("uq_tasks_reference", "tasks", ["force", "reference"], unique=True)


def _make_history() -> None:
    op.create_table(
        "tasks_history",
        *(sa.Column(each.name, each.type, nullable=each.nullable) for each in _columns()),
        sa.Column("recorded_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_to", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("force", "id", "recorded_from", name=op.f("pk_tasks_history")),
    )


def _make_entries() -> None:
    op.create_table(
        "task_entries",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=True),
        sa.Column(
            "details", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.CheckConstraint(
            "kind <> 'carried' OR meeting_id IS NOT NULL",
            name=op.f("ck_task_entries_carried_to_meeting"),
        ),
        sa.CheckConstraint(
            "kind IN ('entry', 'update', 'handover', 'extension', 'not_done', 'completion', 'carried')",
            name=op.f("ck_task_entries_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "task_id"],
            ["tasks.force", "tasks.id"],
            name=op.f("fk_task_entries_force_task_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_task_entries")),
    )
    op.create_index("ix_task_entries_task_id", "task_entries", ["force", "task_id", "occurred_at"])
    op.create_index(
        "uq_task_entries_carried",
        "task_entries",
        ["force", "meeting_id", "task_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'carried'"),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("task_entries", "tasks_history", "tasks"):
        op.drop_table(table)
