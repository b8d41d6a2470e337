"""What is due of MAPPA, and who answers for too many people, as flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.domain.mappa import service as mappa
from offenders.jobs.effects import Effect

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def flag_meetings(session: Session, _force: str) -> Effect:
    """Flag every case whose meeting is due, or that lacks a lead, plan, action or summary."""
    mappa.refresh_cases(session)
    settled = mappa.settle_cases(session)
    return Effect(settled.raised, settled.cleared)


def flag_caseload(session: Session, _force: str) -> Effect:
    """Flag every manager who answers for more people in the community than the figure."""
    settled = mappa.settle_caseload(session)
    return Effect(settled.raised, settled.cleared)
