"""Data quality: each kind finds exactly its rows, links to them, and forgets what is mended."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID

import pytest
from builders import given_entry, given_neighbourhood, given_person, given_want
from sqlalchemy import text

from offenders import clock
from offenders.db import Work, transaction
from offenders.domain.imports.service import run_rows
from offenders.domain.quality.kinds import KINDS

WHOLE = {
    "owner_team": "CID",
    "offence_code": "TH68001",
    "crime_reference": "C1",
    "power": "PACE 1984 s.24",
}


def get(client, headers, path, role="supervisor", **claims):
    return client.get(f"/v1/data-quality{path}", headers=headers(role, **claims))


def rows(client, headers, kind, query="", **more):
    answer = get(client, headers, f"/{kind}{query}", **more)
    assert answer.status_code == 200, answer.json
    return answer.json["items"]


def subjects(client, headers, kind, query="", **more):
    return [each["subject"]["id"] for each in rows(client, headers, kind, query, **more)]


def counts(client, headers, query="", role="supervisor", **claims):
    found = get(client, headers, query, role, **claims).json
    return {each["kind"]: each["rows"] for each in found["kinds"]}


def doubts(found):
    return {kind: rows for kind, rows in found.items() if rows}


def put(client, headers, path, **body):
    answer = client.put(f"/v1/{path}", json=body, headers=headers("force_admin"))
    assert answer.status_code < 300, answer.json


@pytest.fixture
def placed(client, headers):
    """A person with nothing in doubt, at home in ward W1 of LPA N."""
    given_neighbourhood(client, "W1", lpa="N")
    address = {"lines": ["1 Made Up Road"], "latitude": 52.005, "longitude": -0.995}
    return given_person(client, headers, addresses=[address | {"type": "home"}])


def test_a_force_without_data_has_no_data_and_not_noughts(client, headers):
    assert set(counts(client, headers).values()) == {"no_data"}
    given_person(client, headers)
    found = counts(client, headers)
    assert (found["duplicates"], found["invalid-identifiers"]) == (0, 0)
    assert found["wants-without-area"] == "no_data"


def test_a_whole_record_is_in_no_doubt(client, headers, placed):
    given_want(client, headers, person=placed, **WHOLE)
    assert doubts(counts(client, headers)) == {}
    assert set(counts(client, headers)) == set(KINDS)


@pytest.mark.parametrize(
    ("kind", "lacking"),
    [
        ("wants-without-offence", {"offence_code": None}),
        ("wants-without-crime", {"crime_reference": None}),
        ("wants-without-power", {"power": None}),
        ("unknown-officers", {"owner_team": None, "owner_officer": "4821"}),
        ("warrants-without-number", {"reason": "court_warrant"}),
    ],
)
def test_what_a_want_lacks_is_listed_and_nothing_else(client, headers, placed, kind, lacking):
    given_want(client, headers, person=placed, **WHOLE)
    fields = {**WHOLE, "crime_reference": "C2", **lacking}
    want = given_want(
        client, headers, person=placed, **{k: v for k, v in fields.items() if v is not None}
    )
    assert doubts(counts(client, headers)) == {kind: 1}
    item = rows(client, headers, kind)[0]
    assert item["subject"] == {"type": "want", "id": want["id"], "reference": want["reference"]}
    assert (item["href"], item["lpa"]) == (f"/v1/wanted/{want['id']}", "N")
    assert client.get(item["href"], headers=headers("supervisor")).status_code == 200
    sent = headers("investigator") | {"If-Match": '"1"'}
    body = {"outcome": "arrested"}
    client.post(f"/v1/wanted/{want['id']}/outcomes", json=body, headers=sent)
    assert doubts(counts(client, headers)) == {}


def test_a_recall_needs_neither_offence_nor_crime(client, headers, placed):
    given_want(
        client, headers, person=placed, reason="prison_recall", owner_team="CID", power="recall"
    )
    assert doubts(counts(client, headers)) == {}


def test_owners_who_left_and_teams_that_closed_are_listed_from_the_day_after(
    client, headers, placed
):
    officer = {**WHOLE, "owner_team": None, "owner_officer": "1"}
    first = given_want(client, headers, person=placed, **{k: v for k, v in officer.items() if v})
    second = given_want(client, headers, person=placed, **WHOLE | {"crime_reference": "C2"})
    today, yesterday = clock.today(), clock.today() - timedelta(days=1)
    put(client, headers, "officers/1", left=today.isoformat())
    put(client, headers, "teams/CID", closed=today.isoformat())
    assert doubts(counts(client, headers)) == {}
    put(client, headers, "officers/1", left=yesterday.isoformat())
    put(client, headers, "teams/CID", closed=yesterday.isoformat())
    assert doubts(counts(client, headers)) == {"owners-left": 1, "closed-teams": 1}
    assert subjects(client, headers, "owners-left") == [first["id"]]
    assert subjects(client, headers, "closed-teams") == [second["id"]]


def test_wanted_people_without_area_or_date_of_birth_are_listed(client, headers):
    ann = given_person(client, headers, date_of_birth=None)
    ben = given_person(client, headers, date_of_birth_precision="approximate")
    given_person(client, headers, date_of_birth=None)
    given_want(client, headers, person=ann, **WHOLE)
    given_want(client, headers, person=ben, **WHOLE)
    given_want(client, headers, person=ben, **WHOLE | {"crime_reference": "C2"})
    found = doubts(counts(client, headers))
    assert found == {
        "wants-without-area": 3,
        "people-without-area": 2,
        "missing-dates-of-birth": 1,
        "approximate-dates-of-birth": 1,
    }
    assert subjects(client, headers, "missing-dates-of-birth") == [ann["id"]]
    assert subjects(client, headers, "approximate-dates-of-birth") == [ben["id"]]


def test_an_invalid_identifier_is_listed_until_a_valid_one_of_its_kind_is_added(
    committing_app, engine, headers, fresh_force
):
    client, own = committing_app.test_client(), {"force": fresh_force}
    row = {"source_ref": "P1", "family_name": "Example", "pnc_id": "2001/0000001A"}
    done = run_rows(engine, force=fresh_force, kind="people", rows=[row], requested_by="test")
    assert done.warnings == 1
    (item,) = rows(client, headers, "invalid-identifiers", **own)
    assert (item["type"], item["raw_value"]) == ("pnc_id", "2001/0000001A")
    listed = client.get(item["href"], headers=headers("supervisor", **own)).json["items"]
    assert [each["state"] for each in listed] == ["invalid"]
    given_entry(
        client, headers, item["person"], "identifiers", type="pnc_id", value="2001/0000001Q", **own
    )
    assert rows(client, headers, "invalid-identifiers", **own) == []
    assert counts(client, headers, **own)["invalid-identifiers"] == 0


def test_every_count_links_to_exactly_its_rows(client, headers, placed):
    given_neighbourhood(client, "W2", lpa="S", south_west=(54, -1))
    for number, where in enumerate(({"neighbourhood": "W1"}, {"neighbourhood": "W2"}, {})):
        for officer in ("1", "2"):
            person = given_person(client, headers, date_of_birth=None)
            given_want(client, headers, person=person, owner_officer=f"{number}{officer}", **where)
    for query in ("", "?lpa=N", "?lpa=none", "?lpa=N&neighbourhood=W1"):
        linked = 0
        for kind in get(client, headers, query).json["kinds"]:
            for each in (kind, *kind["by_area"]):
                found = client.get(each["href"], headers=headers("supervisor")).json["items"]
                assert (each["href"], len(found)) == (each["href"], each["rows"])
                linked += len(found) > 0
            assert sum(each["rows"] for each in kind["by_area"]) == kind["rows"]
        assert linked > 3
    areas = next(
        each["by_area"]
        for each in get(client, headers, "").json["kinds"]
        if each["kind"] == "unknown-officers"
    )
    assert [(each["lpa"], each["rows"]) for each in areas] == [("N", 2), ("S", 2), (None, 2)]


def test_rows_come_in_pages_each_once(client, headers):
    wants = {given_want(client, headers)["id"] for _ in range(5)}
    seen, cursor = [], ""
    while True:
        found = get(client, headers, f"/wants-without-area?limit=2{cursor}").json
        seen += [each["subject"]["id"] for each in found["items"]]
        if found["next"] is None:
            break
        cursor = f"&cursor={found['next']}"
    assert (len(seen), set(seen)) == (5, wants)
    assert get(client, headers, "/wants-without-area?limit=2&count=true").json["total"] == 5


def test_area_and_role_narrow_what_is_counted_and_listed(client, headers, placed):
    given_neighbourhood(client, "W2", lpa="S", south_west=(54, -1))
    mine = given_want(client, headers, neighbourhood="W1")
    given_want(client, headers, neighbourhood="W2")
    claims = {"lpas": ["N"]}
    assert counts(client, headers, **claims)["wants-without-offence"] == 1
    assert subjects(client, headers, "wants-without-offence", **claims) == [mine["id"]]
    assert rows(client, headers, "wants-without-offence", "?lpa=S", **claims) == []
    assert get(client, headers, "?force=31").status_code == 404
    assert get(client, headers, "/no-such-kind").status_code == 404
    assert get(client, headers, "/wants-without-offence", role="force_admin").status_code == 403
    kinds = get(client, headers, "", role="force_admin").json["kinds"]
    assert {each["href"] for each in kinds} == {None}
    assert get(client, headers, "", role="response_officer").status_code == 403


def test_a_protected_address_tells_no_area(client, headers, placed):
    given_want(client, headers, person=placed)
    other = given_person(client, headers)
    given_entry(client, headers, other, "associations", person_id=placed["id"], type="victim_of")
    for role, lpa in (("supervisor", "N"), ("chief_officer", None)):
        (item,) = rows(client, headers, "wants-without-offence", role=role)
        assert (item["lpa"], item["neighbourhood"]) == (lpa, lpa and "W1")
        found = rows(client, headers, "wants-without-offence", "?lpa=N", role=role)
        assert len(found) == (1 if lpa else 0)


@pytest.fixture
def pair(client, headers, session):
    """Two people who may be one."""
    one, other = sorted(given_person(client, headers)["id"] for _ in range(2))
    return candidate(session, one, other)


def candidate(session, one, other, force="33"):
    statement = """
        INSERT INTO duplicate_candidates (force, person_id, other_person_id, evidence, recorded_at)
        VALUES (:force, :one, :other, '{"names": true}', now()) RETURNING id
    """
    values = {"force": force, "one": one, "other": other}
    return str(session.execute(text(statement), values).scalar_one())


def decide(client, headers, pair, decision, role="investigator", version=1, **claims):
    sent = headers(role, **claims) | {"If-Match": f'"{version}"'}
    return client.post(
        f"/v1/data-quality/duplicates/{pair}/decisions",
        json={"decision": decision, "reason": "Compared the custody photographs."},
        headers=sent,
    )


def test_a_pair_shows_both_people_and_the_evidence(client, headers, pair):
    (item,) = rows(client, headers, "duplicates")
    assert (item["id"], item["state"], item["evidence"]) == (pair, "open", {"names": True})
    assert len({each["id"] for each in item["people"]}) == 2
    for each in item["people"]:
        assert client.get(each["href"], headers=headers("supervisor")).status_code == 200
    assert counts(client, headers)["duplicates"] == 1


@pytest.mark.parametrize("decision", ["same", "not_the_same"])
def test_a_decision_is_recorded_and_takes_the_pair_off_the_list(client, headers, pair, decision):
    answer = decide(client, headers, pair, decision)
    assert (answer.status_code, answer.json["state"], answer.json["version"]) == (201, decision, 2)
    (made,) = answer.json["decisions"]
    assert (made["decision"], made["reason"]) == (decision, "Compared the custody photographs.")
    assert rows(client, headers, "duplicates") == []
    assert counts(client, headers)["duplicates"] == 0
    assert [each["id"] for each in rows(client, headers, "duplicates", f"?state={decision}")] == [
        pair
    ]
    assert len(rows(client, headers, "duplicates", "?state=all")) == 1


def test_a_decision_can_be_overturned_and_both_stay(client, headers, pair):
    decide(client, headers, pair, "same")
    again = decide(client, headers, pair, "same", version=2)
    assert (again.status_code, again.json["possible"]) == (409, ["not_the_same"])
    answer = decide(client, headers, pair, "not_the_same", version=2)
    assert [each["decision"] for each in answer.json["decisions"]] == ["same", "not_the_same"]
    assert answer.json["state"] == "not_the_same"


@pytest.mark.parametrize(
    ("body", "version", "status"),
    [
        ({"decision": "same"}, 1, 422),
        ({"decision": "perhaps", "reason": "x"}, 1, 422),
        ({"decision": "same", "reason": ""}, 1, 422),
        ({"decision": "same", "reason": "x"}, 7, 412),
        ({"decision": "same", "reason": "x"}, None, 428),
    ],
)
def test_a_decision_needs_a_reason_and_the_version_read(
    client, headers, pair, body, version, status
):
    sent = headers("investigator") | ({"If-Match": f'"{version}"'} if version else {})
    path = f"/v1/data-quality/duplicates/{pair}/decisions"
    assert client.post(path, json=body, headers=sent).status_code == status
    assert len(rows(client, headers, "duplicates")) == 1


def test_who_reads_may_not_always_decide(client, headers, pair):
    assert decide(client, headers, pair, "same", role="chief_officer").status_code == 403
    assert decide(client, headers, pair, "same", role="supervisor").status_code == 201


def test_a_pair_is_there_for_whoever_reaches_either_and_for_nobody_else(
    client, headers, placed, session
):
    given_neighbourhood(client, "W2", lpa="S", south_west=(54, -1))
    pair = candidate(session, given_person(client, headers)["id"], placed["id"])
    path = f"/duplicates/{pair}"
    assert get(client, headers, path, lpas=["N"]).status_code == 200
    assert get(client, headers, path, lpas=["S"]).status_code == 404
    assert decide(client, headers, pair, "same", role="supervisor", lpas=["S"]).status_code == 404
    assert get(client, headers, path, role="investigator", force="31").status_code == 404
    assert get(client, headers, "/duplicates/nothing").status_code == 404


def test_an_import_again_leaves_a_decision_as_it_is(committing_app, engine, headers, fresh_force):
    client, own = committing_app.test_client(), {"force": fresh_force}

    def bring(*refs):
        people = [
            {
                "source_ref": ref,
                "family_name": "Twin",
                "given_names": "Sam",
                "date_of_birth": "1990-01-01",
            }
            for ref in refs
        ]
        run_rows(engine, force=fresh_force, kind="people", rows=people, requested_by="test")

    bring("A", "B")
    (item,) = rows(client, headers, "duplicates", **own)
    assert item["evidence"] == {"date_of_birth": True, "names": True}
    assert decide(client, headers, item["id"], "not_the_same", **own).status_code == 201
    bring("A", "B")
    assert rows(client, headers, "duplicates", **own) == []
    bring("A", "B", "C")
    assert len(rows(client, headers, "duplicates", **own)) == 2


def test_of_two_who_decide_at_once_one_is_told_to_read_again(
    committing_app, engine, headers, fresh_force
):
    own = {"force": fresh_force}
    client = committing_app.test_client()
    one, other = sorted(UUID(given_person(client, headers, **own)["id"]) for _ in range(2))
    with transaction(engine, Work(fresh_force)) as session:
        pair = candidate(session, one, other, fresh_force)
    statuses = []

    def run(decision):
        answer = decide(committing_app.test_client(), headers, pair, decision, **own)
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=run, args=(each,)) for each in ("same", "not_the_same")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201, 412]
