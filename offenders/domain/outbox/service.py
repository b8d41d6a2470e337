"""Use cases of the outbox: what is said outside is written with what it tells, and sent later."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from offenders.db import recorded_at
from offenders.domain.outbox import store
from offenders.domain.outbox.models import STATES
from offenders.domain.outbox.rules import BODY_LIMIT
from offenders.errors import Conflict, Invalid, NotFound
from offenders.ids import as_uuid, new_ids

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.versions import IfMatch

__all__ = [
    "STATES",
    "Message",
    "count_messages",
    "get_message",
    "list_messages",
    "post",
    "resend_message",
    "revive_for",
    "withdraw",
    "withdraw_for",
]

list_messages = store.list_messages
count_messages = store.count_messages
withdraw = store.withdraw
withdraw_for = store.withdraw_for
revive_for = store.revive_for


@dataclass(frozen=True)
class Message:
    """What is to be sent: its type, e.g. `acro.request`, whom or what it is about, its content."""

    type: str
    subject_type: str
    subject_id: UUID
    subject_reference: str | None
    data: dict[str, Any] = field(repr=False)
    recipient: UUID | None = None  # the subscription it is for; None for the one receiver


def post(session: Session, messages: Sequence[Message], *, by: str) -> list[UUID]:
    """Write messages in this transaction; give their ids. They leave after it has committed.

    A message is `{"id", "type", "force", "at", "subject", "data"}`, at most 64 KB.
    """
    if not messages:
        return []
    ids = new_ids(session.info["force"], len(messages))
    rows = [_row(session, *pair) for pair in zip(ids, messages, strict=True)]
    store.add_messages(session, rows, by)
    return ids


def _row(session: Session, message_id: UUID, message: Message) -> tuple[Any, ...]:
    subject = {
        "type": message.subject_type,
        "id": message.subject_id,
        "reference": message.subject_reference,
    }
    content = {
        "id": message_id,
        "type": message.type,
        "force": session.info["force"],
        "at": recorded_at(session),
        "subject": subject,
        "data": message.data,
    }
    body = orjson.dumps(content, option=orjson.OPT_UTC_Z)
    if len(body) > BODY_LIMIT:
        text = f"What would be sent has more than {BODY_LIMIT // 1024} KB. Shorten it."
        raise Invalid(text)
    named = (message.subject_type, message.subject_id, message.subject_reference)
    return (message_id, message.type, *named, body.decode(), message.recipient)


def get_message(session: Session, written: str) -> Row[Any]:
    """Give one message with its tries, as (json, id, version); raise NotFound."""
    row = store.show_message(session, as_uuid(written))
    if row is None:
        raise NotFound
    return row


def resend_message(session: Session, written: str, if_match: IfMatch) -> Row[Any]:
    """Let a dead message, or one that the receiver has lost, be sent again under the same id."""
    message_id = as_uuid(written)
    found = store.lock_message(session, message_id)
    if message_id is None or found is None:
        raise NotFound
    if_match.check(found.version)
    if found.state == "withdrawn":
        text = "This message was withdrawn. Do again what it told, if it is to be told."
        raise Conflict(text, state=found.state, possible=[])
    if found.state not in {"dead", "delivered"}:
        text = "This message is still to be sent. Wait until it is delivered or dead."
        raise Conflict(text, state=found.state, possible=[])
    if not found.has_body:
        text = "Its content is kept no longer. Do again what it told."
        raise Conflict(text, state=found.state, possible=[])
    store.resend(session, message_id)
    return get_message(session, written)
