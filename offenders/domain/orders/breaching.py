"""Breaches of an order: what happened, what was done about it, what the review found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text

from offenders.db import recorded_at
from offenders.domain.access import Scope
from offenders.domain.history import begin_history, keep_history
from offenders.domain.orders.cases import ANY_OFFENCE, POWERS, Action
from offenders.domain.orders.conditions import held_on
from offenders.domain.orders.due import settle_order
from offenders.domain.orders.models import Breach, Order
from offenders.domain.orders.records import Doing, add_action, keep, take
from offenders.domain.orders.rules import breach_is_in_life
from offenders.domain.reference import service as reference
from offenders.domain.wanted import service as wanted
from offenders.domain.wanted.rules import OUTSTANDING, Reason
from offenders.domain.working_days import london_day
from offenders.errors import Conflict, Invalid, NotFound
from offenders.ids import as_uuid, new_id

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

# Two breaches of one person wait for each other, so that the second joins the want of the first.
_KEEP_PERSON = text("""
    SELECT FROM persons WHERE force = :force AND id = :person_id FOR NO KEY UPDATE
""")
_STANDING = text(f"""
    SELECT id FROM wants
    WHERE force = :force AND person_id = :person_id AND reason = '{Reason.BREACH_OF_ORDER}'
      AND crime_reference IS NOT DISTINCT FROM CAST(:crime_reference AS text)
      AND warrant_number IS NULL AND state = '{OUTSTANDING}'
""")


def open_breach(
    session: Session, order: Order, doing: Doing, fields: dict[str, Any], at: datetime
) -> Breach:
    """Write a breach of an order, with its want where one is asked. Raises Invalid, Conflict."""
    _require_in_life(order, at)
    condition_id = _condition(order, fields.get("condition_id"), at)
    _refuse_double(session, order, condition_id, at)
    offence = fields.get("offence_code") or order.because.get("breach_offence_code")
    if fields.get("offence_code") is not None:
        reference.require_offence(session, fields["offence_code"], "/offence_code")
    breach = Breach(
        force=order.force,
        id=new_id(order.force),
        order_id=order.id,
        occurred_at=at,
        condition_id=condition_id,
        details=fields.get("details"),
        found_how=fields.get("found_how"),
        offence_code=offence,
        crime_reference=fields.get("crime_reference"),
        investigated_by=fields.get("investigated_by"),
        recorded_by=doing.actor,
        recorded_at=recorded_at(session),
        updated_at=recorded_at(session),
    )
    _set_action(breach, doing, fields, recorded_at(session))
    if fields.get("open_want"):
        breach.want_id = _open_want(session, order, breach, doing, fields)
        if breach.action is None:
            _set_action(breach, doing, {"action": Action.WANTED}, recorded_at(session))
    session.add(breach)
    session.flush()
    begin_history(session, Breach.__table__, breach.force, [breach.id])
    return breach


def _require_in_life(order: Order, at: datetime) -> None:
    day, begins_on = london_day(at), order.in_force_on
    if begins_on is not None and breach_is_in_life(
        day, begins_on, order.expires_on, order.ended_on
    ):
        return
    ends = [each for each in (order.expires_on, order.ended_on) if each is not None]
    until = f" to {min(ends)}" if ends else ""
    message = f"The order bound from {begins_on}{until}: there is no breach of it on {day}."
    raise Invalid.field("/occurred_at", message)


def _condition(order: Order, written: str | None, at: datetime) -> str | None:
    if written is None:
        return None
    if written not in {each["id"] for each in held_on(order.conditions, london_day(at))}:
        message = "No such condition held then. GET the order for its conditions."
        raise Invalid.field("/condition_id", message)
    return written


def _refuse_double(session: Session, order: Order, condition_id: str | None, at: datetime) -> None:
    standing = session.execute(
        select(Breach.id).where(
            Breach.force == order.force,
            Breach.order_id == order.id,
            Breach.occurred_at == at,
            Breach.condition_id.is_not_distinct_from(condition_id),
        )
    ).scalar()
    if standing is not None:
        message = "This breach is recorded already: of the same condition, at the same moment."
        raise Conflict(message, existing=str(standing))


def _set_action(breach: Breach, doing: Doing, fields: dict[str, Any], at: datetime) -> None:
    if fields.get("action") is None:
        return
    action_at = fields.get("action_at") or at
    if action_at < breach.occurred_at:
        raise Invalid.field("/action_at", "Nothing was done about a breach before it happened.")
    breach.action, breach.action_at = fields["action"], action_at
    breach.action_by, breach.action_reason = doing.actor, fields.get("action_reason")


def _open_want(
    session: Session, order: Order, breach: Breach, doing: Doing, fields: dict[str, Any]
) -> UUID:
    """Give the outstanding want for a breach of order of this crime; open it if need be."""
    values = {
        "force": order.force,
        "person_id": order.person_id,
        "crime_reference": breach.crime_reference,
    }
    session.flush()
    session.execute(_KEEP_PERSON, values)
    standing: UUID | None = session.execute(_STANDING, values).scalar()
    if standing is not None:
        return standing
    entry = wanted.open_want(
        session,
        actor=doing.actor,
        question=wanted.Question({}, Scope(order.force), doing.now, sees_protected=True),
        fields={
            "person_id": order.person_id,
            "reason": str(Reason.BREACH_OF_ORDER),
            "crime_reference": breach.crime_reference,
            "offence_code": breach.offence_code,
            "power": POWERS.get(order.type, ANY_OFFENCE),
            "entered_at": breach.occurred_at,
            "lpa": order.lpa,
            "neighbourhood": order.neighbourhood,
            "risk": fields.get("risk"),
            "risk_rationale": fields.get("risk_rationale"),
            "domestic_abuse": order.type in {"DVPN", "DVPO", "DAPN", "DAPO"},
        },
    )
    made = session.execute(text(f"WITH {entry.first} {entry.sql}"), entry.values).one()
    opened: UUID = made.id
    return opened


def _take_breach(session: Session, doing: Doing, written: str) -> tuple[Order, Breach]:
    order = take(session, doing)
    breach_id = as_uuid(written)
    breach = (
        session.get(Breach, (order.force, breach_id), with_for_update=True)
        if breach_id is not None
        else None
    )
    if breach is None or breach.order_id != order.id:
        raise NotFound
    return order, breach


def act_on_breach(session: Session, doing: Doing, written: str) -> Order:
    """Record what was done about a breach, and with what result."""
    order, breach = _take_breach(session, doing, written)
    if breach.reviewed_at is not None:
        message = "The management review of this breach has been held."
        raise Conflict(message, state="reviewed", possible=[])
    fields = doing.fields
    at = fields.get("occurred_at") or recorded_at(session)
    told = {"action": fields["action"], "action_reason": fields.get("reason")}
    _set_action(breach, doing, told, at)
    if fields.get("open_want") and breach.want_id is None:
        breach.want_id = _open_want(session, order, breach, doing, fields)
    details = {"breach_id": breach.id, **told, "want_id": breach.want_id}
    add_action(session, order, "breach_action", actor=doing.actor, occurred_at=at, details=details)
    return _kept(session, order, breach, "What was done about the breach is recorded.")


def review_breach(session: Session, doing: Doing, written: str) -> Order:
    """Record the management review of a breach: who held it, and what was learnt.

    It may say in the same breath what was done about the breach.
    """
    order, breach = _take_breach(session, doing, written)
    at = doing.fields.get("occurred_at") or recorded_at(session)
    if breach.action is None:
        _set_action(breach, doing, doing.fields, at)
    if breach.action is None or breach.action_at is None:
        message = "Nothing has been done about this breach. Say what was done, in `action`."
        raise Conflict(message, state="unactioned", possible=["actions"])
    if breach.reviewed_at is not None:
        message = "The management review of this breach has been held."
        raise Conflict(message, state="reviewed", possible=[])
    if at < breach.action_at:
        message = "This lies before what was done about the breach."
        raise Invalid.field("/occurred_at", message)
    breach.reviewed_at, breach.reviewed_by = at, doing.actor
    breach.learning = doing.fields["learning"]
    details = {"breach_id": breach.id, "action": breach.action, "learning": breach.learning}
    add_action(session, order, "breach_review", actor=doing.actor, occurred_at=at, details=details)
    return _kept(session, order, breach, "The breach was reviewed.")


def _kept(session: Session, order: Order, breach: Breach, because: str) -> Order:
    breach.updated_at = order.updated_at = recorded_at(session)
    session.flush()
    keep_history(session, Breach.__table__, breach.force, [breach.id])
    keep(session, order)
    settle_order(session, order.id, because)
    return order
