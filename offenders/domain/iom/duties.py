"""Tasks of integrated offender management: reviews of members and actions of their plans."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders import clock
from offenders.domain.tasks.rules import Source
from offenders.domain.tasks.service import Brought, Followed, carry_over, follow, lead_days

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.iom.models import IomMeeting

_MEMBER: Final = """
    'iom_member' AS subject_type, m.id AS subject_id, m.reference AS subject_reference,
    m.person_id, coalesce(m.lpa, p.lpa) AS lpa,
    CASE WHEN m.lpa IS NULL THEN p.neighbourhood ELSE m.neighbourhood END AS neighbourhood
"""
_FROM: Final = """
    FROM iom_members m JOIN persons p ON p.force = m.force AND p.id = m.person_id {joined}
    WHERE m.force = :force AND m.exited_at IS NULL AND {due} {whose}
"""
_REVIEW: Final = f"""
    SELECT m.id AS source_id,
           coalesce(CAST(m.last_reviewed_at AS text), CAST(m.joined_on AS text)) AS occasion,
           {_MEMBER}, m.lead_officer AS owner_officer, m.lead_team AS owner_team,
           'Review the member with every agency and record the decision' AS action,
           m.review_due_at AS due_at
    {_FROM}
"""
_REVIEW_DUE: Final = "m.review_due_at <= :soon"
_REVIEWED_BY: Final = """
    SELECT l.actor FROM iom_log l
    WHERE l.force = t.force AND l.member_id = t.subject_id AND l.kind = 'review'
      AND l.recorded_at > t.recorded_at
    ORDER BY l.recorded_at DESC LIMIT 1
"""
# An action of another agency stands in that agency's queue.
_ACTION: Final = f"""
    SELECT a.id AS source_id, '' AS occasion, {_MEMBER},
           CASE WHEN a.agency = 'police' THEN a.owner END AS owner_officer,
           CASE WHEN a.agency <> 'police' THEN a.agency END AS owner_team,
           a.text AS action,
           (a.due_on + 1)::timestamp AT TIME ZONE 'Europe/London' AS due_at
    {_FROM}
"""
_JOINED: Final = """
    JOIN iom_plan_actions a ON a.force = m.force AND a.member_id = m.id AND a.state = 'open'
"""
_ENDED_BY: Final = """
    SELECT coalesce((SELECT l.actor FROM iom_log l
                     WHERE l.force = t.force AND l.member_id = t.subject_id
                       AND l.recorded_at = a.updated_at
                     ORDER BY l.id DESC LIMIT 1), 'service')
    FROM iom_plan_actions a WHERE a.force = t.force AND a.id = t.source_id AND a.state = 'done'
"""


def follow_members(
    session: Session, members: Sequence[UUID] | None = None, because: str = "Nothing is due now."
) -> Brought:
    """Bring the tasks of the force's members to what is due; or of these members only."""
    whose = "" if members is None else "AND m.id = ANY (CAST(:whose AS uuid[]))"
    values: dict[str, Any] = {
        "force": session.info["force"],
        "soon": clock.now() + timedelta(days=lead_days(session)[Source.IOM_REVIEW]),
        "whose": list(members or ()),
    }
    review = _REVIEW.format(joined="", due=_REVIEW_DUE, whose=whose)
    action = _ACTION.format(joined=_JOINED, due="a.force = :force", whose=whose)
    sources = (
        Followed(Source.IOM_REVIEW, review, _REVIEWED_BY),
        Followed(Source.IOM_ACTION, action, _ENDED_BY),
    )
    return follow(session, sources, values, subjects=members, because=because)


_UNFINISHED = text(f"""
    SELECT t.id FROM tasks t
    WHERE t.force = :force AND t.source_type = '{Source.IOM_ACTION}' AND t.state = 'open'
      AND t.recorded_at < :held_at
      AND (CAST(:lpa AS text) IS NULL OR t.lpa = :lpa)
      AND (CAST(:neighbourhood AS text) IS NULL OR t.neighbourhood = :neighbourhood)
    ORDER BY t.id
""")


def carry_actions(session: Session, meeting: IomMeeting) -> None:
    """Put the unfinished actions of the area to a meeting; each says how many it was put to."""
    values = {
        "force": meeting.force,
        "held_at": meeting.held_at,
        "lpa": meeting.lpa,
        "neighbourhood": meeting.neighbourhood,
    }
    unfinished = list(session.execute(_UNFINISHED, values).scalars())
    if unfinished:
        actor = meeting.recorded_by
        carry_over(session, actor=actor, meeting_id=meeting.id, task_ids=unfinished)
