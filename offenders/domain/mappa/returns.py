"""The annual return, and what MAPPA did over a period; each number links to exactly its rows.

Categories are a snapshot on 31 March; everything else is for 1 April to 31 March. Both go by when
things happened, as known now.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from sqlalchemy import text

from offenders import clock
from offenders.domain.mappa.reading import count_cases
from offenders.domain.mappa.shown import SUMMARY_HOLDS
from offenders.domain.working_days import day_bounds
from offenders.errors import Invalid

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from offenders.domain.mappa.asking import Question

FIRST_YEAR: Final = 2002  # the first return was for the year to 31 March 2002
_LEVELS: Final = (1, 2, 3)
_BASE: Final = {"kind": "mappa"}
# Each number of the period with the event it counts and the levels by which it is told.
_OF_THE_YEAR: Final = {
    "managed": ("managed", (2, 3)),
    "entered": ("started", (None,)),
    "left": ("ended", (None,)),
    "returned_to_custody": ("returned_to_custody", _LEVELS),
    "serious_further_offences": ("further_offence", _LEVELS),
    "serious_case_reviews": ("case_review", _LEVELS),
}
_ELSEWHERE: Final = {
    "lifetime_notifications_revoked": "registrations",
    "breaches_of_notification": "registrations",
    "restrictive_orders_imposed": "orders",
    "breaches_of_sexual_risk_orders": "orders",
}
_MOST_DAYS: Final = 3 * 366
NO_DATA: Final = "no_data"
_ANY: Final = text("""
    SELECT EXISTS (SELECT FROM mappa_cases
                   WHERE force = :force AND kind = 'mappa' AND started_on <= :by)
""")


def annual_return(session: Session, question: Question, year: int | None) -> dict[str, Any]:
    """Give the return for the year that ends on 31 March of `year`; the last one unless told."""
    today = clock.today()
    last = today.year if today > date(today.year, 3, 31) else today.year - 1
    year = year or last
    if not FIRST_YEAR <= year <= last:
        message = f"Send the year in which it ends, {FIRST_YEAR} to {last}."
        raise Invalid.field("/year", message)
    from_on, to_on = date(year - 1, 4, 1), date(year, 3, 31)
    known = {"year": year, "from": from_on, "to": to_on, "snapshot_on": to_on}
    known["elsewhere"] = {
        name: {"value": NO_DATA, "held_by": held_by} for name, held_by in _ELSEWHERE.items()
    }
    if not _has_cases(session, to_on):
        return {**known, "categories": NO_DATA, "period": NO_DATA}
    period = {"from_on": from_on, "to_on": to_on}
    happened = {
        name: [_happened(session, question, event, level, period) for level in levels]
        for name, (event, levels) in _OF_THE_YEAR.items()
    }
    return {**known, "categories": _snapshot(session, question, to_on), "period": happened}


def _has_cases(session: Session, by: date) -> bool:
    """Tell whether the force has ever told of a case that had begun by then."""
    values = {"force": session.info["force"], "by": by}
    return bool(session.execute(_ANY, values).scalar_one())


def _snapshot(session: Session, question: Question, on: date) -> dict[str, Any]:
    asked = replace(question, filters={**question.filters, **_BASE, "on": on})
    condition, values = asked.condition()
    sql = f"""
        SELECT o.category, o.level, count(*) AS cases, count(DISTINCT c.person_id) AS people
        {asked.source} AND {condition} GROUP BY o.category, o.level ORDER BY o.category, o.level
    """
    rows = list(session.execute(text(sql), values))
    found = {(row.category, row.level): row for row in rows}
    cells = []
    for category in (1, 2, 3, 4):
        for level in _LEVELS:
            row = found.get((category, level))
            where = {"on": on, "category": category, "level": level}
            cells.append(
                {
                    "category": category,
                    "level": level,
                    "cases": row.cases if row else 0,
                    "people": row.people if row else 0,
                    "href": _href(question, {**where, "stage": "all"}),
                }
            )
    total = sum(row.cases for row in rows)
    return {"total": total, "href": _href(question, {"on": on, "stage": "all"}), "cells": cells}


def _happened(
    session: Session,
    question: Question,
    event: str,
    level: int | None,
    period: dict[str, date],
) -> dict[str, Any]:
    filters = {**question.filters, **_BASE, **period, "event": event, "event_level": level}
    count = count_cases(session, replace(question, filters=filters))
    asked = {
        "event": event,
        "from": period["from_on"],
        "to": period["to_on"],
        "event_level": level,
        "stage": "all",
    }
    return {"level": level, "cases": count, "href": _href(question, asked)}


def _href(question: Question, asked: dict[str, Any], *, is_mappa: bool = True) -> str:
    own = {name: question.filters.get(name) for name in ("lpa", "neighbourhood")}
    base = _BASE if is_mappa else {}
    given = {k: v for k, v in {**base, **own, **asked}.items() if v is not None}
    return f"/v1/mappa/cases?{urlencode(given)}"


def report_mappa(
    session: Session, question: Question, from_on: date, to_on: date
) -> dict[str, Any]:
    """Give what stands now and what was done from one day to another, both included."""
    if to_on < from_on or (to_on - from_on).days > _MOST_DAYS:
        raise Invalid.field("/to", "Send a day not before `from` and at most three years later.")
    begins, ends = day_bounds(from_on, to_on)
    bounds = {"begins": begins, "ends": ends}
    known = {"as_at": question.as_at or question.now, "from": from_on, "to": to_on}
    if not _has_cases(session, to_on):
        parts = ("standing", "meetings", "attendance", "actions", "local_summaries")
        return {**known, **dict.fromkeys(parts, NO_DATA)}
    plain = replace(question, filters=dict(question.filters))
    return {
        **known,
        "standing": _standing(session, plain),
        "meetings": _meetings(session, plain, bounds),
        "attendance": _attendance(session, plain, bounds),
        "actions": _actions(session, plain, bounds),
        "local_summaries": _summaries(session, plain),
    }


def _standing(session: Session, question: Question) -> dict[str, Any]:
    asked = replace(question, filters={**question.filters, "stage": "open"})
    condition, values = asked.condition()
    sql = f"""
        SELECT c.kind, c.category, c.level, c.state, count(*) AS cases,
               count(*) FILTER (WHERE c.meeting_due_at < :now) AS overdue,
               count(*) FILTER (WHERE cardinality(c.unconfirmed) > 0) AS unconfirmed
        {asked.source} AND {condition}
        GROUP BY c.kind, c.category, c.level, c.state
        ORDER BY c.kind, c.category, c.level, c.state
    """
    rows = list(session.execute(text(sql), values))
    as_at = {"as_at": question.as_at.isoformat()} if question.as_at else {}
    counts = []
    for row in rows:
        where = {name: getattr(row, name) for name in ("kind", "category", "level", "state")}
        href = _href(question, {**where, **as_at}, is_mappa=False)
        counts.append({**where, "cases": row.cases, "href": href})
    overdue = {"meeting_overdue": "true", **as_at}
    unconfirmed = {"unconfirmed": "true", **as_at}
    return {
        "cases": sum(row.cases for row in rows),
        "counts": counts,
        "meeting_overdue": {
            "cases": sum(row.overdue for row in rows),
            "href": _href(question, overdue, is_mappa=False),
        },
        "unconfirmed": {
            "cases": sum(row.unconfirmed for row in rows),
            "href": _href(question, unconfirmed, is_mappa=False),
        },
    }


def _rows(session: Session, question: Question, select: str, joined: str, **bounds: Any) -> Any:
    """Give rows over the cases of the question, whatever their stage, as known now."""
    present = replace(question, as_at=None)
    condition, values = present.condition()
    source = present.source.replace("WHERE true", f"{joined} WHERE true")
    sql = select.format(source=f"{source} AND {condition}")
    return session.execute(text(sql), values | bounds)


_HELD_MEETINGS: Final = """
    JOIN mappa_meetings m ON m.force = c.force AND m.case_id = c.id
         AND m.held_at >= :begins AND m.held_at < :ends
"""


def _meetings(session: Session, question: Question, bounds: dict[str, Any]) -> list[dict[str, Any]]:
    select = """
        SELECT m.type, m.level, count(*) AS held,
               count(*) FILTER (WHERE m.was_due_at IS NULL OR m.held_at <= m.was_due_at) AS in_time,
               count(*) FILTER (WHERE m.minutes_due_at IS NOT NULL) AS to_be_minuted,
               count(*) FILTER (WHERE m.minutes IS NOT NULL) AS minuted
        {source} GROUP BY m.type, m.level ORDER BY m.type, m.level
    """
    rows = _rows(session, question, select, _HELD_MEETINGS, **bounds)
    return [{**row._mapping, "percent_in_time": _percent(row.in_time, row.held)} for row in rows]  # noqa: SLF001


def _attendance(
    session: Session, question: Question, bounds: dict[str, Any]
) -> list[dict[str, Any]]:
    select = """
        SELECT a.agency, c.kind, c.category, count(*) AS expected,
               count(*) FILTER (WHERE a.attended) AS attended
        {source} GROUP BY a.agency, c.kind, c.category ORDER BY a.agency, c.kind, c.category
    """
    joined = f"""{_HELD_MEETINGS}
        CROSS JOIN LATERAL (
            SELECT t.agency, bool_or(t.attended) AS attended
            FROM jsonb_to_recordset(m.attendance) t (agency text, attended bool)
            GROUP BY t.agency) a
    """
    rows = _rows(session, question, select, joined, **bounds)
    return [{**row._mapping, "percent": _percent(row.attended, row.expected)} for row in rows]  # noqa: SLF001


def _actions(session: Session, question: Question, bounds: dict[str, Any]) -> dict[str, Any]:
    select = """
        SELECT count(*) FILTER (WHERE a.state = 'done' AND a.ended_at >= :begins
                                  AND a.ended_at < :ends) AS done,
               count(*) FILTER (WHERE a.state = 'done' AND a.ended_at >= :begins
                                  AND a.ended_at < :ends AND a.ended_at <= a.due_at) AS in_time,
               count(*) FILTER (WHERE a.state = 'open') AS open,
               count(*) FILTER (WHERE a.state = 'open' AND a.due_at < :now) AS overdue
        {source}
    """
    joined = "JOIN mappa_actions a ON a.force = c.force AND a.case_id = c.id"
    row = _rows(session, question, select, joined, **bounds).one()
    return {**row._mapping, "percent_in_time": _percent(row.in_time, row.done)}  # noqa: SLF001


def _summaries(session: Session, question: Question) -> dict[str, Any]:
    select = """
        SELECT count(*) AS needed, count(b.id) AS published
        {source} AND c.stage = 'open' AND c.level >= 2 AND c.state = 'community'
    """
    joined = f"""
        LEFT JOIN mappa_local_summaries b ON b.force = c.force AND b.case_id = c.id
             AND {SUMMARY_HOLDS}
    """
    row = _rows(session, question, select, joined).one()
    return {**row._mapping, "percent": _percent(row.published, row.needed)}  # noqa: SLF001


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None
