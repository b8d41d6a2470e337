"""Nothing is missed and nothing is put into the outbox twice, whoever is late or dies."""

from __future__ import annotations

from random import Random

import pytest
from builders import given_want
from sqlalchemy import text

from offenders.db import Work, transaction
from offenders.domain.subscriptions import telling
from offenders.domain.subscriptions.telling import tell_due
from offenders.ids import new_id
from offenders.jobs.housekeeping import tidy_up
from offenders.jobs.subscriptions import flag_failing


class Death(BaseException):
    """The end of a process."""


TOLD = """
    SELECT body::jsonb -> 'subject' ->> 'id', type FROM outbox_messages
    WHERE recipient IS NOT NULL ORDER BY recorded_at, id
"""
SUBSCRIBE = """
    INSERT INTO subscriptions (force, id, url, events, owner, roles, told_until, authorised_at,
                               version, recorded_at, updated_at)
    VALUES (:force, :id, 'https://hook.example/', '{want.opened,want.changed,want.ended}', 'me',
            '{supervisor}', clock_timestamp(), clock_timestamp(), 1, clock_timestamp(),
            clock_timestamp())
"""
# A want as its history tells of it, which is all that is read.
OPEN = """
    INSERT INTO wants_history (force, id, reference, person_id, state, reason, risk, priority,
        domestic_abuse, priority_crime, follows_address, circulation, entered_at, entered_by,
        target_arrest_by, review_due_at, validation_due_at, activity_due_at, owner_team, version,
        recorded_at, updated_at, recorded_from)
    SELECT :force, :id, 'W', gen_random_uuid(), 'outstanding', 'named_suspect', 'high', 'high',
        false, false, false, 'not_circulated', :at, 'me', :at, :at, :at, :at, 'T', 1, :at, :at, :at
"""


@pytest.fixture
def subscribed(engine, fresh_force):
    """Subscribe straight in the database, so that real transactions can race."""
    with transaction(engine, Work(fresh_force)) as session:
        subscription = new_id(fresh_force)
        session.execute(text(SUBSCRIBE), {"force": fresh_force, "id": subscription})
        row = {"id": subscription, "force": fresh_force}
        session.execute(text("INSERT INTO live_subscriptions VALUES (:id, :force)"), row)
    yield fresh_force
    with transaction(engine, Work(fresh_force)) as session:
        session.execute(text("DELETE FROM live_subscriptions"))
        session.execute(text("DELETE FROM waiting_messages"))


def opened(session, force):
    want = new_id(force)
    at = session.info["recorded_at"]
    session.execute(text(OPEN), {"force": force, "id": want, "at": at})
    return str(want)


def told(engine, force):
    with transaction(engine, Work(force, writes=False)) as session:
        return [row[0] for row in session.execute(text(TOLD))]


def test_what_commits_late_is_told_and_nothing_is_told_twice(engine, subscribed):
    rnd, expected, running = Random(7), [], []
    for _ in range(40):
        if running and rnd.random() < 0.5:
            manager = running.pop(rnd.randrange(len(running)))
            manager.__exit__(None, None, None)
        elif len(running) < 4:
            manager = transaction(engine, Work(subscribed))
            expected.append(opened(manager.__enter__(), subscribed))
            running.append(manager)
        if rnd.random() < 0.6:
            tell_due(engine)
    for manager in running:
        manager.__exit__(None, None, None)
    tell_due(engine)
    found = told(engine, subscribed)
    assert sorted(found) == sorted(expected)
    assert len(expected) > 10


def test_more_than_fits_one_transaction_is_told_in_several(engine, subscribed, monkeypatch):
    monkeypatch.setattr(telling, "AT_ONCE", 3)
    with transaction(engine, Work(subscribed)) as session:
        expected = [opened(session, subscribed) for _ in range(8)]
    assert tell_due(engine) == 8
    assert tell_due(engine) == 0
    assert sorted(told(engine, subscribed)) == sorted(expected)


def test_whoever_dies_after_writing_has_told_nothing(engine, subscribed, monkeypatch):
    with transaction(engine, Work(subscribed)) as session:
        expected = [opened(session, subscribed)]

    def die(*_args):
        raise Death

    with monkeypatch.context() as patched:
        patched.setattr(telling, "_record", die)
        with pytest.raises(Death):
            tell_due(engine)
    assert told(engine, subscribed) == []
    tell_due(engine)
    assert told(engine, subscribed) == expected


def test_one_that_can_not_be_read_holds_nobody_else_up(engine, subscribed, monkeypatch):
    with transaction(engine, Work(subscribed)) as session:
        other = new_id(subscribed)
        session.execute(text(SUBSCRIBE), {"force": subscribed, "id": other})
        first = session.execute(text("SELECT min(id::text) FROM subscriptions")).scalar_one()
    with transaction(engine, Work(subscribed)) as session:
        opened(session, subscribed)
    read = telling.list_events

    def read_some(session, actor, events, window, limit):
        if str(session.info["told"]) == first:
            session.execute(text("SELECT 1 / 0"))
        return read(session, actor, events, window, limit)

    once = telling._tell_once

    def tell_once(session, subscription, actor):
        session.info["told"] = subscription
        return once(session, subscription, actor)

    monkeypatch.setattr(telling, "list_events", read_some)
    monkeypatch.setattr(telling, "_tell_once", tell_once)
    assert tell_due(engine) == 1


def test_a_receiver_that_fails_is_left_alone_and_gets_all_once_it_is_back(
    hooks, receive, client, headers
):
    receiver, steady = receive(), receive()
    made = hooks.given(receiver, "want.opened")
    other = hooks.given(steady, "want.opened")
    receiver.server.statuses = [500, 503]
    for _ in range(2):
        given_want(client, headers)
    assert hooks.step() == (4, 2)  # the one that fails holds the other not up
    failing = hooks.read(made)
    assert (failing["fault"], failing["waiting"], failing["state"]) == ("http-500", 2, "active")
    assert hooks.step() == (0, 0)  # it is left alone for a while
    _let_it_be_tried(hooks)
    hooks.step()
    _let_it_be_tried(hooks)
    # Once it takes one, all that waited goes at once, also what had been given up.
    hooks.sql("""
        UPDATE outbox_messages SET state = 'dead', next_try_at = NULL
        WHERE id = (SELECT id FROM outbox_messages WHERE state = 'waiting' AND tries > 0
                    ORDER BY id LIMIT 1)
    """)
    hooks.step()
    hooks.step()
    assert {each["type"] for each in receiver.told(made["secret"])} == {"want.opened"}
    well = hooks.read(made)
    assert (well["fault"], well["waiting"], well["failing_since"]) == (None, 0, None)
    assert len(steady.told(other["secret"])) == 2


def _let_it_be_tried(hooks):
    hooks.sql("UPDATE subscriptions SET retry_at = NULL")
    hooks.sql("UPDATE outbox_messages SET next_try_at = recorded_at WHERE state = 'waiting'")


@pytest.mark.parametrize(
    ("status", "because"), [(302, "redirected"), (308, "redirected"), (410, "gone")]
)
def test_a_receiver_that_leads_elsewhere_is_paused_at_once(
    hooks, receive, client, headers, status, because
):
    receiver = receive()
    made = hooks.given(receiver, "want.opened")
    receiver.server.statuses = [status]
    want = given_want(client, headers)
    assert hooks.step() == (1, 0)
    stopped = hooks.read(made)
    assert (stopped["state"], stopped["because"]) == ("paused", because)
    given_want(client, headers)
    assert hooks.step() == (0, 0)
    # What happened meanwhile is told once it goes on.
    assert hooks.act(made, "resumptions").status_code == 201
    assert hooks.step() == (1, 2)
    receiver.server.got = receiver.server.got[1:]
    told_of = [each["subject"]["id"] for each in receiver.told(made["secret"])]
    assert want["id"] in told_of and len(told_of) == 2


def test_one_that_has_failed_for_days_is_paused_and_flagged(hooks, receive, client):
    made = hooks.given(receive(), "want.opened", name="Insp 4")
    hooks.sql("UPDATE subscriptions SET failing_since = now() - interval '4 days'")
    with transaction(hooks.engine, Work("33")) as own:
        assert flag_failing(own, "33").raised == 1
    asked = {"rule": "failing-subscriptions"}
    listed = client.get("/v1/flags", headers=hooks.by("supervisor"), query_string=asked)
    [flag] = listed.json["items"]
    assert flag["subject"]["id"] == made["id"]
    assert flag["owner"]["officer"] == made["owner"]
    assert flag["because"]["figure"] == 3
    assert hooks.read(made, name="Insp 4")["because"] == "failed_for_days"
    hooks.act(made, "resumptions", name="Insp 4")
    with transaction(hooks.engine, Work("33")) as own:
        assert flag_failing(own, "33").cleared == 1


def test_what_was_told_long_ago_goes_and_what_waits_stays(hooks, receive, client, headers):
    receiver = receive()
    hooks.given(receiver, "want.opened")
    for _ in range(2):
        given_want(client, headers)
    hooks.step()
    given_want(client, headers)
    telling.tell_due(hooks.engine)
    hooks.sql("UPDATE outbox_messages SET recorded_at = now() - interval '31 days'")
    with transaction(hooks.engine, Work("33")) as own:
        effect = tidy_up(own, "33")
    assert effect.details["messages_to_subscribers"] == 2
    assert hooks.sql("SELECT state FROM outbox_messages") == [("waiting",)]
    assert hooks.step() == (0, 1)
