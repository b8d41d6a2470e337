"""Tasks not done by their due time: a flag to the owner, which escalates after a while.

What follows a record of its own is flagged by the rule of that record, so not here again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from offenders import clock
from offenders.domain.flags.service import DueSource, Settled, settle
from offenders.domain.reference.policies import explained_figures

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

RULE: Final = "overdue-tasks"
_FIGURE: Final = "(CAST(:figures AS jsonb) -> e.stage)"
_LATE: Final = "t.due_at + make_interval(hours => 24 * CAST(:late AS int))"
# From an officer to their team, from a team to the duty queue of the area, then of the force.
_NEXT: Final = """
    CASE WHEN t.owner_officer IS NOT NULL THEN coalesce(o.team, 'DUTY-' || coalesce(t.lpa, t.force))
         WHEN t.owner_team = 'DUTY-' || t.lpa THEN 'DUTY-' || t.force
         ELSE 'DUTY-' || coalesce(t.lpa, t.force) END
"""
_DUE: Final = f"""
    SELECT 'task' AS subject_type, t.id AS subject_id, t.reference AS subject_reference,
           t.person_id, t.lpa, t.neighbourhood,
           CASE e.stage WHEN 'all' THEN t.owner_officer END AS owner_officer,
           CASE e.stage WHEN 'all' THEN t.owner_team ELSE {_NEXT} END AS owner_team,
           {_FIGURE} ->> 'severity' AS severity,
           jsonb_build_object(
               'rule', '{RULE}', 'stage', e.stage, 'due_at', t.due_at,
               'what', CASE e.stage WHEN 'all' THEN 'The task is not done by its due time.'
                       ELSE 'The task is still not done: whoever leads its owner must act.' END,
               'owner_officer', t.owner_officer, 'owner_team', t.owner_team,
               'first_due_at', t.first_due_at)
           || ({_FIGURE} - 'severity') AS because,
           t.due_at
    FROM tasks t
    LEFT JOIN officers o ON o.force = t.force AND o.code = t.owner_officer
    CROSS JOIN LATERAL (
        SELECT CASE WHEN t.due_at + make_interval(hours => CAST(:escalation AS int)) < :now
                    THEN 'escalation' ELSE 'all' END AS stage) e
    WHERE t.force = :force AND t.state = 'open' AND NOT t.follows_source AND {_LATE} < :now
"""


def due_source(session: Session, task_id: UUID | None = None) -> DueSource:
    """Give every task that is overdue; or this one only."""
    force = session.info["force"]
    figures = explained_figures(session, force, RULE, clock.today())
    values = {
        "figures": orjson.dumps(figures).decode(),
        "late": figures["all"]["figure"],
        "escalation": figures["escalation"]["figure"],
        "force": force,
        "now": clock.now(),
    }
    if task_id is None:
        return DueSource(_DUE, values)
    return DueSource(f"{_DUE} AND t.id = :whose", values | {"whose": task_id})


def settle_flags(session: Session) -> Settled:
    """Bring the flags of the force's tasks to what is due now."""
    return settle(session, rule=RULE, source=due_source(session))


def settle_task(session: Session, task_id: UUID, because: str) -> None:
    """Bring the flag of one task to what is due now, in the transaction that changed it."""
    session.flush()
    source = due_source(session, task_id)
    settle(session, rule=RULE, source=source, because=because, subject_id=task_id)
