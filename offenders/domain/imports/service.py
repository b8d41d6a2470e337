"""Use cases of imports: a file, rows of our own making, and what was uploaded."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import structlog
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from offenders import clock
from offenders.db import Work, transaction
from offenders.domain.imports import completeness, queue_store, store
from offenders.domain.imports.batches import Batch, Received, Summary, as_problems
from offenders.domain.imports.kinds import KINDS, Kind, kind_of
from offenders.domain.imports.problems import (
    REFUSED,
    ImportRefused,
    Nowhere,
    ProblemFiles,
    Sink,
    shown,
)
from offenders.domain.imports.problems import Finding
from offenders.domain.imports.reading import Line
from offenders.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date, datetime
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy import Connection, Engine
    from sqlalchemy.orm import Session

    from offenders.domain.imports.checks import Checked, Facts

    Receive = Callable[[Sequence[Checked]], Received]

__all__ = ["KINDS", "ImportRefused", "Summary", "columns", "run_file", "run_rows"]

log = structlog.get_logger()

BATCH_ROWS: Final = 2_000
STATEMENT_SECONDS: Final = 120.0
_TRIES: Final = 4  # of a batch that met another transaction; each time it looks at everything anew
# Deadlock, serialisation, a lock not got in time, and a key that another has just taken.
_WORTH_ANOTHER_TRY: Final = frozenset({"40P01", "40001", "55P03", "23505"})


@dataclass(frozen=True)
class Order:
    """What is to be imported, for whom, and how."""

    force: str
    kind: Kind
    requested_by: str
    import_id: UUID
    dry_run: bool = False
    complete: bool = False


def columns(kind: str) -> list[str]:
    """Give the columns of a kind."""
    return list(kind_of(kind).columns)


def run_file(  # noqa: PLR0913 - what the command line takes
    engine: Engine | Connection,
    *,
    force: str,
    kind: str,
    path: Path,
    dry_run: bool = False,
    complete: bool = False,
    requested_by: str,
    progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Import a file; `progress` hears how many bytes were read since last time, and of how many.

    Refused rows go to `FILE.refused.csv`, doubtful ones to `FILE.warnings.csv`.
    """
    order = Order(force, kind_of(kind), requested_by, new_id(force), dry_run, complete)
    with path.open("rb") as stream:
        lines = order.kind.read(stream)
        with ProblemFiles(path) as files:
            size = path.stat().st_size
            started_at = clock.now()
            summary = run_lines(engine, order, _reporting(lines, size, progress), files)
    if not dry_run:
        queue_store.record_finished(engine, order, path.name, summary, started_at)
    return summary


def run_rows(  # noqa: PLR0913 - as run_file
    engine: Engine | Connection,
    *,
    force: str,
    kind: str,
    rows: Iterable[dict[str, Any]],
    dry_run: bool = False,
    requested_by: str,
    sink: Sink | None = None,
) -> Summary:
    """Import rows of our own making through the same checks and batches as a file's."""
    order = Order(force, kind_of(kind), requested_by, new_id(force), dry_run)
    lines = (Line(number, row, None, 0) for number, row in enumerate(rows, start=1))
    return run_lines(engine, order, lines, sink or Nowhere())


def _reporting(
    lines: Iterator[Line], size: int, progress: Callable[[int, int], None] | None
) -> Iterator[Line]:
    """Pass lines on; tell how far we are every hundred of them."""
    told, end = 0, 0
    for number, line in enumerate(lines, start=1):
        yield line
        end = max(end, line.end)
        if progress is not None and number % 100 == 0:
            progress(end - told, size)
            told = end
    if progress is not None:
        progress(size - told, size)


def run_lines(
    engine: Engine | Connection,
    order: Order,
    lines: Iterator[Line],
    sink: Sink,
    after_batch: Callable[[Summary], None] | None = None,
) -> Summary:
    """Import lines in batches, each one transaction; run again, it goes on where it stopped."""
    facts = _read_facts(engine, order)
    reader = _Reader(order, facts)
    summary = Summary()
    with _receiving(engine, order, facts) as receive:
        while chunk := list(islice(lines, BATCH_ROWS)):
            checked, refused = reader.check(chunk)
            received = receive(checked) if checked else Received()
            received.problems += refused.problems
            sink.add(sorted(received.problems, key=lambda problem: problem.line))
            summary = summary.plus(received.summary())
            if after_batch is not None:
                after_batch(summary)
        receive.finish(reader, sink)
    return summary


def _read_facts(engine: Engine | Connection, order: Order) -> Facts:
    now, today = clock.now(), clock.today()
    with transaction(engine, Work(order.force, writes=False)) as session:
        return store.load_facts(session, order.force, now, today)


class _Reader:
    """Checks lines one after another and remembers which records the file has named."""

    def __init__(self, order: Order, facts: Facts) -> None:
        self._kind, self._facts = order.kind, facts
        self.seen: dict[str, int] = {}
        self.unreadable = 0

    def check(self, lines: Sequence[Line]) -> tuple[list[Checked], Received]:
        """Give the rows that can be received, and the refusals of the others."""
        taken, refused = [], Received()
        for line in lines:
            ref, found = self._check(line)
            if isinstance(found, list):
                refused.problems += as_problems(line.number, shown(ref), REFUSED, found)
            else:
                taken.append(found)
        return taken, refused

    def _check(self, line: Line) -> tuple[str | None, Checked | list[Finding]]:
        if line.finding is not None:
            self.unreadable += 1
            return None, [line.finding]
        ref = self._kind.key_of(line.row)
        if not ref:
            self.unreadable += 1
            action = "Send the sender's own key of the record, the same each time."
            return None, [Finding(self._kind.key, "The row has no key.", action)]
        first = self.seen.setdefault(ref, line.number)
        if first != line.number:
            problem = f"This {self._kind.key} stands already in line {first}."
            return ref, [Finding(self._kind.key, problem, "Send each record once.")]
        return ref, self._kind.check(line.number, line.row, self._facts)


class _Receiver:
    """Receives batches, each in a transaction of its own."""

    def __init__(self, engine: Engine | Connection, order: Order, facts: Facts) -> None:
        self._engine, self._order, self._facts = engine, order, facts

    def __call__(self, rows: Sequence[Checked]) -> Received:
        """Receive a batch; one that meets another transaction is tried again."""
        for attempt in range(1, _TRIES + 1):
            try:
                with transaction(self._engine, _work(self._order)) as session:
                    return _receive(session, self._order, self._facts, rows)
            except (OperationalError, IntegrityError) as error:
                _give_up_unless_passing(error, attempt)
        raise AssertionError  # the last try returns or raises

    def finish(self, reader: _Reader, sink: Sink) -> None:
        """Flag what a full extract no longer holds."""
        if self._order.complete:
            with transaction(self._engine, _work(self._order)) as session:
                completeness.settle(session, self._order, reader.seen, reader.unreadable, sink)


class _Rehearsal(_Receiver):
    """Receives all batches in one transaction, which is then undone."""

    def __init__(self, session: Session, order: Order, facts: Facts) -> None:
        self._session, self._order, self._facts = session, order, facts

    def __call__(self, rows: Sequence[Checked]) -> Received:
        """Receive a batch."""
        return _receive(self._session, self._order, self._facts, rows)

    def finish(self, reader: _Reader, sink: Sink) -> None:
        """Rehearse this too."""
        if self._order.complete:
            completeness.settle(self._session, self._order, reader.seen, reader.unreadable, sink)
