"""Tasks that follow a record: made when that falls due, ended when it is seen to.

A capability says what falls due (`Followed`). Tasks are made, moved and ended from that alone, by
one statement: in the transaction that changes the record, and by a sweep as time goes by. So a
check, a visit or a review is a task like any other, and never a second truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.history import keep_history
from offenders.domain.reference.policies import figures_in_force
from offenders.domain.tasks.models import Task
from offenders.statements import Statement, ask

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

LEADS: Final = "task-leads"  # the rule whose figures say how many days ahead a task is made
SERVICE: Final = "service"


@dataclass(frozen=True)
class Followed:
    """A SELECT of every record of one kind that is due, or soon is.

    Its columns are source_id, occasion, subject_type, subject_id, subject_reference, person_id,
    lpa, neighbourhood, owner_officer or owner_team, action and due_at. `occasion` tells one time
    that a record falls due from the next. `done_by` is SQL over a task `t` that is over: who has
    done it, or null where it just fell away.
    """

    source_type: str
    sql: str
    done_by: str


@dataclass(frozen=True)
class Brought:
    """How many tasks a sweep made and ended."""

    made: int
    ended: int


# The layouts of ids.new_id and ids.new_reference; the latter takes the last 40 random bits.
_NEW_ID: Final = """
    CAST(lpad(to_hex(CAST(floor(extract(epoch FROM clock_timestamp()) * 1000) AS bigint)), 12, '0')
         || '8' || lpad(to_hex(CAST(:task_force AS int)), 3, '0')
         || right(replace(CAST(gen_random_uuid() AS text), '-', ''), 16) AS uuid)
"""
_BITS: Final = "CAST(CAST('x' || right(replace(CAST(b.new_id AS text), '-', ''), 10) AS bit(40))"
_SPOKEN: Final = " || ".join(
    f"substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ',"
    f" 1 + CAST(({_BITS} AS bigint) >> {5 * place}) & 31 AS int), 1)"
    + (" || '-'" if place == 3 else "")  # noqa: PLR2004 - the dash after four
    for place in range(8)
)
_OWN: Final = {"owner_officer": "text", "owner_team": "text"}
_FACTS: Final = {
    "subject_type": "text",
    "subject_id": "uuid",
    "subject_reference": "text",
    "person_id": "uuid",
    "lpa": "text",
    "neighbourhood": "text",
    "action": "text",
    "due_at": "timestamptz",
}
_ALL: Final = _FACTS | _OWN
_NAMES: Final = ", ".join(_ALL)
_DUE: Final = f"""
    SELECT '{{source_type}}' AS source_type, d.source_id, CAST(d.occasion AS text) AS occasion,
           {", ".join(f"CAST(d.{name} AS {kind}) AS {name}" for name, kind in _ALL.items())}
    FROM ({{sql}}) d
"""
# What is due beside what is open. A full join can't be a nested loop, into which statistics of
# before thousands of tasks were made at once would otherwise lead.
_BESIDE: Final = f"""
    beside AS MATERIALIZED (
        SELECT t.id, d.source_id IS NULL AS is_over, d.source_type, d.source_id, d.occasion,
               {", ".join(f"d.{name}" for name in _ALL)},
               ({", ".join(f"t.{name}" for name in _FACTS)}) IS DISTINCT FROM
                   ({", ".join(f"d.{name}" for name in _FACTS)})
               OR NOT t.keeps_owner AND (t.owner_officer, t.owner_team) IS DISTINCT FROM
                   (d.owner_officer, d.owner_team) AS differs,
               CASE WHEN d.source_id IS NULL THEN {{done_by}} END AS done_by
        FROM (SELECT * FROM tasks t
              WHERE t.force = :task_force AND t.source_type = ANY (:task_sources)
                AND t.follows_source AND t.state = 'open' {{whose}}) t
        FULL JOIN due d ON d.source_type = t.source_type AND d.source_id = t.source_id
                       AND d.occasion = t.occasion),
    changing AS MATERIALIZED (SELECT * FROM beside b WHERE b.id IS NOT NULL AND b.differs)
"""
_MAKE: Final = f"""
    numbered AS MATERIALIZED (
        SELECT b.*, {_NEW_ID} AS new_id FROM beside b WHERE b.id IS NULL ORDER BY b.source_id),
    made AS (
        INSERT INTO tasks (force, id, reference, source_type, source_id, occasion, follows_source,
                           {_NAMES}, first_due_at, recorded_by, recorded_at, updated_at)
        SELECT CAST(:task_force AS text), b.new_id, 'T' || :task_force || '-' || {_SPOKEN},
               b.source_type, b.source_id, b.occasion, true, {_NAMES}, b.due_at,
               '{SERVICE}', CAST(:task_at AS timestamptz), CAST(:task_at AS timestamptz)
        FROM numbered b
        ON CONFLICT (force, source_type, source_id, occasion)
            WHERE follows_source AND state = 'open' DO NOTHING
        RETURNING *)
"""
_COLUMNS: Final = ", ".join(column.name for column in Task.__table__.columns)
_KEEP: Final = f"""
    kept AS (
        INSERT INTO tasks_history ({_COLUMNS}, recorded_from)
        SELECT {_COLUMNS}, CAST(:task_at AS timestamptz) FROM made)
"""
# A task handed over keeps its owner, also where that happens while this statement runs.
_RENEWED: Final = ", ".join(
    [f"{name} = CASE WHEN b.is_over THEN t.{name} ELSE b.{name} END" for name in _FACTS]
    + [
        f"{name} = CASE WHEN b.is_over OR t.keeps_owner THEN t.{name} ELSE b.{name} END"
        for name in _OWN
    ]
)
_BRING_UP_TO_DATE: Final = f"""
    dated AS (
        UPDATE tasks t
        SET {_RENEWED}, version = t.version + 1, updated_at = CAST(:task_at AS timestamptz),
            state = CASE WHEN NOT b.is_over THEN 'open'
                         WHEN b.done_by IS NULL THEN 'no_longer_needed' ELSE 'done' END,
            ended_at = CASE WHEN b.is_over THEN CAST(:task_at AS timestamptz) END,
            ended_by = CASE WHEN b.is_over THEN coalesce(b.done_by, '{SERVICE}') END,
            result = CASE WHEN b.is_over THEN
                CASE WHEN b.done_by IS NULL THEN CAST(:task_because AS text)
                     ELSE 'Recorded with what it was about.' END END
        FROM changing b
        WHERE t.force = :task_force AND t.state = 'open' AND t.id = b.id
          AND t.id = ANY (ARRAY(SELECT id FROM changing))
        RETURNING t.id, t.state)
"""


def follow(
    session: Session,
    sources: Sequence[Followed],
    values: Mapping[str, Any],
    *,
    subjects: Sequence[UUID] | None = None,
    because: str = "It is no longer due.",
) -> Brought:
    """Bring the tasks of sources, with their bound values, to what these find due.

    With `subjects`, of which the sources must then be, those of these subjects alone.
    """
    own = {
        "task_force": session.info["force"],
        "task_sources": [str(each.source_type) for each in sources],
        "task_at": recorded_at(session),
        "task_because": because,
        "task_subjects": list(subjects or ()),
    }
    row = _run(session, tuple(sources), {**values, **own}, is_some=subjects is not None)
    if row.changed:
        keep_history(session, Task.__table__, session.info["force"], row.changed)
    return Brought(row.made, row.ended)


def _run(
    session: Session, sources: tuple[Followed, ...], values: dict[str, Any], *, is_some: bool
) -> Any:
    """Plan a sweep for what there is; what an act on one record asks is prepared once."""
    if is_some:
        return ask(session, _prepared(sources), values)
    session.flush()
    return session.execute(text(_following(sources, is_some=False)), values).one()


@lru_cache(maxsize=64)
def _prepared(sources: tuple[Followed, ...]) -> Statement:
    return Statement(_following(sources, is_some=True))


def _following(sources: tuple[Followed, ...], *, is_some: bool) -> str:
    whose = "AND t.subject_id = ANY (CAST(:task_subjects AS uuid[]))" if is_some else ""
    due = " UNION ALL ".join(
        _DUE.format(source_type=each.source_type, sql=each.sql) for each in sources
    )
    ways = " ".join(f"WHEN '{each.source_type}' THEN ({each.done_by})" for each in sources)
    beside = _BESIDE.format(whose=whose, done_by=f"CASE t.source_type {ways} END")
    return f"""
        WITH due AS MATERIALIZED ({due}), {beside}, {_MAKE}, {_KEEP}, {_BRING_UP_TO_DATE}
        SELECT (SELECT count(*) FROM made) AS made,
               (SELECT count(*) FROM dated WHERE state <> 'open') AS ended,
               ARRAY(SELECT id FROM dated) AS changed
    """


_NOTHING: Final = f"""
    SELECT CAST(NULL AS uuid) AS source_id, '' AS occasion,
           {", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in _ALL.items())}
    WHERE false
"""


def end_followed(
    session: Session, source_type: str, subjects: Sequence[UUID], because: str, *, is_done: bool
) -> Brought:
    """End the tasks of one kind of some subjects, in the transaction that ends their cause.

    Unless that is what they asked for, they are no longer needed, because of what is told.
    """
    done_by = f"'{SERVICE}'" if is_done else "CAST(NULL AS text)"
    source = Followed(source_type, _NOTHING, f"SELECT {done_by}")
    return follow(session, [source], {}, subjects=subjects, because=because)


def lead_days(session: Session) -> dict[str, int]:
    """Give for each source how many days before it is due its task is made."""
    return figures_in_force(session, session.info["force"], LEADS, clock.today())
