"""Who officers and teams are, how many people live where, and what was decided on duplicates."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from offenders.migrating import protect

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_OFFICERS = (
    ("rank", sa.Text()),
    ("team", sa.Text()),
    ("from_on", sa.Date()),
    ("left_on", sa.Date()),
)
_TEAMS = (
    ("name", sa.Text()),
    ("lpa", sa.Text()),
    ("from_on", sa.Date()),
    ("closed_on", sa.Date()),
)


def upgrade() -> None:
    """Add columns and tables; who is registered by first use only stays unconfirmed."""
    _widen("teams", _TEAMS, "closed_on")
    _widen("officers", _OFFICERS, "left_on")
    op.create_foreign_key(
        op.f("fk_teams_force_lpa"), "teams", "lpas", ["force", "lpa"], ["force", "code"]
    )
    op.create_foreign_key(
        op.f("fk_officers_force_team"), "officers", "teams", ["force", "team"], ["force", "code"]
    )
    op.create_table(
        "officers_history",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        *(sa.Column(name, kind, nullable=True) for name, kind in _OFFICERS),
        sa.Column("is_confirmed", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_to", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("force", "code", "recorded_from", name="pk_officers_history"),
    )
    op.create_table(
        "populations",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("area_type", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("group", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "area_type IN ('force', 'lpa', 'neighbourhood')",
            name=op.f("ck_populations_area_type_known"),
        ),
        sa.CheckConstraint("population > 0", name=op.f("ck_populations_somebody")),
        sa.PrimaryKeyConstraint(
            "force",
            "area_type",
            "area",
            "year",
            "group",
            "recorded_at",
            name=op.f("pk_populations"),
        ),
    )
    _decide()
    op.create_index(
        "ix_wants_history_ended",
        "wants_history",
        ["force", "outcome_at"],
        postgresql_where=sa.text("state <> 'outstanding'"),
    )
    protect(op, ["officers_history"], "SELECT, INSERT, UPDATE")
    protect(op, ["populations", "duplicate_decisions"], "SELECT, INSERT")


def _widen(
    table: str, columns: tuple[tuple[str, sa.types.TypeEngine[object]], ...], end: str
) -> None:
    for name, kind in columns:
        op.add_column(table, sa.Column(name, kind, nullable=True))
    op.add_column(
        table,
        sa.Column("is_confirmed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(table, sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.create_check_constraint(op.f(f"ck_{table}_ends_after_it_begins"), table, f"{end} >= from_on")


def _decide() -> None:
    op.add_column(
        "duplicate_candidates",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
    )
    op.add_column(
        "duplicate_candidates",
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
    )
    op.create_index(
        "uq_duplicate_candidates_id", "duplicate_candidates", ["force", "id"], unique=True
    )
    op.create_table(
        "duplicate_decisions",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "decision IN ('same', 'not_the_same')",
            name=op.f("ck_duplicate_decisions_decision_known"),
        ),
        sa.ForeignKeyConstraint(
            ["force", "candidate_id"],
            ["duplicate_candidates.force", "duplicate_candidates.id"],
            name=op.f("fk_duplicate_decisions_force_candidate_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_duplicate_decisions")),
    )
    op.create_index(
        "ix_duplicate_decisions_candidate_id", "duplicate_decisions", ["force", "candidate_id"]
    )


def downgrade() -> None:
    """Take them away again."""
    op.drop_index("ix_wants_history_ended", table_name="wants_history")
    op.drop_table("duplicate_decisions")
    op.drop_index("uq_duplicate_candidates_id", table_name="duplicate_candidates")
    op.drop_column("duplicate_candidates", "version")
    op.drop_column("duplicate_candidates", "id")
    op.drop_table("populations")
    op.drop_table("officers_history")
    op.drop_constraint(op.f("fk_officers_force_team"), "officers")
    op.drop_constraint(op.f("fk_teams_force_lpa"), "teams")
    for table, columns in (("officers", _OFFICERS), ("teams", _TEAMS)):
        op.drop_constraint(op.f(f"ck_{table}_ends_after_it_begins"), table)
        for name in ("version", "is_confirmed", *(name for name, _ in columns)):
            op.drop_column(table, name)
