"""What a file has named so far: kept in temporary tables, so that memory stays the same.

They belong to one connection and end with it; those of a batch that fails are undone with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders.domain.imports.staging import copy_to_stage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

_MAKE = text("""
    CREATE TEMPORARY TABLE import_seen (source_ref text PRIMARY KEY, line bigint NOT NULL);
    CREATE TEMPORARY TABLE import_batch (source_ref text, line bigint NOT NULL)
""")
_EMPTY = text("TRUNCATE pg_temp.import_batch")
_SEE = text("""
    INSERT INTO pg_temp.import_seen (source_ref, line)
    SELECT source_ref, line FROM pg_temp.import_batch ORDER BY source_ref
    ON CONFLICT DO NOTHING
""")
_REPEATED = text("""
    SELECT b.line, s.line AS first FROM pg_temp.import_batch b
    JOIN pg_temp.import_seen s ON s.source_ref = b.source_ref AND s.line <> b.line
""")


def begin(session: Session) -> None:
    """Make the tables of one import."""
    session.execute(_MAKE)


def note(session: Session, keys: Sequence[tuple[str, int]]) -> Mapping[int, int]:
    """Note the keys of a batch with their lines, each key there once.

    Gives, of the lines whose key stood in an earlier batch, the line where it stood first.
    """
    session.execute(_EMPTY)
    copy_to_stage(session, "pg_temp.import_batch (source_ref, line)", keys)
    noted: Any = session.execute(_SEE)
    if noted.rowcount == len(keys):
        return {}
    return {row.line: row.first for row in session.execute(_REPEATED)}


def noted(session: Session) -> list[str]:
    """Give every key that the file has named."""
    return list(session.execute(text("SELECT source_ref FROM pg_temp.import_seen")).scalars())
