"""Use cases of command: the view of the force, the supervisor pack, dip samples."""

from __future__ import annotations

from offenders.domain.command.measures import MEASURES
from offenders.domain.command.pack import (
    PERIOD_DAYS,
    PackAsked,
    count_records,
    list_records,
    report_pack,
)
from offenders.domain.command.view import GROUPS, WEEKS, Asked, view_force

__all__ = [
    "GROUPS",
    "MEASURES",
    "PERIOD_DAYS",
    "WEEKS",
    "Asked",
    "PackAsked",
    "count_records",
    "list_records",
    "report_pack",
    "view_force",
]
