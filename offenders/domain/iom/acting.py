"""Acts on a membership: changes, ratings, reviews, catch and convict, stages, exit."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.flags.managed import act_on_arrest
from offenders.domain.flags.service import clear_for
from offenders.domain.iom import store
from offenders.domain.iom.records import (
    Doing,
    check_lead,
    finish,
    managed,
    occurred_at,
    register_leads,
    set_review_clock,
    take,
    take_flags_along,
)
from offenders.domain.iom.rules import CONVICT, MEETING_SOURCE, REVIEWS
from offenders.domain.iom.schemes import NotAllowed, all_schemes, check_move
from offenders.domain.persons.finding import hold_person
from offenders.domain.persons.managing import end_management
from offenders.domain.reference import service as reference
from offenders.domain.reference.policies import EVERYTHING, figures_in_force
from offenders.domain.working_days import london_day
from offenders.errors import Conflict, Invalid

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.iom.models import IomMember

_LEAD: Final = ("lead_agency", "lead_officer", "lead_team", "managed_by")


def amend_member(session: Session, doing: Doing) -> IomMember:
    """Change what a membership says; another lead needs the reason of the hand-over."""
    member = take(session, doing)
    fields = dict(doing.fields)
    reason = fields.pop("reason", None)
    if fields.get("lead_officer"):
        fields.setdefault("lead_team", None)
    elif fields.get("lead_team"):
        fields.setdefault("lead_officer", None)
    before = {name: getattr(member, name) for name in fields}
    if {"lpa", "neighbourhood"} & set(fields):
        _move(session, fields, doing)
        before |= {name: getattr(member, name) for name in ("lpa", "neighbourhood")}
    for name, value in fields.items():
        setattr(member, name, value)
    changes = {
        name: {"from": old, "to": getattr(member, name)}
        for name, old in before.items()
        if old != getattr(member, name)
    }
    if not changes:
        return member
    _check_changes(session, member, set(changes), reason)
    register_leads(session, member)
    at = recorded_at(session)
    details = {"changes": changes, "reason": reason, "version": member.version + 1}
    looked_at = "The risk was assessed anew." if "risk" in changes else None
    finish(session, member, doing, "amendment", at=at, details=details, looked_at=looked_at)
    person = hold_person(session, member.person_id)
    take_flags_along(session, managed(member, person.lpa, person.neighbourhood))
    return member


def _check_changes(
    session: Session, member: IomMember, changed: set[str], reason: str | None
) -> None:
    """Refuse what doesn't fit together, and a hand-over or another risk without a reason."""
    if bool(member.lead_officer) == bool(member.lead_team):
        raise Invalid.field("/lead_officer", "Name one lead: lead_officer or lead_team.")
    if changed & set(_LEAD) and not reason:
        raise Invalid.field("/reason", "Say why the membership gets another lead.")
    if "risk" in changed and not member.risk_rationale:
        raise Invalid.field("/risk_rationale", "Say why the risk is as it is.")
    if "lead_agency" in changed:
        reference.require_entry(session, "agencies", member.lead_agency, "/lead_agency")
    if "risk" in changed or "lead_agency" in changed:
        check_lead(session, member)


def _move(session: Session, fields: dict[str, Any], doing: Doing) -> None:
    """Put the membership in the area named, or with its person."""
    lpa, neighbourhood = fields.get("lpa"), fields.get("neighbourhood")
    if lpa is not None or neighbourhood is not None:
        lpa = reference.require_area(session, lpa, neighbourhood)
        if not doing.scope.covers(lpa, neighbourhood):
            raise Invalid.field("/neighbourhood", "Keep the record in one of your own areas.")
    fields |= {"lpa": lpa, "neighbourhood": neighbourhood}


def rate(session: Session, doing: Doing) -> IomMember:
    """Give another BRAG rating, with its reason; the review then falls due by it."""
    member, fields = take(session, doing), doing.fields
    at = occurred_at(session, member, doing)
    if at < member.rated_at:
        message = "A later rating is on record. Send a moment after `rated_at`."
        raise Invalid.field("/occurred_at", message)
    details = {"from": member.rating, "to": fields["rating"], "reason": fields["reason"]}
    details |= _met(session, fields)
    member.rating, member.rated_at = fields["rating"], at
    set_review_clock(session, member)
    said = "The member was rated anew."
    return finish(session, member, doing, "rating", at=at, details=details, looked_at=said)


def review(session: Session, doing: Doing) -> IomMember:
    """Record a review with what each agency brought; the next falls due by the rating."""
    member, fields = take(session, doing), doing.fields
    at = occurred_at(session, member, doing)
    for number, each in enumerate(fields.get("contributions") or []):
        pointer = f"/contributions/{number}/agency"
        reference.require_entry(session, "agencies", each["agency"], pointer)
    details = {
        "decision": fields["decision"],
        "rationale": fields["rationale"],
        "contributions": fields.get("contributions") or [],
        "rating": member.rating,
        "risk": member.risk,
        **_met(session, fields),
    }
    member.last_reviewed_at = max(at, member.last_reviewed_at or at)
    set_review_clock(session, member)
    said = "The member was reviewed."
    return finish(
        session,
        member,
        doing,
        "review",
        at=at,
        details=details,
        changes_version=False,
        looked_at=said,
    )


def _met(session: Session, fields: dict[str, Any]) -> dict[str, Any]:
    """Give the meeting at which this was decided; refuse one that may not decide."""
    if not fields.get("meeting_id"):
        return {}
    meeting = store.find_meeting(session, fields["meeting_id"])
    if not meeting.decides:
        message = f"That meeting had no power to decide (rule iom-quorum; {MEETING_SOURCE})."
        raise Invalid.field("/meeting_id", message)
    return {"meeting_id": meeting.id}


def convict(session: Session, doing: Doing) -> IomMember:
    """Put a member to catch and convict, by whom and until when; or end it with its reason."""
    member, fields = take(session, doing), doing.fields
    at = occurred_at(session, member, doing)
    if fields["state"] == "ended":
        if not member.catch_and_convict:
            raise Conflict("The member is not in catch and convict.", possible=["in_force"])
        member.catch_and_convict = False
    else:
        _govern(session, member, fields)
        member.catch_and_convict, member.convict_from = True, at
        member.convict_authorised_by = fields["authorised_by"]
        member.convict_reason = fields["reason"]
    details = {
        "state": fields["state"],
        "reason": fields["reason"],
        "authorised_by": fields.get("authorised_by"),
        "until": member.convict_until,
        "review_on": member.convict_review_on,
    }
    return finish(session, member, doing, "catch_and_convict", at=at, details=details)


def _govern(session: Session, member: IomMember, fields: dict[str, Any]) -> None:
    """Check and set the end and the review of the status."""
    for name, what in (
        ("authorised_by", "Say who authorised it."),
        ("until", "Say until when it is in force."),
    ):
        if not fields.get(name):
            raise Invalid.field(f"/{name}", f"{what} (rule {CONVICT})")
    today, until = clock.today(), fields["until"]
    if until < today:
        raise Invalid.field("/until", "Send a day that has not passed.")
    days = figures_in_force(session, member.force, CONVICT, today)[EVERYTHING]
    latest = min(until, today + timedelta(days=days))
    review_on = fields.get("review_on") or latest
    if not today <= review_on <= latest:
        message = f"Send a day up to {latest}: it is reviewed within {days} days (rule {CONVICT})."
        raise Invalid.field("/review_on", message)
    member.convict_until, member.convict_review_on = until, review_on


def move_stage(session: Session, doing: Doing) -> IomMember:
    """Put a member of a scheme with stages to the next one, as the scheme's data allow."""
    member, fields = take(session, doing), doing.fields
    at = occurred_at(session, member, doing)
    facts = {**member.facts, **(fields.get("facts") or {})}
    is_breach = bool(fields.get("breach"))
    scheme = all_schemes()[member.scheme]
    try:
        check_move(scheme, member.stage, fields["stage"], facts, is_breach=is_breach)
    except NotAllowed as error:
        if error.field == "stage":
            raise Conflict(
                error.detail, state=member.stage, possible=list(error.possible)
            ) from error
        raise Invalid.field(f"/{error.field}", error.detail) from error
    details = {
        "from": member.stage,
        "to": fields["stage"],
        "breach": is_breach,
        "reason": fields["reason"],
        "facts": fields.get("facts") or {},
    }
    member.stage, member.facts = fields["stage"], facts
    return finish(session, member, doing, "stage", at=at, details=details)


def _refuse_early_exit(
    session: Session, member: IomMember, at: datetime, meeting_id: UUID | None
) -> None:
    """Raise Invalid where the member was still rated, reviewed or discussed later."""
    last = store.last_dealt_with(session, member.id, meeting_id)
    if last is not None and at < last.at:
        message = (
            f"The last {last.what} was at {last.at.isoformat()}, so the membership stood until"
            f" then (rule {REVIEWS}). Send a moment not before it."
        )
        raise Invalid.field("/occurred_at", message)


def exit_member(session: Session, doing: Doing) -> IomMember:
    """End the membership for a coded reason, with what worked; its management ends with it."""
    member, fields = take(session, doing), doing.fields
    at = occurred_at(session, member, doing)
    met = _met(session, fields)
    _refuse_early_exit(session, member, at, met.get("meeting_id"))
    member.exited_at, member.exit_reason = at, fields["reason"]
    member.exit_rationale = fields["rationale"]
    member.what_worked = fields.get("what_worked")
    member.catch_and_convict = False
    details = {
        "reason": fields["reason"],
        "rationale": fields["rationale"],
        "what_worked": fields.get("what_worked"),
        "months": round((london_day(at) - member.joined_on).days / 30.44, 1),
        **met,
    }
    done = finish(session, member, doing, "exit", at=at, details=details)
    end_management(session, [member.id])
    because = "The membership has ended."
    act_on_arrest(session, [member.id], because)
    clear_for(session, subject_id=member.id, rules=["not-in-source"], because=because)
    return done
