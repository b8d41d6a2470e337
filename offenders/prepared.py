"""Statements answered in a single round trip, on connections of their own.

One message holds `begin` and the statement, so PostgreSQL runs both in one transaction that ends
with the message: an error leaves nothing behind, and without a force no row is seen.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psycopg2
import psycopg2.errors

from offenders.db import BEGIN, begin_values
from offenders.statements import prepare

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Engine

    from offenders.db import Work
    from offenders.statements import Statement


class PreparedStatements:
    """Connections beside the pool, one for each thread, that keep what was prepared on them."""

    def __init__(self, engine: Engine) -> None:
        """Connect only when a thread first asks."""
        self.engine = engine
        self._held = threading.local()

    def fetch(self, work: Work, statement: Statement, values: Mapping[str, Any]) -> Any:
        """Give the one row of a statement as a tuple, or None; raise psycopg2.Error."""
        message = f"{BEGIN.call}; {statement.call}"
        bound = {**begin_values(work), **values}
        try:
            return self._ask(message, bound, statement)
        except psycopg2.errors.InvalidSqlStatementName:
            self.forget()
            return self._ask(message, bound, statement)
        except (psycopg2.OperationalError, psycopg2.InterfaceError):
            self.forget()
            raise

    def forget(self) -> None:
        """Close this thread's connection; the next question makes another."""
        connection = getattr(self._held, "connection", None)
        self._held.connection = None
        if connection is not None:
            with suppress(psycopg2.Error):
                connection.close()

    def _ask(self, message: str, bound: Mapping[str, Any], statement: Statement) -> Any:
        cursor = self._connection().cursor()
        for needed in (BEGIN, statement):
            prepare(self._held.prepared, needed, cursor.execute)
        cursor.execute(message, bound)
        row = cursor.fetchone()
        cursor.close()
        return row

    def _connection(self) -> Any:
        if getattr(self._held, "connection", None) is None:
            pooled = self.engine.raw_connection()
            connection: Any = pooled.driver_connection
            known = dict(pooled.info.get("prepared", {}))
            pooled.detach()
            connection.autocommit = True
            self._held.connection, self._held.prepared = connection, known
        return self._held.connection
