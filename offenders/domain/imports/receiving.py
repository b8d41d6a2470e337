"""Receiving batches of checked rows: each in one transaction, whole or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from offenders.db import Work, transaction
from offenders.domain.imports import completeness, seen, store
from offenders.domain.imports.batches import Batch, Received
from offenders.domain.imports.checks import can_be_key
from offenders.domain.imports.crews import processes, threads
from offenders.domain.imports.lanes import Ties, in_lanes
from offenders.domain.imports.problems import Finding
from offenders.domain.imports.retrying import receive_in_time, receive_or_split, refused
from offenders.domain.imports.statistics import Growth, ask_for_statistics, refresh_statistics
from offenders.domain.imports.subjects import warn_of_merged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future
    from contextlib import AbstractContextManager
    from uuid import UUID

    from sqlalchemy import Connection, Engine
    from sqlalchemy.orm import Session

    from offenders.domain.imports.checks import Checked, Facts
    from offenders.domain.imports.crews import Crew
    from offenders.domain.imports.kinds import Kind, TiesOf
    from offenders.domain.imports.problems import Problem

_STATEMENT_SECONDS: Final = 120.0


@dataclass(frozen=True)
class Order:
    """What is to be imported, for whom, and how: lanes are threads or, if so said, processes."""

    force: str
    kind: Kind
    requested_by: str
    import_id: UUID
    dry_run: bool = False
    complete: bool = False
    in_processes: bool = False

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
        self, connection: Connection, order: Order, facts: Facts, tell_planner: Callable[[], None]
    ) -> None:
        """Take what stays the same for all batches."""
        self._connection, self._order, self._facts = connection, order, facts
        self._growth = Growth(order.kind.name, tell_planner)
        with self._transaction() as session:
            seen.begin(session)

    def prepare(self, rows: Sequence[Told]) -> Callable[[], Received]:
        """Prepare for a batch while the one before is received; give what receives it.

        Where the database refuses a row, all but that row are received.
        """
        return partial(self._receive, partial(receive_or_split, self._receive_at_once, rows))

    def _receive(self, receive: Callable[[], Received]) -> Received:
        received = receive()
        self._growth.add(received.created + received.updated)
        return received

    def end(self) -> None:
        """Say that the last batch has been received."""
        self._growth.end()

    def finish(self, unreadable: int) -> list[Problem]:
        """Settle what a full extract no longer holds; give what is to be said of it."""
        with self._transaction() as session:
            return completeness.settle(session, self._order.kind, unreadable)

    def _receive_at_once(self, rows: Sequence[Told]) -> Received:
        with self._transaction() as session:
            store.lock_imports(session, self._order.force)
            received, telling = _set_apart(session, self._order, rows)
            received.add(_take(session, self._order, self._facts, telling))
        return received

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
            refresh_statistics(session, self._order.kind.name)


class Lanes(NamedTuple):
    """Who receives lanes, what ties rows to each other, and on which connection others wait."""

    crew: Crew
    ties_of: TiesOf
    gate: Connection


class LanesReceiver(Receiver):
    """Receives the lanes of a batch at once, each in a transaction on a connection of its own.

    The gate keeps other imports into the force waiting until all of them have ended. Meanwhile
    the next batch is divided, on the connection that knows what the file has named so far.
    """

    def __init__(
        self,
        connection: Connection,
        order: Order,
        facts: Facts,
        tell_planner: Callable[[], None],
        lanes: Lanes,
    ) -> None:
        """Take the lanes, besides the first connection."""
        super().__init__(connection, order, facts, tell_planner)
        self._lanes, self._before = lanes, list[Ties]()

    def prepare(self, rows: Sequence[Told]) -> Callable[[], Received]:
        """Divide a batch while the one before is received; give what receives its lanes."""
        with transaction(self._connection, replace(self._order.work, writes=False)) as session:
            received, telling = _set_apart(session, self._order, rows)
            ties = list(self._lanes.ties_of(session, self._order.force, telling))
        lanes = in_lanes(telling, ties, self._before)
        self._before = ties
        begin = [self._lanes.crew(lane) for lane in lanes if lane]
        receive = partial(self._receive_lanes, received, begin)
        return partial(self._receive, partial(receive_in_time, receive))

    def _receive_lanes(
        self, received: Received, begin: Sequence[Callable[[], Future[Received]]]
    ) -> Received:
        """Receive each lane; where one fails, the others have ended before we do."""
        with transaction(self._lanes.gate, replace(self._order.work, writes=False)) as session:
            store.wait_idly(session)
            store.lock_imports(session, self._order.force)
            begun = [each() for each in begin]
            wait(begun)
            for each in begun:
                received.add(each.result())
        return received


def _receive_lane(order: Order, facts: Facts, engine: Engine, rows: Sequence[Checked]) -> Received:
    """Receive the rows of one lane, on a connection of its own."""
    with engine.connect() as connection:

        def take(some: Sequence[Checked]) -> Received:
            with transaction(connection, order.work) as session:
                store.wait_longer(session)
                return _take(session, order, facts, some)

        return receive_or_split(take, rows)


class _Undo(Exception):
    """Takes back all that was rehearsed; no error, it only ends the rehearsal."""


@contextmanager
def receiving(engine: Engine, order: Order, facts: Facts) -> Iterator[Receiver]:
    """Receive on connections that keep nothing of what was noted on them."""
    if order.dry_run:
        with _rehearsing(engine, order, facts) as rehearsal:
            yield rehearsal
        return
    with ExitStack() as stack:
        connection = stack.enter_context(_forgetful_connection(engine, order))
        thread = stack.enter_context(ThreadPoolExecutor(1, "statistics"))

        def tell() -> None:
            ask_for_statistics(thread, engine, order)

        if order.kind.ties_of is None:
            yield Receiver(connection, order, facts, tell)
            return
        # Whatever ends the import, the gate is shut until its lanes have ended.
        gate = stack.enter_context(engine.connect())
        crew_of = processes if order.in_processes else threads
        crew = stack.enter_context(crew_of(engine, partial(_receive_lane, order, facts)))
        lanes = Lanes(crew, order.kind.ties_of, gate)
        yield LanesReceiver(connection, order, facts, tell, lanes)


@contextmanager
def _rehearsing(engine: Engine, order: Order, facts: Facts) -> Iterator[Receiver]:
    with (
        engine.connect() as connection,
        suppress(_Undo),
        transaction(connection, order.work) as session,
    ):
        yield Rehearsal(session, order, facts)
        raise _Undo


@contextmanager
def _forgetful_connection(engine: Engine, order: Order) -> Iterator[Connection]:
    """Drop the temporary tables in the end; a connection that can't goes itself."""
    with engine.connect() as connection:
        try:
            yield connection
        finally:
            try:
                with transaction(connection, order.work) as session:
                    session.execute(text("DISCARD TEMP"))
            except SQLAlchemyError:
                connection.invalidate()


def _set_apart(
    session: Session, order: Order, rows: Sequence[Told]
) -> tuple[Received, list[Checked]]:
    """Set aside what stood before and what says nothing new; give the rest."""
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
            received.add(refused(each, [repeated(order.kind.key, firsts[each.line])]))
        elif each.found is None:
            received.unchanged += 1
        elif isinstance(each.found, list):
            received.add(refused(each, each.found))
        else:
            telling.append(each.found)
    return received, telling


def _take(session: Session, order: Order, facts: Facts, rows: Sequence[Checked]) -> Received:
    """Receive rows that say something new."""
    if not rows:
        return Received()
    batch = Batch(order.force, order.kind.name, order.import_id, order.requested_by, facts)
    received = order.kind.receive(session, batch, rows)[0]
    warn_of_merged(session, rows, received)
    return received


def repeated(key: str, first: int) -> Finding:
    """Say that a record stands in the file twice."""
    return Finding(key, f"This {key} stands already in line {first}.", "Send each record once.")
