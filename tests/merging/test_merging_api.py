"""Merging two records of one person, and undoing it, as clients see it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from builders import given_detention, given_entry, given_person, given_want
from mappa_given import Mappa
from sqlalchemy import text

from offenders import clock
from offenders.db import Work, transaction


def merge(client, headers, survivor, other, *, role="investigator", force="33", **fields):
    """Ask for a merge of two people as they were read."""
    now = client.get(f"/v1/people/{survivor['id']}", headers=headers(role, force=force))
    then = client.get(f"/v1/people/{other['id']}", headers=headers(role, force=force))
    body = {
        "other_person_id": other["id"],
        "other_version": then.json.get("version", 1),
        "reason": "Fingerprints are the same.",
        **fields,
    }
    sent = headers(role, force=force, If_Match=now.headers.get("ETag", '"1"'))
    return client.post(f"/v1/people/{survivor['id']}/merges", json=body, headers=sent)


def reverse(client, headers, merged, **more):
    """Ask for the reversal of a merge."""
    return client.post(
        f"/v1/merges/{merged['id']}/reversals",
        json={"reason": "Twins after all."},
        headers=headers("supervisor", **more),
    )


def read(client, headers, path, **more):
    """Read as an investigator."""
    return client.get(path, headers=headers("investigator", **more))


@pytest.fixture
def pair(client, headers):
    """Two records of one person, each with what hangs on people."""
    survivor = given_person(
        client, headers, family_name="Kowalski", given_names="Jan", nationalities=["POL"]
    )
    other = given_person(
        client,
        headers,
        family_name="Kowalsky",
        given_names="Ian",
        date_of_birth="1990-01-02",
        phones=["07700900123"],
    )
    given_entry(client, headers, other, "aliases", type="alias", family_name="Nowakowski")
    given_entry(client, headers, other, "vehicles", registration_mark="AB12CDE")
    given_entry(client, headers, other, "notes", text="Seen at the market.", handling="normal")
    for each in (survivor, other):
        given_entry(client, headers, each, "markers", code="VI", rationale="Fought.")
    given_entry(client, headers, other, "markers", code="WE", rationale="Knife.")
    want = given_want(client, headers, person=other, crime_reference="33/1/26")
    return survivor, other, want


def test_a_merge_moves_all_and_its_reversal_gives_it_back(client, headers, pair):
    survivor, other, want = pair
    before = {
        each["id"]: read(client, headers, f"/v1/people/{each['id']}").json
        for each in (survivor, other)
    }
    answer = merge(client, headers, survivor, other)
    assert answer.status_code == 201, answer.json
    merged = answer.json
    assert answer.headers["Location"] == f"/v1/merges/{merged['id']}"
    assert merged["moved"] == {
        "person_markers": 2,
        "person_names": 1,
        "person_notes": 1,
        "person_vehicles": 1,
        "wants": 1,
    }

    joined = read(client, headers, f"/v1/people/{survivor['id']}").json
    assert joined["family_name"] == "Kowalski"
    assert {each["family_name"] for each in joined["aliases"]} == {"Kowalsky", "Nowakowski"}
    assert [each["date_of_birth"] for each in joined["dates_of_birth"]] == ["1990-01-02"]
    assert [each["code"] for each in joined["markers"]] == ["VI", "WE"]
    assert joined["nationalities"] == ["POL"]
    assert joined["phones"] == ["07700900123"]
    assert [each["id"] for each in joined["wanted"]] == [want["id"]]
    removed = read(client, headers, f"/v1/people/{survivor['id']}/markers?state=removed").json
    assert [each["removal_reason"] for each in removed["items"]] == [
        "Merged: the survivor has this marker already."
    ]

    for path in (other["id"], other["reference"], f"{other['id']}/markers?state=all"):
        led = read(client, headers, f"/v1/people/{path}")
        assert led.status_code == 308
        name, _, rest = path.partition("/")
        assert led.headers["Location"] == f"/v1/people/{survivor['id']}" + (rest and f"/{rest}")
        assert led.json["survivor"] == f"/v1/people/{survivor['id']}"
    assert read(client, headers, f"/v1/people/{other['id']}", force="31").status_code == 404

    for name in ("Kowalsky", "Nowakowski", "Ian Kowalsky"):
        found = read(client, headers, f"/v1/people?name={name}&count=true").json
        assert [each["id"] for each in found["items"]] == [survivor["id"]], name
        assert found["total"] == 1
    for query in ("date_of_birth=1990-01-02", "registration_mark=AB12CDE", "marker=WE"):
        found = read(client, headers, f"/v1/people?{query}&count=true").json
        assert ([each["id"] for each in found["items"]], found["total"]) == ([survivor["id"]], 1)

    undone = reverse(client, headers, merged)
    assert undone.status_code == 201, undone.json
    assert undone.json["state"] == "reversed"
    volatile = ("version", "updated_at")
    for each in (survivor, other):
        again = read(client, headers, f"/v1/people/{each['id']}").json
        stripped = [
            {k: v for k, v in p.items() if k not in volatile} for p in (again, before[each["id"]])
        ]
        for one in stripped:
            for wanted in one["wanted"]:
                for name in volatile:
                    wanted.pop(name, None)
        assert stripped[0] == stripped[1]
    found = read(client, headers, "/v1/people?name=Kowalsky").json["items"]
    assert found[0]["id"] == other["id"]
    again = reverse(client, headers, merged)
    assert again.status_code == 409
    assert again.json["state"] == "reversed"


def test_the_past_still_shows_two_people(client, headers, pair):
    survivor, other, _ = pair
    then = clock.now().isoformat().replace("+", "%2B")
    before = {
        kind: [
            read(client, headers, f"/v1/people/{each['id']}/{kind}?as_at={then}").json["items"]
            for each in (survivor, other)
        ]
        for kind in ("aliases", "vehicles", "markers", "notes", "dates-of-birth")
    }
    asked = (
        "name=Kowalsky",
        "name=Ian Kowalsky",
        "name=Nowakowski",
        "marker=WE",
        "marker=VI",
        "date_of_birth=1990-01-02",
        "name=Kowalsky&date_of_birth=1990-01-02",
        "registration_mark=AB12CDE",
    )
    found = {
        query: read(client, headers, f"/v1/people?{query}&as_at={then}").json["items"]
        for query in asked
    }
    wanted = read(client, headers, f"/v1/wanted?as_at={then}").json["items"]

    def same_as_then():
        for kind, listed in before.items():
            again = [
                read(client, headers, f"/v1/people/{each['id']}/{kind}?as_at={then}").json["items"]
                for each in (survivor, other)
            ]
            assert again == listed, kind
        for query, items in found.items():
            again = read(client, headers, f"/v1/people?{query}&as_at={then}").json["items"]
            shown = [
                [{k: v for k, v in e.items() if k != "version"} for e in x] for x in (again, items)
            ]
            assert shown[0] == shown[1], query
        assert read(client, headers, f"/v1/wanted?as_at={then}").json["items"] == wanted

    same_as_then()
    merged = merge(client, headers, survivor, other).json
    same_as_then()
    between = clock.now().isoformat().replace("+", "%2B")
    vehicles = f"/v1/people/{survivor['id']}/vehicles?as_at={between}"
    joined = read(client, headers, vehicles).json["items"]
    assert len(joined) == 1
    led = read(client, headers, f"/v1/people/{other['id']}/vehicles?as_at={between}")
    assert led.status_code == 308
    reverse(client, headers, merged)
    same_as_then()
    assert read(client, headers, vehicles).json["items"] == joined
    people = read(client, headers, f"/v1/people?registration_mark=AB12CDE&as_at={between}").json
    assert [each["id"] for each in people["items"]] == [survivor["id"]]


def test_what_is_hung_on_a_merged_record_is_refused_with_the_survivor(client, headers, pair):
    survivor, other, _ = pair
    assert merge(client, headers, survivor, other).status_code == 201
    now = clock.now()
    asks = [
        ("/v1/wanted", "investigator", {"reason": "named_suspect"}),
        (
            "/v1/detentions",
            "custody_client",
            {"custody_number": "CU/1", "arrested_at": now.isoformat()},
        ),
        (
            "/v1/bail-records",
            "investigator",
            {
                "arrested_at": (now - timedelta(hours=5)).isoformat(),
                "bailed_at": now.isoformat(),
            },
        ),
        (
            "/v1/forensic-hits",
            "forensic_client",
            {"type": "dna", "laboratory_reference": "L/1", "crime_reference": "33/2/26"},
        ),
        (f"/v1/people/{other['id']}/notes", "investigator", {"text": "x", "handling": "normal"}),
        (
            f"/v1/people/{survivor['id']}/associations",
            "investigator",
            {"type": "co_offender"},
        ),
    ]
    for path, role, body in asks:
        for name in (other["id"], other["reference"]):
            known = {} if "notes" in path else {"person_id": name}
            answer = client.post(path, json=body | known, headers=headers(role))
            assert (answer.status_code, answer.json["type"]) == (
                409,
                "urn:offenders:problem:person-merged",
            ), (path, answer.json)
            assert answer.json["survivor"] == f"/v1/people/{survivor['id']}"
            assert answer.json["rule"] == "merged-people"
    answer = client.patch(
        f"/v1/people/{other['id']}",
        json={"given_names": "Jon"},
        headers=headers("investigator", If_Match="*"),
    )
    assert answer.json["type"] == "urn:offenders:problem:person-merged"


def _two(client, headers, **fields):
    return given_person(client, headers), given_person(client, headers, **fields)


def _refused(client, headers, survivor, other, rule, **fields):
    answer = merge(client, headers, survivor, other, **fields)
    assert (answer.status_code, answer.json.get("rule")) == (409, rule), answer.json
    unmoved = read(client, headers, f"/v1/people/{other['id']}")
    assert unmoved.status_code == 200
    return answer.json


def test_what_can_not_be_of_one_person_is_refused_by_its_rule(client, headers):
    survivor, other = _two(client, headers)
    wants = [
        given_want(client, headers, person=each, crime_reference="33/7/26")
        for each in (survivor, other)
    ]
    refused = _refused(client, headers, survivor, other, "one-open-want")
    assert {f"/v1/wanted/{each['id']}" for each in wants} == set(refused["existing"])

    survivor, other = _two(client, headers)
    held = [given_detention(client, headers, person=each) for each in (survivor, other)]
    refused = _refused(client, headers, survivor, other, "two-detentions-at-once")
    assert {f"/v1/detentions/{each['id']}" for each in held} == set(refused["existing"])

    survivor, other = _two(client, headers)
    arrested = {
        "arrested_at": (clock.now() - timedelta(days=2)).isoformat(),
        "bailed_at": (clock.now() - timedelta(days=1)).isoformat(),
        "crime_reference": "33/9/26",
    }
    for each in (survivor, other):
        body = arrested | {"person_id": each["id"]}
        answer = client.post("/v1/bail-records", json=body, headers=headers("supervisor"))
        assert answer.status_code == 201, answer.json
    refused = _refused(client, headers, survivor, other, "one-of-a-kind")
    assert refused["records"] == "bail_records"

    survivor, other = _two(client, headers)
    given_entry(client, headers, survivor, "associations", person_id=other["id"], type="sibling")
    _refused(client, headers, survivor, other, "siblings-confirmed")
    assert merge(client, headers, survivor, other, confirmed=True).status_code == 201
    shown = read(client, headers, f"/v1/people/{survivor['id']}").json
    assert shown["associations"] == []


def test_a_merge_needs_two_records_that_stand_as_they_were_read(client, headers):
    survivor, other = _two(client, headers)
    third = given_person(client, headers)
    assert merge(client, headers, survivor, survivor).status_code == 422
    path = f"/v1/people/{survivor['id']}/merges"
    body = {"other_person_id": other["id"], "other_version": 1, "reason": "Same."}
    stale = {"other_version": 9}
    for sent, given, status in (
        (body, {}, 428),
        (body, {"If_Match": '"9"'}, 412),
        (body | stale, {"If_Match": '"1"'}, 412),
        (body | {"other_person_id": "P33-0000-0000"}, {"If_Match": '"1"'}, 404),
        ({}, {"If_Match": '"1"'}, 422),
    ):
        answer = client.post(path, json=sent, headers=headers("investigator", **given))
        assert answer.status_code == status, (sent, given, answer.json)
    refused = client.post(path, json=body, headers=headers("response_officer", If_Match='"1"'))
    assert refused.status_code == 403
    foreign = client.post(
        path, json=body, headers=headers("investigator", force="31", If_Match="*")
    )
    assert foreign.status_code == 404

    first = merge(client, headers, survivor, other)
    assert first.status_code == 201
    for one, two in ((survivor, other), (other, third)):
        again = client.post(
            f"/v1/people/{one['id']}/merges",
            json={"other_person_id": two["id"], "other_version": 1, "reason": "Same."},
            headers=headers("investigator", If_Match="*"),
        )
        assert again.status_code == 409
        assert again.json["survivor"] == f"/v1/people/{survivor['id']}"
    over = merge(client, headers, third, survivor)
    assert over.status_code == 201
    led = read(client, headers, f"/v1/people/{other['id']}")
    assert led.headers["Location"] == f"/v1/people/{third['id']}"
    early = reverse(client, headers, first.json)
    assert (early.status_code, early.json["existing"]) == (409, f"/v1/merges/{over.json['id']}")
    assert reverse(client, headers, first.json, force="31").status_code == 404
    assert reverse(client, headers, over.json).status_code == 201
    led = read(client, headers, f"/v1/people/{other['id']}")
    assert led.headers["Location"] == f"/v1/people/{survivor['id']}"
    assert reverse(client, headers, first.json).status_code == 201
    assert read(client, headers, f"/v1/people/{other['id']}").status_code == 200


def test_nobody_learns_from_a_merge_what_they_may_not_read(client, headers, connection):
    survivor, other = (given_person(client, headers) for _ in range(2))
    given_detention(client, headers, person=other)
    given_want(client, headers, person=other)
    made = merge(client, headers, survivor, other).json
    with transaction(connection, Work("33")) as session:
        session.execute(
            text("""UPDATE merges SET details = jsonb_set(details, '{moved}', details -> 'moved'
                        || '{"mappa_cases": 1, "registrations": 1, "managements": 2}')""")
        )
    seen = {}
    for role in ("response_officer", "supervisor"):
        answer = client.get(f"/v1/merges/{made['id']}", headers=headers(role))
        seen[role] = set(answer.json["moved"])
    managed = {"mappa_cases", "registrations", "managements"}
    assert managed | {"detentions", "wants"} <= seen["supervisor"]
    assert "wants" in seen["response_officer"]
    assert not seen["response_officer"] & (managed | {"detentions"})


def test_a_list_of_a_merged_person_is_that_of_the_survivor(
    committing_app, headers, fresh_force, engine
):
    """Nobody reads an empty list as: not wanted. A moment before, it is the record's own."""
    client, where = committing_app.test_client(), {"force": fresh_force}
    survivor, other = (given_person(client, headers, **where) for _ in range(2))
    given_want(client, headers, person=other, **where)
    given_detention(client, headers, person=other, nationality_stated="ROU", **where)
    with transaction(engine, Work(fresh_force)) as session:
        before = session.execute(text("SELECT clock_timestamp()")).scalar_one().isoformat()
    assert merge(client, headers, survivor, other, **where).status_code == 201
    lists = ("wanted", "detentions", "acro-checks")
    for named in (other["id"], other["reference"], survivor["id"], survivor["reference"]):
        then = int(named in {other["id"], other["reference"]})
        for path in lists:
            items = [
                len(client.get(f"/v1/{path}", query_string=asked, headers=sent).json["items"])
                for sent in [headers("supervisor", **where)]
                for asked in ({"person_id": named}, {"person_id": named, "as_at": before})
            ]
            assert items == [1, then], (path, named)
        for path in ("bail-records", "forensic-hits"):
            for more in ({}, {"as_at": before}):
                asked = {"person_id": named, **more}
                answer = client.get(
                    f"/v1/{path}", query_string=asked, headers=headers("supervisor", **where)
                )
                assert answer.json["items"] == [], answer.json


def test_a_refused_merge_names_no_records_that_the_asker_may_not_read(client, headers):
    survivor, other = _two(client, headers)
    desk = Mappa(client, headers, "33")
    for each in (survivor, other):
        desk.given(person_id=each["id"])
    told = _refused(client, headers, survivor, other, "one-of-a-kind", role="supervisor")
    assert told["records"] == "mappa_cases"
    untold = _refused(client, headers, survivor, other, "one-of-a-kind")
    assert "records" not in untold
    assert "mappa" not in str(untold).lower()
