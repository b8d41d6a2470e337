"""Count the nation from an index alone, telling people and crimes apart by one pass each."""

from __future__ import annotations

import runpy
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# What was outstanding at a moment is read from the index; each row's reason, risk and circulation
# become bits, so that one grouping by person and one by crime serve every dimension at once.
NATIONAL_COUNTS = """
CREATE OR REPLACE FUNCTION national_counts(
    counted_at timestamptz, asked_by text, asked_role text, asked_request text)
RETURNS TABLE (force text, dimension text, value text, crimes bigint, wants bigint,
               people bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '64MB'
SET jit = off AS $$
BEGIN
    INSERT INTO audit_events (force, id, at, actor, role, action, audit_class, subject_type,
                              subject_ids, masked, reason, request_id, details)
    SELECT f.code, gen_random_uuid(), clock_timestamp(), asked_by, asked_role,
           'wanted.national-counts', 'disclosure', NULL, '{}', '{}', NULL, asked_request,
           jsonb_build_object('as_at', counted_at)
    FROM forces f WHERE f.kind = 'territorial';
    RETURN QUERY
    WITH outstanding AS (
        SELECT h.force, h.person_id, h.crime_reference, h.reason, h.risk, h.circulation
        FROM wants_history h
        WHERE h.state = 'outstanding' AND h.recorded_from <= counted_at AND h.recorded_to IS NULL
        UNION ALL
        SELECT h.force, h.person_id, h.crime_reference, h.reason, h.risk, h.circulation
        FROM wants_history h
        WHERE h.state = 'outstanding' AND h.recorded_from <= counted_at
          AND h.recorded_to > counted_at),
    marked AS MATERIALIZED (
        SELECT o.force, o.person_id, o.crime_reference, 1
               | CASE WHEN o.reason IN ('named_suspect', 'failed_to_answer_bail')
                        OR o.circulation = 'circulated' THEN 2 ELSE 0 END
               | CASE o.reason WHEN 'named_suspect' THEN 4 WHEN 'failed_to_answer_bail' THEN 8
                      WHEN 'court_warrant' THEN 16 WHEN 'breach_of_order' THEN 32
                      WHEN 'breach_of_bail' THEN 64 WHEN 'prison_recall' THEN 128
                      WHEN 'unlawfully_at_large' THEN 256 END
               | CASE o.risk WHEN 'very_high' THEN 512 WHEN 'high' THEN 1024
                      WHEN 'medium' THEN 2048 WHEN 'standard' THEN 4096 END
               | CASE o.circulation WHEN 'not_circulated' THEN 8192 WHEN 'requested' THEN 16384
                      WHEN 'circulated' THEN 32768 WHEN 'cancelled' THEN 65536 END AS marks
        FROM outstanding o),
    counted AS (
        SELECT m.force, m.marks, 0 AS crimes, count(*) AS wants, 0 AS people
        FROM marked m GROUP BY m.force, m.marks
        UNION ALL
        SELECT p.force, p.marks, 0, 0, count(*)
        FROM (SELECT m.force, bit_or(m.marks) AS marks FROM marked m
              GROUP BY m.force, m.person_id) p
        GROUP BY p.force, p.marks
        UNION ALL
        SELECT c.force, c.marks, count(*), 0, 0
        FROM (SELECT m.force, bit_or(m.marks) AS marks FROM marked m
              WHERE m.crime_reference IS NOT NULL GROUP BY m.force, m.crime_reference) c
        GROUP BY c.force, c.marks)
    SELECT c.force, d.dimension, coalesce(d.value, c.force), CAST(sum(c.crimes) AS bigint),
           CAST(sum(c.wants) AS bigint), CAST(sum(c.people) AS bigint)
    FROM counted c JOIN (VALUES
        (1, 'force', NULL), (2, 'any', 'any'), (4, 'reason', 'named_suspect'),
        (8, 'reason', 'failed_to_answer_bail'), (16, 'reason', 'court_warrant'),
        (32, 'reason', 'breach_of_order'), (64, 'reason', 'breach_of_bail'),
        (128, 'reason', 'prison_recall'), (256, 'reason', 'unlawfully_at_large'),
        (512, 'risk', 'very_high'), (1024, 'risk', 'high'), (2048, 'risk', 'medium'),
        (4096, 'risk', 'standard'), (8192, 'circulation', 'not_circulated'),
        (16384, 'circulation', 'requested'), (32768, 'circulation', 'circulated'),
        (65536, 'circulation', 'cancelled')) d (mark, dimension, value)
      ON c.marks & d.mark <> 0
    GROUP BY c.force, d.dimension, d.value;
END $$
"""


def upgrade() -> None:
    """Cover what the counts read by one index in place of the narrow one."""
    op.create_index(
        "ix_wants_history_counts",
        "wants_history",
        ["force", "recorded_to", "recorded_from"],
        unique=False,
        postgresql_where=sa.text("state = 'outstanding'"),
        postgresql_include=["person_id", "crime_reference", "reason", "risk", "circulation"],
    )
    op.drop_index(
        "ix_wants_history_open",
        table_name="wants_history",
        postgresql_where=sa.text("state = 'outstanding'"),
    )
    op.execute(NATIONAL_COUNTS)


def downgrade() -> None:
    """Put the narrow index and the function of before back."""
    before = runpy.run_path(str(Path(__file__).with_name("0009_narrow_functions.py")))
    made_anew = before["NATIONAL_COUNTS"].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
    op.execute(made_anew)
    op.create_index(
        "ix_wants_history_open",
        "wants_history",
        ["force", "recorded_to"],
        unique=False,
        postgresql_where=sa.text("state = 'outstanding'"),
    )
    op.drop_index(
        "ix_wants_history_counts",
        table_name="wants_history",
        postgresql_where=sa.text("state = 'outstanding'"),
        postgresql_include=["person_id", "crime_reference", "reason", "risk", "circulation"],
    )
