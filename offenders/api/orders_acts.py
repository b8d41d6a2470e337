"""What may be done with an order or a breach: each act with its permission, body and use case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from offenders.api.schemas import orders as schemas
from offenders.domain.orders import service

if TYPE_CHECKING:
    from collections.abc import Callable

    from marshmallow import Schema

WRITE, MONITOR = "orders:write", "orders:monitor"


@dataclass(frozen=True)
class Act:
    """One kind of act on an order. What is only added needs no If-Match."""

    rule: str
    verb: str
    body: type[Schema]
    work: Callable[..., Any]
    says: str
    permission: str = WRITE
    if_match: bool = True


ACTS = (
    Act(
        "decisions",
        "orders.decide",
        schemas.OrderDecisionBody,
        service.decide,
        "Record what the court decided upon an application.",
    ),
    Act(
        "acceptances",
        "orders.accept",
        schemas.OrderAcceptanceBody,
        service.accept,
        "Take on the monitoring, for yourself or your own team, agency or force.",
        permission=MONITOR,
    ),
    Act(
        "conditions",
        "orders.set-conditions",
        schemas.OrderConditionsBody,
        service.set_conditions,
        "Put these conditions in place of those recorded.",
    ),
    Act(
        "reviews",
        "orders.review",
        schemas.OrderReviewBody,
        service.review,
        "Record a review of the order.",
        permission="orders:review",
        if_match=False,
    ),
    Act(
        "checks",
        "orders.check",
        schemas.OrderCheckBody,
        service.check,
        "Record a compliance check; one that finds a breach opens it.",
        permission="orders:check",
        if_match=False,
    ),
    Act(
        "breaches",
        "orders.breach",
        schemas.OrderBreachBody,
        service.breach,
        "Record a breach; opens a want in the same transaction where asked.",
    ),
    Act(
        "variations",
        "orders.vary",
        schemas.OrderVariationBody,
        service.vary,
        "Record that the court varied the order.",
    ),
    Act(
        "discharges",
        "orders.discharge",
        schemas.OrderDischargeBody,
        service.discharge,
        "End the order by a coded outcome before its last day.",
    ),
)
BREACH_ACTS = (
    Act(
        "actions",
        "orders.act-on-breach",
        schemas.OrderBreachActionBody,
        service.act_on_breach,
        "Record what was done about a breach.",
        if_match=False,
    ),
    Act(
        "reviews",
        "orders.review-breach",
        schemas.OrderBreachReviewBody,
        service.review_breach,
        "Record the management review of a breach, with what it teaches.",
        permission="orders:review-breach",
        if_match=False,
    ),
)
