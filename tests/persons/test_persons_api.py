"""People as investigators record and amend them, and as each reader may see them."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from builders import given_entry, given_person, given_want
from sqlalchemy import text

from offenders import clock
from offenders.db import Work, transaction
from offenders.domain.persons import service
from offenders.errors import NotFound

PNC_ID = "1998/1234567L"


def read(client, headers, person, role="investigator", **more):
    return client.get(f"/v1/people/{person['id']}", headers=headers(role, **more))


def ask(connection, statement, **values):
    """Read the tables as the service of force 33 does."""
    with transaction(connection, Work("33")) as session:
        return session.execute(text(statement), values).all()


def audited(connection, action):
    """Give what the audit holds of an action, oldest first."""
    return ask(
        connection,
        """
        SELECT subject_type, subject_ids, masked, audit_class, details FROM audit_events
        WHERE action = :action ORDER BY at, id
        """,
        action=action,
    )


WHOLE = {
    "force": "33",
    "family_name": "O'Leary-Smith",
    "given_names": "Siobhán",
    "date_of_birth": "1984-02-29",
    "date_of_birth_precision": "approximate",
    "sex": "female",
    "nationalities": ["IRL", "GBR"],
    "languages": ["Irish"],
    "phones": ["07700 900123"],
    "ethnicity_self_defined": "W2",
    "ethnicity_observed": "1",
    "photo_reference": "custody/2026/77",
    "ocg_role": "courier",
    "pnc_id": "98/1234567l",
    "cro_number": "123456/99L",
    "prison_number": "a1234bc",
    "identifiers": [{"type": "passport", "value": "pt 77", "source": "seen by officer"}],
    "aliases": [{"family_name": "Leary", "given_names": "Shiv"}],
    "dates_of_birth": [{"date_of_birth": "1985-02-28"}],
    "addresses": [{"lines": ["1 Made-up Road"], "postcode": "le11aa", "from": "2024-01-01"}],
    "vehicles": [{"registration_mark": "ab12 cde", "make": "Ford", "colour": "red"}],
}


def test_a_person_is_recorded_with_all_that_the_body_says(client, headers):
    answer = client.post("/v1/people", json=WHOLE, headers=headers("investigator"))
    person = answer.json
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/v1/people/{person['id']}"
    assert answer.headers["ETag"].startswith('"1.')
    assert person["reference"].startswith("P33-")
    nested = {"identifiers", "aliases", "dates_of_birth", "addresses", "vehicles"}
    written = {"pnc_id": PNC_ID, "cro_number": "123456/99L", "prison_number": "A1234BC"}
    for key, value in {**WHOLE, **written}.items():
        if key not in nested:
            assert (key, person[key]) == (key, value)
    assert {(each["type"], each["value"], each["raw_value"]) for each in person["identifiers"]} == {
        ("pnc_id", PNC_ID, "98/1234567l"),
        ("cro_number", "123456/99L", "123456/99L"),
        ("prison_number", "A1234BC", "a1234bc"),
        ("passport", "PT 77", "pt 77"),
    }
    assert {each["state"] for each in person["identifiers"]} == {"valid"}
    assert [each["family_name"] for each in person["aliases"]] == ["Leary"]
    assert [each["date_of_birth"] for each in person["dates_of_birth"]] == ["1985-02-28"]
    assert [each["postcode"] for each in person["addresses"]] == ["LE1 1AA"]
    assert [each["registration_mark"] for each in person["vehicles"]] == ["AB12CDE"]
    assert (person["version"], person["is_child"], person["masked"]) == (1, False, [])
    assert (person["notes"], person["markers"], person["wanted"], person["flags"]) == (
        0,
        [],
        [],
        [],
    )


def test_the_answer_to_a_change_is_what_reading_gives(client, headers):
    made = client.post("/v1/people", json=WHOLE, headers=headers("investigator"))
    found = read(client, headers, made.json)
    assert found.json == made.json
    assert found.headers["ETag"] == made.headers["ETag"]
    spoken = made.json["reference"].lower().replace("-", " ")
    assert client.get(f"/v1/people/{spoken}", headers=headers("investigator")).json == made.json


def test_a_family_name_is_enough(client, headers):
    answer = client.post("/v1/people", json={"family_name": "X"}, headers=headers("investigator"))
    assert answer.status_code == 201
    assert (answer.json["given_names"], answer.json["date_of_birth"]) == (None, None)
    assert (answer.json["sex"], answer.json["date_of_birth_precision"]) == ("not_known", "exact")


@pytest.mark.parametrize(
    "name",
    [
        "Robert'); DROP TABLE persons;--",
        "王",
        "Иванов",
        "عبد الله",
        "Nguyễn",
        "می‌خواهم",
        "O\u2019Neill",
        "🜚",
        "null",
        "N" * 200,
        "%",
    ],
)
def test_a_name_in_any_script_is_text(client, headers, name):
    person = given_person(client, headers, family_name=name, given_names=name)
    assert read(client, headers, person).json["family_name"] == name


def bad(pointer, **change):
    return change, pointer


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        bad("/family_name", family_name=None),
        bad("/family_name", family_name=""),
        bad("/family_name", family_name="   "),
        bad("/family_name", family_name="\u200b\u200d"),
        bad("/family_name", family_name="a\x00b"),
        bad("/family_name", family_name="a\nb"),
        bad("/family_name", family_name="a\x85b"),
        bad("/family_name", family_name="abc\u202egnp.exe"),
        bad("/family_name", family_name="x" * 201),
        bad("/family_name", family_name=7),
        bad("/given_names", given_names=["Ann"]),
        bad("/given_names", given_names="a\tb"),
        bad("/date_of_birth", date_of_birth="2999-01-01"),
        bad("/date_of_birth", date_of_birth="1890-01-01"),
        bad("/date_of_birth", date_of_birth="1990-02-30"),
        bad("/date_of_birth", date_of_birth="1990-01-01T00:00:00Z"),
        bad("/date_of_birth", date_of_birth=19900101),
        bad("/date_of_birth_precision", date_of_birth_precision="rough"),
        bad("/sex", sex="f"),
        bad("/sex", sex=None),
        bad("/nationalities/1", nationalities=["GBR", "XYZ"]),
        bad("/nationalities/0", nationalities=["gbr' OR 1=1"]),
        bad("/nationalities", nationalities="GBR"),
        bad("/nationalities", nationalities=["GBR"] * 51),
        bad("/ethnicity_self_defined", ethnicity_self_defined="Z9"),
        bad("/ethnicity_observed", ethnicity_observed="W1"),
        bad("/pnc_id", pnc_id="1998/1234567A"),
        bad("/pnc_id", pnc_id="nonsense"),
        bad("/pnc_id", pnc_id="2099/0000001B"),
        bad("/cro_number", cro_number="123456/99A"),
        bad("/prison_number", prison_number="12"),
        bad("/identifiers/0/value", identifiers=[{"type": "asn", "value": "25/3301/01/1A"}]),
        bad("/identifiers/0/type", identifiers=[{"type": "library_card", "value": "1"}]),
        bad("/identifiers/0/value", identifiers=[{"type": "passport"}]),
        bad("/aliases/0/family_name", aliases=[{"given_names": "Jo"}]),
        bad("/aliases/0/state", aliases=[{"family_name": "Jo", "state": "active"}]),
        bad("/dates_of_birth/0/date_of_birth", dates_of_birth=[{"date_of_birth": "soon"}]),
        bad("/addresses/0/latitude", addresses=[{"lines": ["1"], "latitude": 91, "longitude": 0}]),
        bad("/addresses/0/longitude", addresses=[{"lines": ["1"], "latitude": 52.6}]),
        bad(
            "/addresses/0/latitude",
            addresses=[{"lines": ["1"], "latitude": "52", "longitude": 0}],
        ),
        bad(
            "/addresses/0/longitude",
            addresses=[{"lines": ["1"], "latitude": 52, "longitude": True}],
        ),
        bad("/addresses/0/neighbourhood", addresses=[{"neighbourhood": "E0"}]),
        bad("/addresses/0/type", addresses=[{"lines": ["1"], "type": "cave"}]),
        bad("/addresses/0/lines", addresses=[{"type": "home"}]),
        bad(
            "/addresses/0/to",
            addresses=[{"lines": ["1"], "from": "2025-01-02", "to": "2025-01-01"}],
        ),
        bad("/vehicles/0/registration_mark", vehicles=[{"registration_mark": "AB!2"}]),
        bad("/phones/0", phones=["0" * 61]),
        bad("/force", force="31"),
        bad("/colour", colour="blue"),
        bad("/id", id="0192f0c1-2b3c-8021-8000-000000000000"),
        bad("/version", version=7),
        bad("/are_addresses_protected", are_addresses_protected=False),
        bad("/markers", markers=[]),
    ],
)
def test_bad_content_is_refused_with_its_field(client, headers, change, pointer):
    body = {"family_name": "Example", **change}
    answer = client.post("/v1/people", json=body, headers=headers("investigator"))
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json["errors"]] == [pointer]
    assert "DROP" not in answer.get_data(as_text=True)


def test_a_refused_person_leaves_nothing_behind(client, headers, connection):
    body = {"family_name": "Halfway", "addresses": [{"lines": ["1"], "neighbourhood": "E0"}]}
    answer = client.post("/v1/people", json=body, headers=headers("investigator"))
    assert answer.status_code == 422
    assert ask(connection, "SELECT id FROM persons WHERE family_name = 'Halfway'") == []


@pytest.mark.parametrize("written", [PNC_ID, "98/1234567L", "981234567l", " 1998 / 1234567 l"])
def test_a_pnc_id_is_unique_in_its_force_however_it_is_written(client, headers, written):
    first = given_person(client, headers, pnc_id=PNC_ID)
    body = {"family_name": "Other", "pnc_id": written}
    answer = client.post("/v1/people", json=body, headers=headers("investigator"))
    assert answer.status_code == 409
    assert answer.json["existing"] == f"/v1/people/{first['id']}"
    elsewhere = client.post("/v1/people", json=body, headers=headers("investigator", force="31"))
    assert elsewhere.status_code == 201
    assert elsewhere.json["pnc_id"] == PNC_ID


def test_a_pnc_id_named_twice_in_one_body_is_refused(client, headers):
    twice = [{"type": "pnc_id", "value": "98/1234567l"}]
    body = {"family_name": "Twice", "pnc_id": PNC_ID, "identifiers": twice}
    answer = client.post("/v1/people", json=body, headers=headers("investigator"))
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json["errors"]] == ["/identifiers/0/value"]


def test_a_cro_number_may_be_shared(client, headers):
    given_person(client, headers, cro_number="123456/99L")
    assert given_person(client, headers, cro_number="123456/99L")["cro_number"] == "123456/99L"


def test_a_person_of_another_force_is_not_there(client, headers):
    theirs = given_person(client, headers, force="31")
    missing = {"id": "0192f0c1-2b3c-8021-8000-000000000000"}
    answers = [read(client, headers, each) for each in (theirs, missing)]
    assert [each.status_code for each in answers] == [404, 404]
    bodies = [
        {key: each.json[key] for key in each.json if key not in {"request_id", "instance"}}
        for each in answers
    ]
    assert bodies[0] == bodies[1]
    for method, path in (("patch", ""), ("post", "/aliases"), ("get", "/aliases")):
        sent = headers("investigator") | {"If-Match": '"1"'}
        body = {} if method == "get" else {"json": {"family_name": "Mine"}}
        answer = getattr(client, method)(f"/v1/people/{theirs['id']}{path}", headers=sent, **body)
        assert (method, path, answer.status_code) == (method, path, 404)
    assert read(client, headers, theirs, force="31").json["family_name"] == "Example"


def test_a_child_is_marked_until_the_eighteenth_birthday(client, headers):
    today = clock.today()
    grown_up = date(today.year - 18, today.month, min(today.day, 28))
    for born, is_child in ((grown_up, False), (grown_up + timedelta(days=4), True)):
        assert given_person(client, headers, date_of_birth=str(born))["is_child"] is is_child


def test_what_is_open_on_a_person_stands_in_the_summary(client, headers):
    person = given_person(client, headers)
    want = given_want(client, headers, person=person, crime_reference="33/1")
    before = read(client, headers, person)
    assert [each["id"] for each in before.json["wanted"]] == [want["id"]]
    given_entry(client, headers, person, "markers", code="WE", rationale="Carries a knife")
    after = read(client, headers, person)
    assert after.json["version"] == 1
    assert after.headers["ETag"] != before.headers["ETag"]
    unchanged = headers("investigator") | {"If-None-Match": after.headers["ETag"]}
    assert client.get(f"/v1/people/{person['id']}", headers=unchanged).status_code == 304


def test_reading_a_person_is_audited(client, headers, connection):
    person = given_person(client, headers)
    read(client, headers, person, "response_officer")
    (event,) = audited(connection, "persons.read")
    assert [str(each) for each in event.subject_ids] == [person["id"]]
    assert (event.subject_type, event.audit_class) == ("person", "consultation")
    (made,) = audited(connection, "persons.record")
    assert made.audit_class == "collection"
    assert "Example" not in json.dumps(made.details)


# Amending.


def patch(client, headers, person, body, etag='"1"', role="investigator"):
    sent = headers(role) | ({"If-Match": etag} if etag else {})
    return client.patch(f"/v1/people/{person['id']}", json=body, headers=sent)


def test_an_amendment_needs_the_version_read(client, headers):
    person = given_person(client, headers)
    assert patch(client, headers, person, {"sex": "male"}, etag=None).status_code == 428
    changed = patch(client, headers, person, {"sex": "male"})
    assert (changed.status_code, changed.json["version"], changed.json["sex"]) == (200, 2, "male")
    assert changed.headers["ETag"].startswith('"2.')
    assert patch(client, headers, person, {"sex": "female"}).status_code == 412
    again = patch(client, headers, person, {"sex": "female"}, etag=changed.headers["ETag"])
    assert again.json["version"] == 3


def test_null_takes_a_value_away(client, headers):
    person = given_person(client, headers, ethnicity_observed="3", phones=["07700 900001"])
    body = {"given_names": None, "date_of_birth": None, "ethnicity_observed": None, "phones": []}
    changed = patch(client, headers, person, body).json
    assert {key: changed[key] for key in body} == body


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"family_name": None}, "/family_name"),
        ({"sex": None}, "/sex"),
        ({"nationalities": None}, "/nationalities"),
        ({"nationalities": ["ZZZ"]}, "/nationalities/0"),
        ({"date_of_birth": "2999-01-01"}, "/date_of_birth"),
        ({"pnc_id": PNC_ID}, "/pnc_id"),
        ({"addresses": []}, "/addresses"),
        ({"neighbourhood": "E1"}, "/neighbourhood"),
        ({"version": 9}, "/version"),
        ({"force": "31"}, "/force"),
        ({"recorded_at": "2020-01-01T00:00:00Z"}, "/recorded_at"),
    ],
)
def test_a_bad_amendment_changes_nothing(client, headers, body, pointer):
    person = given_person(client, headers)
    answer = patch(client, headers, person, body)
    assert answer.status_code == 422
    assert {each["pointer"] for each in answer.json["errors"]} == {pointer}
    assert read(client, headers, person).json == person


def test_a_changed_name_stays_on_record_and_is_still_found(client, headers):
    person = given_person(client, headers, family_name="Maiden", given_names="Ann")
    changed = patch(client, headers, person, {"family_name": "Married"}).json
    assert [
        (each["type"], each["family_name"], each["given_names"]) for each in changed["aliases"]
    ] == [("former", "Maiden", "Ann")]
    for name, place in (("maiden", "former"), ("married", "main")):
        answer = client.get(f"/v1/people?name={name}", headers=headers("response_officer"))
        found = answer.json["items"]
        assert [(each["id"], each["why"][0]["in"]) for each in found] == [(person["id"], place)]


def test_history_holds_what_was_known_before(client, headers, connection):
    person = given_person(client, headers)
    patch(client, headers, person, {"family_name": "Later"})
    rows = ask(
        connection,
        """
        SELECT family_name, version, recorded_to IS NULL FROM persons_history
        WHERE id = :id ORDER BY recorded_from
        """,
        id=person["id"],
    )
    assert [tuple(row) for row in rows] == [("Example", 1, False), ("Later", 2, True)]


def test_a_post_with_the_same_key_is_answered_from_the_first(client, headers, connection):
    sent = headers("investigator", **{"Idempotency-Key": "k-1"})
    body = {"family_name": "Once", "pnc_id": PNC_ID}
    first, second = (client.post("/v1/people", json=body, headers=sent) for _ in range(2))
    assert second.headers["Idempotency-Replayed"] == "true"
    assert (second.status_code, second.json) == (201, first.json)
    assert len(ask(connection, "SELECT id FROM persons WHERE family_name = 'Once'")) == 1


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("response_officer", 403),
        ("offender_manager", 403),
        ("auditor", 403),
        ("supervisor", 201),
        ("investigator", 201),
    ],
)
def test_people_are_recorded_by_those_who_may(client, headers, role, status):
    answer = client.post("/v1/people", json={"family_name": "X"}, headers=headers(role))
    assert answer.status_code == status


def test_a_service_may_require_a_person_by_id_or_reference(client, headers, connection):
    person = given_person(client, headers)
    with transaction(connection, Work("33")) as session:
        for written in (person["id"], person["reference"]):
            assert str(service.require_person(session, written).id) == person["id"]
        with pytest.raises(NotFound):
            service.require_person(session, "P33-0000-0000")
