"""The panel: nominations by any agency, and decisions with their reasons."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.flags.service import follow_subject
from offenders.domain.history import begin_history, keep_history
from offenders.domain.iom import store
from offenders.domain.iom.admitting import admit
from offenders.domain.iom.convening import place_of, require_own_area
from offenders.domain.iom.due import clear_undecided
from offenders.domain.iom.models import IomDecision, IomNomination
from offenders.domain.iom.records import Doing, area_of
from offenders.domain.iom.rules import (
    DECISIONS,
    LEAST_PANEL,
    MEETING_SOURCE,
    OPEN_NOMINATIONS,
    TEAM,
    Cohort,
    Decision,
    NominationState,
)
from offenders.domain.iom.schemes import NotAllowed, all_schemes, check_eligible, check_selection
from offenders.domain.iom.scores import score_of
from offenders.domain.logs import plain
from offenders.domain.persons.finding import hold_person
from offenders.domain.reference import service as reference
from offenders.domain.reference.policies import EVERYTHING, figures_in_force
from offenders.domain.working_days import london_day, start_of_london_day
from offenders.errors import Conflict, Invalid
from offenders.ids import new_id, new_reference

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

_POLICE: Final = "police"


def nominate(session: Session, doing: Doing) -> IomNomination:
    """Put somebody forward; anyone of any agency may. Raises Invalid and Conflict."""
    fields, force = doing.fields, session.info["force"]
    person = hold_person(session, fields["person_id"])
    scheme = all_schemes()[fields["scheme"]]
    arrested_at = fields.get("arrested_at")
    earlier = (
        store.count_earlier_arrests(session, person.id, arrested_at)
        if arrested_at is not None and scheme.eligibility
        else 0
    )
    try:
        check_eligible(
            scheme,
            born=person.date_of_birth,
            arrested_on=london_day(arrested_at) if arrested_at else None,
            earlier_arrests=earlier,
        )
    except NotAllowed as error:
        raise _as_invalid(error) from error
    _refuse_double(session, person.id, scheme.code)
    agency = doing.agency or fields.get("agency") or _POLICE
    reference.require_entry(session, "agencies", agency, "/agency")
    lpa, neighbourhood = place_of(session, fields)
    if lpa is None and neighbourhood is None:
        require_own_area(doing, person.lpa, person.neighbourhood)
    else:
        require_own_area(doing, lpa, neighbourhood)
    officer = fields.get("owner_officer")
    team = None if officer else fields.get("owner_team") or TEAM
    if officer:
        reference.register_officer(session, officer)
    else:
        reference.register_team(session, str(team))
    at = recorded_at(session)
    nominated_at = fields.get("occurred_at") or at
    days = figures_in_force(session, force, DECISIONS, clock.today())[EVERYTHING]
    nomination = IomNomination(
        force=force,
        id=new_id(force),
        reference=new_reference("N", force),
        person_id=person.id,
        scheme=scheme.code,
        cohort=fields.get("cohort") or Cohort.FREE,
        theme=fields["theme"],
        agency=agency,
        reason=fields["reason"],
        arrested_at=arrested_at,
        lpa=lpa,
        neighbourhood=neighbourhood,
        owner_officer=officer,
        owner_team=team,
        handovers=[],
        state=NominationState.PENDING,
        nominated_at=nominated_at,
        decide_by=nominated_at + timedelta(days=days),
        recorded_by=doing.actor,
        version=1,
        recorded_at=at,
        updated_at=at,
    )
    session.add(nomination)
    session.flush()
    begin_history(session, IomNomination.__table__, force, [nomination.id])
    return nomination


def _as_invalid(error: NotAllowed) -> Invalid:
    invalid = Invalid.field(f"/{error.field}", error.detail)
    if error.possible:
        invalid.extra["possible"] = list(error.possible)
    return invalid


def _refuse_double(session: Session, person_id: UUID, scheme: str) -> None:
    member, nomination = store.find_open(session, person_id, scheme)
    if member is not None:
        message = "The person is in this scheme already. Act on that membership."
        link = f"/v1/iom/members/{member.id}"
        raise Conflict(message, existing=link, reference=member.reference)
    if nomination is not None:
        message = "The person is nominated for this scheme already. Decide that nomination."
        link = f"/v1/iom/nominations/{nomination.id}"
        raise Conflict(message, existing=link, reference=nomination.reference)


def decide(session: Session, doing: Doing) -> IomNomination:
    """Record the panel's decision; accepted makes the membership in the same transaction."""
    fields = doing.fields
    nomination = store.get_nomination(session, doing.scope, doing.written)
    if nomination.state not in OPEN_NOMINATIONS:
        message = f"A panel has decided this already: {nomination.state}."
        raise Conflict(message, state=nomination.state, possible=[])
    doing.if_match.check(nomination.version)
    outcome = Decision(fields["outcome"])
    at = fields.get("occurred_at") or recorded_at(session)
    if at < nomination.nominated_at:
        message = "This lies before the nomination. Send a moment after `nominated_at`."
        raise Invalid.field("/occurred_at", message)
    if outcome == Decision.DEFERRED and not fields.get("deferred_until"):
        raise Invalid.field("/deferred_until", "Say until when the nomination is deferred.")
    if outcome == Decision.DEFERRED and fields["deferred_until"] < london_day(at):
        raise Invalid.field("/deferred_until", "Send a day not before the decision.")
    scheme = all_schemes()[nomination.scheme]
    if outcome == Decision.ACCEPTED:
        try:
            check_selection(scheme, fields.get("facts") or {})
        except NotAllowed as error:
            raise _as_invalid(error) from error
        _refuse_member(session, nomination)
    meeting_id, panel = _panel(session, doing)
    decision = IomDecision(
        force=nomination.force,
        id=new_id(nomination.force),
        nomination_id=nomination.id,
        person_id=nomination.person_id,
        scheme=nomination.scheme,
        outcome=outcome,
        rationale=fields["rationale"],
        panel=panel,
        meeting_id=meeting_id,
        in_deciding_meeting=True,
        score=_score(session, nomination, fields.get("risk"), at),
        decided_at=at,
        deferred_until=fields.get("deferred_until") if outcome == Decision.DEFERRED else None,
        recorded_by=doing.actor,
        recorded_at=recorded_at(session),
    )
    session.add(decision)
    session.flush()
    _follow(session, nomination, decision)
    if outcome == Decision.ACCEPTED:
        admit(session, doing, nomination, decision)
    return nomination


def _score(
    session: Session, nomination: IomNomination, risk: str | None, at: datetime
) -> dict[str, Any]:
    """Give the score on the day of the decision, as JSON keeps it."""
    on, asked_by = london_day(at), "/occurred_at"
    found: dict[str, Any] = plain(
        score_of(session, nomination.person_id, risk, on, asked_by=asked_by)
    )
    return found


def _refuse_member(session: Session, nomination: IomNomination) -> None:
    member, _ = store.find_open(session, nomination.person_id, nomination.scheme)
    if member is not None:
        message = "The person is in this scheme already. Refuse this nomination."
        link = f"/v1/iom/members/{member.id}"
        raise Conflict(message, existing=link, reference=member.reference)


def _panel(session: Session, doing: Doing) -> tuple[UUID | None, list[dict[str, Any]]]:
    """Give the deciding meeting, if one is named, and who decided; two agencies at least."""
    fields = doing.fields
    panel: list[dict[str, Any]] = list(fields.get("panel") or [])
    for number, each in enumerate(panel):
        reference.require_entry(session, "agencies", each["agency"], f"/panel/{number}/agency")
    meeting = store.find_meeting(session, fields["meeting_id"]) if "meeting_id" in fields else None
    if meeting is not None:
        if not meeting.decides:
            message = f"That meeting had no power to decide (rule iom-quorum; {MEETING_SOURCE})."
            raise Invalid.field("/meeting_id", message)
        panel = panel or list(meeting.attendance)
    if len({each["agency"] for each in panel}) < LEAST_PANEL:
        message = (
            f"A panel has at least {LEAST_PANEL} agencies. Send panel, or meeting_id of a meeting"
            f" that decides (rule iom-panel; {MEETING_SOURCE})."
        )
        raise Invalid.field("/panel", message)
    return (meeting.id if meeting else None), panel


def _follow(session: Session, nomination: IomNomination, decision: IomDecision) -> None:
    """Bring the nomination to what was decided, with history and flag."""
    nomination.state = str(decision.outcome)
    if decision.deferred_until is not None:
        nomination.decide_by = start_of_london_day(decision.deferred_until + timedelta(days=1))
    else:
        nomination.decided_at = decision.decided_at
    nomination.version += 1
    nomination.updated_at = recorded_at(session)
    session.flush()
    keep_history(session, IomNomination.__table__, nomination.force, [nomination.id])
    clear_undecided(session, nomination.id)


def hand_over_nomination(session: Session, doing: Doing) -> IomNomination:
    """Move an open nomination to another officer or team, with a reason."""
    nomination = store.get_nomination(session, doing.scope, doing.written)
    doing.if_match.check(nomination.version)
    if nomination.state not in OPEN_NOMINATIONS:
        message = f"A panel has decided this already: {nomination.state}."
        raise Conflict(message, state=nomination.state, possible=[])
    officer, team = doing.fields.get("to_officer"), doing.fields.get("to_team")
    if bool(officer) == bool(team):
        raise Invalid.field("/to_officer", "Name one new owner: to_officer or to_team.")
    if (officer, team) == (nomination.owner_officer, nomination.owner_team):
        raise Conflict("They own this nomination already. Name another officer or team.")
    said = {
        "from_officer": nomination.owner_officer,
        "from_team": nomination.owner_team,
        "to_officer": officer,
        "to_team": team,
        "reason": doing.fields["reason"],
        "recorded_by": doing.actor,
        "recorded_at": recorded_at(session),
    }
    nomination.handovers = [*nomination.handovers, plain(said)]
    nomination.owner_officer, nomination.owner_team = officer, team
    if officer:
        reference.register_officer(session, officer)
    else:
        reference.register_team(session, str(team))
    nomination.version += 1
    nomination.updated_at = recorded_at(session)
    session.flush()
    keep_history(session, IomNomination.__table__, nomination.force, [nomination.id])
    person = hold_person(session, nomination.person_id)
    lpa, neighbourhood = area_of(nomination, person.lpa, person.neighbourhood)
    follow_subject(
        session,
        subject_id=nomination.id,
        lpa=lpa,
        neighbourhood=neighbourhood,
        owner_officer=officer,
        owner_team=team,
    )
    return nomination
