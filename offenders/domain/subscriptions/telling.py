"""Telling subscribers: what happened is put into the outbox once, and sent from there.

A subscriber's place moves on in the transaction that writes their messages, and only up to a
moment before which every writing transaction has ended: nothing is missed and nothing is put into
the outbox twice, whoever dies in between.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import NAMESPACE_URL, uuid5

import structlog
from sqlalchemy.exc import DBAPIError

from offenders import clock
from offenders.db import NO_FORCE, Work, recorded_at, settled_until, transaction
from offenders.domain.access import reader_of
from offenders.domain.actors import Actor
from offenders.domain.audit.service import Act, record_act
from offenders.domain.outbox.delivering import claim_parcel, list_forces, send_parcel
from offenders.domain.outbox.service import Message, post, revive_for
from offenders.domain.subscriptions import store
from offenders.domain.subscriptions.events import Window, list_events
from offenders.domain.subscriptions.models import Subscription
from offenders.domain.subscriptions.rules import final_cause, pause_of
from offenders.domain.subscriptions.service import end_at_once

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any
    from uuid import UUID

    from sqlalchemy import Connection, Engine, Row
    from sqlalchemy.orm import Session

    from offenders.domain.outbox.delivering import Outcome
    from offenders.domain.outbox.port import Transport

log = structlog.get_logger()

AT_ONCE: Final = 500  # events in one transaction
BY: Final = "service"
SECONDS_AT_ONCE: Final = 10.0
_MOVE_ON: Final = timedelta(minutes=1)  # a place without events is kept that often


def tell_due(engine: Engine | Connection) -> int:
    """Put what happened into the outbox for every subscriber; give how many messages."""
    with transaction(engine, Work(NO_FORCE, writes=False)) as session:
        forces = store.list_live_forces(session)
    told = 0
    for force in forces:
        with transaction(engine, Work(force, writes=False)) as session:
            active = store.list_active(session)
        for subscription in active:
            try:
                told += _tell(engine, subscription.id, actor_of(subscription))
            except DBAPIError as error:
                if error.connection_invalidated:
                    raise
                code = getattr(error.orig, "pgcode", None)
                log.warning("subscriptions.untold", subscription=str(subscription.id), code=code)
    return told


def _tell(engine: Engine | Connection, subscription: UUID, actor: Actor) -> int:
    told = 0
    while True:
        with transaction(engine, _work_of(actor)) as session:
            count = _tell_once(session, subscription, actor)
        told += count
        if count < AT_ONCE:
            return told


def _work_of(actor: Actor) -> Work:
    """Say for whom a transaction reads; what it writes is no part of what anybody is shown."""
    reader = reader_of(actor)
    return Work(actor.force or NO_FORCE, statement_seconds=30, reader=reader, marks=False)


def _tell_once(session: Session, subscription_id: UUID, actor: Actor) -> int:
    key = (session.info["force"], subscription_id)
    locked = {"skip_locked": True}
    subscription = session.get(Subscription, key, with_for_update=locked)
    if subscription is None or subscription.state != "active" or actor_of(subscription) != actor:
        return 0
    if (stop := store.find_stop(session, subscription_id, clock.now())) is not None:
        end_at_once(session, subscription, stop)
        subscription.version += 1
        return 0
    until = settled_until(session)
    if until <= subscription.told_until:
        return 0
    window = Window(subscription.told_until, subscription.told_key, until)
    rows = list_events(session, actor, subscription.events, window, AT_ONCE)
    post(session, [_message(session, subscription_id, row) for row in rows], by=BY)
    if rows:
        _record(session, subscription, rows)
    if len(rows) == AT_ONCE:
        subscription.told_until, subscription.told_key = rows[-1].at, rows[-1].key
    elif rows or until - subscription.told_until >= _MOVE_ON:
        subscription.told_until, subscription.told_key = until, ""
    return len(rows)


def _record(session: Session, subscription: Subscription, rows: Sequence[Row[Any]]) -> None:
    """Record the disclosure: to whom, of which records."""
    act = Act(
        actor=subscription.owner,
        role=",".join(subscription.roles),
        action="subscriptions.tell",
        audit_class="disclosure",
        request_id=str(subscription.id),
        subject_type="subscription",
        subject_ids=list(dict.fromkeys([subscription.id, *(row.id for row in rows)])),
    )
    record_act(session, act)


def actor_of(subscription: Subscription) -> Actor:
    """Give as whom a subscriber reads: their roles and areas as they were recorded."""
    return Actor(
        subject=subscription.owner,
        name="",
        roles=frozenset(subscription.roles),
        force=subscription.force,
        lpas=frozenset(subscription.lpas),
        neighbourhoods=frozenset(subscription.neighbourhoods),
        agency=subscription.agency,
        token_id=subscription.token_id,
        issued_at=subscription.authorised_at,
    )


def _message(session: Session, subscription: UUID, row: Row[Any]) -> Message:
    """Say what happened by ids alone; the event's own id is the same for every subscriber."""
    said = f"{session.info['force']} {row.type} {row.id} {row.at.isoformat()}"
    data = {
        "event_id": uuid5(NAMESPACE_URL, said),
        "occurred_at": row.occurred_at,
        "recorded_at": row.at,
    }
    return Message(row.type, row.subject_type, row.id, row.reference, data, subscription)


def deliver_to_subscribers(engine: Engine | Connection, send: Transport) -> int:
    """Send what is due to subscribers, for some seconds at most; give how many arrived.

    A receiver that fails is left alone for a while, and holds nobody else up.
    """
    ends_at = time.monotonic() + SECONDS_AT_ONCE
    delivered = 0
    for force in list_forces(engine):
        while time.monotonic() < ends_at:
            with transaction(engine, Work(force, writes=False)) as session:
                ready = store.list_open(session)
            parcel = claim_parcel(engine, force, ready) if ready else None
            if parcel is None or parcel.recipient is None:
                break
            outcome = send_parcel(engine, send, parcel)
            with transaction(engine, Work(force)) as session:
                _note(session, parcel.recipient, outcome)
            delivered += outcome.is_delivered
    return delivered


def _note(session: Session, subscription_id: UUID, outcome: Outcome) -> None:
    """Keep how the receiver fares; what waited for one that is back goes at once."""
    if outcome.is_delivered:
        if store.mark_delivered(session, subscription_id):
            revive_for(session, subscription_id)
        return
    key = (session.info["force"], subscription_id)
    subscription = session.get_one(Subscription, key, with_for_update=True)
    now = recorded_at(session)
    subscription.failing_since = subscription.failing_since or now
    subscription.retry_at = now + pause_of(subscription.failing_since, now)
    subscription.fault, subscription.updated_at = outcome.fault, now
    cause = final_cause(outcome.fault or "")
    if cause is not None and subscription.state == "active":
        subscription.state, subscription.because = "paused", cause
        subscription.version += 1
