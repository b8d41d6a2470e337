"""A record and the law: its case, its period and its clocks, and the log of what was done."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from offenders import clock
from offenders.domain import logs
from offenders.domain.bail import rules
from offenders.domain.bail.cases import (
    Case,
    Extension,
    Paused,
    Period,
    State,
    Suspension,
    Unlawful,
)
from offenders.domain.bail.law import Agency, CaseType, Kind, Rank
from offenders.domain.bail.models import BailAction, BailRecord
from offenders.domain.bail.periods import end_of, has_lapsed, period_of
from offenders.domain.reference.policies import figures_in_force
from offenders.errors import Invalid

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

RULE: Final = "bail-due"
ACT: Final = "PACE 1984"
add_action = partial(logs.add_entry, BailAction)
plain = logs.plain


def case_of(record: Any) -> Case:
    """Give the facts of a record by which the law decides."""
    return Case(
        record.arrested_at,
        Kind(record.kind),
        CaseType(record.case_type),
        Agency(record.agency) if record.agency else None,
        tuple(_extension(each) for each in record.extensions),
        tuple(_suspension(each) for each in record.suspensions),
    )


def _extension(kept: dict[str, Any]) -> Extension:
    asked = kept.get("applied_at")
    return Extension(
        kept["section"],
        Rank(kept["authorised_rank"]),
        datetime.fromisoformat(kept["authorised_at"]),
        kept.get("longer", False),
        datetime.fromisoformat(asked) if asked else None,
    )


def _suspension(kept: dict[str, Any]) -> Suspension:
    until = kept.get("until")
    return Suspension(
        Paused(kept["reason"]),
        date.fromisoformat(kept["from"]),
        date.fromisoformat(until) if until else None,
    )


def settle_period(record: Any) -> Period:
    """Work out regime, last day and its reason anew, and the time to answer that follows it.

    Gives the period. Raises Unlawful where type and agency contradict each other.
    """
    case = case_of(record)
    rules.check_case(case)
    period = period_of(case)
    record.regime = case.regime
    record.ends_on = period.ends_on
    record.because = period.because
    record.suspended_for = period.suspended.reason if period.suspended else None
    if record.return_follows:
        record.return_at = rules.regular_return(case, period, record.bailed_at)
    elif record.return_at is not None:
        rules.check_return(case, period, record.return_at, record.bailed_at)
    return period


def release(record: Any, released_at: datetime, *, lapsed: bool) -> None:
    """Put the record where it is without bail, which no law limits."""
    record.state = State.RELEASED_WITHOUT_BAIL
    record.released_at = released_at
    record.has_lapsed = lapsed


def lapse_if_over(record: Any, now: datetime) -> bool:
    """Release without bail whose period has ended with nothing recorded; say whether it has."""
    if record.state != State.ON_BAIL or not has_lapsed(record.ends_on, now):
        return False
    release(record, end_of(record.ends_on), lapsed=True)
    return True


def set_review_clocks(session: Session, record: BailRecord) -> None:
    """Set the reviews of somebody without bail by the figures in force; else none is due."""
    released_at = record.released_at
    if record.state != State.RELEASED_WITHOUT_BAIL or released_at is None:
        record.review_due_at = record.inspector_review_due_at = None
        return
    figures = figures_in_force(session, record.force, RULE, clock.today())
    record.review_due_at = rules.review_due(
        record.last_reviewed_at or released_at, figures["rui_review"]
    )
    record.inspector_review_due_at = rules.inspector_review_due(
        record.last_inspector_review_at or released_at, figures["rui_inspector_review"]
    )


def as_invalid(unlawful: Unlawful) -> Invalid:
    """Say what the law doesn't allow, naming the section."""
    section = unlawful.section if " Act " in unlawful.section else f"{ACT} {unlawful.section}"
    error = Invalid.field(f"/{unlawful.field}", f"{unlawful.detail} ({section})")
    error.extra["section"] = section
    return error
