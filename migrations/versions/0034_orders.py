"""Orders: what the law says of each type, the orders of a force, their breaches, log and clauses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from offenders.migrating import protect

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _make_types()
    _make_orders()
    _make_breaches()
    _make_actions()
    _make_clauses()
    op.execute("GRANT SELECT ON order_types TO offenders_app")
    kept = ["orders", "orders_history", "order_breaches", "order_breaches_history"]
    protect(op, kept, "SELECT, INSERT, UPDATE")
    protect(op, ["order_actions", "order_clauses"], "SELECT, INSERT")


def _make_history(table: str, columns: list[sa.Column[object]]) -> None:
    """Make the history of a table: its columns without defaults, from when until when."""
    op.create_table(
        f"{table}_history",
        *(sa.Column(each.name, each.type, nullable=each.nullable) for each in columns),
        sa.Column("recorded_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_to", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("force", "id", "recorded_from", name=op.f(f"pk_{table}_history")),
    )


def _make_types() -> None:
    op.create_table(
        "order_types",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("variant", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("areas", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("applicant", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("least_age", sa.Integer(), nullable=True),
        sa.Column("least_rank", sa.Text(), nullable=True),
        sa.Column("minimum", sa.Integer(), nullable=True),
        sa.Column("maximum", sa.Integer(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("open_ended", sa.Boolean(), nullable=False),
        sa.Column("has_interim", sa.Boolean(), nullable=False),
        sa.Column("travel_months", sa.Integer(), nullable=True),
        sa.Column("monitoring_months", sa.Integer(), nullable=True),
        sa.Column("hearing_hours", sa.Integer(), nullable=True),
        sa.Column("review", sa.Text(), nullable=True),
        sa.Column("review_months", sa.Integer(), nullable=True),
        sa.Column("review_citation", sa.Text(), nullable=True),
        sa.Column("breach_offence_code", sa.Text(), nullable=True),
        sa.Column("breach_maximum", sa.Text(), nullable=True),
        sa.Column("citation", sa.Text(), nullable=False),
        sa.Column("length_citation", sa.Text(), nullable=False),
        sa.Column("area_citation", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "confidence IN ('H', 'M', 'L')", name=op.f("ck_order_types_confidence_known")
        ),
        sa.CheckConstraint(
            "review IN ('every', 'first_year')", name=op.f("ck_order_types_review_known")
        ),
        sa.CheckConstraint("unit IN ('days', 'months')", name=op.f("ck_order_types_unit_known")),
        sa.CheckConstraint(
            "variant IN ('all', 'adult', 'under_18', 'with_custody', 'without_custody')",
            name=op.f("ck_order_types_variant_known"),
        ),
        sa.CheckConstraint(
            "maximum >= minimum", name=op.f("ck_order_types_maximum_not_below_minimum")
        ),
        sa.CheckConstraint("to_on >= from_on", name=op.f("ck_order_types_to_not_before_from")),
        sa.PrimaryKeyConstraint("code", "variant", "from_on", name=op.f("pk_order_types")),
    )


def _order_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("made_on", sa.Date(), nullable=True),
        sa.Column("in_force_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ending", sa.Text(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("interim", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("with_custody", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("court", sa.Text(), nullable=True),
        sa.Column("court_reference", sa.Text(), nullable=True),
        sa.Column("authorised_rank", sa.Text(), nullable=True),
        sa.Column("served_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hearing_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notice_id", sa.Uuid(), nullable=True),
        sa.Column(
            "conditions",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
        ),
        sa.Column("instruction", sa.Text(), nullable=True),
        sa.Column("monitored_by", sa.Text(), nullable=True),
        sa.Column("monitoring", sa.Text(), server_default="unaccepted", nullable=False),
        sa.Column("accepted_by", sa.Text(), nullable=True),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("lpa", sa.Text(), nullable=True),
        sa.Column("neighbourhood", sa.Text(), nullable=True),
        sa.Column("owner_officer", sa.Text(), nullable=True),
        sa.Column("owner_team", sa.Text(), nullable=True),
        sa.Column(
            "because", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("varied_on", sa.Date(), nullable=True),
        sa.Column("last_reviewed_on", sa.Date(), nullable=True),
        sa.Column("last_checked_on", sa.Date(), nullable=True),
        sa.Column("statutory_review_on", sa.Date(), nullable=True),
        sa.Column("review_due_on", sa.Date(), nullable=True),
        sa.Column("check_due_on", sa.Date(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    ]


def _make_orders() -> None:
    op.create_table(
        "orders",
        *_order_columns(),
        sa.CheckConstraint(
            "(monitoring = 'accepted') = (accepted_by IS NOT NULL AND accepted_on IS NOT NULL)",
            name=op.f("ck_orders_acceptance_has_name_and_day"),
        ),
        sa.CheckConstraint(
            "CASE WHEN state IN ('applied', 'refused', 'withdrawn') THEN made_on IS NULL WHEN state = 'entered_in_error' THEN true ELSE made_on IS NOT NULL AND in_force_on IS NOT NULL END",
            name=op.f("ck_orders_made_has_day"),
        ),
        sa.CheckConstraint(
            "authorised_rank IN ('constable', 'sergeant', 'inspector', 'chief_inspector', 'superintendent', 'chief_superintendent', 'commander', 'assistant_chief_constable', 'deputy_chief_constable', 'chief_constable')",
            name=op.f("ck_orders_authorised_rank_known"),
        ),
        sa.CheckConstraint(
            "ending IN ('discharged', 'appeal_allowed', 'superseded', 'deceased', 'entered_in_error')",
            name=op.f("ck_orders_ending_known"),
        ),
        sa.CheckConstraint(
            "monitoring IN ('unaccepted', 'accepted')", name=op.f("ck_orders_monitoring_known")
        ),
        sa.CheckConstraint(
            "state <> 'discharged' OR (ending IS NOT NULL AND ended_on IS NOT NULL)",
            name=op.f("ck_orders_end_has_day"),
        ),
        sa.CheckConstraint(
            "state IN ('applied', 'granted', 'refused', 'withdrawn', 'in_force', 'varied', 'expired', 'discharged', 'entered_in_error')",
            name=op.f("ck_orders_state_known"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('refused', 'withdrawn') OR decided_on IS NOT NULL",
            name=op.f("ck_orders_decision_has_day"),
        ),
        sa.CheckConstraint(
            "type IN ('SHPO', 'SOPO', 'SRO', 'SCPO', 'CBO', 'DVPN', 'DVPO', 'DAPN', 'DAPO', 'SPO', 'STPO', 'STRO', 'KCPO', 'gang_injunction', 'football_banning', 'restraining', 'non_molestation', 'foreign_travel', 'notification', 'financial_reporting')",
            name=op.f("ck_orders_type_known"),
        ),
        sa.CheckConstraint(
            "expires_on >= in_force_on", name=op.f("ck_orders_expires_once_binding")
        ),
        sa.CheckConstraint("in_force_on >= made_on", name=op.f("ck_orders_binds_once_made")),
        sa.CheckConstraint("made_on >= applied_on", name=op.f("ck_orders_made_after_application")),
        sa.CheckConstraint(
            "num_nonnulls(owner_officer, owner_team) = 1", name=op.f("ck_orders_one_owner")
        ),
        sa.ForeignKeyConstraint(
            ["force", "lpa"], ["lpas.force", "lpas.code"], name=op.f("fk_orders_force_lpa")
        ),
        sa.ForeignKeyConstraint(
            ["force", "neighbourhood"],
            ["neighbourhoods.force", "neighbourhoods.code"],
            name=op.f("fk_orders_force_neighbourhood"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "notice_id"],
            ["orders.force", "orders.id"],
            name=op.f("fk_orders_force_notice_id"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "person_id"],
            ["persons.force", "persons.id"],
            name=op.f("fk_orders_force_person_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_orders")),
    )
    op.create_index(
        "ix_orders_notice_id",
        "orders",
        ["force", "notice_id"],
        postgresql_where=sa.text("notice_id IS NOT NULL"),
    )
    op.create_index("ix_orders_person_id", "orders", ["force", "person_id"])
    op.create_index("ix_orders_state", "orders", ["force", "state", "expires_on"])
    op.create_index(
        "uq_orders_court_reference",
        "orders",
        ["force", "person_id", "type", "court_reference"],
        unique=True,
        postgresql_where=sa.text("court_reference IS NOT NULL AND state <> 'entered_in_error'"),
    )
    op.create_index("uq_orders_reference", "orders", ["force", "reference"], unique=True)
    _make_history("orders", _order_columns())


def _breach_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("condition_id", sa.Text(), nullable=True),
        sa.Column("details", sa.Text(), nullable=True),
        sa.Column("found_how", sa.Text(), nullable=True),
        sa.Column("offence_code", sa.Text(), nullable=True),
        sa.Column("crime_reference", sa.Text(), nullable=True),
        sa.Column("investigated_by", sa.Text(), nullable=True),
        sa.Column("want_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.Text(), nullable=True),
        sa.Column("action_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("action_by", sa.Text(), nullable=True),
        sa.Column("action_reason", sa.Text(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_by", sa.Text(), nullable=True),
        sa.Column("learning", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    ]


def _make_breaches() -> None:
    op.create_table(
        "order_breaches",
        *_breach_columns(),
        sa.CheckConstraint(
            "action IN ('arrested', 'charged', 'summonsed', 'recalled', 'wanted', 'warned', 'no_further_action', 'other')",
            name=op.f("ck_order_breaches_action_known"),
        ),
        sa.CheckConstraint(
            "action_at >= occurred_at", name=op.f("ck_order_breaches_action_after_breach")
        ),
        sa.CheckConstraint(
            "num_nonnulls(action, action_at, action_by) IN (0, 3)",
            name=op.f("ck_order_breaches_action_is_whole"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(reviewed_at, reviewed_by, learning) IN (0, 3)",
            name=op.f("ck_order_breaches_review_is_whole"),
        ),
        sa.CheckConstraint(
            "reviewed_at IS NULL OR action IS NOT NULL",
            name=op.f("ck_order_breaches_action_before_review"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "order_id"],
            ["orders.force", "orders.id"],
            name=op.f("fk_order_breaches_force_order_id"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "want_id"],
            ["wants.force", "wants.id"],
            name=op.f("fk_order_breaches_force_want_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_order_breaches")),
    )
    op.create_index(
        "ix_order_breaches_open",
        "order_breaches",
        ["force", "order_id"],
        postgresql_where=sa.text("reviewed_at IS NULL"),
    )
    op.create_index(
        "uq_order_breaches_moment",
        "order_breaches",
        ["force", "order_id", "occurred_at", "condition_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    _make_history("order_breaches", _breach_columns())


def _make_actions() -> None:
    op.create_table(
        "order_actions",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column(
            "details", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.CheckConstraint(
            "kind IN ('entry', 'amendment', 'decision', 'acceptance', 'conditions', 'review', 'check', 'breach', 'breach_action', 'breach_review', 'variation', 'discharge', 'expiry', 'handover')",
            name=op.f("ck_order_actions_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "order_id"],
            ["orders.force", "orders.id"],
            name=op.f("fk_order_actions_force_order_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_order_actions")),
    )
    op.create_index(
        "ix_order_actions_order_id", "order_actions", ["force", "order_id", "occurred_at"]
    )


def _make_clauses() -> None:
    op.create_table(
        "order_clauses",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("guidance", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "category IN ('non_contact', 'association', 'exclusion', 'residence', 'curfew', 'reporting', 'notification', 'foreign_travel', 'electronic_monitoring', 'internet', 'devices', 'employment', 'finance', 'venues', 'vehicles', 'weapons', 'other')",
            name=op.f("ck_order_clauses_category_known"),
        ),
        sa.CheckConstraint(
            "kind IN ('prohibition', 'requirement')", name=op.f("ck_order_clauses_kind_known")
        ),
        sa.CheckConstraint(
            "type IN ('SHPO', 'SOPO', 'SRO', 'SCPO', 'CBO', 'DVPN', 'DVPO', 'DAPN', 'DAPO', 'SPO', 'STPO', 'STRO', 'KCPO', 'gang_injunction', 'football_banning', 'restraining', 'non_molestation', 'foreign_travel', 'notification', 'financial_reporting')",
            name=op.f("ck_order_clauses_type_known"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_order_clauses")),
    )
    op.create_index("uq_order_clauses_code", "order_clauses", ["force", "code"], unique=True)


def downgrade() -> None:
    """Drop them."""
    for table in (
        "order_clauses",
        "order_actions",
        "order_breaches_history",
        "order_breaches",
        "orders_history",
        "orders",
        "order_types",
    ):
        op.drop_table(table)
