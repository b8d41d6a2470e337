"""SQL of the log of a registration: one entry for each thing done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

_LOG_JSON = """
    json_build_object('id', a.id, 'registration_id', a.registration_id, 'kind', a.kind,
        'occurred_at', a.occurred_at, 'recorded_at', a.recorded_at, 'actor', a.actor,
        'details', CASE WHEN a.kind <> 'polygraph' OR :sees_polygraphs THEN a.details END,
        'masked', CASE WHEN a.kind <> 'polygraph' OR :sees_polygraphs
                       THEN CAST('[]' AS json) ELSE CAST('["details"]' AS json) END)
"""


def list_actions(  # noqa: PLR0913 - whose log, which part of it, and what may be seen
    session: Session,
    registration_id: Any,
    *,
    kind: str | None,
    as_at: datetime | None,
    after: Any,
    limit: int,
    sees_polygraphs: bool,
) -> list[Row[Any]]:
    """Give the log in the order in which things happened, as (json, occurred_at, id, kind)."""
    keyset = (
        "AND (a.occurred_at, a.id) > (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid))"
        if after
        else ""
    )
    statement = f"""
        SELECT {_LOG_JSON}::text, a.occurred_at::text, a.id, a.kind FROM registration_actions a
        WHERE a.force = :force AND a.registration_id = :registration_id
          AND (CAST(:kind AS text) IS NULL OR a.kind = :kind)
          AND (CAST(:as_at AS timestamptz) IS NULL OR a.recorded_at <= :as_at) {keyset}
        ORDER BY a.occurred_at, a.id LIMIT :limit
    """
    values = {
        "force": session.info["force"],
        "registration_id": registration_id,
        "kind": kind,
        "as_at": as_at,
        "limit": limit,
        "sees_polygraphs": sees_polygraphs,
    }
    if after:
        values |= {"after_at": after[0], "after_id": after[1]}
    return list(session.execute(text(statement), values))
