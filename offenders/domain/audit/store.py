"""SQL of the audit: writing, reading, sealing and verifying."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

_INSERT = text("""
    INSERT INTO audit_events (force, id, at, actor, role, action, audit_class, subject_type,
                              subject_ids, masked, reason, request_id, details)
    VALUES (:force, :id, clock_timestamp(), :actor, :role, :action, :audit_class, :subject_type,
            CAST(:subject_ids AS uuid[]), CAST(:masked AS text[]), :reason, :request_id,
            CAST(:details AS jsonb))
""")
# The event of a read, from the row `shown` of the same statement: its subjects, what it masks.
EVENT_OF_SHOWN = """
    INSERT INTO audit_events (force, id, at, actor, role, action, audit_class, subject_type,
                              subject_ids, masked, reason, request_id, details)
    SELECT CAST(:force AS text), CAST(:audit_id AS uuid), clock_timestamp(),
           CAST(:audit_actor AS text), CAST(:audit_role AS text), CAST(:audit_action AS text),
           CAST(:audit_class AS text), CAST(:audit_subject_type AS text),
           shown.subjects, shown.masked, CAST(:audit_reason AS text),
           CAST(:audit_request_id AS text), shown.details
    FROM shown
"""

# Every column, written so that two different events can't give the same text.
DIGEST = """
    sha256(convert_to(jsonb_build_array(
        e.force, e.id, CAST(extract(epoch FROM e.at) * 1000000 AS bigint), e.actor, e.role,
        e.action, e.audit_class, e.subject_type, to_jsonb(e.subject_ids), to_jsonb(e.masked),
        e.reason, e.request_id, e.details)::text, 'UTF8'))
"""

_LAST = text("""
    SELECT sequence, sealed_to, hash FROM audit_checkpoints
    WHERE force = :force ORDER BY sequence DESC LIMIT 1
""")
# The first moment after so many events; all events of one moment lie in one stretch.
_END_OF_STRETCH = text("""
    SELECT e.at FROM audit_events e
    WHERE e.force = :force AND e.at < :settled AND e.at > (
        SELECT n.at FROM audit_events n
        WHERE n.force = :force AND n.at >= :sealed_from AND n.at < :settled
        ORDER BY n.at OFFSET :events - 1 LIMIT 1)
    ORDER BY e.at LIMIT 1
""")
_UNSEALED = text(f"""
    SELECT count(*) AS events, string_agg(digest, ''::bytea ORDER BY at, id) AS digests
    FROM (SELECT e.at, e.id, {DIGEST} AS digest FROM audit_events e
          WHERE e.force = :force AND e.at >= :sealed_from AND e.at < :sealed_to
          ORDER BY e.at, e.id) sealed
""")
_SEAL = text("""
    INSERT INTO audit_checkpoints (force, sequence, sealed_from, sealed_to, events, digests,
                                   previous_hash, hash, sealed_at)
    VALUES (:force, :sequence, :sealed_from, :sealed_to, :events, :digests, :previous_hash,
            :hash, :sealed_at)
    RETURNING sequence, sealed_to, events, hash
""")
_CHAIN = text("""
    SELECT sequence, sealed_from, sealed_to, events, digests, previous_hash, hash, sealed_at
    FROM audit_checkpoints WHERE force = :force AND sequence > :after
    ORDER BY sequence LIMIT :limit
""")
_CHECKPOINTS = text("""
    SELECT json_build_object('force', c.force, 'sequence', c.sequence,
               'sealed_from', c.sealed_from, 'sealed_to', c.sealed_to, 'events', c.events,
               'previous_hash', encode(c.previous_hash, 'hex'), 'hash', encode(c.hash, 'hex'),
               'sealed_at', c.sealed_at)::text, c.sequence
    FROM audit_checkpoints c
    WHERE c.force = :force AND (CAST(:after AS int) IS NULL OR c.sequence < :after)
    ORDER BY c.sequence DESC LIMIT :limit
""")
_DIGESTS = text(f"""
    SELECT e.id, e.at, {DIGEST} AS digest FROM audit_events e
    WHERE e.force = :force AND e.at >= :sealed_from AND e.at < :sealed_to ORDER BY e.at, e.id
""")


def add_event(session: Session, values: dict[str, Any]) -> None:
    """Write one event."""
    session.execute(_INSERT, values)


def read_clock(session: Session) -> datetime:
    """Give the database's present moment."""
    moment: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    return moment


def find_last_checkpoint(session: Session, force: str) -> Row[Any] | None:
    """Give the newest checkpoint of a force."""
    return session.execute(_LAST, {"force": force}).one_or_none()


def find_end_of_stretch(
    session: Session, force: str, sealed_from: datetime, settled: datetime, events: int
) -> datetime | None:
    """Give the moment at which a stretch of so many events ends; None where fewer are left."""
    values = {"force": force, "sealed_from": sealed_from, "settled": settled, "events": events}
    found: datetime | None = session.execute(_END_OF_STRETCH, values).scalar()
    return found


def find_event_before(session: Session, force: str, moment: datetime) -> UUID | None:
    """Give the first event dated before a moment."""
    statement = text("""
        SELECT id FROM audit_events WHERE force = :force AND at < :moment ORDER BY at, id LIMIT 1
    """)
    found: UUID | None = session.execute(statement, {"force": force, "moment": moment}).scalar()
    return found


def digest_stretch(
    session: Session, force: str, sealed_from: datetime, sealed_to: datetime
) -> Row[Any]:
    """Count and digest the events of a stretch of time."""
    values = {"force": force, "sealed_from": sealed_from, "sealed_to": sealed_to}
    return session.execute(_UNSEALED, values).one()


def add_checkpoint(session: Session, values: dict[str, Any]) -> Row[Any]:
    """Write one checkpoint; give what the next one follows."""
    return session.execute(_SEAL, values).one()


def list_chain(session: Session, force: str, after: int, limit: int) -> list[Row[Any]]:
    """Give whole checkpoints in the order of sealing."""
    values = {"force": force, "after": after, "limit": limit}
    return list(session.execute(_CHAIN, values))


def list_checkpoints(
    session: Session, force: str, *, after: int | None, limit: int
) -> list[Row[Any]]:
    """Give checkpoints without their digests, the newest first, as (json, sequence)."""
    values = {"force": force, "after": after, "limit": limit}
    return list(session.execute(_CHECKPOINTS, values))


def list_digests(
    session: Session, force: str, sealed_from: datetime, sealed_to: datetime
) -> list[Row[Any]]:
    """Give id, moment and digest of each event of a stretch, in the order of sealing."""
    values = {"force": force, "sealed_from": sealed_from, "sealed_to": sealed_to}
    return list(session.execute(_DIGESTS, values))


@dataclass(frozen=True)
class EventQuestion:
    """What is asked of the events: whose, on which record, which act, from when until when."""

    actor: str | None = None
    subject: UUID | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def condition(self, force: str) -> tuple[str, dict[str, Any]]:
        """Give the filters as SQL with their values."""
        conditions = ["e.force = :force"]
        values: dict[str, Any] = {"force": force}
        for name, condition in (
            ("actor", "e.actor = :actor"),
            ("subject", ":subject = ANY (e.subject_ids)"),
            ("action", "e.action = :action"),
            ("since", "e.at >= :since"),
            ("until", "e.at < :until"),
        ):
            value = getattr(self, name)
            if value is not None:
                conditions.append(condition)
                values[name] = value
        return " AND ".join(conditions), values


def list_events(
    session: Session,
    force: str,
    question: EventQuestion,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Row[Any]]:
    """Give events, the newest first, as (json, at, id)."""
    condition, values = question.condition(force)
    if after is not None:
        condition += " AND (e.at, e.id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid))"
        values |= {"after_at": after[0], "after_id": after[1]}
    statement = f"""
        SELECT json_build_object('id', e.id, 'at', e.at, 'actor', e.actor, 'role', e.role,
            'force', e.force, 'action', e.action, 'class', e.audit_class,
            'subject_type', e.subject_type, 'subject_ids', e.subject_ids, 'masked', e.masked,
            'reason', e.reason, 'request_id', e.request_id, 'details', e.details)::text,
            e.at::text, e.id
        FROM audit_events e WHERE {condition}
        ORDER BY e.at DESC, e.id DESC LIMIT :limit
    """
    return list(session.execute(text(statement), values | {"limit": limit}))


def count_events(session: Session, force: str, question: EventQuestion) -> int:
    """Count the rows that list_events would give."""
    condition, values = question.condition(force)
    statement = text(f"SELECT count(*) FROM audit_events e WHERE {condition}")
    return int(session.execute(statement, values).scalar_one())


def count_checkpoints(session: Session, force: str) -> int:
    """Count the checkpoints of a force."""
    statement = text("SELECT count(*) FROM audit_checkpoints WHERE force = :force")
    return int(session.execute(statement, {"force": force}).scalar_one())
