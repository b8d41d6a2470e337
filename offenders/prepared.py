"""Statements that are prepared once on each connection: those that are asked most often.

`PreparedStatements` answers one in a single round trip, with force and moment: one message
holds `begin` and the statement, so PostgreSQL runs both in one transaction that ends with the
message: an error leaves nothing behind, and without a force no row is seen.
"""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import psycopg2
import psycopg2.errors
import psycopg2.extensions

from offenders.db import BEGIN, begin_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from offenders.db import Work

_BOUND = re.compile(r"(?<![:\w]):([a-z_][a-z0-9_]*)")


class Statement:
    """SQL with `:names`, as it is prepared and as it is called."""

    def __init__(self, sql: str) -> None:
        """Put a number for each name, in the order in which they first stand."""
        names = list(dict.fromkeys(_BOUND.findall(sql)))
        numbers = {name: f"${number}" for number, name in enumerate(names, 1)}
        numbered = _BOUND.sub(lambda found: numbers[found[1]], sql)
        self.name = "s" + blake2b(numbered.encode(), digest_size=12).hexdigest()
        self.prepare = f"PREPARE {self.name} AS {numbered}"
        values = f"({', '.join(f'%({name})s' for name in names)})" if names else ""
        self.call = f"EXECUTE {self.name}{values}"


_BEGIN = Statement(BEGIN)


def ask(session: Session, statement: Statement, values: Mapping[str, Any]) -> Any:
    """Give the one row of a statement in the session's transaction, or None.

    It is prepared on the pooled connection once; what the session holds back is written first.
    """
    session.flush()
    connection = session.connection()
    prepared = connection.info.setdefault("prepared", set())
    if statement.name not in prepared:
        connection.exec_driver_sql(statement.prepare, execution_options={"no_parameters": True})
        prepared.add(statement.name)
    return connection.exec_driver_sql(statement.call, dict(values)).one_or_none()


class PreparedStatements:
    """Connections beside the pool, one for each thread, that keep what was prepared on them."""

    def __init__(self, engine: Engine) -> None:
        """Connect only when a thread first asks."""
        self.engine = engine
        self._held = threading.local()

    def fetch(self, work: Work, statement: Statement, values: Mapping[str, Any]) -> Any:
        """Give the one row of a statement as a tuple, or None; raise psycopg2.Error."""
        message = f"{_BEGIN.call}; {statement.call}"
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
        for needed in (_BEGIN, statement):
            if needed.name not in self._held.prepared:
                cursor.execute(needed.prepare)
                self._held.prepared.add(needed.name)
        cursor.execute(message, bound)
        row = cursor.fetchone()
        cursor.close()
        return row

    def _connection(self) -> Any:
        if getattr(self._held, "connection", None) is None:
            pooled = self.engine.raw_connection()
            connection: Any = pooled.driver_connection
            known = set(pooled.info.get("prepared", ()))
            pooled.detach()
            connection.autocommit = True
            self._held.connection, self._held.prepared = connection, known
        return self._held.connection
