"""Detentions with their history, the wants put to the custody officer, and faster crossing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from offenders.migrating import protect

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_PARTS = {
    "foreign": "foreign_national",
    "unknown": "nationality_unknown",
    "unchecked": "NOT pnc_checked",
}


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "detentions",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("custody_number", sa.Text(), nullable=False),
        sa.Column("arrested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("arrest_place", sa.Text(), nullable=True),
        sa.Column("station", sa.Text(), nullable=True),
        sa.Column("offences", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("arresting_officer", sa.Text(), nullable=True),
        sa.Column("nationality_stated", sa.Text(), nullable=True),
        sa.Column("nationality_evidenced", sa.Text(), nullable=True),
        sa.Column("countries", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column(
            "foreign_national", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
        sa.Column(
            "nationality_unknown", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
        sa.Column("pnc_checked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("lpa", sa.Text(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disposal", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "disposal IN ('charged', 'bailed', 'released_under_investigation', 'out_of_court', 'no_further_action', 'transferred', 'other')",
            name=op.f("ck_detentions_disposal_known"),
        ),
        sa.CheckConstraint(
            "released_at >= arrested_at", name=op.f("ck_detentions_released_after_arrest")
        ),
        sa.CheckConstraint(
            "disposal IS NULL OR released_at IS NOT NULL",
            name=op.f("ck_detentions_disposal_of_released"),
        ),
        sa.CheckConstraint(
            "foreign_national = (countries <> '{}')", name=op.f("ck_detentions_foreign_by_country")
        ),
        sa.CheckConstraint(
            "NOT (foreign_national AND nationality_unknown)",
            name=op.f("ck_detentions_known_or_not"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "person_id"],
            ["persons.force", "persons.id"],
            name=op.f("fk_detentions_force_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "lpa"], ["lpas.force", "lpas.code"], name=op.f("fk_detentions_force_lpa")
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_detentions")),
    )
    op.create_index("uq_detentions_reference", "detentions", ["force", "reference"], unique=True)
    op.create_index(
        "uq_detentions_custody_number", "detentions", ["force", "custody_number"], unique=True
    )
    op.create_index("ix_detentions_arrested_at", "detentions", ["force", "arrested_at", "id"])
    op.create_index("ix_detentions_person_id", "detentions", ["force", "person_id", "arrested_at"])
    for name, condition in _PARTS.items():
        op.create_index(
            f"ix_detentions_{name}",
            "detentions",
            ["force", "arrested_at", "id"],
            postgresql_where=sa.text(condition),
        )
    op.create_table(
        "detentions_history",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("custody_number", sa.Text(), nullable=False),
        sa.Column("arrested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("arrest_place", sa.Text(), nullable=True),
        sa.Column("station", sa.Text(), nullable=True),
        sa.Column("offences", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("arresting_officer", sa.Text(), nullable=True),
        sa.Column("nationality_stated", sa.Text(), nullable=True),
        sa.Column("nationality_evidenced", sa.Text(), nullable=True),
        sa.Column("countries", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("foreign_national", sa.Boolean(), nullable=False),
        sa.Column("nationality_unknown", sa.Boolean(), nullable=False),
        sa.Column("pnc_checked", sa.Boolean(), nullable=False),
        sa.Column("lpa", sa.Text(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disposal", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_to", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("force", "id", "recorded_from", name=op.f("pk_detentions_history")),
    )
    op.create_index(
        "ix_detentions_history_arrested_at", "detentions_history", ["force", "arrested_at", "id"]
    )
    op.create_table(
        "detention_wants",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("detention_id", sa.Uuid(), nullable=False),
        sa.Column("want_id", sa.Uuid(), nullable=False),
        sa.Column("put", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "put IN ('put_forward', 'closed')", name=op.f("ck_detention_wants_put_known")
        ),
        sa.ForeignKeyConstraint(
            ["force", "detention_id"],
            ["detentions.force", "detentions.id"],
            name=op.f("fk_detention_wants_force_detention_id"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "want_id"],
            ["wants.force", "wants.id"],
            name=op.f("fk_detention_wants_force_want_id"),
        ),
        sa.PrimaryKeyConstraint(
            "force", "detention_id", "want_id", name=op.f("pk_detention_wants")
        ),
    )
    op.create_index("ix_detention_wants_want_id", "detention_wants", ["force", "want_id"])
    protect(op, ["detentions", "detentions_history", "detention_wants"], "SELECT, INSERT, UPDATE")


def downgrade() -> None:
    """Drop them."""
    op.drop_table("detention_wants")
    op.drop_table("detentions_history")
    op.drop_table("detentions")
