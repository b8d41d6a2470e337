"""Restricting a person: who may still read of them, why and until when; ending it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.persons.service import require_person
from offenders.domain.reference.policies import figure_in_force
from offenders.domain.sharing.rules import LONGEST_RESTRICTION
from offenders.domain.sharing.timed import Timed
from offenders.errors import Conflict, Invalid
from offenders.ids import new_id

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.versions import IfMatch

# A person's own record and those merged into it.
_RECORDS: Final = """
    ARRAY(SELECT p.id FROM persons p
          WHERE p.force = :force AND (p.id = {0} OR p.merged_into = {0}) ORDER BY p.id)
"""
_ADD = text(f"""
    INSERT INTO restrictions (force, id, person_id, record_ids, reason, officers, teams, roles,
                              until_at, recorded_by, recorded_at)
    VALUES (:force, :id, :person_id, {_RECORDS.format("CAST(:person_id AS uuid)")}, :reason,
            :officers, :teams, :roles, :until, :actor, :at)
""")
# Whoever a restriction came to hide stays hidden, also where a merge is reversed, unless it had
# come from the record that goes back.
_FOLLOW = text(f"""
    UPDATE restrictions r
    SET record_ids = ARRAY(
            SELECT DISTINCT each FROM unnest(
                r.record_ids || {_RECORDS.format("r.person_id")}) each ORDER BY each)
    WHERE r.force = :force AND r.person_id = :person_id
""")
_BRING_BACK = text(f"""
    UPDATE restrictions r SET record_ids = {_RECORDS.format("r.person_id")}
    WHERE r.force = :force AND r.person_id = :person_id
""")
# Whoever reads by emergency access alone may not let themselves, or everybody, in for good.
_IS_EMERGENCY = text("""
    SELECT EXISTS (
        SELECT FROM emergency_accesses e
        WHERE e.force = :force AND e.taken_by = :actor AND e.person_id = :person_id
          AND e.ended_at IS NULL AND e.until_at > :now)
""")
RESTRICTIONS: Final = Timed(
    "restrictions",
    """
    'id', t.id, 'force', t.force, 'person_id', t.person_id,
    'reason', t.reason, 'officers', t.officers, 'teams', t.teams, 'roles', t.roles,
    'until', t.until_at,
    'state', CASE WHEN t.ended_at IS NOT NULL THEN 'ended'
                  WHEN t.until_at <= :now THEN 'expired' ELSE 'standing' END
    """,
    what="restriction",
)


def restrict_person(
    session: Session, *, actor: str, written: str, fields: dict[str, Any]
) -> Row[Any]:
    """Restrict a person to the readers named and the maker; give (json, version, id, person_id)."""
    person = require_person(session, written)
    force, now = session.info["force"], clock.now()
    longest = figure_in_force(session, force, LONGEST_RESTRICTION, clock.today()) or 0
    if not now < fields["until"] <= now + timedelta(days=longest):
        message = f"Send a moment in the future, at most {longest} days ahead; renew it then."
        raise Invalid.field("/until", message)
    values = {
        "force": force,
        "id": new_id(force),
        "person_id": person.id,
        "reason": fields["reason"],
        # Somebody must be able to end it.
        "officers": sorted({actor, *fields["officers"]}),
        "teams": sorted(set(fields["teams"])),
        "roles": sorted(set(fields["roles"])),
        "until": fields["until"],
        "actor": actor,
        "at": recorded_at(session),
    }
    session.execute(_ADD, values)
    return RESTRICTIONS.show(session, values["id"])


def end_restriction(  # noqa: PLR0913 - which restriction of whom, by whom and why
    session: Session, *, actor: str, written: str, entry: str, reason: str, if_match: IfMatch
) -> Row[Any]:
    """End a restriction before its time; give it as it then stands."""
    person = require_person(session, written)
    found = RESTRICTIONS.take(session, person.id, entry)
    asked = {"force": session.info["force"], "person_id": person.id, "actor": actor}
    if session.execute(_IS_EMERGENCY, asked | {"now": clock.now()}).scalar():
        message = (
            "You read of this person by emergency access. Who may read them anyway can end it."
        )
        raise Conflict(message, rule="emergency-access")
    return RESTRICTIONS.end(session, found, actor=actor, reason=reason, if_match=if_match)


def follow_merge(session: Session, survivor: UUID) -> None:
    """Let the restrictions of a survivor, own and taken over, cover what was merged into them."""
    session.execute(_FOLLOW, {"force": session.info["force"], "person_id": survivor})


def follow_reversal(session: Session, survivor: UUID, other: UUID) -> None:
    """Let the restrictions that went back cover the record they came from alone."""
    follow_merge(session, survivor)
    session.execute(_BRING_BACK, {"force": session.info["force"], "person_id": other})
