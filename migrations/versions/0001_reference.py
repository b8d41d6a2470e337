"""Codes, areas, officers, teams and policies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from offenders.migrating import protect
from offenders.domain.reference.models import Polygon

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "code_entries",
        sa.Column("list", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("verified", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("list", "code", name=op.f("pk_code_entries")),
    )
    op.create_table(
        "default_figures",
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("applies_to", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("figure", sa.Numeric(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("watches", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("citation", sa.Text(), nullable=True),
        sa.Column("confidence", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "confidence IN ('H', 'M', 'L')", name=op.f("ck_default_figures_confidence_known")
        ),
        sa.PrimaryKeyConstraint("rule", "applies_to", "from_on", name=op.f("pk_default_figures")),
    )
    op.create_table(
        "forces",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=True),
        sa.CheckConstraint("code ~ '^[0-9]{2}$'", name=op.f("ck_forces_code_two_digits")),
        sa.CheckConstraint(
            "kind IN ('territorial', 'non_territorial')", name=op.f("ck_forces_kind_known")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_forces")),
    )
    op.create_table(
        "installation",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_installation")),
    )
    op.create_table(
        "lpas",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("force", "code", name=op.f("pk_lpas")),
    )
    op.create_table(
        "offences",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("recordable", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_offences")),
    )
    op.create_table(
        "officers",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("force", "code", name=op.f("pk_officers")),
    )
    op.create_table(
        "policies",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("applies_to", sa.Text(), nullable=False),
        sa.Column("figure", sa.Numeric(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "to_on IS NULL OR to_on >= from_on", name=op.f("ck_policies_to_not_before_from")
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_policies")),
    )
    op.create_index(
        "ix_policies_rule", "policies", ["force", "rule", "applies_to", "from_on"], unique=False
    )
    op.create_table(
        "teams",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("force", "code", name=op.f("pk_teams")),
    )
    op.create_table(
        "neighbourhoods",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lpa", sa.Text(), nullable=False),
        sa.Column("geometry", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["force", "lpa"], ["lpas.force", "lpas.code"], name=op.f("fk_neighbourhoods_force_lpa")
        ),
        sa.PrimaryKeyConstraint("force", "code", name=op.f("pk_neighbourhoods")),
    )
    op.create_table(
        "neighbourhood_rings",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("neighbourhood", sa.Text(), nullable=False),
        sa.Column("is_hole", sa.Boolean(), nullable=False),
        sa.Column("ring", Polygon(), nullable=False),
        sa.ForeignKeyConstraint(
            ["force", "neighbourhood"],
            ["neighbourhoods.force", "neighbourhoods.code"],
            name=op.f("fk_neighbourhood_rings_force_neighbourhood"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_neighbourhood_rings")),
    )
    op.create_index(
        "ix_neighbourhood_rings_neighbourhood",
        "neighbourhood_rings",
        ["force", "neighbourhood"],
        unique=False,
    )
    protect(
        op, ["policies", "lpas", "neighbourhoods", "officers", "teams"], "SELECT, INSERT, UPDATE"
    )
    protect(op, ["neighbourhood_rings"], "SELECT, INSERT, UPDATE, DELETE")
    op.execute("GRANT SELECT ON forces TO offenders_app")
    op.execute("GRANT SELECT ON offences TO offenders_app")
    op.execute("GRANT SELECT ON code_entries TO offenders_app")
    op.execute("GRANT SELECT ON default_figures TO offenders_app")
    op.execute("GRANT SELECT ON installation TO offenders_app")
    op.execute("GRANT SELECT ON alembic_version TO offenders_app")


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_neighbourhood_rings_neighbourhood", table_name="neighbourhood_rings")
    op.drop_table("neighbourhood_rings")
    op.drop_table("neighbourhoods")
    op.drop_table("teams")
    op.drop_index("ix_policies_rule", table_name="policies")
    op.drop_table("policies")
    op.drop_table("officers")
    op.drop_table("offences")
    op.drop_table("lpas")
    op.drop_table("installation")
    op.drop_table("forces")
    op.drop_table("default_figures")
    op.drop_table("code_entries")
