"""Revoked tokens; reviews of warning markers, and what finds the markers that are due."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from offenders.migrating import protect

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and the index."""
    op.create_table(
        "revocations",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("token_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_by", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "num_nonnulls(subject, token_id) = 1", name=op.f("ck_revocations_one_named")
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_revocations")),
    )
    op.create_index("ix_revocations_until", "revocations", ["force", "until"], unique=False)
    op.create_table(
        "person_marker_reviews",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("marker_id", sa.Uuid(), nullable=False),
        sa.Column("rationale", sa.Text(), nullable=False),
        sa.Column("was_due_on", sa.Date(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["force", "marker_id"],
            ["person_markers.force", "person_markers.id"],
            name=op.f("fk_person_marker_reviews_force_marker_id_person_markers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_person_marker_reviews")),
    )
    op.create_index(
        "ix_person_marker_reviews_marker_id",
        "person_marker_reviews",
        ["force", "marker_id"],
        unique=False,
    )
    protect(op, ["revocations"], "SELECT, INSERT, DELETE")
    protect(op, ["person_marker_reviews"], "SELECT, INSERT")
    op.create_index(
        "ix_person_markers_review_on",
        "person_markers",
        ["force", "review_on"],
        unique=False,
        postgresql_where=sa.text("removed_at IS NULL"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index(
        "ix_person_markers_review_on",
        table_name="person_markers",
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.drop_index("ix_person_marker_reviews_marker_id", table_name="person_marker_reviews")
    op.drop_table("person_marker_reviews")
    op.drop_index("ix_revocations_until", table_name="revocations")
    op.drop_table("revocations")
