"""What is done for a member: plan actions, interventions, drug tests, tags, family at risk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offenders.db import recorded_at
from offenders.domain.iom import store
from offenders.domain.iom.models import IomPlanAction, IomRelative
from offenders.domain.iom.records import Doing, finish, occurred_at, take
from offenders.domain.reference import service as reference
from offenders.errors import Conflict
from offenders.ids import new_id

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from offenders.domain.iom.models import IomMember

_INTERVENTION = ("type", "pathway", "provider", "started_on", "ended_on", "outcome", "notes")
_TEST = ("substance", "result", "notes")
_TAG = ("type", "event", "notes")


def add_action(session: Session, doing: Doing) -> IomMember:
    """Add an action to the plan, with one owner, an agency and a day."""
    member, fields = take(session, doing), doing.fields
    agency = fields.get("agency") or "police"
    reference.require_entry(session, "agencies", agency, "/agency")
    moment = recorded_at(session)
    action = IomPlanAction(
        force=member.force,
        id=new_id(member.force),
        member_id=member.id,
        text=fields["text"],
        pathway=fields.get("pathway"),
        agency=agency,
        owner=fields["owner"],
        due_on=fields["due_on"],
        state="open",
        recorded_by=doing.actor,
        recorded_at=moment,
        updated_at=moment,
    )
    session.add(action)
    details = {"action_id": action.id, "text": action.text, "due_on": action.due_on}
    return _added(session, member, doing, "action", details)


def end_action(session: Session, doing: Doing, written: str) -> IomMember:
    """End an action as done or cancelled, with its outcome."""
    member = take(session, doing)
    action = store.get_action(session, member, written)
    if action.state != "open":
        raise Conflict(f"This action has ended: {action.state}.", state=action.state, possible=[])
    action.state, action.outcome = doing.fields["state"], doing.fields["outcome"]
    action.ended_at = occurred_at(session, member, doing)
    action.updated_at = recorded_at(session)
    details = {"action_id": action.id, "state": action.state, "outcome": action.outcome}
    return _added(session, member, doing, "action_end", details)


def intervene(session: Session, doing: Doing) -> IomMember:
    """Record an intervention or referral on a pathway."""
    member = take(session, doing)
    return _added(session, member, doing, "intervention", _said(doing, _INTERVENTION))


def record_drug_test(session: Session, doing: Doing) -> IomMember:
    """Record a drug test and its result."""
    member = take(session, doing)
    return _added(session, member, doing, "drug_test", _said(doing, _TEST))


def tag(session: Session, doing: Doing) -> IomMember:
    """Record what happened with a tag: consent, fitting, breach, removal."""
    member = take(session, doing)
    return _added(session, member, doing, "tag", _said(doing, _TAG))


def add_relative(session: Session, doing: Doing) -> IomMember:
    """Hold somebody of the family at risk of being drawn in, for diversion alone."""
    member, fields = take(session, doing), doing.fields
    relative = IomRelative(
        force=member.force,
        id=new_id(member.force),
        member_id=member.id,
        **{
            name: fields.get(name)
            for name in (
                "relation",
                "family_name",
                "given_names",
                "date_of_birth",
                "concern",
                "referred_to",
                "referred_at",
                "outcome",
            )
        },
        recorded_by=doing.actor,
        recorded_at=recorded_at(session),
    )
    session.add(relative)
    details = {"relative_id": relative.id, "relation": relative.relation}
    return _added(session, member, doing, "relative", details)


def _said(doing: Doing, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: doing.fields[name] for name in names if doing.fields.get(name) is not None}


def _added(
    session: Session, member: IomMember, doing: Doing, kind: str, details: dict[str, Any]
) -> IomMember:
    at = occurred_at(session, member, doing)
    return finish(session, member, doing, kind, at=at, details=details, changes_version=False)
