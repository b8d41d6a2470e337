"""Sealing of the audit; the checkpoint is its own record, so a seal makes no further event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.domain.audit import service as audit
from offenders.jobs.effects import Effect

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def seal_audit(session: Session, force: str) -> Effect:
    """Seal what a force has recorded."""
    audit.seal(session, force)
    return Effect()
