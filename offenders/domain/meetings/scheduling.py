"""Packs that are drawn by themselves, at the hour that the force has set."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.access import Scope
from offenders.domain.meetings.convening import NewMeeting, convene
from offenders.domain.meetings.rules import RULE, Kind, Tier
from offenders.domain.reference.policies import figures_in_force
from offenders.domain.working_days import LONDON

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_ACTOR: Final = "service"
# The force itself and its areas, without those that have met as at this moment.
_UNDRAWN: Final = text("""
    SELECT a.lpa FROM (
        SELECT CAST(NULL AS text) AS lpa
        UNION ALL SELECT l.code FROM lpas l WHERE l.force = :force) a
    WHERE NOT EXISTS (
        SELECT FROM meetings m
        WHERE m.force = :force AND m.kind = 'daily' AND m.cut_off = :at
          AND m.lpa IS NOT DISTINCT FROM a.lpa)
    ORDER BY a.lpa NULLS FIRST
""")


def daily_meetings(session: Session) -> list[NewMeeting]:
    """Give today's meetings of the force and its areas that are to be made as at the hour set.

    Run late, their packs say what was known at that hour all the same, and each is drawn once.
    """
    force = session.info["force"]
    figures = figures_in_force(session, force, RULE, clock.today())
    if not figures["drawn_daily"]:
        return []
    hour = time(min(figures["drawn_hour"], 23))
    at = datetime.combine(clock.today(), hour, LONDON).astimezone(UTC)
    if at > min(clock.now(), recorded_at(session)):
        return []
    return [
        NewMeeting(
            Tier.FORCE if lpa is None else Tier.LPA, Kind.DAILY, lpa=lpa, held_at=at, cut_off=at
        )
        for lpa in session.execute(_UNDRAWN, {"force": force, "at": at}).scalars()
    ]


def make_daily_meeting(session: Session, new: NewMeeting) -> None:
    """Make one of them, as the service."""
    convene(session, Scope(session.info["force"]), _ACTOR, new)
