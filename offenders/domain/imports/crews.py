"""Who receives the lanes of a batch: threads of a service, or processes of a command."""

from __future__ import annotations

import gc
import os
import pickle
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from contextvars import copy_context
from functools import partial
from multiprocessing import get_context
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final, NoReturn

from offenders.domain.imports.lanes import LANES
from offenders.domain.imports.problems import ImportRefused
from offenders.ending import begin_child_of
from offenders.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future
    from multiprocessing.connection import Connection
    from typing import Self

    from sqlalchemy import Engine

    from offenders.domain.imports.batches import Received
    from offenders.domain.imports.checks import Checked

    Receive = Callable[[Engine, Sequence[Checked]], Received]
    # Makes rows ready, and gives what begins to receive them.
    Crew = Callable[[Sequence[Checked]], Callable[[], Future[Received]]]

_ENDED: Final = "A process that received rows was ended. Run the import again: it goes on."
_FORK: Final = get_context("fork")


@contextmanager
def threads(engine: Engine, receive: Receive) -> Iterator[Crew]:
    """Receive in threads: other threads are at work here already."""
    with ThreadPoolExecutor(LANES, "lane") as pool:
        # The injected moment, if there is one, counts in the other thread as well.
        yield lambda rows: partial(pool.submit, copy_context().run, receive, engine, rows)


@contextmanager
def processes(engine: Engine, receive: Receive) -> Iterator[Crew]:
    """Receive in forked processes, which think at once; this must be the only thread."""
    with ExitStack() as stack:
        made = [stack.enter_context(_Process(engine, receive)) for _ in range(LANES)]
        idle = SimpleQueue[_Process]()
        for each in made:
            idle.put(each)

        def ask(packed: bytes) -> Received:
            asked = idle.get()
            try:
                return asked.receive(packed)
            except EOFError as error:
                for each in made:
                    each.end()
                raise ImportRefused(_ENDED) from error
            finally:
                idle.put(asked)

        pool = stack.enter_context(ThreadPoolExecutor(LANES, "lane"))
        yield lambda rows: partial(pool.submit, ask, pickle.dumps(rows))


class _Process:
    """A process that receives rows. Nobody else holds its end of the pipe.

    So whoever waits for its answer, or sends it rows, hears of its end even in their midst.
    """

    def __init__(self, engine: Engine, receive: Receive) -> None:
        self._pipe, its_end = _FORK.Pipe()
        given = (its_end, engine, receive, os.getpid())
        self._process = _FORK.Process(target=_serve, args=given, daemon=True)
        try:
            self._process.start()
        finally:
            its_end.close()

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Let it go."""
        self.end()
        self._process.join()
        self._pipe.close()

    def receive(self, packed: bytes) -> Received:
        """Give what it makes of these rows, or raise what it raised; EOFError where it ended."""
        try:
            self._pipe.send_bytes(packed)
            told = self._pipe.recv_bytes()
        except OSError as error:
            # So it says where the end came within a message.
            raise EOFError from error
        answer: Received | Exception = pickle.loads(told)  # noqa: S301 - packed by our child
        if isinstance(answer, Exception):
            raise answer
        return answer

    def end(self) -> None:
        """Have it end, whatever it does."""
        self._process.terminate()


def _serve(pipe: Connection, engine: Engine, receive: Receive, parent: int) -> NoReturn:
    """Leave the connections to the process that made them; end with it, or when it says so."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    begin_child_of(parent)
    engine.dispose(close=False)
    while True:
        pipe.send_bytes(_answer(engine, receive, pipe.recv_bytes()))
        gc.collect(1)


def _answer(engine: Engine, receive: Receive, packed: bytes) -> bytes:
    try:
        return pickle.dumps(receive(engine, pickle.loads(packed)))  # noqa: S301 - by our parent
    except Exception as error:  # noqa: BLE001 - the parent raises it
        return _packed(error)


def _packed(error: Exception) -> bytes:
    """Pack an error; of one that can't be made anew elsewhere, what it says."""
    try:
        packed = pickle.dumps(error)
        pickle.loads(packed)  # noqa: S301 - just packed
    except Exception:  # noqa: BLE001 - whatever its class asks for
        told = ImportRefused(error.detail) if isinstance(error, DomainError) else None
        return pickle.dumps(told or RuntimeError(type(error).__name__))
    return packed
