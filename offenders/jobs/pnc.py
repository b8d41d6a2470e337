"""What is overdue about circulation on PNC, and where PNC and register differ, as flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.domain.flags import service as flags
from offenders.domain.pnc import service as pnc
from offenders.domain.wanted import service as wanted
from offenders.jobs.effects import Effect

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def flag_uncirculated(session: Session, _force: str) -> Effect:
    """Flag every want not circulated on PNC within the time set."""
    source = wanted.uncirculated_source(session)
    settled = flags.settle(session, rule="uncirculated-wants", source=source)
    return Effect(settled.raised, settled.cleared)


def flag_uncancelled(session: Session, _force: str) -> Effect:
    """Flag every closed want that is still marked circulated."""
    source = wanted.uncancelled_source(session)
    settled = flags.settle(session, rule="uncancelled-circulations", source=source)
    return Effect(settled.raised, settled.cleared)


def flag_differences(session: Session, _force: str) -> Effect:
    """Flag every difference between PNC and register."""
    settled = pnc.settle_flags(session)
    return Effect(settled.raised, settled.cleared)
