"""Statements that are prepared once on each connection: those that are asked most often."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import CursorResult
    from sqlalchemy.orm import Session

PREPARED_LIMIT = 40  # on one connection; a plan of the wanted list takes the server 0.6 MB

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


def prepare(prepared: dict[str, None], statement: Statement, run: Callable[[str], Any]) -> None:
    """Prepare a statement on a connection, once; the one that was asked least lately makes room.

    `prepared` holds the names on that connection, in the order in which they were last asked.
    """
    if statement.name in prepared:
        prepared[statement.name] = prepared.pop(statement.name)
        return
    while len(prepared) >= PREPARED_LIMIT:
        eldest = next(iter(prepared))
        run(f"DEALLOCATE {eldest}")
        del prepared[eldest]
    run(statement.prepare)
    prepared[statement.name] = None


def ask(session: Session, statement: Statement, values: Mapping[str, Any]) -> Any:
    """Give the one row of a statement in the session's transaction, or None.

    What the session holds back is written first.
    """
    session.flush()
    return ask_all(session, statement, values).one_or_none()


def ask_all(session: Session, statement: Statement, values: Mapping[str, Any]) -> CursorResult[Any]:
    """Give the rows of a statement, which is prepared on the pooled connection once.

    What the session holds back stays so.
    """
    connection = session.connection()
    prepare(
        connection.info.setdefault("prepared", {}),
        statement,
        lambda sql: connection.exec_driver_sql(sql, execution_options={"no_parameters": True}),
    )
    return connection.exec_driver_sql(statement.call, dict(values))
