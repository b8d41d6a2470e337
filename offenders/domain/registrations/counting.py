"""Counts of registered people by risk, state or place, and what is overdue; each with its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from sqlalchemy import text

from offenders.domain.registrations.shown import HIDDEN, TEAM
from offenders.domain.registrations.store import AREAS

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from offenders.domain.registrations.store import Question

PATH: Final = "/v1/registrations"
OVERDUE: Final = ("visit_overdue", "notification_overdue", "arms_overdue")
_GROUPED: Final = {
    "force": "r.force",
    "risk": "r.risk",
    "state": "s.state",
    "management": "r.management",
    "owner": "r.owner_officer",
    "team": TEAM,
    **{name: f"CASE WHEN NOT {HIDDEN} THEN s.{name} END" for name in AREAS},
}


def count_open(
    session: Session, question: Question, *, group_by: str | None, as_at: datetime
) -> dict[str, Any]:
    """Give counts of people at a moment by what they are grouped by, and a headline."""
    written = as_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    condition, values = question.condition()
    asked = {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in question.filters.items()
    }
    counts = []
    if group_by is not None:
        statement = f"""
            SELECT {_GROUPED[group_by]} AS value, count(DISTINCT r.person_id) AS people
            {question.source} AND {condition} GROUP BY 1 ORDER BY 1
        """
        for row in session.execute(text(statement), values):
            href = _href(asked | {group_by: row.value or "none"}, written)
            counts.append({group_by: row.value, "people": row.people, "href": href})
    return {
        "as_at": written,
        "counts": counts,
        "headline": _headline(session, question, asked, written),
    }


def _headline(
    session: Session, question: Question, asked: dict[str, Any], written: str
) -> dict[str, Any]:
    """Give how many there are, what is overdue of them, and the coverage of ARMS.

    Coverage counts who is in the community; without anybody there it is `no_data`.
    """
    condition, values = question.condition()
    overdue = ", ".join(f"count(*) FILTER (WHERE d.{name}) AS {name}" for name in OVERDUE)
    row = session.execute(
        text(f"""
            SELECT count(*) AS people, {overdue},
                   count(*) FILTER (WHERE s.state = 'registered') AS supervised,
                   count(*) FILTER (WHERE s.state = 'registered' AND r.last_arms_on IS NOT NULL
                                    AND NOT d.arms_overdue) AS assessed
            {question.source} AND {condition}
        """),
        values,
    ).one()
    percent = round(100 * row.assessed / row.supervised, 1) if row.supervised else "no_data"
    headline: dict[str, Any] = {
        "registered": {"people": row.people, "href": _href(asked, written)},
        "arms_current": {
            "people": row.assessed,
            "of": row.supervised,
            "percent": percent,
        },
    }
    for name in OVERDUE:
        href = _href(asked | {name: "true"}, written)
        headline[name] = {"people": getattr(row, name), "href": href}
    return headline


def _href(asked: dict[str, Any], written: str) -> str:
    return f"{PATH}?{urlencode({**asked, 'as_at': written})}"
