"""The log of an order as it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offenders.domain.logs import list_entries
from offenders.domain.orders.asking import may_name_somebody
from offenders.domain.orders.models import OrderAction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

_TOLD = "(a.details ? 'conditions' OR a.details -> 'changes' ? 'conditions')"
_PROSE = ("text", "with", "details", "action_reason", "learning", "reason", "note")
_MAY_NAME = may_name_somebody("a.order_id")
_FREE = f"ARRAY[{', '.join(repr(each) for each in _PROSE)}]"
_LOG_JSON = f"""
    json_build_object('id', a.id, 'order_id', a.order_id, 'kind', a.kind,
        'occurred_at', a.occurred_at, 'recorded_at', a.recorded_at, 'actor', a.actor,
        'details', CASE WHEN :sees_people THEN a.details
                        WHEN {_MAY_NAME}
                        THEN ((a.details - 'conditions') #- '{{changes,conditions}}') - {_FREE}
                        ELSE (a.details - 'conditions') #- '{{changes,conditions}}' END,
        'masked', to_json(
            CASE WHEN NOT :sees_people AND {_TOLD}
                 THEN ARRAY['details.conditions'] ELSE '{{}}' END
            || CASE WHEN {_MAY_NAME} THEN ARRAY(
                        SELECT 'details.' || n FROM unnest({_FREE}) n
                        WHERE a.details -> n IS NOT NULL AND a.details -> n <> 'null'
                        ORDER BY n)
                    ELSE '{{}}' END))
"""


def list_history(  # noqa: PLR0913 - the filters of the log
    session: Session,
    *,
    order_id: Any,
    sees_people: bool,
    as_at: datetime | None,
    after: Any,
    limit: int,
) -> list[Row[Any]]:
    """Give the log in the order in which things happened, as (json, occurred_at, id)."""
    return list_entries(
        session,
        OrderAction,
        _LOG_JSON,
        record_id=order_id,
        as_at=as_at,
        after=after,
        limit=limit,
        values={"sees_people": sees_people},
    )
