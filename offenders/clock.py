"""The only clock: the present moment in UTC, or the moment a caller puts in its place."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from offenders.domain.working_days import london_day

if TYPE_CHECKING:
    from collections.abc import Iterator

_injected: ContextVar[datetime | None] = ContextVar("injected_moment", default=None)


def now() -> datetime:
    """Give the present moment in UTC."""
    return _injected.get() or datetime.now(UTC)


def today() -> date:
    """Give the present legal day, Europe/London."""
    return london_day(now())


@contextmanager
def as_if_at(moment: datetime) -> Iterator[None]:
    """Put `moment` in the clock's place for the length of the block."""
    token = _injected.set(moment)
    try:
        yield
    finally:
        _injected.reset(token)
