"""The daily briefing of a ward: put together when it is read, so nothing stale is in it."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta

import pytest
from bail_given import Bail
from builders import given_detention, given_person, given_want
from iom_given import Iom
from mappa_given import Mappa
from orders_given import Orders, day

from offenders import clock

AREA = {"lpa": "N", "neighbourhood": "N1"}


def ago(days):
    return (clock.now() - timedelta(days=days)).isoformat()


def of_ward(client, headers):
    home = {"lines": ["1 High St"], "neighbourhood": "N1"}
    return given_person(client, headers, addresses=[home])


@pytest.fixture
def daily(briefings):
    def ask(*, sent=None, status=200, ward="N1"):
        answer = briefings.client.get(
            f"/v1/briefings/daily?neighbourhood={ward}", headers=sent or briefings.officer()
        )
        assert answer.status_code == status, answer.json
        return answer.json

    return ask


def test_a_ward_is_briefed_and_whoever_is_arrested_drops_out(briefings, daily, client, headers):
    item = briefings.given(audience={"neighbourhoods": ["N1"]})
    briefings.given(title="elsewhere", audience={"neighbourhoods": ["S1"]})
    want = given_want(client, headers, risk="high", domestic_abuse=True, **AREA)
    given_want(client, headers, lpa="S", neighbourhood="S1")
    told = daily()
    assert [each["id"] for each in told["people"]] == [want["person"]["id"]]
    assert told["wanted"] == told["domestic_abuse"] == [want["person"]["id"]]
    assert [each["id"] for each in told["items"]] == [item["id"]]
    assert told["generated_at"] and told["more"] is False
    sent = headers("supervisor") | {"If-Match": f'"{want["version"]}"'}
    body = {"outcome": "arrested", "reason": "Met on patrol."}
    client.post(f"/v1/wanted/{want['id']}/outcomes", json=body, headers=sent)
    briefings.act(item, "withdrawals", because="resolved", reason="Arrested.")
    later = daily()
    assert (later["people"], later["wanted"], later["items"]) == ([], [], [])


def test_an_order_brings_the_instruction_to_check_and_takes_it_away(daily, client, headers):
    orders = Orders(client, headers, "33")
    condition = {"kind": "prohibition", "text": "Not to enter the park", "enforceable": True}
    order = orders.given(conditions=[condition], **AREA)
    [told] = daily()["orders"]
    assert (told["reference"], told["person_id"]) == (order["reference"], order["person_id"])
    assert told["instruction"].startswith("Check")
    assert [each["text"] for each in told["conditions"]] == ["Not to enter the park"]
    assert daily(ward="S1")["orders"] == []
    orders.done(order, "discharges", ending="discharged", ended_on=day(0), reason="Court.")
    assert daily()["orders"] == []


def test_members_are_listed_by_when_they_last_came_to_notice(daily, client, headers):
    iom = Iom(client, headers)
    quiet, early, late = (iom.member(of_ward(client, headers)) for _ in range(3))
    for member, days in ((early, 9), (late, 2), (quiet, 60)):
        person = {"id": member["person_id"]}
        given_detention(client, headers, person=person, arrested_at=ago(days))
    listed = [each["person_id"] for each in daily()["iom_active"]]
    assert listed == [late["person_id"], early["person_id"]]
    assert len(daily()["people"]) == 3


def test_releases_and_mappa_are_shown_to_who_may_know(briefings, daily, client, headers):
    person = of_ward(client, headers)
    record = Bail(client, headers, "33").given(person_id=person["id"], bailed_at=ago(2))
    Bail(client, headers, "33").given(person_id=person["id"], crime_reference="C2")
    Mappa(client, headers, "33").given(person_id=person["id"])
    told = daily()
    assert [each["id"] for each in told["releases"]] == [record["id"]]
    assert told["mappa"] == [] and told["people"] == []
    full = daily(sent=briefings.by("mappa_coordinator"))
    assert full["mappa"] == [person["id"]]


def test_it_is_packed_and_not_sent_again_unchanged(briefings, client):
    briefings.given(text="What to know. " * 100)
    officer = briefings.officer()
    address = "/v1/briefings/daily?neighbourhood=N1"
    packed = client.get(address, headers=officer | {"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(packed.data))["items"]) == 1
    again = client.get(address, headers=officer | {"If-None-Match": packed.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert (again.headers["ETag"], again.headers["Vary"]) == (
        packed.headers["ETag"],
        "Accept-Encoding",
    )


def test_a_ward_out_of_reach_is_not_there(briefings, daily):
    daily(ward="NOWHERE", status=404)
    daily(sent=briefings.by("supervisor", lpas=["S"]), status=404)
    daily(sent=briefings.by("supervisor", lpas=["N"]))
    daily(sent=briefings.by("auditor"), status=403)
    assert briefings.client.get("/v1/briefings/daily", headers=briefings.sent).status_code == 422
