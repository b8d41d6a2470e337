"""Recording an order, and amending what a record says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.history import begin_history
from offenders.domain.orders.accepting import accept_as
from offenders.domain.orders.cases import NOTICES, TYPES, Monitoring, State
from offenders.domain.orders.clauses import with_clauses
from offenders.domain.orders.conditions import imposed
from offenders.domain.orders.due import settle_order
from offenders.domain.orders.models import Order
from offenders.domain.orders.records import Doing, add_action, apply_law, keep
from offenders.domain.persons.finding import hold_person
from offenders.domain.reference import service as reference
from offenders.domain.wanted.service import duty_team
from offenders.errors import Conflict, Invalid
from offenders.ids import as_reference, as_uuid, new_id, new_reference

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session

_NAMES: Final = {each.lower(): each for each in TYPES}
_GIVEN: Final = (
    "applied_on",
    "made_on",
    "in_force_on",
    "expires_on",
    "court",
    "court_reference",
    "authorised_rank",
    "served_at",
    "instruction",
    "monitored_by",
)
_NOTICE = text("""
    SELECT id, type, person_id FROM orders
    WHERE force = :force AND (id = :id OR reference = :reference)
""")
_SAME = text("""
    SELECT id FROM orders
    WHERE force = :force AND person_id = :person_id AND type = :type AND id <> :id
      AND court_reference = :court_reference AND state <> 'entered_in_error'
""")


def record_order(session: Session, doing: Doing) -> Order:
    """Record an application, an order or a notice; give it. Raises Invalid and Conflict."""
    fields = doing.fields
    person = hold_person(session, fields["person_id"])
    kind = type_of(fields["type"])
    today = clock.today()
    days = settle_days(fields, kind, today)
    force, moment = session.info["force"], recorded_at(session)
    lpa, neighbourhood = fields.get("lpa"), fields.get("neighbourhood")
    if lpa is not None or neighbourhood is not None:
        lpa = reference.require_area(session, lpa, neighbourhood)
    given = {name: fields.get(name) for name in _GIVEN} | days
    conditions = with_clauses(session, fields.get("conditions") or [])
    order = Order(
        force=force,
        id=new_id(force),
        reference=new_reference("R", force),
        person_id=person.id,
        type=kind,
        interim=bool(fields.get("interim")),
        with_custody=bool(fields.get("with_custody")),
        **given,
        conditions=imposed(conditions, given["in_force_on"] or today),
        notice_id=_notice(session, fields.get("notice_id"), person.id),
        monitoring=Monitoring.UNACCEPTED,
        lpa=lpa,
        neighbourhood=neighbourhood,
        **owner_of(session, fields, lpa or person.lpa),
        because={},
        recorded_by=doing.actor,
        version=1,
        recorded_at=moment,
        updated_at=moment,
    )
    area = (lpa or person.lpa, neighbourhood or person.neighbourhood)
    if not doing.scope.covers(*area):
        raise Invalid.field("/lpa", "Record the order in one of your own areas.")
    if fields.get("accepted_by") is not None or fields.get("accepted_on") is not None:
        accept_as(session, order, doing)
    apply_law(session, order)
    refuse_double(session, order)
    session.add(order)
    session.flush()
    details = {"version": 1, "state": order.state, "because": order.because}
    add_action(session, order, "entry", actor=doing.actor, occurred_at=moment, details=details)
    keep(session, order, is_new=True)
    begin_history(session, Order.__table__, force, [order.id])
    settle_order(session, order.id, "Recorded.")
    return order


def type_of(written: str) -> str:
    """Give the code of a type however its letters were written."""
    found = _NAMES.get(written.strip().lower())
    if found is None:
        raise Invalid.field("/type", f"Send one of {', '.join(TYPES)}.")
    return found


def settle_days(fields: Mapping[str, Any], kind: str, today: date) -> dict[str, Any]:
    """Give the state and the days that the given ones tell. Raises Invalid."""
    made_on, applied_on = fields.get("made_on"), fields.get("applied_on")
    state = fields.get("state")
    decided_on = fields.get("decided_on")
    if made_on is None:
        if kind in NOTICES:
            raise Invalid.field("/made_on", "A notice is given, not applied for: send made_on.")
        if state not in {None, State.APPLIED, State.REFUSED, State.WITHDRAWN}:
            raise Invalid.field("/made_on", "Send the day on which the order was made.")
        decided = state in {State.REFUSED, State.WITHDRAWN}
        return {
            "state": state or State.APPLIED,
            "applied_on": applied_on or (decided_on or today if decided else today),
            "decided_on": (decided_on or applied_on or today) if decided else None,
            "in_force_on": None,
        }
    if state in {State.APPLIED, State.REFUSED, State.WITHDRAWN}:
        message = f"An order that stands at {state} has not been made: leave made_on out."
        raise Invalid.field("/made_on", message)
    if applied_on is not None and applied_on > made_on:
        raise Invalid.field("/applied_on", "This lies after the day on which it was made.")
    in_force_on = fields.get("in_force_on") or made_on
    if in_force_on < made_on:
        raise Invalid.field("/in_force_on", "An order doesn't bind before it is made.")
    if fields.get("expires_on") is not None and in_force_on > max(fields["expires_on"], made_on):
        raise Invalid.field("/in_force_on", "An order doesn't begin to bind after its last day.")
    return {
        "state": State.GRANTED if in_force_on > today else State.IN_FORCE,
        "decided_on": made_on,
        "in_force_on": in_force_on,
    }


def _notice(session: Session, written: str | None, person_id: UUID) -> UUID | None:
    if written is None:
        return None
    values = {
        "force": session.info["force"],
        "id": as_uuid(written),
        "reference": as_reference(written),
    }
    notice = session.execute(_NOTICE, values).one_or_none()
    if notice is None or notice.type not in NOTICES or notice.person_id != person_id:
        raise Invalid.field("/notice_id", "There is no such notice against this person.")
    found: UUID = notice.id
    return found


def owner_of(session: Session, fields: dict[str, Any], lpa: str | None) -> dict[str, Any]:
    """Give the one owner: who is named, else the area's duty queue. Raises Invalid."""
    officer, team = fields.get("owner_officer"), fields.get("owner_team")
    if officer and team:
        raise Invalid.field("/owner_team", "Name one owner: an officer or a team, not both.")
    if not officer and not team:
        team = duty_team(session.info["force"], lpa)
    if officer:
        reference.register_officer(session, officer)
    if team:
        reference.register_team(session, team)
    return {"owner_officer": officer, "owner_team": team}


def refuse_double(session: Session, order: Order) -> None:
    """Raise Conflict where this order is recorded already, by the court's reference."""
    if order.court_reference is None:
        return
    values = {
        "force": order.force,
        "person_id": order.person_id,
        "type": order.type,
        "court_reference": order.court_reference,
        "id": order.id,
    }
    if (standing := session.execute(_SAME, values).scalar()) is not None:
        message = "This order is recorded already, by the court's reference."
        raise Conflict(message, existing=f"/v1/orders/{standing}")
