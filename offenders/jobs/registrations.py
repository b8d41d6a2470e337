"""What is due of registered people, as flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.domain.registrations import service as registrations
from offenders.jobs.effects import Effect

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def flag_visits(session: Session, _force: str) -> Effect:
    """Flag home visits, and reviews of who is managed without."""
    settled = registrations.settle_flags(session, registrations.VISITS)
    return Effect(settled.raised, settled.cleared)


def flag_notifications(session: Session, _force: str) -> Effect:
    """Flag notifications not made, periods that are over, and reviews not determined."""
    settled = registrations.settle_flags(session, registrations.NOTIFICATIONS)
    return Effect(settled.raised, settled.cleared)


def flag_assessments(session: Session, _force: str) -> Effect:
    """Flag ARMS assessments not made in time."""
    settled = registrations.settle_flags(session, registrations.ARMS)
    return Effect(settled.raised, settled.cleared)
