"""How a case begins: entered, or referred and then accepted or refused; and what amends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.mappa import acting
from offenders.domain.mappa.acting import Doing, finish, take
from offenders.domain.mappa.levels import begin_level, end_level
from offenders.domain.mappa.models import MappaCase
from offenders.domain.mappa.rules import Exit, Kind, Stage, State
from offenders.domain.placed import area_of
from offenders.domain.reference import service as reference
from offenders.domain.wanted.service import duty_team
from offenders.domain.working_days import london_day, start_of_london_day
from offenders.errors import Conflict, Invalid, PersonMerged
from offenders.ids import as_reference, as_uuid, new_id, new_reference

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope

_GIVEN: Final = (
    "category",
    "risk",
    "attendee",
    "disposal",
    "sentence_months",
    "offence_code",
    "grounds",
    "authorised_by",
    "referring_agency",
    "referral_reason",
)
_PERSON = text("""
    SELECT p.id, p.lpa, p.neighbourhood, p.date_of_birth,
           coalesce(p.date_of_birth > CAST(:today AS date) - interval '18 years', false)
               AS is_child,
           EXISTS (SELECT FROM managements m WHERE m.force = p.force AND m.person_id = p.id
                     AND m.kind = 'registration') AS is_registered, p.merged_into
    FROM persons p WHERE p.force = :force AND (p.id = :id OR p.reference = :reference) FOR SHARE
""")
_STANDING = text("""
    SELECT id, reference, kind, stage FROM mappa_cases
    WHERE force = :force AND person_id = :person_id AND stage IN ('referred', 'open')
      AND id <> :id
""")


def enter_case(
    session: Session, *, actor: str, scope: Scope, fields: dict[str, Any], now: datetime
) -> MappaCase:
    """Enter a case that is managed from now on, or since `started_on`; give it.

    Raises Invalid, citing the rule, and Conflict where the person is held already.
    """
    person = _person(session, fields)
    case = _plan(session, actor, fields, person)
    case.stage, case.owner_officer = Stage.OPEN, fields.get("manager")
    _require_scope(scope, case, person)
    _open(session, case, person, actor, fields)
    session.add(case)
    session.flush()
    _end_what_it_replaces(session, case, actor, now)
    begin_level(session, case, actor, fields.get("referral_reason"))
    details = {"category": case.category, "level": case.level, "unconfirmed": case.unconfirmed}
    at = recorded_at(session)
    return finish(session, case, actor, "entry", details=details, at=at, is_new=True)


def refer_person(
    session: Session, *, actor: str, scope: Scope, fields: dict[str, Any]
) -> MappaCase:
    """Refer a person with a reason; it is for the co-ordinator to accept or refuse.

    Who is held already is not told to who refers: the referral goes to the log of that case.
    """
    person = _person(session, fields)
    case = _plan(session, actor, fields, person)
    case.stage, case.level = Stage.REFERRED, fields.get("level")
    case.referred_at = fields.get("occurred_at") or recorded_at(session)
    case.owner_team = duty_team(case.force, case.lpa or person.lpa)
    _require_scope(scope, case, person)
    details = {"reason": case.referral_reason, "agency": case.referring_agency}
    at = case.referred_at
    standing = _standing_case(session, case)
    if standing is not None:
        return finish(session, standing, actor, "referral", details=details, at=at)
    reference.register_team(session, case.owner_team)
    session.add(case)
    session.flush()
    return finish(session, case, actor, "referral", details=details, at=at, is_new=True)


def decide_referral(session: Session, doing: Doing) -> MappaCase:
    """Accept a referral, which opens the case, or refuse it; either with a reason."""
    case = take(session, doing, "decision")
    fields = doing.fields
    case.decided_at = fields.get("occurred_at") or recorded_at(session)
    if case.referred_at is not None and case.decided_at < case.referred_at:
        raise Invalid.field("/occurred_at", "This lies before the referral.")
    case.decided_by, case.decision_reason = doing.actor, fields["reason"]
    details = {"decision": fields["decision"], "reason": fields["reason"]}
    if fields["decision"] == "refused":
        case.stage = Stage.REFUSED
        return finish(session, case, doing.actor, "decision", details=details, at=case.decided_at)
    acting.require_agencies(session, fields.get("agencies") or (), "/agencies")
    if fields.get("offence_code") is not None:
        reference.require_offence(session, fields["offence_code"], "/offence_code")
    person = _person(session, {"person_id": case.person_id})
    for name in set(_GIVEN) & set(fields):
        setattr(case, name, fields[name])
    given = {"level": case.level, "criteria": list(case.criteria)} | fields
    case.stage, case.owner_officer, case.owner_team = Stage.OPEN, fields.get("manager"), None
    case.agencies = sorted({*case.agencies, *(fields.get("agencies") or ())})
    _open(session, case, person, doing.actor, given)
    session.flush()
    _end_what_it_replaces(session, case, doing.actor, doing.now)
    begin_level(session, case, doing.actor, fields["reason"])
    return finish(session, case, doing.actor, "decision", details=details, at=case.decided_at)


def _person(session: Session, fields: dict[str, Any]) -> Any:
    written = str(fields["person_id"])
    values = {
        "force": session.info["force"],
        "id": as_uuid(written),
        "reference": as_reference(written),
        "today": clock.today(),
    }
    person = session.execute(_PERSON, values).one_or_none()
    if person is None:
        message = "There is no such person here. Find or record them first."
        raise Invalid.field("/person_id", message)
    PersonMerged.check(fields["person_id"], person.merged_into)
    return person


def _plan(session: Session, actor: str, fields: dict[str, Any], person: Any) -> MappaCase:
    force, moment = session.info["force"], recorded_at(session)
    lpa, neighbourhood = fields.get("lpa"), fields.get("neighbourhood")
    if lpa is not None or neighbourhood is not None:
        lpa = reference.require_area(session, lpa, neighbourhood)
    lead = fields.get("lead_agency") or "police"
    agencies = sorted({lead, "police", *(fields.get("agencies") or ())})
    acting.require_agencies(session, agencies, "/agencies")
    if fields.get("referring_agency"):
        acting.require_agencies(session, [fields["referring_agency"]], "/referring_agency")
    if fields.get("offence_code") is not None:
        reference.require_offence(session, fields["offence_code"], "/offence_code")
    return MappaCase(
        force=force,
        id=new_id(force),
        reference=new_reference("M", force),
        person_id=person.id,
        kind=fields.get("kind") or Kind.MAPPA,
        **{name: fields.get(name) for name in _GIVEN},
        criteria=sorted(set(fields.get("criteria") or ())),
        unconfirmed=[],
        state=fields.get("state") or State.COMMUNITY,
        lead_agency=lead,
        agencies=agencies,
        lpa=lpa,
        neighbourhood=neighbourhood,
        recorded_by=actor,
        version=1,
        recorded_at=moment,
        updated_at=moment,
    )


def _open(
    session: Session, case: MappaCase, person: Any, actor: str, fields: dict[str, Any]
) -> None:
    """Put what an open case has, and judge it; raise Invalid or Conflict."""
    if case.owner_officer is None:
        message = "Name the police officer who leads for the police, whichever agency leads."
        raise Invalid.field("/manager", f"{message} Rule: a named police lead always.")
    began_on = clock.today() if case.decided_at is None else london_day(case.decided_at)
    case.started_on = fields.get("started_on") or began_on
    if person.date_of_birth is not None and case.started_on < person.date_of_birth:
        raise Invalid.field("/started_on", "This lies before the person was born.")
    case.level = fields.get("level")
    if case.level is None:
        if case.kind == Kind.MAPPA:
            raise Invalid.field("/level", "A MAPPA case has a level. Send 1 to 3.")
        case.level = 1
    case.criteria = sorted(set(fields.get("criteria") or ()))
    case.level_since = start_of_london_day(case.started_on)
    case.state_since = case.state_since or case.level_since
    facts = acting.facts_of(session, case, is_child=person.is_child, is_new=True)
    case.unconfirmed = acting.judge(facts, acting.limits_today(session))
    _refuse_double(session, case, is_registered=person.is_registered)
    for officer in {case.owner_officer, case.attendee or case.owner_officer}:
        reference.register_officer(session, officer)
    case.recorded_by = case.recorded_by or actor


def _standing_case(session: Session, case: MappaCase) -> MappaCase | None:
    """Give the case under which the person is held so already, or under MAPPA instead, locked."""
    values = {"force": case.force, "person_id": case.person_id, "id": case.id}
    kinds = {case.kind}
    if case.kind == Kind.POTENTIALLY_DANGEROUS:
        kinds.add(Kind.MAPPA)
    for row in session.execute(_STANDING, values):
        if row.kind in kinds:
            return session.get_one(MappaCase, (case.force, row.id), with_for_update=True)
    return None


def _refuse_double(session: Session, case: MappaCase, *, is_registered: bool) -> None:
    """Raise Conflict where the person is held so already, or eligible for MAPPA instead."""
    if case.kind == Kind.POTENTIALLY_DANGEROUS and is_registered:
        message = (
            "The person is registered, so they are MAPPA category 1: a potentially dangerous"
            " person is one who is not eligible. Enter a MAPPA case."
        )
        raise Conflict(message)
    values = {"force": case.force, "person_id": case.person_id, "id": case.id}
    for row in session.execute(_STANDING, values):
        link = {"existing": f"/v1/mappa/cases/{row.id}", "reference": row.reference}
        if row.kind == case.kind:
            raise Conflict("This person is held so already. Amend that case.", **link)
        if case.kind == Kind.POTENTIALLY_DANGEROUS and row.kind == Kind.MAPPA:
            message = (
                "The person is managed under MAPPA: a potentially dangerous person is one who"
                " is not eligible for it. Use that case."
            )
            raise Conflict(message, **link)


def _end_what_it_replaces(session: Session, case: MappaCase, actor: str, now: datetime) -> None:
    """End the case of a potentially dangerous person who has become eligible for MAPPA."""
    if case.kind != Kind.MAPPA:
        return
    values = {"force": case.force, "person_id": case.person_id, "id": case.id}
    ids: list[UUID] = [
        row.id
        for row in session.execute(_STANDING, values)
        if row.kind == Kind.POTENTIALLY_DANGEROUS
    ]
    for each in ids:
        other = session.get_one(MappaCase, (case.force, each), with_for_update=True)
        note = f"Managed as {case.reference}."
        end_case(session, other, actor=actor, at=now, reason=Exit.BECAME_ELIGIBLE, note=note)


def end_case(  # noqa: PLR0913 - how a case ends
    session: Session,
    case: MappaCase,
    *,
    actor: str,
    at: datetime,
    reason: str,
    note: str | None,
) -> MappaCase:
    """End a case; a referral that was never opened is refused instead."""
    details = {"reason": str(reason), "note": note}
    if case.stage == Stage.REFERRED:
        case.stage, case.decided_at, case.decided_by = Stage.REFUSED, at, actor
        case.decision_reason = note or str(reason)
        return finish(session, case, actor, "decision", details=details, at=at)
    end_level(session, case, at)
    case.stage, case.ended_at = Stage.CLOSED, at
    case.exit_reason, case.exit_note = reason, note
    return finish(session, case, actor, "exit", details=details, at=at)


def _require_scope(scope: Scope, case: MappaCase, person: Any) -> None:
    if not scope.covers(*area_of(case, person)):
        raise Invalid.field("/lpa", "Enter the case in one of your own areas.")
