"""First answers, counters and reading budgets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from offenders.migrating import protect

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "idempotency_keys",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("client", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("shown", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("force", "client", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(
        "ix_idempotency_keys_recorded_at",
        "idempotency_keys",
        ["force", "recorded_at"],
        unique=False,
    )
    op.create_table(
        "people_read",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("force", "day", "actor", "person_id", name=op.f("pk_people_read")),
    )
    op.create_table(
        "reading_totals",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("force", "day", "actor", name=op.f("pk_reading_totals")),
    )
    op.create_table(
        "request_counters",
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("window_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", "window_at", name=op.f("pk_request_counters")),
    )
    protect(
        op, ["idempotency_keys", "people_read", "reading_totals"], "SELECT, INSERT, UPDATE, DELETE"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON request_counters TO offenders_app")


def downgrade() -> None:
    """Drop them."""
    op.drop_table("request_counters")
    op.drop_table("reading_totals")
    op.drop_table("people_read")
    op.drop_index("ix_idempotency_keys_recorded_at", table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
