"""Reading differences: who may, of which area and force, in pages and counts, and the audit."""

from __future__ import annotations

import random
from urllib.parse import parse_qsl, urlsplit

import pnc_world
import pytest
from builders import given_neighbourhood, given_person, given_want
from pnc_world import World, ago, pnc_id

READERS = {
    "response_officer",
    "neighbourhood_officer",
    "investigator",
    "supervisor",
    "duty_inspector",
    "meeting_chair",
    "iom_officer",
    "iom_manager",
    "offender_manager",
    "mappa_coordinator",
    "force_manager",
    "chief_officer",
}
OTHERS = {
    "custody_client",
    "forensic_client",
    "acro_client",
    "court_client",
    "partner_agency",
    "force_admin",
    "national_analyst",
    "auditor",
}


@pytest.fixture
def ask(client, headers):
    def get(role="investigator", path="/v1/pnc-differences", *, force="33", lpas=(), **query):
        sent = headers(role, force=force, lpas=lpas)
        return client.get(path, query_string=query, headers=sent)

    return get


@pytest.fixture
def many(build):
    """Bring in every case once."""
    world = World(random.Random(7))
    for case in pnc_world.CASES:
        case(world)
    build(world)
    return world


@pytest.mark.parametrize("path", ["/v1/pnc-differences", "/v1/pnc-differences/counts"])
def test_who_reads_wants_reads_differences(ask, path):
    for role in READERS | OTHERS:
        force = None if role == "national_analyst" else "33"
        status = ask(role, path, force=force).status_code
        assert (role, status) == (role, 200 if role in READERS else 403)


def test_only_who_imports_brings_a_file_in(client, headers):
    for role in READERS | OTHERS:
        sent = headers(role, force=None if role == "national_analyst" else "33")
        answer = client.post(
            "/v1/imports?kind=pnc-wanted&complete=true",
            data="source_ref,pnc_reference\nR1,33W1\n",
            content_type="text/csv",
            headers=sent,
        )
        assert (role, answer.status_code) == (role, 202 if role == "force_admin" else 403)


def test_another_force_sees_nothing_and_is_compared_with_nothing(build, bring, pnc, listed, ask):
    world = World(random.Random(1))
    person = world.person()
    ref = pnc_world.reference()
    want = world.want(person, "circulated", ref)
    world.row(person, want, pnc_reference=ref)
    build(world)
    assert listed() == []
    assert ask(force="31").json == {"items": [], "next": None, "full_extract_received_at": None}
    # The other force knows the same person and holds no want; PNC shows it the same reference.
    bring(
        "people", {key: person[key] for key in ("source_ref", "family_name", "pnc_id")}, force="31"
    )
    pnc(*world.pnc, force="31")
    assert [each["kind"] for each in listed(force="31")] == ["no_want"]
    assert listed() == []
    pnc({"source_ref": "other", "family_name": "Else", "report_type": "missing"}, force="31")
    assert listed(force="31") == []
    assert listed() == []


@pytest.fixture
def two_areas(client, headers, pnc):
    """Two known people, one in each area, and one unknown, all on PNC and not wanted here."""
    people = {}
    for number, lpa in enumerate(("N", "S")):
        place = given_neighbourhood(client, f"{lpa}1", lpa=lpa, south_west=(52.0 + number, -1.0))
        point = {"latitude": 52.005 + number, "longitude": -0.995, "lines": ["1 High Street"]}
        people[place["lpa"]] = given_person(
            client, headers, pnc_id=pnc_id(), addresses=[point | {"type": "home"}]
        )
    rows = [
        {"source_ref": lpa, "pnc_reference": f"33W{lpa}", "pnc_id": person["pnc_id"]}
        for lpa, person in people.items()
    ]
    pnc(*rows, {"source_ref": "U", "pnc_reference": "33WU", "family_name": "Unknown"})
    return people


def test_an_area_narrows_who_is_narrowed_by_areas(two_areas, listed):
    def seen(role, **more):
        return sorted(each["pnc"]["source_ref"] for each in listed(role, **more))

    assert seen("supervisor") == seen("investigator", lpas=["N"]) == ["N", "S", "U"]
    assert seen("supervisor", lpas=["N"]) == ["N"]
    assert seen("investigator", lpa="S") == ["S"]
    assert seen("investigator", lpa="none") == ["U"]
    assert listed(lpa="N")[0]["owner"] == {"officer": None, "team": "DUTY-N"}


def test_a_protected_persons_area_is_masked_and_told_by_no_team(
    two_areas, listed, ask, look, client
):
    look("UPDATE persons SET are_addresses_protected = true WHERE force = '33'")
    hidden = listed("response_officer", person_id=two_areas["N"]["id"])
    assert [(each["lpa"], each["neighbourhood"]) for each in hidden] == [(None, None)]
    assert hidden[0]["masked"] == ["lpa", "neighbourhood"]
    assert hidden[0]["owner"] == {"officer": None, "team": "DUTY-33"}
    assert listed("response_officer", lpa="N") == []
    (shown,) = listed("investigator", lpa="N")
    assert (shown["lpa"], shown["masked"]) == ("N", [])
    ((masked,),) = look("""
        SELECT masked FROM audit_events WHERE action = 'pnc.differences' ORDER BY at LIMIT 1
    """)
    assert masked == ["lpa", "neighbourhood"]


def test_a_want_of_a_protected_person_names_no_team_of_the_area(
    two_areas, client, headers, listed, look
):
    want = given_want(client, headers, person=two_areas["N"])
    assert want["owner_team"] == "DUTY-N"
    look("UPDATE persons SET are_addresses_protected = true WHERE force = '33'")
    for role, team in (("response_officer", "DUTY-33"), ("investigator", "DUTY-N")):
        (found,) = listed(role, want=want["id"])
        assert (role, found["owner"]["team"]) == (role, team)
        assert len(listed(role, want=want["id"], team=team)) == 1
    assert listed("response_officer", want=want["id"], team="DUTY-N") == []


def test_everybody_shown_is_in_the_audit(build, ask, look):
    world = World(random.Random(2))
    pnc_world.identity_differs_of_two_people(world)
    pnc_world.person_possible(world)
    build(world)
    items = ask().json["items"]
    shown = {each["person"]["id"] for each in items if each["person"]}
    shown |= {other["id"] for each in items for other in each["compare_with"]}
    assert len(shown) == 3
    ((kind, subjects, audit_class, reason),) = look("""
        SELECT subject_type, subject_ids, audit_class, reason FROM audit_events
        WHERE action = 'pnc.differences'
    """)
    assert (kind, audit_class, reason) == ("pnc_difference", "consultation", "testing")
    of_records = {each[side]["id"] for each in items for side in ("want", "pnc") if each[side]}
    assert {str(each) for each in subjects} == shown | of_records


def test_a_reason_is_asked_for_where_the_force_asks(client, headers):
    path = "/v1/forces/33/policies/access-reason"
    client.put(path, json={"figure": {"all": 1}}, headers=headers("force_admin"))
    sent = headers("investigator")
    del sent["X-Access-Reason"]
    answer = client.get("/v1/pnc-differences", headers=sent)
    assert answer.json["type"] == "urn:offenders:problem:reason-needed"


def test_pages_hold_every_difference_once_the_soonest_due_first(many, ask, look):
    whole = ask(limit=200, count="true").json
    assert whole["total"] == len(whole["items"]) == len(many.expected)
    items, cursor = [], None
    while True:
        page = ask(limit=9, **({"cursor": cursor} if cursor else {})).json
        items += page["items"]
        if (cursor := page["next"]) is None:
            break
    assert [each["id"] for each in items] == [each["id"] for each in whole["items"]]
    due = [each["due_at"] for each in items]
    assert due == sorted(due)
    assert len({each["id"] for each in items}) == len(items)
    assert look("SHOW enable_nestloop") == [("on",)]


def test_each_count_links_to_exactly_its_rows(many, ask):
    path = "/v1/pnc-differences/counts"
    for asked in ({}, {"group_by": "lpa"}, {"group_by": "severity", "overdue": "true"}):
        counts = ask(path=path, **asked).json
        filters = {name: value for name, value in asked.items() if name != "group_by"}
        total = ask(count="true", limit=1, **filters).json["total"]
        assert sum(each["differences"] for each in counts["counts"]) == total > 0
        assert counts["full_extract_received_at"] is not None
        for each in counts["counts"][:4]:
            query = dict(parse_qsl(urlsplit(each["href"]).query))
            rows = ask(limit=200, **query).json["items"]
            assert len(rows) == each["differences"]
            assert sum(row["is_overdue"] for row in rows) == each["overdue"]


def test_filters(many, listed):
    everything = listed(limit=200)
    one = next(each for each in everything if each["kind"] == "reference_differs")
    want, person = one["want"], one["person"]
    for query in (
        {"kind": "reference_differs", "owner": one["owner"]["officer"]},
        {"want": want["id"]},
        {"want": want["reference"].lower()},
        {"person_id": person["id"]},
        {"owner": one["owner"]["officer"]},
    ):
        assert [each["id"] for each in listed(**query)] == [one["id"]]
    of_team = listed(team="DUTY-33", limit=200)
    assert {each["kind"] for each in of_team} == {"no_want", "person_unknown", "person_possible"}
    overdue = listed(overdue="true", limit=200)
    assert {each["id"] for each in overdue} == {e["id"] for e in everything if e["is_overdue"]}
    assert listed(due_before=ago(days=3650)) == []
    assert len(listed(severity="alert", limit=200)) + len(
        listed(severity="warning", limit=200)
    ) == len(everything)


@pytest.mark.parametrize(
    "query", [{"kind": "gossip"}, {"colour": "blue"}, {"overdue": "perhaps"}, {"limit": 201}]
)
def test_what_can_not_be_asked_is_refused(ask, query):
    assert ask(**query).status_code == 422


def test_an_empty_force_has_no_differences_and_says_that_nothing_was_received(ask):
    assert ask(count="true").json == {
        "items": [],
        "next": None,
        "total": 0,
        "full_extract_received_at": None,
    }
    counts = ask(path="/v1/pnc-differences/counts").json
    assert counts == {"full_extract_received_at": None, "counts": []}
