"""Overdue hits: flagged at their stage, explained, and cleared by themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from builders import given_person
from forensics_given import Register

from offenders import clock
from offenders.jobs.runner import run
from offenders.jobs.timetable import find_job

RECEIVED = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def sweep(connection):
    def run_job(at):
        with clock.as_if_at(at):
            return run(connection, find_job("overdue-forensic-hits"), forces=["33"])

    return run_job


@pytest.fixture
def ann(client, headers):
    return given_person(client, headers)


@pytest.fixture
def flags(client, headers):
    register = Register(client, headers, role="supervisor")
    path = "/v1/flags?rule=overdue-forensic-hits"
    return lambda more="": register.get(path + more)["items"]


@pytest.mark.parametrize(
    ("offence", "days", "stages"),
    [
        ("TH68036", 1, []),
        ("TH68036", 1.001, ["research"]),
        ("TH68036", 2.001, ["research", "allocation"]),
        ("TH68036", 7.001, ["research", "allocation", "arrest"]),
        ("TH68010", 2, []),
        ("TH68010", 2.001, ["research"]),
        ("TH68010", 5.001, ["research", "allocation"]),
        ("TH68010", 14.001, ["research", "allocation", "arrest"]),
    ],
)
def test_each_stage_is_overdue_right_after_its_day(register, flags, sweep, offence, days, stages):
    hit = register.enter(offence_code=offence)
    sweep(RECEIVED + timedelta(days=days))
    found = [each["because"]["stages"] for each in flags()]
    assert found == ([stages] if stages else [])
    if stages:
        (flag,) = flags()
        severity = "alert" if offence == "TH68036" else "warning"
        assert (flag["subject"]["id"], flag["severity"]) == (hit["id"], severity)
        assert flag["subject"]["type"] == "forensic_hit"
        because = flag["because"]
        assert because["figure"] == (1 if offence == "TH68036" else 2)
        assert (because["confidence"], because["source"]) == ("L", "product default")
        assert flag["owner"] == {"officer": None, "team": "DUTY-33"}


def test_a_flag_goes_with_its_stage_and_clears_with_its_cause(register, ann, flags, sweep):
    hit = register.enter(person_id=ann["id"])
    late = RECEIVED + timedelta(days=30)
    assert sweep(late).raised == 1
    register.done(hit, "research")
    (flag,) = flags()
    assert flag["because"]["stages"] == ["allocation", "arrest"]
    register.done(hit, "allocations", owner_officer="4711")
    (flag,) = flags()
    assert flag["because"]["stages"] == ["arrest"]
    assert flag["owner"]["officer"] == "4711"
    register.done(hit, "outcomes", outcome="arrested", occurred_at="2026-03-20T09:00:00Z")
    assert flags() == []


def test_an_arrest_elsewhere_clears_it_at_the_next_run(register, ann, flags, sweep):
    hit = register.enter(person_id=ann["id"])
    register.done(hit, "research")
    late = RECEIVED + timedelta(days=30)
    sweep(late)
    register.end_want(hit["want_id"], "arrested", occurred_at="2026-03-20T09:00:00Z")
    assert sweep(late).cleared == 1
    assert flags() == []
    assert flags("&state=cleared")[0]["cleared_because"] == "Its cause is gone."


def test_an_arrest_does_not_make_research_needless(register, ann, flags, sweep):
    hit = register.enter(person_id=ann["id"])
    register.end_want(hit["want_id"], "arrested", occurred_at="2026-03-02T10:00:00Z")
    sweep(RECEIVED + timedelta(days=30))
    assert [each["because"]["stages"] for each in flags()] == [["research"]]
    register.done(hit, "research")
    assert flags() == []


def test_a_changed_policy_acts_at_the_next_run(client, headers, register, flags, sweep):
    hit = register.enter()
    client.put(
        "/v1/forces/33/policies/overdue-forensic-hits",
        json={"figure": {"serious_research": 100, "serious_allocation": 40}},
        headers=headers("force_admin"),
    )
    now = datetime.now(UTC)
    assert sweep(now).raised == 1
    found = register.read(hit)
    assert found["research_due_at"] == "2026-06-10T09:00:00+00:00"
    assert found["arrest_due_at"] == "2026-03-09T09:00:00+00:00"


def test_running_again_changes_nothing(register, sweep):
    for _ in range(3):
        register.enter()
    late = RECEIVED + timedelta(days=30)
    assert sweep(late).raised == 3
    again = sweep(late)
    assert (again.raised, again.cleared) == (0, 0)


def test_a_waiting_hit_is_put_to_a_human_when_its_person_comes(client, headers, register, sweep):
    hit = register.enter(pnc_id="81/34U")
    person = given_person(client, headers, pnc_id="81/34U")
    sweep(datetime.now(UTC))
    found = register.read(hit)
    assert (found["person_state"], found["doubt"]) == ("doubtful", "found_later")
    assert [each["id"] for each in found["candidates"]] == [person["id"]]
    register.done(hit, "identifications", person_id=None, reason="Not this one.")
    sweep(datetime.now(UTC))
    assert register.read(hit)["person_state"] == "unknown"


def test_the_preview_shows_what_will_be_overdue(client, headers, register):
    register.enter(received_at=datetime.now(UTC).isoformat(), identified_at=None)
    at = datetime.now(UTC) + timedelta(days=3)
    answer = client.post(
        "/v1/rules/preview", json={"at": at.isoformat()}, headers=headers("supervisor")
    )
    counts = {each["rule"]: each for each in answer.json["counts"]}
    assert counts["overdue-forensic-hits"]["flags"] == 1
