"""Recording an order, and amending what a record says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.flags.service import follow_subject
from offenders.domain.history import begin_history
from offenders.domain.orders.accepting import accept_as
from offenders.domain.orders.cases import NOTICES, TYPES, Monitoring, State
from offenders.domain.orders.clauses import with_clauses
from offenders.domain.orders.conditions import imposed
from offenders.domain.orders.due import settle_order
from offenders.domain.orders.models import Order
from offenders.domain.orders.records import Doing, add_action, apply_law, home_of, keep, take
from offenders.domain.orders.rules import breach_is_in_life
from offenders.domain.reference import service as reference
from offenders.domain.wanted.service import duty_team
from offenders.domain.working_days import london_day
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
_PERSON = text("""
    SELECT id, lpa, neighbourhood, date_of_birth FROM persons
    WHERE force = :force AND (id = :id OR reference = :reference) FOR SHARE
""")
_NOTICE = text("""
    SELECT id, type, person_id FROM orders
    WHERE force = :force AND (id = :id OR reference = :reference)
""")
_BREACHES = text("SELECT occurred_at FROM order_breaches WHERE force = :force AND order_id = :id")
_SAME = text("""
    SELECT id FROM orders
    WHERE force = :force AND person_id = :person_id AND type = :type AND id <> :id
      AND court_reference = :court_reference AND state <> 'entered_in_error'
""")


def record_order(session: Session, doing: Doing) -> Order:
    """Record an application, an order or a notice; give it. Raises Invalid and Conflict."""
    fields = doing.fields
    person = _person(session, fields)
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
        **_owner(session, fields, lpa or person.lpa),
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
    _refuse_double(session, order)
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
    return {
        "state": State.GRANTED if in_force_on > today else State.IN_FORCE,
        "decided_on": made_on,
        "in_force_on": in_force_on,
    }


def _person(session: Session, fields: dict[str, Any]) -> Any:
    written = str(fields["person_id"])
    values = {
        "force": session.info["force"],
        "id": as_uuid(written),
        "reference": as_reference(written),
    }
    person = session.execute(_PERSON, values).one_or_none()
    if person is None:
        message = "There is no such person here. Find or record them first."
        raise Invalid.field("/person_id", message)
    return person


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


def _owner(session: Session, fields: dict[str, Any], lpa: str | None) -> dict[str, Any]:
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


def _refuse_double(session: Session, order: Order) -> None:
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


_AMENDED: Final = (
    "applied_on",
    "made_on",
    "in_force_on",
    "expires_on",
    "court",
    "court_reference",
    "served_at",
    "instruction",
)


def amend_order(session: Session, doing: Doing) -> Order:
    """Change what a record says; a new owner or monitor needs a reason, which the log keeps."""
    order, fields = take(session, doing), dict(doing.fields)
    reason = fields.pop("reason", None)
    changes: dict[str, Any] = {
        name: {"from": getattr(order, name), "to": fields[name]}
        for name in _AMENDED
        if name in fields and fields[name] != getattr(order, name)
    }
    if order.made_on is None and {"made_on", "in_force_on", "expires_on"} & set(changes):
        raise Conflict(
            "The court has not made this order. Record its decision.",
            state=order.state,
            possible=["decision"],
        )
    if fields.get("made_on", order.made_on) is None and order.made_on is not None:
        raise Invalid.field("/made_on", "An order that was made has a day.")
    for name, change in changes.items():
        setattr(order, name, change["to"])
    if "made_on" in changes and "in_force_on" not in fields and order.made_on is not None:
        order.in_force_on = max(order.in_force_on or order.made_on, order.made_on)
    moved = _move(session, order, fields, reason)
    changes |= moved | _place(session, order, fields, doing)
    if not changes:
        return order
    _check_days(session, order)
    apply_law(session, order)
    _refuse_double(session, order)
    order.version += 1
    order.updated_at = at = recorded_at(session)
    kind = "handover" if moved and len(moved) == len(changes) else "amendment"
    details = {"changes": changes, "reason": reason}
    add_action(session, order, kind, actor=doing.actor, occurred_at=at, details=details)
    keep(session, order)
    settle_order(session, order.id, "Amended.")
    home = home_of(session, order)
    follow_subject(
        session,
        subject_id=order.id,
        lpa=order.lpa or home.lpa,
        neighbourhood=order.neighbourhood or (home.neighbourhood if order.lpa is None else None),
        owner_officer=order.owner_officer,
        owner_team=order.owner_team,
    )
    return order


def _check_days(session: Session, order: Order) -> None:
    if order.made_on is None or order.in_force_on is None:
        return
    if order.in_force_on < order.made_on:
        raise Invalid.field("/in_force_on", "An order doesn't bind before it is made.")
    if order.applied_on is not None and order.applied_on > order.made_on:
        raise Invalid.field("/applied_on", "This lies after the day on which it was made.")
    for moment in session.execute(_BREACHES, {"force": order.force, "id": order.id}).scalars():
        day = london_day(moment)
        if not breach_is_in_life(day, order.in_force_on, order.expires_on, order.ended_on):
            message = f"A breach is recorded on {day}, on which the order would not have bound."
            raise Invalid.field("/expires_on", message)


def _move(
    session: Session, order: Order, fields: dict[str, Any], reason: str | None
) -> dict[str, Any]:
    """Move owner and monitor; what is put to another body must be accepted anew."""
    changes: dict[str, Any] = {}
    owner = {name: fields[name] for name in ("owner_officer", "owner_team") if fields.get(name)}
    if owner:
        named = {"owner_officer": None, "owner_team": None} | owner
        for name, value in _owner(session, named, None).items():
            if value != getattr(order, name):
                changes[name] = {"from": getattr(order, name), "to": value}
                setattr(order, name, value)
    if "monitored_by" in fields and fields["monitored_by"] != order.monitored_by:
        changes["monitored_by"] = {"from": order.monitored_by, "to": fields["monitored_by"]}
        changes["accepted_by"] = {"from": order.accepted_by, "to": None}
        order.monitored_by, order.monitoring = fields["monitored_by"], Monitoring.UNACCEPTED
        order.accepted_by = order.accepted_on = None
    if changes and reason is None:
        raise Invalid.field("/reason", "Say why the owner or the monitoring moves.")
    return changes


def _place(session: Session, order: Order, fields: dict[str, Any], doing: Doing) -> dict[str, Any]:
    if not {"lpa", "neighbourhood"} & set(fields):
        return {}
    lpa, place = fields.get("lpa"), fields.get("neighbourhood")
    if lpa is not None or place is not None:
        lpa = reference.require_area(session, lpa, place)
        if not doing.scope.covers(lpa, place):
            raise Invalid.field("/lpa", "Name one of your own areas.")
    before = {"lpa": order.lpa, "neighbourhood": order.neighbourhood}
    order.lpa, order.neighbourhood = lpa, place
    after = {"lpa": lpa, "neighbourhood": place}
    return {n: {"from": before[n], "to": after[n]} for n in after if before[n] != after[n]}
