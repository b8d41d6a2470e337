"""Use cases of meetings, as routes and jobs call them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from offenders.db import recorded_at
from offenders.domain.access import may, scope, sight
from offenders.domain.meetings import store
from offenders.domain.meetings.convening import NewMeeting, convene
from offenders.domain.meetings.keeping import drop_old_packs, require_kept
from offenders.domain.meetings.models import Meeting, MeetingMinute
from offenders.domain.meetings.redacting import NO_DATA, Pack, Reader, redact
from offenders.domain.meetings.rules import RULE, SECTIONS, Kind, Tier
from offenders.domain.meetings.scheduling import daily_meetings, make_daily_meeting
from offenders.domain.meetings.seeding import hold_first_meetings
from offenders.domain.meetings.store import count_meetings, list_meetings
from offenders.domain.reading import show
from offenders.domain.reference import service as reference
from offenders.domain.tasks.service import (
    NewTask,
    Question,
    make_task,
    reading_of_task,
    reading_of_tasks,
    task_sight,
)
from offenders.errors import Conflict, NotFound
from offenders.ids import new_id

if TYPE_CHECKING:
    from datetime import datetime

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
    "daily_meetings",
    "decide",
    "drop_old_packs",
    "hold_first_meetings",
    "list_meetings",
    "make_daily_meeting",
    "read_decisions",
    "read_minutes",
    "read_pack",
    "record_minute",
    "show_meeting",
]

MOST_DECISIONS: Final = 200  # shown with a meeting; the list of tasks gives all
_TASKS: Final = "tasks:read"


def show_meeting(session: Session, scope: Scope, written: str) -> Row[Any]:
    """Give a meeting in scope with the columns of `find_meeting`; raise NotFound."""
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
    """Give a meeting and its pack, or one section of it, as this reader may see it.

    Raises Gone where the pack was kept as long as the policy says.
    """
    meeting = show_meeting(session, scope, written)
    sections = store.read_sections(session, scope.force, meeting.id, section)
    items = store.read_items(session, scope.force, meeting.id, section)
    require_kept(show_meeting(session, scope, written))  # last: it may go while it is read
    pack = redact(
        meeting.head,
        sections,
        items,
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
    """Say who held the meeting, who was there, why its pack is held; that stays as drawn."""
    found = show_meeting(session, scope, written)
    meeting = session.get_one(Meeting, (scope.force, found.id), with_for_update=True)
    if_match.check(meeting.version)
    if fields.get("pack_hold") and meeting.pack_dropped_at is not None:
        message = "The pack of this meeting is gone, so it can't be held. Leave `pack_hold` out."
        raise Conflict(message)
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


def decide(  # noqa: PLR0913 - who decides what at which meeting, and when
    session: Session, area: Scope, actor: Actor, written: str, *, new: NewTask, now: datetime
) -> Row[Any]:
    """Decide at a meeting that somebody does something: a task, in the meeting's area unless told.

    Gives the task with the columns of a Reading. Raises NotFound for a meeting out of scope,
    Invalid for what is vague, unowned or out of sight.
    """
    meeting = show_meeting(session, area, written)
    is_placed = new.lpa or new.neighbourhood or new.subject_id
    new = replace(
        new,
        meeting_id=meeting.id,
        source_id=meeting.id,
        lpa=new.lpa if is_placed else meeting.lpa,
    )
    made = make_task(session, actor, area.force, new)
    return show(session, reading_of_task(_tasks_of(session, actor, {}, now), str(made.id)))


def read_decisions(
    session: Session, actor: Actor, meeting: Row[Any], now: datetime
) -> Row[Any] | None:
    """Give the tasks that a meeting has decided, as the reader may see them, or None.

    Its columns are those of a Reading; the body lacks its closing brace.
    """
    if not may(actor, _TASKS):
        return None
    question = _tasks_of(session, actor, {"meeting": meeting.id, "state": None}, now)
    return show(session, reading_of_tasks(question, None, MOST_DECISIONS))


def _tasks_of(session: Session, actor: Actor, asked: dict[str, Any], now: datetime) -> Question:
    area = scope(actor, _TASKS, session.info["force"])
    return Question(asked, area, now, task_sight(actor))
