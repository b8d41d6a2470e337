"""Amending what a record says of an order, and moving its owner or monitoring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from offenders.db import recorded_at
from offenders.domain.flags.service import follow_subject
from offenders.domain.orders.cases import Monitoring
from offenders.domain.orders.due import settle_order
from offenders.domain.orders.entering import owner_of, refuse_double
from offenders.domain.orders.records import (
    Doing,
    add_action,
    apply_law,
    check_life,
    home_of,
    keep,
    restate,
    take,
)
from offenders.domain.reference import service as reference
from offenders.errors import Conflict, Invalid

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from offenders.domain.orders.models import Order

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
    if "in_force_on" in fields and fields["in_force_on"] is None:
        fields["in_force_on"] = fields.get("made_on", order.made_on)
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
    restate(order)
    check_life(session, order)
    apply_law(session, order)
    refuse_double(session, order)
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


def _move(
    session: Session, order: Order, fields: dict[str, Any], reason: str | None
) -> dict[str, Any]:
    """Move owner and monitor; what is put to another body must be accepted anew."""
    changes: dict[str, Any] = {}
    owner = {name: fields[name] for name in ("owner_officer", "owner_team") if fields.get(name)}
    if owner:
        named = {"owner_officer": None, "owner_team": None} | owner
        for name, value in owner_of(session, named, None).items():
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
