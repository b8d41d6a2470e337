"""What is overdue in the wanted register, as flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.domain.flags import service as flags
from offenders.domain.wanted import service as wanted
from offenders.jobs.effects import Effect

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def flag_overdue_arrests(session: Session, _force: str) -> Effect:
    """Flag every want that was not ended by its target to arrest."""
    return _sweep(session, "overdue-arrests")


def flag_overdue_reviews(session: Session, _force: str) -> Effect:
    """Flag every want whose supervisor's review is overdue."""
    return _sweep(session, "wanted-reviews")


def flag_overdue_validations(session: Session, _force: str) -> Effect:
    """Flag every want that its owner has not confirmed in time as still right."""
    return _sweep(session, "wanted-validations")


def flag_without_activity(session: Session, _force: str) -> Effect:
    """Flag every want without a tracing action in time."""
    return _sweep(session, "wanted-without-activity")


def _sweep(session: Session, rule: str) -> Effect:
    # A preview must not lock the register: officers would wait for it to act.
    is_rehearsal = bool(session.info.get("rehearses"))
    if not is_rehearsal:
        wanted.refresh_clocks(session)
    source = wanted.due_source(session, rule, anew=is_rehearsal)
    settled = flags.settle(session, rule=rule, source=source)
    return Effect(settled.raised, settled.cleared)
