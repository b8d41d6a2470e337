"""What is due of bail, as flags; and what has lapsed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.domain.bail import service as bail
from offenders.jobs.effects import Effect

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def flag_bail_due(session: Session, _force: str) -> Effect:
    """Release without bail whose period is over, and flag what is due before and after."""
    failed = bail.fail_unanswered(session)
    lapsed = bail.lapse_what_is_over(session)
    settled = bail.settle_flags(session)
    return Effect(settled.raised, settled.cleared, {"failed": failed, "lapsed": lapsed})
