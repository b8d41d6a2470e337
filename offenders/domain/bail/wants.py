"""The want that a failure or breach opens or joins, and that an answer to bail closes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders import clock
from offenders.domain.access import Scope
from offenders.domain.bail.cases import State
from offenders.domain.bail.law import Kind
from offenders.domain.versions import IfMatch
from offenders.domain.wanted import service as wanted
from offenders.domain.wanted.rules import OUTSTANDING, Outcome, Reason

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.bail.models import BailRecord

# Two failures of one person wait for each other, so that the second joins the want of the first.
_KEEP_PERSON = text("""
    SELECT FROM persons WHERE force = :force AND id = :person_id FOR NO KEY UPDATE
""")
_STANDING = text(f"""
    SELECT id FROM wants
    WHERE force = :force AND person_id = :person_id AND reason = :reason
      AND crime_reference IS NOT DISTINCT FROM CAST(:crime_reference AS text)
      AND warrant_number IS NULL AND state = '{OUTSTANDING}'
""")
_STATE = text("""
    SELECT id, state, entered_at, outcome_at FROM wants WHERE force = :force AND id = :id FOR UPDATE
""")
_OTHERS = text("""
    SELECT count(*) FROM bail_records
    WHERE force = :force AND want_id = :want_id AND id <> :id AND state = 'failed_to_answer'
""")

# Log entries that name the want of a breach, and bail that has not ended by time either.
WITH_WANT = "a.kind IN ('breach', 'amendment') AND a.details ->> 'want_id' IS NOT NULL"
LIVES = "o.state = 'on_bail' AND (o.ends_on IS NULL OR o.ends_on >= CAST(:today AS date))"
# The wants of this record's breaches behind which no other bail of the person stands.
_OF_BREACHES = text(f"""
    SELECT w.id, w.entered_at FROM wants w
    WHERE w.force = :force AND w.state = '{OUTSTANDING}'
      AND w.id IN (SELECT CAST(a.details ->> 'want_id' AS uuid) FROM bail_actions a
                   WHERE a.force = :force AND a.bail_id = :id AND {WITH_WANT})
      AND NOT EXISTS (
          SELECT FROM bail_records o
          JOIN bail_actions a ON a.force = o.force AND a.bail_id = o.id AND {WITH_WANT}
          WHERE o.force = :force AND o.person_id = :person_id AND o.id <> :id AND {LIVES}
            AND a.details ->> 'want_id' = CAST(w.id AS text))
    ORDER BY w.id FOR UPDATE OF w
""")


def power_of(kind: str, reason: Reason) -> str:
    """Name the power by which a constable may arrest; `kind` is that of the bail."""
    if kind == Kind.STREET:
        return "PACE 1984 s.30D(1)" if reason != Reason.BREACH_OF_BAIL else "PACE 1984 s.30D(2A)"
    return "PACE 1984 s.46A(1)" if reason != Reason.BREACH_OF_BAIL else "PACE 1984 s.46A(1A)"


def open_or_join(  # noqa: PLR0913 - on whom, why, since when and by whom
    session: Session,
    record: BailRecord,
    reason: Reason,
    *,
    actor: str,
    since: datetime,
    now: datetime,
    fields: dict[str, Any],
) -> UUID:
    """Give the outstanding want of this person for this reason and crime; open it if need be."""
    values = {
        "force": record.force,
        "person_id": record.person_id,
        "reason": str(reason),
        "crime_reference": record.crime_reference,
    }
    session.flush()
    session.execute(_KEEP_PERSON, values)
    standing: UUID | None = session.execute(_STANDING, values).scalar()
    if standing is not None:
        return standing
    entry = wanted.open_want(
        session,
        actor=actor,
        question=wanted.Question({}, Scope(record.force), now, sees_protected=True),
        fields={
            **values,
            "offence_code": record.offence_code,
            "power": power_of(record.kind, reason),
            "entered_at": since,
            "lpa": record.lpa,
            "neighbourhood": record.neighbourhood,
            "risk": fields.get("risk"),
            "risk_rationale": fields.get("risk_rationale"),
        },
    )
    made = session.execute(text(f"WITH {entry.first} {entry.sql}"), entry.values).one()
    opened: UUID = made.id
    wanted.tell_holders(session, [opened], wanted.Asker(actor, "bail", ""))
    return opened


def state_of(session: Session, record: BailRecord) -> Any:
    """Give the state and end of the record's want, locked; None where it has none."""
    if record.want_id is None:
        return None
    return session.execute(_STATE, {"force": record.force, "id": record.want_id}).one()


def close(  # noqa: PLR0913 - which want, how, when, why and by whom
    session: Session,
    record: BailRecord,
    outcome: Outcome,
    *,
    actor: str,
    occurred_at: datetime,
    now: datetime,
    reason: str,
) -> bool:
    """Close the want behind a failure, unless another failure stands behind it, too.

    A want entered only after the person was back ends as it begins.
    """
    want = state_of(session, record)
    if want is None or want.state != OUTSTANDING or record.state != State.FAILED_TO_ANSWER:
        return False
    values = {"force": record.force, "want_id": record.want_id, "id": record.id}
    if session.execute(_OTHERS, values).scalar_one():
        return False
    _end(session, want, outcome, actor=actor, occurred_at=occurred_at, now=now, reason=reason)
    return True


def close_breaches(  # noqa: PLR0913 - whose wants, how, when, why and by whom
    session: Session,
    record: BailRecord,
    outcome: Outcome,
    *,
    actor: str,
    occurred_at: datetime,
    now: datetime,
    reason: str,
) -> None:
    """Close the wants of breaches: who is back, or on bail no more, can't be arrested for them."""
    values = {
        "force": record.force,
        "id": record.id,
        "person_id": record.person_id,
        "today": clock.today(),
    }
    for want in session.execute(_OF_BREACHES, values).all():
        _end(session, want, outcome, actor=actor, occurred_at=occurred_at, now=now, reason=reason)


def _end(  # noqa: PLR0913 - which want, how, when, why and by whom
    session: Session,
    want: Any,
    outcome: Outcome,
    *,
    actor: str,
    occurred_at: datetime,
    now: datetime,
    reason: str,
) -> None:
    fields = {
        "outcome": str(outcome),
        "occurred_at": max(occurred_at, want.entered_at),
        "reason": reason,
    }
    doing = wanted.Doing(
        actor, Scope(session.info["force"]), str(want.id), fields, IfMatch(any_version=True), now
    )
    wanted.close_want(session, doing)
