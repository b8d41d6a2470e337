"""SQL of the audit: writing, reading, sealing and verifying."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

_INSERT = text("""
    INSERT INTO audit_events (force, id, at, actor, role, action, audit_class, subject_type,
                              subject_ids, masked, reason, request_id, details)
    VALUES (:force, :id, clock_timestamp(), :actor, :role, :action, :audit_class, :subject_type,
            CAST(:subject_ids AS uuid[]), CAST(:masked AS text[]), :reason, :request_id,
            CAST(:details AS jsonb))
""")

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
_UNSEALED = text(f"""
    SELECT count(*) AS events, string_agg(digest, ''::bytea ORDER BY at, id) AS digests,
           max(at) AS last_at
    FROM (SELECT e.at, e.id, {DIGEST} AS digest FROM audit_events e
          WHERE e.force = :force AND e.at >= :sealed_from AND e.at < :sealed_to
          ORDER BY e.at, e.id) sealed
""")  # noqa: S608 - DIGEST is ours
_SEAL = text("""
    INSERT INTO audit_checkpoints (force, sequence, sealed_from, sealed_to, events, digests,
                                   previous_hash, hash, sealed_at)
    VALUES (:force, :sequence, :sealed_from, :sealed_to, :events, :digests, :previous_hash,
            :hash, clock_timestamp())
""")
_CHECKPOINTS = text("""
    SELECT sequence, sealed_from, sealed_to, events, digests, previous_hash, hash, sealed_at
    FROM audit_checkpoints WHERE force = :force AND sequence > :after
    ORDER BY sequence LIMIT :limit
""")
_DIGESTS = text(f"""
    SELECT e.id, e.at, {DIGEST} AS digest FROM audit_events e
    WHERE e.force = :force AND e.at >= :sealed_from AND e.at < :sealed_to ORDER BY e.at, e.id
""")  # noqa: S608 - DIGEST is ours


def add_event(session: Session, values: dict[str, Any]) -> None:
    """Write one event."""
    session.execute(_INSERT, values)


def find_last_checkpoint(session: Session, force: str) -> Row[Any] | None:
    """Give the newest checkpoint of a force."""
    return session.execute(_LAST, {"force": force}).one_or_none()


def digest_stretch(
    session: Session, force: str, sealed_from: datetime, sealed_to: datetime
) -> Row[Any]:
    """Count and digest the events of a stretch of time."""
    values = {"force": force, "sealed_from": sealed_from, "sealed_to": sealed_to}
    return session.execute(_UNSEALED, values).one()


def add_checkpoint(session: Session, values: dict[str, Any]) -> None:
    """Write one checkpoint."""
    session.execute(_SEAL, values)


def list_checkpoints(session: Session, force: str, after: int, limit: int) -> list[Row[Any]]:
    """Give checkpoints in order."""
    values = {"force": force, "after": after, "limit": limit}
    return list(session.execute(_CHECKPOINTS, values))


def list_digests(
    session: Session, force: str, sealed_from: datetime, sealed_to: datetime
) -> list[Row[Any]]:
    """Give id, moment and digest of each event of a stretch, in the order of sealing."""
    values = {"force": force, "sealed_from": sealed_from, "sealed_to": sealed_to}
    return list(session.execute(_DIGESTS, values))


def list_events(  # noqa: PLR0913 - the filters of GET /v1/audit/events
    session: Session,
    force: str,
    *,
    actor: str | None,
    subject: Any,
    action: str | None,
    since: datetime | None,
    until: datetime | None,
    after: tuple[Any, ...] | None,
    limit: int,
) -> list[Row[Any]]:
    """Give events newest first, as (json, at, id)."""
    conditions = ["e.force = :force"]
    values: dict[str, Any] = {"force": force, "limit": limit}
    for name, value, condition in (
        ("actor", actor, "e.actor = :actor"),
        ("subject", subject, ":subject = ANY (e.subject_ids)"),
        ("action", action, "e.action = :action"),
        ("since", since, "e.at >= :since"),
        ("until", until, "e.at < :until"),
    ):
        if value is not None:
            conditions.append(condition)
            values[name] = value
    if after is not None:
        conditions.append("(e.at, e.id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid))")
        values |= {"after_at": after[0], "after_id": after[1]}
    statement = f"""
        SELECT json_build_object('id', e.id, 'at', e.at, 'actor', e.actor, 'role', e.role,
            'force', e.force, 'action', e.action, 'class', e.audit_class,
            'subject_type', e.subject_type, 'subject_ids', e.subject_ids, 'masked', e.masked,
            'reason', e.reason, 'request_id', e.request_id, 'details', e.details)::text,
            e.at::text, e.id
        FROM audit_events e WHERE {" AND ".join(conditions)}
        ORDER BY e.at DESC, e.id DESC LIMIT :limit
    """  # noqa: S608 - conditions are listed above
    return list(session.execute(text(statement), values))
