"""Any number of schedulers may run: one leads, another takes over, no slot is lost or doubled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from offenders import clock
from offenders.db import serving_engine
from offenders.jobs import scheduler
from offenders.jobs.effects import Effect

PATIENCE_SECONDS, TAKEOVER_SECONDS = 60, 30
NOON = datetime(2027, 7, 5, 12, 0, tzinfo=UTC)
PROGRAM = """
import os, signal, threading
from offenders.db import serving_engine
from offenders.jobs import scheduler
from offenders.settings import Settings
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
print("begun", flush=True)
scheduler.run(serving_engine(os.environ["DATABASE"]), Settings(), stop, jobs=())
print("ended", flush=True)
"""
_LEADER = text("""
    SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2
      AND CAST(classid AS bigint) = hashtext('offenders')::bigint & 4294967295
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
""")


def wait_until(condition, seconds=PATIENCE_SECONDS):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.02)


@contextmanager
def scheduling(url, settings, **more):
    """Run a scheduler in a thread of this process."""
    stop, engine = threading.Event(), serving_engine(url, pool_size=3)
    thread = threading.Thread(target=scheduler.run, args=(engine, settings, stop), kwargs=more)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE_SECONDS)
        engine.dispose()
        assert not thread.is_alive()


@contextmanager
def process(url):
    """Run a scheduler in a process of its own; `output` holds its log lines so far."""
    started = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "DATABASE": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    started.output = []
    reader = threading.Thread(
        target=lambda: started.output.extend(iter(started.stdout.readline, ""))
    )
    reader.start()
    try:
        yield started
    finally:
        started.kill()
        started.wait()
        reader.join()
        started.stdout.close()


def leads(started):
    return any("scheduler.leading" in line for line in started.output)


def test_a_killed_leader_is_replaced_within_seconds(database):
    with process(database.app) as first:
        wait_until(lambda: leads(first))
        with process(database.app) as second:
            wait_until(lambda: "begun\n" in second.output)
            time.sleep(1.2)
            assert not leads(second)
            os.kill(first.pid, signal.SIGKILL)
            wait_until(lambda: leads(second), TAKEOVER_SECONDS)
            second.terminate()
            assert second.wait(PATIENCE_SECONDS) == 0
            wait_until(lambda: "ended\n" in second.output)


def test_a_leader_whose_connection_is_cut_leads_again(database, engine, settings):
    calls = []
    with scheduling(database.app, settings, jobs=(), also=[lambda: calls.append(1)]):
        wait_until(lambda: calls)
        (cut,) = leaders(engine)
        with engine.begin() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": cut.pid})
        wait_until(lambda: leaders(engine) not in ([], [cut]), TAKEOVER_SECONDS)
        seen = len(calls)
        wait_until(lambda: len(calls) > seen + 1)


def leaders(engine):
    with engine.begin() as other:
        return other.execute(_LEADER).all()


def test_of_two_schedulers_one_runs_the_jobs_and_the_lock_goes_with_it(
    database, engine, settings, job, runs_of
):
    one = job(lambda _session, _force: Effect())
    with (
        scheduling(database.app, settings, jobs=[one]),
        scheduling(database.app, settings, jobs=[one]),
    ):
        wait_until(lambda: runs_of(one))
        assert len(leaders(engine)) == 1
    assert len({row.slot for row in runs_of(one)}) == len(runs_of(one))
    wait_until(lambda: leaders(engine) == [])


def test_a_fault_beside_the_timetable_does_not_stop_it(database, settings, job, runs_of):
    one = job(lambda _session, _force: Effect())

    def fails():
        message = "of any kind"
        raise ValueError(message)

    with scheduling(database.app, settings, jobs=[one], also=[fails]):
        wait_until(lambda: runs_of(one))


def test_a_job_at_hand_is_finished_before_leaving(database, settings, job, runs_of):
    begun = threading.Event()

    def takes_a_while(_session, force):
        if force == "00":
            begun.set()
            time.sleep(0.5)
        return Effect()

    one = job(takes_a_while)
    with scheduling(database.app, settings, jobs=[one]):
        assert begun.wait(PATIENCE_SECONDS)
    assert [row.state for row in runs_of(one)] == ["succeeded"]


def test_without_a_database_it_waits_and_leaves_when_told(settings):
    with scheduling("postgresql://offenders@127.0.0.1:1/none", settings):
        time.sleep(0.3)


def timetable_at(engine, jobs, moment):
    with clock.as_if_at(moment):
        return scheduler.keep_timetable(engine, jobs, threading.Event())


@pytest.mark.parametrize("leaders", [1, 2])
def test_a_missed_slot_is_caught_up_once(engine, job, runs_of, leaders):
    one = job(lambda _session, _force: Effect(), cron="10 4 * * *")
    for _ in range(leaders):
        step = timetable_at(engine, [one], NOON)
        with clock.as_if_at(NOON):
            step()
            step()
    assert [row.slot for row in runs_of(one)] == [datetime(2027, 7, 5, 3, 10, tzinfo=UTC)]


def test_of_many_missed_slots_only_the_latest_is_run(engine, job, runs_of):
    one = job(lambda _session, _force: Effect())
    step = timetable_at(engine, [one], NOON)
    for moment in (NOON, NOON + timedelta(hours=3, seconds=20)):
        with clock.as_if_at(moment):
            step()
    assert sorted(row.slot for row in runs_of(one)) == [NOON, NOON + timedelta(hours=3)]


def test_a_job_that_skips_waits_for_its_next_slot(engine, job, runs_of):
    one = job(lambda _session, _force: Effect(), cron="10 4 * * *", catch_up="skip")
    step = timetable_at(engine, [one], NOON)
    with clock.as_if_at(NOON):
        step()
    assert runs_of(one) == []
    with clock.as_if_at(NOON + timedelta(days=1)):
        step()
    assert [row.slot for row in runs_of(one)] == [datetime(2027, 7, 6, 3, 10, tzinfo=UTC)]


def test_a_job_that_fails_is_not_tried_again_in_its_slot(engine, job, runs_of):
    calls = []

    def fails(_session, force):
        calls.append(force)
        raise ValueError(force)

    one = job(fails)
    step = timetable_at(engine, [one], NOON)
    with clock.as_if_at(NOON):
        step()
        forces = len(calls)
        step()
    assert len(calls) == forces
    assert [row.state for row in runs_of(one)] == ["failed"]


@pytest.mark.parametrize("night", [datetime(2027, 3, 28, 0, 0, tzinfo=UTC),
                                   datetime(2027, 10, 31, 0, 0, tzinfo=UTC)])  # fmt: skip
def test_no_slot_is_lost_or_doubled_when_the_clocks_change(engine, job, runs_of, night):
    one = job(lambda _session, _force: Effect())
    step = timetable_at(engine, [one], night)
    minutes = [night + timedelta(minutes=5 * number) for number in range(30)]
    for minute in minutes:
        with clock.as_if_at(minute + timedelta(seconds=1)):
            step()
            step()
    assert sorted(row.slot for row in runs_of(one)) == minutes
