"""What became of the hits received in a period: each in one line, all lines adding up."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from sqlalchemy import text

from offenders.domain.forensics.listing import STATE
from offenders.domain.forensics.rules import NO_DATA, STATES, days_of
from offenders.domain.working_days import day_bounds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.forensics.listing import Question

PERIOD_DAYS: Final = 365  # unless `from` says otherwise
_WHOLE: Final = None  # the group of all
_AREA_GROUPS: Final = ("force", "lpa", "neighbourhood")
# Days from identification to the arrest that it led to; an arrest before it was not its doing.
_DAYS: Final = "extract(epoch FROM (w.outcome_at - h.identified_at)) / 86400.0"
_ARRESTED: Final = """
    w.state = 'arrested' AND h.state <> 'eliminated' AND w.outcome_at >= h.identified_at
"""
_AREAS = text("SELECT code FROM lpas WHERE force = :force ORDER BY code")


@dataclass(frozen=True)
class Asked:
    """The period, by days of receipt, what to group by, and the filters as they were written."""

    from_on: date
    to_on: date
    group_by: str | None
    filters: Mapping[str, str]


def measure_progress(session: Session, question: Question, asked: Asked) -> dict[str, Any]:
    """Give hits received in the period, what became of each, and the days to arrest.

    Each line's href gives exactly its rows. Where no hit was known by the end of the period, it
    says `no_data`.
    """
    since, before = day_bounds(asked.from_on, asked.to_on)
    firsts = _first_received(session, question, asked.group_by)
    first = min(firsts.values(), default=None)
    has_data = first is not None and first < before
    period = {"received_from": since, "received_before": before}
    found = _count(session, replace(question, filters=question.filters | period), asked.group_by)
    as_at = _written(question.as_at or question.now)
    link = {
        **asked.filters,
        "received_from": str(asked.from_on),
        "received_to": str(asked.to_on),
        "as_at": as_at,
    }
    content = {
        "as_at": as_at,
        "from": asked.from_on,
        "to": asked.to_on,
        **_line(found[_WHOLE, None], link, has_data=has_data),
    }
    if asked.group_by is not None:
        is_area = asked.group_by in _AREA_GROUPS
        groups = _groups(session, question, asked.group_by, {*firsts} if is_area else {*found})
        content["groups"] = [
            {
                asked.group_by: group,
                **_line(
                    found["group", group],
                    {**link, asked.group_by: group or "none"},
                    has_data=group in firsts and firsts[group] < before if is_area else has_data,
                ),
            }
            for group in groups
        ]
    return content


def _line(rows: Iterable[Row[Any]], link: Mapping[str, str], *, has_data: bool) -> dict[str, Any]:
    if not has_data:
        nothing: dict[str, Any] = {"median": NO_DATA, "p90": NO_DATA, "hits": NO_DATA}
        return {
            "received": NO_DATA,
            "href": None,
            "by_state": {state: {"hits": NO_DATA, "href": None} for state in STATES},
            "days_to_arrest": nothing,
        }
    by_state = {row.state: row.hits for row in rows if row.state is not None}
    whole = next((row for row in rows if row.state is None), None)
    return {
        "received": whole.hits if whole else 0,
        "href": _href(link),
        "by_state": {
            state: {"hits": by_state.get(state, 0), "href": _href({**link, "state": state})}
            for state in STATES
        },
        "days_to_arrest": {
            "median": days_of(whole.median if whole else None),
            "p90": days_of(whole.p90 if whole else None),
            "hits": whole.arrested if whole else 0,
        },
    }


def _count(
    session: Session, question: Question, group_by: str | None
) -> dict[tuple[str | None, str | None], list[Row[Any]]]:
    """Give rows (state, hits, arrested, median, p90) of all and of each group."""
    condition, values = question.condition()
    column = f"h.{group_by}" if group_by else "CAST(NULL AS text)"
    percentile = "percentile_cont({}) WITHIN GROUP (ORDER BY days) FILTER (WHERE is_arrested)"
    statement = f"""
        SELECT grouped, state, grouping(grouped) = 0 AS is_group, count(*) AS hits,
               count(*) FILTER (WHERE is_arrested) AS arrested,
               {percentile.format(0.5)} AS median, {percentile.format(0.9)} AS p90
        FROM (SELECT {column} AS grouped, {STATE} AS state, {_DAYS} AS days,
                     coalesce({_ARRESTED}, false) AS is_arrested
              {question.source} AND {condition}) hits
        GROUP BY GROUPING SETS ((state), (), (grouped, state), (grouped))
    """
    found: dict[tuple[str | None, str | None], list[Row[Any]]] = defaultdict(list)
    for row in session.execute(text(statement), values):
        found["group" if row.is_group else _WHOLE, row.grouped].append(row)
    return found


def _first_received(
    session: Session, question: Question, group_by: str | None
) -> dict[str | None, datetime]:
    """Give the first receipt known of each area; one that is not there sent nothing ever.

    Grouped by something else, or not at all, it is that of the whole.
    """
    areas = {name: question.filters.get(name) for name in _AREA_GROUPS}
    condition, values = replace(question, filters=areas).condition()
    column = f"h.{group_by}" if group_by in _AREA_GROUPS else "CAST(NULL AS text)"
    statement = f"""
        SELECT {column} AS grouped, min(h.received_at) AS first
        {question.source} AND {condition} GROUP BY 1
    """
    return {row.grouped: row.first for row in session.execute(text(statement), values)}


def _groups(
    session: Session, question: Question, group_by: str, known: set[Any]
) -> list[str | None]:
    """Give the groups to show: every LPA of the reader, also one that never sent anything."""
    if group_by not in _AREA_GROUPS:
        return sorted(group for kind, group in known if kind == "group")
    if group_by == "lpa" and not any(question.filters.get(n) for n in ("lpa", "neighbourhood")):
        areas = session.execute(_AREAS, {"force": question.scope.force}).scalars()
        known |= {each for each in areas if question.scope.covers(each, None)}
    return sorted(known, key=lambda each: (each is None, each or ""))


def _href(parameters: Mapping[str, str]) -> str:
    return f"/v1/forensic-hits?{urlencode(parameters)}"


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
