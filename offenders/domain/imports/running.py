"""Running an import: lines become checked batches, the next read while one is received."""

from __future__ import annotations

import gc
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import orjson

from offenders import clock
from offenders.db import Work, transaction
from offenders.domain.imports import store
from offenders.domain.imports.batches import Received, Summary, as_problems
from offenders.domain.imports.checks import can_be_key
from offenders.domain.imports.lanes import LANES
from offenders.domain.imports.problems import REFUSED, Finding, shown
from offenders.domain.imports.receiving import Order, Told, receiving, repeated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from concurrent.futures import Future

    from sqlalchemy import Engine

    from offenders.domain.imports.checks import Checked, Facts
    from offenders.domain.imports.problems import Sink
    from offenders.domain.imports.reading import Line
    from offenders.domain.imports.receiving import Receiver

__all__ = ["Order", "run_lines"]

# Raise it when the checks give a row another form: each row then counts as new once.
CHECKS_EDITION: Final = 1
BATCH_ROWS: Final = 2_000
BATCH_BYTES: Final = 16 * 1024 * 1024  # of the file; two batches are held at once
_DIGEST_BYTES: Final = 16
_HANDOVER_SECONDS: Final = 0.0005


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
    reader, summary = _Reader(engine, order, facts), Summary()
    with _few_searches_for_cycles(), _quick_handover(), receiving(engine, order, facts) as receiver:
        for received in _received(receiver, reader, _chunks(lines, _rows_at_once(order))):
            sink.add(sorted(received.problems, key=lambda problem: problem.line))
            summary = summary.plus(received.summary())
            after_batch(summary)
            gc.collect(1)
        receiver.end()
        if order.complete:
            sink.add(receiver.finish(reader.unreadable))
    return summary


@contextmanager
def _quick_handover() -> Iterator[None]:
    """Let the thread that receives go on soon after each answer of the database.

    A batch is some thirty statements; each would wait five milliseconds for the one that checks.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, _HANDOVER_SECONDS))
    try:
        yield
    finally:
        sys.setswitchinterval(before)


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


def _rows_at_once(order: Order) -> int:
    """Give each lane as many rows as one that is alone."""
    return BATCH_ROWS * LANES if order.kind.ties_of else BATCH_ROWS


def _received(
    receiver: Receiver, reader: _Reader, chunks: Iterable[list[Line]]
) -> Iterator[Received]:
    """Check each batch while the one before is received; give what became of each, in order."""
    with ThreadPoolExecutor(1, "import") as thread:
        before: Future[Received] | None = None
        refused = Received()
        for chunk in chunks:
            told, refused_now = reader.check(chunk)
            receive = receiver.prepare(told)
            ended = None if before is None else _both(before, refused)
            # The injected moment, if there is one, counts in the other thread as well.
            before, refused = thread.submit(copy_context().run, receive), refused_now
            if ended is not None:
                yield ended
        if before is not None:
            yield _both(before, refused)


def _both(receiving: Future[Received], refused: Received) -> Received:
    received = receiving.result()
    received.add(refused)
    return received


def _chunks(lines: Iterator[Line], rows: int) -> Iterator[list[Line]]:
    """Give lines in batches, bounded in rows and in bytes."""
    chunk: list[Line] = []
    start = 0
    for line in lines:
        chunk.append(line)
        if len(chunk) >= rows or line.end - start >= BATCH_BYTES:
            yield chunk
            chunk, start = [], line.end
    if chunk:
        yield chunk


class _Reader:
    """Checks lines one after another; a key that stood in an earlier batch is found later."""

    def __init__(self, engine: Engine, order: Order, facts: Facts) -> None:
        self._engine, self._order, self._facts = engine, order, facts
        self._kind = order.kind
        self.unreadable = 0

    def check(self, lines: list[Line]) -> tuple[list[Told], Received]:
        """Give the rows that have a key of their own, and the refusals of the others."""
        keyed, refused = [], Received()
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
                keyed.append((ref, line))
        return self._tell(keyed), refused

    def _tell(self, keyed: list[tuple[str, Line]]) -> list[Told]:
        """Check the rows whose digest is not that of the last row received."""
        digests = [digest_of(line.row) for _, line in keyed]
        refs = [ref for ref, _ in keyed if can_be_key(ref)]
        force, kind = self._order.force, self._kind.name
        with transaction(self._engine, Work(force, writes=False)) as session:
            last = store.find_digests(session, force, kind, refs)
        return [
            Told(line.number, ref, None if last.get(ref) == digest else self._check(line, digest))
            for (ref, line), digest in zip(keyed, digests, strict=True)
        ]

    def _check(self, line: Line, digest: bytes) -> Checked | list[Finding]:
        found = self._kind.check(line.number, line.row, self._facts)
        # A row with a warning is checked each time, since it warns each time.
        if isinstance(found, list) or found.warnings:
            return found
        return found._replace(digest=digest)

    def _no_key(self) -> Finding:
        key = self._kind.key
        action = "Send the sender's own key of the record, as text, the same each time."
        return Finding(key, f"The row has no {key}.", action)


def digest_of(row: Mapping[str, Any]) -> bytes:
    """Give the digest of a row as it was sent, in the form that the checks give it today."""
    content = orjson.dumps((CHECKS_EDITION, row), default=str)
    return blake2b(content, digest_size=_DIGEST_BYTES).digest()
