"""What happened to registered people in a period, and who is registered at its end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from sqlalchemy import text

from offenders.domain.registrations.cases import Outcome
from offenders.domain.registrations.counting import count_open
from offenders.domain.registrations.store import shown_source
from offenders.domain.working_days import day_bounds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import Row
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
NEW: Final = "newly_registered"
ENDED: Final = "ended_"
_ENDS: Final = tuple(str(each) for each in Outcome if each != Outcome.ENTERED_IN_ERROR)
COUNTS: Final = (NEW, *_COUNTED, *(f"{ENDED}{each}" for each in _ENDS))
_BEGAN: Final = "starts_on BETWEEN :from_on AND :to_on"
_WHEN, _NO_ENTRY = "a.occurred_at", "CAST(NULL AS uuid)"
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


@dataclass(frozen=True)
class Period:
    """Whole days, both included, of the area that a question names."""

    question: Question
    from_on: date
    to_on: date

    @property
    def scoped(self) -> tuple[str, dict[str, Any]]:
        """Give whose registrations count, with all values; what was entered in error doesn't."""
        since, until = day_bounds(self.from_on, self.to_on)
        condition, values = replace(self.question, as_at=None).condition()
        days = {"from_on": self.from_on, "to_on": self.to_on, "since": since, "until": until}
        return f"{condition} AND r.outcome IS DISTINCT FROM 'entered_in_error'", values | days

    def href(self, count: str) -> str:
        """Give the address of exactly the rows of a count."""
        areas = {k: self.question.filters.get(k) for k in ("force", "lpa", "neighbourhood")}
        asked = {k: v for k, v in areas.items() if v is not None} | {"count_of": count}
        period = {"from": str(self.from_on), "to": str(self.to_on)}
        return f"/v1/reports/registrations/records?{urlencode(asked | period)}"


def report_period(session: Session, period: Period, *, as_at: datetime) -> dict[str, Any]:
    """Give events and people of a period of whole days, and the counts at a moment.

    Each count has the address of exactly its rows.
    """
    scoped, values = period.scoped
    events = session.execute(
        text(f"""
            SELECT {_COLUMNS} {shown_source(_ACTIONS)} AND {scoped}
              AND a.occurred_at >= :since AND a.occurred_at < :until
        """),
        values,
    ).one()
    registrations = session.execute(
        text(f"""
            SELECT {_counted(NEW, f"r.{_BEGAN}")},
                   {", ".join(_counted(f"{ENDED}{each}", _ended(each)) for each in _ENDS)}
            {shown_source()} AND {scoped}
        """),
        values,
    ).one()

    def counted(name: str) -> dict[str, Any]:
        return {
            "registrations": getattr(registrations, name),
            "people": getattr(registrations, f"{name}_people"),
            "href": period.href(name),
        }

    return {
        "from": period.from_on,
        "to": period.to_on,
        NEW: counted(NEW),
        "events": {
            name: {
                "events": getattr(events, name),
                "people": getattr(events, f"{name}_people"),
                "href": period.href(name),
            }
            for name in _COUNTED
        },
        "ended": {each: counted(f"{ENDED}{each}") for each in _ENDS},
        "registered": _at(session, period.question, as_at),
    }


def _counted(name: str, which: str) -> str:
    return f"""count(*) FILTER (WHERE {which}) AS {name},
        count(DISTINCT r.person_id) FILTER (WHERE {which}) AS {name}_people"""


def _ended(outcome: str) -> str:
    return f"r.outcome = '{outcome}' AND r.outcome_at >= :since AND r.outcome_at < :until"


def _rows(count: str) -> tuple[str, str, str, str]:
    """Give of a count (source, which rows, their moment, the entry of the log or null)."""
    if count in _COUNTED:
        kind, which = _COUNTED[count]
        within = "a.occurred_at >= :since AND a.occurred_at < :until"
        return shown_source(_ACTIONS), f"a.kind = '{kind}' AND {which} AND {within}", _WHEN, "a.id"
    if count == NEW:
        began = "r.starts_on::timestamp AT TIME ZONE 'Europe/London'"
        return shown_source(), f"r.{_BEGAN}", began, _NO_ENTRY
    return shown_source(), _ended(count.removeprefix(ENDED)), "r.outcome_at", _NO_ENTRY


def list_counted(
    session: Session, period: Period, count: str, after: Sequence[Any] | None, limit: int
) -> list[Row[Any]]:
    """Give the rows of a count, the earliest first, as (json, at, id, registration_id, person_id).

    They name the registration and, of an event, the entry of its log; no person.
    """
    scoped, values = period.scoped
    source, which, at, entry = _rows(count)
    key = f"coalesce({entry}, r.id)"
    if after is not None:
        which += f" AND ({at}, {key}) > (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid))"
        values |= {"after_at": after[0], "after_id": after[1]}
    statement = f"""
        SELECT json_build_object('registration_id', r.id, 'reference', r.reference,
                   'entry_id', {entry}, 'at', {at},
                   'href', '/v1/registrations/' || r.id)::text AS body,
               ({at})::text AS at, {key} AS id, r.id AS registration_id, r.person_id
        {source} AND {scoped} AND {which} ORDER BY {at}, {key} LIMIT :limit
    """
    return list(session.execute(text(statement), values | {"limit": limit}))


def _at(session: Session, question: Question, as_at: datetime) -> dict[str, Any] | str:
    """Give who was registered at a moment, by risk; before anything was recorded nobody knows."""
    values = {"force": question.scope.force, "as_at": as_at}
    if not session.execute(_IS_KNOWN, values).scalar_one():
        return NO_DATA
    filters = {**question.filters, "state": "open"}
    then = replace(question, filters=filters, as_at=as_at)
    return count_open(session, then, group_by="risk", as_at=as_at)
