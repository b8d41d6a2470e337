"""What comes beside and after a merge: decisions, imports, changes, races and faults."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from builders import given_detention, given_entry, given_person, given_want
from merging.test_merging_api import merge, read, reverse
from sqlalchemy import text

from offenders.db import Work, transaction
from offenders.domain.custody import service as custody_service
from offenders.domain.imports.service import run_rows
from offenders.domain.merging import joining, undoing


def ask(connection, statement, **values):
    with transaction(connection, Work("33")) as session:
        found = session.execute(text(statement), values)
        return [tuple(row) for row in found] if found.returns_rows else None


@pytest.fixture
def two(client, headers):
    return given_person(client, headers), given_person(client, headers)


def test_what_was_moved_goes_back_as_it_is_now_and_what_came_since_stays(client, headers, two):
    survivor, other = two
    for each in two:
        given_entry(client, headers, each, "markers", code="VI", rationale="Fought.")
    moved = given_want(client, headers, person=other, crime_reference="33/1/26")
    merged = merge(client, headers, survivor, other).json
    own = given_want(client, headers, person=survivor, crime_reference="33/2/26")
    given_entry(client, headers, survivor, "notes", text="Since.", handling="normal")
    ended = client.post(
        f"/v1/wanted/{moved['id']}/outcomes",
        json={"outcome": "no_longer_wanted", "reason": "Somebody else did it."},
        headers=headers("supervisor", If_Match="*"),
    )
    assert ended.status_code == 201, ended.json
    markers = read(client, headers, f"/v1/people/{survivor['id']}/markers").json["items"]
    removal = client.post(
        f"/v1/people/{survivor['id']}/markers/{markers[0]['id']}/removals",
        json={"reason": "Never fought."},
        headers=headers("supervisor"),
    )
    assert removal.status_code == 201
    amended = client.patch(
        f"/v1/people/{survivor['id']}",
        json={"given_names": "Anna"},
        headers=headers("investigator", If_Match="*"),
    )
    assert amended.status_code == 200
    assert reverse(client, headers, merged).status_code == 201
    shown = read(client, headers, f"/v1/wanted/{moved['id']}").json
    assert (shown["person_id"], shown["state"]) == (other["id"], "no_longer_wanted")
    kept = read(client, headers, f"/v1/people/{survivor['id']}").json
    assert ([each["id"] for each in kept["wanted"]], kept["notes"]) == ([own["id"]], 1)
    assert kept["given_names"] == "Anna"
    gone = read(client, headers, f"/v1/people/{other['id']}/markers?state=removed").json["items"]
    assert [each["removal_reason"] for each in gone] == ["Never fought."]


def test_a_flag_raised_since_goes_back_with_its_record(client, headers, two):
    survivor, other = two
    detention = given_detention(client, headers, person=other, nationality_stated="ROU")
    merged = merge(client, headers, survivor, other).json
    path = f"/v1/detentions/{detention['id']}"
    sent = headers("investigator", If_Match="*")
    changed = client.patch(path, json={"nationality_stated": None}, headers=sent)
    assert changed.json["nationality_unknown"] is True, changed.json
    (flag,) = read(client, headers, f"/v1/people/{survivor['id']}").json["flags"]
    assert flag["rule"] == "nationality-unknown"
    assert reverse(client, headers, merged).status_code == 201
    flags = [read(client, headers, f"/v1/people/{each['id']}").json["flags"] for each in two]
    assert [[each["id"] for each in some] for some in flags] == [[], [flag["id"]]]


def test_a_reversal_that_would_tear_records_apart_is_refused_whole(
    client, headers, connection, two
):
    survivor, other = two
    given_want(client, headers, person=survivor, crime_reference="33/1/26")
    merged = merge(client, headers, survivor, other).json
    hit = client.post(
        "/v1/forensic-hits",
        json={
            "type": "dna",
            "laboratory_reference": "L/1",
            "crime_reference": "33/1/26",
            "person_id": survivor["id"],
        },
        headers=headers("investigator"),
    ).json
    # Both are the survivor's, so nothing is torn: the hit joined the want that stood.
    ask(
        connection,
        """INSERT INTO person_moves SELECT force, CAST(:hit AS uuid), 'person_id', recorded_at,
               'forensic_hits', id, merged_id, survivor_id FROM merges""",
        hit=hit["id"],
    )
    answer = reverse(client, headers, merged)
    assert (answer.status_code, answer.json["rule"]) == (409, "undone-in-full"), answer.json
    assert hit["id"] in answer.json["detail"]
    assert read(client, headers, f"/v1/people/{other['id']}").status_code == 308


def test_protection_covers_the_survivor_and_goes_with_its_cause(client, headers, two):
    survivor, other = two
    offender = given_person(client, headers)
    home = {"lines": ["1 Secret Street"], "type": "home", "postcode": "LE1 1AA"}
    given_entry(client, headers, survivor, "addresses", **home)
    given_entry(client, headers, offender, "associations", person_id=other["id"], type="victim_of")

    def seen():
        answer = client.get(
            f"/v1/people/{survivor['id']}", headers=headers("response_officer")
        ).json
        return answer["are_addresses_protected"], len(answer["addresses"])

    assert seen() == (False, 1)
    merged = merge(client, headers, survivor, other).json
    assert seen() == (True, 0)
    assert reverse(client, headers, merged).status_code == 201
    assert seen() == (False, 1)


def test_two_pnc_ids_are_two_people(client, headers):
    survivor, other, third = (
        given_person(client, headers, **fields)
        for fields in ({"pnc_id": "1998/1234567L"}, {"pnc_id": "1981/0000034U"}, {})
    )
    refused = merge(client, headers, survivor, other)
    assert (refused.status_code, refused.json["rule"]) == (409, "two-pnc-ids")
    assert merge(client, headers, third, other).status_code == 201
    shown = read(client, headers, f"/v1/people/{third['id']}").json
    assert shown["pnc_id"] == "1981/0000034U"


def test_a_pair_in_the_queue_is_settled_by_a_merge_and_open_after_its_reversal(
    client, headers, connection, two
):
    survivor, other = two
    stranger = given_person(client, headers)
    ids = {each["id"] for each in two}
    for one in two:
        pair = sorted((one["id"], stranger["id"]))
        ask(connection, _PAIR, one=pair[0], other=pair[1])
    ask(connection, _PAIR, one=min(ids), other=max(ids))

    def queue(state="open"):
        path = f"/v1/data-quality/duplicates?state={state}"
        items = client.get(path, headers=headers("supervisor")).json["items"]
        return {frozenset(person["id"] for person in each["people"]): each for each in items}

    both = [frozenset((each["id"], stranger["id"])) for each in two]
    assert set(queue()) == {frozenset(ids), *both}
    merged = merge(client, headers, survivor, other).json
    assert set(queue()) == {both[0]}
    (settled,) = queue("same").values()
    assert [each["decision"] for each in settled["decisions"]] == ["same"]
    overturned = client.post(
        f"/v1/data-quality/duplicates/{settled['id']}/decisions",
        json={"decision": "not_the_same", "reason": "Twins."},
        headers=headers("supervisor", If_Match="*"),
    )
    assert (overturned.status_code, overturned.json["rule"]) == (409, "merged-people")
    assert reverse(client, headers, merged).status_code == 201
    assert set(queue()) == {frozenset(ids), *both}
    decided = client.post(
        f"/v1/data-quality/duplicates/{settled['id']}/decisions",
        json={"decision": "not_the_same", "reason": "Twins."},
        headers=headers("supervisor", If_Match="*"),
    )
    assert decided.status_code == 201
    refused = merge(client, headers, survivor, other)
    assert (refused.status_code, refused.json["rule"]) == (409, "decided-otherwise")


_PAIR = """
    INSERT INTO duplicate_candidates (force, person_id, other_person_id, evidence, recorded_at)
    VALUES ('33', CAST(:one AS uuid), CAST(:other AS uuid), '{}', now())
"""


class Kept(list):
    def add(self, problems):
        self.extend(problems)


def test_imports_take_a_merged_record_for_the_survivor_and_warn(
    committing_app, engine, headers, fresh_force
):
    client = committing_app.test_client()
    where = {"force": fresh_force}

    def bring(kind, *rows):
        kept = Kept()
        run_rows(engine, force=fresh_force, kind=kind, rows=rows, requested_by="test", sink=kept)
        return [(each.severity, each.field) for each in kept]

    first = {"source_ref": "A1", "family_name": "Example", "date_of_birth": "1990-01-01"}
    assert bring("people", first, first | {"source_ref": "A2", "pnc_id": "1998/1234567L"}) == []
    found = read(client, headers, "/v1/people?name=Example", **where).json["items"]
    other, survivor = sorted(found, key=lambda each: each["version"])
    if read(client, headers, f"/v1/people/{other['id']}", **where).json["pnc_id"] is None:
        other, survivor = survivor, other
    assert merge(client, headers, survivor, other, **where).status_code == 201

    want = {"reason": "named_suspect", "entered_at": "2026-03-01T09:00:00Z", "risk": "standard"}
    said = bring(
        "wanted",
        want | {"source_ref": "W1", "person_id": other["id"], "crime_reference": "1"},
        want | {"source_ref": "W2", "person_source_ref": "A2", "crime_reference": "2"},
        want | {"source_ref": "W3", "pnc_id": "1998/1234567L", "crime_reference": "3"},
    )
    assert said == [("warning", "person_id")]
    hit = {"type": "dna", "crime_reference": "9", "received_at": "2026-03-02T09:00:00Z"}
    said = bring(
        "forensic-hits",
        hit | {"source_ref": "F1", "laboratory_reference": "L1", "person_id": other["reference"]},
    )
    assert said == [("warning", "person_id")]
    said = bring("people", first | {"source_ref": "A2", "sex": "male"})
    assert said == []
    shown = read(client, headers, f"/v1/people/{survivor['id']}", **where).json
    assert sorted(each["crime_reference"] for each in shown["wanted"]) == ["1", "2", "3", "9"]
    assert shown["sex"] == "male"
    assert read(client, headers, "/v1/people?name=Example&count=true", **where).json["total"] == 1
    written = (other["id"], other["id"].upper(), other["reference"], other["reference"].lower())
    lines = client.post(
        "/v1/forensic-hits",
        data="".join(
            f'{{"type":"dna","laboratory_reference":"L2/{number}","person_id":"{each}"}}\n'
            for number, each in enumerate(written)
        ).encode(),
        headers=headers("investigator", **where) | {"Content-Type": "application/x-ndjson"},
    )
    for line in lines.json["items"]:
        assert (line["status"], line["errors"][0]["rule"]) == (409, "merged-people"), line
        assert line["errors"][0]["survivor"] == f"/v1/people/{survivor['id']}"
    assert len(lines.json["items"]) == len(written)


def test_what_an_import_brings_during_a_merge_is_not_left_on_the_merged_record(
    committing_app, engine, headers, fresh_force, monkeypatch
):
    """The merge is asked for when the batch has found the person and not yet locked them."""
    client, where = committing_app.test_client(), {"force": fresh_force}
    survivor, other = (given_person(client, headers, **where) for _ in range(2))
    lock, merges = custody_service.lock_people, []
    with ThreadPoolExecutor(1) as pool:

        def lock_after_merge(session, ids):
            if not merges:
                caller = committing_app.test_client()
                merges.append(pool.submit(merge, caller, headers, survivor, other, **where))
                wait(merges, timeout=0.5)
            return lock(session, ids)

        monkeypatch.setattr(custody_service, "lock_people", lock_after_merge)
        row = {
            "source_ref": "C1",
            "custody_number": "CU/1",
            "person_id": other["id"],
            "arrested_at": "2026-03-02T09:00:00Z",
        }
        run_rows(
            engine, force=fresh_force, kind="custody", rows=[row], requested_by="test", sink=Kept()
        )
        assert merges[0].result().status_code == 201
    page = read(client, headers, f"/v1/detentions?person_id={survivor['id']}", **where)
    assert [each["custody_number"] for each in page.json["items"]] == ["CU/1"]


def test_eight_merges_of_one_pair_give_one_and_writers_lose_nothing(
    committing_app, headers, fresh_force, engine
):
    client = committing_app.test_client()
    where = {"force": fresh_force}
    survivor, other = (given_person(client, headers, **where) for _ in range(2))
    sent = headers("investigator", If_Match='"1"', **where)

    def act(number):
        caller = committing_app.test_client()
        if number % 2:
            body = {
                "person_id": other["id"],
                "reason": "named_suspect",
                "crime_reference": str(number),
            }
            answer = caller.post("/v1/wanted", json=body, headers=headers("investigator", **where))
            return "want", answer.status_code
        one, two = (survivor, other) if number % 4 else (other, survivor)
        body = {"other_person_id": two["id"], "other_version": 1, "reason": "Same."}
        path = f"/v1/people/{one['id']}/merges"
        return "merge", caller.post(path, json=body, headers=sent).status_code

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(act, range(16)))
    merges = sorted(status for what, status in said if what == "merge")
    assert merges[0] == 201
    assert set(merges[1:]) <= {409, 412}
    entered = sum(status == 201 for what, status in said if what == "want")
    assert {status for what, status in said if what == "want"} <= {201, 409}
    with transaction(engine, Work(fresh_force)) as session:
        found = session.execute(
            text("""SELECT count(*), count(*) FILTER (WHERE p.merged_into IS NOT NULL)
                    FROM wants w JOIN persons p ON p.force = w.force AND p.id = w.person_id""")
        ).one()
    assert tuple(found) == (entered, 0)


@pytest.mark.parametrize(
    ("module", "step"),
    [
        (joining, "move_rows"),
        (joining, "move_links"),
        (joining, "follow"),
        (undoing, "put_back"),
        (undoing, "put_links_back"),
        (undoing, "refuse_torn"),
    ],
    ids=lambda each: getattr(each, "__name__", each),
)
def test_a_fault_at_any_step_leaves_everything_as_it_was(
    client, headers, connection, two, monkeypatch, module, step
):
    survivor, other = two
    given_detention(client, headers, person=other)
    given_want(client, headers, person=other, crime_reference="33/1/26")
    undoes = module is undoing
    merged = merge(client, headers, survivor, other).json if undoes else None
    at = "SELECT person_id FROM wants UNION SELECT merged_into FROM persons ORDER BY 1"
    before = ask(connection, at)
    work = getattr(module, step)

    def fail(*args, **kwargs):
        work(*args, **kwargs)
        message = "pulled"
        raise RuntimeError(message)

    monkeypatch.setattr(module, step, fail)
    answer = reverse(client, headers, merged) if undoes else merge(client, headers, *two)
    assert answer.status_code == 500
    assert ask(connection, at) == before
    monkeypatch.undo()
    answer = reverse(client, headers, merged) if undoes else merge(client, headers, *two)
    assert answer.status_code == 201
