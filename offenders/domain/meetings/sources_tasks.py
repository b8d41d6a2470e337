"""Sections of a pack about actions: what is carried over, and what came of the others.

A meeting takes over what stands in its area or was decided at a meeting of its own; that of the
force also whatever is overdue anywhere. Tasks that follow an order, a visit or the like are left
out: the pack lists these by themselves.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

from offenders.domain.meetings.sources import OWNER, Source, then

_IN_SERIES: Final = """
    o.tier = CASE WHEN CAST(:lpa AS text) IS NULL THEN 'force' ELSE 'lpa' END
    AND (CAST(:lpa AS text) IS NULL OR o.lpa = :lpa)
"""
_OWN: Final = f"""
    EXISTS (SELECT FROM meetings o WHERE o.force = :force AND o.id = t.meeting_id
            AND {_IN_SERIES})
"""
_HERE: Final = f"""
    CASE WHEN CAST(:lpa AS text) IS NULL THEN t.lpa IS NULL OR {_OWN} {{further}}
         ELSE t.lpa = :lpa OR {_OWN} END
"""
_TASKS: Final = f"""
    FROM tasks_history t WHERE t.force = :force AND {then("t")} AND NOT t.follows_source
"""
# A pack drawn anew for the same meeting carries over what it has carried, once.
_WAS_CARRIED: Final = f"""
    EXISTS (SELECT FROM task_entries e
            JOIN meetings o ON o.force = e.force AND o.id = e.meeting_id
            WHERE e.force = :force AND e.task_id = t.id AND e.kind = 'carried'
              AND {_IN_SERIES} AND o.kind = :kind
              AND o.cut_off > coalesce(CAST(:previous AS timestamptz), '-infinity'))
"""
# Put to another meeting: what one of its own has decided, or what nobody has at a meeting and was
# open when the last one was held. Other meetings show it, too, but only this one counts it.
_IS_CARRIED: Final = f"""
    (CASE WHEN t.meeting_id IS NOT NULL THEN {_OWN}
          ELSE t.lpa IS NOT DISTINCT FROM CAST(:lpa AS text)
               AND t.recorded_at <= CAST(:previous AS timestamptz) END
     AND NOT {_WAS_CARRIED}) IS TRUE
"""
CARRIED: Final = text(f"SELECT t.id {_TASKS} AND t.state = 'open' AND {_IS_CARRIED} ORDER BY t.id")
_TASK: Final = f"""
    'action', x.action, 'place', x.place, 'expected_result', x.expected_result,
    'due_at', x.due_at, 'first_due_at', x.first_due_at, 'subject_type', x.subject_type,
    'subject_id', x.subject_id, 'subject_reference', x.subject_reference, {OWNER},
    'lpa', x.lpa, 'neighbourhood', x.neighbourhood, 'rationale', x.rationale
"""
# Whoever doesn't see the subject doesn't see what is to be done about it.
_NEEDS: Final = """
    CASE x.subject_type WHEN 'mappa_case' THEN 'mappa:read'
                        WHEN 'registration' THEN 'registrations:read-full' END
"""
# Each result once: since the last meeting, or where there was none, in the window.
_ENDED: Final = f"""
    CASE WHEN CAST(:previous AS timestamptz) IS NULL THEN t.ended_at >= :since
         ELSE t.updated_at > CAST(:previous AS timestamptz) AND NOT EXISTS (
             SELECT FROM tasks_history b WHERE b.force = :force AND b.id = t.id
               AND {then("b", "previous")} AND b.state <> 'open') END
"""

SOURCES: Final = (
    Source(
        section="carried_actions",
        subject_type="'task'",
        rows=f"""
            SELECT t.*, {_IS_CARRIED} AS is_carried {_TASKS} AND t.state = 'open'
              AND {_HERE.format(further="OR t.due_at < :cut_off")}
        """,
        facts=f"""
            {_TASK}, 'overdue', x.due_at < :cut_off,
            'carried_over', x.carried_over + CAST(x.is_carried AS int), 'not_done', x.not_done,
            'reason', x.reason
        """,
        order="x.due_at >= :cut_off, x.due_at, x.id",
        known="SELECT 1",
        group="CASE WHEN x.due_at < :cut_off THEN 'overdue' ELSE 'due' END",
        follows="x.person_id IS NOT NULL",
        needs=_NEEDS,
    ),
    Source(
        section="results",
        subject_type="'task'",
        rows=f"""
            SELECT t.* {_TASKS} AND t.state <> 'open' AND {_HERE.format(further="")}
              AND {_ENDED}
        """,
        facts=f"""
            {_TASK}, 'outcome', x.state, 'result', x.result, 'ended_at', x.ended_at,
            'ended_by', x.ended_by, 'hours', x.hours, 'arrests', x.arrests,
            'searches', x.searches, 'intelligence', x.intelligence
        """,
        order="x.ended_at, x.id",
        known="SELECT 1",
        group="x.state",
        follows="x.person_id IS NOT NULL",
        needs=_NEEDS,
    ),
)
