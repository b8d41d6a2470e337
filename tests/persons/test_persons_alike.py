"""Search as people spell: what is found, why, in which order, and what is never found."""

from __future__ import annotations

from datetime import UTC, date, datetime
from urllib.parse import urlencode

import pytest
from builders import given_entry, given_person
from sqlalchemy import text

from offenders.db import Work, transaction
from offenders.domain.imports.service import run_rows
from offenders.domain.persons.name_words import find_words, keep_words


def search(client, headers, role="response_officer", force="33", **criteria):
    answer = client.get(f"/v1/people?{urlencode(criteria)}", headers=headers(role, force=force))
    assert answer.status_code == 200, answer.json
    return answer.json["items"]


def found(client, headers, **criteria):
    return [each["family_name"] for each in search(client, headers, **criteria)]


def name_reason(item):
    (reason,) = (each for each in item["why"] if each["field"] == "name")
    return reason


def hows(item):
    return [(each["asked"], each["recorded"], each["how"]) for each in name_reason(item)["words"]]


@pytest.mark.parametrize(
    ("family_name", "given_names", "asked", "how"),
    [
        ("Smith", "John", "smithh john", ("SMITHH", "SMITH", "sounds_alike")),
        ("Smith", "John", "smuth john", ("SMUTH", "SMITH", "typing_error")),
        ("Smith", "John", "samith john", ("SAMITH", "SMITH", "typing_error")),
        ("Smith", "John", "mith john", ("MITH", "SMITH", "typing_error")),
        ("Smith", "John", "simth john", ("SIMTH", "SMITH", "typing_error")),
        ("Smith", "John", "smyth john", ("SMYTH", "SMITH", "sounds_alike")),
        ("Smith", "John", "smith jack", ("JACK", "JOHN", "short_form")),
        ("Smith", "J", "john smith", ("JOHN", "J", "initial")),
        ("Smith", "William", "bill smith", ("BILL", "WILLIAM", "short_form")),
        ("Smith", "Liz", "elizabeth smith", ("ELIZABETH", "LIZ", "short_form")),
        ("Jones", "Kathryn", "catherine jones", ("CATHERINE", "KATHRYN", "sounds_alike")),
        ("Jones", "Micheal", "michael jones", ("MICHAEL", "MICHEAL", "sounds_alike")),
        ("Jones", "Shaun", "sean jones", ("SEAN", "SHAUN", "other_spelling")),
        ("Khan", "Mohammed", "mohd khan", ("MOHD", "MOHAMMED", "other_spelling")),
        ("Khan", "Muhammad", "mohamed khan", ("MOHAMED", "MUHAMMAD", "other_spelling")),
        ("Philips", "Ann", "phillips", ("PHILLIPS", "PHILIPS", "sounds_alike")),
        ("O'Brien", "Pat", "o brien", ("O BRIEN", "OBRIEN", "equal")),
        ("O'Brien", "Pat", "o bryan", ("O BRYAN", "OBRIEN", "sounds_alike")),
        ("O'Brien", "Pat", "brien", ("BRIEN", "OBRIEN", "typing_error")),
        ("MacDonald", "Ian", "mc donald", ("MCDONALD", "MACDONALD", "sounds_alike")),
        ("McDonald", "Ian", "mac donald", ("MACDONALD", "MCDONALD", "sounds_alike")),
        ("van der Berg", "Ruth", "vanderberg", ("VANDERBERG", "VANDERBERG", "equal")),
        ("Vandenberg", "Ruth", "van den berg", ("VAN DEN BERG", "VANDENBERG", "equal")),
        ("Al-Hassan", "Omar", "al hasan", ("HASAN", "HASSAN", "sounds_alike")),
        ("Al-Hassan", "Omar", "alhasan", ("ALHASAN", "ALHASSAN", "sounds_alike")),
        ("Smith-Jones", "Ann", "smithjnoes", ("SMITHJNOES", "SMITHJONES", "typing_error")),
        ("Smith-Jones", "Ann", "jonse", ("JONSE", "JONES", "typing_error")),
        ("Wójcik", "Łukasz", "wojick", ("WOJICK", "WOJCIK", "typing_error")),
        ("Иванов", "Пётр", "иваонв", ("ИВАОНВ", "ИВАНОВ", "typing_error")),
    ],
)
def test_a_name_is_found_as_it_is_misspelt(client, headers, family_name, given_names, asked, how):
    given_person(client, headers, family_name="Nobody", given_names="Else")
    given_person(client, headers, family_name=family_name, given_names=given_names)
    (item,) = search(client, headers, name=asked)
    assert item["family_name"] == family_name
    assert how in hows(item)
    assert item["band"] == "possible"


@pytest.mark.parametrize(
    ("family_name", "given_names", "asked"),
    [
        ("Smith", "John", "jones"),
        ("Smith", "John", "smart john"),
        ("Smith", "John", "smith jane"),
        ("Smith", "John", "smith bob"),
        ("Lee", "Ann", "len"),
        ("Lee", "Ann", "lou lee"),
        ("Ng", "Wai", "nu"),
        ("Khan", "Ali", "kent"),
        ("Patel", "Amit", "parker"),
        ("Smith", "John", "brown john smyth-green"),
        ("Jones", "S", "smith"),
        ("O Neill", "Ann", "oliver"),
        ("Jones", "O", "bin omar"),
    ],
)
def test_another_name_is_not_found(client, headers, family_name, given_names, asked):
    given_person(client, headers, family_name=family_name, given_names=given_names)
    assert found(client, headers, name=asked) == []


def test_what_stands_as_asked_comes_before_what_is_only_alike(client, headers):
    made = ["Smuth", "Smithson", "Smith", "Smyth"]
    for name in made:
        given_person(client, headers, family_name=name, given_names="John")
    items = search(client, headers, name="john smith")
    assert [(each["family_name"], name_reason(each)["how"]) for each in items] == [
        ("Smith", "exact"),
        ("Smithson", "beginning"),
        ("Smyth", "alike"),
        ("Smuth", "alike"),
    ]


def test_one_word_too_many_comes_last_and_says_what_is_missing(client, headers):
    given_person(client, headers, family_name="Smith", given_names="John")
    given_person(client, headers, family_name="Smyth", given_names="John Paul")
    first, last = search(client, headers, name="john paul smith")
    assert (first["family_name"], name_reason(first)["how"]) == ("Smyth", "alike")
    assert (last["family_name"], name_reason(last)["how"]) == ("Smith", "partial")
    assert name_reason(last)["missing"] == ["PAUL"]


def test_names_the_other_way_round_are_found_and_marked(client, headers):
    given_person(client, headers, family_name="John", given_names="Smith")
    (item,) = search(client, headers, name="john smith")
    assert name_reason(item)["swapped"] is True
    assert [(each["part"], each["recorded"]) for each in name_reason(item)["words"]] == [
        ("family", "JOHN"),
        ("given", "SMITH"),
    ]
    (item,) = search(client, headers, name="john, smith")
    assert "swapped" not in name_reason(item)


@pytest.mark.parametrize(("kind", "asked"), [("alias", "jnoes"), ("former", "joness")])
def test_aliases_and_former_names_are_found_misspelt(client, headers, kind, asked):
    person = given_person(client, headers, family_name="Smith", given_names="Ann")
    given_entry(
        client, headers, person, "aliases", family_name="Jones", given_names="Ann", type=kind
    )
    (item,) = search(client, headers, name=f"ann {asked}")
    assert (item["family_name"], name_reason(item)["in"]) == ("Smith", kind)


@pytest.mark.parametrize(
    ("asked", "how"),
    [
        ("1985-03-04", "exact"),
        ("1985-04-03", "day_and_month_swapped"),
        ("1958-03-04", "digits_swapped"),
        ("1984-03-04", "year_off_by_one"),
        ("1986-03-04", "year_off_by_one"),
    ],
)
def test_a_slip_in_the_date_of_birth_is_found_with_the_name_and_said(client, headers, asked, how):
    given_person(
        client, headers, family_name="Smith", given_names="Ann", date_of_birth="1985-03-04"
    )
    (item,) = search(client, headers, name="ann smith", date_of_birth=asked)
    reason = item["why"][1]
    assert (reason["field"], reason["how"]) == ("date_of_birth", how)
    assert reason.get("recorded") == (None if how == "exact" else "1985-03-04")
    assert item["band"] == ("match" if how == "exact" else "possible")
    alone = search(client, headers, date_of_birth=asked)
    assert len(alone) == (how == "exact")


@pytest.mark.parametrize("asked", ["1985-03-15", "1975-05-04", "1986-03-05"])
def test_another_date_of_birth_finds_nobody(client, headers, asked):
    given_person(client, headers, family_name="Smith", date_of_birth="1985-03-04")
    assert found(client, headers, name="smith", date_of_birth=asked) == []


def test_further_and_approximate_dates_of_birth_speak_too(client, headers):
    given_person(
        client,
        headers,
        family_name="Smith",
        date_of_birth="1970-01-01",
        date_of_birth_precision="approximate",
        dates_of_birth=[{"date_of_birth": "1985-03-04"}],
    )
    (item,) = search(client, headers, name="smith", date_of_birth="1970-08-09")
    assert item["why"][1] == {
        "field": "date_of_birth",
        "how": "approximate",
        "in": "main",
        "recorded": "1970-01-01",
    }
    (item,) = search(client, headers, name="smith", date_of_birth="1985-04-03")
    assert (item["why"][1]["in"], item["why"][1]["recorded"]) == ("further", "1985-03-04")


def test_the_right_date_of_birth_stands_for_a_name_that_is_missing_and_a_near_one_does_not(
    client, headers
):
    given_person(
        client, headers, family_name="Smith", given_names="Ann", date_of_birth="1985-03-04"
    )
    (item,) = search(client, headers, name="grace smyth", date_of_birth="1985-03-04")
    assert name_reason(item)["missing"] == ["GRACE"]
    assert item["band"] == "possible"
    assert found(client, headers, name="grace smyth", date_of_birth="1985-04-03") == []
    assert found(client, headers, name="grace jones", date_of_birth="1985-03-04") == []


@pytest.mark.parametrize(
    ("criteria", "band"),
    [
        ({"name": "ann smith"}, "possible"),
        ({"name": "ann smith", "date_of_birth": "1985-03-04"}, "match"),
        ({"name": "smith", "date_of_birth": "1985-03-04"}, "possible"),
        ({"name": "ann smi", "date_of_birth": "1985-03-04"}, "possible"),
        ({"date_of_birth": "1985-03-04"}, "possible"),
        ({"prison_number": "A1234BC"}, "match"),
        ({"lpa": "X"}, None),
    ],
)
def test_only_an_identifier_or_a_full_name_with_its_birth_is_a_match(
    client, headers, criteria, band
):
    given_person(
        client,
        headers,
        family_name="Smith",
        given_names="Ann",
        date_of_birth="1985-03-04",
        prison_number="A1234BC",
    )
    items = search(client, headers, **criteria)
    assert [each.get("band") for each in items] == ([band] if band else [])


def test_another_force_is_never_seen_nor_are_its_words(client, headers, connection):
    given_person(client, headers, family_name="Zwyntrakowski", force="31")
    assert found(client, headers, name="zwyntrakovski") == []
    with transaction(connection, Work("33")) as session:
        assert find_words(session, ["ZWYNTRAKOVSKI"]) == []
        seen = session.execute(text("SELECT count(*) FROM name_words WHERE word LIKE 'ZWYN%'"))
        assert seen.scalar_one() == 0
    with transaction(connection, Work("31")) as session:
        assert find_words(session, ["ZWYNTRAKOVSKI"]) == ["ZWYNTRAKOWSKI"]


def test_whose_addresses_are_protected_is_found_by_name_and_not_by_place(client, headers):
    person = given_person(
        client,
        headers,
        family_name="Smith",
        addresses=[{"lines": ["1 Made-up Road"], "postcode": "LE1 1AA"}],
    )
    other = given_person(client, headers, family_name="Brown")
    given_entry(client, headers, other, "associations", person_id=person["id"], type="victim_of")
    assert found(client, headers, name="smyth") == ["Smith"]
    assert found(client, headers, name="smyth", postcode="LE1 1AA") == []


def test_pages_of_what_is_alike_hold_every_row_once(client, headers):
    made = {
        given_person(client, headers, family_name=name)["id"] for name in ["Smith", "Smyth"] * 3
    }
    seen, added, criteria = [], [], {"name": "smiht", "limit": 2}
    while True:
        answer = client.get(
            f"/v1/people?{urlencode(criteria)}", headers=headers("response_officer")
        ).json
        seen += [each["id"] for each in answer["items"]]
        if answer["next"] is None:
            break
        added.append(given_person(client, headers, family_name="Smuht"))
        criteria["cursor"] = answer["next"]
    assert made <= set(seen)
    assert len(seen) == len(set(seen))
    total = client.get("/v1/people?name=smiht&count=true", headers=headers("response_officer"))
    assert total.json["total"] == len(made) + len(added)


def test_what_is_alike_as_at_a_moment_is_what_was_known_then(client, headers):
    person = given_person(
        client, headers, family_name="Smith", given_names="Ann", date_of_birth="1985-03-04"
    )
    then = datetime.now(UTC).isoformat()
    sent = headers("investigator") | {"If-Match": '"1"'}
    body = {"family_name": "Brown", "date_of_birth": "1970-01-02"}
    client.patch(f"/v1/people/{person['id']}", json=body, headers=sent)
    (item,) = search(client, headers, name="smyth ann", as_at=then)
    assert (item["family_name"], name_reason(item)["in"]) == ("Smith", "main")
    assert found(client, headers, name="browne ann", as_at=then) == []
    (item,) = search(client, headers, name="smyth ann")
    assert (item["family_name"], name_reason(item)["in"]) == ("Brown", "former")
    swapped = {"name": "smyth ann", "date_of_birth": "1985-04-03"}
    assert found(client, headers, **swapped, as_at=then) == ["Smith"]
    assert found(client, headers, **swapped) == []


def words_of(session):
    rows = session.execute(
        text("SELECT word FROM name_words WHERE force = :force"),
        {
            "force": session.info["force"],
        },
    )
    return set(rows.scalars())


TOKENS = text("SELECT DISTINCT token FROM person_name_tokens WHERE force = :force")


def test_every_path_that_writes_names_keeps_the_words(client, headers, connection):
    person = given_person(
        client, headers, family_name="Qaddison", aliases=[{"family_name": "Qarrow"}]
    )
    given_entry(client, headers, person, "aliases", family_name="Qerrin-Qoll")
    sent = headers("investigator") | {"If-Match": '"1"'}
    client.patch(f"/v1/people/{person['id']}", json={"family_name": "Quillon"}, headers=sent)
    with transaction(connection, Work("33")) as session:
        tokens = set(session.execute(TOKENS, {"force": "33"}).scalars())
        assert tokens <= words_of(session)
        assert {"QADDISON", "QARROW", "QERRINQOLL", "QUILLON"} <= words_of(session)


def test_an_import_keeps_the_words(engine, fresh_force):
    row = {
        "source_ref": "P1",
        "family_name": "Wexcombe",
        "given_names": "Ann",
        "sex": "female",
        "aliases": [{"family_name": "Quexley"}],
    }
    run_rows(engine, force=fresh_force, kind="people", rows=[row], requested_by="test")
    renamed = row | {"family_name": "Woxbury"}
    run_rows(engine, force=fresh_force, kind="people", rows=[renamed], requested_by="test")
    with transaction(engine, Work(fresh_force)) as session:
        tokens = set(session.execute(TOKENS, {"force": fresh_force}).scalars())
        assert tokens <= words_of(session)
        assert {"WEXCOMBE", "WOXBURY", "QUEXLEY"} <= words_of(session)
        assert find_words(session, ["WOXBRUY"]) == ["WOXBURY"]


def test_words_are_kept_once_and_in_sets(session):
    words = [f"WORD{number:05}X" for number in range(25_000)]
    assert keep_words(session, "33", words) == 25_000
    assert keep_words(session, "33", [*words, "NEWCOMER", "NEWCOMER"]) == 1
    assert "WORD00017X" in find_words(session, ["WRD00017X"])
    assert keep_words(session, "33", []) == 0


def test_words_of_any_script_and_sign_are_kept(session):
    strange = ["王小明", "МОХАМЕД", "A" * 64, "É\\X", 'A"B{},', "NULL"]
    assert keep_words(session, "33", strange) == len(strange)
    assert set(strange) <= words_of(session)


def test_the_keys_of_words_are_read_by_index_under_row_level_security(connection, session):
    keep_words(session, "33", ["SMITH"])
    session.execute(text("SET LOCAL enable_seqscan = off"))
    plan = session.execute(
        text("EXPLAIN SELECT word FROM name_word_keys WHERE force = '33' AND key = ANY ('{smt,x}')")
    ).scalars()
    assert any("Index Cond" in line and "key = ANY" in line for line in plan)


def test_a_search_with_near_dates_is_audited_by_its_criteria_alone(client, headers, connection):
    given_person(client, headers, family_name="Smith", date_of_birth=date(1985, 3, 4).isoformat())
    search(client, headers, name="smyth", date_of_birth="1985-04-03")
    with transaction(connection, Work("33")) as session:
        details = session.execute(
            text("SELECT details FROM audit_events WHERE action = 'persons.search'")
        ).scalar_one()
    assert details == {"criteria": ["date_of_birth", "name"]}
