"""The report on the cohort: its size over time, and its mix; by when things happened."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders.domain.iom.asking import source_of
from offenders.domain.working_days import day_bounds
from offenders.errors import Invalid

if TYPE_CHECKING:
    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.iom.asking import Question

NO_DATA: Final = "no_data"
MOST_POINTS: Final = 61
_IN_COHORT: Final = "m.joined_on <= {day} AND (m.exited_at IS NULL OR m.exited_at >= {after})"
_AFTER: Final = "CAST(CAST({} AS date) + 1 AS timestamp) AT TIME ZONE 'Europe/London'"
_SIZE: Final = f"""
    SELECT d.day, count(m.id) AS members,
           (SELECT count(*) FROM scoped m WHERE {
    _IN_COHORT.format(
        day="(d.day - interval '1 year')::date",
        after=_AFTER.format("d.day - interval '1 year'"),
    )
}) AS year_before
    FROM unnest(CAST(:days AS date[])) d (day)
    LEFT JOIN scoped m ON {_IN_COHORT.format(day="d.day", after=_AFTER.format("d.day"))}
    GROUP BY d.day ORDER BY d.day
"""
# The rating on the last day, as the log has it by when it was given.
_MIX: Final = f"""
    SELECT g.kind, g.value, count(*) AS members
    FROM (SELECT m.*, coalesce(
              (SELECT l.details ->> 'to' FROM iom_log l
               WHERE l.force = m.force AND l.member_id = m.id AND l.kind = 'rating'
                 AND l.occurred_at < :before
               ORDER BY l.occurred_at DESC, l.id DESC LIMIT 1), m.rating) AS rated
          FROM scoped m
          WHERE {_IN_COHORT.format(day=":to_on", after=":before")}) m
    CROSS JOIN LATERAL (
        SELECT 'theme' AS kind, t.theme AS value
        FROM (SELECT DISTINCT unnest(array_append(m.further_themes, m.theme)) AS theme) t
        UNION ALL SELECT 'cohort', m.cohort
        UNION ALL SELECT 'scheme', m.scheme
        UNION ALL SELECT 'rating', m.rated
        UNION ALL SELECT 'risk', coalesce(m.risk, 'none')
        UNION ALL SELECT 'lead_agency', m.lead_agency
        UNION ALL SELECT 'managed_by', m.managed_by
        UNION ALL SELECT 'catch_and_convict', 'yes' WHERE m.catch_and_convict
        UNION ALL SELECT 'neighbourhood_without_support', 'yes'
                  WHERE m.managed_by = 'neighbourhood' AND m.support_officer IS NULL
        UNION ALL SELECT 'review_overdue', 'yes'
                  WHERE m.exited_at IS NULL AND m.review_due_at < :now) g
    GROUP BY 1, 2 ORDER BY 1, 2
"""
_EXITS: Final = """
    SELECT m.exit_reason AS reason, count(*) AS members,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY
               CAST(m.exited_at AT TIME ZONE 'Europe/London' AS date) - m.joined_on) AS days
    FROM scoped m WHERE m.exited_at >= :since AND m.exited_at < :before
    GROUP BY 1 ORDER BY 1
"""
_LEADS: Final = f"""
    SELECT coalesce(m.lead_officer, m.lead_team) AS lead, m.lead_agency, count(*) AS members
    FROM scoped m WHERE {_IN_COHORT.format(day=":to_on", after=":before")}
    GROUP BY 1, 2 ORDER BY 3 DESC, 1 LIMIT 200
"""
_NOMINATIONS: Final = """
    SELECT n.theme, n.state, count(*) AS nominations FROM iom_nominations n
    JOIN persons p ON p.force = n.force AND p.id = n.person_id
    CROSS JOIN LATERAL (
        SELECT n.force, n.recorded_by, n.person_id, coalesce(n.lpa, p.lpa) AS lpa,
               CASE WHEN n.lpa IS NULL THEN p.neighbourhood ELSE n.neighbourhood END
                   AS neighbourhood) s
    WHERE {scope} AND n.nominated_at >= :since AND n.nominated_at < :before
    GROUP BY 1, 2 ORDER BY 1, 2
"""
_METHOD: Final = {
    "size": "Members who had joined by the day and not yet left at its end, as known now.",
    "mix": "Members at the end of `to`; rating as given by then, the rest as known now. A member"
    " with several themes is counted under each.",
    "year_before": "The same day of the year before, as known now.",
}


def report_cohort(
    session: Session, question: Question, from_on: date, to_on: date
) -> dict[str, Any]:
    """Give the report of a period, both days included; `no_data` where nobody ever joined.

    Raises Invalid for a period longer than its points over time.
    """
    if month_ends(from_on, to_on)[-1] != to_on:
        message = f"Send a period of at most {(MOST_POINTS - 1) // 12} years."
        raise Invalid.field("/from", message)
    since, before = day_bounds(from_on, to_on)
    condition, values = question.condition()
    scoped = f"""
        WITH scoped AS (SELECT m.* {source_of("iom_members", "m", as_at=False)} AND {condition})
    """
    bound = values | {"since": since, "before": before, "to_on": to_on}

    def rows(sql: str, **more: Any) -> list[Row[Any]]:
        return list(session.execute(text(scoped + sql), bound | more))

    first = rows("SELECT min(m.joined_on) AS joined_on FROM scoped m")[0].joined_on
    head = {"from": from_on, "to": to_on, "method": _METHOD}
    if first is None or first > to_on:
        nothing = ("over_time", "mix", "exits", "caseload", "nominations")
        return head | {"members": NO_DATA, **dict.fromkeys(nothing, NO_DATA)}
    points = rows(_SIZE, days=month_ends(from_on, to_on))
    over_time = [_point(row, first) for row in points]
    mix: dict[str, dict[str, int]] = {}
    for row in rows(_MIX):
        mix.setdefault(row.kind, {})[row.value] = row.members
    members = points[-1].members
    flags = {
        name: mix.pop(name, {}).get("yes", 0)
        for name in ("catch_and_convict", "neighbourhood_without_support", "review_overdue")
    }
    return {
        **head,
        "members": members,
        **flags,
        "catch_and_convict_percent": (
            round(100 * flags["catch_and_convict"] / members, 1) if members else None
        ),
        "led_by_neighbourhood": mix.get("managed_by", {}).get("neighbourhood", 0),
        "over_time": over_time,
        "mix": {f"by_{kind}": found for kind, found in mix.items()},
        "exits": [
            {"reason": row.reason, "members": row.members, "median_days": row.days}
            for row in rows(_EXITS)
        ],
        "caseload": [dict(row._mapping) for row in rows(_LEADS)],  # noqa: SLF001
        "nominations": _nominations(session, question, bound),
    }


def _point(row: Row[Any], first: date) -> dict[str, Any]:
    """Give a day's size; before anybody had joined there is no data, not a size of 0."""
    day: date = row.day
    year_before = row.year_before if _year_before(day) >= first else NO_DATA
    members = row.members if day >= first else NO_DATA
    is_known = NO_DATA not in {members, year_before}
    change = row.members - row.year_before if is_known else NO_DATA
    return {"day": day, "members": members, "year_before": year_before, "change": change}


def _year_before(day: date) -> date:
    last = day - timedelta(days=1) if (day.month, day.day) == (2, 29) else day
    return last.replace(year=last.year - 1)


def month_ends(from_on: date, to_on: date) -> list[date]:
    """Give the first day, the last day of each month in between, and the last day."""
    days = [from_on]
    while days[-1] < to_on and len(days) < MOST_POINTS:
        first = (days[-1] + timedelta(days=1)).replace(day=1)
        following = (first + timedelta(days=32)).replace(day=1)
        days.append(min(following - timedelta(days=1), to_on))
    return days


def _nominations(
    session: Session, question: Question, bound: dict[str, Any]
) -> list[dict[str, Any]]:
    sql = _NOMINATIONS.format(scope=question.scope.condition("s"))
    return [dict(row._mapping) for row in session.execute(text(sql), bound)]  # noqa: SLF001
