"""The log of a registration as it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offenders.domain.logs import list_entries
from offenders.domain.registrations.models import RegistrationAction

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
    return list_entries(
        session,
        RegistrationAction,
        _LOG_JSON,
        record_id=registration_id,
        as_at=as_at,
        after=after,
        limit=limit,
        condition="(CAST(:kind AS text) IS NULL OR a.kind = :kind)",
        values={"kind": kind, "sees_polygraphs": sees_polygraphs},
    )
