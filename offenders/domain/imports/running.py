"""Running an import: lines become batches, each of one transaction, whole or not at all."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

import structlog
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError

from offenders import clock
from offenders.db import Work, transaction
from offenders.domain.imports import completeness, store
from offenders.domain.imports.batches import Batch, Received, Summary, as_problems
from offenders.domain.imports.problems import REFUSED, Finding, ImportRefused, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from uuid import UUID

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from offenders.domain.imports.checks import Checked, Facts
    from offenders.domain.imports.kinds import Kind
    from offenders.domain.imports.problems import Problem, Sink
    from offenders.domain.imports.reading import Line

log = structlog.get_logger()

BATCH_ROWS: Final = 2_000
MANY_ROWS: Final = 1_000  # from so many changes on, the planner is told
_STATEMENT_SECONDS: Final = 120.0
_TRIES: Final = 5  # of a batch that met another transaction; each looks at everything anew
_PASSING: Final = frozenset({"40P01", "40001", "55P03"})  # deadlock, order, a lock not in time
_KEY_TAKEN: Final = "23505"
_TRIES_FOR_KEY: Final = 2  # another may just have taken it; twice, it is in the batch itself
_REFUSED_BY_DATABASE: Final = Finding(
    "",
    "The row can't be brought together with what is on record.",
    "Look for another record of the same person or want, and correct one of them.",
)


@dataclass(frozen=True)
class Order:
    """What is to be imported, for whom, and how."""

    force: str
    kind: Kind
    requested_by: str
    import_id: UUID
    dry_run: bool = False
    complete: bool = False

    @property
    def work(self) -> Work:
        """Say what its transactions are for; a rehearsal writes nothing that stays."""
        return Work(self.force, writes=not self.dry_run, statement_seconds=_STATEMENT_SECONDS)


class Receiver:
    """Receives each batch in a transaction of its own."""

    def __init__(self, engine: Engine, order: Order, facts: Facts) -> None:
        """Take what stays the same for all batches."""
        self._engine, self._order, self._facts = engine, order, facts

    def receive(self, rows: Sequence[Checked]) -> Received:
        """Receive a batch; where the database refuses a row, all but that row are received."""
        try:
            return self._receive_in_time(rows)
        except (IntegrityError, DataError) as error:
            code = getattr(error.orig, "pgcode", None)
            log.warning("import.batch-split", rows=len(rows), code=code)
        if len(rows) == 1:
            refused = Received()
            refused.refuse(rows[0], [_REFUSED_BY_DATABASE])
            return refused
        half = len(rows) // 2
        received = self.receive(rows[:half])
        received.add(self.receive(rows[half:]))
        return received

    def finish(self, seen: dict[str, int], unreadable: int) -> list[Problem]:
        """Settle what a full extract no longer holds; give what is to be said of it."""
        with self._transaction() as session:
            return completeness.settle(session, self._order.kind.name, seen, unreadable)

    def _receive_in_time(self, rows: Sequence[Checked]) -> Received:
        """Receive a batch; one that meets another transaction is tried again."""
        for attempt in range(1, _TRIES + 1):
            try:
                with self._transaction() as session:
                    return _receive(session, self._order, self._facts, rows)
            except (OperationalError, IntegrityError) as error:
                _raise_unless_passing(error, attempt)
        message = "Others keep altering the same records. Run the import again: it goes on."
        raise ImportRefused(message)

    def _transaction(self) -> AbstractContextManager[Session]:
        return transaction(self._engine, self._order.work)


class Rehearsal(Receiver):
    """Receives all batches in one transaction, which is undone in the end."""

    def __init__(self, session: Session, order: Order, facts: Facts) -> None:
        """Work in the one transaction of a rehearsal."""
        self._session, self._order, self._facts = session, order, facts

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        with self._session.begin_nested():
            yield self._session


class _Undo(Exception):
    """Takes back all that was rehearsed; no error, it only ends the rehearsal."""


def _receive(session: Session, order: Order, facts: Facts, rows: Sequence[Checked]) -> Received:
    store.lock_imports(session, order.force)
    batch = Batch(order.force, order.kind.name, order.import_id, order.requested_by, facts)
    received, _subjects = order.kind.receive(session, batch, rows)
    return received


def _raise_unless_passing(error: DBAPIError, attempt: int) -> None:
    code = getattr(error.orig, "pgcode", None)
    is_taken = code == _KEY_TAKEN and attempt < _TRIES_FOR_KEY
    if code not in _PASSING and not is_taken:
        raise error
    log.warning("import.batch-repeated", code=code)


@contextmanager
def _receiving(engine: Engine, order: Order, facts: Facts) -> Iterator[Receiver]:
    if not order.dry_run:
        yield Receiver(engine, order, facts)
        return
    try:
        with transaction(engine, order.work) as session:
            yield Rehearsal(session, order, facts)
            raise _Undo  # noqa: TRY301 - it only ends the rehearsal
    except _Undo:
        pass


def run_lines(
    engine: Engine,
    order: Order,
    lines: Iterator[Line],
    sink: Sink,
    after_batch: Callable[[Summary], None] = lambda _summary: None,
) -> Summary:
    """Import lines; run again after it was stopped, it goes on where it stopped."""
    now, today = clock.now(), clock.today()
    with transaction(engine, Work(order.force, writes=False)) as session:
        facts = store.load_facts(session, order.force, now, today)
    reader, summary = _Reader(order.kind, facts), Summary()
    with _receiving(engine, order, facts) as receiver:
        while chunk := list(islice(lines, BATCH_ROWS)):
            checked, received = reader.check(chunk)
            if checked:
                taken = receiver.receive(checked)
                taken.problems += received.problems
                received = taken
            sink.add(sorted(received.problems, key=lambda problem: problem.line))
            summary = summary.plus(received.summary())
            after_batch(summary)
        if order.complete:
            sink.add(receiver.finish(reader.seen, reader.unreadable))
    if not order.dry_run and summary.created + summary.updated >= MANY_ROWS:
        _refresh_statistics(engine, order.force)
    return summary


def _refresh_statistics(engine: Engine, force: str) -> None:
    """Tell the planner what was brought in; a busy table has its own turn later."""
    try:
        with transaction(engine, Work(force, writes=False, statement_seconds=60)) as session:
            store.refresh_statistics(session)
    except DBAPIError as error:
        log.info("import.statistics_left", kind=type(error).__name__)


class _Reader:
    """Checks lines one after another and remembers which records the file has named."""

    def __init__(self, kind: Kind, facts: Facts) -> None:
        self._kind, self._facts = kind, facts
        self.seen: dict[str, int] = {}
        self.unreadable = 0

    def check(self, lines: Sequence[Line]) -> tuple[list[Checked], Received]:
        """Give the rows that can be received, and the refusals of the others."""
        taken, refused = [], Received()
        for line in lines:
            ref = self._kind.key_of(line.row)
            found = self._check(line, ref)
            if isinstance(found, list):
                refused.problems += as_problems(line.number, shown(ref), REFUSED, found)
            else:
                taken.append(found)
        return taken, refused

    def _check(self, line: Line, ref: str | None) -> Checked | list[Finding]:
        if line.finding is not None:
            self.unreadable += 1
            return [line.finding]
        key = self._kind.key
        if ref is None:
            self.unreadable += 1
            action = "Send the sender's own key of the record, as text, the same each time."
            return [Finding(key, f"The row has no {key}.", action)]
        first = self.seen.setdefault(ref, line.number)
        if first != line.number:
            problem = f"This {key} stands already in line {first}."
            return [Finding(key, problem, "Send each record once.")]
        return self._kind.check(line.number, line.row, self._facts)
