"""Rules of flags: when a flag may be acknowledged or suppressed, and when suppression ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from offenders.domain.permissions import NEEDED_FOR_TASKS_ABOUT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from offenders.domain.access import Sight

ALERT: Final = "alert"
OPEN: Final = "open"
ACKNOWLEDGED: Final = "acknowledged"
SUPPRESSED: Final = "suppressed"
CLEARED: Final = "cleared"

# Only a cause that is gone clears a flag, so nobody may set `cleared` by hand.
_NEXT: Final[Mapping[str, frozenset[str]]] = {
    OPEN: frozenset({ACKNOWLEDGED, SUPPRESSED}),
    ACKNOWLEDGED: frozenset({SUPPRESSED}),
    SUPPRESSED: frozenset({SUPPRESSED}),
    CLEARED: frozenset(),
}

# Flags about these tell who is in MAPPA or registered.
_PUBLIC_PROTECTION: Final = ("mappa_case", "registration")
# And about these, who has read how much, and who has taken emergency access.
_READERS: Final = ("emergency_access", "reader")


def unseen_task_subjects(sight: Sight) -> tuple[str, ...]:
    """Give the types of record about whose tasks a reader sees no flag."""
    return tuple(
        each for each, needed in NEEDED_FOR_TASKS_ABOUT.items() if needed not in sight.permissions
    )


def unseen_subjects(sight: Sight) -> tuple[str, ...]:
    """Give the types of subject about which a reader sees no flag."""
    protected = () if sight.public_protection_flags else _PUBLIC_PROTECTION
    readers = () if sight.reviews_access else _READERS
    tasks = () if "tasks:read" in sight.permissions else ("task",)
    return (*protected, *readers, *tasks)


def may_become(state: str, wanted: str) -> bool:
    """Say whether a person may bring a flag from `state` to `wanted`."""
    return wanted in _NEXT[state]


def may_be_suppressed(severity: str) -> bool:
    """Say whether a flag of this severity may be switched off at all; alerts never may."""
    return severity != ALERT


def is_suppression_end(until: datetime, now: datetime, longest_days: int) -> bool:
    """Say whether a suppression may last until then: in the future, and at most so many days."""
    return now < until and (until - now) <= timedelta(days=longest_days)


def state_at(state: str, suppressed_until: datetime | None, moment: datetime) -> str:
    """Give the state at a moment: a suppression whose end has come is open again."""
    has_ended = suppressed_until is not None and suppressed_until <= moment
    return OPEN if state == SUPPRESSED and has_ended else state
