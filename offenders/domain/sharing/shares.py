"""Shares: one person with one agency, under an agreement, for a reason and a time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import text

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.persons.service import require_person
from offenders.domain.reference import service as reference
from offenders.domain.reference.policies import figure_in_force
from offenders.domain.sharing.agreeing import IN_FORCE, has_agreement
from offenders.domain.sharing.rules import LONGEST_SHARE
from offenders.domain.sharing.timed import Timed
from offenders.errors import Invalid, NotFound
from offenders.ids import as_reference, as_uuid, new_id

if TYPE_CHECKING:
    from collections.abc import Mapping
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
_STANDS: Final = "t.ended_at IS NULL AND t.from_at <= :now AND t.until_at > :now"
SHARES: Final = Timed(
    "shares",
    f"""
    'id', t.id, 'force', t.force, 'person_id', t.person_id,
    'agency', t.agency, 'fields', t.agreement, 'reason', t.reason, 'from', t.from_at,
    'until', t.until_at,
    'state', CASE WHEN t.ended_at IS NOT NULL THEN 'ended' WHEN {_STANDS} THEN 'standing'
                  WHEN t.from_at > :now THEN 'to_come' ELSE 'expired' END
    """,
    what="share",
)
# A partner's own way to people, by joins: never an alternative within a policy. Two shares of
# one person open the fields of both.
_SHARED: Final = f"""
    SELECT t.person_id, array_agg(DISTINCT f ORDER BY f) AS groups
    FROM shares t
    JOIN ({IN_FORCE}) a ON a.agency = t.agency AND a.name = t.agreement
     AND (a.until_on IS NULL OR a.until_on >= CAST(:today AS date))
    CROSS JOIN unnest(a.fields || '{{identity}}'::text[]) f
    WHERE t.force = :force AND t.agency = :agency AND {_STANDS}
    GROUP BY t.person_id
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
    return SHARES.show(session, values["id"])


def end_share(  # noqa: PLR0913 - which share of whom, by whom and why
    session: Session, *, actor: str, written: str, entry: str, reason: str, if_match: IfMatch
) -> Row[Any]:
    """End a share at once; give it as it then stands."""
    found = SHARES.take(session, require_person(session, written).id, entry)
    return SHARES.end(session, found, actor=actor, reason=reason, if_match=if_match)


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


def _values(session: Session, agency: str | None) -> dict[str, Any]:
    now: datetime = clock.now()
    force = session.info["force"]
    return {"force": force, "agency": agency, "now": now, "today": clock.today()}
