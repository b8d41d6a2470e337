"""Risk management plans and their actions: each with one owner, a due time, and its result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import select

from offenders.db import recorded_at
from offenders.domain.mappa import acting
from offenders.domain.mappa.acting import Doing, finish, occurred_at, take
from offenders.domain.mappa.part_models import MappaAction, RiskPlan
from offenders.domain.reference import service as reference
from offenders.errors import Conflict, Invalid, NotFound
from offenders.ids import as_uuid, new_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from offenders.domain.mappa.models import MappaCase

_T = TypeVar("_T", RiskPlan, MappaAction)
_OWNERS = ("owner_officer", "owner_team", "owner_agency")


def make_plan(session: Session, doing: Doing) -> MappaCase:
    """Put a new plan in place of the last; it waits for a supervisor's sign-off."""
    case, fields = take(session, doing, "risk_plan"), dict(doing.fields)
    actions = fields.pop("actions", None) or ()
    owner = fields.pop("owner_officer", None) or case.owner_officer
    if owner is None:
        raise Invalid.field("/owner_officer", "Name the officer who owns the plan.")
    reference.register_officer(session, owner)
    plan = RiskPlan(
        force=case.force,
        id=new_id(case.force),
        case_id=case.id,
        owner_officer=owner,
        recorded_by=doing.actor,
        recorded_at=recorded_at(session),
        **{"risk_to": [], "protective_factors": [], **fields},
    )
    session.add(plan)
    session.flush()
    made = add_actions(session, case, doing.actor, actions)
    details = {"plan": plan.id, "owner": owner, "actions": made}
    at = recorded_at(session)
    said = "The risk management plan was made anew."
    return finish(session, case, doing.actor, "risk_plan", details=details, at=at, looked_at=said)


def sign_off_plan(session: Session, doing: Doing, written: str) -> MappaCase:
    """Sign a plan off as supervisor; never one's own."""
    case = take(session, doing, "risk_plan")
    plan = _of_case(session, RiskPlan, case, written)
    if plan.signed_off_at is not None:
        raise Conflict("This plan is signed off already.", state="signed_off", possible=[])
    if doing.actor in {plan.recorded_by, plan.owner_officer}:
        message = "Somebody else than its author and owner signs a plan off. Ask a supervisor."
        raise Conflict(message, state="unsigned", possible=["sign_off"])
    plan.signed_off_at, plan.signed_off_by = recorded_at(session), doing.actor
    details = {"plan": plan.id, "note": doing.fields.get("note")}
    return finish(session, case, doing.actor, "sign_off", details=details, at=plan.signed_off_at)


def set_action(session: Session, doing: Doing) -> MappaCase:
    """Set one action with one owner and a due time."""
    case = take(session, doing, "action")
    made = add_actions(session, case, doing.actor, [doing.fields], pointer="")
    at = recorded_at(session)
    return finish(session, case, doing.actor, "action", details={"actions": made}, at=at)


def add_actions(
    session: Session,
    case: MappaCase,
    actor: str,
    given: Iterable[dict[str, Any]],
    *,
    pointer: str = "/actions/{}",
) -> list[str]:
    """Add actions to a case; give their ids. Raises Invalid without exactly one owner.

    `pointer` says where in the request the action of a number stands.
    """
    made = []
    for number, each in enumerate(given):
        owners = {name: each[name] for name in _OWNERS if each.get(name)}
        if len(owners) != 1:
            message = f"Name one owner: {', '.join(_OWNERS[:2])} or {_OWNERS[2]}."
            raise Invalid.field(f"{pointer.format(number)}/owner_officer", message)
        _register(session, owners)
        row = MappaAction(
            force=case.force,
            id=new_id(case.force),
            case_id=case.id,
            action=each["action"],
            due_at=each["due_at"],
            state="open",
            recorded_by=actor,
            recorded_at=recorded_at(session),
            **owners,
        )
        session.add(row)
        made.append(str(row.id))
    session.flush()
    return made


def _register(session: Session, owners: dict[str, str]) -> None:
    if officer := owners.get("owner_officer"):
        reference.register_officer(session, officer)
    if team := owners.get("owner_team"):
        reference.register_team(session, team)
    if agency := owners.get("owner_agency"):
        acting.require_agencies(session, [agency], "/owner_agency")


def end_action(session: Session, doing: Doing, written: str) -> MappaCase:
    """Say that an action is done, or not to be done, with its result."""
    case = take(session, doing, "action_end")
    action = _of_case(session, MappaAction, case, written)
    if action.state != "open":
        raise Conflict("This action has ended already.", state=action.state, possible=[])
    at = occurred_at(session, case, doing)
    action.state = doing.fields["state"]
    action.ended_at, action.ended_by = at, doing.actor
    action.ended_recorded_at = recorded_at(session)
    action.result = doing.fields["result"]
    details = {"action": action.id, "state": action.state, "was_due_at": action.due_at}
    return finish(session, case, doing.actor, "action_end", details=details, at=at)


def _of_case(session: Session, table: type[_T], case: MappaCase, written: str) -> _T:
    found = session.execute(
        select(table)
        .where(table.force == case.force, table.case_id == case.id, table.id == as_uuid(written))
        .with_for_update()
    ).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found
