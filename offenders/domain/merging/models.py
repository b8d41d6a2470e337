"""The table of merges: which record was joined to which, why, and what it takes to undo it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from offenders.db import Base
from offenders.domain.columns import (
    ForceKey,
    IdKey,
    Json,
    Moment,
    OptionalMoment,
    OptionalString,
    String,
    in_force,
    one_of,
)

STANDING, REVERSED = "standing", "reversed"


class Merge(Base):
    """One merge, and if so its reversal; `details` is what `undoing.py` needs beside the moves."""

    __tablename__ = "merges"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    survivor_id: Mapped[UUID]
    merged_id: Mapped[UUID]
    state: Mapped[String] = mapped_column(server_default=STANDING)
    reason: Mapped[String]
    details: Mapped[Json]
    recorded_by: Mapped[String]
    recorded_at: Mapped[Moment]
    reversed_at: Mapped[OptionalMoment]
    reversed_by: Mapped[OptionalString]
    reversal_reason: Mapped[OptionalString]
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012
    __table_args__ = (
        one_of("state", (STANDING, REVERSED)),
        CheckConstraint("survivor_id <> merged_id", name="two_people"),
        CheckConstraint(
            "(state = 'reversed') = (reversed_at IS NOT NULL AND reversed_by IS NOT NULL"
            " AND reversal_reason IS NOT NULL)",
            name="reversal_reasoned",
        ),
        in_force("survivor_id", "persons"),
        in_force("merged_id", "persons"),
        Index(
            "uq_merges_standing",
            "force",
            "merged_id",
            unique=True,
            postgresql_where=text("state = 'standing'"),
        ),
        Index("ix_merges_survivor_id", "force", "survivor_id"),
    )
