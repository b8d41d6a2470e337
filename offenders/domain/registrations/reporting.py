"""What happened to registered people in a period, and who is registered at its end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders.domain.registrations.cases import Outcome
from offenders.domain.registrations.counting import count_open
from offenders.domain.registrations.store import shown_source
from offenders.domain.working_days import day_bounds

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from offenders.domain.registrations.store import Question

# What is counted of the log: its kind, and which of its entries.
_COUNTED: Final = {
    "notifications": ("notification", "true"),
    "late_notifications": ("notification", "NOT CAST(a.details ->> 'was_in_time' AS boolean)"),
    "notices_of_travel": ("travel", "true"),
    "late_notices_of_travel": ("travel", "NOT CAST(a.details ->> 'is_in_time' AS boolean)"),
    "visits_seen": ("visit", "CAST(a.details ->> 'seen' AS boolean)"),
    "visits_failed": ("visit", "NOT CAST(a.details ->> 'seen' AS boolean)"),
    "visits_refused": ("visit", "CAST(a.details ->> 'entry_refused' AS boolean)"),
    "arms_assessments": ("arms_assessment", "true"),
    "polygraphs": ("polygraph", "true"),
    "reviews_asked": ("indefinite_review", "a.details ->> 'step' = 'application'"),
    "reviews_remaining": ("indefinite_review", "a.details ->> 'determination' = 'remains'"),
    "reviews_ceasing": ("indefinite_review", "a.details ->> 'determination' = 'ceases'"),
}
_ACTIONS: Final = """
    JOIN registration_actions a ON a.force = r.force AND a.registration_id = r.id
"""
NO_DATA: Final = "no_data"
_IS_KNOWN = text("""
    SELECT EXISTS (SELECT FROM registrations_history WHERE force = :force
                   AND recorded_from <= :as_at)
""")
_COLUMNS = ", ".join(
    f"""count(*) FILTER (WHERE a.kind = '{kind}' AND {which}) AS {name},
        count(DISTINCT r.person_id) FILTER (WHERE a.kind = '{kind}' AND {which})
            AS {name}_people"""
    for name, (kind, which) in _COUNTED.items()
)


def report_period(
    session: Session, question: Question, *, from_on: date, to_on: date, as_at: datetime
) -> dict[str, Any]:
    """Give events and people of a period of whole days, and the counts at a moment.

    What was entered in error counts nowhere.
    """
    since, until = day_bounds(from_on, to_on)
    now = replace(question, as_at=None)
    condition, values = now.condition()
    scoped = f"{condition} AND r.outcome IS DISTINCT FROM 'entered_in_error'"
    values |= {"since": since, "until": until}
    events = session.execute(
        text(f"""
            SELECT {_COLUMNS} {shown_source(_ACTIONS)} AND {scoped}
              AND a.occurred_at >= :since AND a.occurred_at < :until
        """),
        values,
    ).one()
    registered = session.execute(
        text(f"""
            SELECT count(*) {now.source} AND {scoped}
              AND r.starts_on BETWEEN :from_on AND :to_on
        """),
        values | {"from_on": from_on, "to_on": to_on},
    ).scalar_one()
    ended = session.execute(
        text(f"""
            SELECT r.outcome, count(*) AS people {now.source} AND {scoped}
              AND r.outcome_at >= :since AND r.outcome_at < :until GROUP BY 1
        """),
        values,
    )
    by_outcome = {row.outcome: row.people for row in ended}
    return {
        "from": from_on,
        "to": to_on,
        "newly_registered": registered,
        "events": {
            name: {"events": getattr(events, name), "people": getattr(events, f"{name}_people")}
            for name in _COUNTED
        },
        "ended": {
            str(each): by_outcome.get(each, 0)
            for each in Outcome
            if each != Outcome.ENTERED_IN_ERROR
        },
        "registered": _at(session, question, as_at),
    }


def _at(session: Session, question: Question, as_at: datetime) -> dict[str, Any] | str:
    """Give who was registered at a moment, by risk; before anything was recorded nobody knows."""
    values = {"force": question.scope.force, "as_at": as_at}
    if not session.execute(_IS_KNOWN, values).scalar_one():
        return NO_DATA
    filters = {**question.filters, "state": "open"}
    then = replace(question, filters=filters, as_at=as_at)
    return count_open(session, then, group_by="risk", as_at=as_at)
