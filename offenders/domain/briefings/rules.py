"""Rules of briefing items: codes, how long one may stand, and how it must be handled. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

# What an item may be about; `person` stands for somebody without a record of their own.
SUBJECTS: Final = (
    "person",
    "want",
    "bail_record",
    "iom_member",
    "order",
    "registration",
    "mappa_case",
)
PRIORITIES: Final = ("normal", "high", "urgent")
MARKINGS: Final = ("official", "official_sensitive")
HANDLINGS: Final = ("normal", "restricted", "covert")
RECEIPTS: Final = ("held", "read")
WITHDRAWALS: Final = ("resolved", "superseded", "no_longer_true", "entered_in_error")
STATES: Final = ("scheduled", "current", "subject_ended", "expired", "withdrawn")
# Somebody told of these knows that the person is in MAPPA or registered.
PUBLIC_PROTECTION: Final = ("mappa_case", "registration")
# A change of these is another wording, which has to be read anew.
WORDING: Final = ("title", "text", "handling", "handling_conditions", "grade")


def latest_end(valid_from: datetime, longest_days: int) -> datetime:
    """Give until when an item may stand."""
    return valid_from + timedelta(days=longest_days)


def needs_conditions(handling: str, grade: str | None) -> bool:
    """Say whether an item must name its handling conditions: covert, or a 3x5x2 grade ending C."""
    return handling == "covert" or (grade is not None and grade.endswith("C"))


def is_reworded(changed: Collection[str]) -> bool:
    """Say whether a change of these fields is another edition."""
    return any(name in WORDING for name in changed)
