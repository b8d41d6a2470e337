"""What the edge keeps for a time is deleted after it, and nothing younger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import text

from offenders.db import Work, transaction
from offenders.domain.working_days import london_day
from offenders.jobs import runner
from offenders.jobs.timetable import find_job

YEAR = timedelta(days=365)


def test_answers_go_after_two_days_and_readings_after_forty(engine, fresh_force, look):
    now = datetime.now(UTC)
    keys = {"old": now - timedelta(hours=48, seconds=1), "young": now - timedelta(hours=47)}
    last_day = london_day(now - timedelta(days=40))
    days = [last_day - timedelta(days=1), last_day]
    with transaction(engine, Work(fresh_force)) as session:
        for key, moment in keys.items():
            session.execute(
                text("""
                    INSERT INTO idempotency_keys (force, client, key, route, body_hash, status,
                                                  headers, body, recorded_at)
                    VALUES (:force, 'c', :key, 'r', '', 200, '{}', '', :at)
                """),
                {"force": fresh_force, "key": key, "at": moment},
            )
        for day in days:
            values = {"force": fresh_force, "day": day, "person": uuid4()}
            session.execute(
                text("INSERT INTO people_read VALUES (:force, :day, 'a', :person)"), values
            )
    made = runner.run(engine, find_job("housekeeping"), slot=now, forces=[fresh_force])
    assert made.state == "succeeded"
    assert look(fresh_force, "SELECT key FROM idempotency_keys") == [("young",)]
    assert look(fresh_force, "SELECT day FROM people_read") == [(last_day,)]
    (act,) = look(fresh_force, "SELECT details FROM audit_events")
    assert act.details["idempotency_keys"] == 1
    assert act.details["people_read"] == 1


def test_a_run_as_if_at_a_later_moment_deletes_nothing_early(engine, fresh_force, look):
    with transaction(engine, Work(fresh_force)) as session:
        values = {"force": fresh_force, "day": london_day(datetime.now(UTC)), "person": uuid4()}
        session.execute(text("INSERT INTO people_read VALUES (:force, :day, 'a', :person)"), values)
    later = datetime.now(UTC) + YEAR
    assert (
        runner.run(engine, find_job("housekeeping"), at=later, forces=[fresh_force]).state
        == "succeeded"
    )
    assert len(look(fresh_force, "SELECT day FROM people_read")) == 1


def test_runs_go_after_a_quarter_with_what_they_did_in_each_force(engine, look):
    old, young = uuid4(), uuid4()
    with transaction(engine, Work("33")) as session:
        for run, days in ((old, 91), (young, 89)):
            session.execute(
                text("""
                    INSERT INTO job_runs (id, job, slot, trigger, state, started_at, ended_at)
                    VALUES (:id, 'x', now() - make_interval(days => :days), 'manual', 'succeeded',
                            now(), now() - make_interval(days => :days))
                """),
                {"id": run, "days": days},
            )
            session.execute(
                text("INSERT INTO job_run_effects (force, run_id) VALUES ('33', :id)"), {"id": run}
            )
    runner.run(engine, find_job("housekeeping"), forces=["00", "33"])
    assert [row.id for row in look("00", "SELECT id FROM job_runs WHERE job = 'x'")] == [young]
    left = look("33", "SELECT run_id FROM job_run_effects WHERE run_id <> :gone", gone=uuid4())
    assert old not in [row.run_id for row in left]
    assert young in [row.run_id for row in left]
