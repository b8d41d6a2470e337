"""Putting made-up tasks to imported wants, in sets, each with its log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import text

from offenders.db import recorded_at
from offenders.domain.history import begin_history
from offenders.domain.tasks.models import Task
from offenders.ids import new_ids, new_references

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

_GIVEN: Final = """
    given AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS g (
            id uuid, reference text, entry uuid, further uuid, want_source_ref text, action text,
            tactic text, expected_result text, made_at timestamptz, due_at timestamptz,
            owner_officer text, owner_team text, outcome text, told_at timestamptz, reason text,
            result text, hours numeric, arrests int, searches int, intelligence int))
"""
# A want about which somebody was asked already is left alone: running again changes nothing.
_ADD = text(f"""
    WITH {_GIVEN}
    INSERT INTO tasks (force, id, reference, state, action, expected_result, tactic, due_at,
                       first_due_at, subject_type, subject_id, subject_reference, person_id, lpa,
                       neighbourhood, owner_officer, owner_team, source_type, not_done, reason,
                       result, hours, arrests, searches, intelligence, ended_at, ended_by,
                       recorded_by, recorded_at, updated_at)
    SELECT w.force, g.id, g.reference,
           CASE WHEN g.outcome = 'not_done' THEN 'open' ELSE g.outcome END, g.action,
           g.expected_result, g.tactic, g.due_at, g.due_at, 'want', w.id, w.reference,
           w.person_id, w.lpa, w.neighbourhood, g.owner_officer, g.owner_team, 'decision',
           CASE WHEN g.outcome = 'not_done' THEN 1 ELSE 0 END, g.reason, g.result, g.hours,
           g.arrests, g.searches, g.intelligence, e.ended_at,
           CASE WHEN e.ended_at IS NOT NULL THEN coalesce(g.owner_officer, g.owner_team) END,
           :by, :at, :at
    FROM given g
    JOIN import_sources s ON s.force = :force AND s.kind = 'wanted'
                         AND s.source_ref = g.want_source_ref
    JOIN wants w ON w.force = s.force AND w.id = s.subject_id
    CROSS JOIN LATERAL (SELECT CASE WHEN g.outcome IN ('done', 'no_longer_needed')
                                    THEN g.told_at END AS ended_at) e
    WHERE NOT EXISTS (SELECT FROM tasks t WHERE t.force = w.force AND t.subject_id = w.id
                        AND t.source_type = 'decision')
    RETURNING id
""")
_LOG = text(f"""
    WITH {_GIVEN}
    INSERT INTO task_entries (force, id, task_id, kind, occurred_at, recorded_at, actor, details)
    SELECT t.force, g.entry, t.id, 'entry', g.made_at, :at, :by, '{{}}'
    FROM given g JOIN tasks t ON t.force = :force AND t.id = g.id
    UNION ALL
    SELECT t.force, g.further, t.id,
           CASE WHEN g.outcome = 'not_done' THEN 'not_done' ELSE 'completion' END,
           g.told_at, :at, coalesce(t.owner_officer, t.owner_team),
           jsonb_build_object('outcome', g.outcome, 'result', g.result)
    FROM given g JOIN tasks t ON t.force = :force AND t.id = g.id WHERE g.told_at IS NOT NULL
""")
_REGISTER = text(f"""
    WITH {_GIVEN}
    INSERT INTO teams (force, code, recorded_at)
    SELECT DISTINCT :force, g.owner_team, CAST(:at AS timestamptz) FROM given g
    WHERE g.owner_team IS NOT NULL ON CONFLICT DO NOTHING
""")


def add_made_up_tasks(session: Session, tasks: Iterable[dict[str, Any]], by: str) -> int:
    """Add tasks about wants that have none; give how many were added."""
    force, rows = session.info["force"], list(tasks)
    ids, references = new_ids(force, 3 * len(rows)), new_references("T", force, len(rows))
    numbered = [
        row | {"id": ids[n], "entry": ids[n + len(rows)], "further": ids[n + 2 * len(rows)]}
        for n, row in enumerate(rows)
    ]
    for row, reference in zip(numbered, references, strict=True):
        row["reference"] = reference
    values = {
        "force": force,
        "at": recorded_at(session),
        "by": by,
        "rows": orjson.dumps(numbered, default=str).decode(),
    }
    session.execute(_REGISTER, values)
    added = list(session.execute(_ADD, values).scalars())
    session.execute(_LOG, values)
    begin_history(session, Task.__table__, force, added)
    return len(added)
