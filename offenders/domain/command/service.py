"""Use cases of command: the view of the force, the supervisor pack, dip samples."""

from __future__ import annotations

from offenders.domain.command.measures import MEASURES
from offenders.domain.command.pack import (
    MOST_OFFICERS,
    OFFICERS,
    PERIOD_DAYS,
    PackAsked,
    count_records,
    list_records,
    report_pack,
)
from offenders.domain.command.rules import Mark
from offenders.domain.command.rules import Question as MarkQuestion
from offenders.domain.command.sampling import (
    Draw,
    Marking,
    draw_sample,
    keep_sample,
    list_samples,
    mark_file,
    show_sample,
)
from offenders.domain.command.view import GROUPS, WEEKS, Asked, view_force

__all__ = [
    "GROUPS",
    "MEASURES",
    "MOST_OFFICERS",
    "OFFICERS",
    "PERIOD_DAYS",
    "WEEKS",
    "Asked",
    "Draw",
    "Mark",
    "MarkQuestion",
    "Marking",
    "PackAsked",
    "count_records",
    "draw_sample",
    "keep_sample",
    "list_records",
    "list_samples",
    "mark_file",
    "report_pack",
    "show_sample",
    "view_force",
]
