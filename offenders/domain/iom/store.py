"""SQL of integrated offender management: who is meant, what is held for a change, offences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text

from offenders.domain.iom.models import IomMember, IomNomination, IomPlanAction
from offenders.domain.iom.rules import IN_SOURCE
from offenders.domain.iom.scoring import Offence
from offenders.errors import Invalid, NotFound
from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope

_EARLIER_ARRESTS = text("""
    SELECT count(*) FROM detentions
    WHERE force = :force AND person_id = :person_id AND arrested_at < :arrested_at
""")
_NAMED = {
    table: text(f"""
        SELECT r.id, coalesce(r.lpa, p.lpa) AS lpa,
               CASE WHEN r.lpa IS NULL THEN p.neighbourhood ELSE r.neighbourhood END
                   AS neighbourhood
        FROM {table} r JOIN persons p ON p.force = r.force AND p.id = r.person_id
        WHERE r.force = :force AND (r.id = :id OR r.reference = :reference)
    """)
    for table in ("iom_members", "iom_nominations")
}
_OPEN_MEMBER = text("""
    SELECT id, reference FROM iom_members
    WHERE force = :force AND person_id = :person_id AND scheme = :scheme AND exited_at IS NULL
""")
_OPEN_NOMINATION = text("""
    SELECT id, reference FROM iom_nominations
    WHERE force = :force AND person_id = :person_id AND scheme = :scheme
      AND state IN ('pending', 'deferred')
""")
_MEETING = text("""
    SELECT id, held_at, decides, attendance FROM iom_meetings
    WHERE force = :force AND (id = :id OR reference = :reference)
""")
# Ratings and reviews, and the meetings at which they were decided. When a source's own rating was
# given is not known: it stands at the moment of the import.
_LAST = text("""
    SELECT what, at FROM (
        SELECT l.kind AS what, l.occurred_at AS at FROM iom_log l
        WHERE l.force = :force AND l.member_id = :member_id AND l.kind IN ('rating', 'review')
          AND l.details ->> 'reason' IS DISTINCT FROM :in_source
        UNION ALL
        SELECT 'meeting', m.held_at FROM iom_meetings m
        WHERE m.force = :force
          AND (m.id = :meeting_id
               OR m.id IN (SELECT CAST(l.details ->> 'meeting_id' AS uuid) FROM iom_log l
                           WHERE l.force = :force AND l.member_id = :member_id
                             AND l.details ->> 'meeting_id' IS NOT NULL))) acts
    ORDER BY at DESC LIMIT 1
""")
OFFENCES = """
    SELECT d.person_id, 'detention' AS source, d.id, d.reference, o.code AS offence_code,
           CAST(d.arrested_at AT TIME ZONE 'Europe/London' AS date) AS happened_on
    FROM detentions d CROSS JOIN LATERAL unnest(d.offences) o (code)
    WHERE d.force = :force AND d.person_id = ANY (CAST(:people AS uuid[]))
    UNION ALL
    SELECT w.person_id, 'want', w.id, w.reference, w.offence_code,
           CAST(w.entered_at AT TIME ZONE 'Europe/London' AS date)
    FROM wants w
    WHERE w.force = :force AND w.person_id = ANY (CAST(:people AS uuid[]))
      AND w.state NOT IN ('withdrawn', 'entered_in_error', 'no_longer_wanted')
      AND w.offence_code IS NOT NULL
      AND NOT EXISTS (SELECT FROM detention_wants c
                      WHERE c.force = w.force AND c.want_id = w.id AND c.put = 'closed')
    UNION ALL
    SELECT h.person_id, 'forensic_hit', h.id, h.reference, h.offence_code,
           CAST(h.received_at AT TIME ZONE 'Europe/London' AS date)
    FROM forensic_hits h JOIN wants w ON w.force = h.force AND w.id = h.want_id
    WHERE h.force = :force AND h.person_id = ANY (CAST(:people AS uuid[]))
      AND h.state <> 'eliminated' AND h.offence_code IS NOT NULL
      AND h.crime_reference IS DISTINCT FROM w.crime_reference
"""
_OFFENCES = text(f"{OFFENCES} ORDER BY happened_on, source, id, offence_code")


def _keys(written: str) -> dict[str, Any]:
    return {"id": as_uuid(written), "reference": as_reference(written)}


def last_dealt_with(session: Session, member_id: UUID, meeting_id: UUID | None) -> Row[Any] | None:
    """Give (what, at) of the last rating, review or meeting of a member; this meeting is one."""
    values = {
        "force": session.info["force"],
        "member_id": member_id,
        "meeting_id": meeting_id,
        "in_source": IN_SOURCE,
    }
    return session.execute(_LAST, values).first()


def count_earlier_arrests(session: Session, person_id: UUID, arrested_at: datetime) -> int:
    """Count the person's detentions before an arrest."""
    values = {
        "force": session.info["force"],
        "person_id": person_id,
        "arrested_at": arrested_at,
    }
    return int(session.execute(_EARLIER_ARRESTS, values).scalar_one())


def get_nomination(session: Session, scope: Scope, written: str) -> IomNomination:
    """Give the nomination for a change, locked until the transaction ends."""
    found = _find(session, "iom_nominations", scope, written)
    key = (scope.force, found.id)
    return session.get_one(IomNomination, key, with_for_update=True, populate_existing=True)


def get_member(session: Session, scope: Scope, written: str) -> IomMember:
    """Give the membership for a change, locked until the transaction ends."""
    found = _find(session, "iom_members", scope, written)
    key = (scope.force, found.id)
    return session.get_one(IomMember, key, with_for_update=True, populate_existing=True)


def _find(session: Session, table: str, scope: Scope, written: str) -> Row[Any]:
    values = {"force": scope.force, **_keys(written)}
    found = session.execute(_NAMED[table], values).one_or_none()
    if found is None or not scope.covers(found.lpa, found.neighbourhood):
        raise NotFound
    return found


def get_action(session: Session, member: IomMember, written: str) -> IomPlanAction:
    """Give an action of a member's plan for a change; raise NotFound."""
    found = session.execute(
        select(IomPlanAction)
        .where(
            IomPlanAction.force == member.force,
            IomPlanAction.id == as_uuid(written),
            IomPlanAction.member_id == member.id,
        )
        .with_for_update()
    ).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def find_open(session: Session, person_id: UUID, scheme: str) -> tuple[Any, Any]:
    """Give the open membership and the open nomination of a person in a scheme, if any."""
    values = {"force": session.info["force"], "person_id": person_id, "scheme": scheme}
    return (
        session.execute(_OPEN_MEMBER, values).one_or_none(),
        session.execute(_OPEN_NOMINATION, values).one_or_none(),
    )


def find_meeting(session: Session, written: str) -> Row[Any]:
    """Give a meeting by id or reference; raise Invalid where there is none."""
    values = {"force": session.info["force"], **_keys(written)}
    found = session.execute(_MEETING, values).one_or_none()
    if found is None:
        raise Invalid.field("/meeting_id", "There is no such meeting. Record it first.")
    return found


def offences_of(session: Session, people: Sequence[UUID]) -> dict[UUID, list[Offence]]:
    """Give what is known here of the offences of people, each once, the oldest first."""
    values = {"force": session.info["force"], "people": [each.hex for each in people]}
    found: dict[UUID, list[Offence]] = {each: [] for each in people}
    for row in session.execute(_OFFENCES, values):
        offence = Offence(row.source, str(row.id), row.reference, row.offence_code, row.happened_on)
        found[row.person_id].append(offence)
    return found
