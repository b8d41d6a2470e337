"""The three jobs: what they flag is what the lists say, and it clears with its cause."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from builders import given_entry, given_neighbourhood
from registrations_given import ago, at, now, today
from sqlalchemy import text

from offenders.clock import as_if_at
from offenders.db import Work, transaction

VISITS, NOTIFICATIONS, ARMS = (
    "registration-visits",
    "registration-notifications",
    "arms-assessments",
)
FILTERS = {VISITS: "visit_overdue", NOTIFICATIONS: "notification_overdue", ARMS: "arms_overdue"}


def test_flags_and_lists_agree_and_clear_with_their_cause(register, sweep):
    overdue = register.given(relevant_date=ago(800), disposal="life", offender_manager="OM1")
    fresh = register.given(relevant_date=ago(2))
    inside = register.given(relevant_date=ago(800), disposal="life")
    register.done(inside, "absences", reason="custody", **{"from": ago(800)})
    for rule, name in FILTERS.items():
        # What was overdue at once was flagged in the transaction that entered it.
        assert (rule, sweep(rule)) == (rule, (0, 0))
        listed = [each["id"] for each in register.list(**{name: "true"})]
        assert (rule, listed) == (rule, [overdue["id"]])
        (flag,) = register.flags(rule)
        assert flag["subject"]["id"] == overdue["id"]
        assert flag["owner"]["officer"] == "OM1"
        because = flag["because"]
        assert {"rule", "stage", "what", "due_on", "figure", "source", "confidence"} <= set(because)
        rest = [each["id"] for each in register.list(**{name: "false"})]
        assert sorted(rest) == sorted([fresh["id"], inside["id"]])
    assert register.flags(NOTIFICATIONS)[0]["because"]["section"].endswith("s.83(1)")
    register.done(overdue, "visits", seen=False)
    assert len(register.flags(VISITS)) == 1
    register.done(overdue, "visits", seen=True)
    assert register.flags(VISITS) == []
    register.done(overdue, "notifications")
    assert register.flags(NOTIFICATIONS) == []
    register.done(overdue, "arms-assessments", priority="medium")
    assert register.flags() == []
    assert [sweep(rule, days=1) for rule in FILTERS] == [(0, 0), (1, 0), (0, 0)]


@pytest.mark.parametrize(
    ("risk", "months", "severity"),
    [
        ("very_high", 1, "alert"),
        ("high", 3, "warning"),
        ("medium", 6, "warning"),
        ("low", 12, "warning"),
    ],
)
def test_a_visit_is_flagged_the_day_after_it_was_due(register, sweep, risk, months, severity):
    made = register.given(disposal="life", relevant_date="2026-01-31", risk=risk)
    due = made["visit_due_on"]
    register.done(made, "notifications", occurred_at=at(0))
    register.done(made, "visits", seen=True)
    due = register.read(made)["visit_due_on"]
    ahead = (date.fromisoformat(due) - today()).days
    assert ahead >= 28 * months
    assert sweep(VISITS, days=ahead) == (0, 0)
    assert sweep(VISITS, days=ahead + 1) == (1, 0)
    (flag,) = register.flags(VISITS)
    assert (flag["severity"], flag["because"]["stage"]) == (severity, risk)
    assert (flag["because"]["figure"], flag["because"]["unit"]) == (months, "months")


def test_stages_of_notification_and_the_end_of_the_period(register, sweep):
    made = register.given(relevant_date=ago(2), disposal="caution")
    assert sweep(NOTIFICATIONS) == (0, 0)
    assert sweep(NOTIFICATIONS, days=1) == (1, 0)
    assert register.flags(NOTIFICATIONS)[0]["because"]["stage"] == "initial"
    register.done(made, "notifications", has_no_fixed_abode=True)
    assert register.flags(NOTIFICATIONS) == []
    sweep(NOTIFICATIONS, days=8)
    assert register.flags(NOTIFICATIONS)[0]["because"]["stage"] == "weekly"
    register.patch(made, has_no_fixed_abode=False)
    sweep(NOTIFICATIONS, days=367)  # a year may have 366
    assert register.flags(NOTIFICATIONS)[0]["because"]["stage"] == "annual"
    for rule in FILTERS:
        sweep(rule, days=731)
    (flag,) = register.flags()
    assert (flag["rule"], flag["because"]["stage"]) == (NOTIFICATIONS, "expired")
    assert flag["because"]["section"] == "Sexual Offences Act 2003 s.82(1)"
    with as_if_at(now() + timedelta(days=731)):
        register.done(made, "closures", outcome="period_ended")
    assert register.flags() == []


def test_an_own_policy_moves_lists_and_flags_at_once(register, client, headers, sweep):
    made = register.given(relevant_date=ago(100), disposal="life", risk="high")
    assert [each["id"] for each in register.list(visit_overdue="true")] == [made["id"]]
    answer = client.put(
        f"/v1/forces/33/policies/{VISITS}",
        json={"figure": {"high": 12}, "from": ago(1), "source": "Policy 12"},
        headers=headers("force_admin"),
    )
    assert answer.status_code in {200, 201}, answer.json
    assert register.list(visit_overdue="true") == []
    assert sweep(VISITS) == (0, 1)


def test_reactive_management_and_a_review_asked_for_have_their_days(register, sweep):
    made = register.given(
        disposal="life",
        relevant_date="2000-01-01",
        person_id=register.person(date_of_birth="1960-01-01")["id"],
        risk="low",
        risk_since="2010-01-01",
    )
    register.done(made, "notifications", occurred_at="2004-05-02T12:00:00Z")
    register.done(made, "notifications")
    body = {"management": "reactive", "authorised_by": "DI1", "reason": "Stable."}
    register.done(made, "managements", **body)
    register.done(made, "indefinite-reviews")
    assert sweep(VISITS, days=365) == (0, 0)
    assert sweep(VISITS, days=366) == (1, 0)
    assert sweep(NOTIFICATIONS, days=42) == (0, 0)
    assert sweep(NOTIFICATIONS, days=43) == (1, 0)
    assert {each["because"]["stage"] for each in register.flags()} >= {
        "reactive_review",
        "indefinite_review",
    }
    remains = {"determination": "remains", "authorised_by": "SUPT1"}
    register.done(made, "indefinite-reviews", **remains)
    assert register.flags(NOTIFICATIONS) == []


def test_the_management_follows_where_the_person_lives(register, client, headers, connection):
    given_neighbourhood(client, "N1")
    person = register.person()
    made = register.given(person_id=person["id"])
    given_entry(client, headers, person, "addresses", lines=["1 Road"], neighbourhood="N1")
    with transaction(connection, Work("33")) as session:
        rows = session.execute(text("SELECT id, kind, neighbourhood FROM managements")).all()
    assert [(str(row.id), row.kind, row.neighbourhood) for row in rows] == [
        (made["id"], "registration", "N1")
    ]
