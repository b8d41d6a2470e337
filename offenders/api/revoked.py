"""Revoked tokens: kept in the database, read by every worker, and asked before any token counts.

A revocation is its force's own: it stops only tokens whose `force` is that force. Each worker
reads a force's revocations anew after `READ_SECONDS`, so they act on every server within that
time and the length of one read.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as DatabaseTimeout

from offenders import clock
from offenders.db import NO_FORCE, Work, recorded_at, transaction
from offenders.errors import Conflict, Invalid
from offenders.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection, Engine, Row
    from sqlalchemy.orm import Session

    from offenders.domain.actors import Actor

READ_SECONDS = 10.0  # api.md promises that a revocation acts within 60
SILENT_SECONDS = 40.0  # how long what was read serves where the database doesn't answer
RETRY_SECONDS = 2.0
LIVE_LIMIT = 5000  # of one force; bounds what a worker keeps in memory
USUAL_LIFE = timedelta(days=365)  # longer than any issuer's access tokens live
LONGEST_LIFE = timedelta(days=3650)  # the longest life of a development token

_LIVE = text("""
    SELECT subject, token_id, revoked_at, until FROM revocations
    WHERE force = :force AND until > :now ORDER BY until DESC LIMIT :limit
""")
_COUNT_LIVE = text("SELECT count(*) FROM revocations WHERE force = :force AND until > :now")
_ADD = text("""
    INSERT INTO revocations (force, id, subject, token_id, reason, until, revoked_by, revoked_at)
    VALUES (:force, :id, :subject, :token_id, :reason, :until, :revoked_by, :revoked_at)
""")
_JSON = """
    json_build_object('id', r.id, 'sub', r.subject, 'jti', r.token_id, 'reason', r.reason,
        'until', r.until, 'is_live', r.until > :now, 'revoked_at', r.revoked_at,
        'revoked_by', r.revoked_by, 'force', r.force)
"""
_ASKED = """
    FROM revocations r
    WHERE r.force = :force AND (CAST(:subject AS text) IS NULL OR r.subject = :subject)
      AND (CAST(:token_id AS text) IS NULL OR r.token_id = :token_id)
"""


@dataclass
class _Known:
    """The live revocations of a force as this worker last read them."""

    read_at: float
    next_read_at: float
    tokens: dict[str, datetime] = field(default_factory=dict)
    subjects: dict[str, list[tuple[datetime, datetime]]] = field(
        default_factory=lambda: defaultdict(list)
    )


class Revocations:
    """What a worker knows of revoked tokens; at most `LIVE_LIMIT` of each force."""

    def __init__(self, engine: Callable[[], Engine | Connection]) -> None:
        """Start with nothing known; `engine` gives the bind to read over."""
        self._engine = engine
        self._known: dict[str, _Known] = {}
        self._lock = Lock()
        self._silent_until = 0.0

    def is_revoked(self, actor: Actor) -> bool:
        """Tell whether the token that the actor brought has been revoked.

        A revoked subject's tokens issued up to that moment are stopped, and those that don't
        say when they were issued. Raises SQLAlchemyError where nothing fresh enough is known.
        """
        known = self._fresh(actor.force or NO_FORCE)
        if not known.tokens and not known.subjects:
            return False
        now = clock.now()
        if actor.token_id is not None and known.tokens.get(actor.token_id, now) > now:
            return True
        return any(
            until > now and (actor.issued_at is None or actor.issued_at <= revoked_at)
            for revoked_at, until in known.subjects.get(actor.subject, ())
        )

    def forget(self) -> None:
        """Drop what is known, so that the next token asks the database."""
        with self._lock:
            self._known.clear()
            self._silent_until = 0.0

    def _fresh(self, force: str) -> _Known:
        known = self._known.get(force)
        if known is not None and monotonic() < known.next_read_at:
            return known
        # Whoever comes while another reads goes by what was known, unless that is too old.
        must_wait = known is None or monotonic() - known.read_at > SILENT_SECONDS
        if not self._lock.acquire(blocking=must_wait):
            return cast("_Known", known)
        try:
            again = self._known.get(force)
            if again is not None and monotonic() < again.next_read_at:
                return again
            return self._read(force, again)
        finally:
            self._lock.release()

    def _read(self, force: str, known: _Known | None) -> _Known:
        began = monotonic()
        if began < self._silent_until:
            # Others have just waited in vain: they must not all wait one after another.
            message = "The database did not give the revoked tokens a moment ago."
            raise DatabaseTimeout(message)
        try:
            with transaction(self._engine(), Work(force, writes=False)) as session:
                values = {"force": force, "now": clock.now(), "limit": 2 * LIVE_LIMIT}
                rows = session.execute(_LIVE, values).all()
        except SQLAlchemyError:
            if known is None or began - known.read_at > SILENT_SECONDS:
                self._silent_until = monotonic() + RETRY_SECONDS
                raise
            known.next_read_at = monotonic() + RETRY_SECONDS
            return known
        found = self._known[force] = _Known(began, began + READ_SECONDS)
        for row in rows:
            if row.token_id is not None:
                found.tokens[row.token_id] = max(
                    row.until, found.tokens.get(row.token_id, row.until)
                )
            else:
                found.subjects[row.subject].append((row.revoked_at, row.until))
        return found


def add_revocation(
    session: Session, *, revoked_by: str, fields: dict[str, Any]
) -> tuple[UUID, str]:
    """Keep a revocation in the session's force; give its id and JSON.

    Raises Invalid for an end that is not ahead or beyond ten years, and Conflict where the
    force has LIVE_LIMIT already.
    """
    force, now = session.info["force"], recorded_at(session)
    until = fields.get("until") or now + USUAL_LIFE
    if not now < until <= now + LONGEST_LIFE:
        refusal = Invalid.field("/until", "Send a moment in the future, at most 3650 days ahead.")
        raise refusal
    live = session.execute(_COUNT_LIVE, {"force": force, "now": now}).scalar_one()
    if live >= LIVE_LIMIT:
        message = (
            f"{LIVE_LIMIT} revocations are live in your force. Rotate the issuer's keys instead,"
            " which ends every token, or send an earlier `until`."
        )
        raise Conflict(message)
    revocation = new_id(force)
    values = {
        "force": force,
        "id": revocation,
        "subject": fields.get("sub"),
        "token_id": fields.get("jti"),
        "reason": fields["reason"],
        "until": until,
        "revoked_by": revoked_by,
        "revoked_at": now,
    }
    session.execute(_ADD, values)
    statement = text(f"SELECT {_JSON}::text FROM revocations r WHERE force = :force AND id = :id")
    shown = session.execute(statement, {"force": force, "id": revocation, "now": now})
    return revocation, shown.scalar_one()


def list_revocations(
    session: Session, asked: dict[str, Any], after: Sequence[Any] | None, limit: int
) -> list[Row[Any]]:
    """Give the force's revocations, newest first, as (json, revoked_at, id)."""
    keyset = ""
    values = _asked_values(session, asked) | {"limit": limit, "now": clock.now()}
    if after is not None:
        keyset = "AND (r.revoked_at, r.id) < (CAST(:after_at AS timestamptz), CAST(:after AS uuid))"
        values |= {"after_at": after[0], "after": after[1]}
    statement = f"""
        SELECT {_JSON}::text, r.revoked_at::text, r.id {_ASKED} {keyset}
        ORDER BY r.revoked_at DESC, r.id DESC LIMIT :limit
    """
    return list(session.execute(text(statement), values))


def count_revocations(session: Session, asked: dict[str, Any]) -> int:
    """Count what list_revocations would give."""
    statement = text(f"SELECT count(*) {_ASKED}")
    return int(session.execute(statement, _asked_values(session, asked)).scalar_one())


def _asked_values(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    force = session.info["force"]
    return {"force": force, "subject": asked.get("sub"), "token_id": asked.get("jti")}
