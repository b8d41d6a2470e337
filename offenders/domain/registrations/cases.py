"""The words of registrations: states, risk, how somebody is managed, and how it ends."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a registration stands; the two in the middle are shown, not kept."""

    REGISTERED = "registered"
    IN_CUSTODY = "in_custody"  # or detained in hospital: nobody is visited, no time runs
    EXPIRED = "expired"  # the period is over, and nobody has closed the record
    CLOSED = "closed"


class Risk(StrEnum):
    """Risk of serious harm; the priority that ARMS gives has the same words."""

    VERY_HIGH = "very_high"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Management(StrEnum):
    """Active with visits, or reactive without: low risk for three years, reviewed."""

    ACTIVE = "active"
    REACTIVE = "reactive"


class Determination(StrEnum):
    """What a review of indefinite notification came to (s.91C)."""

    REMAINS = "remains"
    CEASES = "ceases"


class Outcome(StrEnum):
    """How a registration ends; nothing else ends one."""

    PERIOD_ENDED = "period_ended"
    DECEASED = "deceased"
    COURT = "court"  # quashed on appeal, or ended by its order
    MOVED = "moved"  # to another force, which has accepted
    REVIEW = "indefinite_review"
    ENTERED_IN_ERROR = "entered_in_error"


ACTION_KINDS: Final = (
    "entry",
    "disposal",
    "amendment",
    "notification",
    "visit",
    "arms_assessment",
    "polygraph",
    "risk_level",
    "travel",
    "absence",
    "management",
    "indefinite_review",
    "handover",
    "closure",
)
