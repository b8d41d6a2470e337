"""Forensic hits, and that a want must be confirmed because its ground was taken away."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from offenders.migrating import protect

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_STATISTICS = """
CREATE FUNCTION refresh_hit_statistics() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    ANALYZE forensic_hits, forensic_hits_history, wants, wants_history, want_actions;
END $$
"""


def upgrade() -> None:
    """Make the tables, the column, and what tells the planner of many hits at once."""
    op.create_table(
        "forensic_hits_history",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("laboratory_reference", sa.Text(), nullable=False),
        sa.Column("crime_reference", sa.Text(), nullable=True),
        sa.Column("offence_code", sa.Text(), nullable=True),
        sa.Column("offence_class", sa.Text(), nullable=False),
        sa.Column("identified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lpa", sa.Text(), nullable=True),
        sa.Column("neighbourhood", sa.Text(), nullable=True),
        sa.Column("owner_officer", sa.Text(), nullable=True),
        sa.Column("owner_team", sa.Text(), nullable=True),
        sa.Column("person_state", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("doubt", sa.Text(), nullable=True),
        sa.Column("candidates", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("stated", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("want_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("person_decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("person_decided_by", sa.Text(), nullable=True),
        sa.Column("person_reason", sa.Text(), nullable=True),
        sa.Column("researched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("researched_by", sa.Text(), nullable=True),
        sa.Column("linked_crimes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("research_notes", sa.Text(), nullable=True),
        sa.Column("allocated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("allocated_by", sa.Text(), nullable=True),
        sa.Column("allocation_reason", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("outcome_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome_by", sa.Text(), nullable=True),
        sa.Column("outcome_reason", sa.Text(), nullable=True),
        sa.Column("elimination", sa.Text(), nullable=True),
        sa.Column("eliminated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("eliminated_by", sa.Text(), nullable=True),
        sa.Column("elimination_rationale", sa.Text(), nullable=True),
        sa.Column("research_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("allocation_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("arrest_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_to", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint(
            "force", "id", "recorded_from", name=op.f("pk_forensic_hits_history")
        ),
    )
    op.create_index(
        "ix_forensic_hits_history_received_at",
        "forensic_hits_history",
        ["force", "received_at"],
        unique=False,
    )
    op.create_table(
        "forensic_hits",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("laboratory_reference", sa.Text(), nullable=False),
        sa.Column("crime_reference", sa.Text(), nullable=True),
        sa.Column("offence_code", sa.Text(), nullable=True),
        sa.Column("offence_class", sa.Text(), nullable=False),
        sa.Column("identified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lpa", sa.Text(), nullable=True),
        sa.Column("neighbourhood", sa.Text(), nullable=True),
        sa.Column("owner_officer", sa.Text(), nullable=True),
        sa.Column("owner_team", sa.Text(), nullable=True),
        sa.Column("person_state", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("doubt", sa.Text(), nullable=True),
        sa.Column(
            "candidates",
            postgresql.ARRAY(sa.Uuid()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "stated",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("want_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), server_default=sa.text("'received'"), nullable=False),
        sa.Column("person_decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("person_decided_by", sa.Text(), nullable=True),
        sa.Column("person_reason", sa.Text(), nullable=True),
        sa.Column("researched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("researched_by", sa.Text(), nullable=True),
        sa.Column(
            "linked_crimes",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("research_notes", sa.Text(), nullable=True),
        sa.Column("allocated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("allocated_by", sa.Text(), nullable=True),
        sa.Column("allocation_reason", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("outcome_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome_by", sa.Text(), nullable=True),
        sa.Column("outcome_reason", sa.Text(), nullable=True),
        sa.Column("elimination", sa.Text(), nullable=True),
        sa.Column("eliminated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("eliminated_by", sa.Text(), nullable=True),
        sa.Column("elimination_rationale", sa.Text(), nullable=True),
        sa.Column("research_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("allocation_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("arrest_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(person_state = 'doubtful') = (doubt IS NOT NULL)",
            name=op.f("ck_forensic_hits_doubt_said"),
        ),
        sa.CheckConstraint(
            "(person_state = 'known') = (person_id IS NOT NULL)",
            name=op.f("ck_forensic_hits_known_person"),
        ),
        sa.CheckConstraint(
            "(state = 'eliminated') = (elimination IS NOT NULL)",
            name=op.f("ck_forensic_hits_eliminated"),
        ),
        sa.CheckConstraint(
            "doubt IN ('several_people', 'unlike', 'name_only', 'found_later')",
            name=op.f("ck_forensic_hits_doubt_known"),
        ),
        sa.CheckConstraint(
            "elimination IN ('legitimate_access', 'error')",
            name=op.f("ck_forensic_hits_elimination_known"),
        ),
        sa.CheckConstraint(
            "offence_class IN ('homicide', 'sexual', 'robbery', 'burglary_dwelling', 'other')",
            name=op.f("ck_forensic_hits_offence_class_known"),
        ),
        sa.CheckConstraint(
            "outcome IN ('arrested', 'interviewed', 'charged', 'other_disposal', 'no_further_action', 'deceased', 'in_custody_elsewhere', 'not_traced', 'referred_to_other_force')",
            name=op.f("ck_forensic_hits_outcome_known"),
        ),
        sa.CheckConstraint(
            "person_state IN ('known', 'unknown', 'doubtful')",
            name=op.f("ck_forensic_hits_person_state_known"),
        ),
        sa.CheckConstraint(
            "state <> 'outcome_returned' OR (outcome IS NOT NULL AND outcome_at IS NOT NULL)",
            name=op.f("ck_forensic_hits_outcome_said"),
        ),
        sa.CheckConstraint(
            "state IN ('received', 'researched', 'allocated', 'outcome_returned', 'eliminated')",
            name=op.f("ck_forensic_hits_state_known"),
        ),
        sa.CheckConstraint(
            "type IN ('dna', 'fingerprint', 'palm', 'footwear', 'ballistics', 'other')",
            name=op.f("ck_forensic_hits_type_known"),
        ),
        sa.CheckConstraint(
            "(person_id IS NULL) = (want_id IS NULL)", name=op.f("ck_forensic_hits_person_has_want")
        ),
        sa.CheckConstraint(
            "identified_at <= received_at", name=op.f("ck_forensic_hits_received_after_identified")
        ),
        sa.CheckConstraint(
            "num_nonnulls(owner_officer, owner_team) = 1", name=op.f("ck_forensic_hits_one_owner")
        ),
        sa.ForeignKeyConstraint(
            ["force", "lpa"], ["lpas.force", "lpas.code"], name=op.f("fk_forensic_hits_force_lpa")
        ),
        sa.ForeignKeyConstraint(
            ["force", "neighbourhood"],
            ["neighbourhoods.force", "neighbourhoods.code"],
            name=op.f("fk_forensic_hits_force_neighbourhood"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "person_id"],
            ["persons.force", "persons.id"],
            name=op.f("fk_forensic_hits_force_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "want_id"],
            ["wants.force", "wants.id"],
            name=op.f("fk_forensic_hits_force_want_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_forensic_hits")),
    )
    op.create_index(
        "ix_forensic_hits_open",
        "forensic_hits",
        ["force", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('received', 'researched', 'allocated')"),
    )
    op.create_index(
        "ix_forensic_hits_person_id", "forensic_hits", ["force", "person_id"], unique=False
    )
    op.create_index(
        "ix_forensic_hits_received_at",
        "forensic_hits",
        ["force", "received_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_forensic_hits_unknown",
        "forensic_hits",
        ["force", "id"],
        unique=False,
        postgresql_where=sa.text("person_state = 'unknown'"),
    )
    op.create_index("ix_forensic_hits_want_id", "forensic_hits", ["force", "want_id"], unique=False)
    op.create_index(
        "uq_forensic_hits_laboratory_reference",
        "forensic_hits",
        ["force", "laboratory_reference"],
        unique=True,
    )
    op.create_index(
        "uq_forensic_hits_reference", "forensic_hits", ["force", "reference"], unique=True
    )
    op.add_column("wants", sa.Column("doubted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "wants_history", sa.Column("doubted_at", sa.DateTime(timezone=True), nullable=True)
    )
    protect(op, ["forensic_hits", "forensic_hits_history"], "SELECT, INSERT, UPDATE")
    op.execute(_STATISTICS)
    op.execute("REVOKE ALL ON FUNCTION refresh_hit_statistics() FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION refresh_hit_statistics() TO offenders_app")


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP FUNCTION refresh_hit_statistics()")
    op.drop_column("wants_history", "doubted_at")
    op.drop_column("wants", "doubted_at")
    op.drop_index("uq_forensic_hits_reference", table_name="forensic_hits")
    op.drop_index("uq_forensic_hits_laboratory_reference", table_name="forensic_hits")
    op.drop_index("ix_forensic_hits_want_id", table_name="forensic_hits")
    op.drop_index(
        "ix_forensic_hits_unknown",
        table_name="forensic_hits",
        postgresql_where=sa.text("person_state = 'unknown'"),
    )
    op.drop_index("ix_forensic_hits_received_at", table_name="forensic_hits")
    op.drop_index("ix_forensic_hits_person_id", table_name="forensic_hits")
    op.drop_index(
        "ix_forensic_hits_open",
        table_name="forensic_hits",
        postgresql_where=sa.text("state IN ('received', 'researched', 'allocated')"),
    )
    op.drop_table("forensic_hits")
    op.drop_index("ix_forensic_hits_history_received_at", table_name="forensic_hits_history")
    op.drop_table("forensic_hits_history")
