"""SQL of the reviews of somebody without bail: when they are due, and by which figures."""

from __future__ import annotations

from offenders.domain.bail.records import RULE
from offenders.domain.reference.policies import figure_sql


def review_clocks(days: str, months: str) -> dict[str, str]:
    """Give each due moment as SQL over `released_at` and the moments of the last reviews.

    As `rules.inspector_review_due`: where the month has no such day, the day after its last.
    """
    start = """
        (coalesce(last_inspector_review_at, released_at) AT TIME ZONE 'Europe/London')::date + 1
    """
    end = f"({start} + make_interval(months => CAST({months} AS int)))::date"
    return {
        "review_due_at": "coalesce(last_reviewed_at, released_at)"
        f" + make_interval(hours => 24 * CAST({days} AS int))",
        "inspector_review_due_at": f"""
            ({end} + CASE WHEN extract(day FROM {end}) < extract(day FROM {start})
                          THEN 1 ELSE 0 END)::timestamp AT TIME ZONE 'Europe/London'""",
    }


def reviews_shown(*, as_at: bool) -> str:
    """Give `r`: the reviews of a record `b` as shown in `s` and `e`, a lapse by time included.

    No job has set the clocks of a lapse by time: they go by the figures of the day asked, as
    they were known at that moment.
    """
    days, months = (
        figure_sql(RULE, each, as_at=as_at) for each in ("rui_review", "rui_inspector_review")
    )
    due = review_clocks("k.days", "k.months")
    return f"""
        CROSS JOIN LATERAL (
            SELECT {", ".join(f"{_shown(name, value)} AS {name}" for name, value in due.items())}
            FROM (SELECT b.last_reviewed_at, b.last_inspector_review_at, e.released_at,
                         {days} AS days, {months} AS months) k) r
    """


def _shown(name: str, value: str) -> str:
    return f"""CASE WHEN b.state = 'on_bail' AND s.state = 'released_without_bail'
                    THEN {value} ELSE b.{name} END"""
