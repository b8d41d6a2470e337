"""The log of a case as it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offenders.domain.logs import list_entries
from offenders.domain.mappa.models import MappaEntry

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

_JSON = """
    json_build_object('id', a.id, 'case_id', a.case_id, 'kind', a.kind, 'category', a.category,
        'level', a.level, 'occurred_at', a.occurred_at, 'recorded_at', a.recorded_at,
        'actor', a.actor, 'details', a.details)
"""


def list_history(
    session: Session, *, case_id: Any, as_at: datetime | None, after: Any, limit: int
) -> list[Row[Any]]:
    """Give the log of a case as (json, occurred_at, id)."""
    return list_entries(
        session, MappaEntry, _JSON, record_id=case_id, as_at=as_at, after=after, limit=limit
    )
