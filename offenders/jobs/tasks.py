"""Tasks: those of checks, reviews and visits as they fall due, and those that are overdue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.domain.iom import service as iom
from offenders.domain.mappa import service as mappa
from offenders.domain.orders import service as orders
from offenders.domain.pnc import service as pnc
from offenders.domain.registrations import service as registrations
from offenders.domain.tasks import service as tasks
from offenders.domain.wanted import service as wanted
from offenders.jobs.effects import Effect

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_FOLLOWING = (
    orders.follow_orders,
    registrations.follow_registrations,
    wanted.follow_reviews,
    iom.follow_members,
    mappa.follow_actions,
    pnc.follow_differences,
)


def follow_all(session: Session, _force: str) -> Effect:
    """Bring the tasks that follow records to what is due, or soon is."""
    made = ended = 0
    for follow in _FOLLOWING:
        brought = follow(session)
        made, ended = made + brought.made, ended + brought.ended
    return Effect(details={"made": made, "ended": ended})


def flag_overdue(session: Session, _force: str) -> Effect:
    """Flag tasks that are not done by their due time."""
    settled = tasks.settle_flags(session)
    return Effect(settled.raised, settled.cleared)
