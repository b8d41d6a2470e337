"""What a file has named so far: kept in a temporary table, so that memory stays the same.

It belongs to one connection and goes when the import ends; the keys of a batch that fails are
undone with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

_MAKE = text("""
    CREATE TEMPORARY TABLE import_seen (source_ref text PRIMARY KEY, line bigint NOT NULL)
""")
_BATCH = "unnest(CAST(:refs AS text[]), CAST(:lines AS bigint[])) AS b (source_ref, line)"
_SEE = text(f"""
    INSERT INTO pg_temp.import_seen (source_ref, line)
    SELECT source_ref, line FROM {_BATCH} ORDER BY source_ref
    ON CONFLICT DO NOTHING
""")
_REPEATED = text(f"""
    SELECT b.line, s.line AS first FROM {_BATCH}
    JOIN pg_temp.import_seen s ON s.source_ref = b.source_ref AND s.line <> b.line
""")


def begin(session: Session) -> None:
    """Make the table of one import."""
    session.execute(_MAKE)


def note(session: Session, keys: Sequence[tuple[str, int]]) -> Mapping[int, int]:
    """Note the keys of a batch with their lines, each key there once.

    Gives, of the lines whose key stood in an earlier batch, the line where it stood first.
    """
    values = {"refs": [ref for ref, _ in keys], "lines": [line for _, line in keys]}
    noted: Any = session.execute(_SEE, values)
    if noted.rowcount == len(keys):
        return {}
    return {row.line: row.first for row in session.execute(_REPEATED, values)}


def noted(session: Session) -> list[str]:
    """Give every key that the file has named."""
    return list(session.execute(text("SELECT source_ref FROM pg_temp.import_seen")).scalars())
