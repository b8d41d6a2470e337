"""How many foreign nationals arrested were checked: for a period, by area, country or month.

Counted are detentions by the moment of arrest, as they are known now. A check looks up at the
detention that its key refers to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from sqlalchemy import text

from offenders.domain.acro.rules import CHECKED
from offenders.domain.working_days import day_bounds
from offenders.errors import Invalid, NotFound

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope

NO_DATA: Final = "no_data"
NO_AREA: Final = "none"  # asks for detentions without an LPA
LONGEST: Final = timedelta(days=3660)  # ten years
NUMBERS: Final = ("arrests", "foreign_nationals", "nationality_unknown", "requested", "checked")

_LISTED = ", ".join(f"'{each}'" for each in sorted(CHECKED))
_MADE = f"(k.state IN ('responded', 'assessed') AND k.response IN ({_LISTED}))"
_ASKED = "(k.requested_at IS NOT NULL)"
# A detention is requested or checked when each of its checks is; without any, it is neither. A
# check of a country that its person is no longer said to be of is left out. A request before the
# arrest, whose moment was corrected since, was made at once.
_COUNT = f"""
    WITH d AS MATERIALIZED (
        SELECT d.* FROM (SELECT o.*, NULL::text AS neighbourhood FROM detentions o) d
        WHERE {{scope}} AND d.arrested_at >= :from_at AND d.arrested_at < :to_at {{lpa}}),
    k AS (
        SELECT k.detention_id {{by_country}}, bool_and{_ASKED} AS requested,
               bool_and{_MADE} AS checked,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY
                   greatest(extract(epoch FROM k.requested_at - k.detained_at), 0) / 3600) AS hours
        FROM d JOIN acro_checks k ON k.detention_id = d.id AND k.country = ANY (d.countries)
        WHERE k.force = :force AND d.foreign_national
        GROUP BY k.detention_id {{by_country}})
    SELECT {{group}} AS value, count(*) AS arrests,
           count(*) FILTER (WHERE d.foreign_national) AS foreign_nationals,
           count(*) FILTER (WHERE d.nationality_unknown) AS nationality_unknown,
           count(*) FILTER (WHERE k.requested) AS requested,
           count(*) FILTER (WHERE k.checked) AS checked,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY k.hours) AS median_hours,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY k.hours) AS p90_hours
    FROM {{source}} GROUP BY 1
"""
_WHOLE = "d LEFT JOIN k ON k.detention_id = d.id"
_BY_COUNTRY = """
    (SELECT d.*, n.country FROM d CROSS JOIN LATERAL unnest(d.countries) n (country)) d
    LEFT JOIN k ON k.detention_id = d.id AND k.country = d.country
"""
_MONTH = "to_char(d.arrested_at AT TIME ZONE 'Europe/London', 'YYYY-MM')"
_GROUPS: Final = {
    "lpa": ("d.lpa", _WHOLE),
    "month": (_MONTH, _WHOLE),
    "country": ("d.country", _BY_COUNTRY),
}
GROUPS: Final = tuple(_GROUPS)
_LPAS = text("SELECT code FROM lpas WHERE force = :force ORDER BY code")


@dataclass(frozen=True)
class Period:
    """Whole London days, both included."""

    from_on: date
    to_on: date


def coverage(
    session: Session,
    *,
    scope: Scope,
    period: Period,
    lpa: str | None = None,
    group_by: str | None = None,
) -> dict[str, Any]:
    """Count arrests, foreign nationals, requested and checked; `no_data` where nobody was sent.

    `percent` is checked of foreign nationals, rounded half up to one decimal; without any foreign
    national it can't be told. `href` gives the rows of `foreign_nationals`.
    """
    bounds = _bounds(period)
    _require_area(session, scope, lpa)
    asked = {"from": period.from_on.isoformat(), "to": period.to_on.isoformat()}
    if lpa is not None:
        asked["lpa"] = lpa
    values = {**scope.values, "from_at": bounds[0], "to_at": bounds[1], "lpa": lpa}
    whole = _count(session, scope, values, "CAST(NULL AS text)", _WHOLE)
    answer = asked | _shown(whole[0] if whole else None, _detentions(asked))
    if group_by is not None:
        group, source = _GROUPS[group_by]
        rows = {row.value: row for row in _count(session, scope, values, group, source)}
        answer["groups"] = [
            {group_by: value, **_shown(rows.get(value), _href(group_by, value, asked, period))}
            for value in _values_of(
                session, group_by=group_by, scope=scope, period=period, rows=rows, lpa=lpa
            )
        ]
    return answer


def _bounds(period: Period) -> tuple[datetime, datetime]:
    if period.to_on - period.from_on >= LONGEST:
        raise Invalid.field("/from", f"Send a period of at most {LONGEST.days} days.")
    try:
        return day_bounds(period.from_on, period.to_on)
    except ValueError as error:
        raise Invalid.field("/to", str(error)) from error


def _require_area(session: Session, scope: Scope, lpa: str | None) -> None:
    if lpa in {None, NO_AREA}:
        return
    known = session.execute(_LPAS, {"force": scope.force}).scalars()
    if lpa not in set(known) or not scope.covers(lpa, None):
        raise NotFound


def _count(
    session: Session, scope: Scope, values: dict[str, Any], group: str, source: str
) -> list[Row[Any]]:
    statement = _COUNT.format(
        scope=scope.condition("d"),
        lpa=_of_lpa(values["lpa"]),
        group=group,
        source=source,
        by_country=", k.country" if source == _BY_COUNTRY else "",
    )
    return list(session.execute(text(statement), values))


def _of_lpa(lpa: str | None) -> str:
    if lpa is None:
        return ""
    return "AND d.lpa IS NULL" if lpa == NO_AREA else "AND d.lpa = :lpa"


def _shown(row: Row[Any] | None, href: str) -> dict[str, Any]:
    if row is None:
        return {**dict.fromkeys((*NUMBERS, "percent"), NO_DATA), "href": href}
    numbers = {name: getattr(row, name) for name in NUMBERS}
    foreign = row.foreign_nationals
    percent = (2000 * row.checked + foreign) // (2 * foreign) / 10 if foreign else NO_DATA
    hours = {"median": _rounded(row.median_hours), "p90": _rounded(row.p90_hours)}
    return {**numbers, "percent": percent, "hours_to_request": hours, "href": href}


def _rounded(hours: Any) -> Any:
    return NO_DATA if hours is None else round(float(hours), 1)


def _values_of(  # noqa: PLR0913 - what bounds the groups
    session: Session,
    *,
    group_by: str,
    scope: Scope,
    period: Period,
    rows: dict[Any, Row[Any]],
    lpa: str | None,
) -> list[Any]:
    """Give every group there could be, so that one without data is seen to have none."""
    if group_by == "month":
        return _months(period)
    known = list(rows)
    if group_by == "lpa" and lpa is None:
        every = session.execute(_LPAS, {"force": scope.force}).scalars()
        known += [each for each in every if scope.covers(each, None)]
    return sorted(set(known), key=lambda value: (value is None, value))


def _months(period: Period) -> list[str]:
    first = 12 * period.from_on.year + period.from_on.month - 1
    last = 12 * period.to_on.year + period.to_on.month - 1
    return [f"{number // 12:04}-{number % 12 + 1:02}" for number in range(first, last + 1)]


def _detentions(asked: dict[str, str]) -> str:
    return f"/v1/detentions?{urlencode(asked | {'foreign_national': 'true'})}"


def _href(group_by: str, value: Any, asked: dict[str, str], period: Period) -> str:
    if group_by == "lpa":
        return _detentions(asked | {"lpa": value or NO_AREA})
    if group_by == "month":
        return _detentions(asked | _days_of(value, period))
    return _detentions(asked | {"country": value})


def _days_of(month: str, period: Period) -> dict[str, str]:
    """Give the days of a month that lie within the period."""
    year, number = int(month[:4]), int(month[5:])
    first = period.from_on.replace(year=year, month=number, day=1)
    following = first.replace(year=year + number // 12, month=number % 12 + 1)
    last = following.fromordinal(following.toordinal() - 1)
    return {
        "from": max(first, period.from_on).isoformat(),
        "to": min(last, period.to_on).isoformat(),
    }
