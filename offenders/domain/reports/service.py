"""The report on outstanding suspects (HMIC, Core business, 2014, Recommendations 24 and 25)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from offenders.domain.reference import populations
from offenders.domain.reference import service as reference
from offenders.domain.reports import rules, store
from offenders.domain.reports.rules import NO_DATA, OLDEST, PERIOD_DAYS, PERIODS, PERIODS_LIMIT
from offenders.domain.wanted.figures import LISTS
from offenders.domain.wanted.rules import Circulation, Outcome, Reason, Risk
from offenders.domain.working_days import day_bounds, london_day
from offenders.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope
    from offenders.domain.wanted.store import Question

__all__ = ["OLDEST", "PERIODS", "PERIODS_LIMIT", "PERIOD_DAYS", "Asked", "report_outstanding"]

_UNITS = ("crimes", "wants", "people")
_OVERDUE = ("arrest", "review", "validation", "activity")


@dataclass(frozen=True)
class Asked:
    """What the report is asked for beside its question: filters as written, trend and period."""

    filters: Mapping[str, str]
    interval: rules.Interval
    periods: int
    from_on: date
    to_on: date


class _Links:
    """Makes the address that returns exactly the rows of a figure."""

    def __init__(self, asked: Mapping[str, str], as_at: datetime) -> None:
        self._base = {**asked, "state": "outstanding", "as_at": _written(as_at)}

    def to(self, **more: Any) -> str:
        given = {
            name: _written(value) if hasattr(value, "astimezone") else value
            for name, value in {**self._base, **more}.items()
        }
        return f"/v1/wanted?{urlencode({k: v for k, v in given.items() if v is not None})}"


def report_outstanding(session: Session, question: Question, asked: Asked) -> dict[str, Any]:
    """Give the report of a moment, `question.as_at`; raise NotFound for an area out of scope.

    What the service can't know for lack of data says `no_data`, never 0.
    """
    as_at = question.as_at or question.now
    area = _find_area(session, question.scope, question.filters)
    links = _Links(asked.filters, as_at)
    first = store.first_recorded_at(session)
    has_data = first is not None and first <= as_at
    head = {
        "as_at": _written(as_at),
        "force": question.scope.force,
        "area": _shown(area),
        "definitions": rules.DEFINITIONS,
        "first_recorded_at": _written(first) if has_data and first else None,
    }
    figures = _figures(session, question, area, links) if has_data else _NOTHING_KNOWN
    return {
        **head,
        **figures,
        "trend": _trend(session, question, asked, first),
        **_ended(session, question, asked, links, first),
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


@dataclass(frozen=True)
class _Area:
    """What the figures cover: type and code of one whole area, or a part of several."""

    type: str | None
    code: str | None


def _find_area(session: Session, scope: Scope, filters: Mapping[str, Any]) -> _Area:
    """Give the area asked for, which must be there and lie in scope."""
    if filters.get("force") not in {None, scope.force}:
        raise NotFound
    lpa, neighbourhood = filters.get("lpa"), filters.get("neighbourhood")
    if "none" in {lpa, neighbourhood}:
        return _Area(None, None)
    if neighbourhood is not None:
        found = reference.lpa_of(session, scope.force, neighbourhood)
        if found is None or lpa not in {None, found} or not scope.covers(found, neighbourhood):
            raise NotFound
        return _Area("neighbourhood", neighbourhood)
    if lpa is not None:
        return _find_lpa(session, scope, lpa)
    if scope.is_whole_force:
        return _Area("force", scope.force)
    is_one = len(scope.lpas) == 1 and not scope.neighbourhoods
    return _Area("lpa", scope.lpas[0]) if is_one else _Area(None, None)


def _find_lpa(session: Session, scope: Scope, lpa: str) -> _Area:
    inside = store.list_areas(session, lpa)
    is_known = inside or any(row.code == lpa for row in store.list_areas(session, None))
    if is_known and scope.covers(lpa, None):
        return _Area("lpa", lpa)
    if {row.code for row in inside} & set(scope.neighbourhoods):
        return _Area(None, None)
    raise NotFound


def _shown(area: _Area) -> dict[str, Any]:
    return {"type": area.type or "part", "code": area.code}


def _figures(session: Session, question: Question, area: _Area, links: _Links) -> dict[str, Any]:
    column = "neighbourhood" if question.filters.get("lpa") else "lpa"
    rows = store.count_outstanding(session, question, column)
    found = {(row.dimension, row.value): row for row in rows}
    total = found.get(("all", "all"))

    def counted(dimension: str, value: str, **link: Any) -> dict[str, Any]:
        return {**_units(found.get((dimension, value))), "href": links.to(**link)}

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
        "headline": {**headline, "people_in_any": _units(found.get(("list", "any")))["people"]},
        "rates": _rates(session, question, area, outstanding),
        "by_reason": listed("reason", Reason),
        "by_risk": listed("risk", Risk),
        "by_circulation": listed("circulation", Circulation),
        "by_area": _by_area(session, question, column, found, links),
        "domestic_abuse": counted("domestic_abuse", "true", domestic_abuse="true"),
        "owner_left": counted("owner_left", "true", owner_left="true"),
        "overdue": {**overdue, "any": {**_units(found.get(("overdue", "any"))), "href": None}},
        "age": _ages(question, found, total, links),
        "oldest": _oldest(question, total),
    }


def _units(row: Row[Any] | None) -> dict[str, int]:
    return {unit: getattr(row, unit) if row else 0 for unit in _UNITS}


def _ages(
    question: Question, found: Mapping[Any, Any], total: Row[Any] | None, links: _Links
) -> dict[str, Any]:
    as_at = question.as_at or question.now
    bands = [
        {
            "from_days": from_days,
            "to_days": to_days,
            **_units(found.get(("age", str(number)))),
            "href": links.to(entered_from=since, entered_to=before),
        }
        for number, (from_days, to_days, since, before) in enumerate(rules.age_bands(as_at))
    ]
    return {"median_days": rules.days_of(total.median_days if total else None), "bands": bands}


def _oldest(question: Question, total: Row[Any] | None) -> list[dict[str, Any]]:
    as_at = _written(question.as_at or question.now)
    rows: list[dict[str, Any]] = (total.oldest or []) if total else []
    query = urlencode({"as_at": as_at})
    return [{**each, "href": f"/v1/wanted/{each['id']}?{query}"} for each in rows]


def _denominators(session: Session, area_type: str, question: Question) -> dict[str, Any]:
    as_at = question.as_at or question.now
    return populations.denominators(session, area_type, as_at, london_day(as_at).year)


def _rate(counts: Mapping[str, Any], population: Any) -> dict[str, Any] | str:
    """Give people and crimes per 1,000, and the population that they were divided by."""
    if population is None:
        return NO_DATA
    return {
        "people_per_1000": rules.per_1000(counts["people"], population.population),
        "crimes_per_1000": rules.per_1000(counts["crimes"], population.population),
        "population": population.population,
        "year": population.year,
        "group": population.group,
        "source": population.source,
    }


def _rates(
    session: Session, question: Question, area: _Area, counts: Mapping[str, Any]
) -> dict[str, Any] | str:
    if area.type is None or area.code is None:
        return NO_DATA
    return _rate(counts, _denominators(session, area.type, question).get(area.code))


def _by_area(
    session: Session, question: Question, column: str, found: Mapping[Any, Any], links: _Links
) -> list[dict[str, Any]]:
    """Give every LPA, or neighbourhood of the LPA asked, that the reader has whole or in part."""
    scope, lpa = question.scope, question.filters.get("lpa")
    if question.filters.get("neighbourhood") is not None:
        return []
    people = _denominators(session, column, question)
    known = {row.code: row for row in store.list_areas(session, lpa)}
    whole = {code for code, row in known.items() if scope.covers(row.lpa, code if lpa else None)}
    counted = {value for dimension, value in found if dimension == "area"}
    shown = []
    for code in sorted(whole | counted, key=lambda each: (each == "", each)):
        counts = _units(found.get(("area", code)))
        shown.append(
            {
                column: code or None,
                "name": known[code].name if code in known else None,
                **counts,
                "rate": _rate(counts, people.get(code) if code in whole else None),
                "href": links.to(**{column: code or "none"}),
            }
        )
    return shown


def _trend(
    session: Session, question: Question, asked: Asked, first: datetime | None
) -> dict[str, Any]:
    """Give the same count at the ends of the weeks or months before, and each change."""
    as_at = question.as_at or question.now
    moments = rules.trend_moments(as_at, asked.interval, asked.periods)
    found = store.count_at_moments(session, question, moments) if moments and first else {}
    items: list[dict[str, Any]] = []
    before: dict[str, int] | None = None
    for place, moment in enumerate(moments, start=1):
        if first is None or moment < first:
            items.append({"as_at": _written(moment), **_unknown()})
            continue
        counts = _units(found.get(place))
        change = {unit: counts[unit] - before[unit] for unit in _UNITS} if before else NO_DATA
        href = _Links(asked.filters, moment).to()
        items.append({"as_at": _written(moment), **counts, "change": change, "href": href})
        before = counts
    return {"interval": asked.interval, "items": items}


def _unknown() -> dict[str, Any]:
    return {**dict.fromkeys((*_UNITS, "change"), NO_DATA), "href": None}


def _ended(
    session: Session, question: Question, asked: Asked, links: _Links, first: datetime | None
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
            **_units(found.get(outcome)),
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


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
