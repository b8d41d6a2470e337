"""Subscriptions whose receiver has failed for days, as flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.domain.subscriptions import service as subscriptions
from offenders.jobs.effects import Effect

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def flag_failing(session: Session, _force: str) -> Effect:
    """Pause subscriptions that have failed for days, and flag them to their owners."""
    settled = subscriptions.settle_failing(session)
    return Effect(settled.raised, settled.cleared)
