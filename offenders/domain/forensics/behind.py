"""The want behind a hit: it goes to whom the hit is allocated, and may lose its ground."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from offenders.domain.access import Scope
from offenders.domain.forensics import store
from offenders.domain.versions import IfMatch
from offenders.domain.wanted import service as wanted
from offenders.domain.wanted.rules import OUTSTANDING, Basis

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session


class By(NamedTuple):
    """Who acts on the want, and when."""

    actor: str
    now: datetime


def hand_over(session: Session, hit: Any, by: By, want: Row[Any] | None) -> None:
    """Let an open want that hits have opened follow the allocation of one of them."""
    if want is None or hit.allocated_at is None:
        return
    if want.state != OUTSTANDING or want.basis != Basis.FORENSIC:
        return
    owner = (hit.owner_officer, hit.owner_team)
    if owner == (want.owner_officer, want.owner_team):
        return
    fields = {
        "to_officer": hit.owner_officer,
        "to_team": hit.owner_team,
        "reason": hit.allocation_reason or f"Forensic hit {hit.reference} was allocated.",
    }
    wanted.hand_over_want(session, on_want(hit.force, want.id, by, fields))


def take_ground(session: Session, hit: Any, by: By, want_id: UUID, what: str) -> bool:
    """Where a hit was the last behind an open want, take that want's ground; say whether it was.

    A want with basis `forensic` closes; one with another basis must be confirmed first.
    """
    want = store.hold_want(session, want_id)
    if want is None or want.state != OUTSTANDING:
        return False
    session.flush()
    if store.count_others_behind(session, want_id, hit.id):
        return False
    last = f"The last forensic hit behind it, {hit.reference}, {what}."
    if want.basis == Basis.FORENSIC:
        fields = {"outcome": "no_longer_wanted", "reason": last}
        wanted.close_want(session, on_want(hit.force, want_id, by, fields))
    else:
        fields = {"text": f"{last} Confirm the want on its other grounds."}
        wanted.doubt_want(session, on_want(hit.force, want_id, by, fields))
    return True


def on_want(force: str, want_id: UUID | None, by: By, fields: dict[str, Any]) -> wanted.Doing:
    """Act on a want wherever in the force it lies."""
    return wanted.Doing(
        by.actor, Scope(force), str(want_id), fields, IfMatch(any_version=True), by.now
    )
