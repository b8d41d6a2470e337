"""SQL of what was uploaded: its state, its content until it is done, and its problems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders.db import recorded_at
from offenders.domain.imports.problems import shown
from offenders.domain.imports.staging import copy_into
from offenders.domain.imports.store import as_json
from offenders.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Connection, Row
    from sqlalchemy.orm import Session

    from offenders.domain.imports.batches import Summary
    from offenders.domain.imports.problems import Problem

_JSON = """
    json_build_object('id', i.id, 'force', i.force, 'kind', i.kind, 'state', i.state,
        'dry_run', i.is_dry_run, 'complete', i.is_complete, 'file_name', i.file_name,
        'content_type', i.content_type, 'summary', i.summary, 'error', i.error,
        'requested_by', i.requested_by, 'recorded_at', i.recorded_at,
        'started_at', i.started_at, 'ended_at', i.ended_at)::text
"""
_ADD = text("""
    INSERT INTO imports (force, id, kind, state, is_dry_run, is_complete, file_name,
                         content_type, content, file_digest, summary, requested_by, recorded_at,
                         started_at, ended_at)
    VALUES (:force, :id, :kind, :state, :dry_run, :complete, :file_name, :content_type, :content,
            :file_digest, CAST(:summary AS jsonb), :requested_by, :at, :started_at, :ended_at)
""")
_OTHERS_SINCE = text("""
    WITH finished AS (
        SELECT file_digest, recorded_at FROM imports
        WHERE force = :force AND kind = :kind AND state = 'finished' AND NOT is_dry_run
    ), before AS (SELECT max(recorded_at) AS at FROM finished WHERE file_digest = :digest)
    SELECT b.at, count(*) FROM before b JOIN finished f ON f.recorded_at > b.at GROUP BY b.at
""")
_SHOW = text(f"SELECT {_JSON}, i.id FROM imports i WHERE i.force = :force AND i.id = :id")
_LIST = """
    SELECT {json}, i.recorded_at::text, i.id FROM imports i
    WHERE i.force = :force AND (CAST(:kind AS text) IS NULL OR i.kind = :kind)
      AND (CAST(:state AS text) IS NULL OR i.state = :state) {after}
    ORDER BY i.recorded_at DESC, i.id DESC LIMIT :limit
"""
_PROBLEMS = """
    SELECT json_build_object('line', p.line, 'source_ref', p.source_ref, 'severity', p.severity,
                             'field', p.field, 'problem', p.problem, 'action', p.action)::text,
           p.line, p.id
    FROM import_problems p
    WHERE p.force = :force AND p.import_id = :import_id
      AND (CAST(:severity AS text) IS NULL OR p.severity = :severity) {after}
    ORDER BY p.line, p.id LIMIT :limit
"""
_WAIT = text("INSERT INTO waiting_imports (import_id, force_code) VALUES (:id, :force)")
_WAIT_NO_MORE = text("DELETE FROM waiting_imports WHERE import_id = :id")
_FORCES_WAITING = text("SELECT DISTINCT force_code FROM waiting_imports ORDER BY 1")
_WAITING = text("""
    SELECT id FROM imports
    WHERE force = :force AND state IN ('queued', 'running') AND content IS NOT NULL
    ORDER BY recorded_at, id
""")
_START = text("""
    UPDATE imports SET state = 'running', started_at = coalesce(started_at, :at),
           version = version + 1
    WHERE force = :force AND id = :id AND state IN ('queued', 'running')
      AND content IS NOT NULL
    RETURNING id, kind, is_dry_run, is_complete, requested_by, content, file_digest, version
""")
_FORGET_PROBLEMS = text("""
    DELETE FROM import_problems WHERE force = :force AND import_id = :id
""")
_SHOW_PROGRESS = text("""
    UPDATE imports SET summary = CAST(:summary AS jsonb) WHERE force = :force AND id = :id
""")
_END = text("""
    UPDATE imports SET state = :state, summary = CAST(:summary AS jsonb), error = :error,
           content = NULL, ended_at = :at, version = version + 1
    WHERE force = :force AND id = :id
""")
_TRY_KEEP = text("SELECT pg_try_advisory_lock(hashtext('import'), hashtext(:id))")
_LET_GO = text("SELECT pg_advisory_unlock(hashtext('import'), hashtext(:id))")
_PROBLEM_COLUMNS = (
    "force",
    "id",
    "import_id",
    "line",
    "source_ref",
    "severity",
    "field",
    "problem",
    "action",
)


def add_import(session: Session, values: dict[str, Any]) -> None:
    """Put an import on record."""
    defaults = {
        "content_type": None,
        "content": None,
        "file_digest": None,
        "summary": "{}",
        "started_at": None,
        "ended_at": None,
        "at": recorded_at(session),
        "force": session.info["force"],
    }
    session.execute(_ADD, defaults | values)
    if values["state"] == "queued":
        session.execute(_WAIT, {"id": values["id"], "force": session.info["force"]})


def others_since(session: Session, kind: str, digest: bytes) -> Row[Any] | None:
    """Give (moment, count) if this very file was imported before and others came after it."""
    values = {"force": session.info["force"], "kind": kind, "digest": digest}
    return session.execute(_OTHERS_SINCE, values).one_or_none()


def show_import(session: Session, import_id: UUID) -> Row[Any] | None:
    """Give one import as (json, id)."""
    values = {"force": session.info["force"], "id": import_id}
    return session.execute(_SHOW, values).one_or_none()


def list_imports(
    session: Session, *, kind: str | None, state: str | None, after: Any, limit: int
) -> list[Row[Any]]:
    """Give imports, the newest first, as (json, recorded_at, id)."""
    values = {"force": session.info["force"], "kind": kind, "state": state, "limit": limit}
    condition = ""
    if after is not None:
        condition = "AND (i.recorded_at, i.id) < (CAST(:at AS timestamptz), CAST(:id AS uuid))"
        values |= {"at": after[0], "id": after[1]}
    statement = text(_LIST.format(json=_JSON, after=condition))
    return list(session.execute(statement, values))


def list_problems(
    session: Session, *, import_id: UUID, severity: str | None, after: Any, limit: int
) -> list[Row[Any]]:
    """Give what is wrong with rows of an import by line, as (json, line, id)."""
    values = {
        "force": session.info["force"],
        "import_id": import_id,
        "severity": severity,
        "limit": limit,
    }
    condition = ""
    if after is not None:
        condition = "AND (p.line, p.id) > (CAST(:line AS int), CAST(:id AS uuid))"
        values |= {"line": after[0], "id": after[1]}
    return list(session.execute(text(_PROBLEMS.format(after=condition)), values))


def list_forces_waiting(session: Session) -> list[str]:
    """Give the forces that have an upload waiting."""
    return list(session.execute(_FORCES_WAITING).scalars())


def list_waiting(session: Session) -> list[UUID]:
    """Give the imports that are to be run, the oldest first; also those that were stopped."""
    return list(session.execute(_WAITING, {"force": session.info["force"]}).scalars())


def start_import(session: Session, import_id: UUID) -> Row[Any] | None:
    """Take an import to run it from its beginning; None where it has ended meanwhile."""
    values = {"force": session.info["force"], "id": import_id}
    session.execute(_FORGET_PROBLEMS, values)
    return session.execute(_START, values | {"at": recorded_at(session)}).one_or_none()


def show_progress(session: Session, import_id: UUID, summary: Summary) -> None:
    """Let a reader see how far it is."""
    values = {"force": session.info["force"], "id": import_id}
    session.execute(_SHOW_PROGRESS, values | {"summary": as_json(summary._asdict())})


def end_import(
    session: Session, import_id: UUID, *, state: str, summary: Summary, error: str | None
) -> None:
    """Say how it ended, and keep its content no longer."""
    values = {
        "force": session.info["force"],
        "id": import_id,
        "state": state,
        "summary": as_json(summary._asdict()),
        "error": error,
        "at": recorded_at(session),
    }
    session.execute(_END, values)
    session.execute(_WAIT_NO_MORE, {"id": import_id})


def add_problems(session: Session, import_id: UUID, problems: Sequence[Problem]) -> None:
    """Keep what is wrong with rows."""
    force = session.info["force"]
    rows = [
        (force, new_id(force), import_id, each.line, shown(each.source_ref), *each[2:])
        for each in problems
    ]
    copy_into(session, "import_problems", _PROBLEM_COLUMNS, rows)


def try_keep(keeper: Connection, import_id: UUID) -> bool:
    """Keep an import to oneself for as long as the connection lives; false if another does."""
    return bool(keeper.execute(_TRY_KEEP, {"id": str(import_id)}).scalar())


def let_go(keeper: Connection, import_id: UUID) -> None:
    """Keep it no longer."""
    keeper.execute(_LET_GO, {"id": str(import_id)})
