"""Tasks of differences between PNC and register, each with its flag and as long as that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from offenders.domain.pnc.rules import DIFFERENCE
from offenders.domain.tasks.rules import Source
from offenders.domain.tasks.service import Brought, Followed, follow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_TASK: Final = """
    SELECT f.subject_id AS source_id, '' AS occasion, f.subject_type, f.subject_id,
           f.subject_reference, f.person_id, f.lpa, f.neighbourhood, f.owner_officer, f.owner_team,
           'Find out which of PNC and the wanted register is right, and put the other right'
               AS action,
           coalesce(f.due_at, f.raised_at) AS due_at
    FROM flags f
    WHERE f.force = :force AND f.rule = :rule AND f.state <> 'cleared'
"""
_DONE_BY: Final = "SELECT 'service'"


def follow_differences(session: Session) -> Brought:
    """Bring the tasks of the force's differences to those that are flagged."""
    values = {"force": session.info["force"], "rule": DIFFERENCE}
    return follow(session, [Followed(Source.PNC_DIFFERENCE, _TASK, _DONE_BY)], values)
