"""The table of flags: what is overdue or wrong, why, and who must act."""

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
    one_of,
)
from offenders.domain.history import history_of

STATES = ("open", "acknowledged", "suppressed", "cleared")


class Flag(Base):
    """One rule broken by one subject, from when it was raised until its cause was gone."""

    __tablename__ = "flags"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    rule: Mapped[String]
    severity: Mapped[String]
    subject_type: Mapped[String]
    subject_id: Mapped[UUID]
    subject_reference: Mapped[OptionalString]
    person_id: Mapped[UUID | None]
    lpa: Mapped[OptionalString]
    neighbourhood: Mapped[OptionalString]
    owner_officer: Mapped[OptionalString]
    owner_team: Mapped[OptionalString]
    because: Mapped[Json]
    due_at: Mapped[OptionalMoment]
    raised_at: Mapped[Moment]
    state: Mapped[String] = mapped_column(server_default="open")
    acknowledged_at: Mapped[OptionalMoment]
    acknowledged_by: Mapped[OptionalString]
    acknowledged_note: Mapped[OptionalString]
    suppressed_at: Mapped[OptionalMoment]
    suppressed_until: Mapped[OptionalMoment]
    suppressed_by: Mapped[OptionalString]
    suppressed_because: Mapped[OptionalString]
    cleared_at: Mapped[OptionalMoment]
    cleared_because: Mapped[OptionalString]
    version: Mapped[int] = mapped_column(server_default="1")
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012
    __table_args__ = (
        one_of("state", STATES),
        one_of("severity", ["information", "warning", "alert"]),
        CheckConstraint(
            "(state = 'cleared') = (cleared_at IS NOT NULL)", name="cleared_has_moment"
        ),
        CheckConstraint(
            "state <> 'suppressed' OR (suppressed_until IS NOT NULL"
            " AND suppressed_because IS NOT NULL)",
            name="suppressed_has_end_and_reason",
        ),
        CheckConstraint("num_nonnulls(owner_officer, owner_team) = 1", name="one_owner"),
        Index(
            "uq_flags_open",
            "force",
            "rule",
            "subject_id",
            unique=True,
            postgresql_where=text("state <> 'cleared'"),
        ),
        Index("ix_flags_subject", "force", "subject_id"),
        Index(
            "ix_flags_elsewhere",
            "force",
            "id",
            postgresql_where=text(
                "rule = 'wanted-elsewhere' AND subject_type = 'detention' AND state <> 'cleared'"
            ),
        ),
        Index("ix_flags_raised_at", "force", "raised_at", "id"),
        Index(
            "ix_flags_person_id",
            "force",
            "person_id",
            postgresql_where=text("state <> 'cleared'"),
        ),
    )


FLAG_HISTORY = history_of(Flag.__table__)
Index("ix_flags_history_recorded_from", FLAG_HISTORY.c.force, FLAG_HISTORY.c.recorded_from)
Index(
    "ix_flags_history_open",
    FLAG_HISTORY.c.force,
    FLAG_HISTORY.c.recorded_to,
    postgresql_where=text("state <> 'cleared'"),
)
