"""The sweeps about circulation: when a flag comes, whose it is, and when it goes."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pnc_world
import pytest
from builders import given_want
from pnc_world import World, ago

from offenders.jobs import runner
from offenders.jobs.timetable import find_job


@pytest.fixture
def run(connection):
    """Run a job of the timetable in force 33, at a moment or so many days ahead."""

    def make(name, *, days=0.0, at=None):
        at = at or (datetime.now(UTC) + timedelta(days=days) if days else None)
        made = runner.run(connection, find_job(name), at=at, forces=["33"])
        assert made.state == "succeeded", made.error
        return made.raised, made.cleared

    return make


@pytest.fixture
def flags(look):
    def read(rule):
        return look("SELECT * FROM flags WHERE rule = :rule ORDER BY raised_at, id", rule=rule)

    return read


@pytest.fixture
def act(client, headers):
    """Act on a want as a supervisor, with the version just read."""

    def send(want, action, **body):
        path = f"/v1/wanted/{want['id']}"
        caller = headers("supervisor")
        etag = client.get(path, headers=caller).headers["ETag"]
        answer = client.post(f"{path}/{action}", json=body, headers=caller | {"If-Match": etag})
        assert answer.status_code < 300, answer.json
        return answer.json

    return send


def set_want(look, want, **columns):
    parts = ", ".join(f"{name} = :{name}" for name in columns)
    look(f"UPDATE wants SET {parts} WHERE force = '33' AND id = :id", id=want["id"], **columns)


@pytest.mark.parametrize(
    ("risk", "days", "severity"),
    [
        ("very_high", 1, "alert"),
        ("high", 1, "alert"),
        ("medium", 7, "warning"),
        ("standard", 7, "warning"),
    ],
)
def test_a_want_is_flagged_once_its_time_for_circulation_is_over(
    client, headers, run, flags, risk, days, severity
):
    want = given_want(client, headers, risk=risk, owner_officer="1234")
    entered = datetime.fromisoformat(want["entered_at"])
    due = entered + timedelta(days=days)
    microsecond = timedelta(microseconds=1)
    assert run("uncirculated-wants", at=due - microsecond) == (0, 0)
    assert run("uncirculated-wants", at=due) == (0, 0)
    assert run("uncirculated-wants", at=due + microsecond) == (1, 0)
    assert run("uncirculated-wants", at=due + microsecond) == (0, 0)
    (flag,) = flags("uncirculated-wants")
    assert (str(flag.subject_id), flag.due_at, flag.severity) == (want["id"], due, severity)
    assert (flag.because["figure"], flag.because["circulation"]) == (days, "not_circulated")
    assert (flag.owner_officer, flag.owner_team) == ("1234", None)


@pytest.mark.parametrize("circulation", ["not_circulated", "requested", "cancelled"])
def test_only_a_made_circulation_is_one(client, headers, run, flags, look, circulation):
    want = given_want(client, headers)
    set_want(look, want, circulation=circulation)
    assert run("uncirculated-wants", days=7.01) == (1, 0)
    set_want(look, want, circulation="circulated")
    assert run("uncirculated-wants", days=7.01) == (0, 1)
    assert flags("uncirculated-wants")[0].state == "cleared"


def test_a_cancelled_circulation_is_due_again_from_its_cancellation(client, headers, run, look):
    want = given_want(client, headers, risk="standard", entered_at=ago(days=30))
    cancelled_at = datetime.now(UTC)
    set_want(look, want, circulation="cancelled", circulation_cancelled_at=cancelled_at)
    assert run("uncirculated-wants", at=cancelled_at + timedelta(days=7)) == (0, 0)
    assert run("uncirculated-wants", at=cancelled_at + timedelta(days=7, seconds=1)) == (1, 0)


def test_circulating_or_closing_clears_the_flag_at_once(client, headers, run, flags, act):
    first, second = (given_want(client, headers, entered_at=ago(days=8)) for _ in range(2))
    assert run("uncirculated-wants") == (2, 0)
    act(first, "circulations", state="circulated")
    act(second, "outcomes", outcome="arrested")
    assert [flag.state for flag in flags("uncirculated-wants")] == ["cleared", "cleared"]


def test_the_forces_own_figure_acts_at_the_next_run(client, headers, run):
    given_want(client, headers, risk="standard", entered_at=ago(days=8))
    assert run("uncirculated-wants") == (1, 0)
    policy = {"figure": {"standard": 9}}
    path = "/v1/forces/33/policies/uncirculated-wants"
    assert client.put(path, json=policy, headers=headers("force_admin")).status_code < 300
    assert run("uncirculated-wants") == (0, 1)
    assert run("uncirculated-wants", days=1.01) == (1, 0)


def test_closing_what_is_circulated_is_flagged_until_the_cancellation(
    client, headers, run, flags, act
):
    want = given_want(client, headers, entered_at=ago(days=3))
    act(want, "circulations", state="circulated", pnc_reference="33W1")
    assert run("uncancelled-circulations") == (0, 0)
    closed = act(want, "outcomes", outcome="arrested")
    (flag,) = flags("uncancelled-circulations")
    assert flag.due_at == datetime.fromisoformat(closed["outcome_at"]) + timedelta(days=1)
    assert (flag.state, flag.because["pnc_reference"]) == ("open", "33W1")
    for days in (0, 0.99, 1.01, 400):
        assert run("uncancelled-circulations", days=days) == (0, 0)
    assert flags("uncancelled-circulations")[0].version == 1
    act(want, "circulation-cancellations")
    assert [each.state for each in flags("uncancelled-circulations")] == ["cleared"]
    assert run("uncancelled-circulations") == (0, 0)


def test_what_was_closed_without_a_flag_gets_one_and_a_new_figure_moves_it(
    client, headers, run, flags, look
):
    want = given_want(client, headers, entered_at=ago(days=30))
    closed_at = datetime.now(UTC) - timedelta(days=20)
    set_want(look, want, circulation="circulated", state="arrested", outcome_at=closed_at)
    assert run("uncancelled-circulations") == (1, 0)
    assert flags("uncancelled-circulations")[0].due_at == closed_at + timedelta(days=1)
    path = "/v1/forces/33/policies/uncancelled-circulations"
    policy = {"figure": {"all": 3}}
    assert client.put(path, json=policy, headers=headers("force_admin")).status_code < 300
    assert run("uncancelled-circulations") == (0, 0)
    (flag,) = flags("uncancelled-circulations")
    assert (flag.due_at, flag.version) == (closed_at + timedelta(days=3), 2)


@pytest.fixture
def world(build):
    """Bring in one case beside somebody who is only missing."""

    def make(*cases):
        made = World(random.Random(3))
        for case in cases:
            case(made)
        made.row(World(random.Random(3)).person(), report_type="missing")
        build(made)
        return made

    return make


@pytest.fixture
def id_of(look):
    def read(want):
        statement = (
            "SELECT subject_id FROM import_sources WHERE kind = 'wanted' AND source_ref = :ref"
        )
        return {"id": str(look(statement, ref=want["source_ref"])[0][0])}

    return read


def test_the_file_itself_raises_one_flag_for_each_want_and_each_circulation_without_one(
    world, flags, listed
):
    world(pnc_world.everything_differs, pnc_world.person_unknown, pnc_world.no_difference)
    found = {flag.subject_type: flag for flag in flags("pnc-difference")}
    assert set(found) == {"want", "pnc_circulation"}
    kinds = [each["kind"] for each in found["want"].because["differences"]]
    assert kinds == ["closed_here", "identity_differs"]
    unknown = found["pnc_circulation"]
    assert (unknown.owner_officer, unknown.owner_team) == (None, "DUTY-33")
    assert (unknown.person_id, unknown.severity) == (None, "warning")
    assert found["want"].due_at == min(
        datetime.fromisoformat(each["due_at"]) for each in listed() if each["want"]
    )


def test_the_team_of_a_difference_is_on_the_register(world, look):
    world(pnc_world.no_want)
    assert look("SELECT code FROM teams WHERE code = 'DUTY-33'") == [("DUTY-33",)]


def test_a_run_changes_nothing_that_stands(world, run, flags):
    world(*pnc_world.CASES)
    assert run("pnc-differences") == (0, 1), "one was cancelled after the file had come"
    before = flags("pnc-difference")
    assert len(before) > 20
    assert run("pnc-differences") == (0, 0)
    assert flags("pnc-difference") == before


@pytest.mark.parametrize(
    ("case", "actions"),
    [
        ("not_on_pnc", [("circulation-cancellations", {}), ("outcomes", {"outcome": "arrested"})]),
        ("closed_here", [("circulation-cancellations", {})]),
        ("cancellation_not_recorded", [("circulation-cancellations", {})]),
        ("not_marked_here", [("circulations", {"state": "circulated"})]),
        ("uncirculated", [("circulations", {"state": "circulated", "pnc_reference": "33W9"})]),
    ],
)
def test_what_removes_the_cause_removes_the_difference_and_its_flag_at_once(
    world, act, listed, flags, id_of, case, actions
):
    made = world(getattr(pnc_world, case))
    assert [each["kind"] for each in listed()] == [case]
    for action, body in actions:
        act(id_of(made.wants[0]), action, **body)
    assert listed() == []
    assert [flag.state for flag in flags("pnc-difference")] == ["cleared"]


def test_a_late_attempt_on_a_closed_want_leaves_the_flag(world, act, flags, id_of):
    made = world(pnc_world.closed_here)
    act(id_of(made.wants[0]), "attempts", occurred_at=ago(days=5), result="no_reply")
    assert [flag.state for flag in flags("pnc-difference")] == ["open"]


def test_an_amendment_clears_the_flag_at_the_next_run(
    world, client, headers, listed, flags, run, id_of
):
    made = world(pnc_world.offence_differs)
    want = id_of(made.wants[0])
    caller = headers("supervisor") | {"If-Match": "*"}
    version = client.get(f"/v1/wanted/{want['id']}", headers=headers("supervisor")).headers["ETag"]
    answer = client.patch(
        f"/v1/wanted/{want['id']}",
        json={"offence_code": made.pnc[0]["offence_code"]},
        headers=caller | {"If-Match": version},
    )
    assert answer.status_code == 200
    assert listed() == []
    assert run("pnc-differences") == (0, 1)
    assert [flag.state for flag in flags("pnc-difference")] == ["cleared"]


def test_a_new_file_clears_what_it_no_longer_says(world, pnc, listed, flags):
    made = world(pnc_world.closed_here, pnc_world.person_unknown, pnc_world.cancelled_on_pnc)
    assert len(flags("pnc-difference")) == 3
    again = [row for row in made.pnc if row["report_type"] == "missing"]
    pnc(*again, *made.earlier)
    assert [each["kind"] for each in listed()] == ["cancellation_not_recorded"]
    states = sorted(flag.state for flag in flags("pnc-difference"))
    assert states == ["cleared", "cleared", "open"]


def test_a_difference_that_changes_keeps_its_flag_with_what_is_now_said(
    world, act, listed, flags, run, id_of
):
    made = world(pnc_world.reference_differs)
    act(id_of(made.wants[0]), "handovers", to_team="FUGITIVES", reason="moved")
    assert listed()[0]["owner"] == {"officer": None, "team": "FUGITIVES"}
    (flag,) = flags("pnc-difference")
    assert (flag.owner_officer, flag.owner_team) == (None, "FUGITIVES")
    act(id_of(made.wants[0]), "outcomes", outcome="arrested")
    assert [each["kind"] for each in listed()] == ["closed_here"]
    assert run("pnc-differences") == (1, 0)
    kinds = [flag.because["differences"][0]["kind"] for flag in flags("pnc-difference")]
    assert kinds == ["reference_differs", "closed_here"]
