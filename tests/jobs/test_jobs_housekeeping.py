"""What the edge keeps for a time is deleted after it, and nothing younger."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from sqlalchemy import text

from offenders import clock
from offenders.db import Work, transaction
from offenders.jobs import runner
from offenders.jobs.timetable import find_job

NOW = datetime(2027, 7, 5, 3, 10, tzinfo=UTC)


def test_answers_go_after_two_days_and_readings_after_forty(engine, fresh_force, look):
    keys = {"old": NOW - timedelta(hours=48, seconds=1), "young": NOW - timedelta(hours=47)}
    days = [date(2027, 5, 25), date(2027, 5, 26)]
    with transaction(engine, Work(fresh_force)) as session:
        for key, moment in keys.items():
            session.execute(
                text("INSERT INTO idempotency_keys VALUES (:force, 'c', :key, 'r', '', 200, '{}', '', :at)"),
                {"force": fresh_force, "key": key, "at": moment},
            )
        for day in days:
            values = {"force": fresh_force, "day": day, "person": uuid4()}
            session.execute(text("INSERT INTO people_read VALUES (:force, :day, 'a', :person)"), values)
            session.execute(text("INSERT INTO reading_totals VALUES (:force, :day, 'a', 1)"), values)
    with clock.as_if_at(NOW):
        made = runner.run(engine, find_job("housekeeping"), slot=NOW, forces=[fresh_force])
    assert made.state == "succeeded"
    assert look(fresh_force, "SELECT key FROM idempotency_keys") == [("young",)]
    assert look(fresh_force, "SELECT day FROM people_read") == [(date(2027, 5, 26),)]
    assert look(fresh_force, "SELECT day FROM reading_totals") == [(date(2027, 5, 26),)]
    (act,) = look(fresh_force, "SELECT details FROM audit_events")
    assert act.details["idempotency_keys"] == 1
    assert (act.details["people_read"], act.details["reading_totals"]) == (1, 1)
