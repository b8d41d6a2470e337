"""What is due of integrated offender management, as flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.domain.iom import service as iom
from offenders.jobs.effects import Effect

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def flag_iom_reviews(session: Session, _force: str) -> Effect:
    """Flag reviews, actions, decisions, catch and convict and leads that somebody must see to."""
    iom.refresh_members(session)
    settled = iom.settle_flags(session)
    return Effect(settled.raised, settled.cleared)
