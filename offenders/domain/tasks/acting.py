"""What is done with a task: updates, results, hand-overs and extensions."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from offenders.db import recorded_at
from offenders.domain.history import keep_history
from offenders.domain.tasks.asking import RETURNED
from offenders.domain.tasks.making import add_entry, check_due, register_owner
from offenders.domain.tasks.models import Task
from offenders.domain.tasks.overdue import settle_task
from offenders.domain.tasks.places import recorded_elsewhere
from offenders.domain.tasks.reading import get_task
from offenders.domain.tasks.rules import OPEN, Outcome
from offenders.errors import Conflict, Invalid

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from offenders.domain.tasks.asking import Question
    from offenders.domain.tasks.models import TaskEntry
    from offenders.domain.versions import IfMatch

_SAYS: Final = {
    "completion": "The task has ended.",
    "not_done": "It was returned undone.",
    "handover": "The task was handed over.",
    "extension": "The task has more time.",
}


@dataclass(frozen=True)
class Doing:
    """Who does something to which task, as read at which version, and what."""

    actor: str
    question: Question
    written: str
    fields: dict[str, Any]
    if_match: IfMatch


def update_task(session: Session, doing: Doing) -> tuple[Task, TaskEntry]:
    """Add how a task stands: anyone may who sees it, also once it has ended; it changes nothing."""
    task = get_task(session, doing.question, doing.written)
    at = _occurred_at(session, task, doing)
    details = {"text": doing.fields["text"]}
    return task, add_entry(
        session, task, "update", actor=doing.actor, occurred_at=at, details=details
    )


def complete_task(session: Session, doing: Doing) -> Task:
    """Record what came of a task. What was not done stays open, with the reason, and is carried.

    Raises Conflict where it has ended, or ends by a record of its own.
    """
    task = _take(session, doing)
    if task.follows_source:
        raise recorded_elsewhere(task)
    fields, outcome = doing.fields, Outcome(doing.fields["outcome"])
    reason = fields.get("reason")
    if (outcome == Outcome.NOT_DONE) != (reason is not None):
        message = "Say why it was not done, by a code; and only then."
        raise Invalid.field("/reason", message)
    at = _occurred_at(session, task, doing)
    if outcome == Outcome.NOT_DONE:
        task.not_done, task.reason, kind = task.not_done + 1, reason, "not_done"
    else:
        task.state, kind = outcome, "completion"
        task.ended_at, task.ended_by = at, doing.actor
    task.result = fields["result"]
    for name in RETURNED:
        if fields.get(name) is not None:
            setattr(task, name, (getattr(task, name) or 0) + _exact(fields[name]))
    return _finish(session, task, doing, kind, at)


def _exact(number: float) -> Decimal | int:
    """Take hours as they were written."""
    return number if isinstance(number, int) else round(Decimal(str(number)), 2)


def hand_over_task(session: Session, doing: Doing) -> Task:
    """Move a task to another officer or team, with a reason; its due time stays."""
    task, fields = _take(session, doing), doing.fields
    officer, team = fields.get("to_officer"), fields.get("to_team")
    if bool(officer) == bool(team):
        raise Invalid.field("/to_officer", "Name one new owner: to_officer or to_team.")
    if (officer, team) == (task.owner_officer, task.owner_team):
        message = "They own this task already. Name another officer or team."
        raise Conflict(message, state=task.state, possible=[])
    register_owner(session, officer, team)
    fields |= {"from_officer": task.owner_officer, "from_team": task.owner_team}
    task.owner_officer, task.owner_team = officer or None, team or None
    task.keeps_owner = True
    at = _occurred_at(session, task, doing)
    return _finish(session, task, doing, "handover", at)


def extend_task(session: Session, doing: Doing) -> Task:
    """Give a task more time, with a reason; its first due time stays on record."""
    task = _take(session, doing)
    if task.follows_source:
        raise recorded_elsewhere(task)
    due_at: datetime = doing.fields["due_at"]
    check_due(due_at)
    if due_at <= task.due_at:
        raise Invalid.field("/due_at", f"Send a moment after {task.due_at.isoformat()}.")
    doing.fields["was_due_at"] = task.due_at
    task.due_at, task.extended = due_at, task.extended + 1
    return _finish(session, task, doing, "extension", recorded_at(session))


def _take(session: Session, doing: Doing) -> Task:
    task = get_task(session, doing.question, doing.written)
    doing.if_match.check(task.version)
    if task.state != OPEN:
        ended = task.state.replace("_", " ")
        message = f"The task has ended as {ended}. Make a new one if more is to be done."
        raise Conflict(message, state=task.state, possible=[])
    return task


def _occurred_at(session: Session, task: Task, doing: Doing) -> datetime:
    moment: datetime = doing.fields.get("occurred_at") or recorded_at(session)
    if moment < task.recorded_at:
        message = "This lies before the task was made. Send a moment after `recorded_at`."
        raise Invalid.field("/occurred_at", message)
    return moment


def _finish(session: Session, task: Task, doing: Doing, kind: str, at: datetime) -> Task:
    """Write log, row, history and flag."""
    task.version += 1
    task.updated_at = recorded_at(session)
    details = {
        name: value
        for name, value in doing.fields.items()
        if name != "occurred_at" and value is not None
    }
    add_entry(session, task, kind, actor=doing.actor, occurred_at=at, details=details)
    keep_history(session, Task.__table__, task.force, [task.id])
    settle_task(session, task.id, _SAYS[kind])
    return task
