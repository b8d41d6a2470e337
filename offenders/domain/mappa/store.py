"""SQL of single cases for a change, and of the people whom they are about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text

from offenders.domain.mappa.models import MappaCase
from offenders.errors import NotFound
from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope

_HOME = text("""
    SELECT c.id, p.lpa, p.neighbourhood
    FROM mappa_cases c JOIN persons p ON p.force = c.force AND p.id = c.person_id
    WHERE c.force = :force AND (c.id = :id OR c.reference = :reference)
""")


def get_case(session: Session, scope: Scope, written: str) -> MappaCase:
    """Give the case for a change, locked until the transaction ends; raise NotFound."""
    values = {"force": scope.force, "id": as_uuid(written), "reference": as_reference(written)}
    home = session.execute(_HOME, values).one_or_none()
    if home is None:
        raise NotFound
    case = session.execute(
        select(MappaCase)
        .where(MappaCase.force == scope.force, MappaCase.id == home.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()
    if not scope.covers(*area_of(case, home)):
        raise NotFound
    return case


def area_of(case: MappaCase, home: Any) -> tuple[str | None, str | None]:
    """Give where the case stands: its own area, or that of its person's home."""
    if case.lpa is None and case.neighbourhood is None:
        return home.lpa, home.neighbourhood
    return case.lpa, case.neighbourhood
