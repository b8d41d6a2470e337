"""The want of a breach ends with the bail (PACE 1984 s.46A(1A)); that of a failure doesn't."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from bail_given import ago
from builders import given_want

from offenders.clock import as_if_at
from offenders.domain.working_days import start_of_london_day
from offenders.jobs import runner
from offenders.jobs.timetable import find_job


@pytest.fixture
def run(connection):
    return lambda at: runner.run(connection, find_job("bail-due"), at=at, forces=["33"])


def after(record, hours=1):
    """Give a moment right after the last day of bail."""
    day = datetime.fromisoformat(record["ends_on"]).date() + timedelta(days=1)
    return start_of_london_day(day) + timedelta(hours=hours)


def broken(bail, **fields):
    """Give bail with a breach that made a want, and the want."""
    made = bail.given(conditions=["Curfew"], **fields)
    bail.done(made, "breaches", open_want=True, occurred_at=ago(1))
    return made, wants(bail, made["person_id"])[0]


def wants(bail, person, reason="breach_of_bail"):
    path = f"/v1/wanted?state=all&reason={reason}&person_id={person}"
    return bail.client.get(path, headers=bail.sent).json["items"]


def get(bail, path):
    answer = bail.client.get(path, headers=bail.sent)
    assert answer.status_code == 200, answer.json
    return answer.json


def judged(bail, want):
    return get(bail, f"/v1/wanted/{want['id']}/safe-to-act")


def reasons(bail, want):
    return [each["code"] for each in judged(bail, want)["reasons"]]


@pytest.mark.parametrize(
    ("kind", "power"), [("station", "PACE 1984 s.46A(1A)"), ("street", "PACE 1984 s.30D(2A)")]
)
def test_the_power_of_a_breach_ends_with_the_bail(bail, run, kind, power):
    made, want = broken(bail, kind=kind)
    with as_if_at(after(made, -2)):
        assert "power" in reasons(bail, want)
    run(after(made, -2))
    assert wants(bail, made["person_id"])[0]["state"] == "outstanding"
    with as_if_at(after(made)):
        early = judged(bail, want)
        assert early["act"] == "confirm_first"
        (said,) = [e["detail"] for e in early["reasons"] if e["code"] == "power_ended"]
        for each in (made["reference"], made["ends_on"], power):
            assert each in said
    for _ in range(2):
        assert run(after(made)).state == "succeeded"
    (ended,) = wants(bail, made["person_id"])
    assert (ended["state"], ended["outcome_reason"]) == ("no_longer_wanted", said)
    assert datetime.fromisoformat(ended["outcome_at"]) == after(made, 0)
    (logged,) = [
        each
        for each in get(bail, f"/v1/wanted/{want['id']}/history")["items"]
        if each["kind"] == "outcome"
    ]
    assert (logged["actor"], logged["details"]["bail_record"]) == ("service", made["reference"])
    assert judged(bail, want)["act"] == "no"


def test_a_failure_to_answer_is_wanted_for_after_the_period_too(bail, run):
    made, want = broken(bail, return_at=ago(0.5))
    failed = bail.done(made, "failures", occurred_at=ago(0.4))
    run(after(made))
    assert bail.want(failed)["state"] == "outstanding"
    with as_if_at(after(made)):
        assert "power" in reasons(bail, {"id": failed["want_id"]})
    assert wants(bail, made["person_id"]) == [get(bail, f"/v1/wanted/{want['id']}")]


def test_other_bail_behind_the_same_want_keeps_it(bail, run):
    person = bail.person()["id"]
    one, want = broken(bail, person_id=person)
    two = bail.given(person_id=person, arrested_at=ago(9.5), conditions=["Curfew"])
    bail.done(two, "breaches", open_want=True, occurred_at=ago(1))
    body = {"authorised_rank": "inspector", "authorised_at": ago(0)}
    two = bail.done(two, "extensions", **body, representations="None.", reason="Phone.")
    assert one["ends_on"] < two["ends_on"]
    run(after(one))
    with as_if_at(after(one)):
        assert "power" in reasons(bail, want)
    run(after(two))
    assert [each["state"] for each in wants(bail, person)] == ["no_longer_wanted"]


def test_a_want_with_a_power_of_its_own_must_be_confirmed(bail, run, client, headers):
    person = bail.person()
    fields = {"reason": "breach_of_bail", "crime_reference": "C1", "power": "Bail Act 1976 s.7(3)"}
    given_want(client, headers, person=person, entered_at=ago(2), **fields)
    person = person["id"]
    made, want = broken(bail, person_id=person)
    run(after(made))
    run(after(made))
    (stands,) = wants(bail, person)
    assert (stands["id"], stands["state"]) == (want["id"], "outstanding")
    found = judged(bail, want)
    assert (found["act"], found["reasons"][0]["code"]) == ("confirm_first", "ground_gone")
    notes = get(bail, f"/v1/wanted/{want['id']}/history")["items"]
    assert [each["kind"] for each in notes].count("note") == 1


def test_the_act_that_finds_bail_lapsed_ends_the_want_with_it(bail):
    made, _ = broken(bail)
    with as_if_at(after(made)):
        late = bail.act(made, "breaches", occurred_at=ago(0.5), open_want=True)
        assert late.status_code == 422
        assert late.json["errors"][0]["pointer"] == "/open_want"
        assert "PACE 1984 s.46A(1A)" in late.json["errors"][0]["detail"]
        assert wants(bail, made["person_id"])[0]["state"] == "outstanding"
        bail.done(made, "reviews", decision="Goes on.")
    assert wants(bail, made["person_id"])[0]["state"] == "no_longer_wanted"


def test_bail_extended_in_time_but_recorded_late_brings_the_want_back(bail, run):
    made, want = broken(bail)
    run(after(made))
    body = {"authorised_rank": "inspector", "authorised_at": ago(0), "reason": "Phone."}
    with as_if_at(after(made, 5)):
        again = bail.done(made, "extensions", **body, representations="None.")
        assert again["state"] == "on_bail"
    old, new = sorted(wants(bail, made["person_id"]), key=lambda each: each["state"])
    assert (old["id"], old["state"], new["state"]) == (
        want["id"],
        "no_longer_wanted",
        "outstanding",
    )
    assert (new["power"], new["entered_at"]) == (old["power"], old["entered_at"])
    run(after(again))
    assert {each["state"] for each in wants(bail, made["person_id"])} == {"no_longer_wanted"}
    assert datetime.now(UTC) < after(again)
