"""What the pack measures, and when a dip sample fails: pure.

Twenty files, ten of named suspects and ten of people circulated on PNC, were drawn in each force;
a force failed with six or more unsatisfactory (HMIC, Core business, 2014, 4.127-4.130). So small
a sample is indicative and not statistically robust.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DEFINITIONS: Final = 1  # counted up whenever a figure changes its meaning
LABEL: Final = "indicative, not statistically robust"

# Each volume with what says how well it was done (national.md N114).
PAIRS: Final[Mapping[str, tuple[str, ...]]] = {
    "arrests": ("arrests_pnc_checked",),
    "wanted_arrested": ("wanted_ended_otherwise",),
    "hits_actioned": ("hits_eliminated",),
    "acro_checks_done": ("acro_checks_overdue",),
    "tasks_done": ("tasks_done_late",),
    "order_checks_done": ("order_checks_not_seen", "order_checks_overdue"),
}


class List(StrEnum):
    """The two lists from which files are drawn."""

    NAMED_SUSPECT = "named_suspect"
    PNC_CIRCULATED = "pnc_circulated"


class Question(StrEnum):
    """What is asked of each file (national.md N020)."""

    UPDATED = "updated"
    SUPERVISED = "supervised"
    STILL_WANTED = "still_wanted"
    EFFORT = "effort_to_locate"
    OWNED = "owned"


class Mark(StrEnum):
    """How a question of a file is answered."""

    SATISFACTORY = "satisfactory"
    UNSATISFACTORY = "unsatisfactory"


class Result(StrEnum):
    """What a sample has come to."""

    MARKING = "marking"
    PASSED = "passed"
    FAILED = "failed"
    TOO_SMALL = "too_small"


def mark_of_file(answers: Iterable[str]) -> Mark:
    """Give the mark of a file: unsatisfactory where any of its questions is."""
    bad = any(answer == Mark.UNSATISFACTORY for answer in answers)
    return Mark.UNSATISFACTORY if bad else Mark.SATISFACTORY


def result_of(*, files: int, marked: int, unsatisfactory: int, asked: int, fails_from: int) -> str:
    """Give the result of a sample of so many files, of which `asked` should have been drawn.

    It fails as soon as `fails_from` are unsatisfactory. It passes once every file is marked and
    fewer are; one that is smaller than asked for can't pass, for fewer files could have failed.
    """
    if unsatisfactory >= fails_from:
        return Result.FAILED
    if marked < files:
        return Result.MARKING
    return Result.PASSED if files >= asked else Result.TOO_SMALL
