"""The promise, whatever goes wrong: each message arrives, as it was, and repeats are told."""

from __future__ import annotations

import contextlib
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from offenders.db import Work, transaction
from offenders.domain.outbox import store
from offenders.domain.outbox.delivering import deliver_due
from offenders.domain.outbox.port import NotDelivered, Receipt, Unanswered
from offenders.domain.outbox.service import Message, post
from offenders.ids import new_id

LET_TIME_PASS = text("""
    UPDATE outbox_messages SET next_try_at = next_try_at - interval '2 days',
                               claimed_until = claimed_until - interval '2 days'
""")
EVENTS = st.sampled_from(
    ["refused", "lost on the way", "silent", "dies before", "dies after", "good"]
)


class Death(BaseException):
    """The end of a sender."""


class World:
    """A receiver that keeps what comes, and senders that die."""

    def __init__(self, engine, force):
        self.engine, self.force, self.arrived = engine, force, []

    def live_through(self, event):
        """Let one sender try, with one thing going wrong; then let time pass."""
        with contextlib.suppress(Death):
            deliver_due(self.engine, lambda parcel: self.send(event, parcel))
        with transaction(self.engine, Work(self.force)) as session:
            session.execute(LET_TIME_PASS)

    def send(self, event, parcel):
        if event == "dies before":
            raise Death
        if event == "refused":
            raise NotDelivered("http-500", is_away=True)
        if event == "lost on the way":
            raise Unanswered("no-answer")
        self.arrived.append(parcel)
        if event == "silent":
            raise Unanswered("no-answer")
        if event == "dies after":
            raise Death
        return Receipt()


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(EVENTS, max_size=9))
def test_every_message_arrives_at_least_once_and_every_repeat_is_marked(
    engine, fresh_force, events
):
    world = World(engine, fresh_force)
    with transaction(engine, Work(fresh_force)) as session:
        [message] = post(
            session, [Message("t", "acro_check", new_id("33"), None, {"n": 1})], by="test"
        )
    for event in events:
        world.live_through(event)
    world.live_through("good")
    with transaction(engine, Work(fresh_force)) as session:
        shown = store.show_message(session, message)
        row = session.execute(
            text("SELECT state, duplicates, body FROM outbox_messages WHERE id = :id"),
            {"id": message},
        ).one()
    mine = [parcel for parcel in world.arrived if parcel.id == message]
    assert shown is not None
    assert row.state == "delivered"
    assert mine
    assert {parcel.body for parcel in mine} == {row.body.encode()}
    # Of what came, only the first may be unmarked; that a first one is marked does no harm.
    assert all(parcel.is_repeat for parcel in mine[1:])
    assert row.duplicates >= (len(mine) > 1)
    assert max(Counter(parcel.number for parcel in mine).values()) == 1


@pytest.fixture(autouse=True)
def _no_more_waiting(engine):
    yield
    with transaction(engine, Work("00")) as session:
        session.execute(text("DELETE FROM waiting_messages"))
