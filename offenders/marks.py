"""Marks of writers: that a transaction wrote in a force, seen from its commit on.

Whoever keeps what was made of a force's records can tell by them and a snapshot whether anything
may have changed.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from offenders.statements import Statement, ask, ask_all

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

LEAVE_MARK = """
    INSERT INTO force_writes (of_force, xid)
    VALUES (CAST(:begin_force AS text), CAST(CAST(pg_current_xact_id() AS text) AS bigint))
    ON CONFLICT DO NOTHING
"""
_LEAVE_MARK = Statement(LEAVE_MARK)
# What this transaction has written so far but audit; null where nobody counts.
_WRITTEN = Statement("""
    SELECT CASE WHEN CAST(current_setting('track_counts') AS boolean) THEN
               sum(pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid)
                   + pg_stat_get_xact_tuples_deleted(oid)) END
    FROM pg_class
    WHERE relkind = 'r' AND relnamespace = CAST('public' AS regnamespace)
      AND relname NOT LIKE 'audit%'
""")


@contextmanager
def marking_writes(session: Session) -> Iterator[None]:
    """Leave a mark in the session's force if anything but audit is written meanwhile."""
    before = _written(session)
    yield
    if before is None or _written(session) != before:
        ask_all(session, _LEAVE_MARK, {"begin_force": session.info["force"]})


def _written(session: Session) -> int | None:
    count: int | None = ask(session, _WRITTEN, {})[0]
    return count
