"""SQL of the outbox: adding, claiming, marking, showing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders.db import recorded_at
from offenders.domain.outbox.rules import CLAIM, TRIES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

_ADD = text("""
    WITH added AS (
        INSERT INTO outbox_messages (force, id, type, subject_type, subject_id, subject_reference,
                                     body, recipient, next_try_at, recorded_by, recorded_at)
        SELECT :force, m.id, m.type, m.subject_type, m.subject_id, m.subject_reference, m.body,
               m.recipient, :at, :by, :at
        FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[]), CAST(:subject_types AS text[]),
                    CAST(:subject_ids AS uuid[]), CAST(:references AS text[]),
                    CAST(:bodies AS text[]), CAST(:recipients AS uuid[]))
             m (id, type, subject_type, subject_id, subject_reference, body, recipient)
        RETURNING id)
    INSERT INTO waiting_messages (message_id, force_code) SELECT id, :force FROM added
""")
_FORCES = text("SELECT DISTINCT force_code FROM waiting_messages ORDER BY 1")
# A try whose sender has gone without a word: it may have arrived. Whoever was begun too often is
# not begun again, since it may be what ends its senders.
_GIVE_UP_CLAIMS = text("""
    WITH lost AS (
        SELECT force, id FROM outbox_messages
        WHERE force = :force AND state = 'sending' AND claimed_until <= :at
        ORDER BY id FOR UPDATE SKIP LOCKED),
    tried AS (
        UPDATE outbox_tries t SET outcome = 'unknown', fault = 'sender-lost', ended_at = :at
        FROM lost l WHERE t.force = :force AND t.message_id = l.id AND t.outcome = 'begun'),
    given_up AS (
        UPDATE outbox_messages m
        SET claimed_until = NULL, fault = 'sender-lost', version = m.version + 1,
            state = CASE WHEN m.tries - m.tries_before >= :limit THEN 'dead' ELSE 'waiting' END,
            next_try_at = CASE WHEN m.tries - m.tries_before < :limit
                               THEN CAST(:at AS timestamptz) END
        FROM lost l WHERE m.force = :force AND m.id = l.id
        RETURNING m.id, m.state)
    DELETE FROM waiting_messages w USING given_up g WHERE w.message_id = g.id AND g.state = 'dead'
""")
# What is said later of the same subject waits until what was said before has left or is dead;
# what subscribers are told is in no order, so that one message never holds the others up.
_CLAIM = text("""
    WITH next AS (
        SELECT m.force, m.id FROM outbox_messages m
        WHERE m.force = :force AND m.state = 'waiting' AND m.next_try_at <= :at
          AND (m.recipient = ANY (CAST(:recipients AS uuid[]))
               OR m.recipient IS NULL AND CAST(:recipients AS uuid[]) IS NULL
               AND NOT EXISTS (
                   SELECT FROM outbox_messages o
                   WHERE o.force = :force AND o.subject_id = m.subject_id
                     AND o.recipient IS NULL AND o.recorded_at < m.recorded_at
                     AND o.state IN ('waiting', 'sending')))
        ORDER BY m.next_try_at, m.id LIMIT 1 FOR UPDATE OF m SKIP LOCKED),
    claimed AS (
        UPDATE outbox_messages m
        SET state = 'sending', tries = m.tries + 1, next_try_at = NULL, claimed_until = :until,
            version = m.version + 1
        FROM next n WHERE m.force = :force AND m.id = n.id
        RETURNING m.id, m.type, m.body, m.tries AS number, m.delivered_at, m.recipient),
    begun AS (
        INSERT INTO outbox_tries (force, message_id, number, is_repeat, began_at)
        SELECT :force, c.id, c.number,
               c.delivered_at IS NOT NULL OR EXISTS (
                   SELECT FROM outbox_tries t
                   WHERE t.force = :force AND t.message_id = c.id
                     AND t.outcome IN ('delivered', 'unknown')),
               :at
        FROM claimed c RETURNING is_repeat)
    SELECT c.id, c.type, c.body, c.number, b.is_repeat, c.recipient FROM claimed c, begun b
""")
_END_TRY = text("""
    UPDATE outbox_tries
    SET outcome = :outcome, fault = :fault, ended_at = :at,
        is_repeat = is_repeat OR :had_it
    WHERE force = :force AND message_id = :id AND number = :number
    RETURNING is_repeat
""")
# A sender that comes back after its claim was given up has still delivered it.
_DELIVERED = text("""
    WITH marked AS (
        UPDATE outbox_messages
        SET state = 'delivered', delivered_at = coalesce(delivered_at, :at), next_try_at = NULL,
            claimed_until = NULL, fault = NULL, version = version + 1,
            duplicates = (SELECT count(*) FROM outbox_tries t
                          WHERE t.force = :force AND t.message_id = :id
                            AND t.outcome = 'delivered' AND t.is_repeat)
        WHERE force = :force AND id = :id
        RETURNING id)
    DELETE FROM waiting_messages w USING marked WHERE w.message_id = marked.id
""")
_PUT_BACK = text("""
    WITH marked AS (
        UPDATE outbox_messages
        SET state = CASE WHEN CAST(:next AS timestamptz) IS NULL THEN 'dead' ELSE 'waiting' END,
            next_try_at = :next, claimed_until = NULL, fault = :fault, version = version + 1
        WHERE force = :force AND id = :id AND state = 'sending' AND tries = :number
        RETURNING id, state)
    DELETE FROM waiting_messages w USING marked
    WHERE w.message_id = marked.id AND marked.state = 'dead'
""")
_TRIES_NOW = text("""
    SELECT tries - tries_before FROM outbox_messages WHERE force = :force AND id = :id
""")
_RESEND = text("""
    WITH marked AS (
        UPDATE outbox_messages
        SET state = 'waiting', next_try_at = :at, tries_before = tries, version = version + 1
        WHERE force = :force AND id = :id
        RETURNING id)
    INSERT INTO waiting_messages (message_id, force_code) SELECT id, :force FROM marked
    ON CONFLICT DO NOTHING
""")
_LOCK = text("""
    SELECT state, version, body IS NOT NULL AS has_body FROM outbox_messages
    WHERE force = :force AND id = :id FOR UPDATE
""")
# What was delivered before and waits to be sent again stays delivered. A try under way can't be
# called back; if it arrives, the message is delivered.
_WITHDRAW = text("""
    WITH undelivered AS (
        SELECT m.force, m.id FROM outbox_messages m
        WHERE m.force = :force AND m.subject_id = :subject AND m.recipient IS NULL
          AND m.state IN ('waiting', 'sending', 'dead')
        ORDER BY m.id FOR UPDATE),
    withdrawn AS (
        UPDATE outbox_messages m
        SET state = CASE WHEN m.delivered_at IS NULL THEN 'withdrawn' ELSE 'delivered' END,
            body = CASE WHEN m.delivered_at IS NOT NULL THEN m.body END,
            next_try_at = NULL, claimed_until = NULL, version = m.version + 1
        FROM undelivered u WHERE m.force = :force AND m.id = u.id
        RETURNING m.id),
    gone AS (
        DELETE FROM waiting_messages w USING withdrawn d WHERE w.message_id = d.id)
    SELECT m.id FROM outbox_messages m
    WHERE m.force = :force AND m.subject_id = :subject AND m.recipient IS NULL
      AND m.delivered_at IS NOT NULL
    ORDER BY m.recorded_at DESC, m.id DESC LIMIT 1
""")
_WITHDRAW_FOR = text("""
    WITH withdrawn AS (
        UPDATE outbox_messages m
        SET state = 'withdrawn', body = NULL, next_try_at = NULL, claimed_until = NULL,
            version = m.version + 1
        WHERE m.force = :force AND m.recipient = :recipient
          AND m.state IN ('waiting', 'sending', 'dead')
        RETURNING m.id)
    DELETE FROM waiting_messages w USING withdrawn d WHERE w.message_id = d.id
""")
_REVIVE_FOR = text("""
    WITH revived AS (
        UPDATE outbox_messages m
        SET state = 'waiting', next_try_at = :at, version = m.version + 1,
            tries_before = CASE WHEN m.state = 'dead' THEN m.tries ELSE m.tries_before END
        WHERE m.force = :force AND m.recipient = :recipient AND m.state IN ('waiting', 'dead')
          AND m.body IS NOT NULL
        RETURNING m.id)
    INSERT INTO waiting_messages (message_id, force_code) SELECT id, :force FROM revived
    ON CONFLICT DO NOTHING
""")
_JSON = """
    'id', m.id, 'type', m.type, 'recipient', m.recipient,
    'subject', json_build_object('type', m.subject_type, 'id', m.subject_id,
                                 'reference', m.subject_reference),
    'force', m.force, 'state', m.state, 'tries', m.tries, 'next_try_at', m.next_try_at,
    'delivered_at', m.delivered_at, 'duplicates', m.duplicates, 'fault', m.fault,
    'can_be_sent_again', m.body IS NOT NULL AND m.state IN ('dead', 'delivered'),
    'recorded_by', m.recorded_by, 'recorded_at', m.recorded_at, 'version', m.version
"""
_TRIES = """(
    SELECT coalesce(json_agg(json_build_object('number', t.number, 'outcome', t.outcome,
               'is_repeat', t.is_repeat, 'fault', t.fault, 'began_at', t.began_at,
               'ended_at', t.ended_at) ORDER BY t.number), '[]')
    FROM outbox_tries t WHERE t.force = m.force AND t.message_id = m.id)
"""
_SHOW = text(f"""
    SELECT json_build_object({_JSON}, 'log', {_TRIES})::text, m.id, m.version
    FROM outbox_messages m WHERE m.force = :force AND m.id = :id
""")
_FILTERS = {
    "state": "m.state = :f_state",
    "type": "m.type = :f_type",
    "subject_id": "m.subject_id = CAST(:f_subject_id AS uuid)",
    "recipient": "m.recipient = CAST(:f_recipient AS uuid)",
}


def add_messages(session: Session, rows: Sequence[tuple[Any, ...]], by: str) -> None:
    """Put (id, type, subject_type, subject_id, subject_reference, body, recipient) into it."""
    ids, types, subject_types, subject_ids, references, bodies, recipients = zip(*rows, strict=True)
    values = {
        "ids": list(ids),
        "types": list(types),
        "subject_types": list(subject_types),
        "subject_ids": list(subject_ids),
        "references": list(references),
        "bodies": list(bodies),
        "recipients": list(recipients),
        "by": by,
    }
    session.execute(_ADD, _now(session) | values)


def list_forces_waiting(session: Session) -> list[str]:
    """Give the forces that have something to send, due or not."""
    return list(session.execute(_FORCES).scalars())


def claim(session: Session, recipients: Sequence[UUID] | None = None) -> Row[Any] | None:
    """Take the next due message to send it, as (id, type, body, number, is_repeat, recipient).

    For one of these subscriptions; without any, for the one receiver.
    """
    now = _now(session)
    session.execute(_GIVE_UP_CLAIMS, now | {"limit": TRIES})
    whose = None if recipients is None else list(recipients)
    values = now | {"until": now["at"] + CLAIM, "recipients": whose}
    return session.execute(_CLAIM, values).one_or_none()


def mark_delivered(session: Session, message_id: UUID, number: int, *, had_it: bool) -> bool:
    """Say that a try has reached the receiver; give whether it may have it twice."""
    is_repeat = _end_try(session, message_id, number, "delivered", None, had_it=had_it)
    session.execute(_DELIVERED, _now(session) | {"id": message_id})
    return is_repeat


def put_back(  # noqa: PLR0913 - what became of a try
    session: Session,
    message_id: UUID,
    number: int,
    *,
    outcome: str,
    fault: str,
    next_try_at: datetime | None,
) -> None:
    """Say that a try has not, or perhaps not, reached the receiver, and when the next one is."""
    _end_try(session, message_id, number, outcome, fault)
    values = {"id": message_id, "number": number, "fault": fault, "next": next_try_at}
    session.execute(_PUT_BACK, _now(session) | values)


def _end_try(  # noqa: PLR0913 - one try and what became of it
    session: Session,
    message_id: UUID,
    number: int,
    outcome: str,
    fault: str | None,
    *,
    had_it: bool = False,
) -> bool:
    values = {
        "id": message_id,
        "number": number,
        "outcome": outcome,
        "fault": fault,
        "had_it": had_it,
    }
    return bool(session.execute(_END_TRY, _now(session) | values).scalar_one())


def tries_since_order(session: Session, message_id: UUID) -> int:
    """Give how often a message was tried since it was last ordered to be sent."""
    values = {"force": session.info["force"], "id": message_id}
    return int(session.execute(_TRIES_NOW, values).scalar_one())


def lock_message(session: Session, message_id: UUID | None) -> Row[Any] | None:
    """Lock a message for a change, as (state, version, has_body)."""
    values = {"force": session.info["force"], "id": message_id}
    return session.execute(_LOCK, values).one_or_none()


def withdraw(session: Session, subject: UUID) -> UUID | None:
    """Send nothing more of a subject that isn't delivered; give the last message that is."""
    values = {"force": session.info["force"], "subject": subject}
    found: UUID | None = session.execute(_WITHDRAW, values).scalar()
    return found


def withdraw_for(session: Session, recipient: UUID) -> None:
    """Send nothing more to a subscription."""
    session.execute(_WITHDRAW_FOR, {"force": session.info["force"], "recipient": recipient})


def revive_for(session: Session, recipient: UUID) -> None:
    """Send what waits for a subscription, or died waiting, at once."""
    session.execute(_REVIVE_FOR, _now(session) | {"recipient": recipient})


def resend(session: Session, message_id: UUID) -> None:
    """Let a message be sent again at once."""
    session.execute(_RESEND, _now(session) | {"id": message_id})


def show_message(session: Session, message_id: UUID | None) -> Row[Any] | None:
    """Give one message with its tries, as (json, id, version); never its body."""
    values = {"force": session.info["force"], "id": message_id}
    return session.execute(_SHOW, values).one_or_none()


def list_messages(
    session: Session, filters: dict[str, Any], after: Sequence[Any] | None, limit: int
) -> list[Row[Any]]:
    """Give messages, the newest first, as (json, recorded_at, id)."""
    condition, values = _condition(session, filters)
    if after is not None:
        condition += " AND (m.recorded_at, m.id) < (CAST(:at AS timestamptz), CAST(:id AS uuid))"
        values |= {"at": after[0], "id": after[1]}
    statement = f"""
        SELECT json_build_object({_JSON})::text, m.recorded_at::text, m.id
        FROM outbox_messages m WHERE {condition}
        ORDER BY m.recorded_at DESC, m.id DESC LIMIT :limit
    """
    return list(session.execute(text(statement), values | {"limit": limit}))


def count_messages(session: Session, filters: dict[str, Any]) -> int:
    """Count the rows that list_messages would give."""
    condition, values = _condition(session, filters)
    statement = text(f"SELECT count(*) FROM outbox_messages m WHERE {condition}")
    return int(session.execute(statement, values).scalar_one())


def _condition(session: Session, filters: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    asked = {name: value for name, value in filters.items() if value is not None}
    parts = ["m.force = :force", *(_FILTERS[name] for name in asked)]
    values = {f"f_{name}": value for name, value in asked.items()}
    return " AND ".join(parts), {"force": session.info["force"], **values}


def _now(session: Session) -> dict[str, Any]:
    return {"force": session.info["force"], "at": recorded_at(session)}
