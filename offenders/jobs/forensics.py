"""What is overdue of forensic hits, as flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.domain.flags import service as flags
from offenders.domain.forensics import service as forensics
from offenders.jobs.effects import Effect

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def flag_overdue_hits(session: Session, _force: str) -> Effect:
    """Flag every hit whose research, allocation or arrest is overdue."""
    forensics.refresh_hits(session)
    source = forensics.due_source(session)
    settled = flags.settle(session, rule=forensics.RULE, source=source)
    return Effect(settled.raised, settled.cleared)
