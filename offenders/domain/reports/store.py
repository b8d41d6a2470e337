"""SQL of the report on outstanding suspects: each part one statement over the history.

A want, person or crime carries a bit for each figure in which it counts. Bits are joined over
the wants of a person or crime, so everyone is counted once in every figure, in one reading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders.domain.reports.links import UNITS
from offenders.domain.reports.rules import OLDEST, age_bands
from offenders.domain.wanted.asking import OWNER_LEFT, TEAM, area
from offenders.domain.wanted.figures import LISTS
from offenders.domain.wanted.rules import Circulation, Reason, Risk

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.wanted.asking import Question

CLOCKS = {
    "arrest": "target_arrest_by",
    "review": "review_due_at",
    "validation": "validation_due_at",
    "activity": "activity_due_at",
}
# The person is read only for whether their addresses are protected: the past of a want is never
# without that of its person.
VERSIONS = """
    FROM wants_history w
    CROSS JOIN LATERAL (
        SELECT NOT :sees_protected AND w.follows_address AND EXISTS (
            SELECT FROM persons h WHERE h.force = w.force AND h.id = w.person_id
              AND h.are_addresses_protected) AS are_addresses_protected) g
"""
STOOD = "w.recorded_from <= :as_at AND (w.recorded_to IS NULL OR w.recorded_to > :as_at)"
# Over `o` (person_id, crime_reference, mask): how many of each have each bit.
_MASKS = """
        SELECT 'wants' AS unit, mask, count(*) AS n FROM o GROUP BY mask
        UNION ALL
        SELECT 'people', mask, count(*)
        FROM (SELECT bit_or(mask) AS mask FROM o GROUP BY person_id) each GROUP BY mask
        UNION ALL
        SELECT 'crimes', mask, count(*)
        FROM (SELECT bit_or(mask) AS mask FROM o WHERE crime_reference IS NOT NULL
              GROUP BY crime_reference) each
        GROUP BY mask
"""
# Over moments, a want is new where it stands and did not at the one before, and gone the reverse.
_MOVES = """
        UNION ALL
        SELECT move.unit, move.mask, count(*)
        FROM (SELECT bit_or(mask) AS mask FROM o GROUP BY id) each
        CROSS JOIN LATERAL (VALUES ('new', mask & ~(mask << 1)), ('gone', (mask << 1) & ~mask))
            move (unit, mask)
        GROUP BY move.unit, move.mask
"""


def _counted(units: tuple[str, ...], masks: str) -> str:
    """Give, as `counted`, how many of each unit have the bit of each place."""
    sums = ", ".join(
        f"coalesce(sum(n) FILTER (WHERE unit = '{unit}'), 0)::bigint AS {unit}" for unit in units
    )
    return f"""masks AS ({masks}), counted AS (
        SELECT b AS place, {sums}
        FROM masks JOIN generate_series(0, :bits - 1) b ON mask & (1::bigint << b) <> 0
        GROUP BY b)"""


_OLDEST = f"""
    SELECT json_agg(json_build_object('id', f.id, 'reference', f.reference, 'reason', f.reason,
               'risk', f.risk, 'entered_at', f.entered_at, 'owner_officer', f.owner_officer,
               'owner_team', f.owner_team) ORDER BY f.entered_at, f.id)
    FROM (SELECT * FROM o ORDER BY o.entered_at, o.id LIMIT {OLDEST}) f
"""


def _figures(bands: int) -> dict[tuple[str, str], str]:
    """Give the condition over `w` of each (dimension, value), in the order of their bits."""
    lists = {name: f"w.{column} = '{value}'" for name, (column, value) in LISTS.items()}
    overdue = {name: f"w.{column} < :now" for name, column in CLOCKS.items()}
    listed = {"reason": Reason, "risk": Risk, "circulation": Circulation}
    return {
        ("all", "all"): "true",
        **{
            (column, str(value)): f"w.{column} = '{value}'"
            for column, values in listed.items()
            for value in values
        },
        **{("list", name): condition for name, condition in lists.items()},
        ("list", "any"): " OR ".join(lists.values()),
        **{("overdue", name): condition for name, condition in overdue.items()},
        ("overdue", "any"): " OR ".join(overdue.values()),
        ("domestic_abuse", "true"): "w.domestic_abuse",
        ("owner_left", "true"): OWNER_LEFT,
        **{("age", str(band)): f"b.band = {band}" for band in range(bands)},
    }


def count_outstanding(
    session: Session, question: Question, area_column: str
) -> dict[tuple[str, str], Row[Any]]:
    """Give (crimes, wants, people) by dimension and value; under `all` also median age, oldest.

    `area_column` is what the dimension `area` goes by; an area that is not known is ''.
    """
    condition, values = question.condition()
    bands = age_bands(values["now"])
    edges = {f"edge_{n}": since for n, (_, _, since, _) in enumerate(bands) if since is not None}
    band = " ".join(f"WHEN w.entered_at >= :{name} THEN {n}" for n, name in enumerate(edges))
    figures = _figures(len(bands))
    mask = " | ".join(
        f"CASE WHEN {each} THEN {1 << bit}::bigint ELSE 0 END"
        for bit, each in enumerate(figures.values())
    )
    age = "extract(epoch FROM CAST(:now AS timestamptz) - entered_at) / 86400"
    statement = f"""
        WITH o AS MATERIALIZED (
            SELECT w.id, w.reference, w.person_id, w.crime_reference, w.reason, w.risk,
                   w.entered_at, w.owner_officer, {TEAM} AS owner_team,
                   coalesce({area(area_column)}, '') AS area, {mask} AS mask
            {VERSIONS} CROSS JOIN LATERAL (SELECT CASE {band} ELSE {len(edges)} END AS band) b
            WHERE {STOOD} AND w.state = 'outstanding' AND {condition}),
        {_counted(UNITS, _MASKS)}
        SELECT place, NULL AS area, crimes, wants, people,
               CASE WHEN place = 0 THEN (
                   SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY {age}) FROM o)
               END AS median_days,
               CASE WHEN place = 0 THEN ({_OLDEST}) END AS oldest
        FROM counted
        UNION ALL
        SELECT NULL, area, count(DISTINCT crime_reference), count(*), count(DISTINCT person_id),
               NULL, NULL
        FROM o GROUP BY area
    """
    take_room(session)
    rows = session.execute(text(statement), values | edges | {"bits": len(figures)})
    names = list(figures)
    return {("area", row.area) if row.place is None else names[row.place]: row for row in rows}


def count_at_moments(
    session: Session, question: Question, moments: Sequence[datetime]
) -> dict[int, Row[Any]]:
    """Give (crimes, wants, people, new, gone) at each of these moments, by their place from 0.

    Each version of a want is read once, and has the bits of the moments at which it stood. `new`
    and `gone` are wants since the moment before; at the first moment they mean nothing.
    """
    condition, values = question.condition()
    statement = f"""
        WITH o AS MATERIALIZED (
            SELECT w.id, w.person_id, w.crime_reference,
                   bit_or((1::bigint << m.after) - (1::bigint << m.first)) AS mask
            {VERSIONS} CROSS JOIN LATERAL (SELECT
                width_bucket(w.recorded_from - interval '1 microsecond',
                             CAST(:moments AS timestamptz[])) AS first,
                width_bucket(coalesce(w.recorded_to, 'infinity') - interval '1 microsecond',
                             CAST(:moments AS timestamptz[])) AS after) m
            WHERE w.recorded_from <= :last AND (w.recorded_to IS NULL OR w.recorded_to > :first)
              AND m.after > m.first AND w.state = 'outstanding' AND {condition}
            GROUP BY w.id, w.person_id, w.crime_reference),
        {_counted((*UNITS, "new", "gone"), _MASKS + _MOVES)}
        SELECT * FROM counted
    """
    bound = {
        "moments": list(moments),
        "first": moments[0],
        "last": moments[-1],
        "bits": len(moments),
    }
    take_room(session)
    return {row.place: row for row in session.execute(text(statement), values | bound)}


def take_room(session: Session) -> None:
    """Let this transaction's sums stay in memory: a large force has some 100,000 versions."""
    session.execute(text("SELECT set_config('work_mem', '32MB', true)"))


def count_ended(session: Session, question: Question) -> dict[str, Row[Any]]:
    """Give (crimes, wants, people, days to the end: median and 90th percentile) by outcome."""
    condition, values = question.condition()
    days = "ORDER BY extract(epoch FROM w.outcome_at - w.entered_at) / 86400"
    statement = f"""
        SELECT w.state, count(DISTINCT w.crime_reference) AS crimes, count(*) AS wants,
               count(DISTINCT w.person_id) AS people,
               percentile_cont(0.5) WITHIN GROUP ({days}) AS median_days,
               percentile_cont(0.9) WITHIN GROUP ({days}) AS p90_days
        {VERSIONS} WHERE {STOOD} AND w.state <> 'outstanding' AND {condition}
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
