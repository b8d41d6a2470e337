"""Whom an item is for: whether an author may tell them, and how many officers they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import text

from offenders.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope

_UNKNOWN = {
    name: text(f"""
        SELECT c.code FROM unnest(CAST(:codes AS text[])) c (code)
        WHERE NOT EXISTS (SELECT FROM {name} x WHERE x.force = :force AND x.code = c.code)
        ORDER BY 1
    """)
    for name in ("lpas", "neighbourhoods", "teams")
}
_AREAS = text("""
    SELECT n.lpa, n.code AS neighbourhood FROM neighbourhoods n
    WHERE n.force = :force AND n.code = ANY (CAST(:neighbourhoods AS text[]))
    UNION ALL
    SELECT t.lpa, NULL FROM teams t WHERE t.force = :force AND t.code = ANY (CAST(:teams AS text[]))
    UNION ALL
    SELECT l, NULL FROM unnest(CAST(:lpas AS text[])) l
""")


class Audience(Protocol):
    """Areas and teams; none of them is the whole force."""

    lpas: list[str]
    neighbourhoods: list[str]
    teams: list[str]


def require_audience(session: Session, scope: Scope, audience: Audience, message: str) -> None:
    """Raise Invalid where a code is unknown, or where somebody lies outside the scope."""
    named: dict[str, Sequence[str]] = {name: getattr(audience, name) for name in _UNKNOWN}
    values: dict[str, Any] = {"force": scope.force}
    for name, codes in named.items():
        unknown = session.execute(_UNKNOWN[name], values | {"codes": list(codes)}).scalars().all()
        if unknown:
            raise Invalid.field(f"/audience/{name}", f"Not known here: {', '.join(unknown)}.")
    if scope.is_whole_force:
        return
    areas = session.execute(_AREAS, values | {name: list(codes) for name, codes in named.items()})
    covered = [scope.covers(area.lpa, area.neighbourhood) for area in areas]
    if not covered or not all(covered):
        raise Invalid.field("/audience", message)
