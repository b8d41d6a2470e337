"""Rules of the outbox: how often and how late a message is tried again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

BODY_LIMIT: Final = 64 * 1024  # bytes of one message
CLAIM: Final = timedelta(seconds=90)  # well over the longest try; then somebody else takes it

# The pause after each try; together some 21 hours, so that a night's outage loses nothing.
PAUSES: Final = (
    timedelta(seconds=10),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=6),
    timedelta(hours=7),
)
TRIES: Final = len(PAUSES) + 1
LONGEST_ASKED: Final = timedelta(hours=1)  # of a pause that the receiver asks for


def next_try_at(
    tries: int, now: datetime, asked_pause: timedelta = timedelta(0)
) -> datetime | None:
    """Give when a message that was tried so often is tried again; None: it is dead."""
    if tries >= TRIES:
        return None
    return now + max(PAUSES[max(tries, 1) - 1], min(asked_pause, LONGEST_ASKED))
