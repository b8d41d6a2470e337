"""Rules of the PNC: which reports mean wanted, what can differ, and what to do about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

DIFFERENCE: Final = "pnc-difference"  # the rule of the flags
UNCIRCULATED: Final = "uncirculated-wants"
UNCANCELLED: Final = "uncancelled-circulations"


class ReportType(StrEnum):
    """What a report on PNC says of the person; the list of the trade is not confirmed."""

    WANTED = "wanted"
    RECALL = "recall"
    FAILED_TO_APPEAR = "failed_to_appear"
    DESERTER = "deserter"
    LOCATE_TRACE = "locate_trace"
    MISSING = "missing"
    SUSPECTED = "suspected"


# Nobody is to be arrested because they are missing, suspected or to be located.
NOT_WANTED: Final = frozenset({ReportType.LOCATE_TRACE, ReportType.MISSING, ReportType.SUSPECTED})


class Kind(StrEnum):
    """How register and PNC differ."""

    UNCIRCULATED = "uncirculated"
    NOT_ON_PNC = "not_on_pnc"
    CANCELLED_ON_PNC = "cancelled_on_pnc"
    UNMATCHABLE = "unmatchable"
    CANCELLATION_NOT_RECORDED = "cancellation_not_recorded"
    PERSON_UNKNOWN = "person_unknown"
    PERSON_POSSIBLE = "person_possible"
    NO_WANT = "no_want"
    CLOSED_HERE = "closed_here"
    CANCELLED_HERE = "cancelled_here"
    DUPLICATE_ON_PNC = "duplicate_on_pnc"
    NOT_MARKED_HERE = "not_marked_here"
    REFERENCE_DIFFERS = "reference_differs"
    OFFENCE_DIFFERS = "offence_differs"
    REPORT_TYPE_DIFFERS = "report_type_differs"
    IDENTITY_DIFFERS = "identity_differs"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a difference says, what to do about it, and the rule whose figure makes it due."""

    what: str
    action: str
    figure_of: str


MEANINGS: Final[Mapping[Kind, Meaning]] = {
    Kind.UNCIRCULATED: Meaning(
        "Wanted here beyond the time set for circulation, and PNC does not hold it.",
        "Circulate the person on PNC and record it here, or close the want.",
        UNCIRCULATED,
    ),
    Kind.NOT_ON_PNC: Meaning(
        "Marked circulated here, but PNC does not hold it.",
        "Check PNC: circulate the person, or cancel the circulation here if it was never made.",
        UNCIRCULATED,
    ),
    Kind.CANCELLED_ON_PNC: Meaning(
        "Still wanted and marked circulated here, but PNC no longer holds it.",
        "Find out who cancelled it on PNC and why. Circulate again, or cancel or close it here.",
        UNCIRCULATED,
    ),
    Kind.UNMATCHABLE: Meaning(
        "Marked circulated here, but without PNC reference, and the person has neither a valid"
        " PNC ID nor a valid CRO number, so PNC's list can't show whether it holds it.",
        "Record the person's PNC ID here, or the circulation anew (cancelled, then circulated) with"
        " its PNC reference.",
        UNCIRCULATED,
    ),
    Kind.CANCELLATION_NOT_RECORDED: Meaning(
        "Closed here and still marked circulated, but PNC does not hold it.",
        "Confirm that it was cancelled on PNC, and record the cancellation here.",
        UNCANCELLED,
    ),
    Kind.PERSON_UNKNOWN: Meaning(
        "Circulated on PNC by this force, but the person is not known here.",
        "Find the crime file. If still wanted, enter person and want here; else cancel on PNC.",
        UNCANCELLED,
    ),
    Kind.PERSON_POSSIBLE: Meaning(
        "Circulated on PNC by this force; nobody here has its identifiers, but name and date of"
        " birth fit somebody.",
        "Compare the people. If they are one, record the PNC ID here; else treat as unknown here.",
        UNCANCELLED,
    ),
    Kind.NO_WANT: Meaning(
        "Circulated on PNC by this force, but the person is not wanted here for it.",
        "If still wanted, enter the want here; else cancel the circulation on PNC.",
        UNCANCELLED,
    ),
    Kind.CLOSED_HERE: Meaning(
        "PNC still holds it, but the want was closed here.",
        "Cancel the circulation on PNC at once; where the want is marked circulated, record that"
        " here.",
        UNCANCELLED,
    ),
    Kind.CANCELLED_HERE: Meaning(
        "The cancellation was recorded here, but PNC still held it afterwards.",
        "Cancel the circulation on PNC; if the person is still wanted, record it here instead.",
        UNCANCELLED,
    ),
    Kind.DUPLICATE_ON_PNC: Meaning(
        "PNC holds more than one circulation for one want.",
        "Keep one circulation on PNC and cancel the other.",
        UNCANCELLED,
    ),
    Kind.NOT_MARKED_HERE: Meaning(
        "PNC holds it, but the want is not marked circulated here.",
        "Record the circulation here with its PNC reference.",
        UNCIRCULATED,
    ),
    Kind.REFERENCE_DIFFERS: Meaning(
        "PNC holds it under another reference than the want says.",
        "Compare the two. Record the circulation anew (cancelled, then circulated) with PNC's"
        " reference, or look for the other circulation.",
        UNCIRCULATED,
    ),
    Kind.OFFENCE_DIFFERS: Meaning(
        "PNC names another offence than the want.",
        "Compare with the crime file, and correct PNC or the want.",
        UNCIRCULATED,
    ),
    Kind.REPORT_TYPE_DIFFERS: Meaning(
        "PNC does not hold it as wanted, but as a report that gives no ground to arrest.",
        "Circulate the person as wanted on PNC, or cancel the circulation here.",
        UNCIRCULATED,
    ),
    Kind.IDENTITY_DIFFERS: Meaning(
        "PNC's circulation and the person here have other names, dates of birth or identifiers.",
        "Make sure who is wanted before anybody is arrested; then correct PNC or the record here.",
        UNCANCELLED,
    ),
}

# What stands between the parts of a reference, as keyboards and word processors write it.
REFERENCE_MARKS: Final = " /-._:\u00a0\u2010\u2011\u2012\u2013\u2014"
_LEFT_OUT = str.maketrans("", "", REFERENCE_MARKS)
_BETWEEN_WORDS = re.compile(r"[^a-z]+")


def read_report_type(written: str) -> ReportType | None:
    """Read a type of report in any case and with any marks; None where it is not known."""
    plain = _BETWEEN_WORDS.sub("_", written.lower()).strip("_")
    return ReportType(plain) if plain in set(ReportType) else None


def means_wanted(report_type: ReportType | None) -> bool:
    """Say whether a report is a circulation as wanted; one that isn't understood is taken so."""
    return report_type not in NOT_WANTED


def reference_key(written: str | None) -> str | None:
    """Give a PNC reference as it is compared: in capitals, without `REFERENCE_MARKS`."""
    return (written or "").upper().translate(_LEFT_OUT) or None
