"""Search as an officer asks: by name, birth, identifier, place, vehicle and marker."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from builders import given_entry, given_person
from sqlalchemy import text

from offenders.db import Work, transaction

PNC_ID = "1998/1234567L"


def search(client, headers, role="response_officer", force="33", **criteria):
    return client.get(f"/v1/people?{urlencode(criteria)}", headers=headers(role, force=force))


def found(client, headers, role="response_officer", **criteria):
    answer = search(client, headers, role, **criteria)
    assert answer.status_code == 200, answer.json
    return [each["family_name"] for each in answer.json["items"]]


def reasons(item):
    return [(each["field"], each["how"], each["in"]) for each in item["why"]]


def now():
    return datetime.now(UTC).isoformat()


@pytest.mark.parametrize(
    ("family_name", "given_names", "searched", "how"),
    [
        ("Smith", "John", "smith", "exact"),
        ("Smith", "John", "John Smith", "exact"),
        ("Smith", "John", "SMITH, JOHN", "exact"),
        ("Smith", "John", "john smith", "exact"),
        ("Smith", "John", "jo smi", "beginning"),
        ("Smith", "John", "smith j", "beginning"),
        ("Smith", "John Paul", "paul smith", "exact"),
        ("Smith-Jones", "Ann", "smith-jones", "exact"),
        ("Smith-Jones", "Ann", "smith jones", "exact"),
        ("Smith-Jones", "Ann", "smithjones", "exact"),
        ("Smith-Jones", "Ann", "jones", "exact"),
        ("Smith-Jones", "Ann", "jones-smith", "exact"),
        ("Smith Jones", "Ann", "smith-jones", "exact"),
        ("Smithjones", "Ann", "smith-jones", "exact"),
        ("Smithjones", "Ann", "ann smith-jo", "beginning"),
        ("O'Brien", "Pat", "obrien", "exact"),
        ("O'Brien", "Pat", "o\u2019brien", "exact"),
        ("O Brien", "Pat", "O'Brien", "exact"),
        ("OBrien", "Pat", "O'Bri", "beginning"),
        ("McDonald", "Ian", "mc donald", "exact"),
        ("Mac Donald", "Ian", "macdonald", "exact"),
        ("van der Berg", "Ruth", "berg", "exact"),
        ("Núñez", "José", "jose nunez", "exact"),
        ("Łukasz", None, "lukasz", "exact"),
        ("王", "小明", "王", "exact"),
        ("Иванов", "Пётр", "иванов", "exact"),
        ("Иванов", "Пётр", "ива", "beginning"),
        ("عبد الله", "محمد", "محمد", "exact"),
    ],
)
def test_a_name_is_found_as_it_is_said(client, headers, family_name, given_names, searched, how):
    given_person(client, headers, family_name="Nobody", given_names="Else")
    given_person(client, headers, family_name=family_name, given_names=given_names)
    items = search(client, headers, name=searched).json["items"]
    assert [(each["family_name"], reasons(each)) for each in items] == [
        (family_name, [("name", how, "main")])
    ]


@pytest.mark.parametrize(
    "searched",
    [
        "jones",
        "ith",
        "john brown",
        "john smith brown green",
        "smith-brown",
        "johns mit",
        "b smith",
        "j smoothe",
    ],
)
def test_every_word_must_be_met(client, headers, searched):
    given_person(client, headers, family_name="Smith", given_names="John")
    assert found(client, headers, name=searched) == []


def test_the_words_must_be_met_by_one_name(client, headers):
    person = given_person(client, headers, family_name="Smith", given_names="Ann")
    given_entry(client, headers, person, "aliases", family_name="Brown", given_names="Jack")
    assert found(client, headers, name="jack brown") == ["Smith"]
    assert found(client, headers, name="ann brown") == []


def test_the_best_come_first_and_each_says_why(client, headers):
    names = ["Smithson", "Alias", "Former", "Smith", "Longer"]
    people = {name: given_person(client, headers, family_name=name) for name in names}
    given_entry(client, headers, people["Alias"], "aliases", family_name="Smith")
    given_entry(client, headers, people["Former"], "aliases", family_name="Smith", type="former")
    given_entry(client, headers, people["Longer"], "aliases", family_name="Smithers")
    items = search(client, headers, name="smith").json["items"]
    assert [(each["family_name"], *reasons(each)[0]) for each in items] == [
        ("Smith", "name", "exact", "main"),
        ("Alias", "name", "exact", "alias"),
        ("Former", "name", "exact", "former"),
        ("Smithson", "name", "beginning", "main"),
        ("Longer", "name", "beginning", "alias"),
    ]


def test_a_person_found_by_several_names_comes_once(client, headers):
    person = given_person(client, headers, family_name="Smith")
    given_entry(client, headers, person, "aliases", family_name="Smith", given_names="Bo")
    assert found(client, headers, name="smith") == ["Smith"]


@pytest.mark.parametrize(
    "searched",
    ["j", "j s", "smi%", "sm_th", "*", "?", "123", " ", "'", "x" * 201, "a b c d e f g h ij"],
)
def test_a_search_for_everybody_or_nobody_is_refused(client, headers, searched):
    answer = search(client, headers, name=searched)
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json["errors"]] == ["/name"]


@pytest.mark.parametrize(
    "searched", ["smith'; DROP TABLE persons;--", "sm\\ith", '"smith"', "{}ab"]
)
def test_a_search_text_is_only_text(client, headers, searched):
    assert search(client, headers, name=searched).status_code == 200


@pytest.mark.parametrize("criteria", [{}, {"limit": 5}])
def test_without_criteria_the_people_of_the_own_force_are_listed(client, headers, criteria):
    person = given_person(client, headers)
    assert [each["id"] for each in search(client, headers, **criteria).json["items"]] == [
        person["id"]
    ]
    assert search(client, headers, force="31", **criteria).json["items"] == []


@pytest.mark.parametrize(
    ("criteria", "pointer"),
    [
        ({"date_of_birth": "1990"}, "/date_of_birth"),
        ({"pnc_id": "1998/1234567A"}, "/pnc_id"),
        ({"cro_number": "x"}, "/cro_number"),
        ({"prison_number": "x"}, "/prison_number"),
        ({"registration_mark": "AB%"}, "/registration_mark"),
        ({"name": "smith", "limit": 201}, "/limit"),
        ({"name": "smith", "cursor": "abc"}, "/cursor"),
        ({"name": "smith", "as_at": "2099-01-01T00:00:00Z"}, "/as_at"),
        ({"name": "smith", "colour": "blue"}, "/colour"),
        ({"name": "a\x00b"}, "/name"),
    ],
)
def test_a_bad_criterion_is_named(client, headers, criteria, pointer):
    answer = search(client, headers, **criteria)
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json["errors"]] == [pointer]


@pytest.mark.parametrize(
    "criteria",
    [
        {"date_of_birth": "1984-02-29"},
        {"date_of_birth": "1985-01-01"},
        {"date_of_birth": "1986-01-01"},
        {"pnc_id": "98/1234567l"},
        {"cro_number": "123456/99l"},
        {"prison_number": "a1234bc"},
        {"postcode": "le11aa"},
        {"postcode": " Le1  1aA "},
        {"registration_mark": "ab12 cde"},
        {"marker": "WE"},
        {"name": "target", "date_of_birth": "1984-02-29", "postcode": "LE1 1AA", "marker": "WE"},
    ],
)
def test_each_criterion_finds_the_person_it_means(client, headers, criteria):
    given_person(client, headers, family_name="Target", given_names="Other")
    person = given_person(
        client,
        headers,
        family_name="Target",
        date_of_birth="1984-02-29",
        dates_of_birth=[{"date_of_birth": "1985-01-01"}],
        aliases=[{"family_name": "Mask", "date_of_birth": "1986-01-01"}],
        pnc_id=PNC_ID,
        cro_number="123456/99L",
        prison_number="A1234BC",
        addresses=[{"lines": ["1 Made-up Road"], "postcode": "LE1 1AA"}],
        vehicles=[{"registration_mark": "AB12CDE"}],
    )
    given_entry(client, headers, person, "markers", code="WE", rationale="Carries a knife")
    (item,) = search(client, headers, **criteria).json["items"]
    assert item["id"] == person["id"]
    assert item["markers"] == [{"code": "WE", "name": "Weapons"}]
    assert [each["field"] for each in item["why"]] == list(criteria)
    assert "certain" not in str(item)


def test_all_criteria_must_match(client, headers):
    given_person(client, headers, family_name="Smith", date_of_birth="1990-01-01")
    assert found(client, headers, name="smith", date_of_birth="1972-01-02") == []
    assert found(client, headers, name="smith", managed_by="4711") == []
    assert found(client, headers, managed_by="4711") == []
    assert found(client, headers, name="smith", force="31") == []
    assert found(client, headers, name="smith", force="33") == ["Smith"]


def test_another_force_finds_only_its_own(client, headers):
    given_person(client, headers, family_name="Smith", pnc_id=PNC_ID)
    for criteria in ({"name": "smith"}, {"pnc_id": PNC_ID}, {"date_of_birth": "1990-01-01"}):
        answer = search(client, headers, force="31", **criteria)
        assert answer.json == {"items": [], "next": None}


def test_a_marker_that_was_removed_finds_nobody(client, headers):
    person = given_person(client, headers, family_name="Calm")
    marker = given_entry(client, headers, person, "markers", code="VI", rationale="Fights")
    known_then = now()
    given_entry(client, headers, person, f"markers/{marker['id']}/removals", reason="Reviewed")
    assert found(client, headers, marker="VI") == []
    assert found(client, headers, marker="VI", as_at=known_then) == ["Calm"]


def test_an_invalid_identifier_never_matches(client, headers, connection):
    person = given_person(client, headers, family_name="Kept")
    with transaction(connection, Work("33")) as session:
        session.execute(
            text("""
                INSERT INTO person_identifiers (force, id, person_id, type, value, state, raw_value,
                                                source, recorded_by, recorded_at)
                VALUES ('33', gen_random_uuid(), :person, 'prison_number', NULL, 'invalid',
                        'A1234BC', 'import', 'import', clock_timestamp())
            """),
            {"person": person["id"]},
        )
    assert found(client, headers, prison_number="A1234BC") == []
    summary = client.get(f"/v1/people/{person['id']}", headers=headers("investigator")).json
    assert summary["prison_number"] is None
    assert [
        (each["state"], each["value"], each["raw_value"]) for each in summary["identifiers"]
    ] == [("invalid", None, "A1234BC")]


# Pages and moments.


def test_pages_hold_every_row_once_while_others_are_written(client, headers):
    made = [given_person(client, headers, family_name="Smith")["id"] for _ in range(5)]
    made += [given_person(client, headers, family_name="Smithson")["id"] for _ in range(2)]
    seen, criteria = [], {"name": "smith", "limit": 2}
    while True:
        page = search(client, headers, **criteria).json
        seen += [each["id"] for each in page["items"]]
        if page["next"] is None:
            break
        given_person(client, headers, family_name="Smith")
        given_person(client, headers, family_name="Aaron")
        criteria["cursor"] = page["next"]
    assert [each for each in seen if each in made] == made
    assert len(seen) == len(set(seen))


def test_a_cursor_shows_no_name_and_fits_its_own_search_only(client, headers):
    for _ in range(2):
        given_person(client, headers, family_name="Smith")
    page = search(client, headers, name="smith", limit=1, count="true").json
    assert page["total"] == 2
    content = urlsafe_b64decode(page["next"] + "==")
    assert b"mith" not in content.lower()
    assert b"1990-01-01" not in content
    other = search(client, headers, name="smithson", limit=1, cursor=page["next"])
    assert other.status_code == 422


def test_a_search_as_at_a_moment_gives_what_was_known_then(client, headers):
    before = now()
    person = given_person(client, headers, family_name="Smith", given_names="Ann")
    then = now()
    sent = headers("investigator") | {"If-Match": '"1"'}
    body = {"family_name": "Brown", "date_of_birth": "1991-01-01"}
    client.patch(f"/v1/people/{person['id']}", json=body, headers=sent)
    given_entry(client, headers, person, "aliases", family_name="Black")
    given_entry(client, headers, person, "vehicles", registration_mark="AB12CDE")

    def at(moment, **criteria):
        items = search(client, headers, as_at=moment, **criteria).json["items"]
        return [(each["family_name"], each["version"], each["why"][0]["in"]) for each in items]

    assert at(before, name="smith") == []
    assert at(then, name="smith") == [("Smith", 1, "main")]
    assert at(then, name="brown") == at(then, name="black") == []
    assert at(then, date_of_birth="1990-01-01") == [("Smith", 1, "main")]
    assert at(then, date_of_birth="1991-01-01") == []
    assert at(now(), name="smith") == [("Brown", 2, "former")]
    assert at(now(), name="brown") == [("Brown", 2, "main")]
    assert at(now(), name="black") == [("Brown", 2, "alias")]
    assert search(client, headers, as_at=then, registration_mark="AB12CDE").json["items"] == []
    assert len(search(client, headers, as_at=now(), registration_mark="AB12CDE").json["items"]) == 1


def test_a_search_is_audited_with_those_it_showed_and_without_what_was_asked(
    client, headers, connection
):
    people = [given_person(client, headers, family_name="Smith")["id"] for _ in range(2)]
    search(client, headers, name="smith", date_of_birth="1990-01-01")
    with transaction(connection, Work("33")) as session:
        (event,) = session.execute(
            text("""
                SELECT subject_ids, audit_class, details FROM audit_events
                WHERE action = 'persons.search'
            """)
        ).all()
    assert [str(each) for each in event.subject_ids] == people
    assert event.audit_class == "consultation"
    assert event.details == {"criteria": ["date_of_birth", "name"]}


def test_the_index_of_words_is_used_under_row_level_security(connection, client, headers):
    given_person(client, headers, family_name="Smith")
    with transaction(connection, Work("33")) as session:
        for switch in ("enable_seqscan", "enable_sort"):
            session.execute(text(f"SET LOCAL {switch} = off"))
        plan = session.execute(
            text("""
                EXPLAIN SELECT person_id FROM person_name_tokens
                WHERE force = '33' AND token ~>=~ 'SMI' AND token ~<~ 'SMJ'
                ORDER BY token USING ~<~
            """)
        ).scalars()
        assert "token ~>=~ 'SMI'" in " ".join(line for line in plan if "Index Cond" in line)
