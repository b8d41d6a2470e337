"""Managements: who answers for each managed person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from offenders.migrating import protect

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_INDEXES = ("person_id", "owner_officer", "neighbourhood")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "managements",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("owner_officer", sa.Text(), nullable=True),
        sa.Column("owner_team", sa.Text(), nullable=True),
        sa.Column("lpa", sa.Text(), nullable=True),
        sa.Column("neighbourhood", sa.Text(), nullable=True),
        sa.Column("risk", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('iom_member', 'mappa_case', 'registration', 'order')",
            name=op.f("ck_managements_kind_known"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(owner_officer, owner_team) = 1", name=op.f("ck_managements_one_owner")
        ),
        sa.ForeignKeyConstraint(
            ["force", "person_id"],
            ["persons.force", "persons.id"],
            name=op.f("fk_managements_force_person_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_managements")),
    )
    for column in _INDEXES:
        op.create_index(f"ix_managements_{column}", "managements", ["force", column])
    protect(op, ["managements"], "SELECT, INSERT, UPDATE, DELETE")


def downgrade() -> None:
    """Drop it."""
    op.drop_table("managements")
