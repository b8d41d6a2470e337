"""The log of a want: one entry for each thing done, when it happened and when it was stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from offenders.db import recorded_at
from offenders.domain.wanted.models import WantAction
from offenders.ids import new_id

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from offenders.domain.wanted.models import Want


def add_action(  # noqa: PLR0913 - one entry of the log
    session: Session,
    want: Want,
    kind: str,
    *,
    actor: str,
    occurred_at: datetime,
    details: dict[str, Any],
    handling: str = "normal",
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
        details=orjson.loads(orjson.dumps(details, default=str)),
    )
    session.add(action)
    session.flush()
    return action
