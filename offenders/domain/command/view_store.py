"""SQL of the view of the force: every area and the whole in one reading of the history.

As in the report on outstanding suspects, a want carries a bit for each figure in which it counts;
bits are joined over the wants of a person or crime, once within each area and once over all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders.domain.forensics.listing import STATE as HIT_STATE
from offenders.domain.forensics.listing import Question as HitQuestion
from offenders.domain.forensics.rules import OPEN
from offenders.domain.reports.store import CLOCKS, STOOD, VERSIONS, take_room
from offenders.domain.wanted.asking import TEAM, area

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.acro.asking import Question as CheckQuestion
    from offenders.domain.wanted.asking import Question

FIGURES: Final = {
    "outstanding": "true",
    **{name: f"w.{column} < :now" for name, column in CLOCKS.items()},
}
# What each unit is counted by, and which wants have it.
_KEYS: Final = {
    "people": ("person_id", "true"),
    "crimes": ("crime_reference", "crime_reference IS NOT NULL"),
    "wants": ("id", "true"),
}


def _joined(unit: str) -> str:
    """Give how many of a unit have each mask, in every area and over all."""
    key, where = _KEYS[unit]
    return f"""
        SELECT '{unit}' AS unit, area, mask, count(*) AS n
        FROM (SELECT area, bit_or(mask) AS mask FROM o WHERE {where} GROUP BY area, {key}) each
        GROUP BY area, mask
        UNION ALL
        SELECT '{unit}', NULL, mask, count(*)
        FROM (SELECT bit_or(mask) AS mask FROM o WHERE {where} GROUP BY {key}) each
        GROUP BY mask"""


_COUNTED: Final = f"""
    masks AS ({" UNION ALL ".join(_joined(unit) for unit in _KEYS)}),
    counted AS (
        SELECT area, b AS place,
               {
    ", ".join(
        f"coalesce(sum(n) FILTER (WHERE unit = '{unit}'), 0)::bigint AS {unit}" for unit in _KEYS
    )
}
        FROM masks JOIN generate_series(0, :bits - 1) b ON mask & (1::bigint << b) <> 0
        GROUP BY area, b)
"""
_OLDEST_WANT: Final = """
    SELECT DISTINCT ON (area) area, entered_at, id,
           json_build_object('id', id, 'reference', reference, 'reason', reason, 'risk', risk,
               'entered_at', entered_at, 'owner_officer', owner_officer,
               'owner_team', owner_team) AS body
    FROM o ORDER BY area, entered_at, id
"""


def count_by_area(session: Session, question: Question, column: str) -> list[Row[Any]]:
    """Give rows (area, place, crimes, wants, people, oldest): of each area, and of all as None.

    `place` is that of the figure in FIGURES; None where the row has the oldest want of its area.
    A want without an area stands under ''.
    """
    condition, values = question.condition()
    mask = " | ".join(
        f"CASE WHEN {each} THEN {1 << bit}::bigint ELSE 0 END"
        for bit, each in enumerate(FIGURES.values())
    )
    statement = f"""
        WITH o AS MATERIALIZED (
            SELECT w.id, w.reference, w.person_id, w.crime_reference, w.reason, w.risk,
                   w.entered_at, w.owner_officer, {TEAM} AS owner_team,
                   coalesce({area(column)}, '') AS area, {mask} AS mask
            {VERSIONS} WHERE {STOOD} AND w.state = 'outstanding' AND {condition}),
        {_COUNTED}
        SELECT area, place, crimes, wants, people, CAST(NULL AS json) AS oldest FROM counted
        UNION ALL
        SELECT area, NULL, NULL, NULL, NULL, body FROM ({_OLDEST_WANT}) oldest
    """
    take_room(session)
    return list(session.execute(text(statement), values | {"bits": len(FIGURES)}))


def count_at_moments(
    session: Session, question: Question, column: str, moments: Sequence[datetime]
) -> list[Row[Any]]:
    """Give rows (area, place of the moment, crimes, wants, people) of each area, and of all.

    Each version of a want is read once, and has the bits of the moments at which it stood.
    """
    condition, values = question.condition()
    statement = f"""
        WITH o AS MATERIALIZED (
            SELECT w.id, w.person_id, w.crime_reference, coalesce({area(column)}, '') AS area,
                   bit_or((1::bigint << m.after) - (1::bigint << m.first)) AS mask
            {VERSIONS} CROSS JOIN LATERAL (SELECT
                width_bucket(w.recorded_from - interval '1 microsecond',
                             CAST(:moments AS timestamptz[])) AS first,
                width_bucket(coalesce(w.recorded_to, 'infinity') - interval '1 microsecond',
                             CAST(:moments AS timestamptz[])) AS after) m
            WHERE w.recorded_from <= :last AND (w.recorded_to IS NULL OR w.recorded_to > :first)
              AND m.after > m.first AND w.state = 'outstanding' AND {condition}
            GROUP BY w.id, w.person_id, w.crime_reference, 4),
        {_COUNTED}
        SELECT * FROM counted
    """
    bound = {
        "moments": list(moments),
        "first": moments[0],
        "last": moments[-1],
        "bits": len(moments),
    }
    take_room(session)
    return list(session.execute(text(statement), values | bound))


def first_recorded(session: Session, question: Question, column: str) -> dict[str, datetime]:
    """Give since when each area has wants on record; one that is not there never had any."""
    condition, values = question.condition()
    statement = f"""
        SELECT coalesce({area(column)}, '') AS area, min(w.recorded_from) AS first
        {VERSIONS} WHERE w.recorded_from <= :as_at AND {condition} GROUP BY 1
    """
    return {row.area: row.first for row in session.execute(text(statement), values)}


def oldest_hits(session: Session, question: HitQuestion, column: str) -> list[Row[Any]]:
    """Give the oldest hit not dealt with of each area, as (area, id, received_at, body)."""
    condition, values = question.condition()
    dealt = ", ".join(f"'{each}'" for each in OPEN)
    statement = f"""
        SELECT DISTINCT ON (1) coalesce(h.{column}, '') AS area, h.id, h.received_at AS since,
               json_build_object('id', h.id, 'reference', h.reference, 'type', h.type,
                   'received_at', h.received_at, 'owner_officer', h.owner_officer,
                   'owner_team', h.owner_team) AS body
        {question.source} AND {condition} AND ({HIT_STATE}) IN ({dealt})
        ORDER BY 1, h.received_at, h.id
    """
    return list(session.execute(text(statement), values))


def oldest_checks(session: Session, question: CheckQuestion) -> list[Row[Any]]:
    """Give the oldest foreign-conviction check not answered of each LPA, as (area, id, …)."""
    condition, values = question.condition(session)
    statement = f"""
        SELECT DISTINCT ON (1) coalesce(c.lpa, '') AS area, c.id, c.detained_at AS since,
               json_build_object('id', c.id, 'reference', c.reference, 'country', c.country,
                   'state', c.state, 'detained_at', c.detained_at) AS body
        FROM {question.source} WHERE {condition} AND c.state IN ('required', 'requested')
        ORDER BY 1, c.detained_at, c.id
    """
    return list(session.execute(text(statement), values))


def list_places(session: Session, column: str, lpa: str | None) -> list[Row[Any]]:
    """Give the LPAs of the force, or its neighbourhoods, of one LPA or all: (code, name, lpa)."""
    table, of = ("lpas", "a.code") if column == "lpa" else ("neighbourhoods", "a.lpa")
    statement = text(f"""
        SELECT a.code, a.name, {of} AS lpa FROM {table} a
        WHERE a.force = :force AND (CAST(:lpa AS text) IS NULL OR {of} = :lpa) ORDER BY a.code
    """)
    return list(session.execute(statement, {"force": session.info["force"], "lpa": lpa}))
