"""Idempotency-Key: the first answer is kept in the transaction of its effect and replayed."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import orjson
from flask import Response, g, request
from sqlalchemy import text

from offenders.db import recorded_at
from offenders.errors import DomainError, Invalid, NotFound

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.actors import Actor

KEY_LIMIT = 200  # characters
KEPT_HEADERS = ("ETag", "Location", "Content-Type")

_TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtext(:client), hashtext(:key))")
_FIND = text("""
    SELECT route, body_hash, status, headers, body, shown,
           EXISTS (SELECT FROM unnest(CAST(current_setting('app.hidden') AS uuid[])) hidden
                   WHERE position(hidden::text IN convert_from(body, 'UTF8')) > 0) AS is_hidden
    FROM idempotency_keys
    WHERE force = :force AND client = :client AND key = :key
""")
_KEEP = text("""
    INSERT INTO idempotency_keys
        (force, client, key, route, body_hash, status, headers, body, shown, recorded_at)
    VALUES (:force, :client, :key, :route, :body_hash, :status, CAST(:headers AS jsonb), :body,
            CAST(:shown AS uuid[]), :at)
""")


class KeyInProgress(DomainError):
    """The first request with this key has not ended."""

    kind = "idempotency-in-progress"


class KeyConflict(DomainError):
    """The key came first with another request."""

    kind = "idempotency-conflict"


def read_key() -> str | None:
    """Read the header; None where it was not sent."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 0 < len(key) <= KEY_LIMIT or not key.isprintable():
        message = f"Idempotency-Key must be 1 to {KEY_LIMIT} printable characters, e.g. a UUID."
        raise Invalid(message)
    return key


@dataclass(frozen=True)
class FirstAnswer:
    """The answer given first, and whom it showed."""

    answer: Response
    shown: list[UUID]


def find_first_answer(session: Session, actor: Actor, key: str) -> FirstAnswer | None:
    """Take the key for this transaction; give the first answer where there is one."""
    names = {"force": session.info["force"], "client": actor.subject, "key": key}
    if not session.execute(_TRY_LOCK, names).scalar():
        message = "The first request with this key is still running. Repeat shortly."
        raise KeyInProgress(message)
    row = session.execute(_FIND, names).one_or_none()
    if row is None:
        return None
    if row.route != _route() or bytes(row.body_hash) != _body_hash():
        message = "This key came first with another request. Make a new key for a new request."
        raise KeyConflict(message)
    if row.is_hidden:
        raise NotFound
    answer = Response(bytes(row.body), row.status, headers=row.headers)
    answer.headers["Idempotency-Replayed"] = "true"
    return FirstAnswer(answer, list(row.shown))


def keep_first_answer(
    session: Session, actor: Actor, key: str, answer: Response, shown: list[UUID]
) -> None:
    """Keep a 2xx answer beside its effect; it is replayed for 24 hours at least."""
    headers = {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers}
    session.execute(
        _KEEP,
        {
            "force": session.info["force"],
            "client": actor.subject,
            "key": key,
            "route": _route(),
            "body_hash": _body_hash(),
            "status": answer.status_code,
            "headers": _as_json(headers),
            "body": answer.get_data(),
            "shown": shown,
            "at": recorded_at(session),
        },
    )


def _as_json(headers: dict[str, str]) -> str:
    return orjson.dumps(headers).decode()


def _route() -> str:
    return f"{request.method} {request.full_path}"


def _body_hash() -> bytes:
    return sha256(g.body).digest()
