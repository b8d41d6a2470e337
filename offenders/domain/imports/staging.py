r"""Bringing many rows into a table: COPY to a temporary table, then one INSERT … SELECT.

COPY straight into a table with row-level security is refused. The text format is used because
PostgreSQL before 18 takes `\.` on a line of a quoted CSV cell for the end of all data.
"""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session

_ESCAPED = {ord("\\"): "\\\\", ord("\t"): "\\t", ord("\n"): "\\n", ord("\r"): "\\r"}
_IN_ARRAY = {ord("\\"): "\\\\", ord('"'): '\\"'}


def copy_into(  # noqa: PLR0913 - a table, its columns, its rows and what differs for it
    session: Session,
    table: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    computed: Mapping[str, str] | None = None,
    values: Mapping[str, Any] | None = None,
    further: str = "",
) -> None:
    """Insert the rows `w`; `computed` are more columns, and `further` ends the SQL."""
    if not rows:
        return
    names = ", ".join(columns)
    also = computed or {}
    staged = f"stage_{table}"
    # A savepoint may have kept the table of the batch before.
    session.execute(text(f"DROP TABLE IF EXISTS pg_temp.{staged}"))
    session.execute(
        text(f"CREATE TEMPORARY TABLE {staged} ON COMMIT DROP AS SELECT * FROM {table} LIMIT 0")
    )
    copy_to_stage(session, f"{staged} ({names})", rows)
    into = ", ".join([names, *also])
    picked = ", ".join([*(f"w.{name}" for name in columns), *also.values()])
    session.execute(
        text(f"INSERT INTO {table} ({into}) SELECT {picked} FROM {staged} w {further}"),
        dict(values or {}),
    )
    session.execute(text(f"DROP TABLE pg_temp.{staged}"))


def copy_to_stage(session: Session, stage: str, rows: Iterable[Sequence[Any]]) -> None:
    """Copy the rows into a temporary table, given with its columns."""
    lines = "\n".join("\t".join([_cell(value) for value in row]) for row in rows)
    cursor: Any = session.connection().connection.cursor()
    cursor.copy_expert(f"COPY {stage} FROM STDIN", StringIO(lines + "\n"))
    cursor.close()


def _cell(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(_ESCAPED)
    if isinstance(value, list | tuple):
        return _array(value).translate(_ESCAPED)
    if isinstance(value, dict):
        return orjson.dumps(value, default=str).decode().translate(_ESCAPED)
    return str(value)


def _array(values: Iterable[str]) -> str:
    return "{" + ",".join(f'"{value.translate(_IN_ARRAY)}"' for value in values) + "}"
