"""Counts of the wanted register: crimes, wants and people, each counted apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders.domain.wanted.asking import AREAS, area

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.wanted.asking import Question

GROUPS = ("force", "lpa", "neighbourhood", "reason", "risk", "circulation")

# The three lists for which HMIC asked every force (Core business, 2014, paragraph 4.120).
LISTS = {
    "named_suspects": ("reason", "named_suspect"),
    "failed_to_answer_bail": ("reason", "failed_to_answer_bail"),
    "pnc_circulated": ("circulation", "circulated"),
}


def count_groups(session: Session, question: Question, group_by: str | None) -> list[Row[Any]]:
    """Give (group, crimes, wants, people) of each group, or of all without `group_by`."""
    condition, values = question.condition()
    group = "NULL::text"
    if group_by is not None:
        group = area(group_by) if group_by in AREAS else f"w.{group_by}"
    having = "" if group_by else "HAVING true"
    grouping = "GROUP BY 1 ORDER BY 1" if group_by else having
    statement = f"""
        SELECT {group} AS value, count(DISTINCT w.crime_reference) AS crimes,
               count(*) AS wants, count(DISTINCT w.person_id) AS people
        {question.picking} AND {condition} {grouping}
    """
    return list(session.execute(text(statement), values))


def count_lists(session: Session, question: Question) -> Row[Any]:
    """Give crimes and people of each of the three lists, and the people in any of them."""
    condition, values = question.condition()
    columns, any_list = [], []
    for name, (column, value) in LISTS.items():
        listed = f"w.{column} = '{value}'"
        any_list.append(listed)
        columns += [
            f"count(DISTINCT w.crime_reference) FILTER (WHERE {listed}) AS {name}_crimes",
            f"count(*) FILTER (WHERE {listed}) AS {name}_wants",
            f"count(DISTINCT w.person_id) FILTER (WHERE {listed}) AS {name}_people",
        ]
    statement = f"""
        SELECT {", ".join(columns)},
               count(DISTINCT w.person_id) FILTER (WHERE {" OR ".join(any_list)}) AS people_in_any
        {question.picking} AND {condition}
    """
    return session.execute(text(statement), values).one()


def national_counts(
    session: Session, as_at: datetime, actor: str, role: str, request_id: str
) -> list[Row[Any]]:
    """Give counts of all forces through the narrow function, which audits in each of them."""
    statement = text("""
        SELECT force, dimension, value, crimes, wants, people
        FROM national_counts(:as_at, :actor, :role, :request_id)
    """)
    values = {"as_at": as_at, "actor": actor, "role": role, "request_id": request_id}
    return list(session.execute(statement, values))
