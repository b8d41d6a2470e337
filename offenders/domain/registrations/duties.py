"""Tasks of registered people: home visits that fall due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from offenders import clock
from offenders.domain.registrations.store import figure_values, shown_source
from offenders.domain.tasks.rules import Source
from offenders.domain.tasks.service import Brought, Followed, follow, lead_days

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

_TASK: Final = """
    SELECT r.id AS source_id, CAST(r.visit_from_on AS text) AS occasion,
           'registration' AS subject_type, r.id AS subject_id, r.reference AS subject_reference,
           r.person_id, s.lpa, s.neighbourhood, r.owner_officer, r.owner_team,
           'Visit the registered person at home and record who was seen' AS action,
           (d.visit_due_on + 1)::timestamp AT TIME ZONE 'Europe/London' AS due_at
    {source} AND r.state <> 'closed'
      AND d.visit_due_on <= CAST(:today AS date) + CAST(:lead AS int) {whose}
"""
_DONE_BY: Final = """
    SELECT a.actor FROM registration_actions a
    WHERE a.force = t.force AND a.registration_id = t.subject_id AND a.kind = 'visit'
      AND a.recorded_at > t.recorded_at
    ORDER BY a.recorded_at DESC LIMIT 1
"""


def follow_visits(
    session: Session, records: Sequence[UUID] | None = None, because: str = "No visit is due now."
) -> Brought:
    """Bring the tasks of the force's visits to what is due; or of these registrations only."""
    whose = "" if records is None else "AND r.id = ANY (CAST(:whose AS uuid[]))"
    values = figure_values(session.info["force"], clock.today()) | {
        "lead": lead_days(session)[Source.REGISTRATION_VISIT],
        "whose": list(records or ()),
    }
    sql = _TASK.format(source=shown_source(), whose=whose)
    source = Followed(Source.REGISTRATION_VISIT, sql, _DONE_BY)
    return follow(session, [source], values, subjects=records, because=because)
