"""How bail is answered, broken or ended: surrender, failure, breach, conditions, closure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from offenders.domain.bail import rules, wants
from offenders.domain.bail.acting import Doing, finish, occurred_at, on_bail_again, take, with_law
from offenders.domain.bail.cases import Outcome, State
from offenders.domain.bail.conditions import in_force, varied
from offenders.domain.bail.entering import clear_of_bail
from offenders.domain.bail.periods import has_lapsed
from offenders.domain.bail.records import release
from offenders.domain.reference import service as reference
from offenders.domain.wanted import rules as wanted
from offenders.errors import Conflict, Invalid

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from offenders.domain.bail.models import BailRecord

# How the want behind a failure ends where the record is closed over it.
_END_OF_WANT: Final = {
    Outcome.DECEASED: wanted.Outcome.DECEASED,
    Outcome.ENTERED_IN_ERROR: wanted.Outcome.ENTERED_IN_ERROR,
}


def surrender(session: Session, doing: Doing) -> BailRecord:
    """Record that the person answered or was arrested; the want of a failure is closed with it."""
    record = take(session, doing, "surrender")
    at = occurred_at(session, record, doing)
    _require_in_time(record, at)
    _require_after_failure(record, at)
    how = wanted.Outcome(doing.fields.get("how") or "surrendered")
    reason = doing.fields.get("reason") or f"Answered bail {record.reference}."
    closed = _end_wants(session, record, doing, how, at=at, reason=reason)
    on_bail_again(record)
    record.state, record.answered_at = State.SURRENDERED, at
    details = {"how": str(how), "reason": doing.fields.get("reason"), "want_closed": closed}
    return finish(session, record, doing, "surrender", details=details, at=at)


def fail(session: Session, doing: Doing) -> BailRecord:
    """Record that the person did not answer bail; opens the want or joins the one that stands."""
    record = take(session, doing, "failure")
    at = occurred_at(session, record, doing)
    with_law(lambda: rules.check_failure(record.return_at, record.ends_on, at))
    on_bail_again(record)
    record.want_id = wants.open_or_join(
        session,
        record,
        wanted.Reason.FAILED_TO_ANSWER_BAIL,
        actor=doing.actor,
        since=at,
        now=doing.now,
        fields=doing.fields,
    )
    record.state, record.failed_at = State.FAILED_TO_ANSWER, at
    details = {"reason": doing.fields.get("reason"), "want_id": record.want_id}
    return finish(session, record, doing, "failure", details=details, at=at)


def breach(session: Session, doing: Doing) -> BailRecord:
    """Record the breach of a condition: no offence in itself, but a power of arrest."""
    record, fields = take(session, doing, "breach"), doing.fields
    at = occurred_at(session, record, doing)
    _require_in_time(record, at)
    held = in_force(record.conditions, at)
    broken = fields.get("condition_id")
    if not held or (broken is not None and broken not in {each["id"] for each in held}):
        message = "No such condition was in force then. GET the record for its conditions."
        raise Invalid.field("/condition_id" if broken else "/occurred_at", message)
    details: dict[str, Any] = {
        "condition_id": broken,
        "details": fields.get("details"),
        "power": wants.power_of(record.kind, wanted.Reason.BREACH_OF_BAIL),
    }
    if fields.get("open_want"):
        _require_power(record, details["power"], doing.now)
        details["want_id"] = wants.open_or_join(
            session,
            record,
            wanted.Reason.BREACH_OF_BAIL,
            actor=doing.actor,
            since=at,
            now=doing.now,
            fields=fields,
        )
    return finish(session, record, doing, "breach", details=details, at=at)


def vary_conditions(session: Session, doing: Doing) -> BailRecord:
    """Put these conditions in place of those that held, from a moment on."""
    record, fields = take(session, doing, "conditions"), doing.fields
    at = occurred_at(session, record, doing)
    starts = [each["from"] for each in record.conditions]
    if starts and at.isoformat() < max(starts):
        message = "The conditions were varied after this. Send a moment after the last variation."
        raise Invalid.field("/occurred_at", message)
    record.conditions = varied(record.conditions, fields["conditions"], at)
    details = {
        "conditions": in_force(record.conditions, at),
        "varied_by": fields.get("varied_by"),
        "victim_views": fields.get("victim_views"),
        "reason": fields.get("reason"),
    }
    return finish(session, record, doing, "conditions", details=details, at=at)


def review(session: Session, doing: Doing) -> BailRecord:
    """Record the review of somebody without bail; an inspector's counts for both clocks."""
    record = take(session, doing, "review")
    at = occurred_at(session, record, doing)
    record.last_reviewed_at = max(at, record.last_reviewed_at or at)
    if doing.fields.get("level") == "inspector":
        record.last_inspector_review_at = max(at, record.last_inspector_review_at or at)
    details = {name: doing.fields.get(name) for name in ("level", "decision", "text")}
    return finish(session, record, doing, "review", details=details, at=at, changes_version=False)


def hand_over(session: Session, doing: Doing) -> BailRecord:
    """Move the record to another officer or team, with a reason."""
    record = take(session, doing, "handover")
    officer, team = doing.fields.get("to_officer"), doing.fields.get("to_team")
    if bool(officer) == bool(team):
        raise Invalid.field("/to_officer", "Name one new owner: to_officer or to_team.")
    if (officer, team) == (record.owner_officer, record.owner_team):
        message = "They own this record already. Name another officer or team."
        raise Conflict(message)
    if officer is not None:
        reference.register_officer(session, officer)
    if team is not None:
        reference.register_team(session, team)
    details = {**doing.fields, "from_officer": record.owner_officer, "from_team": record.owner_team}
    record.owner_officer, record.owner_team = officer, team
    at = occurred_at(session, record, doing)
    return finish(session, record, doing, "handover", details=details, at=at)


def close(session: Session, doing: Doing) -> BailRecord:
    """End the record by a coded outcome; the want of a failure doesn't outlive it."""
    record = take(session, doing, "closure")
    at = occurred_at(session, record, doing)
    _require_after_failure(record, at)
    outcome = Outcome(doing.fields["outcome"])
    reason = doing.fields.get("reason")
    how = _END_OF_WANT.get(outcome, wanted.Outcome.NO_LONGER_WANTED)
    because = reason or f"Bail {record.reference} was closed."
    closed = _end_wants(session, record, doing, how, at=at, reason=because)
    if outcome == Outcome.RELEASED_UNDER_INVESTIGATION:
        if record.state == State.RELEASED_WITHOUT_BAIL:
            message = "The person is without bail already."
            raise Conflict(message, state=record.state, possible=["review", "closure"])
        release(record, at, lapsed=False)
        clear_of_bail(record)
    else:
        record.state, record.outcome = State.CLOSED, outcome
        record.outcome_at, record.outcome_reason = at, reason
    details = {"outcome": str(outcome), "reason": reason, "want_closed": closed}
    return finish(session, record, doing, "closure", details=details, at=at)


def _end_wants(  # noqa: PLR0913 - whose wants, how, when and why
    session: Session,
    record: BailRecord,
    doing: Doing,
    how: wanted.Outcome,
    *,
    at: datetime,
    reason: str,
) -> bool:
    """End the wants of breaches and that of a failure; say whether the last was closed."""
    said: dict[str, Any] = {
        "actor": doing.actor,
        "occurred_at": at,
        "now": doing.now,
        "reason": reason,
    }
    wants.close_breaches(session, record, how, **said)
    return wants.close(session, record, how, **said)


def _require_in_time(record: BailRecord, at: datetime) -> None:
    """Refuse what is dated after the duty to attend and the conditions have ended."""
    if record.state != State.FAILED_TO_ANSWER and has_lapsed(record.ends_on, at):
        message = (
            f"Bail ended on {record.ends_on}: since then nobody is bound by it. Send when it"
            " happened as occurred_at, or record it elsewhere."
        )
        raise Invalid.field("/occurred_at", f"{message} (PACE 1984 s.47ZA(2))")


def _require_power(record: BailRecord, power: str, now: datetime) -> None:
    """Refuse a want for a breach of bail that has ended since."""
    if record.state != State.FAILED_TO_ANSWER and has_lapsed(record.ends_on, now):
        message = (
            f"Bail ended on {record.ends_on}: nobody is arrested for a breach of its conditions"
            f" any more. Record the breach without a want. ({power})"
        )
        raise Invalid.field("/open_want", message)


def _require_after_failure(record: BailRecord, at: datetime) -> None:
    """Refuse an answer or end before the failure that it follows."""
    if record.state == State.FAILED_TO_ANSWER and record.failed_at and at < record.failed_at:
        message = "This lies before the failure to answer. Send a moment after `failed_at`."
        raise Invalid.field("/occurred_at", message)
