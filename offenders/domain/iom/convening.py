"""Convening: multi-agency meetings with their quorum and chair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offenders.db import as_service, recorded_at
from offenders.domain.iom.due import settle_meetings
from offenders.domain.iom.duties import carry_actions
from offenders.domain.iom.models import IomMeeting
from offenders.domain.iom.rules import CHAIRS, MEETING_SOURCE, TEAM, missing_agencies
from offenders.domain.reference import service as reference
from offenders.errors import Invalid
from offenders.ids import new_id, new_reference

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from offenders.domain.iom.records import Doing


def record_meeting(session: Session, doing: Doing) -> IomMeeting:
    """Record a meeting; one that decides needs its quorum and its chair (422, rule cited).

    One without its quorum is flagged, until one of the same area is held with it.
    """
    fields, force = doing.fields, session.info["force"]
    attendance = fields["attendance"]
    for number, each in enumerate(attendance):
        pointer = f"/attendance/{number}/agency"
        reference.require_entry(session, "agencies", each["agency"], pointer)
    agencies = sorted({each["agency"] for each in attendance})
    if fields["decides"]:
        _require_quorum(agencies, fields["chair_agency"])
    lpa, neighbourhood = place_of(session, fields)
    require_own_area(doing, lpa, neighbourhood)
    meeting = IomMeeting(
        force=force,
        id=new_id(force),
        reference=new_reference("M", force),
        held_at=fields.get("held_at") or recorded_at(session),
        lpa=lpa,
        neighbourhood=neighbourhood,
        chair=fields["chair"],
        chair_agency=fields["chair_agency"],
        attendance=attendance,
        agencies=agencies,
        decides=fields["decides"],
        notes=fields.get("notes"),
        recorded_by=doing.actor,
        recorded_at=recorded_at(session),
    )
    session.add(meeting)
    session.flush()
    # An action about whom the caller may not see is put to the meeting all the same.
    with as_service(session):
        carry_actions(session, meeting)
    reference.register_team(session, TEAM)
    settle_meetings(session)
    return meeting


def _require_quorum(agencies: list[str], chair_agency: str) -> None:
    if missing := missing_agencies(agencies):
        message = (
            f"Without {', '.join(missing)} this meeting has no quorum and can't decide"
            f" (rule iom-quorum; {MEETING_SOURCE}). Record it with decides false."
        )
        raise Invalid.field("/attendance", message)
    if chair_agency not in CHAIRS:
        message = (
            f"A deciding meeting is chaired by {', '.join(CHAIRS)}"
            f" (rule iom-chair; {MEETING_SOURCE})."
        )
        raise Invalid.field("/chair_agency", message)


def place_of(session: Session, fields: dict[str, Any]) -> tuple[str | None, str | None]:
    """Give the LPA and neighbourhood that are named; raise Invalid where they don't fit."""
    lpa, neighbourhood = fields.get("lpa"), fields.get("neighbourhood")
    if lpa is not None or neighbourhood is not None:
        lpa = reference.require_area(session, lpa, neighbourhood)
    return lpa, neighbourhood


def require_own_area(doing: Doing, lpa: str | None, neighbourhood: str | None) -> None:
    """Raise Invalid for a place outside the areas of who records."""
    if not doing.scope.covers(lpa, neighbourhood):
        raise Invalid.field("/lpa", "Record this in one of your own areas.")
