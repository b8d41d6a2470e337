"""Add dip samples: what was drawn, its files, and how each was marked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from offenders.migrating import protect

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _make_samples()
    _make_files()
    _make_marks()
    protect(op, ["dip_samples"], "SELECT, INSERT, UPDATE")
    protect(op, ["dip_files", "dip_marks"], "SELECT, INSERT")


def _json(name: str) -> sa.Column[object]:
    kind = postgresql.JSONB(astext_type=sa.Text())
    return sa.Column(name, kind, server_default="{}", nullable=False)


def _make_samples() -> None:
    op.create_table(
        "dip_samples",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("lpa", sa.Text(), nullable=True),
        sa.Column("as_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        _json("populations"),
        _json("figures"),
        sa.Column("drawn_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["force", "lpa"], ["lpas.force", "lpas.code"], name=op.f("fk_dip_samples_force_lpa")
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_dip_samples")),
    )
    op.create_index("uq_dip_samples_reference", "dip_samples", ["force", "reference"], unique=True)
    op.create_index("ix_dip_samples_recorded_at", "dip_samples", ["force", "recorded_at", "id"])


def _make_files() -> None:
    op.create_table(
        "dip_files",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("list", sa.Text(), nullable=False),
        sa.Column("want_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "list IN ('named_suspect', 'pnc_circulated')", name=op.f("ck_dip_files_list_known")
        ),
        sa.CheckConstraint("position > 0", name=op.f("ck_dip_files_counts_from_one")),
        sa.ForeignKeyConstraint(
            ["force", "sample_id"],
            ["dip_samples.force", "dip_samples.id"],
            name=op.f("fk_dip_files_force_sample_id"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "want_id"],
            ["wants.force", "wants.id"],
            name=op.f("fk_dip_files_force_want_id"),
        ),
        sa.PrimaryKeyConstraint("force", "sample_id", "position", name=op.f("pk_dip_files")),
    )
    op.create_index(
        "uq_dip_files_want", "dip_files", ["force", "sample_id", "want_id"], unique=True
    )
    op.create_index("ix_dip_files_want_id", "dip_files", ["force", "want_id"])


def _make_marks() -> None:
    op.create_table(
        "dip_marks",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        _json("answers"),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("marked_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "mark IN ('satisfactory', 'unsatisfactory')", name=op.f("ck_dip_marks_mark_known")
        ),
        sa.ForeignKeyConstraint(
            ["force", "sample_id", "position"],
            ["dip_files.force", "dip_files.sample_id", "dip_files.position"],
            name=op.f("fk_dip_marks_force_sample_id_position"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_dip_marks")),
    )
    op.create_index(
        "ix_dip_marks_file", "dip_marks", ["force", "sample_id", "position", "recorded_at"]
    )


def downgrade() -> None:
    """Take them away."""
    for table in ("dip_marks", "dip_files", "dip_samples"):
        op.drop_table(table)
