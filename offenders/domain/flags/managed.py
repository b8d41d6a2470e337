"""The flag that tells who answers for a managed person of an arrest, and what clears it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from offenders.domain.flags.service import clear_all

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

ARRESTED: Final = "managed-person-arrested"


def act_on_arrest(session: Session, managements: Sequence[UUID], because: str) -> None:
    """Clear it where how the person is managed has been looked at since, or has ended."""
    clear_all(session, subject_ids=managements, rules=[ARRESTED], because=because)
