"""What is overdue about people, as flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.domain.flags.markers import settle_marker_reviews
from offenders.jobs.effects import Effect

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def flag_marker_reviews(session: Session, _force: str) -> Effect:
    """Flag everybody with a warning marker whose day of review has ended."""
    settled = settle_marker_reviews(session)
    return Effect(settled.raised, settled.cleared)
