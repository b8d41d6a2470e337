"""The scheduler: any number of processes, of which one leads and runs the timetable.

The leader holds an advisory lock on a connection of its own and looks every second that it
still does. When the process or its connection ends, the lock ends with it and another takes
over. Two leaders for a moment do no harm: each slot is fenced by the runner.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from offenders import clock
from offenders.jobs import runner
from offenders.jobs.timetable import JOBS, latest_slot
from offenders.telemetry import configure_logs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from offenders.jobs.runner import Job
    from offenders.settings import Settings

log = structlog.get_logger()

TICK_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 5.0  # between tries while the database is away

_KEY = "hashtext('offenders'), hashtext('scheduler')"
_TRY_LEAD = text(f"SELECT pg_try_advisory_lock({_KEY})")
# A pair of integers shows as classid and objid, unsigned, with objsubid 2.
_STILL_LEADS = text("""
    SELECT EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory' AND objsubid = 2 AND pid = pg_backend_pid() AND granted
          AND CAST(classid AS bigint) = hashtext('offenders')::bigint & 4294967295
          AND CAST(objid AS bigint) = hashtext('scheduler')::bigint & 4294967295)
""")


def run(
    engine: Engine,
    settings: Settings,
    stop: threading.Event,
    *,
    jobs: Sequence[Job] = JOBS,
    also: Sequence[Callable[[], object]] = (),
) -> None:
    """Lead or wait to lead until `stop` is set; then finish the job at hand and return.

    Each of `also` is called once a second while leading, beside the timetable.
    """
    configure_logs(settings.log_format)
    pause = TICK_SECONDS
    while not stop.is_set():
        try:
            with _own_connection(engine) as connection:
                pause = TICK_SECONDS
                _wait_and_lead(engine, connection, stop, jobs, also)
        except SQLAlchemyError as error:
            log.warning("scheduler.database_unavailable", kind=type(error).__name__)
            stop.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


@contextmanager
def _own_connection(engine: Engine) -> Iterator[Connection]:
    """Hold a connection that never goes back to the pool, so that no lock outlives its holder."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.detach()
        yield connection


def _wait_and_lead(
    engine: Engine,
    connection: Connection,
    stop: threading.Event,
    jobs: Sequence[Job],
    also: Sequence[Callable[[], object]],
) -> None:
    while not stop.is_set():
        if connection.execute(_TRY_LEAD).scalar_one():
            log.info("scheduler.leading")
            left = threading.Event()
            steps = [keep_timetable(engine, jobs, left), *also]
            _lead(connection, stop, left, steps)
            log.info("scheduler.left")
        stop.wait(TICK_SECONDS)


def _lead(
    connection: Connection,
    stop: threading.Event,
    left: threading.Event,
    steps: Sequence[Callable[[], object]],
) -> None:
    """Repeat the steps, each in a thread, until told to stop or the lock is lost."""
    threads = [threading.Thread(target=_repeat, args=(step, left)) for step in steps]
    for thread in threads:
        thread.start()
    try:
        while not stop.wait(TICK_SECONDS) and connection.execute(_STILL_LEADS).scalar_one():
            pass
    finally:
        left.set()
        for thread in threads:
            thread.join()


def _repeat(step: Callable[[], object], left: threading.Event) -> None:
    pause = 0.0
    while not left.wait(pause):
        try:
            step()
            pause = TICK_SECONDS
        except Exception as error:  # noqa: BLE001 - the scheduler outlives any fault of a step
            log.error("scheduler.step_failed", kind=type(error).__name__)  # noqa: TRY400 - a stack may hold values
            pause = min(max(pause, TICK_SECONDS) * 2, LONGEST_PAUSE_SECONDS)


def keep_timetable(
    engine: Engine, jobs: Sequence[Job], left: threading.Event
) -> Callable[[], None]:
    """Make the step that runs each job's latest slot, once; also one missed before leading."""
    now = clock.now()
    done: dict[str, datetime | None] = {
        job.name: latest_slot(job, now) for job in jobs if job.catch_up == "skip"
    }

    def step() -> None:
        for job in jobs:
            slot = latest_slot(job, clock.now())
            if left.is_set():
                return
            if slot is None or slot == done.get(job.name):
                continue
            try:
                runner.run(engine, job, slot=slot, trigger="scheduled")
            except runner.JobRunning:
                continue
            done[job.name] = slot

    return step
