"""What every act on a registration begins and ends with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import text

from offenders.db import recorded_at
from offenders.domain.access import Scope
from offenders.domain.flags.managed import act_on_arrest
from offenders.domain.flags.service import clear_for, follow_subject
from offenders.domain.history import keep_history
from offenders.domain.placed import take_placed
from offenders.domain.reference import service as reference
from offenders.domain.registrations.cases import State
from offenders.domain.registrations.due import settle_flag
from offenders.domain.registrations.law import Unlawful
from offenders.domain.registrations.models import Registration
from offenders.domain.registrations.records import (
    add_action,
    as_invalid,
    settle_law,
    tell_management,
)
from offenders.domain.versions import IfMatch
from offenders.domain.working_days import london_day, start_of_london_day
from offenders.errors import Conflict, Invalid

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

_T = TypeVar("_T")
NOT_IN_SOURCE: Final = "not-in-source"
# Acts by which whoever answers has looked at how the person is managed after an arrest.
LOOKED_AT: Final = frozenset(
    {"visit", "arms_assessment", "risk_level", "management", "notification", "closure"}
)


@dataclass(frozen=True)
class Doing:
    """Who does something to which registration, as read at which version, and what."""

    actor: str
    scope: Scope
    written: str
    fields: dict[str, Any]
    if_match: IfMatch
    now: datetime

    @property
    def today(self) -> date:
        """Give the legal day of the act."""
        return london_day(self.now)


@dataclass(frozen=True)
class Taken:
    """A registration taken for a change, with its person's date of birth."""

    record: Registration
    born: date | None


def with_law(work: Callable[[], _T]) -> _T:
    """Turn what the law doesn't allow into an answer that names the section."""
    try:
        return work()
    except Unlawful as unlawful:
        raise as_invalid(unlawful) from unlawful


def take(session: Session, doing: Doing) -> Taken:
    """Give the registration, locked; raise Conflict where it is closed."""
    record, home = take_placed(session, Registration, doing.scope, doing.written)
    doing.if_match.check(record.version)
    if record.state == State.CLOSED:
        message = "This registration is closed. A new conviction makes a new one."
        raise Conflict(message, state=record.state, possible=[])
    return Taken(record, home.date_of_birth)


def occurred_at(session: Session, taken: Taken, doing: Doing) -> datetime:
    """Give when it happened: now unless told, not before the registration began."""
    moment: datetime = doing.fields.get("occurred_at") or recorded_at(session)
    if moment < start_of_london_day(taken.record.starts_on):
        message = f"This lies before the relevant date, {taken.record.starts_on}."
        raise Invalid.field("/occurred_at", message)
    return moment


def finish(  # noqa: PLR0913 - the record, who did what to it, and when
    session: Session,
    taken: Taken,
    doing: Doing,
    kind: str,
    *,
    details: dict[str, Any],
    at: datetime,
    changes_version: bool = True,
) -> Registration:
    """Work out the law anew; write log, row, history, manager and flags.

    What is only added leaves the version as it was.
    """
    record, notified_on = taken.record, taken.record.last_notified_on
    with_law(lambda: settle_law(record, taken.born))
    if kind == "amendment" and notified_on is not None and record.last_notified_on is None:
        message = f"A notification of {notified_on} is on record: nobody notifies before."
        raise Invalid.field("/relevant_date", message)
    record.version += changes_version
    record.updated_at = recorded_at(session)
    add_action(session, record, kind, actor=doing.actor, occurred_at=at, details=details)
    session.flush()
    keep_history(session, Registration.__table__, record.force, [record.id])
    tell_management(session, record)
    settle_flag(session, record.id)
    if kind in LOOKED_AT:
        act_on_arrest(session, [record.id], f"Recorded since: {kind.replace('_', ' ')}.")
    if record.state == State.CLOSED:
        clear_for(session, subject_id=record.id, rules=[NOT_IN_SOURCE], because="Closed here.")
    return record


def given_owner(session: Session, officer: str | None, team: str | None) -> None:
    """Register a named owner at first use; raise Invalid where there are two."""
    if officer and team:
        raise Invalid.field("/owner_team", "Name one owner: an officer or a team, not both.")
    if officer is not None:
        reference.register_officer(session, officer)
    if team is not None:
        reference.register_team(session, team)


def hand_over(session: Session, doing: Doing) -> Registration:
    """Give the person to another offender manager or team, for a reason."""
    taken = take(session, doing)
    fields = doing.fields
    officer, team = fields.get("to_officer"), fields.get("to_team")
    if not officer and not team:
        raise Invalid.field("/to_officer", "Name who takes over: an officer or a team.")
    details = move_owner(session, taken.record, officer, team)
    at = occurred_at(session, taken, doing)
    details["reason"] = fields["reason"]
    return finish(session, taken, doing, "handover", details=details, at=at)


def move_owner(
    session: Session, record: Registration, officer: str | None, team: str | None
) -> dict[str, Any]:
    """Put another owner; give from whom to whom."""
    given_owner(session, officer, team)
    before = {"from_officer": record.owner_officer, "from_team": record.owner_team}
    record.owner_officer, record.owner_team = officer, team
    follow_subject(
        session,
        subject_id=record.id,
        lpa=record.lpa,
        neighbourhood=record.neighbourhood,
        owner_officer=officer,
        owner_team=team,
    )
    return before | {"to_officer": officer, "to_team": team}


_OPEN_OF = text(
    "SELECT id FROM registrations WHERE force = :force AND person_id = :person_id"
    " AND state <> 'closed'"
)


def follow_birth(session: Session, *, actor: str, person_id: UUID, now: datetime) -> None:
    """Work the period out anew after a person's date of birth was corrected (s.82(2))."""
    force = session.info["force"]
    values = {"force": force, "person_id": person_id}
    for found in session.execute(_OPEN_OF, values).scalars().all():
        doing = Doing(actor, Scope(force), str(found), {}, IfMatch(any_version=True), now)
        taken = take(session, doing)
        before = (taken.record.ends_on, taken.record.is_indefinite, taken.record.because)
        with_law(partial(settle_law, taken.record, taken.born))
        record = taken.record
        if (record.ends_on, record.is_indefinite, record.because) != before:
            details = {"because": record.because, "reason": "The date of birth was corrected."}
            at = recorded_at(session)
            finish(session, taken, doing, "amendment", details=details, at=at)
