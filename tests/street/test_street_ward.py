"""The offenders of a ward: who is listed, in which order, and what each role is shown of them."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from builders import given_entry, given_neighbourhood, given_person, given_want
from iom_given import Iom
from mappa_given import Mappa
from orders_given import Orders, day
from registrations_given import Register
from sqlalchemy import text

from offenders.clock import as_if_at
from offenders.domain.briefings.reasons import DOUBTS

PACE = "PACE 1984 s.24"
SUMMARY = {
    "risk_to": ["public"],
    "what_to_do_if_met": "Two officers. Tell the manager.",
    "contact": "OM1",
}


@pytest.fixture
def wards(client):
    """Two wards of one area, and one of another."""
    for at, (code, lpa) in enumerate((("W1", "N"), ("W2", "N"), ("W3", "S"))):
        given_neighbourhood(client, code, lpa=lpa, south_west=(52.0 + at, -1.0))


@pytest.fixture
def resident(client, headers, wards):
    """Make somebody who lives in a ward."""

    def make(ward="W1", **fields):
        home = {"lines": ["1 High Street"], "postcode": "LE1 1AA", "type": "home"}
        home |= {"neighbourhood": ward}
        return given_person(client, headers, **{"addresses": [home], **fields})

    return make


def ward(client, sent, code="W1", **query):
    answer = client.get(f"/v1/neighbourhoods/{code}/offenders", query_string=query, headers=sent)
    assert answer.status_code == 200, answer.json
    return answer.json["items"]


def kinds(card):
    return [each["type"] for each in card["reasons"]]


def protect(client, headers, person):
    """Let somebody else's association make this person's addresses protected."""
    given_entry(
        client, headers, given_person(client, headers), "associations",
        person_id=person["id"], type="victim_of",
    )  # fmt: skip


def test_one_row_tells_all_that_is_needed_of_a_person(client, headers, resident):
    person = resident(photo_reference="PH/1", date_of_birth=day(-13_300))
    given_entry(client, headers, person, "markers", code="VI", rationale="Fights.")
    given_entry(client, headers, person, "vehicles", registration_mark="AB12 CDE", colour="red")
    want = given_want(client, headers, person=person, power=PACE, risk="standard")
    condition = {"kind": "prohibition", "category": "curfew", "text": "Not out after 21:00."}
    orders = Orders(client, headers, "33")
    order = orders.given(person_id=person["id"], type="DVPO", made_on=day(-9), expires_on=day(9),
                         conditions=[condition])  # fmt: skip
    Register(client, headers, "33").given(person_id=person["id"])
    Iom(client, headers).member(person)
    mappa = Mappa(client, headers, "33")
    case = mappa.given(person_id=person["id"], risk="very_high")
    officer = headers("neighbourhood_officer")
    (before,) = ward(client, officer)
    assert "mappa" not in kinds(before)
    mappa.done(case, "local-summaries", **SUMMARY)
    (card,) = ward(client, headers("neighbourhood_officer"))
    assert kinds(card) == ["wanted", "iom", "order", "registered", "mappa"]
    assert (card["id"], card["age"], card["is_child"]) == (person["id"], 36, False)
    assert (card["photo_reference"], card["neighbourhoods"]) == ("PH/1", ["W1"])
    assert card["if_met"]["act"] == "yes"
    breach = "a breach may be acted on at once (Crime and Security Act 2010 s.28(9))."
    assert card["if_met"]["instructions"] == [
        f"Wanted, {want['reference']}: {PACE}.",
        f"Domestic violence protection order {order['reference']}: {breach}",
        SUMMARY["what_to_do_if_met"],
    ]
    assert card["reasons"][2]["conditions"][0]["text"] == condition["text"]
    assert card["reasons"][4]["summary"]["contact"] == "OM1"
    assert [each["registration_mark"] for each in card["vehicles"]] == ["AB12CDE"]
    assert [each["postcode"] for each in card["addresses"]] == ["LE1 1AA"]
    assert [(m["code"], m["is_expired"]) for m in card["markers"]] == [("VI", False)]
    assert (card["is_dangerous"], card["risk"], card["masked"]) == (True, "medium", [])
    manager = headers("mappa_coordinator")
    (whole,) = ward(client, manager)
    assert kinds(whole) == ["wanted", "iom", "order", "registered", "mappa"]
    assert whole["risk"] == "very_high"
    with as_if_at(datetime.now(UTC) + timedelta(days=400)):
        sent = headers("neighbourhood_officer", hours=24 * 500)
        (later,) = ward(client, sent)
    assert [m["is_expired"] for m in later["markers"]] == [True]
    assert "order" not in kinds(later)


def test_of_own_ward_an_officer_is_told_who_is_registered(client, headers, resident):
    person = resident()
    Register(client, headers, "33").given(person_id=person["id"])
    there = headers("neighbourhood_officer", neighbourhoods=["W1"])
    elsewhere = headers("neighbourhood_officer", neighbourhoods=["W2"])
    assert [kinds(card) for card in ward(client, there)] == [["registered"]]
    assert ward(client, elsewhere) == []


def test_who_is_wanted_and_dangerous_comes_first_and_pages_join(client, headers, resident):
    people = {}
    for name, risk in (("calm", "standard"), ("grave", "very_high"), ("armed", "standard")):
        people[name] = resident(family_name=name.title())
        given_want(client, headers, person=people[name], risk=risk, power=PACE)
    given_entry(client, headers, people["armed"], "markers", code="FI", rationale="Shotgun.")
    managed = resident(family_name="Managed")
    Iom(client, headers).member(managed, risk="very_high", lead_agency="probation")
    sent = headers("response_officer")
    names = [card["family_name"] for card in ward(client, sent)]
    assert names == ["Grave", "Armed", "Managed", "Calm"]
    seen, cursor = [], {}
    while True:
        path = "/v1/neighbourhoods/W1/offenders"
        query = {"limit": 1, "count": "true"} | cursor
        page = client.get(path, query_string=query, headers=sent).json
        assert page["total"] == 4
        seen += [card["family_name"] for card in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == names
    assert [c["family_name"] for c in ward(client, sent, reason="iom")] == ["Managed"]


def test_what_a_role_may_not_see_has_no_part_in_list_order_or_count(client, headers, resident):
    """A case without a local summary is unknown on the street, and so is its risk."""
    known, unknown = resident(), resident()
    given_want(client, headers, person=known, risk="medium")
    given_want(client, headers, person=unknown, risk="standard")
    Mappa(client, headers, "33").given(person_id=unknown["id"], risk="very_high")
    hidden = resident()
    Mappa(client, headers, "33").given(person_id=hidden["id"], risk="very_high")
    street = headers("response_officer")
    assert [c["id"] for c in ward(client, street)] == [known["id"], unknown["id"]]
    assert [c["risk"] for c in ward(client, street)] == ["medium", "standard"]
    path = "/v1/neighbourhoods/W1/offenders?count=true"
    assert client.get(path, headers=street).json["total"] == 2
    assert client.get(path + "&reason=mappa", headers=street).json["total"] == 0
    first = ward(client, headers("mappa_coordinator"))[0]
    assert first["id"] == unknown["id"]


def test_a_protected_address_places_nobody_and_is_named_as_masked(client, headers, resident):
    person = resident()
    given_want(client, headers, person=person)
    placed = resident()
    given_want(client, headers, person=placed, neighbourhood="W2")
    protect(client, headers, person)
    protect(client, headers, placed)
    street, inside = headers("response_officer"), headers("investigator")
    assert ward(client, street) == []
    assert {c["id"] for c in ward(client, inside)} == {person["id"], placed["id"]}
    (card,) = ward(client, street, "W2")
    assert (card["id"], card["addresses"], card["neighbourhoods"]) == (placed["id"], None, ["W2"])
    assert card["masked"] == ["addresses", "neighbourhoods"]
    near = "52.005,-0.995,900"
    assert ward(client, street, "W2", near=near) == []


def test_near_a_point_counts_current_addresses(client, headers, resident, wards):
    def at(latitude, longitude):
        home = {"latitude": latitude, "longitude": longitude, "type": "home", "neighbourhood": "W1"}
        person = given_person(client, headers, addresses=[home])
        given_want(client, headers, person=person)
        return person["id"]

    close = at(52.005, -0.995)
    far = at(52.0095, -0.9905)
    sent = headers("response_officer")
    assert {c["id"] for c in ward(client, sent)} == {close, far}
    assert [c["id"] for c in ward(client, sent, near="52.0051,-0.995,200")] == [close]
    for wrong in ("52,1", "x,y,z", "52,-1,0", "52,-1,10001", "91,0,5", "nan,0,5"):
        answer = client.get(
            "/v1/neighbourhoods/W1/offenders", query_string={"near": wrong}, headers=sent
        )
        assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/near")


def test_a_child_is_marked_and_their_photograph_kept_back_unless_wanted(client, headers, resident):
    child = resident(date_of_birth="2014-05-01", photo_reference="PH/2")
    Iom(client, headers).member(child)
    sent = headers("neighbourhood_officer")
    (card,) = ward(client, sent)
    assert (card["is_child"], card["photo_reference"]) == (True, None)
    assert card["masked"] == ["photo_reference"]
    given_want(client, headers, person=child)
    (card,) = ward(client, sent)
    assert (card["photo_reference"], card["masked"]) == ("PH/2", [])


def test_wards_are_of_the_reader_or_not_there_at_all(client, headers, resident):
    resident("W3")
    path = "/v1/neighbourhoods/{}/offenders".format
    supervisor = headers("supervisor", lpas=["N"])
    answers = [client.get(path(code), headers=supervisor) for code in ("W3", "W9")]
    assert [each.status_code for each in answers] == [404, 404]
    assert answers[0].json["detail"] == answers[1].json["detail"]
    assert client.get(path("W1"), headers=supervisor).status_code == 200
    officer = headers("neighbourhood_officer", lpas=["N"])
    assert client.get(path("W3"), headers=officer).status_code == 200
    assert (
        client.get(path("W1"), headers=headers("response_officer", force="31")).status_code == 404
    )
    for role in ("partner_agency", "custody_client", "national_analyst", "auditor", "force_admin"):
        force = None if role == "national_analyst" else "33"
        assert client.get(path("W1"), headers=headers(role, force=force)).status_code == 403


def test_an_answer_is_small_and_what_is_unchanged_is_not_sent_again(client, headers, resident):
    person = resident()
    given_want(client, headers, person=person)
    for _ in range(3):
        given_want(client, headers, person=resident())
    path = "/v1/neighbourhoods/W1/offenders"
    sent = headers("response_officer")
    plain = client.get(path, headers=sent)
    packed = client.get(path, headers=sent | {"Accept-Encoding": "br, gzip;q=0.8"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert len(packed.data) < len(plain.data) / 3
    opened = orjson.loads(gzip.decompress(packed.data))
    assert opened["items"] == plain.json["items"]
    assert opened["as_of"] > plain.json["as_of"]
    assert (
        "Content-Encoding"
        not in client.get(path, headers=sent | {"Accept-Encoding": "gzip;q=0"}).headers
    )
    tag = packed.headers["ETag"]
    assert tag.startswith('W/"')
    again = client.get(path, headers=sent | {"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    assert (again.headers["ETag"], again.headers["Vary"]) == (tag, "Accept-Encoding")
    given_entry(client, headers, person, "markers", code="FI", rationale="Shotgun.")
    changed = client.get(path, headers=sent | {"If-None-Match": tag})
    assert (changed.status_code, changed.headers["ETag"] == tag) == (200, False)


def test_reading_a_ward_is_audited_with_whom_it_showed_and_spends_the_budget(
    client, headers, session, resident
):
    person = resident()
    want = given_want(client, headers, person=person)
    ward(client, headers("response_officer", name="Reader"))
    row = session.execute(
        text("""SELECT subject_ids, audit_class, reason, details FROM audit_events
                WHERE force = '33' AND action = 'street.ward' ORDER BY at DESC LIMIT 1""")
    ).one()
    assert {str(each) for each in row.subject_ids} == {person["id"], want["id"]}
    assert (row.audit_class, row.reason, row.details) == ("consultation", "testing", {"ward": "W1"})
    read = session.execute(
        text("SELECT count(*) FROM people_read WHERE force = '33' AND person_id = :id"),
        {"id": person["id"]},
    )
    assert read.scalar_one() >= 1


# What a want says, what its person lacks, and the doubts that safe-to-act has of it.
@pytest.mark.parametrize(
    ("fields", "person", "doubts"),
    [
        ({"power": PACE}, {}, []),
        ({}, {}, ["power_missing"]),
        ({"power": PACE}, {"date_of_birth": None}, ["name_only"]),
        ({"reason": "court_warrant", "warrant_number": "W/1"}, {}, []),
        ({"reason": "court_warrant", "power": PACE}, {}, ["warrant_missing"]),
        ({"reason": "breach_of_bail"}, {"date_of_birth": None}, ["power_missing", "name_only"]),
    ],
)
def test_a_card_doubts_a_want_as_safe_to_act_does(
    client, headers, resident, fields, person, doubts
):
    of = resident(**{"date_of_birth": "1990-01-01"} | person)
    want = given_want(client, headers, person=of, **fields)
    sent = headers("response_officer", hours=24 * 100)
    for days, overdue in ((0, []), (76, ["validation_overdue"])):
        with as_if_at(datetime.now(UTC) + timedelta(days=days)):
            judged = client.get(f"/v1/wanted/{want['id']}/safe-to-act", headers=sent).json
            (card,) = ward(client, sent)
        said = [each["code"] for each in card["if_met"]["because"]]
        assert said == overdue + doubts
        assert card["if_met"]["act"] == judged["act"] == card["reasons"][0]["act"]
        assert said == [each["code"] for each in judged["reasons"] if each["code"] in DOUBTS]
