"""What happened between two settled moments, as a subscriber may read it.

Events are read from what is kept of the past anyway, so nobody who writes a record has to think of
them. Each source gives, over a window of recorded moments, rows of type, at, subject_type, id,
reference and occurred_at: ids alone, and only of what the subscriber's permission, area and sight
would show in a list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders.domain.access import may, scope, sight
from offenders.domain.briefings.service import Question
from offenders.domain.flags.rules import unseen_subjects, unseen_task_subjects
from offenders.domain.tasks.asking import Question as TaskQuestion
from offenders.domain.tasks.asking import task_sight
from offenders.domain.tasks.overdue import RULE as OVERDUE_TASKS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.actors import Actor

# The version before `h`, if there was one: it ends where this one begins.
_BEFORE: Final = """
    LEFT JOIN {table}_history o
      ON o.force = h.force AND o.id = h.id AND o.recorded_to = h.recorded_from
"""
_WINDOW: Final = "h.recorded_from >= :since AND h.recorded_from < :until"


@dataclass(frozen=True)
class Source:
    """Events of one kind of record: which, who may read them, and the SQL with its values."""

    events: tuple[str, ...]
    permission: str
    sql: Callable[[Actor, str, datetime], tuple[str, dict[str, Any]]]


def _wants(actor: Actor, force: str, _now: datetime) -> tuple[str, dict[str, Any]]:
    own = scope(actor, "wanted:read", force)
    sql = f"""
        SELECT CASE WHEN h.state <> 'outstanding' THEN 'want.ended'
                    WHEN o.id IS NULL THEN 'want.opened' ELSE 'want.changed' END AS type,
               h.recorded_from AS at, 'want' AS subject_type, h.id, h.reference,
               CASE WHEN h.state <> 'outstanding' THEN h.outcome_at
                    WHEN o.id IS NULL THEN h.entered_at END AS occurred_at
        FROM wants_history h {_BEFORE.format(table="wants")}
        WHERE {_WINDOW} AND {own.condition("h", "wants")}
          AND (h.state = 'outstanding' OR o.state IS DISTINCT FROM h.state)
    """
    return sql, own.values_as("wants")


def _flags(actor: Actor, force: str, _now: datetime) -> tuple[str, dict[str, Any]]:
    own = scope(actor, "flags:read", force)
    sql = f"""
        SELECT CASE WHEN h.state = 'cleared' THEN 'flag.cleared' ELSE 'flag.raised' END AS type,
               h.recorded_from AS at, 'flag' AS subject_type, h.id,
               CAST(NULL AS text) AS reference,
               CASE WHEN h.state = 'cleared' THEN h.cleared_at ELSE h.raised_at END AS occurred_at
        FROM flags_history h {_BEFORE.format(table="flags")}
        WHERE {_WINDOW} AND {own.condition("h", "flags")}
          AND h.subject_type <> ALL (CAST(:unseen AS text[]))
          AND (h.subject_type <> 'task' OR NOT EXISTS (
              SELECT FROM tasks k WHERE k.force = h.force AND k.id = h.subject_id
                AND k.subject_type = ANY (CAST(:unseen_of_tasks AS text[]))))
          AND (o.id IS NULL OR h.state = 'cleared' AND o.state <> 'cleared')
    """
    seen = sight(actor)
    return sql, own.values_as("flags") | {
        "unseen": list(unseen_subjects(seen)),
        "unseen_of_tasks": list(unseen_task_subjects(seen)),
    }


def _tasks(actor: Actor, force: str, now: datetime) -> tuple[str, dict[str, Any]]:
    asked = TaskQuestion({}, scope(actor, "tasks:read", force), now, task_sight(actor))
    before = _BEFORE.format(table="tasks").replace("h.", "t.")
    sql = f"""
        SELECT v.type, t.recorded_from AS at, 'task' AS subject_type, t.id, t.reference,
               v.occurred_at
        FROM tasks_history t {before}
        CROSS JOIN LATERAL (VALUES
            ('task.assigned', t.state = 'open' AND (t.owner_officer, t.owner_team)
                              IS DISTINCT FROM (o.owner_officer, o.owner_team), t.recorded_from),
            ('task.done', t.state <> 'open' AND o.state IS NOT DISTINCT FROM 'open', t.ended_at)
        ) v (type, holds, occurred_at)
        WHERE v.holds AND {_WINDOW.replace("h.", "t.")} AND {asked.in_sight}
        UNION ALL
        SELECT 'task.overdue', h.recorded_from, 'task', t.id, t.reference, h.due_at
        FROM flags_history h {_BEFORE.format(table="flags")}
        JOIN tasks t ON t.force = h.force AND t.id = h.subject_id
        WHERE h.force = :force AND {_WINDOW} AND h.rule = '{OVERDUE_TASKS}' AND o.id IS NULL
          AND {asked.in_sight}
    """
    return sql, asked.values


def _briefings(actor: Actor, force: str, now: datetime) -> tuple[str, dict[str, Any]]:
    known, values = Question(actor, force, now).source()
    sql = f"""
        SELECT CASE h.kind WHEN 'publication' THEN 'briefing.published'
                           WHEN 'amendment' THEN 'briefing.amended'
                           ELSE 'briefing.withdrawn' END AS type,
               h.recorded_at AS at, 'briefing' AS subject_type, b.id, b.reference,
               h.recorded_at AS occurred_at
        FROM briefing_versions h
        CROSS JOIN LATERAL (SELECT b.id, b.reference {known} AND b.id = h.briefing_id) b
        WHERE h.force = :force AND h.recorded_at >= :since AND h.recorded_at < :until
    """
    return sql, values


def _packs(actor: Actor, force: str, _now: datetime) -> tuple[str, dict[str, Any]]:
    own = scope(actor, "meetings:read", force)
    sql = f"""
        SELECT 'pack.drawn' AS type, m.recorded_at AS at, 'meeting' AS subject_type, m.id,
               m.reference, m.cut_off AS occurred_at
        FROM (SELECT h.*, CAST(NULL AS text) AS neighbourhood, CAST(NULL AS uuid) AS person_id
              FROM meetings h
              WHERE h.force = :force AND h.recorded_at >= :since AND h.recorded_at < :until) m
        WHERE {own.condition("m", "packs")}
    """
    return sql, own.values_as("packs")


SOURCES: Final[Sequence[Source]] = (
    Source(("want.opened", "want.changed", "want.ended"), "wanted:read", _wants),
    Source(("task.assigned", "task.overdue", "task.done"), "tasks:read", _tasks),
    Source(("flag.raised", "flag.cleared"), "flags:read", _flags),
    Source(
        ("briefing.published", "briefing.amended", "briefing.withdrawn"),
        "briefings:read",
        _briefings,
    ),
    Source(("pack.drawn",), "meetings:read", _packs),
)
EVENTS: Final = tuple(event for source in SOURCES for event in source.events)
PERMISSION_OF: Final[Mapping[str, str]] = {
    event: source.permission for source in SOURCES for event in source.events
}


@dataclass(frozen=True)
class Window:
    """From the last row told to before a settled moment."""

    since: datetime
    since_key: str
    until: datetime


def list_events(
    session: Session,
    actor: Actor,
    events: Collection[str],
    window: Window,
    limit: int,
) -> list[Row[Any]]:
    """Give events in the order in which they were recorded, as (type, at, …, key)."""
    force = session.info["force"]
    sources = [
        source.sql(actor, force, window.until)
        for source in SOURCES
        if set(source.events) & set(events) and may(actor, source.permission)
    ]
    if not sources:
        return []
    values: dict[str, Any] = {
        "force": force,
        "since": window.since,
        "since_key": window.since_key,
        "until": window.until,
        "events": list(events),
        "limit": limit,
    }
    for _, more in sources:
        values |= more
    statement = f"""
        SELECT e.*, e.type || ' ' || e.id AS key
        FROM ({" UNION ALL ".join(sql for sql, _ in sources)}) e
        WHERE e.type = ANY (CAST(:events AS text[]))
          AND (e.at, e.type || ' ' || e.id) > (CAST(:since AS timestamptz), :since_key)
        ORDER BY e.at, key LIMIT :limit
    """
    return list(session.execute(text(statement), values))
