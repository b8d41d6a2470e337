"""Rules of tasks: one specific action, one owner, a due time, and how a task ends."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from offenders.domain.permissions import NEEDED_FOR_TASKS_ABOUT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

OPEN: Final = "open"


class Outcome(StrEnum):
    """What came of a task. Only the first two end it: what is not done is carried over."""

    DONE = "done"
    NO_LONGER_NEEDED = "no_longer_needed"
    NOT_DONE = "not_done"


ENDINGS: Final = (Outcome.DONE, Outcome.NO_LONGER_NEEDED)
STATES: Final = (OPEN, *ENDINGS)


class NotDone(StrEnum):
    """Why a task was not done."""

    ABSTRACTION = "abstraction"  # staff taken for other work: PEEL 2016, see F142
    NO_TIME = "no_time"
    NOT_FOUND = "not_found"
    NO_ACCESS = "no_access"
    NO_INFORMATION = "no_information"
    OTHER = "other"


class Source(StrEnum):
    """Where a task comes from. What is not among `MADE` follows a record of its capability."""

    DECISION = "decision"
    SUPERVISION = "supervision"
    EXTERNAL = "external"
    ORDER_CHECK = "order_check"
    ORDER_REVIEW = "order_review"
    BREACH_ACTION = "breach_action"
    BREACH_REVIEW = "breach_review"
    REGISTRATION_VISIT = "registration_visit"
    REGISTRATION_REVIEW = "registration_review"
    ARMS_ASSESSMENT = "arms_assessment"
    WANT_REVIEW = "want_review"
    IOM_REVIEW = "iom_review"
    IOM_ACTION = "iom_action"
    MAPPA_ACTION = "mappa_action"
    PNC_DIFFERENCE = "pnc_difference"


MADE: Final = (Source.DECISION, Source.SUPERVISION, Source.EXTERNAL)

# Which permission opens a task beyond that to read tasks by its source; by its subject, see
# permissions.
_NEEDED_FOR_SOURCE: Final = {
    Source.MAPPA_ACTION: "mappa:read",
    Source.REGISTRATION_VISIT: "registrations:read-full",
    Source.REGISTRATION_REVIEW: "registrations:read-full",
    Source.ARMS_ASSESSMENT: "registrations:read-full",
    Source.IOM_ACTION: "iom:read-case",
    Source.IOM_REVIEW: "iom:read-case",
    Source.ORDER_REVIEW: "orders:read-whole",
    Source.BREACH_ACTION: "orders:read-whole",
    Source.BREACH_REVIEW: "orders:read-whole",
    Source.PNC_DIFFERENCE: "pnc:read",
}

# Words that alone tell nobody what to do: HMIC found that tasks "were not specific enough" (PEEL:
# effectiveness 2015, national overview); and those that only fill in between.
_VAGUE_WORDS: Final = """
    action address aware chase check consider continue deal discuss ensure follow handle liaise
    look manage monitor monitoring note ongoing progress review see tba tbc update updates watch
"""
_FILLING_WORDS: Final = """
    a an and any are as at be by case for further he her him his in is it keep matter necessary
    needed of offender on out over person please position required same she situation subject
    suspect task that the their them they things this to under up with
"""
_VAGUE: Final = frozenset(_VAGUE_WORDS.split())
_FILLING: Final = frozenset(_FILLING_WORDS.split())
_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")


def is_too_short(action: str, fewest_words: int) -> bool:
    """Say whether an action has fewer words than the force asks for."""
    return len(_WORD.findall(action)) < fewest_words


def is_vague(action: str) -> bool:
    """Say whether an action holds no word that says what to do, where, or with whom.

    `Monitor the situation` doesn't; `Monitor the curfew nightly` does.
    """
    words = {word.casefold() for word in _WORD.findall(action)} - _FILLING
    return words <= _VAGUE


def is_in_time(due_at: datetime, now: datetime) -> bool:
    """Say whether a task may fall due then: what is due already can't be asked of anybody."""
    return due_at > now


def unseen_subjects(permissions: Iterable[str]) -> list[str]:
    """Give the types of subject whose tasks a reader with these permissions doesn't see."""
    held = set(permissions)
    return [each for each, needed in NEEDED_FOR_TASKS_ABOUT.items() if needed not in held]


def unseen_sources(permissions: Iterable[str]) -> list[str]:
    """Give the sources whose tasks a reader with these permissions doesn't see."""
    held = set(permissions)
    return [str(each) for each, needed in _NEEDED_FOR_SOURCE.items() if needed not in held]
