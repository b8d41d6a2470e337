"""Making a task: one action, one owner, a due time, and what it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import text

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.access import scope
from offenders.domain.history import begin_history
from offenders.domain.reference import service as reference
from offenders.domain.reference.policies import figure_in_force
from offenders.domain.tasks import rules
from offenders.domain.tasks.models import Task, TaskEntry
from offenders.domain.tasks.subjects import find_subject
from offenders.errors import Invalid
from offenders.ids import new_id, new_reference

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.actors import Actor

MAKE = "tasks:make"
WORDS = "specific-tasks"  # the rule whose figure says of how many words an action has at least
_LPA_OF_OWNER = text("""
    SELECT t.lpa FROM teams t
    WHERE t.force = :force AND t.code = coalesce(CAST(:team AS text),
        (SELECT o.team FROM officers o WHERE o.force = :force AND o.code = :officer))
""")


@dataclass(frozen=True)
class NewTask:
    """What a task shall be. One owner; `person_id` only where no subject tells who it is about."""

    action: str
    due_at: datetime
    owner_officer: str | None = None
    owner_team: str | None = None
    subject_type: str | None = None
    subject_id: str | UUID | None = None
    rationale: str | None = None
    expected_result: str | None = None
    place: str | None = None
    tactic: str | None = None
    meeting_id: UUID | None = None
    source_type: str = rules.Source.DECISION
    source_id: UUID | None = None
    lpa: str | None = None
    neighbourhood: str | None = None
    person_id: UUID | None = None


@dataclass(frozen=True)
class Made:
    """The task that was made."""

    id: UUID
    reference: str
    version: int


@dataclass(frozen=True)
class _About:
    """What a task is about, and where that stands."""

    id: UUID | None = None
    reference: str | None = None
    person_id: UUID | None = None
    lpa: str | None = None
    neighbourhood: str | None = None


def make_task(session: Session, actor: Actor, force: str, new: NewTask) -> Made:
    """Make a task. Raises Invalid for what is not specific, unowned, late, unknown or elsewhere."""
    check_action(session, force, new.action)
    check_owner(new.owner_officer, new.owner_team)
    check_due(new.due_at)
    about = _about(session, actor, new)
    lpa, neighbourhood = _place(session, actor, new, about)
    register_owner(session, new.owner_officer, new.owner_team)
    moment = recorded_at(session)
    task = Task(
        force=force,
        id=new_id(force),
        reference=new_reference("T", force),
        action=new.action,
        place=new.place,
        expected_result=new.expected_result,
        rationale=new.rationale,
        tactic=new.tactic,
        due_at=new.due_at,
        first_due_at=new.due_at,
        subject_type=new.subject_type,
        subject_id=about.id,
        subject_reference=about.reference,
        person_id=about.person_id,
        lpa=lpa,
        neighbourhood=neighbourhood,
        owner_officer=new.owner_officer,
        owner_team=new.owner_team,
        meeting_id=new.meeting_id,
        source_type=new.source_type,
        source_id=new.source_id,
        recorded_by=actor.subject,
        version=1,
        recorded_at=moment,
        updated_at=moment,
    )
    session.add(task)
    session.flush()
    add_entry(session, task, "entry", actor=actor.subject, occurred_at=moment, details={})
    begin_history(session, Task.__table__, force, [task.id])
    return Made(task.id, task.reference, task.version)


def check_action(session: Session, force: str, action: str) -> None:
    """Raise Invalid where the action doesn't say what to do."""
    fewest = figure_in_force(session, force, WORDS, clock.today()) or 1
    if rules.is_too_short(action, fewest):
        message = f"Say in at least {fewest} words what is to be done, where or with whom."
        raise Invalid.field("/action", message, WORDS)
    if rules.is_vague(action):
        message = "This tells nobody what to do. Name one action: what, where, with whom."
        raise Invalid.field("/action", message, WORDS)


def check_owner(officer: str | None, team: str | None) -> None:
    """Raise Invalid unless one owns it."""
    if officer and team:
        raise Invalid.field("/owner_team", "Name one owner: an officer or a team, not both.")
    if not officer and not team:
        raise Invalid.field("/owner_officer", "Name the owner: owner_officer or owner_team.")


def check_due(due_at: datetime) -> None:
    """Raise Invalid where it has passed."""
    if not rules.is_in_time(due_at, clock.now()):
        raise Invalid.field("/due_at", "This has passed. Send a moment in the future.")


def register_owner(session: Session, officer: str | None, team: str | None) -> None:
    """Put the owner on the register of officers or teams."""
    if officer is not None:
        reference.register_officer(session, officer)
    if team is not None:
        reference.register_team(session, team)


def _about(session: Session, actor: Actor, new: NewTask) -> _About:
    if new.subject_type is None or new.subject_id is None:
        return _About(person_id=new.person_id)
    found = find_subject(session, actor, new.subject_type, str(new.subject_id))
    return _About(found.id, found.reference, found.person_id, found.lpa, found.neighbourhood)


def _place(
    session: Session, actor: Actor, new: NewTask, about: _About
) -> tuple[str | None, str | None]:
    """Put it in the area named, else in that of its subject, its owner's team or its maker."""
    lpa, neighbourhood = new.lpa, new.neighbourhood
    if lpa is not None or neighbourhood is not None:
        lpa = reference.require_area(session, lpa, neighbourhood)
    elif about.lpa is not None or about.neighbourhood is not None:
        lpa, neighbourhood = about.lpa, about.neighbourhood
    else:
        owner = {"team": new.owner_team, "officer": new.owner_officer}
        asked = owner | {"force": session.info["force"]}
        lpa = session.execute(_LPA_OF_OWNER, asked).scalar()
    reach = scope(actor, MAKE, session.info["force"])
    if lpa is None and neighbourhood is None and len(reach.lpas) == 1:
        lpa = reach.lpas[0]
    if not reach.covers(lpa, neighbourhood):
        raise Invalid.field("/lpa", "Make the task in one of your own areas.")
    return lpa, neighbourhood


def add_entry(  # noqa: PLR0913 - one entry of the log
    session: Session,
    task: Task,
    kind: str,
    *,
    actor: str,
    occurred_at: datetime,
    details: dict[str, Any],
) -> TaskEntry:
    """Write one entry of a task's log."""
    entry = TaskEntry(
        force=task.force,
        id=new_id(task.force),
        task_id=task.id,
        kind=kind,
        occurred_at=occurred_at,
        recorded_at=recorded_at(session),
        actor=actor,
        details=orjson.loads(orjson.dumps(details, default=str, option=orjson.OPT_UTC_Z)),
    )
    session.add(entry)
    session.flush()
    return entry
