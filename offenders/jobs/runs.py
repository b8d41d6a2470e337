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
_JSON = """
    json_build_object('id', r.id, 'job', r.job, 'slot', r.slot, 'trigger', r.trigger,
        'state', r.state, 'started_at', r.started_at, 'ended_at', r.ended_at,
        'raised', r.raised, 'cleared', r.cleared, 'error', r.error, 'dry_run', r.is_dry_run)
"""
_FIND = text(f"""
    SELECT {_COLUMNS} FROM job_runs WHERE job = :job AND slot = :slot AND trigger = 'scheduled'
""")
_ADD = text(f"""
    INSERT INTO job_runs (id, job, slot, trigger, state, is_dry_run, started_at, ended_at, raised,
                          cleared, error, requested_by)
    VALUES (:id, :job, :slot, :trigger, :state, :is_dry_run, :started_at, clock_timestamp(),
            :raised, :cleared, :error, :requested_by)
    ON CONFLICT (job, slot) WHERE trigger = 'scheduled' DO NOTHING
    RETURNING {_COLUMNS}
""")
_LAST = text(f"""
    SELECT j.name, (SELECT {_JSON} FROM job_runs r WHERE r.job = j.name
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


def list_runs(
    session: Session, job: str, after: Sequence[Any] | None, limit: int
) -> list[Row[Any]]:
    """Give the runs of a job, the newest first, as (json, started_at, id)."""
    keyset = (
        "AND (r.started_at, r.id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid))"
        if after
        else ""
    )
    values = {"job": job, "limit": limit}
    if after:
        values |= {"after_at": after[0], "after_id": after[1]}
    statement = f"""
        SELECT {_JSON}::text, r.started_at::text, r.id FROM job_runs r
        WHERE r.job = :job {keyset}
        ORDER BY r.started_at DESC, r.id DESC LIMIT :limit
    """
    return list(session.execute(text(statement), values))


def last_runs(session: Session, jobs: Sequence[str]) -> dict[str, Any]:
    """Give the last run of each job, or None."""
    return {row.name: row.run for row in session.execute(_LAST, {"jobs": list(jobs)})}


def count_runs(session: Session, job: str) -> int:
    """Count the runs of a job."""
    statement = text("SELECT count(*) FROM job_runs WHERE job = :job")
    return int(session.execute(statement, {"job": job}).scalar_one())
