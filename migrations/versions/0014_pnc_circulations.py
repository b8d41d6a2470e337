"""What PNC holds of a force, full extracts received, and an index of closed wants still on PNC."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from offenders.migrating import protect

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

UNCANCELLED = sa.text("state <> 'outstanding' AND circulation = 'circulated'")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "pnc_circulations",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source_ref", sa.Text(), nullable=False),
        sa.Column("pnc_reference", sa.Text(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("family_name", sa.Text(), nullable=True),
        sa.Column("given_names", sa.Text(), nullable=True),
        sa.Column("family_key", sa.Text(), nullable=True),
        sa.Column("given_key", sa.Text(), nullable=True),
        sa.Column("date_of_birth", sa.Date(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=True),
        sa.Column("pnc_id", sa.Text(), nullable=True),
        sa.Column("pnc_id_raw", sa.Text(), nullable=True),
        sa.Column("cro_number", sa.Text(), nullable=True),
        sa.Column("cro_number_raw", sa.Text(), nullable=True),
        sa.Column("offence_code", sa.Text(), nullable=True),
        sa.Column("offence_code_raw", sa.Text(), nullable=True),
        sa.Column("report_type", sa.Text(), nullable=True),
        sa.Column("report_type_raw", sa.Text(), nullable=True),
        sa.Column("is_wanted", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("circulated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "report_type IN ('wanted', 'recall', 'failed_to_appear', 'deserter', 'locate_trace', 'missing', 'suspected')",
            name=op.f("ck_pnc_circulations_report_type_known"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "person_id"],
            ["persons.force", "persons.id"],
            name=op.f("fk_pnc_circulations_force_person_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_pnc_circulations")),
    )
    op.create_index(
        "uq_pnc_circulations_source_ref", "pnc_circulations", ["force", "source_ref"], unique=True
    )
    op.create_index(
        "ix_pnc_circulations_pnc_reference",
        "pnc_circulations",
        ["force", "pnc_reference"],
        unique=False,
    )
    op.create_table(
        "pnc_extracts",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("circulations", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_pnc_extracts")),
    )
    op.create_index(
        "ix_pnc_extracts_received_at", "pnc_extracts", ["force", "received_at"], unique=False
    )
    protect(op, ["pnc_circulations"], "SELECT, INSERT, UPDATE")
    protect(op, ["pnc_extracts"], "SELECT, INSERT")
    op.create_index(
        "ix_wants_uncancelled",
        "wants",
        ["force", "outcome_at"],
        unique=False,
        postgresql_where=UNCANCELLED,
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_wants_uncancelled", table_name="wants", postgresql_where=UNCANCELLED)
    op.drop_table("pnc_extracts")
    op.drop_table("pnc_circulations")
