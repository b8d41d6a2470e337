"""Running an import: lines become checked batches, the next read while one is received."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import TYPE_CHECKING, Final

from offenders import clock
from offenders.db import Work, transaction
from offenders.domain.imports import seen, store
from offenders.domain.imports.batches import Received, Summary, as_problems
from offenders.domain.imports.problems import REFUSED, Finding, shown
from offenders.domain.imports.receiving import Order, Told, receiving, repeated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor, Future

    from sqlalchemy import Engine

    from offenders.domain.imports.checks import Facts
    from offenders.domain.imports.kinds import Kind
    from offenders.domain.imports.problems import Sink
    from offenders.domain.imports.reading import Line
    from offenders.domain.imports.receiving import Receiver

__all__ = ["Order", "run_lines"]

BATCH_ROWS: Final = 2_000
BATCH_BYTES: Final = 16 * 1024 * 1024  # of the file; two batches are held at once


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
    with receiving(engine, order, facts) as receiver, _few_searches_for_cycles():
        for received in _received(receiver, reader, lines):
            sink.add(sorted(received.problems, key=lambda problem: problem.line))
            summary = summary.plus(received.summary())
            after_batch(summary)
            gc.collect(1)
        if order.complete:
            sink.add(receiver.finish(reader.unreadable))
    return summary


@contextmanager
def _few_searches_for_cycles() -> Iterator[None]:
    """Let rubbish that refers to itself be looked for after each batch only.

    Rows make none, and looking for it among them took a third of the time of checking them.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _received(receiver: Receiver, reader: _Reader, lines: Iterator[Line]) -> Iterator[Received]:
    """Check each batch while the one before is received; give what became of each, in order."""
    with ThreadPoolExecutor(1, "import") as thread:
        before: Future[Received] | None = None
        refused = Received()
        for chunk in _chunks(lines):
            told, refused_now = reader.check(chunk)
            if before is not None:
                yield _both(before, refused)
            before, refused = _begin(thread, receiver, told), refused_now
        if before is not None:
            yield _both(before, refused)


def _begin(thread: Executor, receiver: Receiver, told: list[Told]) -> Future[Received]:
    # The injected moment, if there is one, counts in the other thread as well.
    return thread.submit(copy_context().run, receiver.receive, told)


def _both(receiving: Future[Received], refused: Received) -> Received:
    received = receiving.result()
    received.add(refused)
    return received


def _chunks(lines: Iterator[Line]) -> Iterator[list[Line]]:
    """Give lines in batches, bounded in rows and in bytes."""
    chunk: list[Line] = []
    start = 0
    for line in lines:
        chunk.append(line)
        if len(chunk) >= BATCH_ROWS or line.end - start >= BATCH_BYTES:
            yield chunk
            chunk, start = [], line.end
    if chunk:
        yield chunk


class _Reader:
    """Checks lines one after another; a key that stood in an earlier batch is found later."""

    def __init__(self, kind: Kind, facts: Facts) -> None:
        self._kind, self._facts = kind, facts
        self.unreadable = 0

    def check(self, lines: list[Line]) -> tuple[list[Told], Received]:
        """Give the rows that have a key of their own, and the refusals of the others."""
        told, refused = [], Received()
        firsts: dict[str, int] = {}
        for line in lines:
            ref = self._kind.key_of(line.row)
            if line.finding is not None or ref is None:
                self.unreadable += 1
                found = [line.finding or self._no_key()]
                refused.problems += as_problems(line.number, shown(ref), REFUSED, found)
            elif (first := firsts.setdefault(ref, line.number)) != line.number:
                found = [repeated(self._kind.key, first)]
                refused.problems += as_problems(line.number, shown(ref), REFUSED, found)
            else:
                told.append(self._check(line, ref))
        return told, refused

    def _check(self, line: Line, ref: str) -> Told:
        found = self._kind.check(line.number, line.row, self._facts)
        if isinstance(found, list):
            return Told(line.number, ref, found)
        return Told(line.number, ref, found._replace(digest=seen.digest_of(found.row)))

    def _no_key(self) -> Finding:
        key = self._kind.key
        action = "Send the sender's own key of the record, as text, the same each time."
        return Finding(key, f"The row has no {key}.", action)
