"""Letting the planner know a force that grows by an import.

What it takes for an empty force it goes through once for every row.
"""

from __future__ import annotations

from contextvars import copy_context
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from offenders.db import transaction
from offenders.domain.imports import store

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from offenders.domain.imports.receiving import Order

log = structlog.get_logger()

MANY_ROWS: Final = 1_000  # from so many changes on, and whenever they are four times as many,
# the planner may have to be told.
# What they ask is looked up by key whatever the planner expects; telling it on the way took as long
# as a third of the rows. It is told once, in the end, for those who ask then.
_BY_KEY: Final = frozenset({"custody"})
# Somebody waits for the end of the import: a fifth of the usual sample until that turn.
_SMALLER_SAMPLE: Final = text("SELECT set_config('default_statistics_target', '20', true)")


class Growth:
    """Counts what an import has written, and says when to tell the planner."""

    def __init__(self, kind: str, tell: Callable[[], None]) -> None:
        """Take the kind of import, and how the planner is told."""
        self._is_by_key, self._tell = kind in _BY_KEY, tell
        self._written, self._telling_at = 0, MANY_ROWS

    def add(self, written: int) -> None:
        """Count so many more."""
        self._written += written
        if not self._is_by_key:
            self._tell_of_many()

    def end(self) -> None:
        """Say that no more comes."""
        if self._is_by_key:
            self._tell_of_many()

    def _tell_of_many(self) -> None:
        if self._written >= self._telling_at:
            self._tell()
            self._telling_at = self._written * 4


def ask_for_statistics(thread: Executor, engine: Engine, order: Order) -> None:
    """Let the planner know while the next batches are received.

    It writes no record: whoever asks for a settled moment needn't wait for it.
    """
    work = replace(order.work, writes=False)

    def tell() -> None:
        try:
            with transaction(engine, work) as session:
                refresh_statistics(session, order.kind.name)
        except SQLAlchemyError as error:
            log.info("import.statistics-left", kind=type(error).__name__)

    thread.submit(copy_context().run, tell)


def refresh_statistics(session: Session, kind: str) -> None:
    """Refresh what the planner knows, unless it does: a busy table has its own turn later."""
    if store.is_unknown_to_planner(session, kind):
        if kind in _BY_KEY:
            session.execute(_SMALLER_SAMPLE)
        store.refresh_statistics(session, kind)
