"""Receiving batches of checked rows: each in one transaction, whole or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

import structlog
from sqlalchemy import text
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    OperationalError,
    SQLAlchemyError,
)

from offenders.db import Work, transaction
from offenders.domain.imports import completeness, seen, store
from offenders.domain.imports.batches import Batch, Received, as_problems
from offenders.domain.imports.checks import can_be_key
from offenders.domain.imports.problems import REFUSED, Finding, ImportRefused, shown
from offenders.domain.imports.subjects import warn_of_merged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Executor
    from contextlib import AbstractContextManager
    from uuid import UUID

    from sqlalchemy import Connection, Engine
    from sqlalchemy.orm import Session

    from offenders.domain.imports.checks import Checked, Facts
    from offenders.domain.imports.kinds import Kind
    from offenders.domain.imports.problems import Problem

log = structlog.get_logger()

MANY_ROWS: Final = 1_000  # from so many changes on, and whenever they are four times as many,
# the planner may have to be told.
# What they ask is looked up by key whatever the planner expects; telling it took as long as a
# third of the rows.
_BY_KEY: Final = frozenset({"custody"})
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


class Told(NamedTuple):
    """A row with its key: as it can be received, or why it is refused; None says nothing new."""

    line: int
    source_ref: str
    found: Checked | list[Finding] | None


class Receiver:
    """Receives each batch in a transaction of its own, all on one connection."""

    def __init__(
        self,
        connection: Connection,
        order: Order,
        facts: Facts,
        tell_planner: Callable[[], None],
    ) -> None:
        """Take what stays the same for all batches."""
        self._connection, self._order, self._facts = connection, order, facts
        self._tell_planner = tell_planner
        self._written, self._telling_at = 0, MANY_ROWS
        with self._transaction() as session:
            seen.begin(session)

    def receive(self, rows: Sequence[Told]) -> Received:
        """Receive a batch; where the database refuses a row, all but that row are received."""
        received = self._receive_or_split(rows)
        self._written += received.created + received.updated
        if self._written >= self._telling_at and self._order.kind.name not in _BY_KEY:
            self._tell_planner()
            self._telling_at = self._written * 4
        return received

    def _receive_or_split(self, rows: Sequence[Told]) -> Received:
        try:
            return self._receive_in_time(rows)
        except (IntegrityError, DataError) as error:
            code = getattr(error.orig, "pgcode", None)
            log.warning("import.batch-split", rows=len(rows), code=code)
        if len(rows) == 1:
            return _refused(rows[0], [_REFUSED_BY_DATABASE])
        half = len(rows) // 2
        received = self._receive_or_split(rows[:half])
        received.add(self._receive_or_split(rows[half:]))
        return received

    def finish(self, unreadable: int) -> list[Problem]:
        """Settle what a full extract no longer holds; give what is to be said of it."""
        with self._transaction() as session:
            return completeness.settle(session, self._order.kind.name, unreadable)

    def _receive_in_time(self, rows: Sequence[Told]) -> Received:
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
        return transaction(self._connection, self._order.work)


class Rehearsal(Receiver):
    """Receives all batches in one transaction, which is undone in the end."""

    def __init__(self, session: Session, order: Order, facts: Facts) -> None:
        """Work in the one transaction of a rehearsal."""
        self._session = session
        super().__init__(session.connection(), order, facts, self._tell_planner_within)

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        with self._session.begin_nested():
            yield self._session

    def _tell_planner_within(self) -> None:
        """Refresh statistics within the rehearsal, which no other transaction sees."""
        with self._transaction() as session:
            _refresh_statistics(session, self._order.kind.name)


class _Undo(Exception):
    """Takes back all that was rehearsed; no error, it only ends the rehearsal."""


@contextmanager
def receiving(engine: Engine, order: Order, facts: Facts) -> Iterator[Receiver]:
    """Receive on one connection, which keeps nothing of what was noted on it."""
    with engine.connect() as connection:
        if not order.dry_run:
            with _forgetting(connection, order), ThreadPoolExecutor(1, "statistics") as thread:
                yield Receiver(
                    connection, order, facts, lambda: _ask_for_statistics(thread, engine, order)
                )
            return
        try:
            with transaction(connection, order.work) as session:
                yield Rehearsal(session, order, facts)
                raise _Undo  # noqa: TRY301 - it only ends the rehearsal
        except _Undo:
            pass


def _ask_for_statistics(thread: Executor, engine: Engine, order: Order) -> None:
    """Let the planner know a force that has grown, while the next batches are received.

    It writes no record: whoever asks for a settled moment needn't wait for it.
    """
    work = replace(order.work, writes=False)

    def tell() -> None:
        try:
            with transaction(engine, work) as session:
                _refresh_statistics(session, order.kind.name)
        except SQLAlchemyError as error:
            log.info("import.statistics-left", kind=type(error).__name__)

    thread.submit(copy_context().run, tell)


def _refresh_statistics(session: Session, kind: str) -> None:
    """Refresh what the planner knows, unless it does: a busy table has its own turn later.

    What it takes for an empty force it goes through once for every row.
    """
    if store.is_unknown_to_planner(session, kind):
        store.refresh_statistics(session, kind)


@contextmanager
def _forgetting(connection: Connection, order: Order) -> Iterator[None]:
    """Drop the temporary tables in the end; a connection that can't goes itself."""
    try:
        yield
    finally:
        try:
            with transaction(connection, order.work) as session:
                session.execute(text("DISCARD TEMP"))
        except SQLAlchemyError:
            connection.invalidate()


def _receive(session: Session, order: Order, facts: Facts, rows: Sequence[Told]) -> Received:
    """Set aside what stood before and what says nothing new, and receive the rest."""
    store.lock_imports(session, order.force)
    # What is refused may have a key that no record can have.
    keys = [
        (each.source_ref, each.line)
        for each in rows
        if not isinstance(each.found, list) or can_be_key(each.source_ref)
    ]
    firsts = seen.note(session, keys)
    received, telling = Received(), []
    for each in rows:
        if each.line in firsts:
            received.add(_refused(each, [repeated(order.kind.key, firsts[each.line])]))
        elif each.found is None:
            received.unchanged += 1
        elif isinstance(each.found, list):
            received.add(_refused(each, each.found))
        else:
            telling.append(each.found)
    if telling:
        batch = Batch(order.force, order.kind.name, order.import_id, order.requested_by, facts)
        received.add(order.kind.receive(session, batch, telling)[0])
        warn_of_merged(session, telling, received)
    return received


def _refused(told: Told, findings: Sequence[Finding]) -> Received:
    problems = as_problems(told.line, shown(told.source_ref), REFUSED, findings)
    return Received(problems=problems)


def repeated(key: str, first: int) -> Finding:
    """Say that a record stands in the file twice."""
    return Finding(key, f"This {key} stands already in line {first}.", "Send each record once.")


def _raise_unless_passing(error: DBAPIError, attempt: int) -> None:
    code = getattr(error.orig, "pgcode", None)
    is_taken = code == _KEY_TAKEN and attempt < _TRIES_FOR_KEY
    if code not in _PASSING and not is_taken:
        raise error
    log.warning("import.batch-repeated", code=code)
