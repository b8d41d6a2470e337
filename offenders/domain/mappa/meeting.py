"""Meetings and reviews of a case: who attended for which agency, decisions, the full minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.mappa import acting
from offenders.domain.mappa.acting import Doing, finish, occurred_at, take
from offenders.domain.mappa.due import RULE
from offenders.domain.mappa.levels import level_at
from offenders.domain.mappa.part_models import MappaMeeting
from offenders.domain.mappa.planning import add_actions
from offenders.domain.mappa.rules import POLICE, Meeting, meeting_of
from offenders.domain.reference.policies import figures_in_force
from offenders.domain.working_days import add_working_days, end_of_london_day, london_day
from offenders.errors import Conflict, Invalid, NotFound
from offenders.ids import as_uuid, new_id

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from offenders.domain.mappa.models import MappaCase


def hold_meeting(session: Session, doing: Doing) -> MappaCase:
    """Record a meeting of level 2 or 3, or a review at level 1; its actions are owned and due."""
    case, fields = take(session, doing, "meeting"), doing.fields
    held_at = occurred_at(session, case, doing, "held_at")
    level = level_at(session, case, held_at)[1] or 1
    type_ = fields.get("type") or meeting_of(level)
    if type_ == Meeting.LEVEL_MEETING and level == 1:
        message = (
            "Level 1 has no formal meetings (MAPPA Guidance 7.3, 13a.1): record a review, or"
            " move the case to level 2 or 3 first."
        )
        raise Conflict(message, state="level 1", possible=["review"])
    attendance = _attendance(session, case, fields["attendance"])
    meeting = MappaMeeting(
        force=case.force,
        id=new_id(case.force),
        case_id=case.id,
        type=type_,
        level=level,
        held_at=held_at,
        was_due_at=case.meeting_due_at,
        chair=fields.get("chair"),
        attendance=attendance,
        decisions=list(fields.get("decisions") or ()),
        minutes_due_at=_minutes_due(session, case, level, type_, held_at),
        recorded_by=doing.actor,
        recorded_at=recorded_at(session),
    )
    if fields.get("minutes"):
        _put_minutes(session, meeting, doing.actor, fields["minutes"])
    session.add(meeting)
    session.flush()
    actions = add_actions(session, case, doing.actor, fields.get("actions") or ())
    if type_ == meeting_of(case.level or 1):
        case.last_meeting_at = max(filter(None, (case.last_meeting_at, held_at)))
    details = {
        "meeting": meeting.id,
        "type": type_,
        "was_due_at": meeting.was_due_at,
        "attended": sorted({each["agency"] for each in attendance if each["attended"]}),
        "decisions": len(meeting.decisions),
        "actions": actions,
    }
    said = "A meeting or review was held."
    return finish(
        session, case, doing.actor, "meeting", details=details, at=held_at, looked_at=said
    )


def _attendance(
    session: Session, case: MappaCase, given: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Give one entry for each agency of the case; who is not told of did not attend."""
    acting.require_agencies(session, {each["agency"] for each in given}, "/attendance")
    if not any(each["agency"] == POLICE for each in given):
        message = (
            f"Say who attended for the police; {case.attendee or case.owner_officer} is named."
        )
        raise Invalid.field("/attendance", f"{message} Rule: a named police attendee always.")
    told = {each["agency"] for each in given}
    absent = [
        {"agency": agency, "attended": False, "name": None}
        for agency in case.agencies
        if agency not in told
    ]
    return [{"name": None, "attended": True, **each} for each in given] + absent


def _minutes_due(
    session: Session, case: MappaCase, level: int, type_: str, held_at: datetime
) -> datetime | None:
    if type_ != Meeting.LEVEL_MEETING:
        return None
    figures = figures_in_force(session, case.force, RULE, clock.today())
    last = add_working_days(london_day(held_at), figures[f"minutes_level_{level}"])
    return end_of_london_day(last)


def record_minutes(session: Session, doing: Doing, written: str) -> MappaCase:
    """Put the full minutes of a meeting; once, whole."""
    case = take(session, doing, "minutes")
    meeting = session.execute(
        select(MappaMeeting)
        .where(
            MappaMeeting.force == case.force,
            MappaMeeting.case_id == case.id,
            MappaMeeting.id == as_uuid(written),
        )
        .with_for_update()
    ).scalar_one_or_none()
    if meeting is None:
        raise NotFound
    if meeting.minutes is not None:
        message = "The minutes of this meeting are on record. They are not written over."
        raise Conflict(message, state="minuted", possible=[])
    _put_minutes(session, meeting, doing.actor, doing.fields["minutes"])
    at = recorded_at(session)
    return finish(session, case, doing.actor, "minutes", details={"meeting": meeting.id}, at=at)


def _put_minutes(session: Session, meeting: MappaMeeting, actor: str, minutes: str) -> None:
    meeting.minutes, meeting.minutes_at = minutes, recorded_at(session)
    meeting.minutes_by = actor
