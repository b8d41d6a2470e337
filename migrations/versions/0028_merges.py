"""Merges of two records of one person, and which rows each moved from whom to whom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from offenders.migrating import protect

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, the column and its index, and let rows of people be moved."""
    for table in ("persons", "persons_history"):
        op.add_column(table, sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_persons_force_merged_into"),
        "persons",
        "persons",
        ["force", "merged_into"],
        ["force", "id"],
    )
    op.create_index(
        "ix_persons_merged_into",
        "persons",
        ["force", "merged_into"],
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    _make_merges()
    op.create_table(
        "person_moves",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("column_name", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("merge_id", sa.Uuid(), nullable=False),
        sa.Column("from_person", sa.Uuid(), nullable=False),
        sa.Column("to_person", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint(
            "force",
            "row_id",
            "column_name",
            "recorded_at",
            "table_name",
            name=op.f("pk_person_moves"),
        ),
    )
    op.create_index("ix_person_moves_from_person", "person_moves", ["force", "from_person"])
    op.create_index("ix_person_moves_merge_id", "person_moves", ["force", "merge_id"])
    protect(op, ["merges"], "SELECT, INSERT, UPDATE")
    protect(op, ["person_moves"], "SELECT, INSERT")
    op.execute("GRANT UPDATE (person_id) ON acro_convictions TO offenders_app")
    op.execute("GRANT DELETE ON person_names, person_dates_of_birth TO offenders_app")


def _make_merges() -> None:
    op.create_table(
        "merges",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("merged_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), server_default="standing", nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "details",
            sa.dialects.postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reversed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reversed_by", sa.Text(), nullable=True),
        sa.Column("reversal_reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('standing', 'reversed')", name=op.f("ck_merges_state_known")),
        sa.CheckConstraint("survivor_id <> merged_id", name=op.f("ck_merges_two_people")),
        sa.CheckConstraint(
            "(state = 'reversed') = (reversed_at IS NOT NULL AND reversed_by IS NOT NULL"
            " AND reversal_reason IS NOT NULL)",
            name=op.f("ck_merges_reversal_reasoned"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "merged_id"],
            ["persons.force", "persons.id"],
            name=op.f("fk_merges_force_merged_id"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "survivor_id"],
            ["persons.force", "persons.id"],
            name=op.f("fk_merges_force_survivor_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_merges")),
    )
    op.create_index(
        "uq_merges_standing",
        "merges",
        ["force", "merged_id"],
        unique=True,
        postgresql_where=sa.text("state = 'standing'"),
    )
    op.create_index("ix_merges_survivor_id", "merges", ["force", "survivor_id"])


def downgrade() -> None:
    """Drop them; who was merged then stands beside the survivor, without what was moved."""
    op.execute("REVOKE DELETE ON person_names, person_dates_of_birth FROM offenders_app")
    op.execute("REVOKE UPDATE (person_id) ON acro_convictions FROM offenders_app")
    op.drop_table("person_moves")
    op.drop_table("merges")
    for table in ("persons", "persons_history"):
        op.drop_column(table, "merged_into")
