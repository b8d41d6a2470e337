"""Packs of daily meetings, drawn by themselves where the force has said so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.domain.meetings import service as meetings
from offenders.jobs.runner import Effect

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def draw_packs(session: Session, _force: str) -> Effect:
    """Draw the packs of today's meetings, once their hour has come."""
    return Effect(details={"meetings": meetings.draw_daily_packs(session)})
