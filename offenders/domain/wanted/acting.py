"""Acting on a want: tracing, reviewing, validating, handing over, circulating, closing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from offenders.db import recorded_at
from offenders.domain.flags.service import clear_for
from offenders.domain.grading import parse_grade
from offenders.domain.history import keep_history
from offenders.domain.wanted import store
from offenders.domain.wanted.circulating import PNC_DIFFERENCE
from offenders.domain.wanted.clocks import CANCELLATION, set_clocks
from offenders.domain.wanted.duties import end_differences, follow_reviews
from offenders.domain.wanted.entering import closed, register_owner
from offenders.domain.wanted.log import add_action
from offenders.domain.wanted.models import Want
from offenders.domain.wanted.overdue import clear_what_ended, flag_uncancelled_circulation
from offenders.domain.wanted.rules import (
    OUTSTANDING,
    Circulation,
    Outcome,
    Reason,
    allowed_outcomes,
    next_circulations,
)
from offenders.errors import Conflict, Invalid

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope
    from offenders.domain.versions import IfMatch
    from offenders.domain.wanted.models import WantAction


WANT_WAS = "want_was"  # how the want had ended before what a device sends of it happened


@dataclass(frozen=True)
class Doing:
    """Who does something to which want, as read at which version, and what."""

    actor: str
    scope: Scope
    written: str
    fields: dict[str, Any]
    if_match: IfMatch
    now: datetime


def record_tracing(
    session: Session, doing: Doing, kind: str, *, client_id: UUID | None = None
) -> tuple[Want, WantAction]:
    """Record an attempt or enquiry, also late, if it happened while the person was wanted.

    What a device sends under an id of its own is kept even if the want had been closed by then.
    """
    want = store.get_want(session, doing.scope, doing.written)
    occurred_at = _occurred_at(session, want, doing)
    if want.outcome_at is not None and occurred_at > want.outcome_at:
        if client_id is None:
            raise closed(want)
        doing.fields[WANT_WAS] = want.state
        return want, _log(session, want, kind, doing, occurred_at, client_id=client_id)
    action = _log(session, want, kind, doing, occurred_at, client_id=client_id)
    if want.last_activity_at is None or occurred_at > want.last_activity_at:
        want.last_activity_at = occurred_at
    _keep(session, want, doing, changes_version=False)
    return want, action


def record_note(session: Session, doing: Doing) -> tuple[Want, WantAction]:
    """Record a note with its grade and handling; a note may also be made on a closed want."""
    want = store.get_want(session, doing.scope, doing.written)
    if doing.fields.get("grade"):
        try:
            doing.fields["grade"] = parse_grade(doing.fields["grade"])
        except ValueError as error:
            raise Invalid.field("/grade", str(error)) from error
    action = _log(session, want, "note", doing, _occurred_at(session, want, doing))
    return want, action


def review_want(session: Session, doing: Doing) -> tuple[Want, WantAction]:
    """Record a supervisor's review; due by policy for every want, whatever its risk."""
    want = _open(session, doing)
    occurred_at = _occurred_at(session, want, doing)
    action = _log(session, want, "review", doing, occurred_at)
    if want.last_reviewed_at is None or occurred_at > want.last_reviewed_at:
        want.last_reviewed_at = occurred_at
    _keep(session, want, doing, changes_version=False)
    follow_reviews(session, [want.id])
    return want, action


def validate_want(session: Session, doing: Doing) -> tuple[Want, WantAction]:
    """Record that the owner has confirmed person, offence, power and markers."""
    want = _open(session, doing, asks_version=True)
    doubted = [name for name in ("person", "offence", "power", "markers") if not doing.fields[name]]
    if doubted:
        message = f"Not confirmed: {', '.join(doubted)}. Amend or close the want, then validate."
        raise Invalid.field(f"/{doubted[0]}", message)
    occurred_at = _occurred_at(session, want, doing)
    action = _log(session, want, "validation", doing, occurred_at)
    if want.last_validated_at is None or occurred_at > want.last_validated_at:
        want.last_validated_at = occurred_at
    _keep(session, want, doing)
    return want, action


def hand_over_want(session: Session, doing: Doing) -> tuple[Want, WantAction]:
    """Move the want to another officer or team, with a reason; no clock starts anew."""
    want = _open(session, doing, asks_version=True)
    officer, team = doing.fields.get("to_officer"), doing.fields.get("to_team")
    if bool(officer) == bool(team):
        raise Invalid.field("/to_officer", "Name one new owner: to_officer or to_team.")
    if (officer, team) == (want.owner_officer, want.owner_team):
        message = "They own this want already. Name another officer or team."
        raise Conflict(message)
    register_owner(session, officer, team)
    doing.fields["from_officer"], doing.fields["from_team"] = want.owner_officer, want.owner_team
    action = _log(session, want, "handover", doing, _occurred_at(session, want, doing))
    want.owner_officer, want.owner_team = officer, team
    _keep(session, want, doing)
    return want, action


def circulate_want(session: Session, doing: Doing) -> tuple[Want, WantAction]:
    """Record that circulation on PNC was requested or made."""
    want = _open(session, doing, asks_version=True)
    to = Circulation(doing.fields["state"])
    _require_circulation(want, to)
    occurred_at = _occurred_at(session, want, doing)
    action = _log(session, want, "circulation", doing, occurred_at)
    want.circulation = to
    want.circulation_cancelled_at = None
    if to == Circulation.CIRCULATED:
        want.circulated_at = occurred_at
    if doing.fields.get("pnc_reference"):
        want.pnc_reference = doing.fields["pnc_reference"]
    _clear(session, want, [PNC_DIFFERENCE], "Its circulation was recorded anew.")
    _keep(session, want, doing)
    return want, action


def cancel_circulation(session: Session, doing: Doing) -> tuple[Want, WantAction]:
    """Record that PNC has confirmed the cancellation; also after the want was closed."""
    want = store.get_want(session, doing.scope, doing.written)
    doing.if_match.check(want.version)
    _require_circulation(want, Circulation.CANCELLED)
    occurred_at = _occurred_at(session, want, doing)
    if want.circulated_at is not None and occurred_at < want.circulated_at:
        raise Invalid.field("/occurred_at", "This lies before the circulation.")
    action = _log(session, want, "circulation_cancellation", doing, occurred_at)
    want.circulation = Circulation.CANCELLED
    want.circulation_cancelled_at = occurred_at
    _clear(session, want, [CANCELLATION, PNC_DIFFERENCE], "The cancellation on PNC was confirmed.")
    _keep(session, want, doing)
    return want, action


def close_want(session: Session, doing: Doing) -> tuple[Want, WantAction]:
    """Close a want by a coded outcome that its reason allows."""
    want = _open(session, doing, asks_version=True)
    outcome = Outcome(doing.fields["outcome"])
    possible = allowed_outcomes(Reason(want.reason))
    if outcome not in possible:
        message = f"A want for {want.reason.replace('_', ' ')} can't end so."
        raise Conflict(message, state=want.state, possible=sorted(possible))
    occurred_at = _occurred_at(session, want, doing)
    action = _log(session, want, "outcome", doing, occurred_at)
    want.state = outcome
    want.outcome_at = occurred_at
    want.outcome_reason = doing.fields.get("reason")
    want.custody_number = doing.fields.get("custody_number")
    because = "The want was closed: it is compared anew."
    _clear(session, want, [PNC_DIFFERENCE], because, is_done=False)
    if want.circulation == Circulation.CIRCULATED:
        flag_uncancelled_circulation(session, want)
    _keep(session, want, doing)
    return want, action


def doubt_want(session: Session, doing: Doing) -> tuple[Want, WantAction]:
    """Say that a ground of the want is gone: until its owner validates it, confirm first."""
    want = _open(session, doing)
    occurred_at = _occurred_at(session, want, doing)
    action = _log(session, want, "note", doing, occurred_at)
    if want.doubted_at is None or occurred_at > want.doubted_at:
        want.doubted_at = occurred_at
    _keep(session, want, doing)
    return want, action


def _open(session: Session, doing: Doing, *, asks_version: bool = False) -> Want:
    want = store.get_want(session, doing.scope, doing.written)
    if asks_version:
        doing.if_match.check(want.version)
    if want.state != OUTSTANDING:
        raise closed(want)
    return want


def _occurred_at(session: Session, want: Want, doing: Doing) -> datetime:
    moment: datetime = doing.fields.get("occurred_at") or recorded_at(session)
    if moment < want.entered_at:
        message = "This lies before the person was wanted. Send a moment after `entered_at`."
        raise Invalid.field("/occurred_at", message)
    return moment


def _require_circulation(want: Want, to: Circulation) -> None:
    possible = next_circulations(Circulation(want.circulation))
    if to not in possible:
        message = f"The circulation is {want.circulation.replace('_', ' ')} and can't become this."
        raise Conflict(message, state=want.circulation, possible=sorted(possible))


def _clear(
    session: Session, want: Want, rules: list[str], because: str, *, is_done: bool = True
) -> None:
    clear_for(session, subject_id=want.id, rules=rules, because=because)
    if PNC_DIFFERENCE in rules:
        end_differences(session, [want.id], because, is_done=is_done)


def record_sighting_of(session: Session, want: Want, doing: Doing, occurred_at: datetime) -> None:
    """Let a sighting count as activity of an open want."""
    _log(session, want, "sighting", doing, occurred_at)
    if want.last_activity_at is None or occurred_at > want.last_activity_at:
        want.last_activity_at = occurred_at
    _keep(session, want, doing, changes_version=False)


def _log(  # noqa: PLR0913 - one entry of the log
    session: Session,
    want: Want,
    kind: str,
    doing: Doing,
    occurred_at: datetime,
    *,
    client_id: UUID | None = None,
) -> WantAction:
    details = {
        name: value
        for name, value in doing.fields.items()
        if name not in {"occurred_at", "handling"} and value is not None
    }
    return add_action(
        session,
        want,
        kind,
        actor=doing.actor,
        occurred_at=occurred_at,
        details=details,
        handling=doing.fields.get("handling") or "normal",
        client_id=client_id,
    )


def _keep(session: Session, want: Want, doing: Doing, *, changes_version: bool = True) -> None:
    """Write row, history and flags; what is only added leaves the version as it was."""
    if want.state == OUTSTANDING:
        set_clocks(session, want)
    if changes_version:
        want.version += 1
    want.updated_at = recorded_at(session)
    session.flush()
    keep_history(session, Want.__table__, want.force, [want.id])
    clear_what_ended(session, want, doing.now)
    if changes_version:
        follow_reviews(session, [want.id])
