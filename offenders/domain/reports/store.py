"""SQL of the report on outstanding suspects: each part one statement over the history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders.domain.reports.rules import OLDEST, age_bands
from offenders.domain.wanted.figures import LISTS
from offenders.domain.wanted.store import OWNER_LEFT, area

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.wanted.store import Question

_CLOCKS = {
    "arrest": "target_arrest_by",
    "review": "review_due_at",
    "validation": "validation_due_at",
    "activity": "activity_due_at",
}
_OLDEST = f"""
    SELECT json_agg(json_build_object('id', f.id, 'reference', f.reference, 'reason', f.reason,
               'risk', f.risk, 'entered_at', f.entered_at, 'owner_officer', f.owner_officer,
               'owner_team', f.owner_team) ORDER BY f.entered_at, f.id)
    FROM (SELECT * FROM o ORDER BY o.entered_at, o.id LIMIT {OLDEST}) f
"""


def _marks(area_column: str) -> str:
    """Give (dimension, value) of a want for every figure in which it counts."""
    any_list = " OR ".join(f"o.{column} = '{value}'" for column, value in LISTS.values())
    overdue = {name: f"o.{column} < :now" for name, column in _CLOCKS.items()}
    flagged = {
        **{("list", name): f"o.{column} = '{value}'" for name, (column, value) in LISTS.items()},
        ("list", "any"): any_list,
        **{("overdue", name): late for name, late in overdue.items()},
        ("overdue", "any"): " OR ".join(overdue.values()),
        ("domestic_abuse", "true"): "o.domestic_abuse",
        ("owner_left", "true"): "o.owner_left",
    }
    marks = ["('all', 'all')", f"('area', coalesce(o.{area_column}, ''))"]
    marks += [f"('{name}', o.{name})" for name in ("reason", "risk", "circulation")]
    marks += [
        f"('{dimension}', CASE WHEN {condition} THEN '{value}' END)"
        for (dimension, value), condition in flagged.items()
    ]
    marks.append("('age', o.band::text)")
    return ", ".join(marks)


def count_outstanding(session: Session, question: Question, area_column: str) -> list[Row[Any]]:
    """Give (dimension, value, crimes, wants, people); row `all` also median age and the oldest.

    `area_column` is what the dimension `area` goes by; an area that is not known is ''.
    """
    condition, values = question.condition()
    edges = [since for _, _, since, _ in age_bands(values["now"]) if since is not None]
    band = " ".join(f"WHEN w.entered_at >= :edge_{n} THEN {n}" for n in range(len(edges)))
    age = "extract(epoch FROM CAST(:now AS timestamptz) - o.entered_at) / 86400"
    statement = f"""
        WITH o AS MATERIALIZED (
            SELECT w.id, w.reference, w.person_id, w.crime_reference, w.reason, w.risk,
                   w.circulation, w.domestic_abuse, w.entered_at, w.owner_officer, w.owner_team,
                   w.target_arrest_by, w.review_due_at, w.validation_due_at, w.activity_due_at,
                   {area(area_column)} AS {area_column}, {OWNER_LEFT} AS owner_left,
                   CASE {band} ELSE {len(edges)} END AS band
            {question.source} AND {condition}),
        marked AS MATERIALIZED (
            SELECT d.dimension, d.value, o.person_id, o.crime_reference
            FROM o CROSS JOIN LATERAL (VALUES {_marks(area_column)}) d (dimension, value)
            WHERE d.value IS NOT NULL),
        people AS (
            SELECT dimension, value, count(*) AS people, sum(wants) AS wants
            FROM (SELECT dimension, value, person_id, count(*) AS wants FROM marked
                  GROUP BY dimension, value, person_id) each
            GROUP BY dimension, value),
        crimes AS (
            SELECT dimension, value, count(*) AS crimes
            FROM (SELECT DISTINCT dimension, value, crime_reference FROM marked
                  WHERE crime_reference IS NOT NULL) each
            GROUP BY dimension, value)
        SELECT p.dimension, p.value, coalesce(c.crimes, 0) AS crimes,
               CAST(p.wants AS bigint) AS wants, p.people,
               CASE WHEN p.dimension = 'all' THEN (
                   SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY {age}) FROM o)
               END AS median_days,
               CASE WHEN p.dimension = 'all' THEN ({_OLDEST}) END AS oldest
        FROM people p LEFT JOIN crimes c USING (dimension, value)
    """
    bound = {f"edge_{n}": edge for n, edge in enumerate(edges)}
    return list(session.execute(text(statement), values | bound))


def count_at_moments(
    session: Session, question: Question, moments: Sequence[datetime]
) -> dict[int, Row[Any]]:
    """Give (crimes, wants, people) at each of these moments, in order; by their place from 1.

    Each version of a want is read once and counted at every moment for which it stood.
    """
    condition, values = question.condition()
    statement = f"""
        WITH stood AS MATERIALIZED (
            SELECT n AS place, w.person_id, w.crime_reference
            FROM wants_history w JOIN persons g ON g.force = w.force AND g.id = w.person_id
            CROSS JOIN LATERAL generate_series(
                width_bucket(w.recorded_from - interval '1 microsecond',
                             CAST(:moments AS timestamptz[])) + 1,
                width_bucket(coalesce(w.recorded_to, 'infinity') - interval '1 microsecond',
                             CAST(:moments AS timestamptz[]))) n
            WHERE w.recorded_from <= :last AND (w.recorded_to IS NULL OR w.recorded_to > :first)
              AND w.state = 'outstanding' AND {condition}),
        people AS (
            SELECT place, count(*) AS people, sum(wants) AS wants
            FROM (SELECT place, person_id, count(*) AS wants FROM stood
                  GROUP BY place, person_id) each
            GROUP BY place),
        crimes AS (
            SELECT place, count(*) AS crimes
            FROM (SELECT DISTINCT place, crime_reference FROM stood
                  WHERE crime_reference IS NOT NULL) each
            GROUP BY place)
        SELECT p.place, coalesce(c.crimes, 0) AS crimes, CAST(p.wants AS bigint) AS wants, p.people
        FROM people p LEFT JOIN crimes c USING (place)
    """
    bound = {"moments": list(moments), "first": moments[0], "last": moments[-1]}
    return {row.place: row for row in session.execute(text(statement), values | bound)}


def count_ended(session: Session, question: Question) -> dict[str, Row[Any]]:
    """Give (wants, people, crimes, days to the end: median and 90th percentile) by outcome."""
    condition, values = question.condition()
    days = "ORDER BY extract(epoch FROM w.outcome_at - w.entered_at) / 86400"
    statement = f"""
        SELECT w.state, count(DISTINCT w.crime_reference) AS crimes, count(*) AS wants,
               count(DISTINCT w.person_id) AS people,
               percentile_cont(0.5) WITHIN GROUP ({days}) AS median_days,
               percentile_cont(0.9) WITHIN GROUP ({days}) AS p90_days
        {question.source} AND {condition} AND w.state <> 'outstanding'
        GROUP BY w.state
    """
    return {row.state: row for row in session.execute(text(statement), values)}


def first_recorded_at(session: Session) -> datetime | None:
    """Give the moment from which the force has wants on record; None where it never had any."""
    statement = text("SELECT min(recorded_at) FROM wants WHERE force = :force")
    found: datetime | None = session.execute(
        statement, {"force": session.info["force"]}
    ).scalar_one()
    return found


def list_areas(session: Session, lpa: str | None) -> list[Row[Any]]:
    """Give the LPAs of the force, or the neighbourhoods of one, as (code, name, lpa)."""
    table, where = ("neighbourhoods", "AND a.lpa = :lpa") if lpa else ("lpas", "")
    of = "a.lpa" if lpa else "a.code"
    statement = f"""
        SELECT a.code, a.name, {of} AS lpa FROM {table} a
        WHERE a.force = :force {where} ORDER BY a.code
    """
    return list(session.execute(text(statement), {"force": session.info["force"], "lpa": lpa}))
