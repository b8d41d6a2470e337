"""What a device sends late and twice: an id that it made names a record for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text

from offenders.domain.wanted.acting import WANT_WAS, record_tracing
from offenders.domain.wanted.log import plain
from offenders.domain.wanted.models import WantAction
from offenders.domain.wanted.store import get_want
from offenders.errors import Conflict

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.wanted.acting import Doing
    from offenders.domain.wanted.models import Want

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext(:force), hashtext(:client_id))")
_APART = frozenset({"occurred_at", "handling"})  # of an entry, beside its details


def hold_client_id(session: Session, client_id: UUID) -> None:
    """Let whoever sends the same id at the same moment wait for the first."""
    values = {"force": session.info["force"], "client_id": str(client_id)}
    session.execute(_ONE_AT_A_TIME, values)


def used_otherwise() -> Conflict:
    """Say that the id names something else."""
    message = "This client_id was used for another record. Make a new one for each."
    return Conflict(message, rule="client-id")


def record_attempt(session: Session, doing: Doing) -> tuple[Want, WantAction, bool]:
    """Record an arrest attempt; give the first record and true where it came before.

    Raises Conflict where its `client_id` names another record.
    """
    client_id: UUID | None = doing.fields.pop("client_id", None)
    if client_id is None:
        return *record_tracing(session, doing, "attempt"), False
    hold_client_id(session, client_id)
    first = _find(session, client_id)
    if first is None:
        return *record_tracing(session, doing, "attempt", client_id=client_id), False
    want = get_want(session, doing.scope, doing.written)
    if not _is_same(first, want, doing):
        raise used_otherwise()
    return want, first, True


def _find(session: Session, client_id: UUID) -> WantAction | None:
    force = session.info["force"]
    named = select(WantAction).where(WantAction.force == force, WantAction.client_id == client_id)
    return session.execute(named).scalar_one_or_none()


def _is_same(first: WantAction, want: Want, doing: Doing) -> bool:
    sent: dict[str, Any] = {
        name: value
        for name, value in doing.fields.items()
        if name not in _APART and value is not None
    }
    kept = {name: value for name, value in first.details.items() if name != WANT_WAS}
    occurred_at = doing.fields.get("occurred_at") or first.occurred_at
    return (first.want_id, first.kind, first.actor, kept, first.occurred_at) == (
        want.id,
        "attempt",
        doing.actor,
        plain(sent),
        occurred_at,
    )
