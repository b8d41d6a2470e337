"""The report on outstanding suspects (HMIC, Core business, 2014, Recommendations 24 and 25)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from offenders.domain.reports import rules, store
from offenders.domain.reports.areas import by_area, find_area, rates, shown
from offenders.domain.reports.links import UNITS, Links, units, written
from offenders.domain.reports.rules import NO_DATA, PERIOD_DAYS, PERIODS, PERIODS_LIMIT
from offenders.domain.wanted.figures import LISTS
from offenders.domain.wanted.rules import Circulation, Outcome, Reason, Risk
from offenders.domain.working_days import day_bounds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.reports.areas import Area
    from offenders.domain.wanted.asking import Question

__all__ = ["PERIODS", "PERIODS_LIMIT", "PERIOD_DAYS", "Asked", "report_outstanding"]

_MOVES = ("change", "new", "gone")
_OVERDUE = ("arrest", "review", "validation", "activity")


@dataclass(frozen=True)
class Asked:
    """What the report is asked for beside its question: filters as written, trend and period."""

    filters: Mapping[str, str]
    interval: rules.Interval
    periods: int
    from_on: date
    to_on: date


def report_outstanding(session: Session, question: Question, asked: Asked) -> dict[str, Any]:
    """Give the report of a moment, `question.as_at`; raise NotFound for an area out of scope.

    What the service can't know for lack of data says `no_data`, never 0.
    """
    as_at = question.as_at or question.now
    area = find_area(session, question.scope, question.filters)
    links = Links(asked.filters, as_at)
    first = store.first_recorded_at(session)
    has_data = first is not None and first <= as_at
    head = {
        "as_at": written(as_at),
        "force": question.scope.force,
        "area": shown(area),
        "definitions": rules.DEFINITIONS,
        "first_recorded_at": written(first) if has_data and first else None,
    }
    figures = _figures(session, question, area, links) if has_data else _NOTHING_KNOWN
    return {
        **head,
        **figures,
        "trend": _trend(session, question, asked, first),
        **_ended(session, question, asked, links, first if has_data else None),
    }


_NOTHING_KNOWN = dict.fromkeys(
    (
        "outstanding",
        "headline",
        "rates",
        "by_reason",
        "by_risk",
        "by_circulation",
        "by_area",
        "domestic_abuse",
        "owner_left",
        "overdue",
        "age",
        "oldest",
    ),
    NO_DATA,
)


def _figures(session: Session, question: Question, area: Area, links: Links) -> dict[str, Any]:
    column = "neighbourhood" if question.filters.get("lpa") else "lpa"
    found = store.count_outstanding(session, question, column)
    total = found.get(("all", "all"))

    def counted(dimension: str, value: str, **link: Any) -> dict[str, Any]:
        return {**units(found.get((dimension, value))), "href": links.to(**link)}

    def listed(dimension: str, values: Iterable[str]) -> list[dict[str, Any]]:
        return [
            {dimension: value, **counted(dimension, value, **{dimension: value})}
            for value in map(str, values)
        ]

    headline: dict[str, Any] = {
        name: counted("list", name, **{key: value}) for name, (key, value) in LISTS.items()
    }
    overdue: dict[str, Any] = {name: counted("overdue", name, overdue=name) for name in _OVERDUE}
    outstanding = counted("all", "all")
    return {
        "outstanding": outstanding,
        "headline": {**headline, "people_in_any": units(found.get(("list", "any")))["people"]},
        "rates": rates(session, question, area, outstanding),
        "by_reason": listed("reason", Reason),
        "by_risk": listed("risk", Risk),
        "by_circulation": listed("circulation", Circulation),
        "by_area": by_area(session, question, column, found, links),
        "domestic_abuse": counted("domestic_abuse", "true", domestic_abuse="true"),
        "owner_left": counted("owner_left", "true", owner_left="true"),
        "overdue": {**overdue, "any": {**units(found.get(("overdue", "any"))), "href": None}},
        "age": _ages(question, found, total, links),
        "oldest": _oldest(question, total),
    }


def _ages(
    question: Question, found: Mapping[Any, Any], total: Row[Any] | None, links: Links
) -> dict[str, Any]:
    as_at = question.as_at or question.now
    bands = [
        {
            "from_days": from_days,
            "to_days": to_days,
            **units(found.get(("age", str(number)))),
            "href": links.to(entered_from=since, entered_to=before),
        }
        for number, (from_days, to_days, since, before) in enumerate(rules.age_bands(as_at))
    ]
    return {"median_days": rules.days_of(total.median_days if total else None), "bands": bands}


def _oldest(question: Question, total: Row[Any] | None) -> list[dict[str, Any]]:
    as_at = written(question.as_at or question.now)
    rows: list[dict[str, Any]] = (total.oldest or []) if total else []
    query = urlencode({"as_at": as_at})
    return [{**each, "href": f"/v1/wanted/{each['id']}?{query}"} for each in rows]


def _trend(
    session: Session, question: Question, asked: Asked, first: datetime | None
) -> dict[str, Any]:
    """Give the same count at the ends of the weeks or months before, and each change.

    Wants at the moment before, and `new`, less `gone`, are those of the moment (national.md N018).
    """
    as_at = question.as_at or question.now
    moments = rules.trend_moments(as_at, asked.interval, asked.periods)
    found = store.count_at_moments(session, question, moments) if moments and first else {}
    items: list[dict[str, Any]] = []
    before: dict[str, int] | None = None
    for place, moment in enumerate(moments):
        if first is None or moment < first:
            items.append({"as_at": written(moment), **_unknown()})
            continue
        row = found.get(place)
        counts = units(row)
        moved: dict[str, Any] = dict.fromkeys(_MOVES, NO_DATA)
        if before is not None:
            change = {unit: counts[unit] - before[unit] for unit in UNITS}
            moved = {"change": change, "new": row.new if row else 0, "gone": row.gone if row else 0}
        href = Links(asked.filters, moment).to()
        items.append({"as_at": written(moment), **counts, **moved, "href": href})
        before = counts
    return {"interval": asked.interval, "items": items}


def _unknown() -> dict[str, Any]:
    return {**dict.fromkeys((*UNITS, *_MOVES), NO_DATA), "href": None}


def _ended(
    session: Session, question: Question, asked: Asked, links: Links, first: datetime | None
) -> dict[str, Any]:
    """Give how wants ended in the period by when it happened, and the time to arrest."""
    since, before = day_bounds(asked.from_on, asked.to_on)
    period = {"from": asked.from_on, "to": asked.to_on}
    filters = {**question.filters, "state": None, "outcome_from": since, "outcome_before": before}
    found = store.count_ended(session, replace(question, filters=filters)) if first else {}
    if not found and (first is None or before <= first):
        days = {"median_days": NO_DATA, "p90_days": NO_DATA}
        return {
            "time_to_arrest": {**period, "arrested": NO_DATA, **days},
            "ended": {**period, "outcomes": NO_DATA},
        }
    outcomes = [
        {
            "outcome": str(outcome),
            **units(found.get(outcome)),
            "href": links.to(state=outcome, outcome_from=since, outcome_to=before),
        }
        for outcome in Outcome
    ]
    arrests = found.get(Outcome.ARRESTED)
    arrested = {k: v for k, v in outcomes[0].items() if k != "outcome"}
    return {
        "time_to_arrest": {
            **period,
            "arrested": arrested,
            "median_days": rules.days_of(arrests.median_days if arrests else None),
            "p90_days": rules.days_of(arrests.p90_days if arrests else None),
        },
        "ended": {**period, "outcomes": outcomes},
    }
