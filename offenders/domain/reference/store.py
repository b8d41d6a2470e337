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
_ORDER_TYPES = text("""
    SELECT json_build_object('code', e.code, 'name', e.name, 'verified', e.verified,
               'from', (SELECT min(t.from_on) FROM order_types t WHERE t.code = e.code),
               'to', (SELECT CASE WHEN bool_and(t.to_on IS NOT NULL) THEN max(t.to_on) END
                      FROM order_types t WHERE t.code = e.code),
               'source', e.source,
               'rules', (SELECT coalesce(json_agg(json_build_object(
                   'variant', t.variant, 'from', t.from_on, 'to', t.to_on, 'areas', t.areas,
                   'applicant', t.applicant, 'authority', t.authority,
                   'least_age', t.least_age, 'least_rank', t.least_rank,
                   'minimum', t.minimum, 'maximum', t.maximum, 'unit', t.unit,
                   'open_ended', t.open_ended, 'has_interim', t.has_interim,
                   'travel_months', t.travel_months, 'monitoring_months', t.monitoring_months,
                   'hearing_hours', t.hearing_hours, 'review', t.review,
                   'review_months', t.review_months, 'review_citation', t.review_citation,
                   'breach_offence_code', t.breach_offence_code,
                   'breach_maximum', t.breach_maximum, 'citation', t.citation,
                   'length_citation', t.length_citation, 'area_citation', t.area_citation,
                   'confidence', t.confidence, 'source', t.source)
                   ORDER BY t.from_on, t.variant), '[]')
                   FROM order_types t WHERE t.code = e.code))::text, e.code
    FROM code_entries e WHERE e.list = 'order_types' AND e.code > :after
    ORDER BY e.code LIMIT :limit
""")
_ORDER_RULES = text("SELECT * FROM order_types WHERE code = ANY (:codes) ORDER BY from_on, variant")
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


def list_order_types(session: Session, after: str, limit: int) -> list[Row[Any]]:
    """Give the types of orders, each with what the law says of it."""
    return list(session.execute(_ORDER_TYPES, {"after": after, "limit": limit}))


def find_order_rules(session: Session, codes: Iterable[str]) -> list[Row[Any]]:
    """Give the rows of the law of these types of orders."""
    return list(session.execute(_ORDER_RULES, {"codes": list(codes)}))


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
