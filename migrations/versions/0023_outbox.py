"""What is to be sent out, written with what it tells; each try to send it; and who waits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from offenders.migrating import protect

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "outbox_messages",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("subject_reference", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tries_before", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("duplicates", sa.Integer(), server_default="0", nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'delivered', 'dead')",
            name=op.f("ck_outbox_messages_state_known"),
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (next_try_at IS NOT NULL)",
            name=op.f("ck_outbox_messages_waiting_has_next_try"),
        ),
        sa.CheckConstraint(
            "(state = 'sending') = (claimed_until IS NOT NULL)",
            name=op.f("ck_outbox_messages_sending_has_claim"),
        ),
        sa.CheckConstraint(
            "state IN ('delivered', 'dead') OR body IS NOT NULL",
            name=op.f("ck_outbox_messages_has_body"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_outbox_messages")),
    )
    _index("waiting", ["next_try_at", "id"], "state = 'waiting'")
    _index("sending", ["claimed_until"], "state = 'sending'")
    _index("subject", ["subject_id"])
    _index("recorded_at", ["recorded_at", "id"])
    _index("body", ["recorded_at"], "body IS NOT NULL AND state IN ('delivered', 'dead')")
    op.create_table(
        "outbox_tries",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("is_repeat", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.Text(), server_default="begun", nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('begun', 'delivered', 'refused', 'unknown')",
            name=op.f("ck_outbox_tries_outcome_known"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "message_id"],
            ["outbox_messages.force", "outbox_messages.id"],
            name=op.f("fk_outbox_tries_force_message_id"),
        ),
        sa.PrimaryKeyConstraint("force", "message_id", "number", name=op.f("pk_outbox_tries")),
    )
    protect(op, ["outbox_messages", "outbox_tries"], "SELECT, INSERT, UPDATE")
    op.create_table(
        "waiting_messages",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("force_code", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_waiting_messages")),
    )
    op.execute("GRANT SELECT, INSERT, DELETE ON waiting_messages TO offenders_app")


def _index(name: str, columns: list[str], where: str | None = None) -> None:
    op.create_index(
        f"ix_outbox_messages_{name}",
        "outbox_messages",
        ["force", *columns],
        unique=False,
        postgresql_where=sa.text(where) if where else None,
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("waiting_messages")
    op.drop_table("outbox_tries")
    op.drop_table("outbox_messages")
