"""Foreign-conviction checks with their history, and the convictions that they found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from offenders.migrating import protect

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "acro_checks_history",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("detention_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("lpa", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("detained_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("requested_by", sa.Text(), nullable=True),
        sa.Column("reply_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("chased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("chases", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("response", sa.Text(), nullable=True),
        sa.Column("responded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("response_summary", sa.Text(), nullable=True),
        sa.Column("assessed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assessed_by", sa.Text(), nullable=True),
        sa.Column("assessment", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("not_possible_because", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_to", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint(
            "force", "id", "recorded_from", name=op.f("pk_acro_checks_history")
        ),
    )
    op.create_index(
        "ix_acro_checks_history_detained_at",
        "acro_checks_history",
        ["force", "detained_at", "id"],
        unique=False,
    )
    op.create_table(
        "acro_checks",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("detention_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("lpa", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="required", nullable=False),
        sa.Column("detained_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("requested_by", sa.Text(), nullable=True),
        sa.Column("reply_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("chased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("chases", sa.Integer(), server_default="0", nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("response", sa.Text(), nullable=True),
        sa.Column("responded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("response_summary", sa.Text(), nullable=True),
        sa.Column("assessed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assessed_by", sa.Text(), nullable=True),
        sa.Column(
            "assessment",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("not_possible_because", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state = 'assessed') = (assessed_at IS NOT NULL)",
            name=op.f("ck_acro_checks_assessed_at"),
        ),
        sa.CheckConstraint(
            "(state = 'not_possible') = (not_possible_because IS NOT NULL)",
            name=op.f("ck_acro_checks_not_possible_has_reason"),
        ),
        sa.CheckConstraint(
            "channel IN ('eu', 'non_eu')", name=op.f("ck_acro_checks_channel_known")
        ),
        sa.CheckConstraint(
            "response IN ('trace', 'no_trace', 'partial', 'refused', 'not_available')",
            name=op.f("ck_acro_checks_response_known"),
        ),
        sa.CheckConstraint(
            "state IN ('required', 'requested', 'responded', 'assessed', 'not_possible')",
            name=op.f("ck_acro_checks_state_known"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('requested', 'responded', 'assessed') OR (requested_at IS NOT NULL AND reply_due_at IS NOT NULL)",
            name=op.f("ck_acro_checks_requested_has_moment"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('responded', 'assessed') OR (response IS NOT NULL AND responded_at IS NOT NULL)",
            name=op.f("ck_acro_checks_answered_has_response"),
        ),
        sa.CheckConstraint(
            "responded_at >= requested_at", name=op.f("ck_acro_checks_answered_after_request")
        ),
        sa.ForeignKeyConstraint(
            ["force", "detention_id"],
            ["detentions.force", "detentions.id"],
            name=op.f("fk_acro_checks_force_detention_id"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "lpa"], ["lpas.force", "lpas.code"], name=op.f("fk_acro_checks_force_lpa")
        ),
        sa.ForeignKeyConstraint(
            ["force", "person_id"],
            ["persons.force", "persons.id"],
            name=op.f("fk_acro_checks_force_person_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_acro_checks")),
    )
    op.create_index(
        "ix_acro_checks_detained_at", "acro_checks", ["force", "detained_at", "id"], unique=False
    )
    op.create_index("ix_acro_checks_person_id", "acro_checks", ["force", "person_id"], unique=False)
    op.create_index(
        "ix_acro_checks_requested",
        "acro_checks",
        ["force", "reply_due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'requested'"),
    )
    op.create_index(
        "ix_acro_checks_required",
        "acro_checks",
        ["force", "request_due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'required'"),
    )
    op.create_index(
        "ix_acro_checks_to_assess",
        "acro_checks",
        ["force", "responded_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'responded' AND response IN ('trace', 'partial')"),
    )
    op.create_index(
        "uq_acro_checks_country", "acro_checks", ["force", "detention_id", "country"], unique=True
    )
    op.create_index("uq_acro_checks_reference", "acro_checks", ["force", "reference"], unique=True)
    op.create_table(
        "acro_convictions",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("check_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("offence", sa.Text(), nullable=False),
        sa.Column("offence_code", sa.Text(), nullable=True),
        sa.Column("convicted_on", sa.Date(), nullable=True),
        sa.Column("court", sa.Text(), nullable=True),
        sa.Column("sentence", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["force", "check_id"],
            ["acro_checks.force", "acro_checks.id"],
            name=op.f("fk_acro_convictions_force_check_id"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "person_id"],
            ["persons.force", "persons.id"],
            name=op.f("fk_acro_convictions_force_person_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_acro_convictions")),
    )
    op.create_index(
        "ix_acro_convictions_check_id", "acro_convictions", ["force", "check_id"], unique=False
    )
    op.create_index(
        "ix_acro_convictions_person_id", "acro_convictions", ["force", "person_id"], unique=False
    )
    protect(op, ["acro_checks", "acro_checks_history"], "SELECT, INSERT, UPDATE")
    protect(op, ["acro_convictions"], "SELECT, INSERT")


def downgrade() -> None:
    """Drop them."""
    op.drop_table("acro_convictions")
    op.drop_table("acro_checks_history")
    op.drop_table("acro_checks")
