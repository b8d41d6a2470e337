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
            session.execute(
                text("INSERT INTO reading_totals VALUES (:force, :day, 'a', 1)"), values
            )
    made = runner.run(engine, find_job("housekeeping"), slot=now, forces=[fresh_force])
    assert made.state == "succeeded"
    assert look(fresh_force, "SELECT key FROM idempotency_keys") == [("young",)]
    assert look(fresh_force, "SELECT day FROM people_read") == [(last_day,)]
    assert look(fresh_force, "SELECT day FROM reading_totals") == [(last_day,)]
    (act,) = look(fresh_force, "SELECT details FROM audit_events")
    assert act.details["idempotency_keys"] == 1
    assert (act.details["people_read"], act.details["reading_totals"]) == (1, 1)


def test_a_run_as_if_at_a_later_moment_deletes_nothing_early(engine, fresh_force, look):
    with transaction(engine, Work(fresh_force)) as session:
        values = {"force": fresh_force, "day": london_day(datetime.now(UTC))}
        session.execute(text("INSERT INTO reading_totals VALUES (:force, :day, 'a', 1)"), values)
    later = datetime.now(UTC) + YEAR
    assert (
        runner.run(engine, find_job("housekeeping"), at=later, forces=[fresh_force]).state
        == "succeeded"
    )
    assert len(look(fresh_force, "SELECT day FROM reading_totals")) == 1
