"""Counts of orders and the report of a period: each number with the list that returns its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from sqlalchemy import text

from offenders.domain.orders.asking import DAYS, HIDDEN, LIVE_ON, breach_bounds
from offenders.domain.orders.cases import TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from offenders.domain.orders.asking import Question

FIGURES: Final = (
    "applied",
    "granted",
    "refused",
    "in_force",
    "breached_orders",
    "breach_events",
)
_COLUMNS: Final = {
    "type": "o.type",
    "state": "s.state",
    "monitoring": "o.monitoring",
    "monitored_by": "o.monitored_by",
    "lpa": f"CASE WHEN NOT {HIDDEN} THEN s.lpa END",
    "neighbourhood": f"CASE WHEN NOT {HIDDEN} THEN s.neighbourhood END",
}
GROUPS: Final = tuple(_COLUMNS)
NO_DATA: Final = "no_data"
_PARTS: Final = ("by_type", "by_area", "by_month", "total")
_ANY = """
    SELECT EXISTS (SELECT FROM orders_history h
                   WHERE h.force = :force
                     AND h.recorded_from <= coalesce(CAST(:as_at AS timestamptz), 'infinity'))
"""
_NAMES = text("SELECT code, name FROM code_entries WHERE list = 'order_types'")


def count_by(
    session: Session, question: Question, *, group_by: Sequence[str], as_at: datetime
) -> dict[str, Any]:
    """Give the counts of a moment by all that they are grouped by."""
    condition, values = question.condition()
    columns = "".join(f"{_COLUMNS[name]} AS {name}, " for name in group_by)
    places = ", ".join(str(number) for number in range(1, len(group_by) + 1))
    grouping = f"GROUP BY {places} ORDER BY {places}" if group_by else ""
    rows = session.execute(
        text(f"""
            SELECT {columns} count(*) AS orders, count(DISTINCT o.person_id) AS people
            {question.source()} AND {condition} {grouping}
        """),
        values,
    )
    written = _written(as_at)
    counts = []
    for row in rows:
        group = {name: row[number] for number, name in enumerate(group_by)}
        asked = {**question.filters, **{n: v or "none" for n, v in group.items()}}
        link = _link("/v1/orders", {**asked, "as_at": written})
        counts.append({**group, "orders": row.orders, "people": row.people, "href": link})
    return {"as_at": written, "counts": counts}


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _link(path: str, filters: Mapping[str, Any]) -> str:
    told = {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in filters.items()
        if value is not None
    }
    return f"{path}?{urlencode(told)}"


def report(session: Session, question: Question, *, from_on: date, to_on: date) -> dict[str, Any]:
    """Give what happened on these days and what is in force on the last, by type, area, month.

    A force of which no order was ever recorded has no data, which is not 0.
    """
    told: dict[str, Any] = {
        "from": from_on,
        "to": to_on,
        "as_at": _written(question.as_at) if question.as_at else None,
        "force": session.info["force"],
    }
    known = {"force": told["force"], "as_at": question.as_at}
    if not session.execute(text(_ANY), known).scalar_one():
        return told | dict.fromkeys(_PARTS, NO_DATA)
    period = _Period(session, question, from_on, to_on)
    before = _Period(session, question, _year_before(from_on), _year_before(to_on))
    by_type_before = before.by("o.type")
    names: dict[str, str] = {row.code: row.name for row in session.execute(_NAMES)}
    wanted = question.filters.get("type")
    by_type = period.by("o.type")
    types = [each for each in TYPES if wanted in {None, each}]
    area = "neighbourhood" if "lpa" in question.filters else "lpa"
    by_area = period.by(_COLUMNS[area])
    by_month = period.by(None)
    return told | {
        "by_type": {
            each: {
                "type": each,
                "name": names.get(each),
                **period.told(by_type, each, type=each),
                "year_before": before.told(by_type_before, each, type=each),
            }
            for each in types
        },
        "by_area": [
            {area: each, **period.told(by_area, each, **{area: each or "none"})}
            for each in sorted(by_area, key=lambda each: (each is None, each))
        ],
        "by_month": [
            {"month": first.strftime("%Y-%m"), **period.month(by_month, first)}
            for first in _months(from_on, to_on)
        ],
        "total": period.told(period.by("'all'"), "all"),
    }


def _year_before(day: date) -> date:
    """Give the same day a year before; of 29 February the day before it."""
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if is_leap_day else day.day)


def _months(from_on: date, to_on: date) -> list[date]:
    months, first = [], from_on.replace(day=1)
    while first <= to_on:
        months.append(first)
        first = _next_month(first)
    return months


def _next_month(first: date) -> date:
    return first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)


class _Period:
    """Counts a period; each count with the filters of its list."""

    def __init__(self, session: Session, question: Question, from_on: date, to_on: date) -> None:
        self._session, self._question = session, question
        self._from, self._to = from_on, to_on

    def by(self, key: str | None) -> dict[Any, dict[str, int]]:
        """Give each figure by the key; by the month in which it happened where there is none."""
        condition, values = self._question.condition()
        source = self._question.source()
        bounds, more = breach_bounds(self._from, self._to)
        month = "to_char({}, 'YYYY-MM')"
        parts = [
            f"""SELECT '{name}' AS figure, {key or month.format(day)} AS key, count(*) AS n
                {source} AND {condition} AND {day} BETWEEN :from_on AND :to_on GROUP BY 2"""
            for name, day in DAYS.items()
        ]
        if key is not None:
            parts.append(
                f"""SELECT 'in_force', {key}, count(*) {source} AND {condition}
                    AND {LIVE_ON.format(day="to_on")} GROUP BY 2"""
            )
        joined = f"JOIN {self._question.breaches} ON b.force = o.force AND b.order_id = o.id"
        events = f"""{self._question.source(joined)} AND {self._question.breach_then}
            AND {condition} AND o.state <> 'entered_in_error'{bounds}"""
        happened = month.format("b.occurred_at AT TIME ZONE 'Europe/London'")
        parts += [
            f"SELECT '{name}', {key or happened}, {counted} {events} GROUP BY 2"
            for name, counted in (
                ("breached_orders", "count(DISTINCT o.id)"),
                ("breach_events", "count(*)"),
            )
        ]
        found: dict[Any, dict[str, int]] = {}
        bound = values | more | {"from_on": self._from, "to_on": self._to}
        for row in self._session.execute(text(" UNION ALL ".join(parts)), bound):
            found.setdefault(row.key, {})[row.figure] = row.n
        return found

    def told(
        self, found: Mapping[Any, Mapping[str, int]], key: Any, **group: Any
    ) -> dict[str, Any]:
        """Give the figures of one group, the rates that follow, and the list of each."""
        figures = {name: found.get(key, {}).get(name, 0) for name in FIGURES}
        return {
            **figures,
            "grant_rate": _percent(figures["granted"], figures["applied"]),
            "breach_rate": _percent(figures["breached_orders"], figures["granted"]),
            "hrefs": self._links(FIGURES, self._from, self._to, group),
        }

    def month(self, found: Mapping[Any, Mapping[str, int]], first: date) -> dict[str, Any]:
        """Give what happened in one month, or in the part of it that the period holds."""
        last = date_before(_next_month(first))
        start, end = max(first, self._from), min(last, self._to)
        names = [name for name in FIGURES if name != "in_force"]
        figures = {name: found.get(first.strftime("%Y-%m"), {}).get(name, 0) for name in names}
        return {**figures, "hrefs": self._links(names, start, end, {})}

    def _links(
        self, names: Sequence[str], first: date, last: date, group: Mapping[str, Any]
    ) -> dict[str, str]:
        asked = {**self._question.filters, **group}
        if self._question.as_at is not None:
            asked["as_at"] = _written(self._question.as_at)
        links = {}
        for name in names:
            if name == "breach_events":
                days = {"from": first, "to": last}
                links[name] = _link("/v1/order-breaches", {**asked, **days})
                continue
            days = {"in_force_on": last}
            if name != "in_force":
                stem = "breached" if name == "breached_orders" else name
                days = {f"{stem}_from": first, f"{stem}_to": last}
            links[name] = _link("/v1/orders", {**asked, **days})
        return links


def date_before(day: date) -> date:
    """Give the day before."""
    return day.fromordinal(day.toordinal() - 1)


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None
