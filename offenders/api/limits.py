"""Limits per caller, counted in the database so that all workers share them."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from flask import current_app
from sqlalchemy import text

from offenders import clock
from offenders.db import NO_FORCE, Work, transaction
from offenders.domain.working_days import end_of_london_day
from offenders.errors import LimitReached

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from offenders.domain.actors import Actor

FAILED_TOKENS_A_MINUTE = 200  # per address and key; api.md, HTTP conventions
LEASE_SECONDS = 10.0
WARNING = "X-Reading-Budget"
LEASE_PART = 16  # of what is left of the daily budget
_LEASES_LIMIT = 10_000  # callers remembered; more only costs a count

_EDGE = Work(NO_FORCE)
_COUNT = text("""
    INSERT INTO request_counters (bucket, window_at, count) VALUES (:bucket, :window, 1)
    ON CONFLICT (bucket, window_at) DO UPDATE SET count = request_counters.count + 1
    RETURNING count
""")
_FORGET = text("DELETE FROM request_counters WHERE window_at < :before")
_READ = text("""
    WITH fresh AS (
        INSERT INTO people_read (force, day, actor, person_id)
        SELECT :force, :day, :actor, person FROM unnest(CAST(:people AS uuid[])) person
        GROUP BY person ORDER BY person
        ON CONFLICT DO NOTHING RETURNING 1)
    SELECT count(*) FROM fresh
""")
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext(:force), hashtext(:actor))")
_TOTAL = text("""
    SELECT count(*) FROM people_read WHERE force = :force AND day = :day AND actor = :actor
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


@dataclass(slots=True)
class _Lease:
    left: float
    ends: float
    budget: Budget | None = None
    granted: float = 0


class Budget(NamedTuple):
    """How many people a caller may read in a day, had read when counted, and is warned at."""

    most: int
    read: int
    warns_at: float


class _Leases:
    """How many more people each caller may read before this worker counts them anew.

    A lease is a small part of what is left of the budget and ends soon, so several workers
    together can't overrun the budget by more than such a part each.
    """

    def __init__(self) -> None:
        self._leases: OrderedDict[tuple[object, ...], _Lease] = OrderedDict()
        self._lock = Lock()

    def clear(self) -> None:
        with self._lock:
            self._leases.clear()

    def take(self, key: tuple[object, ...], people: int) -> _Lease | None:
        """Take so many from the lease; None where it doesn't cover them."""
        with self._lock:
            lease = self._leases.get(key)
            if lease is None or lease.left < people or lease.ends <= time.monotonic():
                return None
            lease.left -= people
            return lease

    def give_back(self, lease: _Lease, people: int) -> None:
        with self._lock:
            lease.left += people

    def spend(self, key: tuple[object, ...], people: int) -> bool:
        """Take from the lease; False where it doesn't cover so many."""
        with self._lock:
            lease = self._leases.get(key)
            if lease is None or lease.ends <= time.monotonic():
                return False
            if lease.left < people:
                return False
            lease.left -= people
            return True

    def find(self, key: tuple[object, ...]) -> _Lease | None:
        with self._lock:
            return self._leases.get(key)

    def grant(self, key: tuple[object, ...], people: float, budget: Budget | None = None) -> None:
        with self._lock:
            ends = time.monotonic() + LEASE_SECONDS
            self._leases[key] = _Lease(people, ends, budget, people)
            self._leases.move_to_end(key)
            if len(self._leases) > _LEASES_LIMIT:
                self._leases.popitem(last=False)


_leases = _Leases()


def forget() -> None:
    """Count everyone anew; the database still knows who was read."""
    _leases.clear()


def take_lease(actor: Actor, force: str, most: int) -> _Lease | None:
    """Let the caller read up to so many people without being counted first; None if not."""
    return _leases.take((force, clock.today(), actor.subject), most)


def warning_of(actor: Actor, force: str) -> str | None:
    """Give `read/most` for the header of whoever has read the part of the budget that warns."""
    lease = _leases.find((force, clock.today(), actor.subject))
    if lease is None or lease.budget is None:
        return None
    read = lease.budget.read + int(lease.granted - lease.left)
    return f"{read}/{lease.budget.most}" if read >= lease.budget.warns_at else None


def give_back(lease: _Lease, unread: int) -> None:
    """Give back what was taken for people who were not shown, or not new."""
    _leases.give_back(lease, unread)


def note_people_read(session: Session, actor: Actor, people: Sequence[UUID]) -> int:
    """Note whom the caller reads today; give how many of them are new."""
    if not people:
        return 0
    values = {
        "force": session.info["force"],
        "day": clock.today(),
        "actor": actor.subject,
        "people": list(people),
    }
    return int(session.execute(_READ, values).scalar_one())


def require_budget(session: Session, actor: Actor, fresh: int) -> None:
    """Let the caller read so many more people today; raise LimitReached past the force's budget."""
    force, today = session.info["force"], clock.today()
    key = (force, today, actor.subject)
    if _leases.spend(key, fresh):
        return
    budget = current_app.extensions["offenders"].figure(session, "read-budget")
    if budget is None:
        _leases.grant(key, math.inf)
        return
    values = {"force": force, "day": today, "actor": actor.subject}
    session.execute(_ONE_AT_A_TIME, values)
    read = session.execute(_TOTAL, values).scalar_one()
    left = int(budget) - read
    if left < 0 and fresh:
        seconds = int((end_of_london_day(today) - clock.now()).total_seconds())
        message = f"You have read {int(budget)} people today, your force's daily budget."
        raise LimitReached(message, max(1, seconds))
    percent = current_app.extensions["offenders"].figure(session, "read-budget-warnings")
    warns_at = int(budget) * (percent if percent is not None else 100) / 100
    _leases.grant(key, max(0, left) // LEASE_PART, Budget(int(budget), read, warns_at))
