"""Delivery: at least once, duplicates marked, back-off, dead letters, many senders at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from offenders.db import Work, transaction
from offenders.domain.outbox import delivering
from offenders.domain.outbox.delivering import deliver_due
from offenders.domain.outbox.port import NotDelivered, Receipt, Unanswered
from offenders.domain.outbox.rules import TRIES
from offenders.domain.outbox.service import Message, post
from offenders.errors import Invalid
from offenders.ids import new_id

PROJECT = Path(__file__).resolve().parents[2]
STATES = "SELECT state, tries, duplicates FROM outbox_messages ORDER BY id"
LOG = "SELECT number, outcome, is_repeat, fault FROM outbox_tries ORDER BY message_id, number"
LET_TIME_PASS = """
    UPDATE outbox_messages SET next_try_at = next_try_at - interval '1 day',
                               claimed_until = claimed_until - interval '1 day'
"""


class Crash(BaseException):
    """The end of a process, as far as the code in it can tell."""


def crash_while_sending(parcel):
    raise Crash


def test_what_is_posted_is_delivered_once_and_byte_for_byte(engine, posted, receiver, look):
    ids = posted(3)
    assert deliver_due(engine, receiver) == 3
    assert deliver_due(engine, receiver) == 0
    assert [parcel.id for parcel in receiver.parcels] == sorted(ids)
    bodies = look("SELECT body FROM outbox_messages ORDER BY id")
    assert [parcel.body for parcel in receiver.parcels] == [each[0].encode() for each in bodies]
    assert look(STATES) == [("delivered", 1, 0)] * 3
    assert look("SELECT count(*) FROM waiting_messages") == [(0,)]


def test_what_is_rolled_back_is_never_sent(engine, fresh_force, receiver):
    def fail():
        with transaction(engine, Work(fresh_force)) as session:
            post(session, [Message("t", "acro_check", new_id("33"), None, {})], by="test")
            raise Crash

    with pytest.raises(Crash):
        fail()
    assert deliver_due(engine, receiver) == 0


def test_a_message_of_more_than_64_kb_is_refused(session):
    message = Message("t", "acro_check", new_id("33"), None, {"text": "x" * 65_536})
    with pytest.raises(Invalid, match="64 KB"):
        post(session, [message], by="test")


def test_a_crash_between_send_and_mark_is_delivered_again_and_marked(
    engine, posted, receiver, look, change, monkeypatch
):
    posted()

    def die(*_args, **_more):
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(delivering.store, "mark_delivered", die)
        with pytest.raises(Crash):
            deliver_due(engine, receiver)
    assert look(STATES) == [("sending", 1, 0)]
    # Nobody takes it while the claim may still be held.
    assert deliver_due(engine, receiver) == 0
    change(LET_TIME_PASS)
    assert deliver_due(engine, receiver) == 1
    first, second = receiver.parcels
    assert (first.id, first.body) == (second.id, second.body)
    assert (first.is_repeat, second.is_repeat) == (False, True)
    assert look(STATES) == [("delivered", 2, 1)]
    assert look(LOG) == [(1, "unknown", False, "sender-lost"), (2, "delivered", True, None)]


def test_a_crash_before_sending_is_delivered_and_may_be_a_repeat(
    engine, posted, receiver, look, change
):
    posted()
    with pytest.raises(Crash):
        deliver_due(engine, crash_while_sending)
    change(LET_TIME_PASS)
    assert deliver_due(engine, receiver) == 1
    # The sender can't tell whether the first try had arrived, so the receiver is told.
    assert [parcel.is_repeat for parcel in receiver.parcels] == [True]
    assert look(STATES) == [("delivered", 2, 1)]


def test_a_receiver_that_had_it_before_is_believed(engine, posted, receiver, look):
    posted()
    receiver.faults = [Receipt(had_it=True)]
    assert deliver_due(engine, receiver) == 1
    assert look(STATES) == [("delivered", 1, 1)]
    assert look(LOG) == [(1, "delivered", True, None)]


def test_a_refusal_is_no_repeat_and_silence_may_be_one(engine, posted, receiver, look, change):
    posted()
    receiver.faults = [NotDelivered("http-400"), Unanswered("no-answer"), None]
    for _ in range(3):
        deliver_due(engine, receiver)
        change(LET_TIME_PASS)
    assert look(LOG) == [
        (1, "refused", False, "http-400"),
        (2, "unknown", False, "no-answer"),
        (3, "delivered", True, None),
    ]
    assert look(STATES) == [("delivered", 3, 1)]


def test_what_failed_waits_before_it_is_tried_again(engine, posted, receiver, look):
    posted()
    receiver.faults = [NotDelivered("http-500")]
    assert deliver_due(engine, receiver) == 0
    assert deliver_due(engine, receiver) == 0
    assert receiver.parcels == []
    [(waits,)] = look("""
        SELECT extract(epoch FROM m.next_try_at - t.ended_at)
        FROM outbox_messages m JOIN outbox_tries t ON t.message_id = m.id
    """)
    assert waits == 10


def test_a_message_refused_to_the_end_is_dead_and_can_be_sent_again(
    engine, fresh_force, posted, receiver, look, change, committing_app, headers
):
    [message] = posted()
    receiver.faults = [NotDelivered("http-400")] * TRIES
    for _ in range(TRIES + 3):
        deliver_due(engine, receiver)
        change(LET_TIME_PASS)
    assert look(STATES) == [("dead", TRIES, 0)]
    assert look("SELECT count(*) FROM waiting_messages") == [(0,)]
    client = committing_app.test_client()
    admin = headers("force_admin", force=fresh_force)
    [listed] = client.get("/v1/outbox-messages?state=dead", headers=admin).json["items"]
    assert (listed["id"], listed["fault"]) == (str(message), "http-400")
    path = f"/v1/outbox-messages/{message}"
    shown = client.get(path, headers=admin)
    assert [each["outcome"] for each in shown.json["log"]] == ["refused"] * TRIES
    sent = admin | {"If-Match": shown.headers["ETag"]}
    again = client.post(f"{path}/resends", json={}, headers=sent)
    assert (again.status_code, again.json["state"]) == (200, "waiting")
    twice = client.post(f"{path}/resends", json={}, headers=admin | {"If-Match": "*"})
    assert twice.status_code == 409
    assert client.post(f"{path}/resends", json={}, headers=sent).status_code == 412
    # The tries begin anew, under the same id.
    receiver.faults = [NotDelivered("http-500")]
    deliver_due(engine, receiver)
    assert look(STATES) == [("waiting", TRIES + 1, 0)]
    change(LET_TIME_PASS)
    assert deliver_due(engine, receiver) == 1
    assert [parcel.id for parcel in receiver.parcels] == [message]


def test_a_delivered_message_sent_again_on_order_is_a_duplicate(
    engine, fresh_force, posted, receiver, look, committing_app, headers
):
    [message] = posted()
    deliver_due(engine, receiver)
    client = committing_app.test_client()
    admin = headers("force_admin", force=fresh_force, **{"If-Match": "*"})
    assert (
        client.post(f"/v1/outbox-messages/{message}/resends", json={}, headers=admin).status_code
        == 200
    )
    assert deliver_due(engine, receiver) == 1
    assert look(STATES) == [("delivered", 2, 1)]
    assert [parcel.is_repeat for parcel in receiver.parcels] == [False, True]


def test_what_ends_its_senders_is_given_up(engine, posted, look, change):
    posted()
    for _ in range(TRIES):
        with pytest.raises(Crash):
            deliver_due(engine, crash_while_sending)
        change(LET_TIME_PASS)
    assert deliver_due(engine, crash_while_sending) == 0
    assert look(STATES) == [("dead", TRIES, 0)]
    assert look("SELECT count(*) FROM waiting_messages") == [(0,)]


def test_a_late_sender_counts_where_another_has_taken_over(engine, posted, receiver, look, change):
    posted()

    def slow(parcel):
        # Its claim runs out while it sends, and another sender takes over.
        change(LET_TIME_PASS)
        deliver_due(engine, receiver)
        return receiver(parcel)

    assert deliver_due(engine, slow) == 1
    assert [parcel.is_repeat for parcel in receiver.parcels] == [True, False]
    assert look(STATES) == [("delivered", 2, 1)]


def test_a_receiver_that_is_away_is_not_asked_for_the_rest(engine, posted, receiver, look):
    posted(5)
    receiver.faults = [NotDelivered("not-reached", is_away=True)] * 9
    deliver_due(engine, receiver)
    assert look("SELECT sum(tries) FROM outbox_messages") == [(1,)]


def test_what_is_said_later_of_one_subject_waits_for_what_was_said_before(
    engine, fresh_force, receiver, change
):
    subject, ids = new_id("33"), []
    for kind in ("acro.request", "acro.chase"):
        with transaction(engine, Work(fresh_force)) as session:
            ids += post(session, [Message(kind, "acro_check", subject, None, {})], by="test")
    receiver.faults = [NotDelivered("http-500")]
    assert deliver_due(engine, receiver) == 0
    change(LET_TIME_PASS)
    assert deliver_due(engine, receiver) == 2
    assert [parcel.id for parcel in receiver.parcels] == ids


def test_senders_at_once_never_send_the_same(engine, posted, receiver, look):
    posted(40)
    with ThreadPoolExecutor(4) as pool:
        sent = sum(pool.map(lambda _: deliver_due(engine, receiver), range(4)))
    assert sent == 40
    assert len({parcel.id for parcel in receiver.parcels}) == len(receiver.parcels) == 40
    assert look("SELECT state, duplicates, count(*) FROM outbox_messages GROUP BY 1, 2") == [
        ("delivered", 0, 40)
    ]


def test_every_force_is_served_and_sees_its_own_alone(
    engine, fresh_force, other_force, posted, receiver, committing_app, headers
):
    [own] = posted()
    [others] = posted(force=other_force)
    assert deliver_due(engine, receiver) == 2
    assert {parcel.force for parcel in receiver.parcels} == {fresh_force, other_force}
    client = committing_app.test_client()
    admin = headers("force_admin", force=fresh_force)
    listed = client.get("/v1/outbox-messages?count=true", headers=admin).json
    assert ([each["id"] for each in listed["items"]], listed["total"]) == ([str(own)], 1)
    assert client.get(f"/v1/outbox-messages/{others}", headers=admin).status_code == 404


def test_neither_logs_nor_answers_show_what_a_message_says(
    engine, fresh_force, posted, receiver, committing_app, headers, capfd
):
    [message] = posted(data={"person": {"family_name": "Canaryson"}})
    receiver.faults = [NotDelivered("http-500"), Unanswered("no-answer")]
    deliver_due(engine, receiver)
    client = committing_app.test_client()
    shown = client.get(
        f"/v1/outbox-messages/{message}", headers=headers("force_admin", force=fresh_force)
    )
    assert "Canaryson" not in shown.get_data(as_text=True)
    assert "Canaryson" not in "".join(capfd.readouterr())
    deliver_due(engine, receiver)
    assert all("Canaryson" not in repr(parcel) for parcel in receiver.parcels)


SENDER = """
import sys, time
from pathlib import Path
from offenders.db import serving_engine
from offenders.domain.outbox import delivering
from offenders.outgoing.files import FileTransport
send, marker = FileTransport(Path(sys.argv[2])), Path(sys.argv[3])
def hang(*args, **more):
    marker.touch()
    time.sleep(60)
delivering.store.mark_delivered = hang
delivering.deliver_due(serving_engine(sys.argv[1]), send)
"""


def test_a_sender_killed_after_sending_leaves_its_message_to_the_next(
    engine, database, posted, look, change, tmp_path
):
    from offenders.outgoing.files import FileTransport

    [message] = posted()
    directory, marker = tmp_path / "out", tmp_path / "sent"
    process = subprocess.Popen(
        [sys.executable, "-c", SENDER, database.app, str(directory), str(marker)],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )
    deadline = time.monotonic() + 60
    while not marker.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert look(STATES) == [("sending", 1, 0)]
    assert len(list(directory.glob("*.json"))) == 1
    change(LET_TIME_PASS)
    assert deliver_due(engine, FileTransport(directory)) == 1
    assert look(STATES) == [("delivered", 2, 1)]
    [file] = directory.iterdir()
    assert str(message) in file.name


# The command itself, without its timetable.
SCHEDULER = """
from offenders.jobs import scheduler
scheduler.run.__kwdefaults__["jobs"] = ()
from offenders.cli import offenders
offenders(["scheduler"])
"""


def test_the_scheduler_sends_as_its_settings_say(database, posted, look, tmp_path):
    [message] = posted()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OFFENDERS_")}
    environment |= {
        "OFFENDERS_DATABASE_URL": database.app,
        "OFFENDERS_OUTBOX_DIR": str(tmp_path / "out"),
        "PYTHONPATH": str(PROJECT),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", SCHEDULER],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while look("SELECT state FROM outbox_messages") != [("delivered",)]:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    _, logged = process.communicate()
    assert str(message) in logged
    [file] = (tmp_path / "out").iterdir()
    assert file.name.endswith(f"{message}.json")


def test_an_old_message_keeps_its_log_and_loses_its_content(
    engine, fresh_force, posted, receiver, look, change, committing_app, headers
):
    from offenders.jobs.housekeeping import tidy_up

    [message] = posted()
    deliver_due(engine, receiver)
    change("UPDATE outbox_messages SET recorded_at = recorded_at - interval '31 days'")
    with transaction(engine, Work(fresh_force)) as session:
        assert tidy_up(session, fresh_force).details["message_contents"] == 1
    assert look("SELECT body, state FROM outbox_messages") == [(None, "delivered")]
    client = committing_app.test_client()
    admin = headers("force_admin", force=fresh_force, **{"If-Match": "*"})
    path = f"/v1/outbox-messages/{message}"
    assert client.get(path, headers=admin).json["can_be_sent_again"] is False
    assert client.post(f"{path}/resends", json={}, headers=admin).status_code == 409


def test_only_the_admin_of_the_force_looks_into_the_outbox(client, headers):
    for role, status in (("force_admin", 200), ("investigator", 403), ("acro_client", 403)):
        answer = client.get("/v1/outbox-messages", headers=headers(role))
        assert answer.status_code == status


def test_a_message_that_waits_is_seen_by_its_force_only(engine, fresh_force, posted):
    posted()
    with transaction(engine, Work("00", writes=False)) as session:
        assert session.execute(text("SELECT count(*) FROM outbox_messages")).scalar_one() == 0
        found = session.execute(text("SELECT force_code FROM waiting_messages")).scalars()
        assert list(found) == [fresh_force]
