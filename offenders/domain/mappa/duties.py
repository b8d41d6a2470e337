"""Tasks of MAPPA: actions of risk management plans and meetings, until each has its result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from offenders.domain.mappa.shown import PRESENT
from offenders.domain.tasks.rules import Source
from offenders.domain.tasks.service import Brought, Followed, follow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

_JOINED: Final = (
    "JOIN mappa_actions a ON a.force = c.force AND a.case_id = c.id AND a.state = 'open'"
)
# An action of another agency stands in that agency's queue.
_TASK: Final = f"""
    SELECT a.id AS source_id, '' AS occasion, 'mappa_case' AS subject_type, c.id AS subject_id,
           c.reference AS subject_reference, c.person_id, s.lpa, s.neighbourhood,
           a.owner_officer, coalesce(a.owner_team, a.owner_agency) AS owner_team, a.action,
           a.due_at
    {PRESENT.format(further=_JOINED)} AND c.force = :force AND c.stage = 'open'
      AND a.force = :force
"""
_DONE_BY: Final = """
    SELECT a.ended_by FROM mappa_actions a
    WHERE a.force = t.force AND a.id = t.source_id AND a.state = 'done'
"""


def follow_actions(
    session: Session, cases: Sequence[UUID] | None = None, because: str = "It was not to be done."
) -> Brought:
    """Bring the tasks of the force's actions to what is open; or of these cases only."""
    whose = "" if cases is None else "AND c.id = ANY (CAST(:whose AS uuid[]))"
    values = {"force": session.info["force"], "whose": list(cases or ())}
    source = Followed(Source.MAPPA_ACTION, f"{_TASK} {whose}", _DONE_BY)
    return follow(session, [source], values, subjects=cases, because=because)
