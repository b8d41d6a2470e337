"""What is missing from detentions, as flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.domain.custody import service as custody
from offenders.domain.flags import service as flags
from offenders.jobs.effects import Effect

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def flag_missing_pnc_checks(session: Session, _force: str) -> Effect:
    """Flag every detention without a PNC check past its time."""
    source = custody.unchecked_source(session)
    settled = flags.settle(session, rule="missing-pnc-checks", source=source)
    return Effect(settled.raised, settled.cleared)
