"""The first meetings of a demonstration, with a few decisions, so that there is a pack to read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from offenders import clock
from offenders.domain.access import Scope
from offenders.domain.actors import Actor
from offenders.domain.meetings.convening import NewMeeting, convene
from offenders.domain.meetings.rules import Tier
from offenders.domain.tasks.service import NewTask, make_task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from offenders.domain.meetings.models import Meeting

_HELD: Final = text("SELECT 1 FROM meetings WHERE force = :force LIMIT 1")
# The first of the pack: whoever owns the want goes on with it.
_FIRST: Final = text("""
    SELECT w.id, w.reference, w.owner_officer, w.owner_team FROM meeting_items i
    JOIN wants w ON w.force = i.force AND w.id = i.subject_id
    WHERE i.force = :force AND i.meeting_id = :meeting AND i.section = 'wants_high_risk'
    ORDER BY i.place LIMIT 2
""")


def hold_first_meetings(session: Session, actor: str, lpas: Sequence[str]) -> int:
    """Hold a meeting of the force and of these areas, unless one was ever held; give how many."""
    force = session.info["force"]
    if session.execute(_HELD, {"force": force}).scalar():
        return 0
    for lpa in (None, *lpas):
        new = NewMeeting(Tier.FORCE if lpa is None else Tier.LPA, lpa=lpa)
        _decide(session, actor, convene(session, Scope(force), actor, new))
    return 1 + len(lpas)


def _decide(session: Session, subject: str, meeting: Meeting) -> None:
    roles = frozenset({"meeting_chair"})
    chair = Actor(
        subject, subject, roles, meeting.force, frozenset(), frozenset(), None, None, None
    )
    for want in session.execute(_FIRST, {"force": meeting.force, "meeting": meeting.id}):
        new = NewTask(
            action=f"Visit the last known address of {want.reference} with two officers",
            due_at=clock.now() + timedelta(hours=12),
            owner_officer=want.owner_officer,
            owner_team=want.owner_team,
            subject_type="want",
            subject_id=want.id,
            expected_result="Arrest, or who was spoken to and what they said",
            meeting_id=meeting.id,
            source_id=meeting.id,
        )
        make_task(session, chair, meeting.force, new)
