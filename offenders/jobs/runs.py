"""SQL of job runs: what was run, in which slot, with what effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

_COLUMNS = """
    id, job, slot, trigger, state, started_at, ended_at, raised, cleared, error, is_dry_run
"""
# A run as it concerns one force: what other forces ran, and what became of them, stays theirs.
_JSON = """
    json_build_object('id', r.id, 'job', r.job, 'slot', r.slot, 'trigger', r.trigger,
        'state', CASE WHEN r.failed_whole OR e.error IS NOT NULL THEN 'failed'
                      ELSE 'succeeded' END,
        'started_at', r.started_at, 'ended_at', r.ended_at,
        'raised', coalesce(e.raised, 0), 'cleared', coalesce(e.cleared, 0),
        'error', CASE WHEN r.failed_whole THEN r.error ELSE e.error END,
        'dry_run', r.is_dry_run)
"""
_OF_FORCE = "(r.only_force IS NULL OR r.only_force = :force)"
_RUNS = f"""
    FROM job_runs r LEFT JOIN job_run_effects e ON e.force = :force AND e.run_id = r.id
    WHERE {_OF_FORCE}
"""
_FIND = text(f"""
    SELECT {_COLUMNS} FROM job_runs WHERE job = :job AND slot = :slot AND trigger = 'scheduled'
""")
_ADD = text(f"""
    INSERT INTO job_runs (id, job, slot, trigger, state, is_dry_run, started_at, ended_at, raised,
                          cleared, error, requested_by, only_force, failed_whole)
    VALUES (:id, :job, :slot, :trigger, :state, :is_dry_run, :started_at, clock_timestamp(),
            :raised, :cleared, :error, :requested_by, :only_force, :failed_whole)
    ON CONFLICT (job, slot) WHERE trigger = 'scheduled' DO NOTHING
    RETURNING {_COLUMNS}
""")
_ADD_EFFECT = text("""
    INSERT INTO job_run_effects (force, run_id, raised, cleared, error)
    VALUES (:force, :run_id, :raised, :cleared, :error)
""")
_LAST = text(f"""
    SELECT j.name, (SELECT {_JSON} {_RUNS} AND r.job = j.name
                    ORDER BY r.started_at DESC, r.id DESC LIMIT 1) AS run
    FROM unnest(CAST(:jobs AS text[])) j (name)
""")


@dataclass(frozen=True)
class Run:
    """One run of a job, as it is kept and shown."""

    id: UUID
    job: str
    slot: datetime
    trigger: str
    state: str
    started_at: datetime
    ended_at: datetime
    raised: int
    cleared: int
    error: str | None
    dry_run: bool


def find_run(session: Session, job: str, slot: datetime) -> Run | None:
    """Give the run of a scheduled slot, where there was one."""
    row = session.execute(_FIND, {"job": job, "slot": slot}).one_or_none()
    return None if row is None else Run(*row)


def add_run(session: Session, values: dict[str, Any]) -> Run | None:
    """Keep a run that has ended now; None where its slot already has one."""
    row = session.execute(_ADD, values).one_or_none()
    return None if row is None else Run(*row)


def add_effect(
    session: Session, run_id: UUID, *, raised: int, cleared: int, error: str | None
) -> None:
    """Keep what a run did in the force of this transaction."""
    force = session.info["force"]
    values = {"force": force, "run_id": run_id}
    session.execute(_ADD_EFFECT, values | {"raised": raised, "cleared": cleared, "error": error})


def list_runs(
    session: Session, job: str, after: Sequence[Any] | None, limit: int
) -> list[Row[Any]]:
    """Give the job's runs that concern the force, newest first, as (json, started_at, id)."""
    keyset = (
        "AND (r.started_at, r.id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid))"
        if after
        else ""
    )
    values = {"job": job, "limit": limit, "force": session.info["force"]}
    if after:
        values |= {"after_at": after[0], "after_id": after[1]}
    statement = f"""
        SELECT {_JSON}::text, r.started_at::text, r.id {_RUNS}
          AND r.job = :job {keyset}
        ORDER BY r.started_at DESC, r.id DESC LIMIT :limit
    """
    return list(session.execute(text(statement), values))


def last_runs(session: Session, jobs: Sequence[str]) -> dict[str, Any]:
    """Give the last run of each job that concerns the force, or None."""
    values = {"jobs": list(jobs), "force": session.info["force"]}
    return {row.name: row.run for row in session.execute(_LAST, values)}


def count_runs(session: Session, job: str) -> int:
    """Count the runs that list_runs would give."""
    statement = text(f"SELECT count(*) FROM job_runs r WHERE {_OF_FORCE} AND r.job = :job")
    values = {"job": job, "force": session.info["force"]}
    return int(session.execute(statement, values).scalar_one())
