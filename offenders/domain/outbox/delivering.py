"""Sending what waits: claim in one transaction, send in none, mark in another.

Whoever dies between claiming and marking leaves a try without an end. When its claim has run
out, the message is sent again under the same id, and that try is marked as a repeat.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import structlog

from offenders.db import NO_FORCE, Work, recorded_at, transaction
from offenders.domain.outbox import store
from offenders.domain.outbox.port import NotDelivered, Parcel, Unanswered
from offenders.domain.outbox.rules import next_try_at
from offenders.telemetry import OUTBOX_TRIES

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from offenders.domain.outbox.port import Transport

log = structlog.get_logger()

SECONDS_AT_ONCE: Final = 10.0  # then the caller looks whether it is still to send


def deliver_due(engine: Engine | Connection, send: Transport) -> int:
    """Send what is due in every force, for some seconds at most; give how many were delivered.

    Where the receiver can't be reached, what waits behind is left for the next time.
    """
    ends_at = time.monotonic() + SECONDS_AT_ONCE
    with transaction(engine, Work(NO_FORCE, writes=False)) as session:
        forces = store.list_forces_waiting(session)
    delivered = 0
    for force in forces:
        while time.monotonic() < ends_at and (parcel := _claim(engine, force)) is not None:
            outcome = _send(engine, send, parcel)
            delivered += outcome == "delivered"
            if outcome == "away":
                return delivered
    return delivered


def _claim(engine: Engine | Connection, force: str) -> Parcel | None:
    with transaction(engine, Work(force)) as session:
        row = store.claim(session)
    if row is None:
        return None
    return Parcel(row.id, force, row.type, row.body.encode(), row.number, row.is_repeat)


def _send(engine: Engine | Connection, send: Transport, parcel: Parcel) -> str:
    outcome = "away"
    try:
        receipt = send(parcel)
    except NotDelivered as fault:
        _put_back(engine, parcel, "refused", fault.fault, fault)
        outcome = "away" if fault.is_away else "refused"
    except Unanswered as fault:
        _put_back(engine, parcel, "unknown", fault.fault)
    else:
        with transaction(engine, Work(parcel.force)) as session:
            is_repeat = store.mark_delivered(
                session, parcel.id, parcel.number, had_it=receipt.had_it
            )
        _tell("delivered", parcel, is_repeat=is_repeat)
        outcome = "delivered"
    return outcome


def _put_back(
    engine: Engine | Connection,
    parcel: Parcel,
    outcome: str,
    word: str,
    fault: NotDelivered | None = None,
) -> None:
    with transaction(engine, Work(parcel.force)) as session:
        tries = store.tries_since_order(session, parcel.id)
        asked = {"asked_pause": fault.pause} if fault is not None else {}
        store.put_back(
            session,
            parcel.id,
            parcel.number,
            outcome=outcome,
            fault=word,
            next_try_at=next_try_at(tries, recorded_at(session), **asked),
        )
    _tell(outcome, parcel, fault=word)


def _tell(outcome: str, parcel: Parcel, **more: object) -> None:
    OUTBOX_TRIES.labels(parcel.type, outcome).inc()
    log.info(
        "outbox.tried",
        outcome=outcome,
        message=str(parcel.id),
        force=parcel.force,
        type=parcel.type,
        number=parcel.number,
        **more,
    )
