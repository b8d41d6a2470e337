"""What hangs on a person: addresses, identifiers, markers, associations and notes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from builders import given_entry, given_neighbourhood, given_person, given_want
from sqlalchemy import text

from offenders import clock
from offenders.db import Work, transaction

PNC_ID = "1998/1234567L"
INSIDE = {"latitude": 52.005, "longitude": -0.995}


def path(person, kind=""):
    return f"/v1/people/{person['id']}" + (f"/{kind}" if kind else "")


def add(client, headers, person, kind, body, role="investigator", **more):
    return client.post(path(person, kind), json=body, headers=headers(role) | more)


def listed(client, headers, person, kind, role="investigator", query="", **more):
    answer = client.get(path(person, kind) + query, headers=headers(role, **more))
    assert answer.status_code == 200, answer.json
    return answer.json


def read(client, headers, person, role="investigator"):
    return client.get(path(person), headers=headers(role)).json


def now():
    return datetime.now(UTC).isoformat().replace("+", "%2B")


def masked_in_audit(connection, action):
    with transaction(connection, Work("33")) as session:
        rows = session.execute(
            text("SELECT masked FROM audit_events WHERE action = :action ORDER BY at, id"),
            {"action": action},
        )
        return [row.masked for row in rows]


EXAMPLES = [
    ("aliases", {"family_name": "Mask", "given_names": "Jo", "date_of_birth": "1991-01-01"}),
    ("dates-of-birth", {"date_of_birth": "1991-02-03", "precision": "approximate"}),
    ("identifiers", {"type": "passport", "value": "123", "source": "seen"}),
    ("addresses", {"lines": ["1 Made-up Road"], "postcode": "LE1 1AA", "to": "2030-01-01"}),
    ("vehicles", {"registration_mark": "AB12CDE", "make": "Ford"}),
    ("markers", {"code": "WE", "rationale": "Carries a knife", "source": "custody"}),
    ("notes", {"text": "Seen at the market", "grade": "1BP", "handling": "normal"}),
]


@pytest.mark.parametrize(("kind", "body"), EXAMPLES)
def test_what_is_added_is_listed_newest_first_and_audited(client, headers, connection, kind, body):
    person = given_person(client, headers)
    first = add(client, headers, person, kind, body)
    assert first.status_code == 201
    assert first.headers["Location"] == path(person, kind)
    assert {key: first.json[key] for key in body} == body
    second = add(client, headers, person, kind, body | {"code": "VI"} if "code" in body else body)
    items = listed(client, headers, person, kind)["items"]
    assert items == [second.json, first.json]
    assert read(client, headers, person)["version"] == 1
    with transaction(connection, Work("33")) as session:
        rows = session.execute(
            text("""
                SELECT audit_class, subject_ids FROM audit_events
                WHERE action LIKE 'persons.add-%' OR action LIKE 'persons.list-%' ORDER BY at, id
            """)
        ).all()
    assert [row.audit_class for row in rows] == ["collection", "collection", "consultation"]
    assert {str(each) for row in rows for each in row.subject_ids} == {person["id"]}


@pytest.mark.parametrize(("kind", "body"), EXAMPLES)
def test_a_list_as_at_a_moment_holds_what_was_recorded_by_then(client, headers, kind, body):
    person = given_person(client, headers)
    before = now()
    add(client, headers, person, kind, body)
    assert listed(client, headers, person, kind, query=f"?as_at={before}")["items"] == []
    assert len(listed(client, headers, person, kind, query=f"?as_at={now()}")["items"]) == 1


@pytest.mark.parametrize(("kind", "body"), EXAMPLES)
def test_a_version_that_is_sent_must_be_the_present_one(client, headers, kind, body):
    person = given_person(client, headers)
    stale = add(client, headers, person, kind, body, **{"If-Match": '"9"'})
    assert stale.status_code == 412
    assert add(client, headers, person, kind, body, **{"If-Match": '"1"'}).status_code == 201


@pytest.mark.parametrize(
    ("kind", "body", "pointer"),
    [
        ("aliases", {}, "/family_name"),
        ("aliases", {"family_name": "A", "type": "nickname"}, "/type"),
        ("dates-of-birth", {"date_of_birth": "2999-01-01"}, "/date_of_birth"),
        ("identifiers", {"type": "pnc_id", "value": "1998/1234567A"}, "/value"),
        ("identifiers", {"type": "pnc", "value": "1"}, "/type"),
        ("addresses", {"lines": ["1"], "neighbourhood": "E0"}, "/neighbourhood"),
        ("addresses", {"lines": "1 Made-up Road"}, "/lines"),
        ("vehicles", {"registration_mark": ""}, "/registration_mark"),
        ("vehicles", {}, "/registration_mark"),
        ("markers", {"code": "WE"}, "/rationale"),
        ("markers", {"code": "QQ", "rationale": "x"}, "/code"),
        ("markers", {"code": "WE", "rationale": "x", "from": "2999-01-01"}, "/from"),
        (
            "markers",
            {"code": "WE", "rationale": "x", "from": "2025-02-01", "review_on": "2025-01-01"},
            "/review_on",
        ),
        ("associations", {"person_id": "P33-0000-0000", "type": "partner"}, "/person_id"),
        ("associations", {"type": "partner"}, "/person_id"),
        ("notes", {"text": ""}, "/text"),
        ("notes", {"text": "x", "grade": "9ZZ"}, "/grade"),
        ("notes", {"text": "x", "handling": "secret"}, "/handling"),
        ("notes", {"text": "x", "occurred_at": "2999-01-01T00:00:00Z"}, "/occurred_at"),
        ("notes", {"text": "a\x00b"}, "/text"),
        ("notes", {"text": "x", "recorded_by": "someone"}, "/recorded_by"),
    ],
)
def test_a_bad_entry_is_refused_with_its_field(client, headers, kind, body, pointer):
    answer = add(client, headers, given_person(client, headers), kind, body)
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json["errors"]] == [pointer]


def test_pages_of_entries_hold_every_row_once_while_others_are_added(client, headers):
    person = given_person(client, headers)
    for number in range(5):
        given_entry(client, headers, person, "notes", text=f"note {number}")
    seen, query = [], "?limit=2&count=true"
    while True:
        page = listed(client, headers, person, "notes", query=query)
        seen += [each["text"] for each in page["items"]]
        if page["next"] is None:
            break
        given_entry(client, headers, person, "notes", text="late")
        query = f"?limit=2&cursor={page['next']}"
    assert seen == ["note 4", "note 3", "note 2", "note 1", "note 0"]


def test_a_second_person_with_a_pnc_id_is_refused_here_too(client, headers):
    first = given_person(client, headers, pnc_id=PNC_ID)
    body = {"type": "pnc_id", "value": "98/1234567l"}
    for person in (first, given_person(client, headers)):
        answer = add(client, headers, person, "identifiers", body)
        assert (answer.status_code, answer.json["existing"]) == (409, path(first))


def test_a_date_of_birth_given_with_an_alias_is_one_more_of_the_person(client, headers):
    person = given_person(client, headers, date_of_birth="1990-01-01")
    for born in ("1990-01-01", "1992-02-02", "1992-02-02"):
        given_entry(client, headers, person, "aliases", family_name="Mask", date_of_birth=born)
    further = read(client, headers, person)["dates_of_birth"]
    assert [each["date_of_birth"] for each in further] == ["1992-02-02"]


# Addresses.


def test_a_point_finds_its_neighbourhood_and_the_person_moves_there(client, headers, connection):
    given_neighbourhood(client, "E1", lpa="N")
    person = given_person(client, headers)
    address = given_entry(client, headers, person, "addresses", **INSIDE)
    assert address["neighbourhood"] == "E1"
    moved = read(client, headers, person)
    assert (moved["neighbourhood"], moved["lpa"], moved["version"]) == ("E1", "N", 1)
    with transaction(connection, Work("33")) as session:
        rows = session.execute(
            text("SELECT neighbourhood FROM persons_history WHERE id = :id ORDER BY recorded_from"),
            {"id": person["id"]},
        )
        assert [row.neighbourhood for row in rows] == [None, "E1"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"neighbourhood": "E1"}, "E1"),
        (INSIDE | {"neighbourhood": "E1"}, "E1"),
        ({"latitude": 51.0, "longitude": -0.995}, None),
        ({"latitude": 51.0, "longitude": -0.995, "neighbourhood": "E2"}, "E2"),
        ({"lines": ["1 Made-up Road"]}, None),
    ],
)
def test_a_named_neighbourhood_stands_where_the_point_says_nothing(
    client, headers, given, expected
):
    given_neighbourhood(client, "E1")
    given_neighbourhood(client, "E2", south_west=(53.0, -1.0))
    address = given_entry(client, headers, given_person(client, headers), "addresses", **given)
    assert address["neighbourhood"] == expected


def test_a_point_in_another_neighbourhood_than_the_named_is_refused(client, headers):
    given_neighbourhood(client, "E1")
    given_neighbourhood(client, "E2", south_west=(53.0, -1.0))
    body = INSIDE | {"neighbourhood": "E2"}
    answer = add(client, headers, given_person(client, headers), "addresses", body)
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json["errors"]] == ["/neighbourhood"]


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [
        ([("E1", "home", {})], "E1"),
        ([("E1", "home", {"from": "2020-01-01"}), ("E2", "home", {"from": "2024-01-01"})], "E2"),
        ([("E1", "home", {"from": "2024-01-01"}), ("E2", "home", {"from": "2020-01-01"})], "E1"),
        ([("E1", "home", {}), ("E2", "home", {})], "E1"),
        ([("E1", "home", {}), ("E2", "work", {})], "E1"),
        ([("E2", "work", {}), ("E1", "home", {})], "E1"),
        ([("E1", "home", {"to": "2024-01-01"}), ("E2", "partner", {})], "E2"),
        ([("E1", "home", {"to": "2999-01-01"}), ("E2", "partner", {})], "E1"),
        ([("E1", "home", {"from": "2999-01-01"}), ("E2", "partner", {})], "E2"),
        ([("E1", "previous", {})], None),
        ([("E1", "home", {"to": "2024-01-01"})], None),
        ([(None, "no_fixed_abode", {})], None),
    ],
)
def test_the_current_address_says_where_the_person_belongs(client, headers, addresses, expected):
    given_neighbourhood(client, "E1")
    given_neighbourhood(client, "E2", south_west=(53.0, -1.0))
    body = [
        {"neighbourhood": neighbourhood, "type": kind, **more}
        for neighbourhood, kind, more in addresses
    ]
    person = given_person(client, headers, addresses=body)
    assert person["neighbourhood"] == expected
    assert [each["type"] for each in person["addresses"]] == [kind for _, kind, _ in addresses]


def test_wants_move_with_the_current_address(client, headers):
    given_neighbourhood(client, "E1", lpa="N")
    person = given_person(client, headers)
    following = given_want(client, headers, person=person, crime_reference="1")
    assert following["neighbourhood"] is None
    given_entry(client, headers, person, "addresses", neighbourhood="E1")
    moved = client.get(f"/v1/wanted/{following['id']}", headers=headers("response_officer")).json
    assert (moved["neighbourhood"], moved["lpa"]) == ("E1", "N")


# Protection of victims.


@pytest.fixture
def victim(client, headers):
    given_neighbourhood(client, "E1")
    suspect = given_person(client, headers, family_name="Suspect")
    person = given_person(
        client,
        headers,
        family_name="Victim",
        addresses=[{"lines": ["1 Made-up Road"], "postcode": "LE1 1AA", "neighbourhood": "E1"}],
    )
    given_entry(client, headers, suspect, "associations", person_id=person["id"], type="victim_of")
    return {"suspect": suspect, "victim": person}


def test_a_protected_address_is_masked_by_name_and_the_masking_audited(
    client, headers, connection, victim
):
    shown = read(client, headers, victim["victim"])
    assert (shown["neighbourhood"], len(shown["addresses"])) == ("E1", 1)
    assert (shown["are_addresses_protected"], shown["masked"]) == (True, [])
    hidden = read(client, headers, victim["victim"], "response_officer")
    assert hidden.keys() == shown.keys()
    assert (hidden["addresses"], hidden["neighbourhood"], hidden["lpa"]) == ([], None, None)
    assert hidden["masked"] == ["addresses", "lpa", "neighbourhood"]
    assert "Made-up Road" not in str(hidden)
    assert masked_in_audit(connection, "persons.read") == [
        [],
        ["addresses", "lpa", "neighbourhood"],
    ]


def test_a_list_of_protected_addresses_is_empty_and_says_so(client, headers, connection, victim):
    page = listed(client, headers, victim["victim"], "addresses", "response_officer", "?count=true")
    assert page == {"items": [], "next": None, "total": 0, "masked": ["addresses"]}
    assert masked_in_audit(connection, "persons.list-addresses") == [["addresses"]]
    assert len(listed(client, headers, victim["victim"], "addresses")["items"]) == 1


@pytest.mark.parametrize(
    "query",
    ["postcode=LE11AA", "name=victim&neighbourhood=E1", "name=victim&lpa=N", "postcode=le1+1aa"],
)
def test_nobody_is_found_by_an_address_the_reader_may_not_see(client, headers, victim, query):
    del victim
    counted = f"/v1/people?count=true&{query}"
    hidden = client.get(counted, headers=headers("neighbourhood_officer")).json
    assert (hidden["items"], hidden["total"]) == ([], 0)
    seen = client.get(counted, headers=headers("investigator")).json
    assert [each["family_name"] for each in seen["items"]] == ["Victim"]
    before = f"{counted}&as_at={now()}"
    assert client.get(before, headers=headers("neighbourhood_officer")).json["items"] == []


def test_who_is_a_victim_of_whom_is_not_shown_to_every_reader(client, headers, connection, victim):
    shown = read(client, headers, victim["suspect"])
    assert [
        (each["type"], each["person_id"], each["person"]["family_name"])
        for each in shown["associations"]
    ] == [("victim_of", victim["victim"]["id"], "Victim")]
    hidden = read(client, headers, victim["suspect"], "response_officer")
    assert (hidden["associations"], hidden["masked"]) == ([], ["associations.victim_of"])
    page = listed(client, headers, victim["suspect"], "associations", "response_officer")
    assert page == {"items": [], "next": None, "masked": ["associations.victim_of"]}
    assert masked_in_audit(connection, "persons.list-associations") == [["associations.victim_of"]]


def test_the_other_person_of_an_association_counts_as_read(client, headers, connection):
    person, other = given_person(client, headers), given_person(client, headers)
    body = {"person_id": other["reference"], "type": "partner", "from": "2020-01-01"}
    add(client, headers, person, "associations", body)
    listed(client, headers, person, "associations")
    with transaction(connection, Work("33")) as session:
        ids = session.execute(
            text("SELECT subject_ids FROM audit_events WHERE action = 'persons.list-associations'")
        ).scalar()
    assert [str(each) for each in ids] == [person["id"], other["id"]]


def test_the_other_person_must_be_another_of_this_force(client, headers):
    person, theirs = given_person(client, headers), given_person(client, headers, force="31")
    details = [
        add(client, headers, person, "associations", {"person_id": each, "type": "sibling"}).json
        for each in (theirs["id"], "0192f0c1-2b3c-8021-8000-000000000000", person["id"])
    ]
    assert details[0]["errors"] == details[1]["errors"]
    assert [each["pointer"] for each in details[2]["errors"]] == ["/person_id"]


# Markers.


def test_a_marker_is_reviewed_by_the_figure_in_force(client, headers):
    today = clock.today()
    marker = given_entry(
        client, headers, given_person(client, headers), "markers", code="FI", rationale="Told so"
    )
    assert (marker["from"], marker["review_on"]) == (str(today), str(today + timedelta(days=365)))
    assert (marker["name"], marker["verified"], marker["state"]) == ("Firearms", False, "active")


def test_one_marker_of_a_code_is_active_and_its_end_is_kept(client, headers):
    person = given_person(client, headers)
    today = clock.today()
    body = {"code": "WE", "rationale": "Carries a knife", "from": str(today - timedelta(days=9))}
    first = add(client, headers, person, "markers", body).json
    again = add(client, headers, person, "markers", body)
    assert (again.status_code, again.json["existing"]) == (409, path(person, "markers"))
    in_summary = {
        "id": first["id"],
        "code": "WE",
        "name": "Weapons",
        "verified": False,
        "since": str(today - timedelta(days=9)),
        "review_on": str(today + timedelta(days=356)),
        "is_review_overdue": False,
    }
    assert read(client, headers, person)["markers"] == [in_summary]
    then = now()
    rule = f"markers/{first['id']}/removals"
    assert add(client, headers, person, rule, {}).status_code == 422
    ended = add(client, headers, person, rule, {"reason": "Reviewed"})
    assert (ended.status_code, ended.json["state"]) == (201, "removed")
    assert (ended.json["removal_reason"], ended.json["removed_at"] is None) == ("Reviewed", False)
    assert add(client, headers, person, rule, {"reason": "Again"}).status_code == 409
    assert read(client, headers, person)["markers"] == []
    assert add(client, headers, person, "markers", body).status_code == 201

    def states(query):
        items = listed(client, headers, person, "markers", query=query)["items"]
        return [(each["state"], each["removal_reason"]) for each in items]

    assert states("") == [("active", None)]
    assert states("?state=removed") == [("removed", "Reviewed")]
    assert states("?state=all") == [("active", None), ("removed", "Reviewed")]
    assert states(f"?as_at={then}") == [("active", None)]


def test_a_marker_of_another_person_is_not_there(client, headers):
    person, other = given_person(client, headers), given_person(client, headers)
    marker = given_entry(client, headers, other, "markers", code="WE", rationale="Knife")
    for written in (marker["id"], "nothing"):
        rule = f"markers/{written}/removals"
        assert add(client, headers, person, rule, {"reason": "x"}).status_code == 404


# Notes.


def test_a_note_is_seen_by_its_author_and_by_those_its_handling_allows(client, headers):
    person = given_person(client, headers)
    for handling in ("normal", "restricted", "covert"):
        given_entry(client, headers, person, "notes", text=handling, handling=handling)
    seen = {
        role: (
            [each["text"] for each in listed(client, headers, person, "notes", role)["items"]],
            listed(client, headers, person, "notes", role, "?count=true")["total"],
            read(client, headers, person, role)["notes"],
        )
        for role in ("response_officer", "investigator", "duty_inspector")
    }
    assert seen == {
        "response_officer": (["normal"], 1, 1),
        "investigator": (["restricted", "normal"], 2, 2),
        "duty_inspector": (["covert", "restricted", "normal"], 3, 3),
    }


def test_an_officer_writes_a_covert_note_and_reads_it_again(client, headers):
    person = given_person(client, headers)
    body = {"text": "From a source", "grade": "1ap", "handling": "covert"}
    note = add(client, headers, person, "notes", body, "response_officer")
    assert (note.status_code, note.json["grade"]) == (201, "1AP")
    assert listed(client, headers, person, "notes", "response_officer")["items"] == [note.json]
    assert listed(client, headers, person, "notes")["items"] == []


@pytest.mark.parametrize(
    ("role", "kind", "status"),
    [
        ("response_officer", "notes", 201),
        ("response_officer", "aliases", 403),
        ("iom_officer", "markers", 403),
        ("chief_officer", "notes", 403),
        ("investigator", "markers", 201),
    ],
)
def test_entries_are_added_by_those_who_may(client, headers, role, kind, status):
    answer = add(client, headers, given_person(client, headers), kind, dict(EXAMPLES)[kind], role)
    assert answer.status_code == status
