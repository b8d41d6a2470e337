"""Releases with and without bail, with their history and log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from offenders.migrating import protect

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def _columns(*, is_history: bool) -> list[sa.Column[object]]:
    """Give the columns of a record; those of its history have no default."""

    def text(name: str, default: str | None = None, *, null: bool = True) -> sa.Column[object]:
        given = None if is_history else default
        return sa.Column(name, sa.Text(), server_default=given, nullable=null)

    def moment(name: str, *, null: bool = True) -> sa.Column[object]:
        return sa.Column(name, sa.DateTime(timezone=True), nullable=null)

    def json(name: str, default: str) -> sa.Column[object]:
        given = None if is_history else default
        return sa.Column(
            name, postgresql.JSONB(astext_type=sa.Text()), server_default=given, nullable=False
        )

    def truth(name: str, default: str) -> sa.Column[object]:
        given = None if is_history else sa.text(default)
        return sa.Column(name, sa.Boolean(), server_default=given, nullable=False)

    return [
        text("force", null=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        text("reference", null=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        text("state", null=False),
        text("kind", "station", null=False),
        text("regime", null=False),
        text("case_type", "standard", null=False),
        text("agency"),
        moment("arrested_at", null=False),
        moment("bailed_at", null=False),
        text("offence_code"),
        text("crime_reference"),
        text("lpa"),
        text("neighbourhood"),
        text("owner_officer"),
        text("owner_team"),
        sa.Column("ends_on", sa.Date(), nullable=True),
        text("suspended_for"),
        moment("return_at"),
        truth("return_follows", "true"),
        json("because", "{}"),
        json("conditions", "[]"),
        json("extensions", "[]"),
        json("suspensions", "[]"),
        sa.Column("want_id", sa.Uuid(), nullable=True),
        moment("failed_at"),
        moment("answered_at"),
        moment("released_at"),
        truth("has_lapsed", "false"),
        moment("last_reviewed_at"),
        moment("last_inspector_review_at"),
        moment("review_due_at"),
        moment("inspector_review_due_at"),
        text("outcome"),
        moment("outcome_at"),
        text("outcome_reason"),
        text("recorded_by", null=False),
        sa.Column("version", sa.Integer(), nullable=False),
        moment("recorded_at", null=False),
        moment("updated_at", null=False),
    ]


_KNOWN = {
    "state": "'on_bail', 'failed_to_answer', 'surrendered', 'released_without_bail', 'closed'",
    "kind": "'station', 'street'",
    "regime": "'A', 'B', 'C'",
    "case_type": "'standard', 'non_standard', 'designated'",
    "agency": "'police', 'sfo', 'fca', 'hmrc', 'nca'",
    "suspended_for": "'with_prosecutor', 'in_hospital', 'before_court'",
    "outcome": "'charged', 'out_of_court_disposal', 'no_further_action',"
    " 'released_under_investigation', 'deceased', 'entered_in_error',"
    " 'not_stated'",
}
_CHECKS = {
    "one_owner": "num_nonnulls(owner_officer, owner_team) = 1",
    "released_after_arrest": "bailed_at >= arrested_at",
    "end_has_outcome": "(state = 'closed') = (outcome IS NOT NULL)",
    "release_has_moment": "(state = 'released_without_bail') <= (released_at IS NOT NULL)",
    "failure_has_want": "state <> 'failed_to_answer'"
    " OR (want_id IS NOT NULL AND failed_at IS NOT NULL)",
}
_ACTIONS = (
    "'entry', 'amendment', 'extension', 'suspension', 'conditions', 'surrender', 'failure',"
    " 'breach', 'lapse', 'review', 'handover', 'closure'"
)
_REFERS = {
    "person_id": ("persons", "id"),
    "neighbourhood": ("neighbourhoods", "code"),
    "lpa": ("lpas", "code"),
    "want_id": ("wants", "id"),
}


# What an import of bail fills, for the planner; put among the kinds that the function knows.
_WHEN = """WHEN 'bail' THEN ANALYZE bail_records, bail_records_history, bail_actions;
        ELSE NULL;"""


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "bail_records",
        *_columns(is_history=False),
        *(
            sa.CheckConstraint(f"{name} IN ({known})", name=op.f(f"ck_bail_records_{name}_known"))
            for name, known in _KNOWN.items()
        ),
        *(
            sa.CheckConstraint(rule, name=op.f(f"ck_bail_records_{name}"))
            for name, rule in _CHECKS.items()
        ),
        *(
            sa.ForeignKeyConstraint(
                ["force", column],
                [f"{table}.force", f"{table}.{key}"],
                name=op.f(f"fk_bail_records_force_{column}"),
            )
            for column, (table, key) in _REFERS.items()
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_bail_records")),
    )
    op.create_index(
        "uq_bail_records_reference", "bail_records", ["force", "reference"], unique=True
    )
    op.create_index(
        "uq_bail_records_arrest",
        "bail_records",
        ["force", "person_id", "arrested_at", "crime_reference", "offence_code"],
        unique=True,
        postgresql_where=sa.text("outcome IS DISTINCT FROM 'entered_in_error'"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("ix_bail_records_state", "bail_records", ["force", "state", "ends_on"])
    op.create_index(
        "ix_bail_records_want_id",
        "bail_records",
        ["force", "want_id"],
        postgresql_where=sa.text("want_id IS NOT NULL"),
    )
    op.create_table(
        "bail_records_history",
        *_columns(is_history=True),
        sa.Column("recorded_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_to", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint(
            "force", "id", "recorded_from", name=op.f("pk_bail_records_history")
        ),
    )
    _make_log()
    protect(op, ["bail_records", "bail_records_history"], "SELECT, INSERT, UPDATE")
    protect(op, ["bail_actions"], "SELECT, INSERT")
    _tell_planner("ELSE NULL;", _WHEN)


def _tell_planner(before: str, after: str) -> None:
    """Alter the function in one place, whatever other kinds it knows by now."""
    named = "SELECT pg_get_functiondef('refresh_statistics(text)'::regprocedure)"
    standing = op.get_bind().exec_driver_sql(named).scalar_one()
    op.get_bind().exec_driver_sql(standing.replace(before, after))


def _make_log() -> None:
    op.create_table(
        "bail_actions",
        sa.Column("force", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bail_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column(
            "details",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.CheckConstraint(f"kind IN ({_ACTIONS})", name=op.f("ck_bail_actions_kind_known")),
        sa.ForeignKeyConstraint(
            ["force", "bail_id"],
            ["bail_records.force", "bail_records.id"],
            name=op.f("fk_bail_actions_force_bail_id"),
        ),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_bail_actions")),
    )
    op.create_index("ix_bail_actions_bail_id", "bail_actions", ["force", "bail_id", "occurred_at"])


def downgrade() -> None:
    """Drop them."""
    _tell_planner(_WHEN, "ELSE NULL;")
    op.drop_table("bail_actions")
    op.drop_table("bail_records_history")
    op.drop_table("bail_records")
