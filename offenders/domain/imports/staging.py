r"""Bringing many rows into a table: COPY to a temporary table, then one INSERT … SELECT.

COPY straight into a table with row-level security is refused. The text format is used because
PostgreSQL before 18 takes `\.` on a line of a quoted CSV cell for the end of all data.
"""

from __future__ import annotations

from io import StringIO
from types import NoneType
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session

_COPIED_AT_ONCE = 1024 * 1024  # characters; each piece waits for the thread that checks rows
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
    content = as_copied(rows)
    cursor: Any = session.connection().connection.cursor()
    cursor.copy_expert(f"COPY {stage} FROM STDIN", StringIO(content), _COPIED_AT_ONCE)
    cursor.close()


def as_copied(rows: Iterable[Sequence[Any]]) -> str:
    """Give rows in the text format of COPY, made column by column: most need no escape."""
    columns = [_column(values) for values in zip(*rows, strict=True)]
    lines = "\n".join(map("\t".join, zip(*columns, strict=True)))
    return f"{lines}\n" if lines else ""


def _column(values: Sequence[Any]) -> Sequence[str]:
    kinds = set(map(type, values))
    if kinds == {str}:
        joined = "".join(values)
        return [_cell(value) for value in values] if _needs_escape(joined) else values
    if len(kinds - {NoneType, str}) > 1 or not kinds.isdisjoint((list, tuple, dict)):
        return [_cell(value) for value in values]
    # Moments, ids and what the sender leaves out stand in many rows, and are written once.
    cells = {value: _cell(value) for value in set(values)}
    return [cells[value] for value in values]


def _needs_escape(value: str) -> bool:
    return "\\" in value or "\n" in value or "\t" in value or "\r" in value


def _cell(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, bytes):
        return f"\\\\x{value.hex()}"
    written = _as_text(value)
    return written.translate(_ESCAPED) if _needs_escape(written) else written


def _as_text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return _array(value)
    return orjson.dumps(value, default=str).decode() if isinstance(value, dict) else str(value)


def _array(values: Iterable[str]) -> str:
    return "{" + ",".join(f'"{value.translate(_IN_ARRAY)}"' for value in values) + "}"
