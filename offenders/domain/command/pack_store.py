"""SQL of the supervisor pack: all counts in one statement, and the rows behind each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders.domain.command.measures import SOURCES
from offenders.domain.flags.rules import unseen_subjects
from offenders.domain.reports.store import take_room
from offenders.domain.working_days import london_day

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope, Sight
    from offenders.domain.tasks.asking import TaskSight

_NONE: Final = "none"
_OF_THE_SERVICE: Final = frozenset({"flags", "tasks"})  # made here, so none is 0
# Where a person's addresses are protected, neither an area nor a queue named after one is told.
_SHOWN: Final = """
    SELECT r.*, coalesce(t.team, '') AS shown_team, x.id IS NOT NULL AS hides
    FROM r
    LEFT JOIN persons x ON x.force = :force AND x.id = r.person_id AND x.are_addresses_protected
                       AND NOT :sees_protected
    LEFT JOIN officers_history o ON o.force = :force AND o.code = r.officer
     AND o.recorded_from <= :as_at AND (o.recorded_to IS NULL OR o.recorded_to > :as_at)
    CROSS JOIN LATERAL (
        SELECT CASE WHEN r.officer IS NOT NULL THEN o.team
                    WHEN x.id IS NOT NULL AND left(r.team, 5) = 'DUTY-' THEN 'DUTY-' || :force
                    ELSE r.team END AS team) t
"""
_FILTERS: Final = {"team": "s.shown_team", "officer": "coalesce(s.officer, '')"}


@dataclass(frozen=True)
class PackQuestion:
    """What the pack is asked: area, team, officer; whose; at which moment; and its period."""

    scope: Scope
    sight: Sight
    tasks: TaskSight
    as_at: datetime
    since: datetime
    before: datetime
    old_before: datetime
    ahead: datetime
    filters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, Any]:
        """Give all values bound."""
        return self.scope.values | {
            "as_at": self.as_at,
            "now": self.as_at,
            "today": london_day(self.as_at),
            "since": self.since,
            "before": self.before,
            "old_before": self.old_before,
            "ahead": self.ahead,
            "sees_protected": self.sight.protected_addresses,
            "unseen": list(unseen_subjects(self.sight)),
            "unseen_of_tasks": list(self.tasks.unseen_subjects),
            "unseen_sources": list(self.tasks.unseen_sources),
        }

    def shown(self, only: str | None = None) -> str:
        """Give WITH queries that end in `s`: the rows of all measures, or of one."""
        sources = [each for each in SOURCES if only is None or only in each.measures]
        rows = " UNION ALL ".join(each.sql(only) for each in sources)
        return f"""
            r AS MATERIALIZED (
                SELECT * FROM (SELECT CAST(:force AS text) AS force, u.* FROM ({rows}) u) u
                WHERE {self.scope.condition("u")}),
            s AS MATERIALIZED ({_SHOWN})
        """

    def condition(self) -> tuple[str, dict[str, Any]]:
        """Give the filters over `s`, and their values; `none` asks for rows without one."""
        parts, values = ["true"], {}
        lpa = self.filters.get("lpa")
        if lpa == _NONE:
            parts.append("(s.lpa IS NULL OR s.hides)")
        elif lpa is not None:
            parts.append("s.lpa = :f_lpa AND NOT s.hides")
            values["f_lpa"] = lpa
        for name, column in _FILTERS.items():
            if (value := self.filters.get(name)) is not None:
                parts.append(f"{column} = :f_{name}")
                values[f"f_{name}"] = "" if value == _NONE else value
        return " AND ".join(parts), values


def count(session: Session, question: PackQuestion, *, by_officer: bool) -> list[Row[Any]]:
    """Give rows (measure, team, officer, is_whole, is_team, records, people).

    `is_whole` is a row of all, `is_team` one of a team; the rest are of officers of a team, which
    are given only where asked for.
    """
    condition, values = question.condition()
    officers = ", (s.measure, s.shown_team, s.officer)" if by_officer else ""
    officer, is_one = ("s.officer", "grouping(s.officer) = 0") if by_officer else ("NULL", "false")
    statement = f"""
        WITH {question.shown()}
        SELECT s.measure, s.shown_team AS team, {officer} AS officer,
               grouping(s.shown_team) = 1 AS is_whole,
               grouping(s.shown_team) = 0 AND NOT {is_one} AS is_team,
               count(*) AS records, count(DISTINCT s.person_id) AS people
        FROM (SELECT measure, shown_team, coalesce(officer, '') AS officer, person_id
              FROM s WHERE {condition}) s
        GROUP BY GROUPING SETS ((s.measure), (s.measure, s.shown_team){officers})
    """
    take_room(session)
    return list(session.execute(text(statement), question.values | values))


def list_records(
    session: Session,
    question: PackQuestion,
    measure: str,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Row[Any]]:
    """Give the records behind a count, the earliest first, as (json, at, id, entry_id, hides)."""
    condition, values = question.condition()
    if after is not None:
        condition += """ AND (s.at, s.id, coalesce(s.entry_id, s.id)) >
            (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid), CAST(:after_entry AS uuid))"""
        values |= {"after_at": after[0], "after_id": after[1], "after_entry": after[2]}
    statement = f"""
        WITH {question.shown(measure)}
        SELECT json_build_object(
                   'measure', s.measure,
                   'subject', json_build_object('type', s.type, 'id', s.id,
                                                'reference', s.reference),
                   'entry_id', s.entry_id, 'at', s.at,
                   'lpa', CASE WHEN NOT s.hides THEN s.lpa END,
                   'neighbourhood', CASE WHEN NOT s.hides THEN s.neighbourhood END,
                   'masked', CASE WHEN s.hides THEN CAST('["lpa", "neighbourhood"]' AS json)
                                  ELSE CAST('[]' AS json) END,
                   'team', nullif(s.shown_team, ''), 'officer', s.officer,
                   'href', '/v1/' || s.path || '/' || s.id)::text AS body,
               s.at::text AS at, s.id, coalesce(s.entry_id, s.id) AS entry_id, s.hides
        FROM s WHERE {condition}
        ORDER BY s.at, s.id, coalesce(s.entry_id, s.id) LIMIT :limit
    """
    return list(session.execute(text(statement), question.values | values | {"limit": limit}))


def count_records(session: Session, question: PackQuestion, measure: str) -> int:
    """Count the records of all pages."""
    condition, values = question.condition()
    statement = text(f"WITH {question.shown(measure)} SELECT count(*) FROM s WHERE {condition}")
    return int(session.execute(statement, question.values | values).scalar_one())


def tables_with_data(session: Session, as_at: datetime) -> set[str]:
    """Give the tables in which the force had anything recorded by a moment."""
    tables = sorted({each.table for each in SOURCES} - _OF_THE_SERVICE)
    columns = ", ".join(
        f"EXISTS (SELECT FROM {each} t WHERE t.force = :force AND t.recorded_at <= :as_at)"
        f" AS {each}"
        for each in tables
    )
    values = {"force": session.info["force"], "as_at": as_at}
    row = session.execute(text(f"SELECT {columns}"), values).one()
    return {each for each in tables if getattr(row, each)} | _OF_THE_SERVICE


def list_teams(session: Session) -> dict[str, str | None]:
    """Give the names of the force's teams by code."""
    statement = text("SELECT code, name FROM teams WHERE force = :force")
    rows = session.execute(statement, {"force": session.info["force"]})
    return {row.code: row.name for row in rows}


def is_registered(session: Session, register: str, code: str) -> bool:
    """Tell whether the force has such a team or officer; `register` is the table."""
    statement = text(f"SELECT 1 FROM {register} WHERE force = :force AND code = :code")
    values = {"force": session.info["force"], "code": code}
    return session.execute(statement, values).first() is not None
