"""Hits over the API: whom they name, the want they open or join, what becomes of them."""

from __future__ import annotations

import pytest
from builders import given_neighbourhood, given_person, given_want
from forensics_given import Register, hit_body
from sqlalchemy import text

from offenders.db import Work, transaction


@pytest.fixture
def ann(client, headers):
    return given_person(client, headers, pnc_id="81/34U", cro_number="65656/91H")


def test_a_hit_opens_a_want_with_forensic_basis_and_high_priority(register, ann):
    hit = register.enter(person_id=ann["id"])
    want = register.want_of(hit)
    assert (hit["state"], hit["person_state"], hit["offence_class"]) == (
        "received",
        "known",
        "burglary_dwelling",
    )
    assert {name: want[name] for name in ("reason", "basis", "priority", "state")} == {
        "reason": "named_suspect",
        "basis": "forensic",
        "priority": "high",
        "state": "outstanding",
    }
    assert want["crime_reference"] == hit["crime_reference"]
    assert want["entered_at"] == hit["received_at"] == "2026-03-02T09:00:00+00:00"
    assert hit["owner_team"] == "DUTY-33"


def test_the_clocks_run_from_receipt_by_class(register, ann):
    grave = register.enter(person_id=ann["id"])
    other = register.enter(person_id=ann["id"], offence_code="TH68010")
    clocks = ("research_due_at", "allocation_due_at", "arrest_due_at")
    assert [grave[each][:10] for each in clocks] == ["2026-03-03", "2026-03-04", "2026-03-09"]
    assert [other[each][:10] for each in clocks] == ["2026-03-04", "2026-03-07", "2026-03-16"]


@pytest.mark.parametrize(
    "named",
    [
        {"person_id": None},
        {"person_id": "reference"},
        {"pnc_id": "1981/0000034U"},
        {"cro_number": "065656/91H"},
        {"pnc_id": "81/34U", "family_name": "Else", "date_of_birth": "1990-01-01"},
        {"pnc_id": "81/34U", "family_name": "Example", "date_of_birth": "1971-01-01"},
    ],
)
def test_a_person_is_known_by_id_reference_pnc_id_or_cro_number(register, ann, named):
    if "person_id" in named:
        named = {"person_id": ann["reference"] if named["person_id"] else ann["id"]}
    hit = register.enter(**named)
    assert (hit["person_state"], hit["person_id"]) == ("known", ann["id"])


def test_a_hit_that_names_nobody_on_record_waits(register):
    hit = register.enter(pnc_id="2002/0073319Z", family_name="Nobody")
    assert (hit["person_state"], hit["person"], hit["want"]) == ("unknown", None, None)
    assert hit["stated"] == {"pnc_id": "2002/0073319Z", "family_name": "Nobody"}


@pytest.mark.parametrize(
    ("stated", "doubt", "candidates"),
    [
        ({"pnc_id": "81/34U", "cro_number": "SF05/482703J"}, "several_people", 2),
        ({"person_id": "ann", "cro_number": "SF05/482703J"}, "several_people", 2),
        (
            {"pnc_id": "81/34U", "family_name": "Else", "date_of_birth": "1971-02-03"},
            "unlike",
            1,
        ),
        (
            {"family_name": "EXAMPLE", "given_names": "Ann", "date_of_birth": "1990-01-01"},
            "name_only",
            2,
        ),
    ],
)
def test_a_doubtful_hit_goes_to_a_human_and_is_never_guessed(
    client, headers, register, ann, stated, doubt, candidates
):
    given_person(client, headers, cro_number="SF05/482703J")
    if "person_id" in stated:
        stated = {**stated, "person_id": ann["id"]}
    hit = register.enter(**stated)
    assert (hit["person_state"], hit["doubt"], hit["want_id"]) == ("doubtful", doubt, None)
    assert len(hit["candidates"]) == candidates
    queue = register.get("/v1/forensic-hits?person_state=doubtful")["items"]
    assert [each["id"] for each in queue] == [hit["id"]]


def test_a_name_without_a_birth_date_or_another_given_name_is_unknown(register, ann):
    for stated in (
        {"family_name": "Example"},
        {"family_name": "Example", "given_names": "Zoe", "date_of_birth": "1990-01-01"},
    ):
        assert register.enter(**stated)["person_state"] == "unknown"


def test_a_human_decides_and_the_want_follows(register, ann):
    hit = register.enter(family_name="Example", given_names="Ann", date_of_birth="1990-01-01")
    waiting = register.done(hit, "identifications", person_id=None, reason="None of them.")
    assert (waiting["person_state"], waiting["candidates"]) == ("unknown", [])
    named = register.done(hit, "identifications", person_id=ann["id"], reason="Prints taken.")
    assert (named["person_state"], named["person_id"]) == ("known", ann["id"])
    assert register.want_of(hit)["basis"] == "forensic"
    again = register.do(hit, "identifications", person_id=ann["id"], reason="Again.")
    assert again.status_code == 409
    missing = register.do(
        register.enter(), "identifications", person_id=hit["id"], reason="Nobody."
    )
    assert missing.json["errors"][0]["pointer"] == "/person_id"


def test_a_person_id_that_names_nobody_is_refused(register):
    answer = register.post(person_id="0192f0c1-2b3c-8021-8000-000000000000")
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/person_id")


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"type": "tea_leaves"}, "/type"),
        ({"laboratory_reference": ""}, "/laboratory_reference"),
        ({"offence_code": "XX99999"}, "/offence_code"),
        ({"lpa": "NOWHERE"}, "/lpa"),
        ({"neighbourhood": "NOWHERE"}, "/neighbourhood"),
        ({"pnc_id": "20030011985Z"}, "/pnc_id"),
        ({"received_at": "2026-02-28T09:00:00Z"}, "/received_at"),
        ({"identified_at": "2999-01-01T00:00:00Z"}, "/identified_at"),
        ({"force": "31"}, "/force"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_what_cannot_be_right_is_refused_with_its_field(register, wrong, pointer):
    answer = register.post(**wrong)
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json["errors"]] == [pointer]


def test_the_same_hit_twice_is_one(register, ann):
    body = hit_body(person_id=ann["id"])
    first, again = register.post(**body), register.post(**body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json["id"] == first.json["id"]
    said_less = register.post(**{**body, "crime_reference": None, "pnc_id": "81/34U"})
    assert said_less.status_code == 200
    other = register.post(**{**body, "crime_reference": "33/other/26", "type": "palm"})
    assert other.status_code == 409
    assert [each["pointer"] for each in other.json["errors"]] == ["/type", "/crime_reference"]
    assert other.json["existing"] == f"/v1/forensic-hits/{first.json['id']}"


def test_two_hits_on_one_person_for_a_crime_are_one_want_and_its_arrest_closes_both(register, ann):
    same = {"person_id": ann["id"], "crime_reference": "33/6/26"}
    hits = [register.enter(**same) for _ in range(2)]
    wants = {register.read(hit)["want_id"] for hit in hits}
    assert len(wants) == 1
    register.end_want(wants.pop(), "arrested", occurred_at="2026-03-05T09:00:00Z")
    assert [register.read(hit)["state"] for hit in hits] == ["arrested", "arrested"]


def test_hits_for_several_crimes_are_as_many_crimes_with_a_named_suspect(register, ann):
    """Recommendation 24 counts crimes, so that a person in three of them counts three times."""
    crimes = ("33/6/26", "33/7/26", "33/6/26", None, None)
    hits = [register.enter(person_id=ann["id"], crime_reference=each) for each in crimes]
    wants = [hit["want_id"] for hit in hits]
    assert wants[0] == wants[2]
    assert wants[3] == wants[4]
    assert len(set(wants)) == 3
    sent = register.send(
        *(hit_body(person_id=ann["id"], crime_reference=f"33/{n % 2 + 6}/26") for n in range(4)),
        hit_body(person_id=ann["id"], crime_reference="33/8/26"),
        hit_body(person_id=ann["id"], crime_reference="33/8/26"),
    )
    assert sent.json["created"] == 6
    counts = register.get("/v1/wanted/counts")
    named = counts["headline"]["named_suspects"]
    assert (named["crimes"], named["wants"], named["people"]) == (3, 4, 1)
    assert counts["headline"]["people_in_any"] == 1
    shown = register.get(named["href"])["items"]
    assert sorted(each["crime_reference"] or "" for each in shown) == [
        "",
        "33/6/26",
        "33/7/26",
        "33/8/26",
    ]
    assert (
        register.get("/v1/forensic-hits/progress?from=2026-03-01&to=2026-03-31")["received"] == 11
    )
    register.end_want(wants[0], "arrested")
    states = [register.read(hit)["state"] for hit in hits]
    assert states == ["arrested", "received", "arrested", "received", "received"]
    assert register.get("/v1/wanted/counts")["headline"]["named_suspects"]["crimes"] == 2


def test_a_hit_joins_the_open_want_for_its_crime(client, headers, register, ann):
    want = given_want(client, headers, person=ann, basis="witness", crime_reference="33/7/26")
    warrant = given_want(client, headers, person=ann, reason="court_warrant")
    assert register.enter(person_id=ann["id"], crime_reference="33/7/26")["want_id"] == want["id"]
    other = register.enter(person_id=ann["id"], crime_reference="33/8/26")["want_id"]
    assert other not in {want["id"], warrant["id"]}


def test_a_hit_for_a_crime_already_dealt_with_opens_no_other_want(register, ann):
    first = register.enter(person_id=ann["id"], crime_reference="33/9/26")
    register.end_want(first["want_id"], "arrested")
    second = register.enter(person_id=ann["id"], crime_reference="33/9/26")
    assert (second["want_id"], second["state"]) == (first["want_id"], "arrested")
    third = register.enter(person_id=ann["id"], crime_reference="33/10/26")
    assert (third["state"], third["want_id"] != first["want_id"]) == ("received", True)


def test_a_death_ends_hit_and_want_and_opens_no_other(register, ann):
    same = {"person_id": ann["id"], "crime_reference": "33/6/26"}
    hits = [register.enter(**same) for _ in range(2)]
    register.done(hits[0], "allocations", owner_team="BURGLARY")
    gone = register.done(hits[0], "outcomes", outcome="deceased")
    assert (gone["state"], gone["want"]["state"]) == ("outcome_returned", "deceased")
    assert register.read(hits[1])["state"] == "deceased"
    third = register.enter(person_id=ann["id"])
    assert (third["state"], third["want_id"]) == ("deceased", gone["want_id"])


def test_a_hit_goes_its_whole_way(register, ann):
    hit = register.enter(person_id=ann["id"])
    hit = register.done(hit, "research", linked_crimes=["33/1/25", "33/2/25"])
    assert (hit["state"], hit["linked_crimes"]) == ("researched", ["33/1/25", "33/2/25"])
    hit = register.done(hit, "allocations", owner_officer="4711")
    assert (hit["state"], hit["owner_officer"], hit["owner_team"]) == ("allocated", "4711", None)
    assert register.want_of(hit)["owner_officer"] == "4711"
    hit = register.done(hit, "outcomes", outcome="arrested", custody_number="C1")
    assert hit["state"] == hit["want"]["state"] == "arrested"
    hit = register.done(hit, "outcomes", outcome="charged", reason="Burglary, 33/1/25 too.")
    assert (hit["state"], hit["outcome"]) == ("outcome_returned", "charged")
    assert register.do(hit, "outcomes", outcome="charged").status_code == 409


@pytest.mark.parametrize("step", [None, "research"])
def test_an_outcome_before_allocation_names_the_rule(register, ann, step):
    hit = register.enter(person_id=ann["id"])
    if step:
        register.done(hit, step)
    answer = register.do(hit, "outcomes", outcome="charged")
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "/outcome"
    assert "before allocation" in answer.json["errors"][0]["detail"]


def test_a_charge_needs_the_person_to_have_been_dealt_with(register, ann):
    hit = register.enter(person_id=ann["id"])
    register.done(hit, "allocations", owner_team="BURGLARY")
    answer = register.do(hit, "outcomes", outcome="charged")
    assert (answer.status_code, answer.json["state"]) == (409, "allocated")
    assert "arrested" in answer.json["possible"]
    assert "charged" not in answer.json["possible"]


def test_a_further_allocation_needs_its_reason(register, ann):
    hit = register.enter(person_id=ann["id"])
    register.done(hit, "allocations", owner_team="BURGLARY")
    answer = register.do(hit, "allocations", owner_officer="4711")
    assert answer.json["errors"][0]["pointer"] == "/reason"
    moved = register.done(hit, "allocations", owner_officer="4711", reason="On leave.")
    assert moved["owner_officer"] == "4711"
    both = register.do(hit, "allocations", owner_officer="1", owner_team="X", reason="Both.")
    assert both.status_code == 422


def test_an_eliminated_hit_leaves_the_queue(register, ann):
    hit = register.enter(family_name="Example", given_names="Ann", date_of_birth="1990-01-01")
    gone = register.done(hit, "eliminations", reason="error")
    assert (gone["person_state"], gone["candidates"]) == ("unknown", [])
    assert register.get("/v1/forensic-hits?person_state=doubtful")["items"] == []
    late = register.do(hit, "identifications", person_id=ann["id"], reason="Too late.")
    assert (late.status_code, late.json["state"]) == (409, "eliminated")


def test_an_act_before_the_receipt_is_refused(register, ann):
    hit = register.enter(person_id=ann["id"])
    answer = register.do(hit, "research", occurred_at="2026-03-02T08:59:59Z")
    assert answer.json["errors"][0]["pointer"] == "/occurred_at"


def test_the_last_hit_behind_a_forensic_want_closes_it(register, ann):
    same = {"person_id": ann["id"], "crime_reference": "33/6/26"}
    hits = [register.enter(**same) for _ in range(2)]
    gone = register.done(hits[0], "eliminations", reason="legitimate_access")
    assert (gone["state"], gone["want"]["state"]) == ("eliminated", "outstanding")
    gone = register.done(hits[1], "eliminations", reason="error", rationale="Samples swapped.")
    assert (gone["state"], gone["want"]["state"]) == ("eliminated", "no_longer_wanted")
    assert "legitimate" not in register.want_of(hits[1])["outcome_reason"]
    assert register.do(hits[1], "eliminations", reason="error").status_code == 409


def test_a_want_with_another_basis_must_then_be_confirmed(client, headers, register, ann):
    want = given_want(
        client,
        headers,
        person=ann,
        basis="witness",
        crime_reference="33/7/26",
        power="PACE 1984 s.24",
    )
    hit = register.enter(person_id=ann["id"], crime_reference="33/7/26")
    path = f"/v1/wanted/{want['id']}"
    assert register.get(f"{path}/safe-to-act")["act"] == "yes"
    gone = register.done(hit, "eliminations", reason="legitimate_access")
    assert gone["want"]["state"] == "outstanding"
    judged = register.get(f"{path}/safe-to-act")
    assert (judged["act"], judged["reasons"][0]["code"]) == ("confirm_first", "ground_gone")
    sent = register.sent | {"If-Match": "*"}
    client.post(f"{path}/validations", json={}, headers=sent)
    assert register.get(f"{path}/safe-to-act")["act"] == "yes"


def test_a_stale_version_is_refused_and_a_missing_one(register, ann):
    hit = register.enter(person_id=ann["id"])
    register.done(hit, "research", if_match='"1"')
    assert register.do(hit, "research", if_match='"1"').status_code == 412
    path = f"/v1/forensic-hits/{hit['id']}/research"
    assert register.client.post(path, json={}, headers=register.sent).status_code == 428


def test_a_hit_of_another_force_or_area_looks_like_none(client, headers, register, ann):
    given_neighbourhood(client, "E1", lpa="N")
    hit = register.enter(person_id=ann["id"], neighbourhood="E1")
    assert (hit["lpa"], hit["owner_team"]) == ("N", "DUTY-N")
    unknown = {"id": "0192f0c1-2b3c-8021-8000-000000000000"}
    for other in (
        Register(client, headers, force="31"),
        Register(client, headers, role="supervisor", lpas=["S"]),
    ):
        for each in (hit, unknown):
            answer = other.client.get(f"/v1/forensic-hits/{each['id']}", headers=other.sent)
            assert answer.status_code == 404
            assert other.do(each, "research").status_code == 404
        assert other.get("/v1/forensic-hits")["items"] == []
    near = Register(client, headers, role="supervisor", lpas=["N"])
    assert near.read(hit)["id"] == hit["id"]
    assert near.post(lpa=None).json["errors"][0]["pointer"] == "/lpa"


def test_a_laboratory_sees_its_own_hits_and_nothing_of_the_register(client, headers, register, ann):
    lab = Register(client, headers, role="forensic_client", name="lab")
    other = register.enter(person_id=ann["id"], crime_reference="33/6/26")
    body = hit_body(pnc_id="81/34U", crime_reference="33/6/26")
    own = lab.post(**body).json
    assert own["person_state"] == "known"
    assert [own[name] for name in ("person_id", "person", "candidates", "want_id", "want")] == (
        [None] * 5
    )
    assert own["masked"] == ["person", "candidates", "want"]
    assert [each["id"] for each in lab.get("/v1/forensic-hits")["items"]] == [own["id"]]
    assert lab.client.get(f"/v1/forensic-hits/{other['id']}", headers=lab.sent).status_code == 404
    march = "from=2026-03-01&to=2026-03-31"
    assert lab.get(f"/v1/forensic-hits/progress?{march}")["received"] == 1
    for hidden in (
        f"person_id={ann['id']}",
        f"person_id={ann['reference']}",
        f"want_id={register.read(own)['want_id']}",
    ):
        assert len(register.get(f"/v1/forensic-hits?{hidden}")["items"]) == 2
        assert lab.get(f"/v1/forensic-hits?{hidden}")["items"] == []
    assert lab.do(own, "research").status_code == 403
    taken = Register(client, headers, role="forensic_client", name="else").post(**body)
    assert (taken.status_code, "existing" in taken.json) == (409, False)


def test_what_is_shown_is_audited_with_its_people(register, ann, connection):
    hit = register.enter(person_id=ann["id"])
    register.get("/v1/forensic-hits")
    statement = "SELECT subject_ids FROM audit_events WHERE action = 'forensics.list'"
    with transaction(connection, Work("33")) as session:
        rows = session.execute(text(statement)).all()
    assert [sorted(map(str, row.subject_ids)) for row in rows] == [sorted([hit["id"], ann["id"]])]


def test_the_list_is_paged_filtered_and_read_as_at(register, ann):
    hits = [
        register.enter(person_id=ann["id"], received_at=f"2026-03-{day:02}T10:00:00Z")
        for day in (3, 5, 4)
    ]
    first = register.get("/v1/forensic-hits?limit=2&count=true")
    rest = register.get(f"/v1/forensic-hits?limit=2&cursor={first['next']}")
    listed = [each["id"] for each in first["items"] + rest["items"]]
    assert listed == [hits[1]["id"], hits[2]["id"], hits[0]["id"]]
    assert (first["total"], rest["next"]) == (3, None)
    day = "/v1/forensic-hits?received_from=2026-03-04&received_to=2026-03-04"
    assert [each["id"] for each in register.get(day)["items"]] == [hits[2]["id"]]
    assert register.get("/v1/forensic-hits?type=palm")["items"] == []
    assert len(register.get("/v1/forensic-hits?overdue=arrest")["items"]) == 3
    before = register.get("/v1/forensic-hits/progress")["as_at"]
    register.done(hits[0], "research")
    then = f"/v1/forensic-hits?state=received&as_at={before}"
    assert len(register.get(then)["items"]) == 3
    one = f"/v1/forensic-hits/{hits[0]['id']}"
    assert register.get(f"{one}?as_at={before}")["state"] == "received"
    assert register.get(one)["state"] == "researched"
    assert len(register.get("/v1/forensic-hits?state=received")["items"]) == 2
    want = hits[0]["want"]["reference"]
    for query, count in (
        (f"person_id={ann['reference']}", 3),
        (f"person_id={ann['reference'].lower()}", 3),
        (f"want_id={want}", 1),
        (f"want_id={want}&as_at={before}", 1),
        (f"want_id={ann['reference']}", 0),
    ):
        found = register.get(f"/v1/forensic-hits?count=true&{query}")
        assert (query, len(found["items"]), found["total"]) == (query, count, count)
    bad = register.client.get("/v1/forensic-hits?want_id=x", headers=register.sent)
    assert (bad.status_code, bad.json["errors"][0]["pointer"]) == (422, "/want_id")
