"""Entering a registration, a further disposal of somebody registered, and amending the facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from offenders.db import recorded_at
from offenders.domain.history import begin_history
from offenders.domain.persons.finding import hold_person
from offenders.domain.placed import move
from offenders.domain.reference import service as reference
from offenders.domain.registrations.acting import (
    Doing,
    Taken,
    finish,
    given_owner,
    move_owner,
    take,
    with_law,
)
from offenders.domain.registrations.cases import Management, State
from offenders.domain.registrations.due import settle_flag
from offenders.domain.registrations.models import Registration
from offenders.domain.registrations.records import (
    FACTS,
    add_action,
    disposal_entry,
    sentence_of,
    settle_law,
    tell_management,
)
from offenders.domain.wanted.service import duty_team
from offenders.domain.working_days import london_day
from offenders.errors import Conflict, Invalid
from offenders.ids import new_id, new_reference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

_PLAIN: Final = ("local_summary", "is_withheld_locally", "has_no_fixed_abode", "visit_months")


def register(session: Session, doing: Doing) -> Registration:
    """Register a person by a disposal, or add it to their standing registration; give it."""
    fields, force = doing.fields, session.info["force"]
    person = hold_person(session, fields["person_id"])
    standing = session.execute(
        select(Registration)
        .where(
            Registration.force == force,
            Registration.person_id == person.id,
            Registration.state != State.CLOSED,
        )
        .with_for_update()
    ).scalar_one_or_none()
    if standing is not None:
        return _add(session, Taken(standing, person.date_of_birth), doing)
    record = plan(force, doing.actor, fields, person, recorded_at(session))
    if record.lpa is not None or record.neighbourhood is not None:
        record.lpa = reference.require_area(session, record.lpa, record.neighbourhood)
    place = record if record.lpa is not None else person
    if not doing.scope.covers(place.lpa, place.neighbourhood):
        raise Invalid.field("/lpa", "Register the person in one of your own areas.")
    with_law(lambda: settle_law(record, person.date_of_birth))
    given_owner(session, record.owner_officer, record.owner_team)
    session.add(record)
    session.flush()
    at = recorded_at(session)
    details = {"version": 1, "because": record.because, "risk": record.risk}
    add_action(session, record, "entry", actor=doing.actor, occurred_at=at, details=details)
    session.flush()
    begin_history(session, Registration.__table__, force, [record.id])
    tell_management(session, record)
    settle_flag(session, record.id)
    return record


def plan(
    force: str, actor: str, fields: Mapping[str, Any], person: Any, moment: Any, **source: Any
) -> Registration:
    """Give a registration as its first disposal makes it; `source` names where that came from."""
    officer, team = fields.get("offender_manager"), fields.get("owner_team")
    if officer is None and team is None:
        team = duty_team(force, fields.get("lpa") or person.lpa)
    return Registration(
        force=force,
        id=new_id(force),
        reference=new_reference("R", force),
        person_id=person.id,
        state=State.REGISTERED,
        disposals=[disposal_entry(force, fields, **source)],
        risk=fields.get("risk"),
        risk_since=(fields.get("risk_since") or london_day(moment)) if fields.get("risk") else None,
        management=Management.ACTIVE,
        absences=[],
        travel=[],
        has_no_fixed_abode=bool(fields.get("has_no_fixed_abode")),
        failed_visits=0,
        local_summary=fields.get("local_summary"),
        is_withheld_locally=bool(fields.get("is_withheld_locally")),
        lpa=fields.get("lpa"),
        neighbourhood=fields.get("neighbourhood"),
        owner_officer=officer,
        owner_team=team,
        outcome_details={},
        recorded_by=actor,
        version=1,
        recorded_at=moment,
        updated_at=moment,
    )


def _add(session: Session, taken: Taken, doing: Doing) -> Registration:
    """Add a disposal of somebody registered; their risk and manager are changed elsewhere."""
    record, fields = taken.record, doing.fields
    link = f"/v1/registrations/{record.id}"
    for name, stands, where in (
        ("risk", record.risk, "risk-levels"),
        ("offender_manager", record.owner_officer, "handovers"),
    ):
        if fields.get(name) not in {None, stands}:
            message = f"The person is registered already: change this by POST …/{where}."
            raise Conflict(message, existing=link, reference=record.reference)
    return append(session, taken, doing)


def add_disposal(session: Session, doing: Doing) -> Registration:
    """Add a further disposal to a registration: the latest end over all holds."""
    return append(session, take(session, doing), doing)


def append(session: Session, taken: Taken, doing: Doing) -> Registration:
    """Add a disposal that is not yet on record."""
    record = taken.record
    with_law(lambda: sentence_of(doing.fields, taken.born))
    entry = disposal_entry(record.force, doing.fields)
    for each in record.disposals:
        if is_same(each, entry):
            message = "This disposal is on record already. Amend it, or leave it."
            link = f"/v1/registrations/{record.id}"
            raise Conflict(message, existing=link, reference=record.reference)
    record.disposals = [*record.disposals, entry]
    at = recorded_at(session)
    return finish(session, taken, doing, "disposal", details=entry, at=at)


def is_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether two kept disposals say the same."""
    return all(one.get(name) == other.get(name) for name in FACTS)


def remove_disposal(session: Session, doing: Doing, disposal: str) -> Registration:
    """Take away a disposal that a court has quashed or that was entered in error."""
    taken = take(session, doing)
    record = taken.record
    found = next((each for each in record.disposals if each["id"] == disposal), None)
    known = [each["id"] for each in record.disposals]
    if found is None:
        raise Conflict("The registration has no such disposal.", possible=known)
    if len(known) == 1:
        message = "This is the only disposal: close the registration, by the court or as an error."
        raise Conflict(message, possible=["closures"])
    record.disposals = [each for each in record.disposals if each is not found]
    details = {"removed": found, "reason": doing.fields["reason"]}
    at = recorded_at(session)
    return finish(session, taken, doing, "disposal", details=details, at=at)


def amend(session: Session, doing: Doing) -> Registration:
    """Change what a registration says, with a reason where owner or visits are changed."""
    taken, fields = take(session, doing), doing.fields
    record = taken.record
    details: dict[str, Any] = {}
    owner = {"offender_manager", "owner_team"} & set(fields)
    if (owner or "visit_months" in fields) and not fields.get("reason"):
        raise Invalid.field("/reason", "Say why: a supervisor reads it.")
    if owner:
        officer, team = fields.get("offender_manager"), fields.get("owner_team")
        if not officer and not team:
            raise Invalid.field("/offender_manager", "Name who takes over.")
        details |= move_owner(session, record, officer, team)
    before: dict[str, Any] = {name: getattr(record, name) for name in _PLAIN if name in fields}
    for name in before:
        setattr(record, name, fields[name])
    if {"lpa", "neighbourhood"} & set(fields):
        before |= {"lpa": record.lpa, "neighbourhood": record.neighbourhood}
        move(session, record, doing.fields, doing.scope, what="record")
    if said := {name: fields[name] for name in FACTS if name in fields}:
        details["disposal"] = _correct(taken, fields.get("disposal_id"), said)
    changes = {
        name: {"from": value, "to": getattr(record, name)}
        for name, value in before.items()
        if value != getattr(record, name)
    }
    if not changes and not details:
        return record
    details |= {"changes": changes, "version": record.version + 1}
    details |= {"reason": fields["reason"]} if fields.get("reason") else {}
    kind = "handover" if owner else "amendment"
    return finish(session, taken, doing, kind, details=details, at=recorded_at(session))


def _correct(taken: Taken, disposal_id: Any, said: Mapping[str, Any]) -> dict[str, Any]:
    """Correct the facts of a disposal: the one named, or the only one."""
    record = taken.record
    if disposal_id is None and len(record.disposals) > 1:
        raise Invalid.field("/disposal_id", "Name which of the disposals this corrects.")
    wanted = str(disposal_id or record.disposals[0]["id"])
    found = next((each for each in record.disposals if each["id"] == wanted), None)
    if found is None:
        raise Invalid.field("/disposal_id", "The registration has no such disposal.")
    corrected = corrected_disposal(found, said, record.force)
    with_law(lambda: sentence_of(corrected, taken.born))
    record.disposals = [corrected if each is found else each for each in record.disposals]
    return {"from": found, "to": corrected}


def corrected_disposal(
    found: Mapping[str, Any], said: Mapping[str, Any], force: str
) -> dict[str, Any]:
    """Give a kept disposal with other facts; null takes one away."""
    facts = {name: found.get(name) for name in FACTS} | dict(said)
    source = {name: found[name] for name in ("source_ref",) if name in found}
    return disposal_entry(force, facts, **source) | {"id": found["id"]}
