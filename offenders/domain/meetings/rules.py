"""Rules of meetings: tiers, rhythms with their windows, and the sections of a pack. Pure."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from offenders.domain.working_days import LONDON

if TYPE_CHECKING:
    from collections.abc import Mapping

RULE: Final = "meeting-packs"
MONTHS_A_YEAR: Final = 12


class Tier(StrEnum):
    """Whose meeting it is."""

    LPA = "lpa"
    FORCE = "force"


class Kind(StrEnum):
    """The rhythm (national.md N100)."""

    DAILY = "daily"
    FORTNIGHTLY = "fortnightly"
    MONTHLY = "monthly"


LONGEST: Final = {Kind.DAILY: 24 * 366, Kind.FORTNIGHTLY: 366, Kind.MONTHLY: 12}
# How near two packs of a kind are drawn for one and the same meeting: half of its rhythm.
APART: Final = {
    Kind.DAILY: timedelta(hours=12),
    Kind.FORTNIGHTLY: timedelta(days=7),
    Kind.MONTHLY: timedelta(days=15),
}
LEAST_KEPT: Final = 28  # days; the database lets no younger pack go
MOST_DAYS_KEPT: Final = 36_525  # a century: the calendar doesn't go back for ever
MOST_ROWS: Final = 1_000  # of a section, whatever the policy says: a pack is read at a table
MOST_KEPT: Final = 5_000  # of a section that no live list gives: the pack itself is its list


@dataclass(frozen=True)
class Section:
    """A section of every pack: its title on paper, and without which permission it is masked."""

    title: str
    needs: str


SECTIONS: Final[Mapping[str, Section]] = {
    "carried_actions": Section("Actions carried over", "tasks:read"),
    "results": Section("Results since the last meeting", "tasks:read"),
    "arrests": Section("Arrests", "custody:read"),
    "new_wants": Section("New wants", "wanted:read"),
    "ended_wants": Section("Wants ended", "wanted:read"),
    "order_breaches": Section("Breaches of orders", "orders:read-whole"),
    "bail_breaches": Section("Breaches of bail and failures to answer", "bail:read"),
    "custody_releases": Section("Releases from custody", "custody:read"),
    "wants_high_risk": Section("Wanted: domestic abuse and high risk", "wanted:read"),
    "wants_other": Section("Wanted: everyone else", "wanted:read"),
    "new_hits": Section("New forensic hits", "forensics:read"),
    "hits_to_allocate": Section("Forensic hits nobody has been given", "forensics:read"),
    "bail_due": Section("Bail due", "bail:read"),
    "bail_conditions": Section("Bail conditions to check", "bail:read"),
    "missing_acro_checks": Section("Foreign-conviction checks not requested", "acro:read"),
    "missing_pnc_checks": Section("PNC checks not made", "custody:read"),
    "orders_to_check": Section("Orders to check", "orders:read-whole"),
    "orders_expiring": Section("Orders about to expire", "orders:read-whole"),
    "iom": Section("IOM members of note", "iom:read"),
    "registered": Section("Registered people of note", "registrations:read-full"),
    "mappa": Section("MAPPA cases of note", "mappa:read"),
    "releases_due": Section("Releases due", "registrations:read-full"),
    "flags": Section("Open flags by rule", "flags:read"),
    "changes": Section("What changed since the last meeting", "meetings:read"),
}


def window(kind: Kind, figure: int, cut_off: datetime) -> tuple[datetime, datetime]:
    """Give how far back and how far ahead the pack of a cut-off looks.

    The figure is in hours (daily), days (fortnightly) or calendar months (monthly), at least 1
    and at most a year of them.
    """
    figure = max(1, min(figure, LONGEST[kind]))
    if kind is Kind.MONTHLY:
        return _months(cut_off, -figure), _months(cut_off, figure)
    reach = timedelta(hours=figure) if kind is Kind.DAILY else timedelta(days=figure)
    return cut_off - reach, cut_off + reach


def _months(moment: datetime, months: int) -> datetime:
    """Give the same time in London so many months later, or on that month's last day."""
    local = moment.astimezone(LONDON)
    years, month = divmod(local.month - 1 + months, MONTHS_A_YEAR)
    year, month = local.year + years, month + 1
    day = min(local.day, calendar.monthrange(year, month)[1])
    return local.replace(year=year, month=month, day=day).astimezone(moment.tzinfo)
