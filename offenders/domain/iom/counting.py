"""Counting members at a moment, with a link to each count's rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from sqlalchemy import text

from offenders.domain.iom.asking import HIDDEN, IS_OVERDUE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from offenders.domain.iom.asking import Question

_AREA: Final = "CASE WHEN NOT {hidden} THEN s.{name} END"
_COLUMNS: Final = {
    "force": "m.force",
    "lpa": _AREA.format(hidden=HIDDEN, name="lpa"),
    "neighbourhood": _AREA.format(hidden=HIDDEN, name="neighbourhood"),
    "scheme": "m.scheme",
    "cohort": "m.cohort",
    "theme": "t.theme",
    "rating": "m.rating",
    "risk": "m.risk",
    "lead_agency": "m.lead_agency",
    "lead_officer": "m.lead_officer",
    "managed_by": "m.managed_by",
}
GROUPS: Final = tuple(_COLUMNS)
_FIGURES: Final = f"""
    count(DISTINCT m.id) AS members, count(DISTINCT m.person_id) AS people,
    count(DISTINCT m.id) FILTER (WHERE m.catch_and_convict) AS catch_and_convict,
    count(DISTINCT m.id) FILTER (WHERE {IS_OVERDUE}) AS review_overdue
"""


def count_groups(
    session: Session, question: Question, group_by: str | None, filters: Mapping[str, str]
) -> dict[str, Any]:
    """Give the counts of a moment; `filters` are those of the links, as they were written.

    A member with several themes is counted under each; people are counted once in a count.
    """
    condition, values = question.condition()
    column = _COLUMNS[group_by] if group_by else "CAST(NULL AS text)"
    source = question.source
    if group_by == "theme":
        themes = (
            "CROSS JOIN LATERAL (SELECT DISTINCT theme"
            " FROM unnest(array_append(m.further_themes, m.theme)) theme) t WHERE"
        )
        head, _, tail = source.rpartition("WHERE")
        source = f"{head} {themes} {tail}"
    asked = condition
    if group_by == "theme" and question.filters.get("theme") is not None:
        asked += " AND t.theme = :f_theme"  # a link asks for one theme alone
    rows = session.execute(
        text(f"""
            SELECT {column} AS grouped, {_FIGURES} {source} AND {asked}
            GROUP BY 1 ORDER BY 1 NULLS LAST
        """),
        values,
    ).all()
    moment = (question.as_at or question.now).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    links = {**filters, "as_at": moment}
    counts = [
        {
            **({group_by: row.grouped} if group_by else {}),
            **_figures(row, {**links, **({group_by: row.grouped or "none"} if group_by else {})}),
        }
        for row in rows
    ]
    total = session.execute(
        text(f"SELECT {_FIGURES} {question.source} AND {condition}"), values
    ).one()
    return {"as_at": moment, "counts": counts, "headline": _headline(total, links)}


def _figures(row: Any, link: Mapping[str, str]) -> dict[str, Any]:
    return {
        "members": row.members,
        "people": row.people,
        "catch_and_convict": row.catch_and_convict,
        "review_overdue": row.review_overdue,
        "href": _href(link),
    }


def _headline(row: Any, links: Mapping[str, str]) -> dict[str, Any]:
    convict = {**links, "catch_and_convict": "true"}
    overdue = {**links, "review_overdue": "true"}
    return {
        "members": {"members": row.members, "people": row.people, "href": _href(links)},
        "catch_and_convict": {
            "members": row.catch_and_convict,
            "percent": round(100 * row.catch_and_convict / row.members, 1) if row.members else None,
            "href": _href(convict),
        },
        "review_overdue": {"members": row.review_overdue, "href": _href(overdue)},
    }


def _href(parameters: Mapping[str, str]) -> str:
    return f"/v1/iom/members?{urlencode(parameters)}"
