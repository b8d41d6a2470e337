"""Briefing items with their wordings and receipts, and subscriptions to what happens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from offenders.migrating import hide_restricted, protect

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _make_briefings()
    _make_subscriptions()
    protect(op, ["briefings", "subscriptions"], "SELECT, INSERT, UPDATE")
    protect(op, ["briefing_versions", "briefing_receipts"], "SELECT, INSERT")
    hide_restricted(op, "briefings", ["person_id"])
    op.execute("GRANT SELECT, INSERT, DELETE ON live_subscriptions TO offenders_app")
    op.execute("GRANT DELETE ON outbox_messages, outbox_tries TO offenders_app")


def _make_briefings() -> None:
    op.create_table(
        "briefings",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("lpas", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column(
            "neighbourhoods", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("teams", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("marking", sa.Text(), nullable=False),
        sa.Column("handling", sa.Text(), nullable=False),
        sa.Column("handling_conditions", sa.Text(), nullable=True),
        sa.Column("grade", sa.Text(), nullable=True),
        sa.Column("edition", sa.Integer(), server_default="1", nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("withdrawn_because", sa.Text(), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(subject_id IS NULL) = (subject_type IS NULL OR subject_type = 'person')",
            name=op.f("ck_briefings_subject_has_id"),
        ),
        sa.CheckConstraint(
            "handling IN ('normal', 'restricted', 'covert')",
            name=op.f("ck_briefings_handling_known"),
        ),
        sa.CheckConstraint(
            "marking IN ('official', 'official_sensitive')", name=op.f("ck_briefings_marking_known")
        ),
        sa.CheckConstraint(
            "priority IN ('normal', 'high', 'urgent')", name=op.f("ck_briefings_priority_known")
        ),
        sa.CheckConstraint(
            "subject_type IN ('person', 'want', 'bail_record', 'iom_member', 'order', 'registration', 'mappa_case')",
            name=op.f("ck_briefings_subject_type_known"),
        ),
        sa.CheckConstraint(
            "withdrawn_because IN ('resolved', 'superseded', 'no_longer_true', 'entered_in_error')",
            name=op.f("ck_briefings_withdrawn_because_known"),
        ),
        sa.CheckConstraint(
            "(subject_type IS NULL) = (person_id IS NULL)",
            name=op.f("ck_briefings_subject_has_person"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(withdrawn_at, withdrawn_by, withdrawn_because, withdrawn_reason) IN (0, 4)",
            name=op.f("ck_briefings_withdrawal_is_whole"),
        ),
        sa.CheckConstraint(
            "valid_until > valid_from", name=op.f("ck_briefings_ends_after_it_begins")
        ),
        sa.ForeignKeyConstraint(
            ["force", "person_id"],
            ["persons.force", "persons.id"],
            name=op.f("fk_briefings_force_person_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_briefings")),
    )
    op.create_index("ix_briefings_person_id", "briefings", ["force", "person_id"], unique=False)
    op.create_index(
        "ix_briefings_valid_until",
        "briefings",
        ["force", "valid_until"],
        unique=False,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_index("uq_briefings_reference", "briefings", ["force", "reference"], unique=True)
    op.create_table(
        "briefing_versions",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("briefing_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "content", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('publication', 'amendment', 'withdrawal')",
            name=op.f("ck_briefing_versions_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "briefing_id"],
            ["briefings.force", "briefings.id"],
            name=op.f("fk_briefing_versions_force_briefing_id"),
        ),
        sa.PrimaryKeyConstraint(
            "force", "briefing_id", "version", name=op.f("pk_briefing_versions")
        ),
    )
    op.create_index(
        "ix_briefing_versions_recorded_at",
        "briefing_versions",
        ["force", "recorded_at"],
        unique=False,
    )
    op.create_table(
        "briefing_receipts",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("briefing_id", sa.Uuid(), nullable=False),
        sa.Column("officer", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('held', 'read')", name=op.f("ck_briefing_receipts_kind_known")
        ),
        sa.ForeignKeyConstraint(
            ["force", "briefing_id"],
            ["briefings.force", "briefings.id"],
            name=op.f("fk_briefing_receipts_force_briefing_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_briefing_receipts")),
    )
    op.create_index(
        "uq_briefing_receipts_client_id",
        "briefing_receipts",
        ["force", "briefing_id", "officer", "client_id"],
        unique=True,
    )


def _make_subscriptions() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("events", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("state", sa.Text(), server_default="active", nullable=False),
        sa.Column("because", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("lpas", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column(
            "neighbourhoods", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("agency", sa.Text(), nullable=True),
        sa.Column("told_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_key", sa.Text(), server_default="", nullable=False),
        sa.Column("secret_number", sa.Integer(), server_default="1", nullable=False),
        sa.Column("old_secret_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("last_delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("token_id", sa.Text(), nullable=True),
        sa.Column("authorised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state = 'active') = (because IS NULL)", name=op.f("ck_subscriptions_stop_has_cause")
        ),
        sa.CheckConstraint(
            "(state = 'ended') = (ended_at IS NOT NULL)",
            name=op.f("ck_subscriptions_end_has_moment"),
        ),
        sa.CheckConstraint(
            "state IN ('active', 'paused', 'ended')", name=op.f("ck_subscriptions_state_known")
        ),
        sa.CheckConstraint("cardinality(events) > 0", name=op.f("ck_subscriptions_some_event")),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_subscriptions")),
    )
    op.create_index(
        "ix_subscriptions_live",
        "subscriptions",
        ["force"],
        unique=False,
        postgresql_where=sa.text("state <> 'ended'"),
    )
    op.create_table(
        "live_subscriptions",
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("force_code", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("subscription_id", name=op.f("pk_live_subscriptions")),
    )
    for table in ("wants_history", "flags_history", "tasks_history"):
        op.create_index(f"ix_{table}_recorded_from", table, ["force", "recorded_from"])
    op.add_column("outbox_messages", sa.Column("recipient", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_outbox_messages_recipient",
        "outbox_messages",
        ["force", "recipient"],
        unique=False,
        postgresql_where=sa.text(
            "recipient IS NOT NULL AND state IN ('waiting', 'sending', 'dead')"
        ),
    )


def downgrade() -> None:
    """Drop them."""
    op.execute("REVOKE DELETE ON outbox_messages, outbox_tries FROM offenders_app")
    for table in ("wants_history", "flags_history", "tasks_history"):
        op.drop_index(f"ix_{table}_recorded_from", table_name=table)
    op.drop_index("ix_outbox_messages_recipient", table_name="outbox_messages")
    op.drop_column("outbox_messages", "recipient")
    for table in (
        "live_subscriptions",
        "subscriptions",
        "briefing_receipts",
        "briefing_versions",
        "briefings",
    ):
        op.drop_table(table)
