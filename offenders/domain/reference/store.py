"""SQL of codes, areas, officers and teams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders.db import recorded_at

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

_FORCES = text("""
    SELECT json_build_object('code', code, 'name', name, 'short_name', short_name,
                             'kind', kind, 'region', region)::text, code
    FROM forces WHERE code > :after ORDER BY code LIMIT :limit
""")
_LPAS = text("""
    SELECT json_build_object('force', force, 'code', code, 'name', name)::text, code
    FROM lpas WHERE force = :force AND code > :after ORDER BY code LIMIT :limit
""")
_NEIGHBOURHOOD = """
    json_build_object('force', n.force, 'code', n.code, 'name', n.name, 'lpa', n.lpa)
"""
_OFFENCES = text("""
    SELECT json_build_object('code', code, 'category', category, 'title', title,
                             'recordable', recordable)::text, code
    FROM offences
    WHERE code > :after AND (CAST(:q AS text) IS NULL
        OR code = upper(:q) OR position(lower(:q) IN lower(title)) > 0)
    ORDER BY code LIMIT :limit
""")
_ENTRIES = text("""
    SELECT json_build_object('code', code, 'name', name, 'verified', verified, 'from', from_on,
                             'to', to_on, 'source', source)::text, code
    FROM code_entries WHERE list = :list AND code > :after ORDER BY code LIMIT :limit
""")
_RULES = text("""
    SELECT json_build_object('code', f.rule, 'applies_to', f.applies_to, 'watches', f.watches,
               'figure', f.figure, 'unit', f.unit, 'severity', f.severity, 'from', f.from_on,
               'to', f.to_on, 'source', f.source, 'citation', f.citation,
               'confidence', f.confidence, 'is_product_default', f.source = 'product default',
               'is_force_policy', f.is_own, 'force', CASE WHEN f.is_own THEN :force END)::text,
           f.rule, f.applies_to, f.from_on::text, f.is_own
    FROM (
        SELECT d.rule, d.applies_to, d.watches, d.figure, d.unit, d.severity, d.from_on, d.to_on,
               d.source, d.citation, d.confidence, false AS is_own
        FROM default_figures d
        UNION ALL
        SELECT p.rule, p.applies_to, d.watches, p.figure, d.unit, d.severity, p.from_on, p.to_on,
               p.source, NULL, 'H', true
        FROM policies p JOIN LATERAL (
            SELECT * FROM default_figures d
            WHERE d.rule = p.rule AND d.applies_to = p.applies_to
            ORDER BY d.from_on DESC LIMIT 1) d ON true
        WHERE p.force = :force) f
    WHERE (CAST(:on AS date) IS NULL
           OR (f.from_on <= :on AND (f.to_on IS NULL OR f.to_on >= :on)))
    ORDER BY f.rule, f.applies_to, f.is_own, f.from_on
""")
_AT_POINT = """
    SELECT neighbourhood FROM neighbourhood_rings
    WHERE force = :force AND ring @> point(:longitude, :latitude)
    GROUP BY neighbourhood HAVING NOT bool_or(is_hole) ORDER BY neighbourhood LIMIT 1
"""


def list_forces(session: Session, after: str, limit: int) -> list[Row[Any]]:
    """Give forces by code, as (json, code)."""
    return list(session.execute(_FORCES, {"after": after, "limit": limit}))


def force_exists(session: Session, code: str) -> bool:
    """Tell whether a force holds the code."""
    found = session.execute(text("SELECT 1 FROM forces WHERE code = :code"), {"code": code})
    return found.scalar() is not None


def list_lpas(session: Session, force: str, after: str, limit: int) -> list[Row[Any]]:
    """Give the LPAs of a force by code."""
    return list(session.execute(_LPAS, {"force": force, "after": after, "limit": limit}))


def list_neighbourhoods(  # noqa: PLR0913 - the filters of the list
    session: Session,
    force: str,
    *,
    lpa: str | None,
    point: tuple[float, float] | None,
    after: str,
    limit: int,
) -> list[Row[Any]]:
    """Give neighbourhoods by code; `point` is (latitude, longitude)."""
    values: dict[str, Any] = {"force": force, "lpa": lpa, "after": after, "limit": limit}
    at_point = ""
    if point is not None:
        at_point = f"AND n.code = ({_AT_POINT})"
        values |= {"latitude": point[0], "longitude": point[1]}
    statement = f"""
        SELECT {_NEIGHBOURHOOD}::text, n.code FROM neighbourhoods n
        WHERE n.force = :force AND n.code > :after
          AND (CAST(:lpa AS text) IS NULL OR n.lpa = :lpa) {at_point}
        ORDER BY n.code LIMIT :limit
    """
    return list(session.execute(text(statement), values))


def find_neighbourhood(session: Session, force: str, code: str) -> Row[Any] | None:
    """Give one neighbourhood with its boundary, as (json, lpa)."""
    statement = text("""
        SELECT json_build_object('force', n.force, 'code', n.code, 'name', n.name, 'lpa', n.lpa,
                                 'lpa_name', l.name, 'geometry', n.geometry)::text, n.lpa
        FROM neighbourhoods n JOIN lpas l ON l.force = n.force AND l.code = n.lpa
        WHERE n.force = :force AND n.code = :code
    """)
    return session.execute(statement, {"force": force, "code": code}).one_or_none()


def find_neighbourhood_at(
    session: Session, force: str, latitude: float, longitude: float
) -> str | None:
    """Give the neighbourhood in which a point lies."""
    values = {"force": force, "latitude": latitude, "longitude": longitude}
    found: str | None = session.execute(text(_AT_POINT), values).scalar()
    return found


def list_offences(session: Session, q: str | None, after: str, limit: int) -> list[Row[Any]]:
    """Give offences by code; `q` is a code or part of a title."""
    return list(session.execute(_OFFENCES, {"q": q, "after": after, "limit": limit}))


def list_entries(session: Session, name: str, after: str, limit: int) -> list[Row[Any]]:
    """Give the codes of a small list."""
    return list(session.execute(_ENTRIES, {"list": name, "after": after, "limit": limit}))


def list_rules(session: Session, force: str, on: date | None) -> list[Row[Any]]:
    """Give every figure of every rule, defaults and the force's own; of one day with `on`."""
    return list(session.execute(_RULES, {"force": force, "on": on}))


def unknown_codes(session: Session, name: str, codes: Iterable[str]) -> list[str]:
    """Give those codes that the small list doesn't hold."""
    statement = text("""
        SELECT c FROM unnest(CAST(:codes AS text[])) c
        WHERE NOT EXISTS (SELECT 1 FROM code_entries e WHERE e.list = :list AND e.code = c)
    """)
    return list(session.execute(statement, {"codes": list(codes), "list": name}).scalars())


def offence_exists(session: Session, code: str) -> bool:
    """Tell whether this is a CJS offence code."""
    found = session.execute(text("SELECT 1 FROM offences WHERE code = :code"), {"code": code})
    return found.scalar() is not None


def lpa_of(session: Session, force: str, neighbourhood: str) -> str | None:
    """Give the LPA in which a neighbourhood lies."""
    statement = text("SELECT lpa FROM neighbourhoods WHERE force = :force AND code = :code")
    found: str | None = session.execute(statement, {"force": force, "code": neighbourhood}).scalar()
    return found


def lpa_exists(session: Session, force: str, code: str) -> bool:
    """Tell whether the force has this LPA."""
    statement = text("SELECT 1 FROM lpas WHERE force = :force AND code = :code")
    return session.execute(statement, {"force": force, "code": code}).scalar() is not None


def register(session: Session, table: str, code: str) -> None:
    """Put an officer's or team's code on the register at its first use."""
    statement = text(f"""
        INSERT INTO {table} (force, code, recorded_at) VALUES (:force, :code, :at)
        ON CONFLICT DO NOTHING
    """)
    force = session.info["force"]
    session.execute(statement, {"force": force, "code": code, "at": recorded_at(session)})
