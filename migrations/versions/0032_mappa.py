"""MAPPA: cases with their levels, meetings, plans, actions, local summaries and log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from offenders.migrating import protect

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_CHANGED = (
    "mappa_cases",
    "mappa_cases_history",
    "mappa_levels",
    "mappa_meetings",
    "mappa_risk_plans",
    "mappa_actions",
    "mappa_local_summaries",
)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "mappa_cases",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("category", sa.Integer(), nullable=True),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("level_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("criteria", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("unconfirmed", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("risk", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state_reason", sa.Text(), nullable=True),
        sa.Column("lead_agency", sa.Text(), nullable=False),
        sa.Column("agencies", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("owner_officer", sa.Text(), nullable=True),
        sa.Column("owner_team", sa.Text(), nullable=True),
        sa.Column("attendee", sa.Text(), nullable=True),
        sa.Column("lpa", sa.Text(), nullable=True),
        sa.Column("neighbourhood", sa.Text(), nullable=True),
        sa.Column("disposal", sa.Text(), nullable=True),
        sa.Column("sentence_months", sa.Integer(), nullable=True),
        sa.Column("offence_code", sa.Text(), nullable=True),
        sa.Column("grounds", sa.Text(), nullable=True),
        sa.Column("authorised_by", sa.Text(), nullable=True),
        sa.Column("referred_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("referring_agency", sa.Text(), nullable=True),
        sa.Column("referral_reason", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("exit_reason", sa.Text(), nullable=True),
        sa.Column("exit_note", sa.Text(), nullable=True),
        sa.Column("last_meeting_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("meeting_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(stage = 'closed') = (exit_reason IS NOT NULL AND ended_at IS NOT NULL)",
            name=op.f("ck_mappa_cases_end_has_reason"),
        ),
        sa.CheckConstraint(
            "disposal IN ('imprisonment', 'suspended_sentence', 'hospital_order', 'guardianship_order', 'disqualification')",
            name=op.f("ck_mappa_cases_disposal_known"),
        ),
        sa.CheckConstraint(
            "exit_reason IN ('notification_ended', 'sentence_ended', 'risk_reduced', 'conviction_quashed', 'became_mappa_eligible', 'transferred', 'deported', 'deceased', 'entered_in_error')",
            name=op.f("ck_mappa_cases_exit_reason_known"),
        ),
        sa.CheckConstraint(
            "kind IN ('mappa', 'potentially_dangerous', 'serial_domestic_abuser')",
            name=op.f("ck_mappa_cases_kind_known"),
        ),
        sa.CheckConstraint(
            "risk IN ('low', 'medium', 'high', 'very_high')", name=op.f("ck_mappa_cases_risk_known")
        ),
        sa.CheckConstraint(
            "stage <> 'referred' OR referral_reason IS NOT NULL",
            name=op.f("ck_mappa_cases_referral_has_reason"),
        ),
        sa.CheckConstraint(
            "stage <> 'refused' OR (decided_at IS NOT NULL AND decision_reason IS NOT NULL)",
            name=op.f("ck_mappa_cases_refusal_has_reason"),
        ),
        sa.CheckConstraint(
            "stage IN ('referred', 'open', 'refused', 'closed')",
            name=op.f("ck_mappa_cases_stage_known"),
        ),
        sa.CheckConstraint(
            "stage NOT IN ('open', 'closed') OR (num_nulls(level, level_since, started_on) = 0 AND (kind = 'mappa') = (category IS NOT NULL))",
            name=op.f("ck_mappa_cases_case_has_level"),
        ),
        sa.CheckConstraint(
            "state IN ('community', 'custody')", name=op.f("ck_mappa_cases_state_known")
        ),
        sa.CheckConstraint(
            "state_reason IN ('breach_of_licence', 'breach_of_order', 'further_offence', 'sentence', 'release', 'not_stated')",
            name=op.f("ck_mappa_cases_state_reason_known"),
        ),
        sa.CheckConstraint("category IN (1, 2, 3, 4)", name=op.f("ck_mappa_cases_category_known")),
        sa.CheckConstraint("level IN (1, 2, 3)", name=op.f("ck_mappa_cases_level_known")),
        sa.CheckConstraint(
            "num_nonnulls(owner_officer, owner_team) = 1", name=op.f("ck_mappa_cases_one_owner")
        ),
        sa.ForeignKeyConstraint(
            ["force", "lpa"], ["lpas.force", "lpas.code"], name=op.f("fk_mappa_cases_force_lpa")
        ),
        sa.ForeignKeyConstraint(
            ["force", "neighbourhood"],
            ["neighbourhoods.force", "neighbourhoods.code"],
            name=op.f("fk_mappa_cases_force_neighbourhood"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "person_id"],
            ["persons.force", "persons.id"],
            name=op.f("fk_mappa_cases_force_person_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_mappa_cases")),
    )
    op.create_index(
        "ix_mappa_cases_owner_officer",
        "mappa_cases",
        ["force", "owner_officer"],
        unique=False,
        postgresql_where=sa.text("stage = 'open'"),
    )
    op.create_index("ix_mappa_cases_person_id", "mappa_cases", ["force", "person_id"], unique=False)
    op.create_index(
        "ix_mappa_cases_stage", "mappa_cases", ["force", "stage", "meeting_due_at"], unique=False
    )
    op.create_index(
        "uq_mappa_cases_open",
        "mappa_cases",
        ["force", "person_id", "kind"],
        unique=True,
        postgresql_where=sa.text("stage IN ('referred', 'open')"),
    )
    op.create_index("uq_mappa_cases_reference", "mappa_cases", ["force", "reference"], unique=True)
    op.create_table(
        "mappa_cases_history",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("category", sa.Integer(), nullable=True),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("level_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("criteria", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("unconfirmed", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("risk", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state_reason", sa.Text(), nullable=True),
        sa.Column("lead_agency", sa.Text(), nullable=False),
        sa.Column("agencies", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("owner_officer", sa.Text(), nullable=True),
        sa.Column("owner_team", sa.Text(), nullable=True),
        sa.Column("attendee", sa.Text(), nullable=True),
        sa.Column("lpa", sa.Text(), nullable=True),
        sa.Column("neighbourhood", sa.Text(), nullable=True),
        sa.Column("disposal", sa.Text(), nullable=True),
        sa.Column("sentence_months", sa.Integer(), nullable=True),
        sa.Column("offence_code", sa.Text(), nullable=True),
        sa.Column("grounds", sa.Text(), nullable=True),
        sa.Column("authorised_by", sa.Text(), nullable=True),
        sa.Column("referred_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("referring_agency", sa.Text(), nullable=True),
        sa.Column("referral_reason", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("exit_reason", sa.Text(), nullable=True),
        sa.Column("exit_note", sa.Text(), nullable=True),
        sa.Column("last_meeting_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("meeting_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_to", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint(
            "force", "id", "recorded_from", name=op.f("pk_mappa_cases_history")
        ),
    )
    op.create_table(
        "mappa_levels",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Integer(), nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("risk", sa.Text(), nullable=True),
        sa.Column("criteria", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("category IN (1, 2, 3, 4)", name=op.f("ck_mappa_levels_category_known")),
        sa.CheckConstraint("level IN (1, 2, 3)", name=op.f("ck_mappa_levels_level_known")),
        sa.CheckConstraint(
            "until_at >= from_at", name=op.f("ck_mappa_levels_ends_after_it_begins")
        ),
        sa.ForeignKeyConstraint(
            ["force", "case_id"],
            ["mappa_cases.force", "mappa_cases.id"],
            name=op.f("fk_mappa_levels_force_case_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_mappa_levels")),
    )
    op.create_index(
        "ix_mappa_levels_case_id", "mappa_levels", ["force", "case_id", "from_at"], unique=False
    )
    op.create_index(
        "uq_mappa_levels_current",
        "mappa_levels",
        ["force", "case_id"],
        unique=True,
        postgresql_where=sa.text("until_at IS NULL"),
    )
    op.create_table(
        "mappa_meetings",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("was_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("chair", sa.Text(), nullable=True),
        sa.Column(
            "attendance",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
        ),
        sa.Column("decisions", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("minutes", sa.Text(), nullable=True),
        sa.Column("minutes_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("minutes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("minutes_by", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "type IN ('level_meeting', 'review')", name=op.f("ck_mappa_meetings_type_known")
        ),
        sa.CheckConstraint(
            "(minutes IS NULL) = (minutes_at IS NULL)",
            name=op.f("ck_mappa_meetings_minutes_have_moment"),
        ),
        sa.CheckConstraint("level IN (1, 2, 3)", name=op.f("ck_mappa_meetings_level_known")),
        sa.ForeignKeyConstraint(
            ["force", "case_id"],
            ["mappa_cases.force", "mappa_cases.id"],
            name=op.f("fk_mappa_meetings_force_case_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_mappa_meetings")),
    )
    op.create_index(
        "ix_mappa_meetings_case_id", "mappa_meetings", ["force", "case_id", "held_at"], unique=False
    )
    op.create_index(
        "ix_mappa_meetings_held_at", "mappa_meetings", ["force", "held_at"], unique=False
    )
    op.create_table(
        "mappa_risk_plans",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("risks", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("risk_to", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("imminence", sa.Text(), nullable=True),
        sa.Column(
            "protective_factors", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("contingency", sa.Text(), nullable=True),
        sa.Column("owner_officer", sa.Text(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("signed_off_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_off_by", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(signed_off_at IS NULL) = (signed_off_by IS NULL)",
            name=op.f("ck_mappa_risk_plans_sign_off_has_moment"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "case_id"],
            ["mappa_cases.force", "mappa_cases.id"],
            name=op.f("fk_mappa_risk_plans_force_case_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_mappa_risk_plans")),
    )
    op.create_index(
        "ix_mappa_risk_plans_case_id",
        "mappa_risk_plans",
        ["force", "case_id", "recorded_at"],
        unique=False,
    )
    op.create_table(
        "mappa_actions",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("owner_officer", sa.Text(), nullable=True),
        sa.Column("owner_team", sa.Text(), nullable=True),
        sa.Column("owner_agency", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state = 'open') = (ended_at IS NULL) AND (state = 'open' OR num_nulls(ended_by, result) = 0)",
            name=op.f("ck_mappa_actions_end_has_result"),
        ),
        sa.CheckConstraint(
            "state IN ('open', 'done', 'not_done')", name=op.f("ck_mappa_actions_state_known")
        ),
        sa.CheckConstraint(
            "num_nonnulls(owner_officer, owner_team, owner_agency) = 1",
            name=op.f("ck_mappa_actions_one_owner"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "case_id"],
            ["mappa_cases.force", "mappa_cases.id"],
            name=op.f("fk_mappa_actions_force_case_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_mappa_actions")),
    )
    op.create_index(
        "ix_mappa_actions_case_id", "mappa_actions", ["force", "case_id", "due_at"], unique=False
    )
    op.create_index(
        "ix_mappa_actions_open",
        "mappa_actions",
        ["force", "due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "mappa_local_summaries",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("risk_to", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("triggers", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column(
            "what_to_look_for", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("what_to_do_if_met", sa.Text(), nullable=False),
        sa.Column(
            "licence_conditions", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("contact", sa.Text(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_because", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_because IS NULL)",
            name=op.f("ck_mappa_local_summaries_withdrawal_has_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "case_id"],
            ["mappa_cases.force", "mappa_cases.id"],
            name=op.f("fk_mappa_local_summaries_force_case_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_mappa_local_summaries")),
    )
    op.create_index(
        "ix_mappa_local_summaries_case_id",
        "mappa_local_summaries",
        ["force", "case_id", "recorded_at"],
        unique=False,
    )
    op.create_index(
        "uq_mappa_local_summaries_current",
        "mappa_local_summaries",
        ["force", "case_id"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "mappa_entries",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("category", sa.Integer(), nullable=True),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column(
            "details", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.CheckConstraint(
            "kind IN ('referral', 'decision', 'entry', 'amendment', 'handover', 'level', 'state', 'return_to_custody', 'meeting', 'minutes', 'risk_plan', 'sign_off', 'action', 'action_end', 'local_summary', 'withdrawal', 'further_offence', 'case_review', 'exit')",
            name=op.f("ck_mappa_entries_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "case_id"],
            ["mappa_cases.force", "mappa_cases.id"],
            name=op.f("fk_mappa_entries_force_case_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_mappa_entries")),
    )
    op.create_index(
        "ix_mappa_entries_case_id",
        "mappa_entries",
        ["force", "case_id", "occurred_at"],
        unique=False,
    )
    op.create_index(
        "ix_mappa_entries_kind", "mappa_entries", ["force", "kind", "occurred_at"], unique=False
    )
    protect(op, _CHANGED, "SELECT, INSERT, UPDATE")
    protect(op, ["mappa_entries"], "SELECT, INSERT")


def downgrade() -> None:
    """Drop them."""
    for table in ("mappa_entries", *reversed(_CHANGED)):
        op.drop_table(table)
