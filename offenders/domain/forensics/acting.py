"""Acting on a hit: who is meant, research, allocation, outcome, elimination."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from offenders.db import recorded_at
from offenders.domain.flags.service import clear_for
from offenders.domain.forensics import behind, rules, store
from offenders.domain.forensics.linking import Naming, link_wants
from offenders.domain.forensics.models import ForensicHit
from offenders.domain.forensics.overdue import settle_hit
from offenders.domain.forensics.people import find_meant
from offenders.domain.forensics.rules import Outcome, Own, PersonState
from offenders.domain.history import keep_history
from offenders.domain.persons.service import refuse_merged
from offenders.domain.reference import service as reference
from offenders.domain.wanted import service as wanted
from offenders.domain.wanted.rules import OUTSTANDING
from offenders.errors import Conflict, Invalid

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope
    from offenders.domain.versions import IfMatch


@dataclass(frozen=True)
class Doing:
    """Who does something to which hit, as read at which version, and what."""

    actor: str
    scope: Scope
    written: str
    fields: dict[str, Any]
    if_match: IfMatch
    now: datetime


def identify_person(session: Session, doing: Doing) -> ForensicHit:
    """Say who is meant, which a human decides; then the hit opens or joins a want.

    Without a person the hit is unknown and waits.
    """
    store.lock_intake(session)
    hit = _take(session, doing)
    if hit.person_state == PersonState.KNOWN:
        message = "The person is known. Eliminate the hit if it names somebody else."
        raise Conflict(message, state=hit.person_state, possible=[])
    _refuse_ended(hit)
    written = doing.fields.get("person_id")
    hit.doubt, hit.candidates = None, []
    hit.person_state = PersonState.UNKNOWN
    if written is not None:
        refuse_merged(session, written)
        (meant,) = find_meant(session, [{"person_id": written}])
        if meant is None or meant.person_id is None:
            message = "There is no such person here. Find or record them first."
            raise Invalid.field("/person_id", message)
        hit.person_id, hit.person_state = meant.person_id, PersonState.KNOWN
        (hit.want_id,) = link_wants(session, doing.actor, [_naming(hit)])
        behind.hand_over(session, hit, _by(doing), store.hold_want(session, hit.want_id))
    hit.person_decided_at = recorded_at(session)
    hit.person_decided_by, hit.person_reason = doing.actor, doing.fields["reason"]
    return _keep(session, hit)


def research_hit(session: Session, doing: Doing) -> ForensicHit:
    """Record the research of linked offences; none found is a result, too (national.md N029)."""
    hit = _take(session, doing)
    if not rules.may_be_researched(hit.state):
        _refuse_ended(hit)
    at = _occurred_at(session, hit, doing)
    linked = doing.fields.get("linked_crimes") or []
    hit.linked_crimes = list(dict.fromkeys([*hit.linked_crimes, *linked]))
    hit.researched_at, hit.researched_by = hit.researched_at or at, doing.actor
    hit.research_notes = doing.fields.get("notes") or hit.research_notes
    hit.state = rules.after_research(hit.state)
    return _keep(session, hit)


def allocate_hit(session: Session, doing: Doing) -> ForensicHit:
    """Make an officer or team responsible for the arrest; the hit's own want goes with it."""
    hit = _take(session, doing)
    want = store.hold_want(session, hit.want_id)
    state = rules.state_of(hit.state, want.state if want else None)
    if not rules.may_be_allocated(state):
        message = "The hit has been dealt with. There is nobody left to find."
        raise Conflict(message, state=state, possible=[])
    officer, team = doing.fields.get("owner_officer"), doing.fields.get("owner_team")
    if bool(officer) == bool(team):
        raise Invalid.field("/owner_officer", "Name one owner: owner_officer or owner_team.")
    again = hit.allocated_at is not None
    if again and (officer, team) == (hit.owner_officer, hit.owner_team):
        raise Conflict("They own this hit already. Name another officer or team.")
    if again and not doing.fields.get("reason"):
        raise Invalid.field("/reason", "Say why the hit gets another owner.")
    at = _occurred_at(session, hit, doing)
    for register, code in (
        (reference.register_officer, officer),
        (reference.register_team, team),
    ):
        if code is not None:
            register(session, code)
    hit.owner_officer, hit.owner_team = officer, team
    hit.allocated_at, hit.allocated_by = hit.allocated_at or at, doing.actor
    hit.allocation_reason = doing.fields.get("reason")
    hit.state = Own.ALLOCATED
    behind.hand_over(session, hit, _by(doing), want)
    return _keep(session, hit)


def record_outcome(session: Session, doing: Doing) -> ForensicHit:
    """Record what became of it; an arrest or interview ends the want, the rest the hit.

    A death ends both.
    """
    hit = _take(session, doing)
    want = store.hold_want(session, hit.want_id)
    state = rules.state_of(hit.state, want.state if want else None)
    outcome = Outcome(doing.fields["outcome"])
    if rules.is_before_allocation(state):
        message = (
            "Outcome before allocation: a hit is first allocated to whoever is responsible for"
            " the arrest (forces.md F027). POST …/allocations first."
        )
        raise Invalid.field("/outcome", message)
    possible = rules.possible_outcomes(state, want.state if want else None)
    if outcome not in possible:
        message = (
            "The hit as it stands can't have this outcome. Record first on its want how the"
            " person was dealt with."
        )
        raise Conflict(message, state=state, possible=sorted(possible))
    at = _occurred_at(session, hit, doing)
    if want is not None and want.state == OUTSTANDING and rules.ends_want(outcome):
        _close_want(session, hit, doing, outcome, doing.fields.get("reason"))
    if outcome in rules.ENDS_WANT:
        return _keep(session, hit)
    hit.state = Own.OUTCOME_RETURNED
    hit.outcome, hit.outcome_at = outcome, at
    hit.outcome_by, hit.outcome_reason = doing.actor, doing.fields.get("reason")
    return _keep(session, hit)


def eliminate_hit(session: Session, doing: Doing) -> ForensicHit:
    """Eliminate a hit. When it was the last behind an open want, that want loses its ground.

    A want with basis `forensic` closes; one with another basis must be confirmed first.
    """
    hit = _take(session, doing)
    if not rules.may_be_eliminated(hit.state):
        _refuse_ended(hit)
    hit.eliminated_at, hit.eliminated_by = _occurred_at(session, hit, doing), doing.actor
    hit.elimination = doing.fields["reason"]
    hit.elimination_rationale = doing.fields.get("rationale")
    hit.state = Own.ELIMINATED
    if hit.want_id is not None:
        why = str(hit.elimination).replace("_", " ")
        behind.take_ground(session, hit, _by(doing), hit.want_id, f"was eliminated: {why}")
    return _keep(session, hit)


def _close_want(
    session: Session, hit: ForensicHit, doing: Doing, outcome: str, reason: str | None
) -> None:
    given = {name: doing.fields.get(name) for name in ("occurred_at", "custody_number")}
    fields = {"outcome": str(outcome), "reason": reason, **given}
    wanted.close_want(session, behind.on_want(hit.force, hit.want_id, _by(doing), fields))


def _by(doing: Doing) -> behind.By:
    return behind.By(doing.actor, doing.now)


def _naming(hit: ForensicHit) -> Naming:
    return Naming(**{name: getattr(hit, name) for name in Naming._fields})


def _take(session: Session, doing: Doing) -> ForensicHit:
    hit = store.get_hit(session, doing.scope, doing.written)
    doing.if_match.check(hit.version)
    return hit


def _refuse_ended(hit: ForensicHit) -> None:
    if hit.state in rules.FINAL:
        ended = hit.state.replace("_", " ")
        raise Conflict(f"This hit has ended: {ended}.", state=hit.state, possible=[])


def _occurred_at(session: Session, hit: ForensicHit, doing: Doing) -> datetime:
    moment: datetime = doing.fields.get("occurred_at") or recorded_at(session)
    if moment < hit.received_at:
        message = "This lies before the hit was received. Send a moment after `received_at`."
        raise Invalid.field("/occurred_at", message)
    return moment


def _keep(session: Session, hit: ForensicHit) -> ForensicHit:
    """Write row, history and flag; of a hit that has ended nobody need be chosen any more."""
    if hit.state in rules.FINAL and hit.person_state == PersonState.DOUBTFUL:
        hit.person_state, hit.doubt, hit.candidates = PersonState.UNKNOWN, None, []
    hit.version += 1
    hit.updated_at = recorded_at(session)
    session.flush()
    keep_history(session, ForensicHit.__table__, hit.force, [hit.id])
    settle_hit(session, hit.id)
    if hit.state in rules.FINAL:
        because = "The hit has ended."
        clear_for(session, subject_id=hit.id, rules=["not-in-source"], because=because)
    return hit
