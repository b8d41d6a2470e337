"""What the annual return of MAPPA takes from the registers of orders and of registrations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from offenders.api.orders_counts import order_sight
from offenders.api.registrations import question_of
from offenders.db import settled_now
from offenders.domain.access import may
from offenders.domain.orders import service as orders
from offenders.domain.registrations import service as registrations

if TYPE_CHECKING:
    from datetime import date

    from offenders.api.calls import Call

# Restrictive orders by the headings of the return.
_RESTRICTIVE: Final = ("SHPO", "SOPO", "notification", "SRO", "foreign_travel")
NO_DATA: Final = "no_data"


def told_elsewhere(call: Call, from_on: date, to_on: date) -> dict[str, Any]:
    """Give the headings that other registers answer, for the year; only to who may read those."""
    told: dict[str, Any] = {}
    if may(call.actor, "orders:report"):
        question = orders.Question({}, call.scope, call.now, order_sight(call.actor))
        by_type = orders.report(call.session, question, from_on=from_on, to_on=to_on)["by_type"]
        if by_type != NO_DATA:
            told |= _of_orders(by_type)
    if may(call.actor, "registrations:read-full"):
        asked = question_of(call.actor, call.scope, call.now)
        period = registrations.Period(asked, from_on, to_on)
        year = registrations.report_period(call.session, period, as_at=settled_now(call.session))
        if year["registered"] != NO_DATA:
            revoked = year["events"]["reviews_ceasing"]["people"]
            told["lifetime_notifications_revoked"] = {"value": revoked, "held_by": "registrations"}
    return told


def _of_orders(by_type: dict[str, Any]) -> dict[str, Any]:
    imposed = {
        each: {"value": by_type[each]["granted"], "href": by_type[each]["hrefs"]["granted"]}
        for each in _RESTRICTIVE
    }
    breaches = by_type["SRO"]
    return {
        "restrictive_orders_imposed": {
            "value": sum(each["value"] for each in imposed.values()),
            "held_by": "orders",
            "by_type": imposed,
        },
        "breaches_of_sexual_risk_orders": {
            "value": breaches["breach_events"],
            "held_by": "orders",
            "href": breaches["hrefs"]["breach_events"],
        },
    }
