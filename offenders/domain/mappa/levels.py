"""The levels of a case as dated history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, text

from offenders.db import recorded_at
from offenders.domain.mappa.models import MappaCase, MappaLevel
from offenders.errors import Invalid
from offenders.ids import new_id

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


_AT = text("""
    SELECT category, level FROM mappa_levels
    WHERE force = :force AND case_id = :id AND from_at <= :at
      AND (until_at IS NULL OR until_at > :at)
""")


def level_at(session: Session, case: MappaCase, at: datetime) -> tuple[int | None, int | None]:
    """Give the category and level that the case had at a moment, else those it has."""
    session.flush()
    values = {"force": case.force, "id": case.id, "at": at}
    row = session.execute(_AT, values).one_or_none()
    return (case.category, case.level) if row is None else (row.category, row.level)


def begin_level(session: Session, case: MappaCase, actor: str, reason: str | None) -> None:
    """Begin the category and level that the case now has, at `level_since`."""
    session.add(
        MappaLevel(
            force=case.force,
            id=new_id(case.force),
            case_id=case.id,
            category=case.category,
            level=case.level,
            from_at=case.level_since,
            risk=case.risk,
            criteria=list(case.criteria),
            reason=reason,
            actor=actor,
            recorded_at=recorded_at(session),
        )
    )
    session.flush()


def end_level(session: Session, case: MappaCase, at: datetime) -> None:
    """End the level that is current; raise Invalid where it began later."""
    standing = session.execute(
        select(MappaLevel)
        .where(
            MappaLevel.force == case.force,
            MappaLevel.case_id == case.id,
            MappaLevel.until_at.is_(None),
        )
        .with_for_update()
    ).scalar_one()
    if at < standing.from_at:
        message = (
            f"The level that stands began at {standing.from_at.isoformat()}. Send a later one."
        )
        raise Invalid.field("/occurred_at", message)
    standing.until_at = at
    session.flush()
