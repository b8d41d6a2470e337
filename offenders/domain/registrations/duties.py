"""Tasks of registered people: home visits, assessments and reviews that fall due."""

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
    SELECT r.id AS source_id, CAST({occasion} AS text) AS occasion,
           'registration' AS subject_type, r.id AS subject_id, r.reference AS subject_reference,
           r.person_id, s.lpa, s.neighbourhood, r.owner_officer, r.owner_team,
           '{action}' AS action,
           ({due_on} + 1)::timestamp AT TIME ZONE 'Europe/London' AS due_at
    {source} AND r.state <> 'closed' AND {due_on} <= CAST(:today AS date) + CAST(:{lead} AS int)
"""
_DONE_BY: Final = """
    SELECT a.actor FROM registration_actions a
    WHERE a.force = t.force AND a.registration_id = t.subject_id AND {}
      AND a.recorded_at > t.recorded_at
    ORDER BY a.recorded_at DESC LIMIT 1
"""
# Each with the act that does it: a visit planned, or at which nobody was seen, is none.
_PARTS: Final[dict[str, tuple[dict[str, str], str]]] = {
    Source.REGISTRATION_VISIT: (
        {
            "occasion": "r.visit_from_on",
            "action": "Visit the registered person at home and record who was seen",
            "due_on": "d.visit_due_on",
        },
        "a.kind = 'visit' AND a.details ->> 'seen' = 'true'",
    ),
    Source.ARMS_ASSESSMENT: (
        {
            "occasion": "r.arms_from_on",
            "action": "Make the ARMS assessment of the registered person",
            "due_on": "d.arms_due_on",
        },
        "a.kind = 'arms_assessment'",
    ),
    Source.REGISTRATION_REVIEW: (
        {
            "occasion": "r.reactive_review_due_on",
            "action": "Review whether the registered person may go on without visits",
            "due_on": "CASE WHEN s.state = 'registered' THEN r.reactive_review_due_on END",
        },
        "a.kind = 'management'",
    ),
}


def _followed(*, is_some: bool) -> tuple[Followed, ...]:
    """Give every kind of task of registrations; of those in `:whose`, if only some are asked."""
    source, whose = shown_source(), " AND r.id = ANY (CAST(:whose AS uuid[]))" if is_some else ""
    return tuple(
        Followed(
            kind,
            _TASK.format(source=source, lead=f"{kind}_lead", **parts) + whose,
            _DONE_BY.format(act),
        )
        for kind, (parts, act) in _PARTS.items()
    )


_EVERY: Final = _followed(is_some=False)
_SOME: Final = _followed(is_some=True)


def follow_registrations(
    session: Session, records: Sequence[UUID] | None = None, because: str = "Nothing is due now."
) -> Brought:
    """Bring the tasks of the force's registrations to what is due; or of these only."""
    leads = lead_days(session)
    values = figure_values(session.info["force"], clock.today()) | {
        **{f"{kind}_lead": leads[kind] for kind in _PARTS},
        "whose": list(records or ()),
    }
    sources = _EVERY if records is None else _SOME
    return follow(session, sources, values, subjects=records, because=because)
