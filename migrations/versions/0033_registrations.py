"""Registrations with their history and log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from offenders.migrating import protect

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_TYPES = {
    "text": sa.Text(),
    "date": sa.Date(),
    "uuid": sa.Uuid(),
    "moment": sa.DateTime(timezone=True),
    "integer": sa.Integer(),
    "truth": sa.Boolean(),
    "json": postgresql.JSONB(astext_type=sa.Text()),
}
# Name, type, whether it may be null, and what it is unless told.
_COLUMNS = (
    ("force", "text", False, None),
    ("id", "uuid", False, None),
    ("reference", "text", False, None),
    ("person_id", "uuid", False, None),
    ("state", "text", False, None),
    ("disposals", "json", False, "[]"),
    ("starts_on", "date", False, None),
    ("relevant_date", "date", False, None),
    ("disposal", "text", False, None),
    ("is_indefinite", "truth", False, None),
    ("ends_on", "date", True, None),
    ("because", "json", False, "{}"),
    ("risk", "text", True, None),
    ("risk_since", "date", True, None),
    ("management", "text", False, "active"),
    ("reactive_review_due_on", "date", True, None),
    ("absences", "json", False, "[]"),
    ("travel", "json", False, "[]"),
    ("has_no_fixed_abode", "truth", False, "false"),
    ("first_notified_on", "date", True, None),
    ("last_notified_on", "date", True, None),
    ("notification_stage", "text", False, None),
    ("notification_due_on", "date", True, None),
    ("notification_section", "text", False, None),
    ("last_seen_on", "date", True, None),
    ("failed_visits", "integer", False, "0"),
    ("visit_planned_for", "date", True, None),
    ("visit_months", "integer", True, None),
    ("visit_from_on", "date", True, None),
    ("last_arms_on", "date", True, None),
    ("arms_priority", "text", True, None),
    ("arms_stage", "text", False, None),
    ("arms_from_on", "date", True, None),
    ("review_applied_on", "date", True, None),
    ("review_determined_on", "date", True, None),
    ("review_determination", "text", True, None),
    ("next_review_on", "date", True, None),
    ("local_summary", "text", True, None),
    ("is_withheld_locally", "truth", False, "false"),
    ("lpa", "text", True, None),
    ("neighbourhood", "text", True, None),
    ("owner_officer", "text", True, None),
    ("owner_team", "text", True, None),
    ("outcome", "text", True, None),
    ("outcome_at", "moment", True, None),
    ("outcome_reason", "text", True, None),
    ("outcome_details", "json", False, "{}"),
    ("recorded_by", "text", False, None),
    ("version", "integer", False, None),
    ("recorded_at", "moment", False, None),
    ("updated_at", "moment", False, None),
)
_RISKS = "'very_high', 'high', 'medium', 'low'"
_KNOWN = {
    "state": "'registered', 'closed'",
    "disposal": "'imprisonment', 'life', 'hospital_with_restriction',"
    " 'hospital_without_restriction', 'caution', 'conditional_discharge', 'community_order',"
    " 'fine', 'other'",
    "risk": _RISKS,
    "arms_priority": _RISKS,
    "management": "'active', 'reactive'",
    "review_determination": "'remains', 'ceases'",
    "outcome": "'period_ended', 'deceased', 'court', 'moved', 'indefinite_review',"
    " 'entered_in_error'",
}
_CHECKS = {
    "one_owner": "num_nonnulls(owner_officer, owner_team) = 1",
    "indefinite_has_no_end": "NOT is_indefinite OR ends_on IS NULL",
    "ends_after_start": "ends_on >= starts_on",
    "end_has_outcome": "(state = 'closed') = (outcome IS NOT NULL)",
    "notified_after_conviction": "last_notified_on >= starts_on",
    "reactive_is_low": "management = 'active'"
    " OR (risk = 'low' AND reactive_review_due_on IS NOT NULL)",
    "visit_months_sane": "visit_months BETWEEN 1 AND 24",
}
_REFERS = {
    "person_id": ("persons", "id"),
    "neighbourhood": ("neighbourhoods", "code"),
    "lpa": ("lpas", "code"),
}
_ACTIONS = (
    "'entry', 'disposal', 'amendment', 'notification', 'visit', 'arms_assessment', 'polygraph',"
    " 'risk_level', 'travel', 'absence', 'management', 'indefinite_review', 'handover', 'closure'"
)


def _columns(*, is_history: bool) -> list[sa.Column[object]]:
    """Give the columns of a record; those of its history have no default."""
    return [
        sa.Column(
            name,
            _TYPES[kind],
            server_default=None if is_history or default is None else _default(kind, default),
            nullable=is_null,
        )
        for name, kind, is_null, default in _COLUMNS
    ]


def _default(kind: str, default: str) -> object:
    return sa.text(default) if kind in {"truth", "integer"} else default


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "registrations",
        *_columns(is_history=False),
        *(
            sa.CheckConstraint(f"{name} IN ({known})", name=op.f(f"ck_registrations_{name}_known"))
            for name, known in _KNOWN.items()
        ),
        *(
            sa.CheckConstraint(rule, name=op.f(f"ck_registrations_{name}"))
            for name, rule in _CHECKS.items()
        ),
        *(
            sa.ForeignKeyConstraint(
                ["force", column],
                [f"{table}.force", f"{table}.{key}"],
                name=op.f(f"fk_registrations_force_{column}"),
            )
            for column, (table, key) in _REFERS.items()
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_registrations")),
    )
    op.create_index(
        "uq_registrations_reference", "registrations", ["force", "reference"], unique=True
    )
    op.create_index(
        "uq_registrations_person",
        "registrations",
        ["force", "person_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'closed'"),
    )
    op.create_index("ix_registrations_person_id", "registrations", ["force", "person_id"])
    op.create_index(
        "ix_registrations_state", "registrations", ["force", "state", "notification_due_on"]
    )
    op.create_table(
        "registrations_history",
        *_columns(is_history=True),
        sa.Column("recorded_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_to", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint(
            "force", "id", "recorded_from", name=op.f("pk_registrations_history")
        ),
    )
    _make_log()
    protect(op, ["registrations", "registrations_history"], "SELECT, INSERT, UPDATE")
    protect(op, ["registration_actions"], "SELECT, INSERT")


def _make_log() -> None:
    op.create_table(
        "registration_actions",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("details", _TYPES["json"], server_default="{}", nullable=False),
        sa.CheckConstraint(
            f"kind IN ({_ACTIONS})", name=op.f("ck_registration_actions_kind_known")
        ),
        sa.ForeignKeyConstraint(
            ["force", "registration_id"],
            ["registrations.force", "registrations.id"],
            name=op.f("fk_registration_actions_force_registration_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_registration_actions")),
    )
    op.create_index(
        "ix_registration_actions_registration",
        "registration_actions",
        ["force", "registration_id", "occurred_at"],
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("registration_actions")
    op.drop_table("registrations_history")
    op.drop_table("registrations")
