"""Use cases of meetings, as routes and jobs call them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offenders.db import recorded_at
from offenders.domain.access import may, sight
from offenders.domain.meetings import store
from offenders.domain.meetings.convening import NewMeeting, convene
from offenders.domain.meetings.models import Meeting, MeetingMinute
from offenders.domain.meetings.redacting import NO_DATA, Pack, Reader, redact
from offenders.domain.meetings.rules import RULE, SECTIONS, Kind, Tier
from offenders.domain.meetings.store import count_meetings, list_meetings
from offenders.domain.reference import service as reference
from offenders.errors import NotFound
from offenders.ids import new_id

if TYPE_CHECKING:
    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope
    from offenders.domain.actors import Actor
    from offenders.domain.versions import IfMatch

__all__ = [
    "NO_DATA",
    "RULE",
    "SECTIONS",
    "Kind",
    "NewMeeting",
    "Pack",
    "Tier",
    "amend_meeting",
    "convene",
    "count_meetings",
    "list_meetings",
    "read_minutes",
    "read_pack",
    "record_minute",
    "show_meeting",
]


def show_meeting(session: Session, scope: Scope, written: str) -> Row[Any]:
    """Give (body, head, id, tier, lpa, version) of a meeting in scope; raise NotFound."""
    row = store.find_meeting(session, scope, written)
    if row is None:
        raise NotFound
    return row


def read_minutes(session: Session, scope: Scope, meeting: Row[Any]) -> Any:
    """Give the minutes of a meeting that was shown, the first first."""
    return store.read_minutes(session, scope.force, meeting.id)


def read_pack(
    session: Session, scope: Scope, actor: Actor, written: str, *, section: str | None = None
) -> tuple[Row[Any], Pack]:
    """Give a meeting and its pack, or one section of it, as this reader may see it."""
    meeting = show_meeting(session, scope, written)
    pack = redact(
        meeting.head,
        store.read_sections(session, scope.force, meeting.id, section),
        store.read_items(session, scope.force, meeting.id, section),
        Reader(
            may=lambda permission: may(actor, permission),
            sees_protected=sight(actor).protected_addresses,
            is_whole_force=scope.is_whole_force,
        ),
    )
    return meeting, pack


def amend_meeting(
    session: Session, scope: Scope, written: str, fields: dict[str, Any], if_match: IfMatch
) -> Meeting:
    """Say who held the meeting and who was there; the pack stays as it was drawn."""
    found = show_meeting(session, scope, written)
    meeting = session.get_one(Meeting, (scope.force, found.id), with_for_update=True)
    if_match.check(meeting.version)
    if fields.get("chair"):
        reference.register_officer(session, fields["chair"])
    for name, value in fields.items():
        setattr(meeting, name, value)
    meeting.version += 1
    meeting.updated_at = recorded_at(session)
    session.flush()
    return meeting


def record_minute(
    session: Session, scope: Scope, actor: str, written: str, fields: dict[str, Any]
) -> Row[Any]:
    """Add a note to the minutes, on an item of the agenda where one is named."""
    found = show_meeting(session, scope, written)
    minute = MeetingMinute(
        force=scope.force,
        id=new_id(scope.force),
        meeting_id=found.id,
        section=fields.get("section"),
        note=fields["note"],
        recorded_by=actor,
        recorded_at=recorded_at(session),
    )
    session.add(minute)
    session.flush()
    return found
