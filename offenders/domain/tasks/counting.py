"""Counts of tasks, each with the query that returns its rows; and what came of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from sqlalchemy import text

from offenders.domain.tasks.asking import HIDDEN, OVERDUE, TEAM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.tasks.asking import Question

_COLUMNS: Final = {
    "force": "t.force",
    "lpa": f"CASE WHEN NOT {HIDDEN} THEN t.lpa END",
    "neighbourhood": f"CASE WHEN NOT {HIDDEN} THEN t.neighbourhood END",
    "owner": "t.owner_officer",
    "team": TEAM,
    "state": "t.state",
    "source": "t.source_type",
    "subject_type": "t.subject_type",
    "meeting": "t.meeting_id",
    "tactic": "t.tactic",
    "reason": "t.reason",
}
GROUPS: Final = tuple(_COLUMNS)
# What came of tasks, and by which filter the list gives the tasks of which it came.
_ROWS: Final[Mapping[str, tuple[str, Any]]] = {
    "done": ("state", "done"),
    "no_longer_needed": ("state", "no_longer_needed"),
    "open": ("state", "open"),
    "was_not_done": ("was_not_done", True),
    "abstraction": ("reason", "abstraction"),
    "hours": ("returned", "hours"),
    "arrests": ("returned", "arrests"),
    "searches": ("returned", "searches"),
    "intelligence": ("returned", "intelligence"),
    "with_arrest": ("returned", "arrests"),
}
_RETURNED: Final = """
    count(*) FILTER (WHERE t.state = 'done') AS done,
    count(*) FILTER (WHERE t.state = 'no_longer_needed') AS no_longer_needed,
    count(*) FILTER (WHERE t.state = 'open') AS open,
    count(*) FILTER (WHERE t.not_done > 0) AS was_not_done,
    count(*) FILTER (WHERE t.reason = 'abstraction') AS abstraction,
    CAST(coalesce(sum(t.hours), 0) AS float) AS hours, coalesce(sum(t.arrests), 0) AS arrests,
    coalesce(sum(t.searches), 0) AS searches, coalesce(sum(t.intelligence), 0) AS intelligence,
    count(*) FILTER (WHERE coalesce(t.arrests, 0) > 0) AS with_arrest
"""


def count_groups(
    session: Session, question: Question, group_by: Sequence[str], asked: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Give how many tasks each group has, and how many are overdue, each with its query.

    `asked` are the filters as the caller wrote them, which the links keep.
    """
    more = f"count(*) FILTER (WHERE {OVERDUE}) AS overdue"
    counts = []
    for row in _rows(session, question, group_by, more):
        group = {name: row[number] for number, name in enumerate(group_by)}
        found = {"tasks": row.tasks, "overdue": row.overdue, "href": _href(group, asked)}
        overdue = _narrowed(question, group, asked, "overdue", value=True)
        counts.append({**group, **found, "overdue_href": overdue})
    return counts


def results_of(
    session: Session, question: Question, group_by: str, asked: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Give what came of the tasks of each group: how they ended, hours, arrests, searches.

    A volume beside what it led to, so that one is not read without the other; each with the
    query of the tasks of which it came.
    """
    results = []
    for row in _rows(session, question, [group_by], _RETURNED):
        group = {group_by: row[0]}
        result = group | {"tasks": row.tasks, "href": _href(group, asked)}
        for name, (column, value) in _ROWS.items():
            result[name] = getattr(row, name)
            result[f"{name}_href"] = _narrowed(question, group, asked, column, value=value)
        result["arrests_per_task"] = round(row.arrests / row.done, 3) if row.done else None
        results.append(result)
    return results


def _narrowed(
    question: Question, group: Mapping[str, Any], asked: Mapping[str, str], name: str, *, value: Any
) -> str | None:
    """Give the query of those rows of a group; none where its filters leave out all of them."""
    held = group[name] if name in group else question.filters.get(name)
    if (name in group or held is not None) and held != value:
        return None
    return _href({**group, name: "true" if value is True else value}, asked)


def _rows(
    session: Session, question: Question, group_by: Sequence[str], more: str
) -> list[Row[Any]]:
    condition, values = question.condition()
    columns = "".join(f"{_COLUMNS[name]} AS {name}, " for name in group_by)
    places = ", ".join(str(number) for number in range(1, len(group_by) + 1))
    grouping = f"GROUP BY {places} ORDER BY {places}" if group_by else ""
    statement = f"""
        SELECT {columns} count(*) AS tasks, {more}
        {question.source} AND {condition} {grouping}
    """
    return list(session.execute(text(statement), values))


def _href(group: Mapping[str, Any], asked: Mapping[str, str]) -> str:
    of_group = {name: "none" if value is None else str(value) for name, value in group.items()}
    return f"/v1/tasks?{urlencode({**asked, **of_group})}"
