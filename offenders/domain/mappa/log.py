"""SQL of the log of a case: one entry for each thing done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

_JSON = """
    json_build_object('id', e.id, 'case_id', e.case_id, 'kind', e.kind, 'category', e.category,
        'level', e.level, 'occurred_at', e.occurred_at, 'recorded_at', e.recorded_at,
        'actor', e.actor, 'details', e.details)
"""


def list_history(
    session: Session, *, case_id: Any, as_at: datetime | None, after: Any, limit: int
) -> list[Row[Any]]:
    """Give the log in the order in which things happened, as (json, occurred_at, id)."""
    keyset = (
        "AND (e.occurred_at, e.id) > (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid))"
        if after
        else ""
    )
    statement = f"""
        SELECT {_JSON}::text, e.occurred_at::text, e.id FROM mappa_entries e
        WHERE e.force = :force AND e.case_id = :case_id
          AND (CAST(:as_at AS timestamptz) IS NULL OR e.recorded_at <= :as_at) {keyset}
        ORDER BY e.occurred_at, e.id LIMIT :limit
    """
    values = {"force": session.info["force"], "case_id": case_id, "as_at": as_at, "limit": limit}
    if after:
        values |= {"after_at": after[0], "after_id": after[1]}
    return list(session.execute(text(statement), values))
