"""What SQL and the rules say is the same; summaries of people; two at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from uuid import UUID

import pytest
from builders import given_person
from hypothesis import given, settings
from hypothesis import strategies as st
from orders_given import Orders
from registrations_given import Register, ago, now, today
from sqlalchemy import text

from offenders.db import Work, transaction
from offenders.domain.registrations import service
from offenders.domain.registrations.law import Period, add_months
from offenders.domain.registrations.periods import Held, whole_period


@settings(max_examples=150, deadline=None, database=None)
@given(st.dates(date(1996, 1, 1), date(2090, 12, 31)), st.integers(0, 240))
def test_months_are_counted_by_calendar(day, months):
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later + timedelta(days=1)).day == 1 > later.day - day.day


def test_postgresql_counts_months_as_the_rules_do(session):
    days = [date(2024, 1, 31), date(2024, 2, 29), date(2025, 8, 31), date(2025, 5, 15)]
    for day in days:
        for months in (1, 3, 6, 12):
            found = session.execute(
                text("SELECT (CAST(:day AS date) + make_interval(months => :months))::date"),
                {"day": day, "months": months},
            ).scalar_one()
            assert found == add_months(day, months)


@pytest.mark.parametrize("ends", [[], [-5], [5], [5, 2900], [2900, None], [None], [-400]], ids=str)
def test_the_end_that_is_shown_is_the_end_by_the_rules(register, client, headers, ends):
    orders = Orders(client, headers, "33")
    made = register.given(relevant_date=ago(400))
    own = Period(date.fromisoformat(made["notification_ends_on"]), is_indefinite=False)
    until = [None if each is None else today() + timedelta(days=each) for each in ends]
    for each in until:
        written = each.isoformat() if each else None
        orders.given(person_id=made["person_id"], made_on="2016-01-01", expires_on=written)
    period = whole_period([own], [Held("", "SHPO", each) for each in until])
    shown = register.read(made)["notification_ends_on"]
    assert shown == (period.ends_on.isoformat() if period.ends_on else None)


def test_the_past_tells_of_an_order_what_was_known_then(register, client, headers):
    made = register.given(relevant_date=ago(10))
    before = register.counts()["as_at"]
    Orders(client, headers, "33").given(person_id=made["person_id"], expires_on=None)
    assert register.read(made)["notification_ends_on"] is None
    then = register.read(made, as_at=before)
    assert then["notification_ends_on"] == made["notification_ends_on"]


def test_the_summary_of_a_person_has_what_stands_open(register, client, headers):
    person = register.person()
    made = register.given(person_id=person["id"], risk="high", local_summary="Tell OM1.")
    register.given()

    def shown(*roles, **more):
        path = f"/v1/people/{person['id']}"
        return client.get(path, headers=headers(*roles, **more)).json["registrations"]

    (full,) = shown("offender_manager")
    assert (full["id"], full["disposal"], full["masked"]) == (made["id"], "caution", [])
    (local,) = shown("response_officer")
    assert (local["risk"], local["local_summary"]) == ("high", "Tell OM1.")
    assert (local["disposal"], "disposal" in local["masked"]) == (None, True)
    assert shown("neighbourhood_officer", neighbourhoods=["N9"]) == []
    register.patch(made, is_withheld_locally=True)
    assert shown("response_officer") == []
    register.done(made, "closures", outcome="deceased")
    assert shown("offender_manager") == []


def test_a_registration_goes_with_its_person_into_a_merge(register, client, headers):
    first, second = register.person(), register.person(given_names="Anne")
    before = register.given(person_id=second["id"])
    sent = headers("supervisor") | {"If-Match": '"1"'}
    body = {"other_person_id": second["id"], "other_version": 1, "reason": "The same prints."}
    merged = client.post(f"/v1/people/{first['id']}/merges", json=body, headers=sent)
    assert merged.status_code == 201, merged.json
    assert register.read(before)["person_id"] == first["id"]
    refused = register.post(person_id=second["id"], disposal="fine")
    assert refused.status_code == 409
    assert register.given(person_id=first["id"], disposal="fine")["id"] == before["id"]


def test_two_who_register_one_person_at_once_make_one_registration(
    committing_app, headers, fresh_force
):
    desk = Register(committing_app.test_client(), headers, fresh_force)
    person = given_person(desk.client, headers, force=fresh_force)["id"]

    def post(number):
        other = Register(committing_app.test_client(), headers, fresh_force)
        return other.post(person_id=person, relevant_date=ago(number + 1)).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(post, range(4))) == {201}
    (made,) = desk.list()
    assert len(made["disposals"]) == 4
    assert made["version"] == 4


def check_list(register, count):
    """A count's list is exactly its rows, page by page, and names nobody."""
    rows, cursor = [], ""
    while cursor is not None:
        answer = register.client.get(
            f"{count['href']}&limit=1{cursor and f'&cursor={cursor}'}", headers=register.sent
        )
        assert answer.status_code == 200, answer.json
        rows += answer.json["items"]
        cursor = answer.json["next"]
    assert len(rows) == count.get("events", count.get("registrations"))
    assert len({each["registration_id"] for each in rows}) == count["people"]
    assert all("person" not in each for each in rows)


def test_the_report_of_a_period_counts_what_happened_in_it(register):
    made = [register.given(relevant_date=ago(days)) for days in (500, 30, 5)]
    register.done(made[0], "notifications", occurred_at=f"{ago(499)}T12:00:00Z")
    register.done(made[0], "notifications", occurred_at=f"{ago(90)}T12:00:00Z")
    register.done(made[1], "notifications", occurred_at=f"{ago(29)}T12:00:00Z")
    register.done(made[1], "visits", seen=False, entry_refused=True)
    register.done(made[1], "visits", seen=True)
    register.done(made[2], "closures", outcome="deceased")
    wrong = register.given(relevant_date=ago(7))
    register.done(wrong, "notifications")
    register.done(wrong, "closures", outcome="entered_in_error")

    def report(**query):
        answer = register.client.get(
            "/v1/reports/registrations", headers=register.sent, query_string=query
        )
        assert answer.status_code == 200, answer.json
        return answer.json

    year = report()
    assert year["newly_registered"]["registrations"] == 2
    assert year["ended"]["deceased"]["people"] == 1
    counted = {name: (each["events"], each["people"]) for name, each in year["events"].items()}
    assert counted["notifications"] == (2, 2)
    assert counted["late_notifications"] == (1, 1)
    assert (counted["visits_seen"], counted["visits_refused"]) == ((1, 1), (1, 1))
    assert year["registered"]["headline"]["registered"]["people"] == 2
    past = report(**{"from": ago(600), "to": ago(400)})
    assert (past["newly_registered"]["people"], past["registered"]) == (1, "no_data")
    notified = past["events"]["notifications"]
    assert (notified["events"], notified["people"]) == (1, 1)
    for told in (year, past):
        for count in (told["newly_registered"], *told["events"].values(), *told["ended"].values()):
            check_list(register, count)
    bad = register.client.get(
        "/v1/reports/registrations",
        headers=register.sent,
        query_string={"from": ago(1), "to": ago(2)},
    )
    assert bad.status_code == 422


def test_a_corrected_date_of_birth_is_followed(register, connection):
    person = register.person(date_of_birth="2003-06-01")
    made = register.given(person_id=person["id"], relevant_date="2021-05-31", disposal="fine")
    assert made["notification_ends_on"] == "2023-11-30"
    sent = register.headers("investigator") | {"If-Match": '"1"'}
    body = {"date_of_birth": "2003-05-31"}
    path = f"/v1/people/{person['id']}"
    assert register.client.patch(path, json=body, headers=sent).status_code == 200
    for _ in range(2):
        with transaction(connection, Work("33")) as session:
            whom = UUID(person["id"])
            service.follow_birth(session, actor="test", person_id=whom, now=now())
    shown = register.read(made)
    assert (shown["notification_ends_on"], shown["version"]) == ("2026-05-30", 2)
