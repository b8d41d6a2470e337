"""Tasks of wants: the review by a supervisor that every want has."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from offenders import clock
from offenders.domain.tasks.rules import Source
from offenders.domain.tasks.service import Brought, Followed, end_followed, follow, lead_days

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

_TASK: Final = """
    SELECT w.id AS source_id, CAST(coalesce(w.last_reviewed_at, w.entered_at) AS text) AS occasion,
           'want' AS subject_type, w.id AS subject_id, w.reference AS subject_reference,
           w.person_id, w.lpa, w.neighbourhood, w.owner_officer, w.owner_team,
           'Review the want as supervisor and record what to do next' AS action,
           w.review_due_at AS due_at
    FROM wants w
    WHERE w.force = :force AND w.state = 'outstanding'
      AND w.review_due_at <= :soon {whose}
"""
_DONE_BY: Final = """
    SELECT a.actor FROM want_actions a
    WHERE a.force = t.force AND a.want_id = t.subject_id AND a.kind = 'review'
      AND a.recorded_at > t.recorded_at
    ORDER BY a.recorded_at DESC LIMIT 1
"""


def follow_reviews(
    session: Session, wants: Sequence[UUID] | None = None, because: str = "No review is due now."
) -> Brought:
    """Bring the tasks of the force's reviews to what is due; or of these wants only."""
    values = {
        "force": session.info["force"],
        "soon": clock.now() + timedelta(days=lead_days(session)[Source.WANT_REVIEW]),
        "whose": list(wants or ()),
    }
    sql = _TASK.format(whose="" if wants is None else "AND w.id = ANY (CAST(:whose AS uuid[]))")
    source = Followed(Source.WANT_REVIEW, sql, _DONE_BY)
    return follow(session, [source], values, subjects=wants, because=because)


def end_differences(
    session: Session, wants: Sequence[UUID], because: str, *, is_done: bool
) -> None:
    """End the tasks of how these wants differ from PNC: put right, or to be compared anew."""
    end_followed(session, Source.PNC_DIFFERENCE, wants, because, is_done=is_done)
