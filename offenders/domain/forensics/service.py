"""Use cases of forensic hits, as routes, jobs and imports call them."""

from __future__ import annotations

from offenders.domain.forensics.acting import (
    Doing,
    allocate_hit,
    eliminate_hit,
    identify_person,
    record_outcome,
    research_hit,
)
from offenders.domain.forensics.bulk import Bulk, Line, receive_lines
from offenders.domain.forensics.correcting import Correction, correct_hits
from offenders.domain.forensics.intake import (
    CONFLICT,
    CREATED,
    FACTS,
    KNOWN,
    REFUSED,
    STATED,
    Sender,
    Sent,
    Told,
    receive_hits,
)
from offenders.domain.forensics.listing import (
    GROUPS,
    Question,
    count_hits,
    open_hits_of_person,
    reading_of_hit,
    reading_of_hits,
)
from offenders.domain.forensics.overdue import due_source, refresh_hits
from offenders.domain.forensics.people import find_meant
from offenders.domain.forensics.progress import PERIOD_DAYS, Asked, measure_progress
from offenders.domain.forensics.store import RULE, find_hits, lock_intake, tell_planner

__all__ = [
    "CONFLICT",
    "CREATED",
    "FACTS",
    "GROUPS",
    "KNOWN",
    "PERIOD_DAYS",
    "REFUSED",
    "RULE",
    "STATED",
    "Asked",
    "Bulk",
    "Correction",
    "Doing",
    "Line",
    "Question",
    "Sender",
    "Sent",
    "Told",
    "allocate_hit",
    "correct_hits",
    "count_hits",
    "due_source",
    "eliminate_hit",
    "find_hits",
    "find_meant",
    "identify_person",
    "lock_intake",
    "measure_progress",
    "open_hits_of_person",
    "reading_of_hit",
    "reading_of_hits",
    "receive_hits",
    "receive_lines",
    "record_outcome",
    "refresh_hits",
    "research_hit",
    "tell_planner",
]
