"""Restrictions, agreements, shares and emergency access; the policy that hides the restricted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from offenders.db import APP_ROLE
from offenders.migrating import hide_restricted, protect

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

_TABLES = ("restrictions", "agreements", "shares", "emergency_accesses", "readers")
_OUTCOMES = "'justified', 'not_justified', 'referred'"

# The owner reads restrictions whoever asks: a reader who is shut out can't see that they are.
HIDDEN_FROM = """
CREATE FUNCTION hidden_from(of_force text, reader text, held text[], at timestamptz)
RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN (
        SELECT coalesce(array_agg(DISTINCT record), '{}')::text
        FROM restrictions r CROSS JOIN unnest(r.record_ids) record
        WHERE r.force = of_force AND r.ended_at IS NULL AND r.until_at > at
          AND NOT (reader = ANY (r.officers) OR held && r.roles
                   OR cardinality(r.teams) > 0 AND EXISTS (
                       SELECT FROM officers o
                       WHERE o.force = of_force AND o.code = reader AND o.team = ANY (r.teams)
                         AND coalesce(o.left_on >= (at AT TIME ZONE 'Europe/London')::date, true)))
          AND NOT EXISTS (
              SELECT FROM emergency_accesses e
              WHERE e.force = of_force AND e.taken_by = reader AND e.until_at > at
                AND e.ended_at IS NULL AND e.person_id = r.person_id));
END $$
"""
# Areas and people opened to a reader for a time, each as `kind:key`.
OPENED_TO = """
CREATE FUNCTION opened_to(of_force text, reader text, at timestamptz)
RETURNS text[] LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN ARRAY(
        SELECT CASE WHEN e.lpa IS NOT NULL THEN 'lpa:' || e.lpa
                    WHEN e.neighbourhood IS NOT NULL THEN 'neighbourhood:' || e.neighbourhood
                    ELSE 'person:' || e.person_id END
        FROM emergency_accesses e
        WHERE e.force = of_force AND e.taken_by = reader AND e.until_at > at
          AND e.ended_at IS NULL);
END $$
"""
_SIGNATURES = (
    "hidden_from(text, text, text[], timestamptz)",
    "opened_to(text, text, timestamptz)",
)
# Every column that names a person: by foreign key, by its name, or as the key of their record.
_NAMING = """
    SELECT c.relname, array_agg(DISTINCT a.attname::text ORDER BY a.attname::text)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND NOT a.attisdropped
      AND a.atttypid = 'uuid'::regtype AND c.relname NOT IN ('people_read', 'emergency_accesses')
      AND (a.attname LIKE '%person%' OR c.relname IN ('persons', 'persons_history')
           AND a.attname = 'id' OR c.relname NOT LIKE 'persons%' AND EXISTS (
               SELECT FROM pg_constraint k
               WHERE k.conrelid = c.oid AND k.contype = 'f' AND a.attnum = ANY (k.conkey)
                 AND k.confrelid = 'persons'::regclass))
    GROUP BY c.relname
"""


def upgrade() -> None:
    """Add them."""
    _make_restrictions()
    _make_agreements()
    _make_shares()
    _make_emergency_accesses()
    protect(op, ["restrictions", "shares", "emergency_accesses"], "SELECT, INSERT, UPDATE")
    op.create_table(
        "readers",
        _text("force"),
        _text("actor"),
        *(_strings(name) for name in ("family", "given", "lpas", "neighbourhoods")),
        _moment("recorded_at"),
        sa.PrimaryKeyConstraint("force", "actor", name=op.f("pk_readers")),
    )
    protect(op, ["readers"], "SELECT, INSERT, UPDATE")
    protect(op, ["agreements"], "SELECT, INSERT")
    op.add_column("person_notes", sa.Column("agency", sa.Text()))
    for function, signature in zip((HIDDEN_FROM, OPENED_TO), _SIGNATURES, strict=True):
        op.execute(function)
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {APP_ROLE}")
    for table, columns in op.get_bind().exec_driver_sql(_NAMING.replace("%", "%%")).all():
        hide_restricted(op, table, columns)


def _strings(name: str) -> sa.Column[object]:
    return sa.Column(name, postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False)


def _text(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=null)


def _moment(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _version() -> sa.Column[object]:
    return sa.Column("version", sa.Integer(), server_default="1", nullable=False)


def _ends() -> list[sa.Column[object]]:
    return [
        _moment("ended_at", null=True),
        _text("ended_by", null=True),
        _text("end_reason", null=True),
    ]


def _keys(table: str) -> list[sa.Constraint]:
    return [
        sa.PrimaryKeyConstraint("force", "id", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(
            ["force", "person_id"],
            ["persons.force", "persons.id"],
            name=op.f(f"fk_{table}_force_person_id"),
        ),
    ]


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


_ENDED_WHOLE = "num_nulls(ended_at, ended_by, end_reason) IN (0, 3)"


def _make_restrictions() -> None:
    op.create_table(
        "restrictions",
        _text("force"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("record_ids", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        _text("reason"),
        _strings("officers"),
        _strings("teams"),
        _strings("roles"),
        _moment("until_at"),
        *_ends(),
        _text("recorded_by"),
        _moment("recorded_at"),
        _version(),
        _check("restrictions", "ends_after_it_begins", "until_at > recorded_at"),
        _check("restrictions", "ended_whole", _ENDED_WHOLE),
        *_keys("restrictions"),
    )
    op.create_index(
        "ix_restrictions_standing",
        "restrictions",
        ["force", "until_at"],
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_restrictions_person_id", "restrictions", ["force", "person_id"])


def _make_agreements() -> None:
    op.create_table(
        "agreements",
        _text("force"),
        sa.Column("id", sa.Uuid(), nullable=False),
        _text("agency"),
        _text("name"),
        _strings("fields"),
        _text("purpose"),
        _text("citation", null=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        _text("recorded_by"),
        _moment("recorded_at"),
        _check("agreements", "ends_after_it_begins", "until_on >= from_on"),
        sa.PrimaryKeyConstraint("force", "id", name=op.f("pk_agreements")),
    )
    op.create_index("ix_agreements_name", "agreements", ["force", "agency", "name", "from_on"])


def _make_shares() -> None:
    op.create_table(
        "shares",
        _text("force"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        _text("agency"),
        _text("agreement"),
        _text("reason"),
        _moment("from_at"),
        _moment("until_at"),
        *_ends(),
        _text("recorded_by"),
        _moment("recorded_at"),
        _version(),
        _check("shares", "ends_after_it_begins", "until_at > from_at"),
        _check("shares", "ended_whole", _ENDED_WHOLE),
        *_keys("shares"),
    )
    op.create_index(
        "ix_shares_agency",
        "shares",
        ["force", "agency", "person_id"],
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_shares_person_id", "shares", ["force", "person_id", "recorded_at"])


def _make_emergency_accesses() -> None:
    table = "emergency_accesses"
    op.create_table(
        table,
        _text("force"),
        sa.Column("id", sa.Uuid(), nullable=False),
        _text("reference"),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        _text("lpa", null=True),
        _text("neighbourhood", null=True),
        _text("reason"),
        _text("taken_by"),
        _text("taken_role"),
        _moment("taken_at"),
        _moment("until_at"),
        _moment("ended_at", null=True),
        _moment("review_due_at"),
        _moment("reviewed_at", null=True),
        _text("reviewed_by", null=True),
        _text("outcome", null=True),
        _text("review_note", null=True),
        _moment("recorded_at"),
        _version(),
        _check(table, "outcome_known", f"outcome IN ({_OUTCOMES})"),
        _check(table, "one_subject", "num_nonnulls(person_id, lpa, neighbourhood) = 1"),
        _check(table, "ends_after_it_begins", "until_at > taken_at"),
        _check(table, "ends_in_time", "ended_at <= until_at"),
        _check(table, "reviewed_by_another", "reviewed_by <> taken_by"),
        _check(table, "reviewed_whole", "num_nulls(reviewed_at, reviewed_by, outcome) IN (0, 3)"),
        sa.ForeignKeyConstraint(
            ["force", "lpa"], ["lpas.force", "lpas.code"], name=op.f(f"fk_{table}_force_lpa")
        ),
        sa.ForeignKeyConstraint(
            ["force", "neighbourhood"],
            ["neighbourhoods.force", "neighbourhoods.code"],
            name=op.f(f"fk_{table}_force_neighbourhood"),
        ),
        *_keys(table),
    )
    op.create_index("uq_emergency_accesses_reference", table, ["force", "reference"], unique=True)
    op.create_index("ix_emergency_accesses_taken_by", table, ["force", "taken_by", "until_at"])
    op.create_index("ix_emergency_accesses_taken_at", table, ["force", "taken_at", "id"])


def downgrade() -> None:
    """Take them away."""
    for table, _columns in op.get_bind().exec_driver_sql(_NAMING.replace("%", "%%")).all():
        op.execute(f"DROP POLICY IF EXISTS {table}_restricted ON {table}")
    for signature in _SIGNATURES:
        op.execute(f"DROP FUNCTION {signature}")
    op.drop_column("person_notes", "agency")
    for table in reversed(_TABLES):
        op.drop_table(table)
