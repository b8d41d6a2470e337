"""Attendance told by an agency itself, after the meeting was recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offenders.db import recorded_at
from offenders.domain.iom.models import IomAttendance
from offenders.errors import Invalid
from offenders.ids import new_id

if TYPE_CHECKING:
    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.iom.records import Doing


def tell_attendance(session: Session, doing: Doing, meeting: Row[Any]) -> IomAttendance:
    """Record who came for an agency of the meeting; neither quorum nor decisions change by it."""
    agency = doing.fields.get("agency") or doing.agency
    if agency not in meeting.agencies:
        message = "This agency is not among those of the meeting. Name one that is."
        raise Invalid.field("/agency", message)
    told = IomAttendance(
        force=session.info["force"],
        id=new_id(session.info["force"]),
        meeting_id=meeting.id,
        agency=agency,
        name=doing.fields.get("name"),
        attended=doing.fields["attended"],
        recorded_by=doing.actor,
        recorded_at=recorded_at(session),
    )
    session.add(told)
    session.flush()
    return told
