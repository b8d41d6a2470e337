"""One person under every management: what meets on the person, and what each role sees of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from builders import given_detention, given_entry, given_neighbourhood, given_person, given_want
from iom_given import Iom
from mappa_given import Mappa
from orders_given import Orders, day, today
from registrations_given import Register, ago
from sqlalchemy import text

from offenders.db import Work, transaction
from offenders.jobs import runner
from offenders.jobs.timetable import find_job

ARRESTED = "managed-person-arrested"


@pytest.fixture
def managed(client, headers):
    """Give somebody in IOM, under MAPPA, registered and under an order; and all four records."""
    person = given_person(client, headers)
    mappa, register = Mappa(client, headers, "33"), Register(client, headers, "33")
    orders, iom = Orders(client, headers, "33"), Iom(client, headers)
    return person, {
        "iom_members": (iom, iom.member(person)),
        "mappa_cases": (mappa, mappa.given(person_id=person["id"], risk="very_high")),
        "registrations": (
            register,
            register.given(person_id=person["id"], offender_manager="OM2", relevant_date=ago(400)),
        ),
        "orders": (orders, orders.given(person_id=person["id"], type="SHPO", made_on=day(-10))),
    }


def summary(client, headers, person, role):
    answer = client.get(f"/v1/people/{person['id']}", headers=headers(role))
    assert answer.status_code == 200, answer.json
    return answer.json


def test_who_moves_takes_along_what_has_no_area_of_its_own(client, headers, managed, connection):
    person, records = managed
    orders = records["orders"][0]
    for code in ("N1", "N2"):
        given_neighbourhood(client, code)
    own = orders.given(person_id=person["id"], type="CBO", made_on=day(-9), neighbourhood="N2")
    given_entry(client, headers, person, "addresses", lines=["1 Road"], neighbourhood="N1")
    homes = {record["id"]: "N1" for _, record in records.values()}
    areas = text("SELECT CAST(id AS text), neighbourhood FROM managements")
    with transaction(connection, Work("33")) as session:
        assert dict(tuple(row) for row in session.execute(areas)) == homes | {own["id"]: "N2"}
        session.execute(text("UPDATE managements SET neighbourhood = NULL, lpa = NULL"))
    # Whoever moved while a management began is found by night.
    made = runner.run(connection, find_job("housekeeping"), forces=["33"])
    assert made.state == "succeeded", made.error
    with transaction(connection, Work("33")) as session:
        assert dict(tuple(row) for row in session.execute(areas)) == homes | {own["id"]: None}


@pytest.mark.parametrize("role", ["offender_manager", "supervisor", "chief_officer"])
def test_who_manages_or_answers_sees_everything(client, headers, managed, role):
    person, records = managed
    shown = summary(client, headers, person, role)
    for part, (_, record) in records.items():
        assert (part, [each["id"] for each in shown[part]]) == (part, [record["id"]])


@pytest.mark.parametrize("role", ["response_officer", "neighbourhood_officer"])
def test_the_street_sees_the_cohort_orders_and_local_summaries(client, headers, managed, role):
    person, records = managed
    shown = summary(client, headers, person, role)
    assert [each["id"] for each in shown["iom_members"]] == [records["iom_members"][1]["id"]]
    assert [each["id"] for each in shown["orders"]] == [records["orders"][1]["id"]]
    assert shown["mappa_cases"] == []
    assert "OM1" not in str(shown)


def test_a_want_carries_the_highest_risk_by_which_the_person_is_managed(client, headers, managed):
    person, records = managed
    want = given_want(client, headers, person=person, risk="standard")
    path = f"/v1/wanted/{want['id']}"
    assert client.get(path, headers=headers("response_officer")).json["managed_risk"] == "very_high"
    listed = client.get("/v1/wanted", headers=headers("response_officer")).json["items"]
    assert [each["managed_risk"] for each in listed] == ["very_high"]
    mappa, case = records["mappa_cases"]
    ended = mappa.act(case, "exits", reason="risk_managed")
    if ended.status_code == 409:
        ended = mappa.act(case, "exits", reason=ended.json["possible"][0])
    assert given_want(client, headers)["managed_risk"] is None


def test_an_arrest_is_told_to_each_who_answers(client, headers, managed):
    person, records = managed
    arrested_at = datetime.now(UTC) - timedelta(hours=2)
    given_detention(client, headers, person=person, arrested_at=arrested_at.isoformat())
    flags = client.get(f"/v1/flags?rule={ARRESTED}", headers=headers("supervisor")).json["items"]
    told = {each["subject"]["id"]: each["owner"] for each in flags}
    assert set(told) == {record["id"] for _, record in records.values()}
    assert told[records["mappa_cases"][1]["id"]]["officer"] == "OM1"
    assert told[records["registrations"][1]["id"]]["officer"] == "OM2"


def test_a_sexual_harm_prevention_order_keeps_its_subject_registered(client, headers):
    person = given_person(client, headers)
    register, orders = Register(client, headers, "33"), Orders(client, headers, "33")
    made = register.given(person_id=person["id"], disposal="caution", relevant_date=ago(400))
    until = day(2000)
    order = orders.given(person_id=person["id"], type="SHPO", made_on=day(-10), expires_on=until)
    assert register.read(made)["notification_ends_on"] == until > made["notification_ends_on"]
    orders.done(order, "discharges", ended_on=day(0), reason="Discharged by the Crown Court.")
    assert register.read(made)["notification_ends_on"] == made["notification_ends_on"]


@pytest.mark.parametrize(
    ("role", "manager", "found"),
    [
        ("offender_manager", "OM1", True),
        ("offender_manager", "OM2", True),
        ("offender_manager", "OM9", False),
        ("response_officer", "OM1", False),
        ("response_officer", "OM2", False),
    ],
)
def test_people_are_found_by_who_manages_them(client, headers, managed, role, manager, found):
    person, _ = managed
    given_person(client, headers)
    answer = client.get(f"/v1/people?managed_by={manager}", headers=headers(role))
    assert [each["id"] for each in answer.json["items"]] == ([person["id"]] if found else [])


def test_the_annual_return_takes_from_the_other_registers(client, headers, managed):
    year = today().year if date(today().year, 3, 31) < today() else today().year - 1
    in_year = date(year, 1, 15).isoformat()
    orders = Orders(client, headers, "33")
    for kind in ("SHPO", "SRO"):
        orders.given(type=kind, made_on=in_year)
    sent = headers("mappa_coordinator")
    answer = client.get(f"/v1/mappa/annual-return?year={year}", headers=sent)
    elsewhere = answer.json["elsewhere"]
    imposed = elsewhere["restrictive_orders_imposed"]
    assert imposed["value"] == 2
    listed = client.get(imposed["by_type"]["SHPO"]["href"], headers=sent).json["items"]
    assert [each["made_on"] for each in listed] == [in_year]
    assert elsewhere["breaches_of_sexual_risk_orders"]["value"] == 0
    assert elsewhere["lifetime_notifications_revoked"]["value"] == 0
    assert elsewhere["breaches_of_notification"]["value"] == "no_data"


def test_a_corrected_date_of_birth_halves_the_period_of_a_child(client, headers):
    register = Register(client, headers, "33")
    made = register.given(disposal="community_order", relevant_date="2026-03-01")
    assert made["notification_ends_on"] == "2031-02-28"
    person = client.get(f"/v1/people/{made['person_id']}", headers=headers("investigator")).json
    sent = headers("investigator") | {"If-Match": f'"{person["version"]}"'}
    answer = client.patch(
        f"/v1/people/{person['id']}", json={"date_of_birth": "2010-01-01"}, headers=sent
    )
    assert answer.status_code == 200, answer.json
    assert register.read(made)["notification_ends_on"] == "2028-08-31"
