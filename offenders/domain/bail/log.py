"""The log of a record as it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offenders.domain.bail.models import BailAction
from offenders.domain.logs import list_entries

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

_LOG_JSON = """
    json_build_object('id', a.id, 'bail_record_id', a.bail_id, 'kind', a.kind,
        'occurred_at', a.occurred_at, 'recorded_at', a.recorded_at, 'actor', a.actor,
        'details', a.details)
"""


def list_history(
    session: Session, *, record_id: Any, as_at: datetime | None, after: Any, limit: int
) -> list[Row[Any]]:
    """Give the log of a record as (json, occurred_at, id)."""
    return list_entries(
        session, BailAction, _LOG_JSON, record_id=record_id, as_at=as_at, after=after, limit=limit
    )
