"""Tasks that nobody has finished: what the next meeting takes over from those before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders.db import recorded_at
from offenders.domain.history import keep_history
from offenders.domain.tasks.asking import Question
from offenders.domain.tasks.models import Task
from offenders.domain.tasks.reading import task_json
from offenders.ids import new_ids

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope
    from offenders.domain.tasks.asking import TaskSight

_CARRY = text("""
    INSERT INTO task_entries (force, id, task_id, kind, occurred_at, recorded_at, actor,
                              meeting_id, details)
    SELECT t.force, n.id, t.id, 'carried', :at, :at, :actor, :meeting, '{}'
    FROM unnest(CAST(:entries AS uuid[]), CAST(:tasks AS uuid[])) n (id, task_id)
    JOIN tasks t ON t.force = :force AND t.id = n.task_id AND t.state = 'open'
    ON CONFLICT (force, meeting_id, task_id) WHERE kind = 'carried' DO NOTHING
    RETURNING task_id
""")
_HOLD = text("""
    SELECT t.id FROM tasks t
    WHERE t.force = :force AND t.id = ANY (CAST(:tasks AS uuid[]))
    ORDER BY t.id FOR NO KEY UPDATE
""")
_COUNT = text("""
    UPDATE tasks SET carried_over = carried_over + 1, version = version + 1, updated_at = :at
    WHERE force = :force AND id = ANY (CAST(:tasks AS uuid[]))
""")


def unfinished_tasks(  # noqa: PLR0913 - of which area and moment, for whom
    session: Session,
    *,
    scope: Scope,
    sight: TaskSight,
    now: datetime,
    before: datetime | None = None,
    with_followed: bool = False,
) -> list[Row[Any]]:
    """Give open tasks, what is due first first, as (json, id, person_id, carried_over, due_at).

    Those recorded before a moment; not those that follow an order, a visit or the like, which
    a pack lists by itself, unless asked.
    """
    question = Question({"state": "open"}, scope, now, sight)
    condition, values = question.condition()
    if before is not None:
        condition += " AND t.recorded_at < :before"
        values["before"] = before
    if not with_followed:
        condition += " AND NOT t.follows_source"
    statement = f"""
        SELECT CAST({task_json()} AS text), t.id, p.id AS person_id, t.carried_over, t.due_at
        {question.source} AND {condition} ORDER BY t.due_at, t.id
    """
    return list(session.execute(text(statement), values))


def hold_tasks(session: Session, task_ids: Sequence[UUID]) -> None:
    """Keep tasks from being changed by others until the transaction ends."""
    values = {"force": session.info["force"], "tasks": [each.hex for each in task_ids]}
    session.execute(_HOLD, values)


def carry_over(
    session: Session, *, actor: str, meeting_id: UUID, task_ids: Sequence[UUID]
) -> list[UUID]:
    """Say that these open tasks were put to another meeting; each once for each meeting.

    Gives the ids of those that were carried over to it just now.
    """
    force, at = session.info["force"], recorded_at(session)
    values = {
        "force": force,
        "at": at,
        "actor": actor,
        "meeting": meeting_id,
        "entries": [each.hex for each in new_ids(force, len(task_ids))],
        "tasks": [each.hex for each in task_ids],
    }
    carried = list(session.execute(_CARRY, values).scalars())
    if carried:
        values = {"force": force, "at": at, "tasks": [each.hex for each in carried]}
        session.execute(_COUNT, values)
        keep_history(session, Task.__table__, force, carried)
    return carried
