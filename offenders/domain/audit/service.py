"""Recording acts in the transaction of the act, sealing them, and verifying the seal."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import orjson

from offenders.db import settled_until
from offenders.domain.audit import store
from offenders.domain.audit.store import (
    EVENT_OF_SHOWN,
    EventQuestion,
    count_checkpoints,
    count_events,
    list_checkpoints,
    list_events,
)
from offenders.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

__all__ = [
    "EVENT_OF_SHOWN",
    "Act",
    "Break",
    "EventQuestion",
    "count_checkpoints",
    "count_events",
    "list_checkpoints",
    "list_events",
    "record_act",
    "seal",
    "verify",
]

DIGEST_LENGTH = 32  # bytes of SHA-256
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
STRETCH_EVENTS = 10_000  # one checkpoint holds at most about this many, 320 kB of digests
STRETCHES_AT_ONCE = 10  # a longer backlog is sealed by the next runs
_FIRST_HASH = bytes(DIGEST_LENGTH)


@dataclass(frozen=True)
class Act:
    """What is recorded of one act: who, what, on whom and why; never a name or a value."""

    actor: str
    role: str
    action: str
    audit_class: str
    request_id: str
    subject_type: str | None = None
    subject_ids: Sequence[UUID] = ()
    masked: Sequence[str] = ()
    reason: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Break:
    """Where the chain of a force does not hold, and what is wrong there."""

    force: str
    sequence: int
    event_id: UUID | None
    problem: str


def record_act(session: Session, act: Act) -> None:
    """Write one event in this transaction; an act that can't be audited doesn't happen."""
    force = session.info["force"]
    store.add_event(
        session,
        {
            "force": force,
            "id": new_id(force),
            "actor": act.actor,
            "role": act.role,
            "action": act.action,
            "audit_class": act.audit_class,
            "subject_type": act.subject_type,
            "subject_ids": list(act.subject_ids),
            "masked": list(act.masked),
            "reason": act.reason,
            "request_id": act.request_id,
            "details": orjson.dumps(act.details, default=str).decode(),
        },
    )


def seal(session: Session, force: str) -> int:
    """Seal the events that no running transaction can still join; give how many.

    Each transaction holds a lock with its moment of beginning, and writes its events after
    it; so nothing recorded before the oldest such moment can still appear. The moment asked
    about is read before the locks are: a transaction that takes its lock between the two then
    writes its events after it.
    """
    asked_at = store.read_clock(session)
    settled = min(asked_at, settled_until(session, everyone=True))
    last = store.find_last_checkpoint(session, force)
    sealed = 0
    for _ in range(STRETCHES_AT_ONCE):
        checkpoint = _seal_stretch(session, force, last, settled)
        if checkpoint is None:
            break
        sealed += checkpoint.events
        last = checkpoint
    return sealed


def _seal_stretch(session: Session, force: str, last: Any, settled: datetime) -> Any:
    """Seal the next events before `settled`; give the checkpoint, or None without events."""
    sealed_from = last.sealed_to if last else BEGINNING
    if settled <= sealed_from:
        return None
    ends_at = store.find_end_of_stretch(session, force, sealed_from, settled, STRETCH_EVENTS)
    stretch = store.digest_stretch(session, force, sealed_from, ends_at or settled)
    if stretch.events == 0:
        return None
    content = {
        "force": force,
        "sequence": last.sequence + 1 if last else 1,
        "sealed_from": sealed_from,
        "sealed_to": ends_at or settled,
        "events": stretch.events,
        "digests": bytes(stretch.digests),
        "previous_hash": bytes(last.hash) if last else _FIRST_HASH,
        "sealed_at": store.read_clock(session),
    }
    return store.add_checkpoint(session, content | {"hash": _chain(content)})


def _chain(checkpoint: dict[str, Any]) -> bytes:
    head = [
        checkpoint["force"],
        checkpoint["sequence"],
        _microseconds(checkpoint["sealed_from"]),
        _microseconds(checkpoint["sealed_to"]),
        checkpoint["events"],
        _microseconds(checkpoint["sealed_at"]),
    ]
    return sha256(checkpoint["previous_hash"] + orjson.dumps(head) + checkpoint["digests"]).digest()


def _microseconds(moment: datetime) -> int:
    return (moment - BEGINNING) // timedelta(microseconds=1)


def verify(session: Session, force: str) -> tuple[int, list[Break]]:
    """Check the chain of a force; give the events found sealed, and the first break if any.

    The session works for that force: row-level security would show another's as empty.
    """
    if session.info.get("force", force) != force:
        message = "Begin the transaction for the force whose audit is verified."
        raise ValueError(message)
    early = store.find_event_before(session, force, BEGINNING)
    if early is not None:
        return 0, [Break(force, 1, early, "This event is dated before the service began.")]
    previous, sequence, sealed_to, events = _FIRST_HASH, 0, BEGINNING, 0
    while True:
        checkpoints = store.list_chain(session, force, sequence, 20)
        if not checkpoints:
            return events, []
        for row in checkpoints:
            broken = _check(session, force, row, (previous, sequence, sealed_to))
            if broken is not None:
                return events, [broken]
            previous, sequence, sealed_to = bytes(row.hash), row.sequence, row.sealed_to
            events += row.events


def _check(
    session: Session, force: str, row: Any, expected: tuple[bytes, int, datetime]
) -> Break | None:
    previous, sequence, sealed_to = expected
    if row.sequence != sequence + 1:
        return Break(force, sequence + 1, None, "This checkpoint is missing.")
    content = {
        "force": force,
        "sequence": row.sequence,
        "sealed_from": row.sealed_from,
        "sealed_to": row.sealed_to,
        "events": row.events,
        "digests": bytes(row.digests),
        "previous_hash": bytes(row.previous_hash),
        "sealed_at": row.sealed_at,
    }
    if _chain(content) != bytes(row.hash):
        return Break(force, row.sequence, None, "This checkpoint was altered.")
    if bytes(row.previous_hash) != previous or row.sealed_from != sealed_to:
        problem = "This checkpoint doesn't follow the one before it: one of the two was replaced."
        return Break(force, row.sequence, None, problem)
    return _check_events(session, force, row)


def _check_events(session: Session, force: str, row: Any) -> Break | None:
    sealed = bytes(row.digests)
    known = [sealed[n : n + DIGEST_LENGTH] for n in range(0, len(sealed), DIGEST_LENGTH)]
    rows = store.list_digests(session, force, row.sealed_from, row.sealed_to)
    found = [bytes(event.digest) for event in rows]
    if found == known and len(known) == row.events:
        return None
    for number, event in enumerate(rows):
        if number >= len(known) or found[number] != known[number]:
            return Break(force, row.sequence, event.id, _what(found, known, number))
    count = len(known) - len(found)
    return Break(force, row.sequence, None, f"The last {count} events of this stretch are missing.")


def _what(found: list[bytes], known: list[bytes], number: int) -> str:
    if number >= len(known):
        return "This event was put in after sealing."
    if found[number] in known[number + 1 :]:
        return "One or more events before this one are missing."
    if known[number] in found[number + 1 :]:
        return "This event was put in after sealing."
    return "This event was altered."
