"""Routes that count orders: at a moment, and over a period."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from offenders.api.calls import Answer, Call, as_json
from offenders.api.operations import Routes, route
from offenders.api.permissions import Operation
from offenders.api.schemas import orders_shown as shown
from offenders.db import settle, settled_now
from offenders.domain.access import may, sight
from offenders.domain.orders import service
from offenders.domain.orders.service import OrderSight, Question
from offenders.domain.working_days import london_day
from offenders.errors import Invalid

if TYPE_CHECKING:
    from datetime import date, datetime

    from offenders.domain.actors import Actor

PERIOD_DAYS = 365


def order_sight(actor: Actor) -> OrderSight:
    """Give what the actor may see of an order."""
    return OrderSight(
        sight(actor).protected_addresses,
        may(actor, "orders:read-whole"),
        may(actor, "orders:read-protected"),
    )


def declare(routes: Routes) -> None:
    """Declare the routes of counts."""
    route(
        routes,
        "GET",
        "/orders/counts",
        Operation("orders.counts", "orders:report", "area", "consultation"),
        query=shown.OrderCountsQuery,
        answer=shown.OrderCountsAnswer,
    )(count_orders)
    route(
        routes,
        "GET",
        "/reports/orders",
        Operation("reports.orders", "orders:report", "area", "consultation"),
        query=shown.OrderReportQuery,
        answer=shown.OrderReportAnswer,
    )(report_orders)


def count_orders(call: Call) -> Answer:
    """Count orders at a moment, by one thing or several, each with the list of its rows."""
    group_by = call.query.pop("group_by", ())
    as_at = _settled(call, call.query.pop("as_at", None)) or settled_now(call.session)
    content = service.count_by(call.session, _question(call, as_at), group_by=group_by, as_at=as_at)
    return Answer(as_json(content))


def report_orders(call: Call) -> Answer:
    """Report orders of a period: applied for, granted, refused, breached; in force on its end.

    Without `as_at` as known now; with it, as known then. Orders breached and breaches are two
    numbers.
    """
    as_at = _settled(call, call.query.pop("as_at", None))
    from_on, to_on = _period(call.query, as_at or call.now)
    content = service.report(call.session, _question(call, as_at), from_on=from_on, to_on=to_on)
    return Answer(as_json(content))


def _settled(call: Call, as_at: datetime | None) -> datetime | None:
    if as_at is not None:
        settle(call.session, as_at)
    return as_at


def _question(call: Call, as_at: datetime | None) -> Question:
    return Question(call.query, call.scope, call.now, order_sight(call.actor), as_at)


def _period(query: dict[str, Any], now: datetime) -> tuple[date, date]:
    last = london_day(now)
    to_on = query.pop("to_on", None)
    from_on = query.pop("from_on", None)
    to_on = to_on or max(last, from_on or last)
    from_on = from_on or to_on - timedelta(days=PERIOD_DAYS - 1)
    if to_on < from_on:
        raise Invalid.field("/to", "Send a day not before `from`.")
    return from_on, to_on
