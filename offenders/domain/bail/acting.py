"""What every act on a record begins and ends with, and extending and suspending its period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import inspect

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.bail import breaches, rules, wants
from offenders.domain.bail.cases import Paused, Request, State, Suspension, Unlawful
from offenders.domain.bail.due import settle_flag
from offenders.domain.bail.law import Rank, Regime
from offenders.domain.bail.models import BailRecord
from offenders.domain.bail.records import (
    add_action,
    as_invalid,
    case_of,
    lapse_if_over,
    set_review_clocks,
    settle_period,
)
from offenders.domain.flags.service import clear_for
from offenders.domain.history import keep_history
from offenders.domain.placed import take_placed
from offenders.domain.wanted.rules import OUTSTANDING
from offenders.domain.wanted.rules import Outcome as WantOutcome
from offenders.domain.working_days import london_day
from offenders.errors import Conflict, Invalid
from offenders.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope
    from offenders.domain.versions import IfMatch

_T = TypeVar("_T")
NOT_IN_SOURCE: Final = "not-in-source"
NO_LONGER_WANTED: Final = "no_longer_wanted"  # failed, and the want has ended without the person
POSSIBLE: Final = {
    State.ON_BAIL: (
        "amendment",
        "extension",
        "suspension",
        "conditions",
        "surrender",
        "failure",
        "breach",
        "closure",
    ),
    State.FAILED_TO_ANSWER: ("amendment", "surrender", "closure"),
    State.SURRENDERED: ("amendment", "extension", "suspension", "conditions", "closure"),
    State.RELEASED_WITHOUT_BAIL: ("amendment", "review", "closure"),
    State.CLOSED: (),
}
# After a lapse these may still be recorded, if they happened while bail lasted.
IN_TIME: Final = ("extension", "suspension", "surrender", "failure", "breach")


@dataclass(frozen=True)
class Doing:
    """Who does something to which record, as read at which version, and what."""

    actor: str
    scope: Scope
    written: str
    fields: dict[str, Any]
    if_match: IfMatch
    now: datetime


def with_law(work: Callable[[], _T]) -> _T:
    """Turn what the law doesn't allow into an answer that names the section."""
    try:
        return work()
    except Unlawful as unlawful:
        raise as_invalid(unlawful) from unlawful


def take(session: Session, doing: Doing, kind: str) -> BailRecord:
    """Give the record, brought to what is true now; raise where it allows no such act."""
    record, _home = take_placed(session, BailRecord, doing.scope, doing.written)
    doing.if_match.check(record.version)
    state = follow_want(session, record)
    if lapse_if_over(record, doing.now):
        log_lapse(session, record)
        state = record.state
    possible = [*POSSIBLE[State.SURRENDERED if state == NO_LONGER_WANTED else State(state)]]
    if record.state == State.RELEASED_WITHOUT_BAIL and record.has_lapsed:
        possible += IN_TIME
    if record.state != State.CLOSED:
        possible.append("handover")
    if kind not in possible:
        stands = state.replace("_", " ")
        message = f"The record stands at {stands}: this can't be done with it."
        raise Conflict(message, state=state, possible=possible)
    return record


def log_lapse(session: Session, record: BailRecord) -> None:
    """Say in the log that the period ended with nothing recorded."""
    details = {"ends_on": record.ends_on, "because": record.because}
    at = record.released_at or recorded_at(session)
    add_action(session, record, "lapse", actor="service", occurred_at=at, details=details)


def follow_want(session: Session, record: BailRecord) -> str:
    """Take over that the person came back where the want is kept; give the state as shown."""
    if record.state != State.FAILED_TO_ANSWER:
        return record.state
    want = wants.state_of(session, record)
    if want is None or want.state == OUTSTANDING:
        return record.state
    if want.state not in {WantOutcome.ARRESTED, WantOutcome.SURRENDERED}:
        return NO_LONGER_WANTED
    record.state, record.answered_at = State.SURRENDERED, want.outcome_at
    return record.state


def occurred_at(session: Session, record: BailRecord, doing: Doing) -> datetime:
    """Give when it happened: now unless told, not before the release."""
    moment: datetime = doing.fields.get("occurred_at") or recorded_at(session)
    if moment < record.bailed_at:
        message = "This lies before the release. Send a moment after `bailed_at`."
        raise Invalid.field("/occurred_at", message)
    return moment


def finish(  # noqa: PLR0913 - the record, who did what to it, and when
    session: Session,
    record: BailRecord,
    doing: Doing,
    kind: str,
    *,
    details: dict[str, Any],
    at: datetime,
    changes_version: bool = True,
) -> BailRecord:
    """Write log, row, history and flag; what is only added leaves the version as it was."""
    if lapse_if_over(record, doing.now):
        log_lapse(session, record)
    was_lapsed = True in inspect(record).attrs.has_lapsed.history.deleted
    breaches.settle_breaches(
        session, record, was_lapsed=was_lapsed, actor=doing.actor, now=doing.now
    )
    set_review_clocks(session, record)
    record.version += changes_version
    record.updated_at = recorded_at(session)
    add_action(session, record, kind, actor=doing.actor, occurred_at=at, details=details)
    session.flush()
    keep_history(session, BailRecord.__table__, record.force, [record.id])
    settle_flag(session, record.id)
    if record.state == State.CLOSED:
        clear_for(session, subject_id=record.id, rules=[NOT_IN_SOURCE], because="Closed here.")
    return record


def on_bail_again(record: BailRecord) -> None:
    """Take back the lapse of a record of which something was recorded late."""
    if record.state == State.RELEASED_WITHOUT_BAIL:
        record.state, record.released_at, record.has_lapsed = State.ON_BAIL, None, False


def extend_bail(session: Session, doing: Doing) -> BailRecord:
    """Extend the period by the next step that the law knows, judged at `authorised_at`."""
    record, fields = take(session, doing, "extension"), doing.fields
    request = Request(
        Rank(fields["authorised_rank"]),
        fields["authorised_at"],
        fields.get("representations"),
        bool(fields.get("longer")),
        fields.get("applied_at"),
    )
    given = with_law(lambda: rules.extend(case_of(record), request, record.bailed_at))
    if record.regime == Regime.A and fields.get("return_at") is None:
        message = "Before 3 April 2017 no limit is set: send the new time to answer bail."
        raise Invalid.field("/return_at", message)
    if fields.get("return_at") and fields["return_at"] < given.authorised_at:
        raise Invalid.field("/return_at", "Appoint a time after the extension was authorised.")
    on_bail_again(record)
    record.state = State.ON_BAIL
    if given.rank == Rank.MAGISTRATES_COURT:
        _determine(record, given.authorised_at)
    kept = {
        "section": given.section,
        "authorised_rank": str(given.rank),
        "authorised_at": given.authorised_at.isoformat(),
        "longer": given.longer,
        "applied_at": given.applied_at.isoformat() if given.applied_at else None,
        "representations": fields.get("representations"),
        "reason": fields["reason"],
        "recorded_at": recorded_at(session).isoformat(),
    }
    record.extensions = [*record.extensions, kept]
    record.return_at, record.return_follows = fields.get("return_at"), "return_at" not in fields
    with_law(lambda: settle_period(record))
    kept["ends_on"] = record.ends_on.isoformat() if record.ends_on else None
    record.extensions = [*record.extensions[:-1], kept]
    details = kept | {"because": record.because, "return_at": record.return_at}
    return finish(session, record, doing, "extension", details=details, at=given.authorised_at)


def _determine(record: BailRecord, decided_at: datetime) -> None:
    """End the waiting for the court: it has decided."""
    day = london_day(decided_at).isoformat()
    record.suspensions = [
        {**each, "until": max(day, each["from"])}
        if each["reason"] == Paused.BEFORE_COURT and each["until"] is None
        else each
        for each in record.suspensions
    ]


def suspend(session: Session, doing: Doing) -> BailRecord:
    """Suspend the period; with `until`, days that have passed; without, until it is ended."""
    record, fields = take(session, doing, "suspension"), doing.fields
    first: date = fields.get("from") or clock.today()
    new = Suspension(Paused(fields["reason"]), first, fields.get("until"))
    with_law(lambda: rules.check_suspension(case_of(record), new, clock.today()))
    entry = {
        "id": str(new_id(record.force)),
        "reason": str(new.reason),
        "from": first.isoformat(),
        "until": new.until_on.isoformat() if new.until_on else None,
        "recorded_at": recorded_at(session).isoformat(),
    }
    record.suspensions = [*record.suspensions, entry]
    return _resettle(session, record, doing, entry)


def end_suspension(session: Session, doing: Doing, suspension: str) -> BailRecord:
    """End a suspension: the day of the prosecutor's request, or the last day in hospital."""
    record = take(session, doing, "suspension")
    places = [n for n, each in enumerate(record.suspensions) if each["id"] == suspension]
    if not places or record.suspensions[places[0]]["until"] is not None:
        standing = [each["id"] for each in record.suspensions if each["until"] is None]
        message = "There is no such open suspension of this record."
        raise Conflict(message, state=record.state, possible=standing)
    place, until = places[0], doing.fields.get("until") or clock.today()
    with_law(lambda: rules.end_suspension(case_of(record), place, until, clock.today()))
    entry = {**record.suspensions[place], "until": until.isoformat()}
    record.suspensions = [
        *record.suspensions[:place],
        entry,
        *record.suspensions[place + 1 :],
    ]
    return _resettle(session, record, doing, entry)


def _resettle(
    session: Session, record: BailRecord, doing: Doing, entry: dict[str, Any]
) -> BailRecord:
    """Work the period out anew; a time to answer beyond its end follows it."""
    on_bail_again(record)
    named = record.return_at
    try:
        settle_period(record)
    except Unlawful:
        record.return_follows = True
        settle_period(record)
    details = entry | {"ends_on": record.ends_on, "because": record.because}
    if record.return_at != named:
        details["return_at"] = record.return_at
    return finish(session, record, doing, "suspension", details=details, at=recorded_at(session))
