"""Ending a registration, and the review of one that is indefinite (ss.91A-91F)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offenders.db import recorded_at
from offenders.domain.reference.service import force_exists
from offenders.domain.registrations import clocks
from offenders.domain.registrations.acting import Doing, Taken, finish, occurred_at, take
from offenders.domain.registrations.cases import Determination, Management, Outcome, State
from offenders.domain.registrations.law import ACT, Unlawful
from offenders.domain.registrations.periods import HELD_SECTION
from offenders.domain.registrations.records import as_invalid, held_orders, held_period
from offenders.errors import Conflict, Invalid

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from offenders.domain.registrations.models import Registration

# What each outcome needs to be told beside its reason.
_NEEDS = {Outcome.COURT: ("court",), Outcome.MOVED: ("to_force", "accepted_by")}
_TOLD = ("court", "to_force", "accepted_by", "accepted_on")


def review_indefinite(session: Session, doing: Doing) -> Registration:
    """Record that a review of indefinite notification was asked for, or what it came to."""
    taken = take(session, doing)
    if not taken.record.is_indefinite:
        message = "Only an indefinite period is reviewed: this one has an end."
        raise Conflict(message, section=f"{ACT} s.91A")
    if doing.fields.get("determination") is None:
        return _apply(session, taken, doing)
    return _determine(session, taken, doing)


def _apply(session: Session, taken: Taken, doing: Doing) -> Registration:
    record = taken.record
    on: date = doing.fields.get("applied_on") or doing.today
    if record.review_applied_on is not None:
        message = f"A review asked for on {record.review_applied_on} is not yet determined."
        raise Conflict(message)
    first = record.next_review_on
    if first is None:
        message = "Record the initial notification first: the years are counted from it."
        raise Conflict(message, section=f"{ACT} s.91B(2)")
    if on < first:
        message = f"A review may be asked for from {first} on."
        raise as_invalid(Unlawful("applied_on", message, f"{ACT} s.91B(2)"))
    if _is_under_order(session, taken, doing):
        message = "Nobody under a sexual harm prevention order may ask for a review."
        raise Conflict(message, section=f"{ACT} s.91A(2)(b)")
    record.review_applied_on, record.review_determination = on, None
    details = {"step": "application", "applied_on": on, "section": f"{ACT} s.91A"}
    at = recorded_at(session)
    return finish(session, taken, doing, "indefinite_review", details=details, at=at)


def _is_under_order(session: Session, taken: Taken, doing: Doing) -> bool:
    """Tell whether an order that keeps up notification binds the person today."""
    return bool(held_orders(session, taken.record, doing.today))


def _determine(session: Session, taken: Taken, doing: Doing) -> Registration:
    record, fields = taken.record, doing.fields
    on: date = fields.get("determined_on") or doing.today
    if record.review_applied_on is None:
        raise Conflict("No review was asked for. Record the application first.")
    if on < record.review_applied_on:
        raise Invalid.field("/determined_on", "This lies before the application.")
    if not fields.get("authorised_by"):
        raise Invalid.field("/authorised_by", "Say who determined it for the chief officer.")
    decision = Determination(fields["determination"])
    years = fields.get("next_review_years") or clocks.YOUNG_REVIEW_YEARS
    record.review_determined_on, record.review_determination = on, decision
    record.review_applied_on = None
    record.next_review_on = (
        clocks.next_review_from(on, years) if decision == Determination.REMAINS else None
    )
    details = {name: fields.get(name) for name in ("authorised_by", "reason")} | {
        "step": "determination",
        "determination": decision,
        "determined_on": on,
        "next_review_on": record.next_review_on,
        "section": f"{ACT} s.91C",
    }
    at = recorded_at(session)
    return finish(session, taken, doing, "indefinite_review", details=details, at=at)


def close(session: Session, doing: Doing) -> Registration:
    """End a registration by one of the outcomes there are; nothing else ends one."""
    taken, fields = take(session, doing), doing.fields
    record, outcome = taken.record, Outcome(fields["outcome"])
    at: datetime = (
        recorded_at(session)
        if outcome == Outcome.ENTERED_IN_ERROR and fields.get("occurred_at") is None
        else occurred_at(session, taken, doing)
    )
    for name in _NEEDS.get(outcome, ()):
        if not fields.get(name):
            raise Invalid.field(f"/{name}", f"An end by {outcome} needs {name}.")
    _check(session, taken, doing, outcome)
    record.state, record.outcome, record.outcome_at = State.CLOSED, outcome, at
    record.outcome_reason = fields.get("reason")
    told: dict[str, Any] = {name: fields[name] for name in _TOLD if fields.get(name) is not None}
    if told.get("accepted_on"):
        told["accepted_on"] = told["accepted_on"].isoformat()
    record.outcome_details = told
    record.management, record.reactive_review_due_on = Management.ACTIVE, None
    record.visit_planned_for = None
    details = {"outcome": outcome, "reason": fields.get("reason"), **told}
    return finish(session, taken, doing, "closure", details=details, at=at)


def _check(session: Session, taken: Taken, doing: Doing, outcome: Outcome) -> None:
    """Raise Conflict or Invalid where the registration can't end so."""
    record = taken.record
    if outcome == Outcome.PERIOD_ENDED:
        period = held_period(session, record, doing.today)
        if period.ends_on is None or period.ends_on >= doing.today:
            until = period.ends_on or "further order" if not period.is_indefinite else "death"
            message = f"The period is not over: it lasts until {until}."
            section = period.because.get("held_section") or period.because.get("section")
            raise Conflict(message, section=section)
    elif outcome == Outcome.REVIEW and record.review_determination != Determination.CEASES:
        message = "No review has determined that notification ceases."
        raise Conflict(message, section=f"{ACT} s.91C")
    elif outcome == Outcome.REVIEW and _is_under_order(session, taken, doing):
        message = "An order keeps up notification."
        raise Conflict(message, section=HELD_SECTION)
    elif outcome == Outcome.MOVED:
        to_force = doing.fields["to_force"]
        if to_force == record.force:
            raise Invalid.field("/to_force", "This is your own force.")
        if not force_exists(session, to_force):
            raise Invalid.field("/to_force", "There is no such force. GET /v1/forces lists them.")
