"""The timetable and its runs as callers read them, and running a job by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from builders import given_want
from sqlalchemy import text

from offenders.db import Work, transaction

PATH = "/v1/jobs/overdue-arrests/runs"


@pytest.fixture
def run(client, headers):
    def post(body, *, path=PATH, role="force_admin", **more):
        return client.post(path, json=body, headers=headers(role, **more))

    return post


def moment(**ahead):
    return (datetime.now(UTC) + timedelta(**ahead)).isoformat()


def test_the_timetable_is_listed_with_next_slot_and_last_run(client, headers, run):
    made = run({}).json
    answer = client.get("/v1/jobs", headers=headers("chief_officer"))
    assert answer.status_code == 200
    assert [each["name"] for each in answer.json["items"]] == [
        "overdue-arrests",
        "wanted-reviews",
        "audit-seal",
        "housekeeping",
    ]
    first = answer.json["items"][0]
    assert (first["cron"], first["timezone"]) == ("* * * * *", "Europe/London")
    assert first["does"]
    assert first["last_run"]["id"] == made["id"]
    assert datetime.fromisoformat(first["next_slot"]) > datetime.now(UTC)


def test_a_job_is_run_by_hand_in_ones_own_force(client, headers, run, connection):
    given_want(client, headers, risk="standard")
    answer = run({"at": moment(days=29), "dry_run": True})
    assert answer.status_code == 201
    assert set(answer.json) == {
        "id",
        "job",
        "slot",
        "trigger",
        "state",
        "started_at",
        "ended_at",
        "raised",
        "cleared",
        "error",
        "dry_run",
    }
    assert (answer.json["job"], answer.json["trigger"], answer.json["state"]) == (
        "overdue-arrests",
        "manual",
        "succeeded",
    )
    assert (answer.json["raised"], answer.json["dry_run"]) == (1, True)
    with transaction(connection, Work("33")) as session:
        assert session.execute(text("SELECT count(*) FROM flags")).scalar() == 0
        act = session.execute(text("SELECT * FROM audit_events WHERE action = 'jobs.run'")).one()
    assert (act.audit_class, act.details["run"]) == ("operation", answer.json["id"])


def test_runs_are_listed_the_newest_first(client, headers, run):
    made = [run({}).json["id"] for _ in range(3)]
    sent = headers("force_admin")
    first = client.get(f"{PATH}?limit=2", headers=sent).json
    second = client.get(f"{PATH}?limit=2&cursor={first['next']}", headers=sent).json
    listed = [each["id"] for each in first["items"] + second["items"]]
    assert [each for each in listed if each in made] == made[::-1]


def test_a_past_moment_runs_in_earnest(run):
    answer = run({"at": moment(seconds=-5)})
    assert (answer.status_code, answer.json["dry_run"]) == (201, False)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"at": "2013-12-31T00:00:00Z", "dry_run": True}, "/at"),
        ({"at": "2999-01-01T00:00:00Z"}, "/at"),
        ({"at": "2999-01-01T00:00:00Z", "dry_run": False}, "/at"),
        ({"at": "noon"}, "/at"),
        ({"dry_run": "perhaps"}, "/dry_run"),
        ({"force": "31"}, "/force"),
    ],
)
def test_a_run_that_would_mislead_is_refused(run, body, pointer):
    answer = run(body)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)


def test_a_future_moment_without_dry_run_says_what_to_send(run):
    detail = run({"at": moment(days=1)}).json["errors"][0]["detail"]
    assert detail == "This lies in the future. Send `dry_run` true with it."


def test_an_unknown_job_is_not_found(client, headers, run):
    path = "/v1/jobs/make-tea/runs"
    assert run({}, path=path).status_code == 404
    assert client.get(path, headers=headers("force_admin")).status_code == 404


@pytest.mark.parametrize(
    ("role", "reads", "runs"),
    [
        ("force_admin", 200, 201),
        ("chief_officer", 200, 403),
        ("force_manager", 200, 403),
        ("supervisor", 403, 403),
        ("auditor", 403, 403),
    ],
)
def test_who_reads_and_who_runs(client, headers, run, role, reads, runs):
    assert client.get("/v1/jobs", headers=headers(role)).status_code == reads
    assert client.get(PATH, headers=headers(role)).status_code == reads
    assert run({}, role=role).status_code == runs


def test_a_run_stands_in_a_transaction_of_its_own(committing_app, headers, fresh_force, look):
    """Over real connections: nothing of the request is waited for, and both are kept."""
    client = committing_app.test_client()
    sent = headers("force_admin", force=fresh_force)
    sent["Idempotency-Key"] = "run-once"
    for path in (PATH, "/v1/jobs/audit-seal/runs", "/v1/jobs/housekeeping/runs"):
        sent["Idempotency-Key"] = path
        first = client.post(path, json={}, headers=sent)
        assert (first.status_code, first.json["state"]) == (201, "succeeded")
        again = client.post(path, json={}, headers=sent)
        assert again.json["id"] == first.json["id"]
    acts = look(fresh_force, "SELECT action FROM audit_events ORDER BY at")
    assert [act.action for act in acts] == [
        "jobs.overdue-arrests",
        "jobs.run",
        "jobs.audit-seal",
        "jobs.run",
        "jobs.housekeeping",
        "jobs.run",
    ]
