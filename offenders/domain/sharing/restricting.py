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
from offenders.errors import Conflict, Invalid, NotFound
from offenders.ids import as_uuid, new_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
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
_TAKE = text("""
    SELECT id, version, ended_at, until_at FROM restrictions
    WHERE force = :force AND person_id = :person_id AND id = :id FOR UPDATE
""")
_END = text("""
    UPDATE restrictions SET ended_at = :at, ended_by = :actor, end_reason = :reason,
                            version = version + 1
    WHERE force = :force AND id = :id
""")
# Whoever reads by emergency access alone may not let themselves, or everybody, in for good.
_IS_EMERGENCY = text("""
    SELECT EXISTS (
        SELECT FROM emergency_accesses e
        WHERE e.force = :force AND e.taken_by = :actor AND e.person_id = :person_id
          AND e.ended_at IS NULL AND e.until_at > :now)
""")
_JSON: Final = """
    json_build_object('id', r.id, 'force', r.force, 'person_id', r.person_id,
        'reason', r.reason, 'officers', r.officers, 'teams', r.teams, 'roles', r.roles,
        'until', r.until_at,
        'state', CASE WHEN r.ended_at IS NOT NULL THEN 'ended'
                      WHEN r.until_at <= :now THEN 'expired' ELSE 'standing' END,
        'ended_at', r.ended_at, 'ended_by', r.ended_by, 'end_reason', r.end_reason,
        'recorded_by', r.recorded_by, 'recorded_at', r.recorded_at, 'version', r.version)::text
"""
_LIST = text(f"""
    SELECT {_JSON}, r.recorded_at::text, r.id::text, r.person_id FROM restrictions r
    WHERE r.force = :force AND r.person_id = :person_id
      AND (CAST(:after_at AS timestamptz) IS NULL
           OR (r.recorded_at, r.id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid)))
    ORDER BY r.recorded_at DESC, r.id DESC LIMIT :limit
""")
_ONE = text(f"""
    SELECT {_JSON}, r.version, r.id, r.person_id FROM restrictions r
    WHERE r.force = :force AND r.id = :id
""")


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
    return _show(session, values["id"])


def end_restriction(  # noqa: PLR0913 - which restriction of whom, by whom and why
    session: Session, *, actor: str, written: str, restriction: str, reason: str, if_match: IfMatch
) -> Row[Any]:
    """End a restriction before its time; give it as it then stands."""
    person = require_person(session, written)
    key = {"force": session.info["force"], "id": as_uuid(restriction)}
    found = session.execute(_TAKE, key | {"person_id": person.id}).one_or_none()
    if found is None:
        raise NotFound
    asked = key | {"person_id": person.id, "actor": actor, "now": clock.now()}
    if session.execute(_IS_EMERGENCY, asked).scalar():
        message = (
            "You read of this person by emergency access. Who may read them anyway can end it."
        )
        raise Conflict(message, rule="emergency-access")
    if_match.check(found.version)
    if found.ended_at is not None or found.until_at <= clock.now():
        message = "This restriction has ended. There is nothing to end."
        raise Conflict(message, state="ended", possible=[])
    session.execute(_END, key | {"at": recorded_at(session), "actor": actor, "reason": reason})
    return _show(session, found.id)


def list_restrictions(
    session: Session, *, written: str, after: Sequence[Any] | None, limit: int
) -> tuple[UUID, list[Row[Any]]]:
    """Give the person, and their restrictions as (json, recorded_at, id), newest first."""
    person = require_person(session, written)
    values = {
        "force": session.info["force"],
        "person_id": person.id,
        "now": clock.now(),
        "after_at": after[0] if after else None,
        "after_id": after[1] if after else None,
        "limit": limit,
    }
    return person.id, list(session.execute(_LIST, values))


def follow_merge(session: Session, survivor: UUID) -> None:
    """Let the restrictions of a survivor, own and taken over, cover what was merged into them."""
    session.execute(_FOLLOW, {"force": session.info["force"], "person_id": survivor})


def follow_reversal(session: Session, survivor: UUID, other: UUID) -> None:
    """Let the restrictions that went back cover the record they came from alone."""
    follow_merge(session, survivor)
    session.execute(_BRING_BACK, {"force": session.info["force"], "person_id": other})


def _show(session: Session, restriction_id: UUID) -> Row[Any]:
    now: datetime = clock.now()
    values = {"force": session.info["force"], "id": restriction_id, "now": now}
    return session.execute(_ONE, values).one()
