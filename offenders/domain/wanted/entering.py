"""Amending what a want says, and letting it follow its person's address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders.db import recorded_at
from offenders.domain.flags.service import move_flags
from offenders.domain.history import keep_history
from offenders.domain.persons.managing import follow_homes
from offenders.domain.reference import service as reference
from offenders.domain.wanted import store
from offenders.domain.wanted.clocks import set_clocks
from offenders.domain.wanted.duties import follow_reviews
from offenders.domain.wanted.log import add_action
from offenders.domain.wanted.models import Want
from offenders.domain.wanted.opening import GIVEN, double, refuse_stray_warrant
from offenders.domain.wanted.overdue import clear_what_ended
from offenders.domain.wanted.rules import OUTSTANDING, Basis, Risk, priority
from offenders.errors import Conflict, Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope
    from offenders.domain.versions import IfMatch

_PLACED = ("lpa", "neighbourhood", "follows_address")


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
    before = {name: getattr(want, name) for name in (*GIVEN, *_PLACED)}
    for name in set(fields) & set(GIVEN):
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
    follow_reviews(session, [want.id])
    return want


def closed(want: Want) -> Conflict:
    """Say that the want has ended and can't be acted on."""
    ended = want.state.replace("_", " ")
    message = f"The want was closed as {ended}. Enter a new want if the person is wanted again."
    return Conflict(message, state=want.state, possible=[])


def follow_addresses(session: Session, person_ids: Sequence[UUID]) -> list[UUID]:
    """Move the wants and managements that follow their person's address along with it.

    Of wants those that are outstanding; gives their ids.
    """
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
    follow_homes(session, person_ids)
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
    refuse_stray_warrant(want.reason, want.warrant_number)


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
    raise double(scope.covers, dict(existing._mapping))  # noqa: SLF001 - a row's public mapping


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
