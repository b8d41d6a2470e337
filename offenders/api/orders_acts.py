"""What may be done with an order or a breach: each act with its permission, body and use case."""

from __future__ import annotations

from offenders.api.acts import Act
from offenders.api.schemas import orders as schemas
from offenders.domain.orders import service

WRITE, MONITOR = "orders:write", "orders:monitor"


ACTS = (
    Act(
        "decisions",
        "orders.decide",
        WRITE,
        schemas.OrderDecisionBody,
        service.decide,
        "Record what the court decided upon an application.",
    ),
    Act(
        "acceptances",
        "orders.accept",
        MONITOR,
        schemas.OrderAcceptanceBody,
        service.accept,
        "Take on the monitoring, for yourself or your own team, agency or force.",
    ),
    Act(
        "conditions",
        "orders.set-conditions",
        WRITE,
        schemas.OrderConditionsBody,
        service.set_conditions,
        "Put these conditions in place of those recorded.",
    ),
    Act(
        "reviews",
        "orders.review",
        "orders:review",
        schemas.OrderReviewBody,
        service.review,
        "Record a review of the order.",
        if_match=False,
    ),
    Act(
        "checks",
        "orders.check",
        "orders:check",
        schemas.OrderCheckBody,
        service.check,
        "Record a compliance check; one that finds a breach opens it.",
        if_match=False,
    ),
    Act(
        "breaches",
        "orders.breach",
        WRITE,
        schemas.OrderBreachBody,
        service.breach,
        "Record a breach; opens a want in the same transaction where asked.",
    ),
    Act(
        "variations",
        "orders.vary",
        WRITE,
        schemas.OrderVariationBody,
        service.vary,
        "Record that the court varied the order.",
    ),
    Act(
        "discharges",
        "orders.discharge",
        WRITE,
        schemas.OrderDischargeBody,
        service.discharge,
        "End the order by a coded outcome before its last day.",
    ),
)
BREACH_ACTS = (
    Act(
        "actions",
        "orders.act-on-breach",
        WRITE,
        schemas.OrderBreachActionBody,
        service.act_on_breach,
        "Record what was done about a breach.",
        if_match=False,
    ),
    Act(
        "reviews",
        "orders.review-breach",
        "orders:review-breach",
        schemas.OrderBreachReviewBody,
        service.review_breach,
        "Record the management review of a breach, with what it teaches.",
        if_match=False,
    ),
)
