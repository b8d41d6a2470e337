"""What supervision is told of emergency access and of much reading, as flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.domain.sharing import service as sharing
from offenders.jobs.effects import Effect

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def flag_unreviewed(session: Session, _force: str) -> Effect:
    """Flag emergency access that no second person has reviewed in time."""
    settled = sharing.settle_reviews(session)
    return Effect(settled.raised, settled.cleared)


def flag_budgets(session: Session, _force: str) -> Effect:
    """Flag readers who have used much or all of their daily budget."""
    settled = sharing.settle_budgets(session)
    return Effect(settled.raised, settled.cleared)
