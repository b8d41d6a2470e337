"""Packs of daily meetings, drawn by themselves where the force has said so."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from offenders.domain.meetings import service as meetings
from offenders.jobs.effects import Effect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from offenders.domain.meetings.service import NewMeeting
    from offenders.jobs.runner import Step


def packs_to_draw(session: Session, _force: str) -> Sequence[Step]:
    """Give each of today's packs that is to be drawn, once their hour has come."""
    return [partial(_draw, new=new) for new in meetings.daily_meetings(session)]


def _draw(session: Session, new: NewMeeting) -> Effect:
    meetings.make_daily_meeting(session, new)
    return Effect(details={"meetings": 1})


def draw_packs(session: Session, force: str) -> Effect:
    """Draw them all in one transaction, as a rehearsal does."""
    return sum((draw(session) for draw in packs_to_draw(session, force)), Effect())
