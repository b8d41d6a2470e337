"""The table of what people have decided about doubtful duplicates."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from offenders.db import Base
from offenders.domain.columns import ForceKey, IdKey, Moment, String, in_force, one_of
from offenders.domain.imports import models as imports  # noqa: F401 - keys refer to its tables

DECISIONS = ("same", "not_the_same")


class DuplicateDecision(Base):
    """One decision on one pair of people; a later one overturns it, and both stay."""

    __tablename__ = "duplicate_decisions"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    candidate_id: Mapped[UUID]
    decision: Mapped[String]
    reason: Mapped[String]
    decided_by: Mapped[String]
    recorded_at: Mapped[Moment]
    __table_args__ = (
        one_of("decision", DECISIONS),
        in_force("candidate_id", "duplicate_candidates"),
        Index("ix_duplicate_decisions_candidate_id", "force", "candidate_id"),
    )
