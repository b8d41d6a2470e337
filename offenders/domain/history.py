"""History of records whose past must be answered: each change closes one row and opens the next.

A history row says what the service knew from `recorded_from` until `recorded_to`. It never
begins before the row it follows, even where a transaction that began earlier wrote later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, DateTime, PrimaryKeyConstraint, Table, text

from offenders.db import Base, recorded_at

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import FromClause
    from sqlalchemy.orm import Session


def history_of(table: FromClause, key: str = "id") -> Table:
    """Make the history table of `table`: its columns, and from when until when it was so.

    `key` is the column that names a record within its force.
    """
    columns: list[Column[Any]] = [
        Column(each.name, each.type, nullable=each.nullable) for each in table.columns
    ]
    return Table(
        f"{table.description}_history",
        Base.metadata,
        *columns,
        Column("recorded_from", DateTime(timezone=True), nullable=False),
        Column("recorded_to", DateTime(timezone=True)),
        PrimaryKeyConstraint("force", key, "recorded_from"),
    )


def keep_history(
    session: Session,
    table: FromClause,
    force: str,
    ids: Sequence[UUID] | Sequence[str],
    key: str = "id",
) -> None:
    """Write the history of these records as they now stand; once, at the end of a use case."""
    name = table.description
    columns = ", ".join(each.name for each in table.columns)
    picked = ", ".join(f"r.{each.name}" for each in table.columns)
    session.flush()
    session.execute(
        text(f"""
            WITH closed AS (
                UPDATE {name}_history h
                SET recorded_to = greatest(:at, h.recorded_from + interval '1 microsecond')
                WHERE h.force = :force AND h.{key} = ANY (:ids) AND h.recorded_to IS NULL
                RETURNING h.{key} AS key, h.recorded_to)
            INSERT INTO {name}_history ({columns}, recorded_from)
            SELECT {picked}, coalesce(c.recorded_to, :at)
            FROM {name} r LEFT JOIN closed c ON c.key = r.{key}
            WHERE r.force = :force AND r.{key} = ANY (:ids)
        """),
        {"at": recorded_at(session), "force": force, "ids": list(ids)},
    )


def begin_history(session: Session, table: FromClause, force: str, ids: Sequence[UUID]) -> None:
    """Write the first history of records that this transaction has made."""
    if not ids:
        return
    columns = ", ".join(each.name for each in table.columns)
    session.execute(
        text(f"""
            INSERT INTO {table.description}_history ({columns}, recorded_from)
            SELECT {columns}, :at FROM {table.description}
            WHERE force = :force AND id = ANY (CAST(:ids AS uuid[]))
        """),
        {"at": recorded_at(session), "force": force, "ids": [each.hex for each in ids]},
    )
