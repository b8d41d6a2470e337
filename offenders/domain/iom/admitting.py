"""From a panel's decision to the membership that it makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offenders.db import recorded_at
from offenders.domain.history import begin_history
from offenders.domain.iom.due import settle_member
from offenders.domain.iom.models import IomMember
from offenders.domain.iom.records import (
    add_log,
    check_lead,
    managed,
    register_leads,
    set_review_clock,
)
from offenders.domain.iom.rules import TEAM, ManagedBy, Rating
from offenders.domain.iom.schemes import all_schemes
from offenders.domain.persons.finding import hold_person
from offenders.domain.persons.managing import manage
from offenders.domain.reference import service as reference
from offenders.domain.working_days import london_day
from offenders.errors import Invalid
from offenders.ids import new_id, new_reference

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from offenders.domain.iom.models import IomDecision, IomNomination
    from offenders.domain.iom.records import Doing

_GIVEN = (
    "risk",
    "risk_rationale",
    "support_officer",
    "objectives",
    "expectations_explained_at",
)


def admit(
    session: Session, doing: Doing, nomination: IomNomination, decision: IomDecision
) -> IomMember:
    """Make the membership behind which this decision stands."""
    member = _plan(session, doing, nomination, decision)
    reference.require_entry(session, "agencies", member.lead_agency, "/lead_agency")
    check_lead(session, member)
    register_leads(session, member)
    set_review_clock(session, member)
    session.add(member)
    session.flush()
    at = decision.decided_at
    said = {"decision_id": decision.id, "cohort": member.cohort, "theme": member.theme}
    add_log(session, member, "joining", actor=doing.actor, occurred_at=at, details=said)
    rated = {"to": member.rating, "reason": "As the panel decided."}
    add_log(session, member, "rating", actor=doing.actor, occurred_at=at, details=rated)
    session.flush()
    begin_history(session, IomMember.__table__, member.force, [member.id])
    person = hold_person(session, member.person_id)
    manage(session, [managed(member, person.lpa, person.neighbourhood)])
    settle_member(session, member.id)
    return member


def _plan(
    session: Session, doing: Doing, nomination: IomNomination, decision: IomDecision
) -> IomMember:
    fields: dict[str, Any] = doing.fields
    at, force = recorded_at(session), nomination.force
    joined_on = fields.get("joined_on") or london_day(decision.decided_at)
    if joined_on > london_day(at):
        raise Invalid.field("/joined_on", "A membership can't begin in the future.")
    born = hold_person(session, nomination.person_id).date_of_birth
    if born is not None and joined_on < born:
        message = "This lies before the person was born. Correct the day, or the date of birth."
        raise Invalid.field("/joined_on", message)
    officer, team = fields.get("lead_officer"), fields.get("lead_team")
    if officer and team:
        raise Invalid.field("/lead_team", "Name one lead: an officer or a team, not both.")
    return IomMember(
        force=force,
        id=new_id(force),
        reference=new_reference("C", force),
        person_id=nomination.person_id,
        decision_id=decision.id,
        decision_outcome=decision.outcome,
        scheme=nomination.scheme,
        stage=all_schemes()[nomination.scheme].first,
        facts=fields.get("facts") or {},
        cohort=fields.get("cohort") or nomination.cohort,
        theme=fields.get("theme") or nomination.theme,
        further_themes=fields.get("further_themes") or [],
        rating=fields.get("rating") or Rating.RED,
        rated_at=decision.decided_at,
        lead_agency=fields.get("lead_agency") or "police",
        lead_officer=officer,
        lead_team=None if officer else team or TEAM,
        managed_by=fields.get("managed_by") or ManagedBy.IOM_TEAM,
        **{name: fields.get(name) for name in _GIVEN},
        lpa=nomination.lpa,
        neighbourhood=nomination.neighbourhood,
        catch_and_convict=False,
        pathways=fields.get("pathways") or [],
        joined_on=joined_on,
        recorded_by=doing.actor,
        version=1,
        recorded_at=at,
        updated_at=at,
    )
