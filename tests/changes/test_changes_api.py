"""The change feed as a device meets it: tokens, order, removals, areas, and what is refused."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from builders import given_entry, given_neighbourhood, given_person, given_want
from devices_given import Device
from orders_given import Orders, day
from sqlalchemy import text

from offenders.clock import as_if_at, today
from offenders.jobs.housekeeping import tidy_up

LONG = 24 * 365
BORN = str(today() - timedelta(days=11_000))  # grows no older for the next 300 days


@pytest.fixture
def resident(client, headers):
    """Make somebody who lives in a ward of two areas."""
    for at, (code, lpa) in enumerate((("W1", "N"), ("W2", "S"))):
        given_neighbourhood(client, code, lpa=lpa, south_west=(52.0 + at, -1.0))

    def make(ward="W1", **fields):
        home = {"lines": ["1"], "neighbourhood": ward, "type": "home"}
        whole = {"addresses": [home], "date_of_birth": BORN, **fields}
        return given_person(client, headers, **whole)

    return make


@pytest.fixture
def device(client, headers):
    """Give an officer's device that has begun."""

    def make(role="response_officer", wards=("W1", "W2"), **claims):
        made = Device(client, headers(role, hours=LONG, **claims), wards)
        made.begin()
        return made

    return make


def close(client, headers, want):
    answer = client.post(
        f"/v1/wanted/{want['id']}/outcomes",
        json={"outcome": "arrested"},
        headers=headers("supervisor", hours=LONG, If_Match="*"),
    )
    assert answer.status_code == 201, answer.json


def refused(client, sent, token, status):
    answer = client.get("/v1/changes", query_string={"since": token}, headers=sent)
    assert answer.status_code == status, answer.json
    return answer.json


def test_a_token_comes_without_items_and_what_follows_comes_in_order(
    client, headers, resident, device
):
    first, second = resident(), resident("W2")
    given_want(client, headers, person=first)
    officer = device()
    begun = officer.ask()
    assert (begun["items"], begun["more"]) == ([], False)
    assert officer.ask(officer.token)["items"] == []
    want = given_want(client, headers, person=second)
    given_entry(client, headers, first, "markers", code="VI", rationale="Fights.")
    told = officer.ask(officer.token)
    assert sorted(each["id"] for each in told["items"]) == sorted([first["id"], second["id"]])
    assert {each["op"] for each in told["items"]} == {"upsert"}
    assert {each["id"]: each["data"] for each in told["items"]} == officer.whole()
    close(client, headers, want)
    gone = officer.ask(told["next"])
    assert [(each["op"], each["id"], each["data"], each["version"]) for each in gone["items"]] == [
        ("remove", second["id"], None, None)
    ]
    assert gone["items"][0]["seq"] > max(each["seq"] for each in told["items"])
    again = officer.ask(told["next"])
    assert again["items"] == gone["items"]


def test_pages_join_and_a_lost_answer_is_asked_for_again(client, headers, resident, device):
    people = [resident() for _ in range(5)]
    officer = device()
    for person in people:
        given_want(client, headers, person=person)
    lost = officer.ask(officer.token, limit=2)
    assert (len(lost["items"]), lost["more"]) == (2, True)
    first = officer.ask(officer.token, limit=2)
    assert first["items"] == lost["items"]
    officer.take(first)
    late = resident()
    given_want(client, headers, person=late)
    assert officer.pull(limit=2).held == officer.whole()
    assert set(officer.held) == {each["id"] for each in [*people, late]}


def test_who_came_and_went_between_two_pulls_is_told_if_a_ward_list_showed_them(
    client, headers, resident, device
):
    """The token is taken, somebody is opened, the ward is pulled, they are closed again."""
    person, other = resident(), resident()
    officer = device()
    want = given_want(client, headers, person=person)
    given_want(client, headers, person=other, risk="standard")
    officer.pull_ward("W1")
    assert set(officer.held) == {person["id"], other["id"]}
    close(client, headers, want)
    assert set(officer.pull().held) == {other["id"]}
    marker = given_entry(client, headers, other, "markers", code="FI", rationale="Gun.")
    officer.pull_ward("W1")
    assert officer.held[other["id"]]["is_dangerous"]
    path = f"/v1/people/{other['id']}/markers/{marker['id']}/removals"
    sent = headers("supervisor", hours=LONG, If_Match="*")
    assert client.post(path, json={"reason": "Wrong."}, headers=sent).status_code == 201
    assert not officer.pull().held[other["id"]]["is_dangerous"]


def test_time_alone_removes_and_changes(client, headers, resident, device):
    person = resident()
    orders = Orders(client, headers, "33")
    orders.given(person_id=person["id"], type="DVPO", made_on=day(-20), expires_on=day(1))
    kept = resident()
    given_want(client, headers, person=kept, power="PACE 1984 s.24")
    officer = device()
    for code in officer.wards:
        officer.pull_ward(code)
    assert officer.held[kept["id"]]["if_met"]["act"] == "yes"
    now = datetime.now(UTC)
    with as_if_at(now + timedelta(days=3)):
        assert set(officer.pull().held) == {kept["id"]}
    with as_if_at(now + timedelta(days=20)):
        assert officer.ask(officer.token)["items"] == []
        officer.pull()
    for days, act in ((40, "yes"), (60, "yes"), (76, "confirm_first")):
        with as_if_at(now + timedelta(days=days)):
            assert officer.pull().held == officer.whole()
            assert officer.held[kept["id"]]["if_met"]["act"] == act


def test_the_areas_of_a_token_narrow_it_for_every_role(client, headers, resident, device):
    near, far = resident(), resident("W2")
    officer = device("investigator", ["W1"], neighbourhoods=["W1"])
    area = device("response_officer", ["W2"], lpas=["S"])
    for person in (near, far):
        given_want(client, headers, person=person)
    assert set(officer.pull().held) == {near["id"]}
    assert set(area.pull().held) == {far["id"]}
    officer.pull_ward("W2")
    assert set(officer.held) == {near["id"], far["id"]}
    assert officer.ask(officer.token)["items"] == []


def test_tokens_altered_or_of_another_are_refused_with_what_to_do(
    client, headers, resident, device
):
    resident()
    officer = device()
    token = officer.token
    others = [
        headers("response_officer", lpas=["N"]),
        headers("supervisor"),
        headers("response_officer", force="31"),
    ]
    for sent in others:
        said = refused(client, sent, token, 422)
        assert said["errors"][0]["pointer"] == "/since"
        assert "pull your wards anew" in said["errors"][0]["detail"]
    raw = bytearray(base64.urlsafe_b64decode(token + "=="))
    for at in (0, 20, len(raw) - 1):
        raw[at] ^= 1
        refused(client, officer.sent, base64.urlsafe_b64encode(raw).decode().rstrip("="), 422)
        raw[at] ^= 1
    for letter in "AQgwx":
        if letter != token[-1]:
            refused(client, officer.sent, token[:-1] + letter, 422)
    for wrong in ("x", token[:-4], token + "AAAA", "é", "=" * 9):
        refused(client, officer.sent, wrong, 422)
    refused(client, headers("response_officer", name="Somebody else"), token, 422)
    answer = client.get("/v1/changes", query_string={"since": token}, headers=officer.sent)
    assert (answer.status_code, answer.json["items"]) == (200, [])
    for role in ("partner_agency", "chief_officer", "auditor"):
        assert client.get("/v1/changes", headers=headers(role)).status_code == 403


def test_tokens_last_thirty_days_and_views_a_little_longer(
    client, headers, session, resident, device
):
    given_want(client, headers, person=resident())
    officer = device()
    now = datetime.now(UTC)
    with as_if_at(now + timedelta(days=30, seconds=-2)):
        assert officer.ask(officer.token)["items"] == []
    with as_if_at(now + timedelta(days=30, seconds=2)):
        said = refused(client, officer.sent, officer.token, 410)
    assert said["type"] == "urn:offenders:problem:token-expired"
    assert "pull your wards anew" in said["detail"]
    session.execute(text("UPDATE change_views SET used_at = used_at - interval '31 days'"))
    tidy_up(session, "33")
    assert officer.ask(officer.token)["items"] == []
    session.execute(text("UPDATE change_views SET used_at = used_at - interval '33 days'"))
    tidy_up(session, "33")
    assert session.execute(text("SELECT count(*) FROM change_entries")).scalar_one() == 0
    refused(client, officer.sent, officer.token, 410)
    officer.begin()
    assert officer.ask(officer.token)["items"] == []


def test_a_token_is_renewed_only_by_who_comes_to_the_end(client, headers, resident, device):
    """A removal is kept for as long as a token lasts, however slowly a device goes on."""
    wants = [given_want(client, headers, person=resident()) for _ in range(3)]
    officer = device()
    officer.pull_ward("W1")
    for want in wants:
        close(client, headers, want)
    now = datetime.now(UTC)
    with as_if_at(now + timedelta(days=20)):
        slow = officer.ask(officer.token, limit=1)
        assert slow["more"]
        whole = officer.ask(slow["next"])
        assert not whole["more"]
    with as_if_at(now + timedelta(days=31)):
        refused(client, officer.sent, slow["next"], 410)
        assert officer.ask(whole["next"])["items"] == []


def test_many_devices_share_one_view_and_each_is_told_once(
    client, headers, session, resident, device
):
    first, second = device(name="One"), device(name="Two")
    given_want(client, headers, person=resident())
    assert len(first.ask(first.token)["items"]) == 1
    assert len(second.ask(second.token)["items"]) == 1
    assert session.execute(text("SELECT count(*) FROM change_views")).scalar_one() == 1
    events = text("""
        SELECT audit_class, reason, details, cardinality(subject_ids) AS shown FROM audit_events
        WHERE force = '33' AND action = 'changes.pull' ORDER BY at DESC LIMIT 1""")
    row = session.execute(events).one()
    assert (row.audit_class, row.reason) == ("consultation", "testing")
    assert (row.details, row.shown) == ({"removed": 0}, 2)
