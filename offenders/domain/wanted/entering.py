"""Entering a want and amending what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders.db import recorded_at
from offenders.domain.flags.service import move_flags
from offenders.domain.history import keep_history
from offenders.domain.reference import service as reference
from offenders.domain.wanted import store
from offenders.domain.wanted.clocks import set_clocks
from offenders.domain.wanted.log import add_action
from offenders.domain.wanted.models import Want
from offenders.domain.wanted.overdue import clear_what_ended
from offenders.domain.wanted.rules import OUTSTANDING, Basis, Reason, Risk, priority
from offenders.errors import Conflict, Invalid
from offenders.ids import new_id, new_reference

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope
    from offenders.domain.versions import IfMatch

_GIVEN = (
    "reason",
    "basis",
    "offence_code",
    "crime_reference",
    "power",
    "warrant_number",
    "court",
    "warrant_category",
    "backed_for_bail",
    "risk",
    "risk_rationale",
    "domestic_abuse",
    "priority_crime",
)


_PLACED = ("lpa", "neighbourhood", "follows_address")


def duty_team(force: str, lpa: str | None) -> str:
    """Name the duty queue that owns what nobody else does."""
    return f"DUTY-{lpa or force}"


def open_want(
    session: Session, *, actor: str, scope: Scope, fields: dict[str, Any], now: datetime
) -> Want:
    """Enter a want on a person of this force, with its owner and its clocks."""
    force = session.info["force"]
    person = store.find_person(session, force, str(fields["person_id"]), keep=True)
    if person is None:
        raise Invalid.field(
            "/person_id", "There is no such person here. Find or record them first."
        )
    moment = recorded_at(session)
    want = Want(
        force=force,
        id=new_id(force),
        reference=new_reference("W", force),
        person_id=person.id,
        state=OUTSTANDING,
        circulation="not_circulated",
        entered_at=fields.get("entered_at") or moment,
        entered_by=actor,
        version=1,
        recorded_at=moment,
        updated_at=moment,
        **{name: fields.get(name) for name in _GIVEN},
    )
    want.risk = want.risk or Risk.STANDARD
    want.domestic_abuse = bool(want.domestic_abuse)
    want.priority_crime = bool(want.priority_crime)
    _place(session, want, fields, person)
    if not scope.covers(want.lpa, want.neighbourhood):
        raise Invalid.field("/lpa", "Enter the want in one of your own areas.")
    _check_codes(session, want)
    _refuse_double(session, want, scope)
    _give_owner(session, want, fields)
    _settle_priority(want)
    set_clocks(session, want)
    session.add(want)
    session.flush()
    add_action(session, want, "entry", actor=actor, occurred_at=moment, details={"version": 1})
    keep_history(session, Want.__table__, force, [want.id])
    clear_what_ended(session, want, now)
    return want


def amend_want(  # noqa: PLR0913 - who changes what, as read at which version, and when
    session: Session,
    *,
    actor: str,
    scope: Scope,
    written: str,
    fields: dict[str, Any],
    if_match: IfMatch,
    now: datetime,
) -> Want:
    """Change what a want says; a closed want stays as it ended."""
    want = store.get_want(session, scope, written)
    if_match.check(want.version)
    if want.state != OUTSTANDING:
        raise closed(want)
    before = {name: getattr(want, name) for name in (*_GIVEN, *_PLACED)}
    for name in set(fields) & set(_GIVEN):
        setattr(want, name, fields[name])
    if "neighbourhood" in fields or "lpa" in fields:
        person = store.find_person(session, want.force, str(want.person_id))
        _place(session, want, _merged_place(want, fields), person)
        if not scope.covers(want.lpa, want.neighbourhood):
            raise Invalid.field("/neighbourhood", "Keep the want in one of your own areas.")
    changes = {
        name: {"from": value, "to": getattr(want, name)}
        for name, value in before.items()
        if value != getattr(want, name)
    }
    if not changes:
        return want
    _check_codes(session, want)
    _refuse_double(session, want, scope)
    _settle_priority(want)
    set_clocks(session, want)
    want.version += 1
    want.updated_at = recorded_at(session)
    session.flush()
    add_action(
        session,
        want,
        "amendment",
        actor=actor,
        occurred_at=recorded_at(session),
        details={"changes": changes, "version": want.version},
    )
    keep_history(session, Want.__table__, want.force, [want.id])
    clear_what_ended(session, want, now)
    return want


def closed(want: Want) -> Conflict:
    """Say that the want has ended and can't be acted on."""
    ended = want.state.replace("_", " ")
    message = f"The want was closed as {ended}. Enter a new want if the person is wanted again."
    return Conflict(message, state=want.state, possible=[])


def follow_addresses(session: Session, person_ids: Sequence[UUID]) -> list[UUID]:
    """Move the outstanding wants that follow their person's current address along with it."""
    statement = text("""
        UPDATE wants w SET neighbourhood = p.neighbourhood, lpa = p.lpa, updated_at = :at
        FROM persons p
        WHERE p.force = w.force AND p.id = w.person_id AND w.force = :force
          AND w.person_id = ANY (:people) AND w.follows_address AND w.state = 'outstanding'
          AND (w.neighbourhood, w.lpa) IS DISTINCT FROM (p.neighbourhood, p.lpa)
        RETURNING w.id, w.lpa, w.neighbourhood
    """)
    force = session.info["force"]
    session.flush()
    values = {"at": recorded_at(session), "force": force, "people": list(person_ids)}
    moved = session.execute(statement, values).all()
    if moved:
        keep_history(session, Want.__table__, force, [row.id for row in moved])
        move_flags(session, [(row.id, row.lpa, row.neighbourhood) for row in moved])
    return [row.id for row in moved]


def _place(session: Session, want: Want, fields: dict[str, Any], person: Any) -> None:
    """Put the want in the area named, else in that of the person's current address."""
    lpa, neighbourhood = fields.get("lpa"), fields.get("neighbourhood")
    want.follows_address = lpa is None and neighbourhood is None
    if want.follows_address:
        want.lpa, want.neighbourhood = person.lpa, person.neighbourhood
        return
    want.lpa = reference.require_area(session, lpa, neighbourhood)
    want.neighbourhood = neighbourhood


def _check_codes(session: Session, want: Want) -> None:
    if want.offence_code is not None:
        reference.require_offence(session, want.offence_code, "/offence_code")
    if want.warrant_number is not None and want.reason != Reason.COURT_WARRANT:
        message = "Only a want for a court warrant has a warrant number."
        raise Invalid.field("/warrant_number", message)


def _merged_place(want: Want, fields: dict[str, Any]) -> dict[str, Any]:
    """Keep the neighbourhood where only its own LPA is named again."""
    if "neighbourhood" in fields or fields["lpa"] is None or want.follows_address:
        return fields
    keeps = want.neighbourhood is not None and fields["lpa"] == want.lpa
    return {**fields, "neighbourhood": want.neighbourhood} if keeps else fields


def _refuse_double(session: Session, want: Want, scope: Scope) -> None:
    existing = store.find_open_want(session, want)
    if existing is None:
        return
    message = "This person is already wanted for this reason and crime. Amend that want."
    if not scope.covers(existing.lpa, existing.neighbourhood):
        raise Conflict(message)
    raise Conflict(message, existing=f"/v1/wanted/{existing.id}", reference=existing.reference)


def _give_owner(session: Session, want: Want, fields: dict[str, Any]) -> None:
    want.owner_officer, want.owner_team = fields.get("owner_officer"), fields.get("owner_team")
    if want.owner_officer and want.owner_team:
        raise Invalid.field("/owner_team", "Name one owner: an officer or a team, not both.")
    if not want.owner_officer and not want.owner_team:
        want.owner_team = duty_team(want.force, want.lpa)
    register_owner(session, want.owner_officer, want.owner_team)


def register_owner(session: Session, officer: str | None, team: str | None) -> None:
    """Put the owner on the register of officers or teams."""
    if officer is not None:
        reference.register_officer(session, officer)
    if team is not None:
        reference.register_team(session, team)


def _settle_priority(want: Want) -> None:
    want.priority = priority(
        Risk(want.risk),
        domestic_abuse=want.domestic_abuse,
        priority_crime=want.priority_crime,
        basis=Basis(want.basis) if want.basis else None,
    )
