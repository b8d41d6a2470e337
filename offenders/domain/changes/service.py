"""Use cases of the change feed, as routes and jobs call them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from offenders.domain.changes.feed import TOKEN_DAYS, Pulled, pull, pull_removals
from offenders.domain.changes.telling import TRUSTED, Position, TokenExpired, Told
from offenders.domain.changes.views import View, base_of, view_of

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

__all__ = [
    "TOKEN_DAYS",
    "Position",
    "Pulled",
    "TokenExpired",
    "Told",
    "View",
    "base_of",
    "forget_views",
    "pull",
    "pull_removals",
    "view_of",
]

_DROP_VIEWS = text("""
    WITH gone AS (DELETE FROM change_views WHERE force = :force AND used_at < :before RETURNING 1)
    SELECT count(*) FROM gone
""")
_DROP_REMOVED = text("""
    WITH gone AS (DELETE FROM change_entries
                  WHERE force = :force AND digest IS NULL AND NOT is_unsettled
                    AND changed_at < :before RETURNING 1)
    SELECT count(*) FROM gone
""")
# Whoever sees what all of their base do again, for longer than a token lasts.
_DROP_READERS = text("""
    WITH gone AS (DELETE FROM change_readers
                  WHERE force = :force AND view_id = base AND turned_at < :before RETURNING 1)
    SELECT count(*) FROM gone
""")
# A mark is no longer needed once every view that is still trusted has seen its transaction. One
# that is seen, though by its number it can't be, came with a copy of another server's database.
_XID = "CAST(CAST(m.xid AS text) AS xid8)"
_DROP_MARKS = text(f"""
    WITH gone AS (
        DELETE FROM force_writes m
        WHERE m.of_force = :force AND m.begun_at < clock_timestamp() - interval '1 hour'
          AND (NOT pg_visible_in_snapshot({_XID}, pg_current_snapshot()) OR NOT EXISTS (
              SELECT FROM change_views v
              WHERE v.force = :force AND v.compared_from > clock_timestamp() - 2 * :trusted
                AND NOT pg_visible_in_snapshot({_XID}, CAST(v.snapshot AS pg_snapshot))))
        RETURNING 1)
    SELECT count(*) FROM gone
""")


def forget_views(session: Session, before: datetime) -> dict[str, int]:
    """Drop views that nobody has used since, and whom all devices have dropped since."""
    values = {"force": session.info["force"], "before": before, "trusted": TRUSTED}
    return {
        "change_views": session.execute(_DROP_VIEWS, values).scalar_one(),
        "change_entries": session.execute(_DROP_REMOVED, values).scalar_one(),
        "change_readers": session.execute(_DROP_READERS, values).scalar_one(),
        "force_writes": session.execute(_DROP_MARKS, values).scalar_one(),
    }
