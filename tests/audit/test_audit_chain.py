"""The seal over the audit: every later change is found, and no event slips through unsealed."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from offenders.db import Work, transaction
from offenders.domain.audit import service, store
from offenders.domain.audit.service import Act, record_act, seal, verify
from offenders.ids import new_id


def record(session, number=0):
    record_act(
        session,
        Act(
            actor=f"actor-{number}",
            role="investigator",
            action="wanted.read",
            audit_class="consultation",
            request_id=f"request-{number}",
            subject_type="want",
            subject_ids=[new_id("33")],
            masked=["address"],
            reason="testing",
            details={"number": number},
        ),
    )


@pytest.fixture
def force(fresh_force):
    return fresh_force


@pytest.fixture
def write(engine, force):
    """Record so many acts, each in a transaction of its own."""

    def make(count=1):
        for number in range(count):
            with transaction(engine, Work(force)) as session:
                record(session, number)

    return make


@pytest.fixture
def seal_now(engine, force):
    def make():
        with transaction(engine, Work(force)) as session:
            return seal(session, force)

    return make


@pytest.fixture
def check(engine, force):
    def make():
        with transaction(engine, Work(force, writes=False)) as session:
            return verify(session, force)

    return make


@pytest.fixture
def events(engine, force):
    """Give the ids of the force's events in the order of sealing."""

    def listed():
        with transaction(engine, Work(force, writes=False)) as session:
            return list(
                session.execute(text("SELECT id FROM audit_events ORDER BY at, id")).scalars()
            )

    return listed


@pytest.fixture
def sealed(write, seal_now, events):
    """Make three checkpoints of four events each."""
    for _ in range(3):
        write(4)
        assert seal_now() == 4
    return events()


@pytest.fixture
def tamper(owner, force):
    """Do as the owner of the tables what the serving role can't."""

    def make(statement, **values):
        with owner.begin() as connection:
            done = connection.execute(text(statement), values | {"force": force})
            assert done.rowcount > 0

    return make


def the_break(check):
    _events, (found,) = check()
    return found.sequence, found.event_id, found.problem


def test_a_whole_chain_is_unbroken(sealed, check):
    assert len(sealed) == 12
    assert check() == (12, [])


def test_nothing_is_sealed_twice_and_an_empty_stretch_makes_no_checkpoint(
    write, seal_now, check, force, engine
):
    assert (seal_now(), check()) == (0, (0, []))
    write(2)
    assert (seal_now(), seal_now(), check()) == (2, 0, (2, []))
    with transaction(engine, Work(force, writes=False)) as session:
        assert service.count_checkpoints(session, force) == 1


def test_what_comes_after_the_last_seal_is_no_break(sealed, write, check):
    write(1)
    assert check() == (12, [])


@pytest.mark.parametrize(
    "change",
    [
        "at = at + interval '1 microsecond'",
        "actor = 'somebody else'",
        "role = 'supervisor'",
        "action = 'wanted.list'",
        "audit_class = 'disclosure'",
        "subject_type = NULL",
        "subject_ids = '{}'",
        "masked = '{}'",
        "reason = NULL",
        "request_id = 'another'",
        "details = '{\"number\": 1.0}'",
        "id = gen_random_uuid()",
    ],
)
def test_an_altered_event_is_found_and_named(sealed, tamper, check, events, change):
    tamper(f"UPDATE audit_events SET {change} WHERE force = :force AND id = :id", id=sealed[5])
    sequence, event_id, problem = the_break(check)
    assert (sequence, event_id) == (2, events()[5])
    assert problem == "This event was altered."


def test_a_deleted_event_is_found_at_the_one_after_it(sealed, tamper, check):
    tamper("DELETE FROM audit_events WHERE force = :force AND id = :id", id=sealed[5])
    assert the_break(check) == (2, sealed[6], "One or more events before this one are missing.")


def test_events_deleted_at_the_end_of_a_stretch_are_counted(sealed, tamper, check):
    tamper("DELETE FROM audit_events WHERE force = :force AND id = ANY (:ids)", ids=sealed[6:8])
    assert the_break(check) == (2, None, "The last 2 events of this stretch are missing.")


def test_a_cut_tail_is_found(sealed, tamper, check):
    tamper("DELETE FROM audit_events WHERE force = :force AND id = ANY (:ids)", ids=sealed[8:])
    assert the_break(check) == (3, None, "The last 4 events of this stretch are missing.")


def test_events_put_in_each_others_place_are_found(sealed, tamper, check, events):
    swap = """
        UPDATE audit_events e SET at = o.at FROM audit_events o
        WHERE e.force = :force AND o.force = :force
          AND (e.id, o.id) IN ((:one, :other), (:other, :one))
    """
    tamper(swap, one=sealed[5], other=sealed[6])
    sequence, event_id, problem = the_break(check)
    assert (sequence, event_id, problem) == (2, sealed[6], "This event was altered.")
    assert events()[5] == sealed[6]


def test_an_event_put_in_after_sealing_is_found_and_named(sealed, tamper, check, force):
    forged = new_id(force)
    put_in = """
        INSERT INTO audit_events (force, id, at, actor, role, action, audit_class, request_id)
        SELECT force, :forged, at + interval '1 microsecond', actor, role, action, audit_class, 'r'
        FROM audit_events WHERE force = :force AND id = :after
    """
    tamper(put_in, forged=forged, after=sealed[5])
    assert the_break(check) == (2, forged, "This event was put in after sealing.")


def test_an_event_put_in_at_the_end_of_a_stretch_is_found(sealed, tamper, check, force):
    forged = new_id(force)
    put_in = """
        INSERT INTO audit_events (force, id, at, actor, role, action, audit_class, request_id)
        SELECT force, :forged, sealed_to - interval '1 microsecond', 'a', 'r', 'x', 'denial', 'r'
        FROM audit_checkpoints WHERE force = :force AND sequence = 2
    """
    tamper(put_in, forged=forged)
    assert the_break(check) == (2, forged, "This event was put in after sealing.")


@pytest.mark.parametrize("moment", ["1999-12-31T23:59:59Z", "-infinity"])
def test_an_event_dated_before_the_service_is_found(sealed, tamper, check, force, moment):
    forged = new_id(force)
    put_in = """
        INSERT INTO audit_events (force, id, at, actor, role, action, audit_class, request_id)
        VALUES (:force, :forged, CAST(:moment AS timestamptz), 'a', 'r', 'x', 'denial', 'r')
    """
    tamper(put_in, forged=forged, moment=moment)
    assert the_break(check) == (1, forged, "This event is dated before the service began.")


@pytest.mark.parametrize(
    "change",
    [
        "sealed_from = sealed_from - interval '1 microsecond'",
        "sealed_to = sealed_to + interval '1 microsecond'",
        "events = events + 1",
        "digests = digests || digests",
        "previous_hash = hash",
        "hash = previous_hash",
        "sealed_at = sealed_at - interval '1 microsecond'",
    ],
)
def test_an_altered_checkpoint_is_found(sealed, tamper, check, change):
    tamper(f"UPDATE audit_checkpoints SET {change} WHERE force = :force AND sequence = 2")
    assert the_break(check) == (2, None, "This checkpoint was altered.")


@pytest.mark.parametrize("sequence", [1, 2])
def test_a_missing_checkpoint_is_found(sealed, tamper, check, sequence):
    tamper(
        "DELETE FROM audit_checkpoints WHERE force = :force AND sequence = :number", number=sequence
    )
    assert the_break(check) == (sequence, None, "This checkpoint is missing.")


def test_a_checkpoint_sealed_anew_over_forged_events_breaks_the_next_one(
    sealed, tamper, check, engine, force
):
    """Whoever can write both tables must rewrite every later checkpoint as well."""
    tamper("DELETE FROM audit_events WHERE force = :force AND id = :id", id=sealed[5])
    with transaction(engine, Work(force, writes=False)) as session:
        row = store.list_chain(session, force, 1, 1)[0]
        stretch = store.digest_stretch(session, force, row.sealed_from, row.sealed_to)
    content = {**row._mapping, "force": force, "events": 3, "digests": bytes(stretch.digests)}
    content["previous_hash"] = bytes(row.previous_hash)
    tamper(
        "UPDATE audit_checkpoints SET events = 3, digests = :digests, hash = :hash"
        " WHERE force = :force AND sequence = 2",
        digests=content["digests"],
        hash=service._chain(content),
    )
    sequence, event_id, problem = the_break(check)
    assert (sequence, event_id) == (3, None)
    assert problem.startswith("This checkpoint doesn't follow the one before it")


def test_a_transaction_that_is_still_open_holds_the_seal_back(
    write, seal_now, check, engine, force, events
):
    write(2)
    with transaction(engine, Work(force, writes=False)) as slow:
        write(3)
        assert seal_now() == 2
        record(slow)
        assert seal_now() == 0
    assert seal_now() == 4
    assert check() == (6, [])
    assert len(events()) == 6


def test_sealing_and_recording_in_one_transaction_miss_nothing(engine, force, seal_now, check):
    with transaction(engine, Work(force)) as session:
        record(session, 1)
        assert seal(session, force) == 1
        record(session, 2)
    assert seal_now() == 1
    assert check() == (2, [])


def test_a_long_backlog_is_sealed_in_stretches(write, seal_now, check, engine, force, monkeypatch):
    monkeypatch.setattr(service, "STRETCH_EVENTS", 3)
    monkeypatch.setattr(service, "STRETCHES_AT_ONCE", 2)
    write(10)
    assert [seal_now() for _ in range(3)] == [6, 4, 0]
    assert check() == (10, [])
    with transaction(engine, Work(force, writes=False)) as session:
        chain = store.list_chain(session, force, 0, 10)
    assert [row.events for row in chain] == [3, 3, 3, 1]


def test_events_of_one_moment_lie_in_one_stretch(write, tamper, seal_now, check, monkeypatch):
    monkeypatch.setattr(service, "STRETCH_EVENTS", 3)
    write(5)
    tamper("UPDATE audit_events SET at = (SELECT max(at) FROM audit_events WHERE force = :force)"
           " WHERE force = :force")  # fmt: skip
    assert seal_now() == 5
    assert check() == (5, [])


def test_the_chain_of_another_force_is_not_taken_for_an_empty_one(engine, force):
    with (
        transaction(engine, Work(force, writes=False)) as session,
        pytest.raises(ValueError, match="Begin the transaction for the force"),
    ):
        verify(session, "33")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET actor = 'x'",
        "DELETE FROM audit_events",
        "TRUNCATE audit_events",
        "UPDATE audit_checkpoints SET events = 0",
        "DELETE FROM audit_checkpoints",
    ],
)
def test_the_serving_role_can_not_touch_what_is_written(engine, force, statement):
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction(engine, Work(force)) as session,
    ):
        session.execute(text(statement))


def test_whatever_is_written_while_sealing_is_sealed_in_the_end(
    engine, force, seal_now, check, events
):
    """Three writers, quick, slow and rolled back, while the seal runs without pause."""
    stop, patience = threading.Event(), time.monotonic() + 100
    written, faults = [0, 0, 0], []

    def writing(place, pause, *, keeps):
        try:
            while not stop.is_set():
                write_some(place, pause, keeps=keeps)
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            faults.append(error)

    def write_some(place, pause, *, keeps):
        with transaction(engine, Work(force, writes=place == 0)) as session:
            record(session, place)
            time.sleep(pause)
            record(session, place)
            if not keeps:
                session.rollback()
                return
        written[place] += 2

    threads = [
        threading.Thread(target=writing, args=(place, pause), kwargs={"keeps": keeps})
        for place, (pause, keeps) in enumerate([(0, True), (0.03, True), (0.01, False)])
    ]
    for thread in threads:
        thread.start()
    seals = 0
    while (
        not faults and time.monotonic() < patience and not (written[0] > 100 and written[1] >= 40)
    ):
        seals += seal_now()
    stop.set()
    for thread in threads:
        thread.join()
    seals += seal_now()
    assert faults == []
    assert seals == sum(written) == len(events()) > 140
    assert check() == (seals, [])


def test_moments_are_compared_to_the_microsecond():
    moment = datetime(2099, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    assert service._microseconds(moment) - service._microseconds(
        moment - timedelta(microseconds=1)
    ) == 1  # fmt: skip
