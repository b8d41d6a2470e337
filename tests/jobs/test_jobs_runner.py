"""One job, one transaction: each slot takes effect once, and a fault stays in its force."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from offenders import clock, db
from offenders.db import Work, serving_engine, transaction
from offenders.errors import Invalid
from offenders.jobs import runner
from offenders.jobs.effects import Effect

SLOT = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


def run_slot(engine, job, force, slot=SLOT, **more):
    return runner.run(engine, job, slot=slot, trigger="scheduled", forces=[force], **more)


def test_a_run_is_kept_with_its_effect(engine, job, fresh_force, runs_of, flags_of):
    one = job()
    made = run_slot(engine, one, fresh_force)
    assert (made.job, made.slot, made.trigger, made.state) == (
        one.name,
        SLOT,
        "scheduled",
        "succeeded",
    )
    assert (made.raised, made.cleared, made.error, made.dry_run) == (1, 0, None, False)
    assert made.started_at <= made.ended_at
    assert [row.id for row in runs_of(one)] == [made.id]
    assert flags_of(one, fresh_force) == 1


def test_a_slot_takes_effect_once(engine, job, fresh_force, runs_of, flags_of):
    one = job()
    first = run_slot(engine, one, fresh_force)
    again = run_slot(engine, one, fresh_force)
    assert again == first
    assert len(runs_of(one)) == 1
    assert flags_of(one, fresh_force) == 1
    run_slot(engine, one, fresh_force, SLOT + timedelta(minutes=1))
    assert flags_of(one, fresh_force) == 2


def test_a_manual_run_always_runs(engine, job, fresh_force, runs_of, flags_of):
    one = job()
    for _ in range(2):
        runner.run(engine, one, slot=SLOT, forces=[fresh_force], requested_by="admin-1")
    assert [(row.trigger, row.requested_by) for row in runs_of(one)] == [("manual", "admin-1")] * 2
    assert flags_of(one, fresh_force) == 2


def test_four_schedulers_that_race_leave_one_run_and_one_effect_a_slot(
    database, job, fresh_force, runs_of, flags_of
):
    one = job()
    slots = [SLOT + timedelta(minutes=number) for number in range(10)]
    barrier = threading.Barrier(4)
    faults = []

    def schedule():
        engine = serving_engine(database.app, pool_size=1)
        try:
            barrier.wait(60)
            for slot in slots:
                run_slot(engine, one, fresh_force, slot)
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            faults.append(error)
        finally:
            engine.dispose()

    threads = [threading.Thread(target=schedule) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert sorted(row.slot for row in runs_of(one)) == slots
    assert {row.state for row in runs_of(one)} == {"succeeded"}
    assert flags_of(one, fresh_force) == 10


def test_the_index_over_slots_takes_back_the_effect_of_whoever_comes_second(
    engine, job, fresh_force, runs_of, flags_of
):
    """Without the lock: another process keeps a run of this slot while this one works."""
    one = job()

    def overtaken(session, force):
        statement = text("""
            INSERT INTO job_runs (id, job, slot, trigger, state, started_at, ended_at)
            VALUES (:id, :job, :slot, 'scheduled', 'succeeded', now(), now())
        """)
        with transaction(engine, Work(force)) as other:
            other.execute(statement, {"id": uuid4(), "job": two.name, "slot": SLOT})
        return one.effect_in(session, force)

    two = job(overtaken)
    made = run_slot(engine, two, fresh_force)
    assert [row.id for row in runs_of(two)] == [made.id]
    assert flags_of(one, fresh_force) == 0


def test_a_job_that_is_running_is_not_run_beside(
    database, engine, job, fresh_force, runs_of, monkeypatch
):
    one = job()
    monkeypatch.setattr(db, "LOCK_WAIT_SECONDS", 0.1)
    impatient = serving_engine(database.app, pool_size=1)
    with engine.begin() as other:
        other.execute(runner._TURN, {"job": one.name})
        with pytest.raises(runner.JobRunning, match="Repeat shortly"):
            run_slot(impatient, one, fresh_force)
    assert runs_of(one) == []
    assert run_slot(impatient, one, fresh_force).state == "succeeded"
    impatient.dispose()


def test_a_fault_in_one_force_does_not_stop_the_others(engine, job, runs_of, flags_of, fresh_force):
    good = job()

    def fails_in_31(session, force):
        effect = good.effect_in(session, force)
        if force == "31":
            session.execute(text("SELECT 1 / 0"))
        if force == "30":
            secret = "a name that must not leave"
            raise ValueError(secret)
        return effect

    one = job(fails_in_31)
    forces = ["30", "31", fresh_force]
    made = runner.run(engine, one, slot=SLOT, trigger="scheduled", forces=forces)
    assert (made.state, made.raised) == ("partly_failed", 1)
    assert made.error == "30: ValueError; 31: DataError 22012"
    assert [flags_of(good, force) for force in forces] == [0, 0, 1]
    assert len(runs_of(one)) == 1


def test_a_fault_in_every_force_is_a_failed_run_that_is_not_tried_again(engine, job, runs_of):
    calls = []

    def fails(_session, force):
        calls.append(force)
        raise ValueError(force)

    one = job(fails)
    for _ in range(2):
        made = runner.run(engine, one, slot=SLOT, trigger="scheduled", forces=["30", "31"])
        assert made.state == "failed"
    assert calls == ["30", "31"]
    assert [row.error for row in runs_of(one)] == ["30: ValueError; 31: ValueError"]


def test_a_lost_connection_is_a_failed_run(engine, job, fresh_force, runs_of, flags_of):
    good = job()

    def loses_its_connection(session, force):
        good.effect_in(session, force)
        session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return Effect()

    one = job(loses_its_connection)
    made = runner.run(engine, one, slot=SLOT, trigger="scheduled", forces=[fresh_force, "31"])
    assert made.state == "failed"
    assert made.error.startswith(("OperationalError", "AdminShutdown", "InternalError"))
    assert [row.state for row in runs_of(one)] == ["failed"]
    assert flags_of(good, fresh_force) == 0


def test_a_dry_run_leaves_nothing_but_its_record(engine, job, fresh_force, runs_of, flags_of, look):
    one = job()
    made = runner.run(engine, one, dry_run=True, forces=[fresh_force])
    assert (made.dry_run, made.state, made.raised) == (True, "succeeded", 1)
    assert [row.is_dry_run for row in runs_of(one)] == [True]
    assert flags_of(one, fresh_force) == 0
    assert look(fresh_force, "SELECT id FROM audit_events") == []


def test_the_clock_stands_at_the_moment_asked_for(engine, job, fresh_force):
    seen = []

    def look_at_the_clock(_session, _force):
        seen.append(clock.now())
        return Effect()

    moment = datetime(2030, 1, 1, tzinfo=UTC)
    made = runner.run(engine, job(look_at_the_clock), at=moment, forces=[fresh_force])
    assert seen == [moment]
    assert made.slot == moment
    assert made.started_at < moment
    assert clock.now() < moment


def test_a_past_moment_is_refused_in_earnest_and_leaves_no_run(engine, job, fresh_force, runs_of):
    one, moment = job(), datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(Invalid, match="lies in the past"):
        runner.run(engine, one, at=moment, forces=[fresh_force])
    assert runs_of(one) == []
    assert runner.run(engine, one, at=moment, dry_run=True, forces=[fresh_force]).raised == 1


def test_what_a_run_did_in_a_force_is_kept_there(engine, job, fresh_force, look):
    one = job()
    made = run_slot(engine, one, fresh_force)
    dry = runner.run(engine, one, dry_run=True, forces=[fresh_force])
    idle = run_slot(engine, job(lambda _session, _force: Effect()), fresh_force)
    kept = look(fresh_force, "SELECT run_id, raised, cleared, error FROM job_run_effects")
    assert {tuple(row) for row in kept} == {(made.id, 1, 0, None), (dry.id, 1, 0, None)}
    assert idle.state == "succeeded"
    assert look("31", "SELECT run_id FROM job_run_effects WHERE run_id = :id", id=made.id) == []


def test_a_change_is_audited_in_its_force_with_counts(engine, job, fresh_force, look):
    one = job()
    made = run_slot(engine, one, fresh_force)
    (act,) = look(fresh_force, "SELECT * FROM audit_events")
    assert (act.actor, act.role, act.action, act.audit_class, act.request_id) == (
        "service",
        "job",
        f"jobs.{one.name}",
        "operation",
        str(made.id),
    )
    assert (act.details["raised"], act.details["cleared"]) == (1, 0)


def test_a_run_without_effect_is_audited_only_where_somebody_asked_for_it(
    engine, job, fresh_force, look
):
    idle = job(lambda _session, _force: Effect())
    run_slot(engine, idle, fresh_force)
    assert look(fresh_force, "SELECT id FROM audit_events") == []
    runner.run(engine, idle, forces=[fresh_force], requested_by="admin-1")
    (act,) = look(fresh_force, "SELECT * FROM audit_events")
    assert act.details["requested_by"] == "admin-1"


def test_every_force_and_the_acts_without_a_force_are_gone_through(engine, job):
    seen = []

    def note(session, force):
        seen.append((force, session.info["force"]))
        return Effect()

    assert runner.run(engine, job(note)).state == "succeeded"
    assert seen[:3] == [("00", "00"), ("01", "01"), ("03", "03")]
    assert {"33", "43", "54"} <= {force for force, _ in seen}
    assert all(force == worked_for for force, worked_for in seen)


def test_runs_are_counted_by_job_and_state(engine, job, fresh_force):
    one = job()
    run_slot(engine, one, fresh_force)
    run_slot(engine, one, fresh_force)
    counted = REGISTRY.get_sample_value(
        "offenders_job_runs_total", {"job": one.name, "state": "succeeded"}
    )
    assert counted == 1.0
