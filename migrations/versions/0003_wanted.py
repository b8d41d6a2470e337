"""The wanted register with its history and log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from offenders.migrating import protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "wants_history",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=True),
        sa.Column("offence_code", sa.Text(), nullable=True),
        sa.Column("crime_reference", sa.Text(), nullable=True),
        sa.Column("power", sa.Text(), nullable=True),
        sa.Column("warrant_number", sa.Text(), nullable=True),
        sa.Column("court", sa.Text(), nullable=True),
        sa.Column("warrant_category", sa.Text(), nullable=True),
        sa.Column("backed_for_bail", sa.Boolean(), nullable=True),
        sa.Column("risk", sa.Text(), nullable=False),
        sa.Column("risk_rationale", sa.Text(), nullable=True),
        sa.Column("domestic_abuse", sa.Boolean(), nullable=False),
        sa.Column("priority_crime", sa.Boolean(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("lpa", sa.Text(), nullable=True),
        sa.Column("neighbourhood", sa.Text(), nullable=True),
        sa.Column("follows_address", sa.Boolean(), nullable=False),
        sa.Column("owner_officer", sa.Text(), nullable=True),
        sa.Column("owner_team", sa.Text(), nullable=True),
        sa.Column("circulation", sa.Text(), nullable=False),
        sa.Column("circulated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("circulation_cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pnc_reference", sa.Text(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("target_arrest_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("review_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("validation_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activity_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_activity_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_validated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome_reason", sa.Text(), nullable=True),
        sa.Column("custody_number", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_to", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("force", "id", "recorded_from", name=op.f("pk_wants_history")),
    )
    op.create_index(
        "ix_wants_history_open",
        "wants_history",
        ["force", "recorded_to"],
        unique=False,
        postgresql_where=sa.text("state = 'outstanding'"),
    )
    op.create_table(
        "wants",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), server_default="outstanding", nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=True),
        sa.Column("offence_code", sa.Text(), nullable=True),
        sa.Column("crime_reference", sa.Text(), nullable=True),
        sa.Column("power", sa.Text(), nullable=True),
        sa.Column("warrant_number", sa.Text(), nullable=True),
        sa.Column("court", sa.Text(), nullable=True),
        sa.Column("warrant_category", sa.Text(), nullable=True),
        sa.Column("backed_for_bail", sa.Boolean(), nullable=True),
        sa.Column("risk", sa.Text(), nullable=False),
        sa.Column("risk_rationale", sa.Text(), nullable=True),
        sa.Column("domestic_abuse", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("priority_crime", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("lpa", sa.Text(), nullable=True),
        sa.Column("neighbourhood", sa.Text(), nullable=True),
        sa.Column("follows_address", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("owner_officer", sa.Text(), nullable=True),
        sa.Column("owner_team", sa.Text(), nullable=True),
        sa.Column("circulation", sa.Text(), server_default="not_circulated", nullable=False),
        sa.Column("circulated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("circulation_cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pnc_reference", sa.Text(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("target_arrest_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("review_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("validation_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activity_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_activity_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_validated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome_reason", sa.Text(), nullable=True),
        sa.Column("custody_number", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state = 'outstanding') = (outcome_at IS NULL)", name=op.f("ck_wants_end_has_outcome")
        ),
        sa.CheckConstraint(
            "basis IN ('forensic', 'witness', 'cctv', 'intelligence', 'admission', 'other')",
            name=op.f("ck_wants_basis_known"),
        ),
        sa.CheckConstraint(
            "circulation IN ('not_circulated', 'requested', 'circulated', 'cancelled')",
            name=op.f("ck_wants_circulation_known"),
        ),
        sa.CheckConstraint(
            "priority IN ('high', 'standard')", name=op.f("ck_wants_priority_known")
        ),
        sa.CheckConstraint(
            "reason IN ('named_suspect', 'failed_to_answer_bail', 'court_warrant', 'breach_of_order', 'breach_of_bail', 'prison_recall', 'unlawfully_at_large')",
            name=op.f("ck_wants_reason_known"),
        ),
        sa.CheckConstraint(
            "risk IN ('very_high', 'high', 'medium', 'standard')", name=op.f("ck_wants_risk_known")
        ),
        sa.CheckConstraint(
            "state <> 'interviewed' OR reason = 'named_suspect'", name=op.f("ck_wants_interviewed")
        ),
        sa.CheckConstraint(
            "state IN ('outstanding', 'arrested', 'surrendered', 'interviewed', 'no_longer_wanted', 'charged_elsewhere', 'withdrawn', 'deceased', 'entered_in_error')",
            name=op.f("ck_wants_state_known"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(owner_officer, owner_team) = 1", name=op.f("ck_wants_one_owner")
        ),
        sa.ForeignKeyConstraint(
            ["force", "lpa"], ["lpas.force", "lpas.code"], name=op.f("fk_wants_force_lpa")
        ),
        sa.ForeignKeyConstraint(
            ["force", "neighbourhood"],
            ["neighbourhoods.force", "neighbourhoods.code"],
            name=op.f("fk_wants_force_neighbourhood"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "person_id"],
            ["persons.force", "persons.id"],
            name=op.f("fk_wants_force_person_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_wants")),
    )
    op.create_index("ix_wants_entered_at", "wants", ["force", "entered_at"], unique=False)
    op.create_index(
        "ix_wants_neighbourhood",
        "wants",
        ["force", "neighbourhood"],
        unique=False,
        postgresql_where=sa.text("state = 'outstanding'"),
    )
    op.create_index("ix_wants_person_id", "wants", ["force", "person_id"], unique=False)
    op.create_index(
        "ix_wants_review",
        "wants",
        ["force", "review_due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'outstanding'"),
    )
    op.create_index(
        "ix_wants_target",
        "wants",
        ["force", "target_arrest_by"],
        unique=False,
        postgresql_where=sa.text("state = 'outstanding'"),
    )
    op.create_index(
        "uq_wants_open",
        "wants",
        ["force", "person_id", "reason", "crime_reference", "warrant_number"],
        unique=True,
        postgresql_where=sa.text("state = 'outstanding'"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("uq_wants_reference", "wants", ["force", "reference"], unique=True)
    op.create_table(
        "want_actions",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("want_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("handling", sa.Text(), server_default="normal", nullable=False),
        sa.Column(
            "details", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.CheckConstraint(
            "handling IN ('normal', 'restricted', 'covert')",
            name=op.f("ck_want_actions_handling_known"),
        ),
        sa.CheckConstraint(
            "kind IN ('entry', 'amendment', 'attempt', 'enquiry', 'review', 'validation', 'handover', 'circulation', 'circulation_cancellation', 'outcome', 'note')",
            name=op.f("ck_want_actions_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "want_id"],
            ["wants.force", "wants.id"],
            name=op.f("fk_want_actions_force_want_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_want_actions")),
    )
    op.create_index(
        "ix_want_actions_want_id", "want_actions", ["force", "want_id", "occurred_at"], unique=False
    )
    protect(op, ["wants", "wants_history"], "SELECT, INSERT, UPDATE")
    protect(op, ["want_actions"], "SELECT, INSERT")


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_want_actions_want_id", table_name="want_actions")
    op.drop_table("want_actions")
    op.drop_index("uq_wants_reference", table_name="wants")
    op.drop_index(
        "uq_wants_open",
        table_name="wants",
        postgresql_where=sa.text("state = 'outstanding'"),
        postgresql_nulls_not_distinct=True,
    )
    op.drop_index(
        "ix_wants_target", table_name="wants", postgresql_where=sa.text("state = 'outstanding'")
    )
    op.drop_index(
        "ix_wants_review", table_name="wants", postgresql_where=sa.text("state = 'outstanding'")
    )
    op.drop_index("ix_wants_person_id", table_name="wants")
    op.drop_index(
        "ix_wants_neighbourhood",
        table_name="wants",
        postgresql_where=sa.text("state = 'outstanding'"),
    )
    op.drop_index("ix_wants_entered_at", table_name="wants")
    op.drop_table("wants")
    op.drop_index(
        "ix_wants_history_open",
        table_name="wants_history",
        postgresql_where=sa.text("state = 'outstanding'"),
    )
    op.drop_table("wants_history")
