"""The whole time under notification: several disposals, and orders that keep it up. Pure."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple

from offenders.domain.registrations.law import ACT, Period

if TYPE_CHECKING:
    from collections.abc import Sequence


class Held(NamedTuple):
    """An order that keeps its subject under notification; `ends_on` None is until further order."""

    reference: str
    type: str
    ends_on: date | None


HELD_SECTION: Final = f"{ACT} s.103G, Sentencing Act 2020 s.352"


def whole_period(periods: Sequence[Period], held: Sequence[Held] = ()) -> Period:
    """Give the latest end over all disposals, and never before an order's that keeps it up."""
    latest = max(periods, key=lambda each: each.ends_on or date.max)
    if latest.is_indefinite or not held:
        return latest
    longest = max(held, key=lambda each: each.ends_on or date.max)
    if longest.ends_on is not None and latest.ends_on and longest.ends_on <= latest.ends_on:
        return latest
    because = latest.because | {
        "held_by": longest.reference,
        "held_by_type": longest.type,
        "held_section": HELD_SECTION,
        "own_end": latest.ends_on.isoformat() if latest.ends_on else None,
    }
    return Period(longest.ends_on, is_indefinite=False, because=because)


def spell_start(days: Sequence[tuple[date, Period]]) -> date:
    """Give the first relevant date of the spell of notification that ends last, without a gap."""
    begun, until = date.min, date.min
    for relevant_date, period in sorted(days, key=lambda each: each[0]):
        if begun == date.min or relevant_date > until:
            begun, until = relevant_date, date.min
        until = max(until, date.max if period.ends_on is None else period.ends_on)
    return begun
