"""Recording acts in the transaction of the act, sealing them, and verifying the seal."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import orjson

from offenders.db import settled_until
from offenders.domain.audit import store
from offenders.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

DIGEST_LENGTH = 32  # bytes of SHA-256
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
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
    it; so nothing recorded before the oldest such moment can still appear.
    """
    last = store.find_last_checkpoint(session, force)
    sealed_from = last.sealed_to if last else BEGINNING
    sealed_to = settled_until(session, readers=True)
    if sealed_to <= sealed_from:
        return 0
    stretch = store.digest_stretch(session, force, sealed_from, sealed_to)
    if stretch.events == 0:
        return 0
    digests = bytes(stretch.digests)
    previous = bytes(last.hash) if last else _FIRST_HASH
    sequence = last.sequence + 1 if last else 1
    checkpoint = {
        "force": force,
        "sequence": sequence,
        "sealed_from": sealed_from,
        "sealed_to": sealed_to,
        "events": stretch.events,
        "digests": digests,
        "previous_hash": previous,
    }
    store.add_checkpoint(session, {**checkpoint, "hash": _chain(checkpoint)})
    return int(stretch.events)


def _chain(checkpoint: dict[str, Any]) -> bytes:
    head = [
        checkpoint["force"],
        checkpoint["sequence"],
        _microseconds(checkpoint["sealed_from"]),
        _microseconds(checkpoint["sealed_to"]),
        checkpoint["events"],
    ]
    return sha256(
        checkpoint["previous_hash"] + orjson.dumps(head) + checkpoint["digests"]
    ).digest()


def _microseconds(moment: datetime) -> int:
    return int((moment - BEGINNING).total_seconds() * 1_000_000)


def verify(session: Session, force: str) -> tuple[int, list[Break]]:
    """Check the chain of a force; give the events found sealed, and the first break if any."""
    previous, sequence, sealed_to, events = _FIRST_HASH, 0, BEGINNING, 0
    while True:
        checkpoints = store.list_checkpoints(session, force, sequence, 100)
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
    if row.sequence != sequence + 1 or row.sealed_from != sealed_to:
        return Break(force, sequence + 1, None, "A checkpoint is missing here.")
    content = {
        "force": force,
        "sequence": row.sequence,
        "sealed_from": row.sealed_from,
        "sealed_to": row.sealed_to,
        "events": row.events,
        "digests": bytes(row.digests),
        "previous_hash": bytes(row.previous_hash),
    }
    if bytes(row.previous_hash) != previous or _chain(content) != bytes(row.hash):
        return Break(force, row.sequence, None, "This checkpoint itself was altered.")
    return _check_events(session, force, row)


def _check_events(session: Session, force: str, row: Any) -> Break | None:
    sealed = bytes(row.digests)
    known = [sealed[n : n + DIGEST_LENGTH] for n in range(0, len(sealed), DIGEST_LENGTH)]
    found = store.list_digests(session, force, row.sealed_from, row.sealed_to)
    for number, event in enumerate(found):
        if number >= len(known) or bytes(event.digest) != known[number]:
            return Break(force, row.sequence, event.id, _what(bytes(event.digest), known, number))
    if len(found) < len(known):
        return Break(force, row.sequence, None, "Events at the end of this stretch are missing.")
    return None


def _what(digest: bytes, known: list[bytes], number: int) -> str:
    if digest in known[number + 1 :]:
        return "An event before this one is missing."
    if number < len(known) and known[number] not in known[:number]:
        return "This event was altered, or put in after sealing."
    return "This event was put in after sealing."
