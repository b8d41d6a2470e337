"""The timetable and its runs as callers read them, and running a job by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from builders import given_want
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from offenders.db import Work, transaction
from offenders.jobs import runner
from offenders.jobs.effects import Effect

PATH = "/v1/jobs/overdue-arrests/runs"
SLOT = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


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
        "wanted-validations",
        "wanted-without-activity",
        "marker-reviews",
        "bail-due",
        "uncirculated-wants",
        "uncancelled-circulations",
        "missing-pnc-checks",
        "pnc-differences",
        "missing-acro-checks",
        "overdue-acro-replies",
        "overdue-forensic-hits",
        "registration-visits",
        "registration-notifications",
        "arms-assessments",
        "iom-reviews",
        "mappa-meetings",
        "caseload",
        "expiring-orders",
        "unmonitored-orders",
        "unreviewed-orders",
        "order-checks",
        "unactioned-breaches",
        "emergency-access-reviews",
        "followed-tasks",
        "overdue-tasks",
        "failing-subscriptions",
        "daily-meetings",
        "read-budgets",
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


def test_a_past_moment_is_only_tried_and_a_future_one_may_be_in_earnest(
    client, headers, run, connection
):
    given_want(client, headers, risk="standard")

    def left():
        with transaction(connection, Work("33")) as session:
            return session.execute(text("SELECT count(*) FROM flags WHERE state = 'open'")).scalar()

    made = run({"at": moment(days=29)})
    assert (made.status_code, made.json["raised"], made.json["dry_run"]) == (201, 1, False)
    refused = run({"at": moment(seconds=-5)})
    assert (refused.status_code, left()) == (422, 1)
    tried = run({"at": moment(seconds=-5), "dry_run": True})
    assert (tried.status_code, tried.json["cleared"], left()) == (201, 1, 1)
    assert (run({}).json["cleared"], left()) == (1, 0)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"at": "2013-12-31T00:00:00Z", "dry_run": True}, "/at"),
        ({"at": "2026-01-01T00:00:00Z"}, "/at"),
        ({"at": "2026-01-01T00:00:00Z", "dry_run": False}, "/at"),
        ({"at": "noon"}, "/at"),
        ({"dry_run": "perhaps"}, "/dry_run"),
        ({"force": "31"}, "/force"),
    ],
)
def test_a_run_that_would_mislead_is_refused(run, body, pointer):
    answer = run(body)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)


def test_a_past_moment_without_dry_run_says_what_to_send(run):
    detail = run({"at": moment(days=-1)}).json["errors"][0]["detail"]
    assert detail == "This lies in the past. Send `dry_run` true (--dry-run) with it."


def runs_seen(client, headers, force, name="overdue-arrests"):
    sent = headers("force_admin", force=force)
    listed = client.get(f"/v1/jobs/{name}/runs?count=true", headers=sent).json
    last = {
        each["name"]: each["last_run"]
        for each in client.get("/v1/jobs", headers=sent).json["items"]
    }
    assert listed["total"] == len(listed["items"])
    assert last[name] == (listed["items"][0] if listed["items"] else None)
    return listed["items"]


def facts(run):
    return (run["id"], run["state"], run["raised"], run["cleared"], run["error"])


def test_a_run_by_hand_is_seen_in_its_own_force_only(client, headers, run):
    before = runs_seen(client, headers, "31")
    given_want(client, headers, risk="standard")
    made = run({"at": moment(days=29), "dry_run": True}).json
    assert facts(runs_seen(client, headers, "33")[0]) == (made["id"], "succeeded", 1, 0, None)
    assert runs_seen(client, headers, "31") == before


def test_a_scheduled_run_shows_each_force_what_became_of_it_there(client, headers, connection, job):
    def acts(_session, force):
        if force in {"30", "31"}:
            raise ValueError(force)
        return Effect(raised=2, cleared=1) if force == "33" else Effect()

    one = replace(job(acts), name="overdue-arrests")
    forces = ["30", "31", "32", "33"]
    made = runner.run(connection, one, slot=SLOT, trigger="scheduled", forces=forces)
    assert (made.state, made.raised, made.cleared) == ("partly_failed", 2, 1)
    assert made.error == "30: ValueError; 31: ValueError"
    run = str(made.id)
    assert facts(runs_seen(client, headers, "33")[0]) == (run, "succeeded", 2, 1, None)
    assert facts(runs_seen(client, headers, "32")[0]) == (run, "succeeded", 0, 0, None)
    assert facts(runs_seen(client, headers, "31")[0]) == (run, "failed", 0, 0, "31: ValueError")


def test_a_run_that_failed_in_all_its_forces_says_nothing_of_them_to_another(
    client, headers, connection, job
):
    def fails(_session, force):
        raise ValueError(force)

    one = replace(job(fails), name="overdue-arrests")
    made = runner.run(connection, one, slot=SLOT, trigger="scheduled", forces=["30", "31"])
    assert made.state == "failed"
    seen = facts(runs_seen(client, headers, "33")[0])
    assert seen == (str(made.id), "succeeded", 0, 0, None)


def test_a_run_that_failed_as_a_whole_failed_in_every_force(client, headers, connection, job):
    def loses_its_connection(_session, _force):
        raise DBAPIError("", None, Exception(), connection_invalidated=True)

    one = replace(job(loses_its_connection), name="overdue-arrests")
    made = runner.run(connection, one, slot=SLOT, trigger="scheduled", forces=["31", "33"])
    for force in ("32", "33"):
        seen = facts(runs_seen(client, headers, force)[0])
        assert seen == (str(made.id), "failed", 0, 0, "DBAPIError")


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
        "jobs.run",
        "jobs.audit-seal",
        "jobs.run",
        "jobs.run",
        "jobs.housekeeping",
        "jobs.run",
        "jobs.run",
    ]
    told = "SELECT count(*) FROM audit_events WHERE details ->> 'replayed' = 'true'"
    assert look(fresh_force, told)[0][0] == 3
