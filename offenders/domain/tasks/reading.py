"""SQL of tasks as they are shown: lists, one task, its log, and what is unfinished."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select, text

from offenders.domain.persons.shown import person_json
from offenders.domain.reading import Reading, page_of
from offenders.domain.tasks.asking import HIDDEN, OVERDUE, TEAM, Question
from offenders.domain.tasks.models import Task
from offenders.domain.tasks.places import address_sql
from offenders.domain.tasks.subjects import SUBJECTS
from offenders.errors import NotFound
from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

# A task about somebody whose record was merged is about the record that stands for them.
_SUBJECT_ID: Final = "CASE WHEN t.subject_type = 'person' THEN t.person_id ELSE t.subject_id END"
_SUBJECT_REFERENCE: Final = """
    coalesce(CASE WHEN t.subject_type = 'person' THEN p.reference END, t.subject_reference)
"""
_ADDRESS: Final = (
    "CASE t.subject_type "
    + " ".join(f"WHEN '{kind}' THEN '{each.address}/'" for kind, each in SUBJECTS.items())
    + f" END || {_SUBJECT_ID}"
)
_MASKED: Final = f"""
    array_remove(ARRAY[
        CASE WHEN {HIDDEN} THEN 'lpa' END, CASE WHEN {HIDDEN} THEN 'neighbourhood' END,
        CASE WHEN {HIDDEN} THEN 'place' END,
        CASE WHEN NOT :sees_people AND t.person_id IS NOT NULL THEN 'person' END], NULL)
"""
_KEY: Final = "t.due_at"


def task_json(*, as_at: bool = False) -> str:
    """Give the JSON of a task over `t`, `p` and `g`."""
    return f"""json_build_object(
        'id', t.id, 'reference', t.reference, 'force', t.force, 'state', t.state,
        'is_overdue', {OVERDUE}, 'action', t.action,
        'place', CASE WHEN NOT {HIDDEN} THEN t.place END,
        'expected_result', t.expected_result, 'rationale', t.rationale, 'tactic', t.tactic,
        'due_at', t.due_at, 'first_due_at', t.first_due_at,
        'owner_officer', t.owner_officer, 'owner_team', {TEAM},
        'subject', CASE WHEN t.subject_type IS NOT NULL THEN json_build_object(
            'type', t.subject_type, 'id', {_SUBJECT_ID}, 'reference', {_SUBJECT_REFERENCE},
            'href', {_ADDRESS}) END,
        'person_id', CASE WHEN :sees_people THEN t.person_id END,
        'person', CASE WHEN :sees_people AND p.id IS NOT NULL
                       THEN {person_json(as_at=as_at)} END,
        'lpa', CASE WHEN NOT {HIDDEN} THEN t.lpa END,
        'neighbourhood', CASE WHEN NOT {HIDDEN} THEN t.neighbourhood END,
        'masked', {_MASKED},
        'meeting_id', t.meeting_id,
        'source', json_build_object('type', t.source_type, 'id', t.source_id),
        'follows_source', t.follows_source, 'recorded_through', {address_sql()},
        'carried_over', t.carried_over, 'not_done', t.not_done, 'extended', t.extended,
        'reason', t.reason, 'result', t.result, 'hours', t.hours, 'arrests', t.arrests,
        'searches', t.searches, 'intelligence', t.intelligence,
        'ended_at', t.ended_at, 'ended_by', t.ended_by, 'recorded_by', t.recorded_by,
        'recorded_at', t.recorded_at, 'updated_at', t.updated_at, 'version', t.version)"""


def reading_of_tasks(question: Question, after: Sequence[Any] | None, limit: int) -> Reading:
    """Give the read of one page, what is due first first; its body lacks the end."""
    condition, values = question.condition()
    # OFFSET 0: each row is one look-up by key, whatever is known of how many there are.
    if after is not None:
        condition += (
            f" AND ({_KEY}, t.id) > (CAST(:after_0 AS timestamptz), CAST(:after_1 AS uuid))"
        )
        values |= {"after_0": after[0], "after_1": after[1]}
    rows = f"""
        SELECT k.id, k.key, i.item, i.person_id, i.masked
        FROM (SELECT t.id, {_KEY} AS key {question.source} AND {condition}
              ORDER BY {_KEY}, t.id LIMIT CAST(:limit AS int) + 1) k
        CROSS JOIN LATERAL (
            SELECT CAST({_json(question)} AS text) AS item,
                   CASE WHEN :sees_people THEN p.id END AS person_id,
                   {_MASKED} AS masked
            {question.source} AND t.force = :force AND t.id = k.id OFFSET 0) i
    """
    return Reading(page_of(rows), "task", values | {"limit": limit})


def _json(question: Question) -> str:
    return task_json(as_at=question.as_at is not None)


def count_tasks(session: Session, question: Question) -> int:
    """Count the rows of all pages."""
    condition, values = question.condition()
    statement = text(f"SELECT count(*) {question.source} AND {condition}")
    return int(session.execute(statement, values).scalar_one())


def reading_of_task(question: Question, written: str) -> Reading:
    """Give the read of one task, by its id or reference."""
    condition, values = question.condition()
    named = "t.id = :id" if as_uuid(written) is not None else "t.reference = :reference"
    sql = f"""
        SELECT CAST({_json(question)} AS text) AS body, t.version,
               array_remove(ARRAY[t.id, t.subject_id, p.id], NULL) AS subjects,
               CASE WHEN :sees_people AND p.id IS NOT NULL THEN ARRAY[p.id]
                    ELSE CAST('{{}}' AS uuid[]) END AS people,
               {_MASKED} AS masked, CAST('{{}}' AS jsonb) AS details,
               CAST(NULL AS text) AS after, t.id
        {question.source} AND {condition} AND {named}
    """
    return Reading(sql, "task", values | _named(written))


def get_task(session: Session, question: Question, written: str) -> Task:
    """Give the task for a change, locked until the transaction ends; raise NotFound."""
    named = "t.id = :id" if as_uuid(written) is not None else "t.reference = :reference"
    statement = text(f"SELECT t.id FROM tasks t WHERE {question.in_sight} AND {named}")
    found = session.execute(statement, question.values | _named(written)).scalar()
    if found is None:
        raise NotFound
    locked = (
        select(Task)
        .where(Task.force == question.scope.force, Task.id == found)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return session.execute(locked).scalar_one()


def _named(written: str) -> dict[str, Any]:
    return {"id": as_uuid(written), "reference": as_reference(written)}


# The queue of an area would tell where somebody lives, as the area itself does.
_DETAILS: Final = " ".join(
    f"- CASE WHEN :hides AND left(e.details ->> '{name}', 5) = 'DUTY-' THEN '{name}' ELSE '' END"
    for name in ("from_team", "to_team")
)
_ENTRY_JSON: Final = f"""
    json_build_object('id', e.id, 'task_id', e.task_id, 'kind', e.kind,
        'occurred_at', e.occurred_at, 'recorded_at', e.recorded_at, 'actor', e.actor,
        'meeting_id', e.meeting_id, 'details', e.details {_DETAILS})
"""


def list_entries(
    session: Session, task_id: UUID, after: Sequence[Any] | None, limit: int, *, hides: bool
) -> list[Row[Any]]:
    """Give the log in the order in which things happened, as (json, occurred_at, id).

    With `hides` the reader is not told of areas.
    """
    keyset = (
        "AND (e.occurred_at, e.id) > (CAST(:after_0 AS timestamptz), CAST(:after_1 AS uuid))"
        if after
        else ""
    )
    values = {"force": session.info["force"], "task_id": task_id, "limit": limit, "hides": hides}
    if after:
        values |= {"after_0": after[0], "after_1": after[1]}
    statement = text(f"""
        SELECT {_ENTRY_JSON}::text, e.occurred_at::text, e.id FROM task_entries e
        WHERE e.force = :force AND e.task_id = :task_id {keyset}
        ORDER BY e.occurred_at, e.id LIMIT :limit
    """)
    return list(session.execute(statement, values))


def show_entry(session: Session, entry_id: UUID) -> str:
    """Give one entry of a log as JSON."""
    statement = text(
        f"SELECT {_ENTRY_JSON}::text FROM task_entries e WHERE e.force = :force AND e.id = :id"
    )
    values = {"force": session.info["force"], "id": entry_id, "hides": False}
    found: str = session.execute(statement, values).scalar_one()
    return found
