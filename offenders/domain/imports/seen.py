"""What a file has named so far: kept in temporary tables, so that memory stays the same.

They belong to one connection and end with it; those of a batch that fails are undone with it.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
from sqlalchemy import text

from offenders.domain.imports.staging import copy_to_stage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

_DIGEST_BYTES: Final = 16

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
# The keys stand in the statement: a planner that does not yet know the force then goes through it
# once for a batch, where a join would go through it once for each row.
_DIGESTS = text("""
    SELECT source_ref, digest FROM import_sources
    WHERE force = :force AND kind = :kind AND source_ref = ANY (:refs) AND digest IS NOT NULL
""")


class Key(NamedTuple):
    """The key of a row, where it stands, and its digest if it can be received."""

    source_ref: str
    line: int
    digest: bytes | None


class Look(NamedTuple):
    """Lines whose key stood in the file before, with the first of it; lines that say the same."""

    repeated: Mapping[int, int]
    unchanged: frozenset[int]


def digest_of(row: Mapping[str, Any]) -> bytes:
    """Give the digest of a row in its one written form."""
    content = orjson.dumps(row, default=str, option=orjson.OPT_SORT_KEYS)
    return blake2b(content, digest_size=_DIGEST_BYTES).digest()


def begin(session: Session) -> None:
    """Make the tables of one import."""
    session.execute(_MAKE)


def look(session: Session, kind: str, keys: Sequence[Key]) -> Look:
    """Note the keys of a batch, each there once; tell what was there before and what is new."""
    session.execute(_EMPTY)
    staged = [(key.source_ref, key.line) for key in keys]
    copy_to_stage(session, "pg_temp.import_batch (source_ref, line)", staged)
    noted: Any = session.execute(_SEE)
    repeated = {}
    if noted.rowcount < len(staged):
        repeated = {row.line: row.first for row in session.execute(_REPEATED)}
    return Look(repeated, _unchanged(session, kind, keys) - repeated.keys())


def noted(session: Session) -> list[str]:
    """Give every key that the file has named."""
    return list(session.execute(text("SELECT source_ref FROM pg_temp.import_seen")).scalars())


def _unchanged(session: Session, kind: str, keys: Sequence[Key]) -> frozenset[int]:
    told = {key.source_ref: key for key in keys if key.digest is not None}
    values = {"force": session.info["force"], "kind": kind, "refs": list(told)}
    return frozenset(
        told[ref].line
        for ref, digest in session.execute(_DIGESTS, values)
        if bytes(digest) == told[ref].digest
    )
