"""Limits per caller, counted in the database so that all workers share them."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import text

from offenders import clock
from offenders.db import Work, transaction
from offenders.domain.working_days import end_of_london_day
from offenders.errors import LimitReached

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from offenders.domain.actors import Actor

FAILED_TOKENS_A_MINUTE = 200  # per address and key; api.md, HTTP conventions
_SEEN_LIMIT = 100_000  # people remembered per worker; more only costs a repeated insert

_EDGE = Work("00")
_COUNT = text("""
    INSERT INTO request_counters (bucket, window_at, count) VALUES (:bucket, :window, 1)
    ON CONFLICT (bucket, window_at) DO UPDATE SET count = request_counters.count + 1
    RETURNING count
""")
_FORGET = text("DELETE FROM request_counters WHERE window_at < :before")
_SPEND = text("""
    WITH fresh AS (
        INSERT INTO people_read (force, day, actor, person_id)
        SELECT :force, :day, :actor, person FROM unnest(CAST(:people AS uuid[])) person
        ORDER BY person
        ON CONFLICT DO NOTHING RETURNING 1)
    INSERT INTO reading_totals (force, day, actor, people)
    SELECT :force, :day, :actor, count(*) FROM fresh
    ON CONFLICT (force, day, actor)
        DO UPDATE SET people = reading_totals.people + excluded.people
    RETURNING people
""")


class TooManyFailures(LimitReached):
    """Too many forged or malformed tokens from one address with one key."""

    kind = "too-many-failures"


class FailedTokens:
    """Counts forged and malformed tokens; a valid token is never blocked by others."""

    def __init__(self) -> None:
        """Start with nothing blocked."""
        self._blocked: dict[str, datetime] = {}

    def count(self, engine: Engine, bucket: str) -> None:
        """Count one failure; raise TooManyFailures from the limit on until the minute ends."""
        now = clock.now()
        window = now.replace(second=0, microsecond=0)
        ends = window + timedelta(minutes=1)
        if self._blocked.get(bucket) != window:
            with transaction(engine, _EDGE) as session:
                values = {"bucket": f"token:{bucket}"[:200], "window": window}
                count = session.execute(_COUNT, values).scalar_one()
                if count == 1:
                    session.execute(_FORGET, {"before": window - timedelta(hours=1)})
            if count <= FAILED_TOKENS_A_MINUTE:
                return
            self._blocked = {bucket: window}
        message = "Too many failed tokens from this address. Check the token's issuer and key."
        raise TooManyFailures(message, max(1, int((ends - now).total_seconds())))


class _Seen:
    """People this worker has already counted today; it only saves repeated inserts."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[object, ...], None] = OrderedDict()
        self._lock = Lock()

    def clear(self) -> None:
        with self._lock:
            self._seen.clear()

    def fresh(self, keys: Sequence[tuple[object, ...]]) -> list[tuple[object, ...]]:
        return [key for key in keys if key not in self._seen]

    def remember(self, keys: Sequence[tuple[object, ...]]) -> None:
        with self._lock:
            self._seen.update(dict.fromkeys(keys))
            while len(self._seen) > _SEEN_LIMIT:
                self._seen.popitem(last=False)


_seen = _Seen()


def forget() -> None:
    """Count everyone anew; the database still knows whom it has counted."""
    _seen.clear()


def spend_reading_budget(session: Session, actor: Actor, people: Sequence[UUID]) -> None:
    """Count distinct people read today; raise LimitReached past the force's daily budget."""
    if not people:
        return
    force, today = session.info["force"], clock.today()
    keys = _seen.fresh([(force, today, actor.subject, person) for person in dict.fromkeys(people)])
    if not keys:
        return
    total = session.execute(
        _SPEND,
        {"force": force, "day": today, "actor": actor.subject, "people": [key[3] for key in keys]},
    ).scalar_one()
    budget = current_app.extensions["offenders"].figure(session, "read-budget")
    if budget is not None and total > budget:
        left = int((end_of_london_day(today) - clock.now()).total_seconds())
        message = f"You have read {int(budget)} people today, your force's daily budget."
        raise LimitReached(message, max(1, left))
    _seen.remember(keys)
