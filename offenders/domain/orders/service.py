"""Use cases of orders, as routes, jobs and imports call them."""

from __future__ import annotations

from offenders.domain.orders.acting import (
    accept,
    breach,
    check,
    decide,
    discharge,
    review,
    set_conditions,
    vary,
)
from offenders.domain.orders.amending import amend_order
from offenders.domain.orders.asking import OrderSight, Question
from offenders.domain.orders.breaching import act_on_breach, review_breach
from offenders.domain.orders.clauses import add_clause, list_clauses
from offenders.domain.orders.due import (
    flag_unmonitored,
    follow_the_day,
    settle_day,
    settle_flags,
    settle_order,
)
from offenders.domain.orders.duties import follow_orders
from offenders.domain.orders.entering import record_order
from offenders.domain.orders.log import list_history
from offenders.domain.orders.reading import (
    count_breaches,
    count_orders,
    orders_of_person,
    reading_of_breaches,
    reading_of_order,
    reading_of_orders,
)
from offenders.domain.orders.records import Doing
from offenders.domain.orders.reporting import count_by, report
from offenders.domain.orders.street import enforceable_of_person

__all__ = [
    "Doing",
    "OrderSight",
    "Question",
    "accept",
    "act_on_breach",
    "add_clause",
    "amend_order",
    "breach",
    "check",
    "count_breaches",
    "count_by",
    "count_orders",
    "decide",
    "discharge",
    "enforceable_of_person",
    "flag_unmonitored",
    "follow_orders",
    "follow_the_day",
    "list_clauses",
    "list_history",
    "orders_of_person",
    "reading_of_breaches",
    "reading_of_order",
    "reading_of_orders",
    "record_order",
    "report",
    "review",
    "review_breach",
    "set_conditions",
    "settle_day",
    "settle_flags",
    "settle_order",
    "vary",
]
