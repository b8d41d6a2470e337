"""The log of a want: one entry for each thing done, when it happened and when it was stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import text

from offenders.db import recorded_at
from offenders.domain.logs import list_entries
from offenders.domain.wanted.models import WantAction
from offenders.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.wanted.models import Want

_ACTION_JSON = """
    json_build_object('id', a.id, 'want_id', a.want_id, 'kind', a.kind,
        'occurred_at', a.occurred_at, 'recorded_at', a.recorded_at, 'actor', a.actor,
        'handling', a.handling, 'details', a.details, 'client_id', a.client_id)
"""


def add_action(  # noqa: PLR0913 - one entry of the log
    session: Session,
    want: Want,
    kind: str,
    *,
    actor: str,
    occurred_at: datetime,
    details: dict[str, Any],
    handling: str = "normal",
    client_id: UUID | None = None,
) -> WantAction:
    """Write one entry of the log."""
    action = WantAction(
        force=want.force,
        id=new_id(want.force),
        want_id=want.id,
        kind=kind,
        occurred_at=occurred_at,
        recorded_at=recorded_at(session),
        actor=actor,
        handling=handling,
        details=plain(details),
        client_id=client_id,
    )
    session.add(action)
    session.flush()
    return action


def plain(details: dict[str, Any]) -> dict[str, Any]:
    """Give details as the log keeps them."""
    kept: dict[str, Any] = orjson.loads(orjson.dumps(details, default=str))
    return kept


def show_action(session: Session, action: WantAction) -> str:
    """Give one entry of the log as JSON."""
    statement = text(
        f"SELECT {_ACTION_JSON}::text FROM want_actions a WHERE a.force = :force AND a.id = :id"
    )
    found: str = session.execute(statement, {"force": action.force, "id": action.id}).scalar_one()
    return found


def list_actions(  # noqa: PLR0913 - the filters of the log
    session: Session,
    want_id: UUID,
    *,
    handlings: list[str],
    reader: str,
    as_at: datetime | None,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Row[Any]]:
    """Give the log in the order in which things happened, as (json, occurred_at, id)."""
    return list_entries(
        session,
        WantAction,
        _ACTION_JSON,
        record_id=want_id,
        as_at=as_at,
        after=after,
        limit=limit,
        condition="(a.handling = ANY (:handlings) OR a.actor = :reader)",
        values={"handlings": handlings, "reader": reader},
    )
