"""Shares: one person with one agency, under an agreement, for a reason and a time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import text

from offenders import clock
from offenders.db import as_service, recorded_at
from offenders.domain.persons.service import require_person
from offenders.domain.reference import service as reference
from offenders.domain.reference.policies import figure_in_force
from offenders.domain.sharing.agreeing import IN_FORCE, has_agreement
from offenders.domain.sharing.rules import LONGEST_SHARE
from offenders.errors import Conflict, Invalid, NotFound
from offenders.ids import as_reference, as_uuid, new_id

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.versions import IfMatch

_ADD = text("""
    INSERT INTO shares (force, id, person_id, agency, agreement, reason, from_at, until_at,
                        recorded_by, recorded_at)
    VALUES (:force, :id, :person_id, :agency, :agreement, :reason, :from, :until, :actor, :at)
""")
_STANDS: Final = "s.ended_at IS NULL AND s.from_at <= :now AND s.until_at > :now"
_JSON: Final = f"""
    json_build_object('id', s.id, 'force', s.force, 'person_id', s.person_id,
        'agency', s.agency, 'fields', s.agreement, 'reason', s.reason, 'from', s.from_at,
        'until', s.until_at,
        'state', CASE WHEN s.ended_at IS NOT NULL THEN 'ended' WHEN {_STANDS} THEN 'standing'
                      WHEN s.from_at > :now THEN 'to_come' ELSE 'expired' END,
        'ended_at', s.ended_at, 'ended_by', s.ended_by, 'end_reason', s.end_reason,
        'recorded_by', s.recorded_by, 'recorded_at', s.recorded_at, 'version', s.version)::text
"""
_ONE = text(f"""
    SELECT {_JSON}, s.version, s.id, s.person_id FROM shares s
    WHERE s.force = :force AND s.id = :id
""")
_LIST = text(f"""
    SELECT {_JSON}, s.recorded_at::text, s.id::text FROM shares s
    WHERE s.force = :force AND s.person_id = :person_id
      AND (CAST(:after_at AS timestamptz) IS NULL
           OR (s.recorded_at, s.id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid)))
    ORDER BY s.recorded_at DESC, s.id DESC LIMIT :limit
""")
_TAKE = text("""
    SELECT id, version, ended_at, until_at FROM shares
    WHERE force = :force AND person_id = :person_id AND id = :id FOR UPDATE
""")
_END = text("""
    UPDATE shares SET ended_at = :at, ended_by = :actor, end_reason = :reason,
                      version = version + 1
    WHERE force = :force AND id = :id
""")
# A partner's own way to people, by joins: never an alternative within a policy. Two shares of
# one person open the fields of both.
_SHARED: Final = f"""
    SELECT s.person_id, array_agg(DISTINCT f ORDER BY f) AS groups
    FROM shares s
    JOIN ({IN_FORCE}) a ON a.agency = s.agency AND a.name = s.agreement
     AND (a.until_on IS NULL OR a.until_on >= CAST(:today AS date))
    CROSS JOIN unnest(a.fields || '{{identity}}'::text[]) f
    WHERE s.force = :force AND s.agency = :agency AND {_STANDS}
    GROUP BY s.person_id
"""
_PAGE = text(f"""
    SELECT h.person_id AS id, h.groups FROM ({_SHARED}) h
    JOIN persons p ON p.force = :force AND p.id = h.person_id AND p.merged_into IS NULL
    WHERE (CAST(:after AS uuid) IS NULL OR h.person_id > CAST(:after AS uuid))
      AND (CAST(:within AS text) IS NULL OR :within = ANY (h.groups))
    ORDER BY h.person_id LIMIT :limit
""")
_FIND = text(f"""
    SELECT h.person_id AS id, h.groups FROM ({_SHARED}) h
    JOIN persons p ON p.force = :force AND p.id = h.person_id AND p.merged_into IS NULL
    WHERE p.id = :id OR p.reference = :reference
""")


_PEOPLE_AMONG = text("""
    SELECT id FROM persons WHERE force = :force AND id = ANY (CAST(:ids AS uuid[]))
""")


class Shared(NamedTuple):
    """A person shared with an agency, and the groups of fields open to it."""

    id: UUID
    groups: frozenset[str]


def share_person(
    session: Session, *, actor: str, written: str, fields: Mapping[str, Any]
) -> Row[Any]:
    """Share a person with an agency; give (json, version, id, person_id)."""
    person = require_person(session, written)
    reference.require_entry(session, "agencies", fields["agency"], "/agency")
    if not has_agreement(session, fields["agency"], fields["fields"]):
        message = "No agreement of this name with the agency is in force. GET /v1/agreements."
        raise Invalid.field("/fields", message)
    force, now = session.info["force"], clock.now()
    begins = fields.get("from_at") or now
    longest = figure_in_force(session, force, LONGEST_SHARE, clock.today()) or 0
    if not max(begins, now) < fields["until"] <= begins + timedelta(days=longest):
        message = f"Send a moment after `from` and now, at most {longest} days later."
        raise Invalid.field("/until", message)
    values = {
        "force": force,
        "id": new_id(force),
        "person_id": person.id,
        "agency": fields["agency"],
        "agreement": fields["fields"],
        "reason": fields["reason"],
        "from": begins,
        "until": fields["until"],
        "actor": actor,
        "at": recorded_at(session),
    }
    session.execute(_ADD, values)
    return _show(session, values["id"])


def end_share(  # noqa: PLR0913 - which share of whom, by whom and why
    session: Session, *, actor: str, written: str, share: str, reason: str, if_match: IfMatch
) -> Row[Any]:
    """End a share at once; give it as it then stands."""
    person = require_person(session, written)
    key = {"force": session.info["force"], "id": as_uuid(share)}
    found = session.execute(_TAKE, key | {"person_id": person.id}).one_or_none()
    if found is None:
        raise NotFound
    if_match.check(found.version)
    if found.ended_at is not None or found.until_at <= clock.now():
        message = "This share has ended. There is nothing to end."
        raise Conflict(message, state="ended", possible=[])
    session.execute(_END, key | {"at": recorded_at(session), "actor": actor, "reason": reason})
    return _show(session, found.id)


def list_shares(
    session: Session, *, written: str, after: Sequence[Any] | None, limit: int
) -> tuple[UUID, list[Row[Any]]]:
    """Give the person, and their shares as (json, recorded_at, id), newest first."""
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


def list_shared(
    session: Session,
    agency: str | None,
    *,
    after: str | None = None,
    limit: int | None = None,
    within: str | None = None,
) -> list[Shared]:
    """Give people shared with an agency now, by id; those whose fields include `within` alone."""
    values = _values(session, agency) | {"after": after, "limit": limit, "within": within}
    return [Shared(row.id, frozenset(row.groups)) for row in session.execute(_PAGE, values)]


def find_shared(session: Session, agency: str | None, written: str) -> Shared:
    """Give one person shared with an agency now; raise NotFound."""
    named = {"id": as_uuid(written), "reference": as_reference(written)}
    row = session.execute(_FIND, _values(session, agency) | named).one_or_none()
    if row is None:
        raise NotFound
    return Shared(row.id, frozenset(row.groups))


def may_see_again(session: Session, agency: str | None, shown: Collection[UUID]) -> bool:
    """Tell whether an answer that showed these records is still open to an agency."""
    values = {"force": session.info["force"], "ids": [each.hex for each in shown]}
    with as_service(session):
        people = set(session.execute(_PEOPLE_AMONG, values).scalars())
    return not people or not people.isdisjoint({each.id for each in list_shared(session, agency)})


def _values(session: Session, agency: str | None) -> dict[str, Any]:
    now: datetime = clock.now()
    force = session.info["force"]
    return {"force": force, "agency": agency, "now": now, "today": clock.today()}


def _show(session: Session, share_id: UUID) -> Row[Any]:
    values = {"force": session.info["force"], "id": share_id, "now": clock.now()}
    return session.execute(_ONE, values).one()
