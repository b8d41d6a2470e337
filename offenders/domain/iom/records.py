"""What every act on a membership begins and ends with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from offenders import clock
from offenders.db import recorded_at
from offenders.domain import logs
from offenders.domain.flags.managed import act_on_arrest
from offenders.domain.flags.service import follow_subject
from offenders.domain.history import keep_history
from offenders.domain.iom import store
from offenders.domain.iom.due import settle_member
from offenders.domain.iom.models import IomLog, IomMember
from offenders.domain.iom.rules import LEAD_SOURCE, LEADS, REVIEWS, lead_breaks_rule
from offenders.domain.persons.finding import hold_person
from offenders.domain.persons.managing import Managed, manage
from offenders.domain.reference import service as reference
from offenders.domain.reference.policies import figures_in_force
from offenders.domain.working_days import start_of_london_day
from offenders.errors import Conflict, Invalid

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope
    from offenders.domain.iom.models import IomNomination
    from offenders.domain.versions import IfMatch

add_log = partial(logs.add_entry, IomLog)


@dataclass(frozen=True)
class Doing:
    """Who does something to which record, as read at which version, and what; for which agency."""

    actor: str
    scope: Scope
    written: str
    fields: dict[str, Any]
    if_match: IfMatch
    agency: str | None = None


def take(session: Session, doing: Doing) -> IomMember:
    """Give the open membership for a change; raise where it has ended or was read too early."""
    member = store.get_member(session, doing.scope, doing.written)
    doing.if_match.check(member.version)
    if member.exited_at is not None:
        ended = str(member.exit_reason).replace("_", " ")
        message = f"This membership has ended: {ended}. Nominate the person anew."
        raise Conflict(message, state="exited", possible=[])
    return member


def occurred_at(session: Session, member: IomMember, doing: Doing) -> datetime:
    """Give when it happened: now unless told, not before the membership began."""
    moment: datetime = doing.fields.get("occurred_at") or recorded_at(session)
    if moment < start_of_london_day(member.joined_on):
        message = "This lies before the membership began. Send a moment after `joined_on`."
        raise Invalid.field("/occurred_at", message)
    return moment


def review_due_at(
    rating: str, joined_on: date, last_reviewed_at: datetime | None, days: dict[str, int]
) -> datetime:
    """Give when the next review is due by the rating, from the last or from joining."""
    since = last_reviewed_at or start_of_london_day(joined_on)
    return since + timedelta(days=days[rating])


def set_review_clock(session: Session, member: IomMember) -> None:
    """Set the review by the figures in force."""
    days = figures_in_force(session, member.force, REVIEWS, clock.today())
    member.review_due_at = review_due_at(
        member.rating, member.joined_on, member.last_reviewed_at, days
    )


def check_lead(session: Session, member: IomMember) -> None:
    """Raise Invalid where a high risk is led by another agency than the force's policy says."""
    figures = figures_in_force(session, member.force, LEADS, clock.today())
    if lead_breaks_rule(member.risk, member.lead_agency, figures):
        message = (
            f"A risk of {member.risk} is led by probation (rule {LEADS}; {LEAD_SOURCE})."
            " Send lead_agency probation, or set the force's own policy."
        )
        raise Invalid.field("/lead_agency", message)


def register_leads(session: Session, member: IomMember) -> None:
    """Put the officers and teams that a membership names on the register."""
    for officer in (member.lead_officer, member.support_officer):
        if officer is not None:
            reference.register_officer(session, officer)
    if member.lead_team is not None:
        reference.register_team(session, member.lead_team)


def area_of(
    record: IomMember | IomNomination, lpa: str | None, neighbourhood: str | None
) -> tuple[str | None, str | None]:
    """Give the area of a record: its own, or where it has none, that of its person."""
    if record.lpa is None and record.neighbourhood is None:
        return lpa, neighbourhood
    return record.lpa, record.neighbourhood


def managed(member: IomMember, lpa: str | None, neighbourhood: str | None) -> Managed:
    """Give the management that a membership is; the area is the person's unless it has one."""
    return Managed(
        member.id,
        "iom_member",
        member.reference,
        member.person_id,
        member.lead_officer,
        member.lead_team,
        *area_of(member, lpa, neighbourhood),
        member.rating,
    )


def take_flags_along(session: Session, row: Managed) -> None:
    """Let the flags of a membership go with it to its area and lead."""
    follow_subject(
        session,
        subject_id=row.id,
        lpa=row.lpa,
        neighbourhood=row.neighbourhood,
        owner_officer=row.owner_officer,
        owner_team=row.owner_team,
    )


def finish(  # noqa: PLR0913 - the record, who did what to it, and when
    session: Session,
    member: IomMember,
    doing: Doing,
    kind: str,
    *,
    at: datetime,
    details: dict[str, Any],
    changes_version: bool = True,
    looked_at: str | None = None,
) -> IomMember:
    """Write log, row, history, management and flags; `looked_at` says how an arrest was seen."""
    add_log(session, member, kind, actor=doing.actor, occurred_at=at, details=details)
    member.version += changes_version
    member.updated_at = recorded_at(session)
    session.flush()
    if member.exited_at is None:
        person = hold_person(session, member.person_id)
        manage(session, [managed(member, person.lpa, person.neighbourhood)])
    keep_history(session, IomMember.__table__, member.force, [member.id])
    if looked_at is not None:
        act_on_arrest(session, [member.id], looked_at)
    settle_member(session, member.id)
    return member
