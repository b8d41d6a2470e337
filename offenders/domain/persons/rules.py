"""Rules of people: what a birth, a postcode, a mark, an address and a marker may be."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date

OLDEST_AGE: Final = 130  # years; nobody is known to have reached 123
FORMER: Final = "former"
ALIAS: Final = "alias"
VICTIM: Final = "victim_of"

ADDRESS_TYPES: Final = (
    "home",
    "previous",
    "work",
    "partner",
    "family",
    "no_fixed_abode",
    "other",
)
IDENTIFIER_TYPES: Final = (
    "pnc_id",
    "cro_number",
    "asn",
    "prison_number",
    "force_nominal",
    "driving_licence",
    "passport",
    "national_insurance",
    "other",
)
# What a body and a search name directly; all others come as an entry of `identifiers`.
NAMED_IDENTIFIERS: Final = ("pnc_id", "cro_number", "prison_number")

_BRITISH_POSTCODE = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?)(\d[A-Z]{2})", re.ASCII)
_MARK = re.compile(r"[A-Z0-9]{1,10}", re.ASCII)


def is_possible_birth(born: date, today: date) -> bool:
    """Say whether somebody born on this day can be alive: not unborn, and at most 130."""
    return (
        born <= today
        and (today.year - born.year) - ((today.month, today.day) < (born.month, born.day))
        <= OLDEST_AGE
    )


def normalise_postcode(text: str) -> str:
    """Give a postcode in capitals with its one space; a foreign one with its own."""
    british = _BRITISH_POSTCODE.fullmatch("".join(text.split()).upper())
    return " ".join(british.groups()) if british else " ".join(text.split()).upper()


def normalise_mark(text: str) -> str:
    """Give a registration mark in capitals without spaces and hyphens; raise ValueError."""
    mark = "".join(text.split()).replace("-", "").upper()
    if not _MARK.fullmatch(mark):
        message = "This is no registration mark. Send letters and digits, at most 10."
        raise ValueError(message)
    return mark


def review_day(from_on: date, review_days: int) -> date:
    """Give the day on which a marker that acts from `from_on` is reviewed."""
    return from_on + timedelta(days=review_days)
