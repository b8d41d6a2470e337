"""Rules of subscriptions: how a failing receiver is tried, and what pauses one. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

OLD_SECRET_SIGNS: Final = timedelta(hours=24)  # beside the new one, so a receiver can change over
LONGEST_PAUSE: Final = timedelta(hours=1)
SHORTEST_PAUSE: Final = timedelta(seconds=10)
RENEWAL: Final = "subscriptions"  # the force's figure: days until one must be renewed
DAYS_AT_MOST: Final = 90  # where a force has no such figure
OWNER_PAUSED: Final = "by_owner"
# What no later try can mend: the subscription is paused at once.
_FINAL: Final = {
    "address-not-allowed": "address_not_allowed",
    "http-410": "gone",
}


def pause_of(failing_since: datetime | None, now: datetime) -> timedelta:
    """Give how long a receiver is left alone after a failure: a quarter of its outage so far."""
    outage = now - failing_since if failing_since is not None else timedelta(0)
    return min(max(outage / 4, SHORTEST_PAUSE), LONGEST_PAUSE)


def final_cause(fault: str) -> str | None:
    """Give why a subscription is paused at once; None where trying again makes sense."""
    if fault.startswith("http-3"):
        return "redirected"
    return _FINAL.get(fault)
