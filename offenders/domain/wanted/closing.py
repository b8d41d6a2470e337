"""Closing many wants at once, each as `acting.close_want` closes one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

import orjson
from sqlalchemy import text

from offenders.db import recorded_at
from offenders.domain.flags.service import clear_all, raise_due
from offenders.domain.history import keep_history
from offenders.domain.wanted.circulating import PNC_DIFFERENCE, uncancelled_source
from offenders.domain.wanted.clocks import CANCELLATION
from offenders.domain.wanted.duties import end_differences, follow_reviews
from offenders.domain.wanted.elsewhere import ELSEWHERE, end_elsewhere
from offenders.domain.wanted.models import Want
from offenders.domain.wanted.overdue import ENDED_WITH_THE_WANT
from offenders.ids import new_ids

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

# In one order, so that two transactions never wait for each other in a ring.
_LOCK_OPEN: Final = text("""
    SELECT id, person_id, reference, entered_at FROM wants
    WHERE force = :force AND id = ANY (CAST(:ids AS uuid[])) AND state = 'outstanding'
    ORDER BY id FOR UPDATE
""")
_CLOSE: Final = text("""
    UPDATE wants w
    SET state = c.outcome, outcome_at = c.occurred_at, outcome_reason = c.reason,
        custody_number = c.custody_number, version = w.version + 1, updated_at = :at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
         AS c (want_id uuid, outcome text, occurred_at timestamptz, reason text,
               custody_number text)
    WHERE w.force = :force AND w.id = ANY (CAST(:ids AS uuid[])) AND w.id = c.want_id
      AND w.state = 'outstanding'
    RETURNING w.id, w.reference, w.state, w.circulation
""")
_LOG: Final = text("""
    INSERT INTO want_actions (force, id, want_id, kind, occurred_at, recorded_at, actor, handling,
                              details)
    SELECT :force, c.action_id, c.want_id, 'outcome', c.occurred_at, :at, :actor, 'normal',
           jsonb_strip_nulls(jsonb_build_object('outcome', c.outcome, 'reason', c.reason,
                                                'custody_number', c.custody_number))
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
         AS c (action_id uuid, want_id uuid, outcome text, occurred_at timestamptz, reason text,
               custody_number text)
""")


@dataclass(frozen=True)
class Closing:
    """How one want ends, when, why, and under which custody number."""

    want_id: UUID
    outcome: str
    occurred_at: datetime
    reason: str | None = None
    custody_number: str | None = None


def lock_open_wants(session: Session, ids: Sequence[UUID]) -> list[Row[tuple[object, ...]]]:
    """Give those still outstanding as (id, person_id, reference, entered_at), until we end."""
    values = {"force": session.info["force"], "ids": [each.hex for each in ids]}
    return list(session.execute(_LOCK_OPEN, values)) if ids else []


def close_wants(session: Session, closings: Sequence[Closing], *, actor: str) -> None:
    """Close wants that `lock_open_wants` gave, by outcomes that their reasons allow.

    No moment of an outcome may lie before its want was entered.
    """
    if not closings:
        return
    force = session.info["force"]
    ids = new_ids(force, len(closings))
    rows = [
        {"action_id": number, **asdict(closing)}
        for number, closing in zip(ids, closings, strict=True)
    ]
    values = {
        "force": force,
        "ids": [closing.want_id.hex for closing in closings],
        "rows": orjson.dumps(rows).decode(),
        "at": recorded_at(session),
        "actor": actor,
    }
    session.flush()
    closed = session.execute(_CLOSE, values).all()
    session.execute(_LOG, values)
    keep_history(session, Want.__table__, force, [row.id for row in closed])
    _settle_flags(session, closed)


def _settle_flags(session: Session, closed: Sequence[Row[tuple[object, ...]]]) -> None:
    wants = [row.id for row in closed]
    follow_reviews(session, wants, "The want was closed.")
    because = "The want was closed: it is compared anew."
    end_differences(session, wants, because, is_done=False)
    clear_all(session, subject_ids=wants, rules=[PNC_DIFFERENCE], because=because)
    circulated = [row.id for row in closed if row.circulation == "circulated"]
    if circulated:
        source = uncancelled_source(session, circulated)
        raise_due(session, rule=CANCELLATION, source=source)
    for state in sorted({row.state for row in closed}):
        of_state = [row for row in closed if row.state == state]
        because = f"The want was closed as {state.replace('_', ' ')}."
        ids = [row.id for row in of_state]
        clear_all(session, subject_ids=ids, rules=ENDED_WITH_THE_WANT, because=because)
        if clear_all(session, subject_ids=ids, rules=[ELSEWHERE], because=because):
            end_elsewhere(session, [row.reference for row in of_state])
