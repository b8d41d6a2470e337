"""Use cases of imports: a file, rows of our own making, and what was uploaded."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import file_digest, sha256
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import structlog

from offenders import clock
from offenders.db import Work, transaction
from offenders.domain.imports import queue_store
from offenders.domain.imports.batches import Summary
from offenders.domain.imports.kinds import KINDS, kind_of
from offenders.domain.imports.models import STATES
from offenders.domain.imports.problems import WARNING, ImportRefused, Nowhere, Problem, ProblemFiles
from offenders.domain.imports.reading import Line
from offenders.domain.imports.running import Order, run_lines
from offenders.domain.imports.store import as_json
from offenders.errors import DomainError, NotFound
from offenders.ids import as_uuid, new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy import Engine, Row
    from sqlalchemy.orm import Session

    from offenders.domain.imports.problems import Sink

__all__ = [
    "KINDS",
    "STATES",
    "ImportRefused",
    "Summary",
    "Upload",
    "columns",
    "get_import",
    "list_imports",
    "list_problems",
    "queue_import",
    "run_file",
    "run_queued",
    "run_rows",
]

log = structlog.get_logger()

STARTS_LIMIT: Final = 5  # times an import is begun; one that ends its process each time is given up
_NOWHERE: Final = "00"  # stands for no force: no row has it

list_imports = queue_store.list_imports


def columns(kind: str) -> list[str]:
    """Give the columns of a kind."""
    return list(kind_of(kind).columns)


def run_file(  # noqa: PLR0913 - what the command line takes
    engine: Engine,
    *,
    force: str,
    kind: str,
    path: Path,
    dry_run: bool = False,
    complete: bool = False,
    requested_by: str,
    in_processes: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Import a file; `progress` hears how many bytes were read since last time, and of how many.

    `in_processes` of its own it is faster, for whoever has no other thread.

    Refused rows go to `FILE.refused.csv`, doubtful ones to `FILE.warnings.csv`. Raises
    ImportRefused before anything is written where the file as a whole can't be read.
    """
    order = Order(
        force, kind_of(kind), requested_by, new_id(force), dry_run, complete, in_processes
    )
    started_at = clock.now()
    with path.open("rb") as stream:
        digest = file_digest(stream, "sha256").digest()
        stream.seek(0)
        lines = order.kind.read(stream)
        if progress is not None:
            lines = _reported(lines, path.stat().st_size, progress)
        with ProblemFiles(path) as files:
            files.add(_warn_of_old_file(engine, order, digest))
            summary = run_lines(engine, order, lines, files)
    if not dry_run:
        with transaction(engine, Work(force)) as session:
            ended = {
                "id": order.import_id,
                "kind": kind,
                "state": "finished",
                "dry_run": False,
                "complete": complete,
                "file_name": path.name,
                "file_digest": digest,
                "summary": as_json(summary._asdict()),
                "requested_by": requested_by,
                "started_at": started_at,
                "ended_at": clock.now(),
            }
            queue_store.add_import(session, ended)
    return summary


def _warn_of_old_file(engine: Engine, order: Order, digest: bytes) -> list[Problem]:
    """Warn where this very file was imported before and others of its kind came after it."""
    with transaction(engine, Work(order.force, writes=False)) as session:
        found = queue_store.others_since(session, order.kind.name, digest)
    if found is None:
        return []
    problem = (
        f"This very file was imported on {found.at:%Y-%m-%d at %H:%M} UTC, and {found.count} others"
        " since: what it says is older than what is on record, and counts again."
    )
    action = "Import the newest extract of the source once more: it puts all of it right."
    return [Problem(0, None, WARNING, "", problem, action)]


def _reported(
    lines: Iterator[Line], size: int, progress: Callable[[int, int], None]
) -> Iterator[Line]:
    """Pass lines on, and tell every hundred lines how far we are."""
    told, end = 0, 0
    for number, line in enumerate(lines, start=1):
        yield line
        end = max(end, line.end)
        if number % 100 == 0:
            progress(end - told, size)
            told = end
    progress(size - told, size)


def run_rows(  # noqa: PLR0913 - as run_file
    engine: Engine,
    *,
    force: str,
    kind: str,
    rows: Iterable[dict[str, Any]],
    dry_run: bool = False,
    complete: bool = False,
    requested_by: str,
    sink: Sink | None = None,
) -> Summary:
    """Import rows of our own making through the checks and batches of a file's rows."""
    order = Order(force, kind_of(kind), requested_by, new_id(force), dry_run, complete)
    lines = (Line(number, row, None, 0) for number, row in enumerate(rows, start=1))
    return run_lines(engine, order, lines, Nowhere() if sink is None else sink)


@dataclass(frozen=True)
class Upload:
    """What was uploaded, and what is to be done with it."""

    kind: str
    content: bytes
    content_type: str
    file_name: str | None
    dry_run: bool
    complete: bool


def queue_import(session: Session, *, upload: Upload, requested_by: str) -> Row[Any]:
    """Take an upload whose header can be read, to be run soon; give it as (json, id)."""
    kind_of(upload.kind).read(BytesIO(upload.content))
    import_id = new_id(session.info["force"])
    queue_store.add_import(
        session,
        {
            "id": import_id,
            "kind": upload.kind,
            "state": "queued",
            "dry_run": upload.dry_run,
            "complete": upload.complete,
            "file_name": upload.file_name,
            "content_type": upload.content_type,
            "content": upload.content,
            "file_digest": sha256(upload.content).digest(),
            "requested_by": requested_by,
        },
    )
    return get_import(session, str(import_id))


def get_import(session: Session, written: str) -> Row[Any]:
    """Give one import as (json, id); raise NotFound out of scope."""
    import_id = as_uuid(written)
    row = queue_store.show_import(session, import_id) if import_id is not None else None
    if row is None:
        raise NotFound
    return row


def list_problems(
    session: Session, *, written: str, severity: str | None, after: Any, limit: int
) -> list[Row[Any]]:
    """Give what is wrong with rows of an import, by line, as (json, line, id)."""
    found = get_import(session, written)
    return queue_store.list_problems(
        session, import_id=found.id, severity=severity, after=after, limit=limit
    )


def run_queued(engine: Engine) -> int:
    """Run what was uploaded, one after another; give how many were run.

    What is running is kept by a lock that ends with its process, so an import that was stopped
    in the middle is begun again at once: rows already received are then unchanged.
    """
    with transaction(engine, Work(_NOWHERE, writes=False)) as session:
        forces = queue_store.list_forces_waiting(session)
    if not forces:
        return 0
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as keeper:
        return sum(_run_waiting(engine, keeper, force) for force in forces)


def _run_waiting(engine: Engine, keeper: Any, force: str) -> int:
    with transaction(engine, Work(force, writes=False)) as session:
        waiting = queue_store.list_waiting(session)
    count = 0
    for import_id in waiting:
        if not queue_store.try_keep(keeper, import_id):
            continue
        try:
            count += _run_upload(engine, force, import_id)
        finally:
            queue_store.let_go(keeper, import_id)
    return count


def _run_upload(engine: Engine, force: str, import_id: UUID) -> bool:
    with transaction(engine, Work(force)) as session:
        row = queue_store.start_import(session, import_id)
    if row is None:
        return False
    order = Order(
        force, kind_of(row.kind), row.requested_by, import_id, row.is_dry_run, row.is_complete
    )
    summary, error = Summary(), None
    try:
        _refuse_too_many_starts(row.version)
        lines = order.kind.read(BytesIO(row.content))
        sink = _ProblemTable(engine, force, import_id)
        if row.file_digest is not None:
            sink.add(_warn_of_old_file(engine, order, row.file_digest))
        summary = run_lines(engine, order, lines, sink, sink.show_progress)
    except DomainError as refused:
        error = refused.detail
        log.warning("import.failed", import_id=str(import_id), force=force)
    with transaction(engine, Work(force)) as session:
        state = "finished" if error is None else "failed"
        queue_store.end_import(session, import_id, state=state, summary=summary, error=error)
    return True


def _refuse_too_many_starts(version: int) -> None:
    # The first start brings the version from 1 to 2.
    if version > STARTS_LIMIT + 1:
        message = (
            f"The import stopped {STARTS_LIMIT} times before it had ended. Quote its id to the"
            " operators, or send the file in parts."
        )
        raise ImportRefused(message)


class _ProblemTable:
    """Keeps the problems of an upload, and shows its progress, where the API reads them."""

    def __init__(self, engine: Engine, force: str, import_id: UUID) -> None:
        self._engine, self._force, self._import_id = engine, force, import_id

    def add(self, problems: Sequence[Problem]) -> None:
        """Keep these."""
        if problems:
            with transaction(self._engine, Work(self._force)) as session:
                queue_store.add_problems(session, self._import_id, problems)

    def show_progress(self, summary: Summary) -> None:
        """Show how far the import is."""
        with transaction(self._engine, Work(self._force)) as session:
            queue_store.show_progress(session, self._import_id, summary)
