"""Who receives the lanes of a batch: threads of a service, or processes of a command."""

from __future__ import annotations

import gc
import os
import pickle
import signal
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

from offenders.domain.imports.lanes import LANES
from offenders.domain.imports.problems import ImportRefused
from offenders.ending import begin_child_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from sqlalchemy import Engine

    from offenders.domain.imports.batches import Received
    from offenders.domain.imports.checks import Checked

    Receive = Callable[[Engine, Sequence[Checked]], Received]
    # Makes rows ready, and gives what begins to receive them.
    Crew = Callable[[Sequence[Checked]], Callable[[], Future[Received]]]

_of_lane: dict[str, Any] = {}  # the engine of a process made here, and how it receives


@contextmanager
def threads(engine: Engine, receive: Receive) -> Iterator[Crew]:
    """Receive in threads: other threads are at work here already."""
    with ThreadPoolExecutor(LANES, "lane") as pool:
        # The injected moment, if there is one, counts in the other thread as well.
        yield lambda rows: partial(pool.submit, copy_context().run, receive, engine, rows)


@contextmanager
def processes(engine: Engine, receive: Receive) -> Iterator[Crew]:
    """Receive in forked processes, which think at once; this must be the only thread."""
    given = (engine, receive, os.getpid())
    try:
        with ProcessPoolExecutor(LANES, get_context("fork"), _begin, given) as pool:
            pool.submit(_nothing).result()  # starts them all, before there are other threads
            yield lambda rows: partial(pool.submit, _receive, pickle.dumps(rows))
    except BrokenProcessPool as error:
        message = "A process that received rows was ended. Run the import again: it goes on."
        raise ImportRefused(message) from error


def _begin(engine: Engine, receive: Receive, parent: int) -> None:
    """Leave the connections to the process that made them; end with it, or when it says so."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    begin_child_of(parent)
    engine.dispose(close=False)
    _of_lane.update(engine=engine, receive=receive)


def _nothing() -> None:
    pass


def _receive(packed: bytes) -> Received:
    rows = pickle.loads(packed)  # noqa: S301 - packed by our parent
    received: Received = _of_lane["receive"](_of_lane["engine"], rows)
    gc.collect(1)
    return received
