"""Routes of orders: what courts and notices forbid or ask, and what is done with each."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

from offenders.api import orders_counts
from offenders.api.acts import Act, declare_act
from offenders.api.calls import Answer, Call
from offenders.api.operations import Routes, route
from offenders.api.orders_acts import ACTS, BREACH_ACTS, MONITOR, WRITE
from offenders.api.orders_counts import order_sight
from offenders.api.pages import make_page, page_by_code, read_page
from offenders.api.permissions import Operation
from offenders.api.readings import Asked, read_route
from offenders.api.schemas import orders as schemas
from offenders.api.schemas import orders_shown as shown
from offenders.api.schemas.fields import AsAtQuery, ItemPage
from offenders.db import settle
from offenders.domain.access import may
from offenders.domain.orders import service
from offenders.domain.orders.service import Doing, Question
from offenders.domain.reading import Reading, show
from offenders.errors import Forbidden

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from offenders.api.pages import Page

routes = Routes("orders", __name__, url_prefix="/v1", description="Orders of courts, and notices")

_READ, _WHOLE = "orders:read", "orders:read-whole"
_CREATED = 201


def _question(call: Call, filters: dict[str, Any] | None = None, as_at: Any = None) -> Question:
    return Question(filters or {}, call.scope, call.now, order_sight(call.actor), as_at)


def _asked_question(asked: Asked) -> Question:
    return Question(asked.query, asked.scope(), asked.now, order_sight(asked.actor), asked.as_at)


def _doing(call: Call, order: str = "") -> Doing:
    actor = call.actor
    return Doing(actor.subject, call.scope, order, call.body, call.if_match, call.now, actor.agency)


def _shown(call: Call, order_id: Any, *, status: int = 200) -> Answer:
    row = show(call.session, service.reading_of_order(_question(call), str(order_id)))
    return Answer(
        row.body.encode(),
        version=row.version,
        status=status,
        location=f"/v1/orders/{row.id}" if status == _CREATED else None,
        subject_type="order",
        subjects=row.subjects,
        people=row.people,
        masked=row.masked,
    )


def _count_all(session: Session, asked: Asked) -> int:
    return service.count_orders(session, _asked_question(asked))


def _count_breaches(session: Session, asked: Asked) -> int:
    return service.count_breaches(session, _asked_question(asked))


@read_route(
    routes,
    "/orders",
    Operation("orders.list", _READ, "area", "consultation", asks_reason=True),
    query=shown.OrderQuery,
    answer=ItemPage,
    is_paged=True,
    total=_count_all,
)
def list_orders(asked: Asked) -> Reading:
    """List orders, what expires first first; on the street, those that bind now."""
    page = cast("Page", asked.page)
    return service.reading_of_orders(_asked_question(asked), page.after, page.limit)


@route(
    routes,
    "POST",
    "/orders",
    Operation("orders.record", WRITE, "area", "collection"),
    body=schemas.OrderBody,
    answer=shown.OrderAnswer,
    status=_CREATED,
)
def record_order(call: Call) -> Answer:
    """Record an application, an order or a notice; `because` says which law holds."""
    accepts = {"accepted_by", "accepted_on"} & set(call.body)
    if accepts and not may(call.actor, MONITOR):
        message = f"Taking on the monitoring needs the permission {MONITOR}: leave accepted_by out."
        raise Forbidden(message)
    order = service.record_order(call.session, _doing(call))
    return _shown(call, order.id, status=_CREATED)


@read_route(
    routes,
    "/orders/<order>",
    Operation("orders.read", _READ, "area", "consultation", asks_reason=True),
    query=AsAtQuery,
    answer=shown.OrderAnswer,
)
def read_order(asked: Asked, order: str) -> Reading:
    """Give one order with its conditions; its breaches and monitoring to who manages it."""
    return service.reading_of_order(_asked_question(asked), order)


@route(
    routes,
    "PATCH",
    "/orders/<order>",
    Operation("orders.amend", WRITE, "area", "alteration"),
    body=schemas.OrderPatch,
    answer=shown.OrderAnswer,
    if_match=True,
)
def amend_order(call: Call, order: str) -> Answer:
    """Correct what is recorded of an order; move its owner or monitoring, with a reason."""
    return _shown(call, service.amend_order(call.session, _doing(call, order)).id)


@route(
    routes,
    "GET",
    "/orders/<order>/history",
    Operation("orders.history", _WHOLE, "area", "consultation", asks_reason=True),
    query=shown.OrderHistoryQuery,
    answer=ItemPage,
)
def list_history(call: Call, order: str) -> Answer:
    """Give the log of an order in the order in which things happened."""
    page = read_page(call.query)
    as_at = call.query.pop("as_at", None)
    if as_at is not None:
        settle(call.session, as_at)
    row = show(call.session, service.reading_of_order(_question(call), order))
    rows = service.list_history(
        call.session,
        order_id=row.id,
        sees_people=order_sight(call.actor).protected_people,
        as_at=as_at,
        after=page.after,
        limit=page.limit + 1,
    )
    return Answer(
        make_page(rows, page, key=lambda entry: [entry[1], str(entry[2])]),
        subject_type="order",
        subjects=[row.id],
        people=[row.person_id],
    )


@read_route(
    routes,
    "/order-breaches",
    Operation("orders.list-breaches", _WHOLE, "area", "consultation", asks_reason=True),
    query=shown.OrderBreachQuery,
    answer=ItemPage,
    is_paged=True,
    total=_count_breaches,
)
def list_breaches(asked: Asked) -> Reading:
    """List breaches, the first first."""
    page = cast("Page", asked.page)
    return service.reading_of_breaches(_asked_question(asked), page.after, page.limit)


@route(
    routes,
    "GET",
    "/order-clauses",
    Operation("orders.list-clauses", _WHOLE, "force", None),
    query=shown.OrderClauseQuery,
    answer=ItemPage,
)
def list_clauses(call: Call) -> Answer:
    """List the library of clauses, each with how often courts took or refused it."""
    filters = {n: value for n, value in call.query.items() if n not in {"limit", "cursor", "count"}}
    return Answer(page_by_code(call.query, partial(service.list_clauses, call.session, filters)))


@route(
    routes,
    "POST",
    "/order-clauses",
    Operation("orders.add-clause", WRITE, "force", "collection"),
    body=schemas.OrderClauseBody,
    answer=shown.OrderClauseAnswer,
    status=_CREATED,
)
def add_clause(call: Call) -> Answer:
    """Put a wording into the library."""
    row = service.add_clause(call.session, call.actor.subject, call.body)
    return Answer(row[0].encode(), status=_CREATED)


def _declare(act: Act) -> None:
    def view(call: Call, order: str) -> Answer:
        done = act.work(call.session, _doing(call, order))
        return _shown(call, done.id, status=_CREATED)

    declare_act(routes, act, "/orders/<order>", view, shown.OrderAnswer)


def _declare_of_breach(act: Act) -> None:
    def view(call: Call, order: str, breach: str) -> Answer:
        done = act.work(call.session, _doing(call, order), breach)
        return _shown(call, done.id, status=_CREATED)

    declare_act(routes, act, "/orders/<order>/breaches/<breach>", view, shown.OrderAnswer)


for _each in ACTS:
    _declare(_each)
for _each in BREACH_ACTS:
    _declare_of_breach(_each)
orders_counts.declare(routes)
