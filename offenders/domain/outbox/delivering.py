"""Sending what waits: claim in one transaction, send in none, mark in another.

Whoever dies between claiming and marking leaves a try without an end. When its claim has run
out, the message is sent again under the same id, and that try is marked as a repeat.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from offenders.db import NO_FORCE, Work, recorded_at, transaction
from offenders.domain.outbox import store
from offenders.domain.outbox.port import NotDelivered, Parcel, Unanswered
from offenders.domain.outbox.rules import next_try_at
from offenders.telemetry import OUTBOX_TRIES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Connection, Engine

    from offenders.domain.outbox.port import Transport

log = structlog.get_logger()

SECONDS_AT_ONCE: Final = 10.0  # then the caller looks whether it is still to send


def deliver_due(engine: Engine | Connection, send: Transport) -> int:
    """Send what is due for the one receiver, for some seconds at most; give how many arrived.

    Where the receiver can't be reached, what waits behind is left for the next time.
    """
    ends_at = time.monotonic() + SECONDS_AT_ONCE
    delivered = 0
    for force in list_forces(engine):
        while time.monotonic() < ends_at and (parcel := claim_parcel(engine, force)) is not None:
            outcome = send_parcel(engine, send, parcel)
            delivered += outcome.is_delivered
            if outcome.is_away:
                return delivered
    return delivered


@dataclass(frozen=True)
class Outcome:
    """What became of one try; `is_away` where the next message would fare the same."""

    fault: str | None = None
    is_away: bool = False

    @property
    def is_delivered(self) -> bool:
        """Tell whether the receiver has it."""
        return self.fault is None


def list_forces(engine: Engine | Connection) -> list[str]:
    """Give the forces that have something to send, due or not."""
    with transaction(engine, Work(NO_FORCE, writes=False)) as session:
        return store.list_forces_waiting(session)


def claim_parcel(
    engine: Engine | Connection, force: str, recipients: Sequence[UUID] | None = None
) -> Parcel | None:
    """Take the next due message for one of these subscriptions; without any, for the receiver."""
    with transaction(engine, Work(force)) as session:
        row = store.claim(session, recipients)
    if row is None:
        return None
    more = (row.number, row.is_repeat, row.recipient)
    return Parcel(row.id, force, row.type, row.body.encode(), *more)


def send_parcel(engine: Engine | Connection, send: Transport, parcel: Parcel) -> Outcome:
    """Send it with no transaction open, and mark what became of it."""
    try:
        receipt = send(parcel)
    except NotDelivered as fault:
        _put_back(engine, parcel, "refused", fault.fault, fault)
        return Outcome(fault.fault, fault.is_away)
    except Unanswered as fault:
        _put_back(engine, parcel, "unknown", fault.fault)
        return Outcome(fault.fault, is_away=True)
    with transaction(engine, Work(parcel.force)) as session:
        is_repeat = store.mark_delivered(session, parcel.id, parcel.number, had_it=receipt.had_it)
    _tell("delivered", parcel, is_repeat=is_repeat)
    return Outcome()


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
