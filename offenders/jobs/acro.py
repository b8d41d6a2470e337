"""What is missing or overdue about foreign-conviction checks, as flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.domain.acro import service as acro
from offenders.jobs.effects import Effect

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def flag_missing(session: Session, _force: str) -> Effect:
    """Flag every check that was not requested in time, or whose request can't be delivered."""
    return _sweep(session, acro.MISSING)


def flag_replies(session: Session, _force: str) -> Effect:
    """Flag every request that was not answered in time, and every trace not assessed."""
    return _sweep(session, acro.REPLIES)


def _sweep(session: Session, rule: str) -> Effect:
    settled = acro.sweep(session, rule)
    return Effect(settled.raised, settled.cleared)
