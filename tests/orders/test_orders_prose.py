"""Free text on an order that protects somebody, for who may not know whom."""

from __future__ import annotations

from orders_given import day, moment

CANARY = "Jane Roe of 12 High Street"
HIDDEN = {"details", "found_how", "action_reason", "learning"}


def given_breaches(orders, **conditions):
    made = orders.given(made_on=day(-5), **conditions)
    orders.done(made, "checks", result="compliant", text=f"Spoke to {CANARY}.")
    orders.done(made, "reviews", text=CANARY, decision="continue")
    found = orders.done(
        made, "breaches", occurred_at=moment(-1), details=f"Waited for {CANARY}.", found_how=CANARY
    )
    breach = found["breaches"][0]
    orders.done(made, f"breaches/{breach['id']}/actions", action="arrested", reason=CANARY)
    orders.done(made, f"breaches/{breach['id']}/reviews", learning=CANARY)
    return made


def test_words_that_may_name_a_protected_person_are_kept_from_who_may_not_know(orders):
    protects = {"category": "non_contact", "text": "Not to see {person}", "person": "Jane Roe"}
    made = given_breaches(orders, conditions=[protects])
    # A variation that drops the condition doesn't open what was written before it.
    orders.done(made, "conditions", conditions=[{"text": "To stay away"}], reason="Varied.")
    paths = (
        f"/v1/orders/{made['id']}",
        "/v1/orders",
        f"/v1/orders/{made['id']}/history",
        f"/v1/order-breaches?order={made['id']}",
    )
    whole, chief = (orders.caller(role) for role in ("supervisor", "chief_officer"))
    for path in paths:
        assert CANARY in orders.client.get(path, headers=whole).text, path
        answer = orders.client.get(path, headers=chief)
        assert (answer.status_code, "Roe" in answer.text) == (200, False), path
    order = orders.get(made, sent=chief).json
    (breach,) = order["breaches"]
    assert ({name for name in HIDDEN if breach[name] is None}, set(breach["masked"])) == (
        HIDDEN,
        HIDDEN,
    )
    assert {f"breaches.{name}" for name in HIDDEN} <= set(order["masked"])
    (listed,) = orders.list("/v1/order-breaches", sent=chief, order=made["id"])
    assert (listed["details"], set(listed["masked"])) == (None, HIDDEN)
    log = orders.list(f"/v1/orders/{made['id']}/history", sent=chief)
    masked = {name for each in log for name in each["masked"]}
    assert {"details.text", "details.details", "details.learning"} <= masked


def test_an_order_that_protects_nobody_hides_nothing(orders):
    made = given_breaches(orders, conditions=[{"text": "To stay away"}])
    chief = orders.caller("chief_officer")
    (breach,) = orders.get(made, sent=chief).json["breaches"]
    assert (breach["learning"], breach["masked"]) == (CANARY, [])
    log = orders.list(f"/v1/orders/{made['id']}/history", sent=chief)
    assert not any(name != "details.conditions" for each in log for name in each["masked"])
