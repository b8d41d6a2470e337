"""The tables of job runs: every slot and every manual run, with its effect in each force."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from offenders.db import Base
from offenders.domain.columns import (
    ForceKey,
    Moment,
    OptionalMoment,
    OptionalString,
    String,
    one_of,
)


class JobRun(Base):
    """One run of one job; a scheduled slot has at most one row, hence one effect.

    Its counts are those of all its forces. `only_force` is the force that ran it by hand for
    itself. A run that `failed_whole` did nothing in any force, and its error names none.
    """

    __tablename__ = "job_runs"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    job: Mapped[String]
    slot: Mapped[Moment]
    trigger: Mapped[String]
    state: Mapped[String]
    is_dry_run: Mapped[bool] = mapped_column(server_default=text("false"))
    started_at: Mapped[Moment]
    ended_at: Mapped[OptionalMoment]
    raised: Mapped[int] = mapped_column(server_default="0")
    cleared: Mapped[int] = mapped_column(server_default="0")
    error: Mapped[OptionalString]
    requested_by: Mapped[OptionalString]
    only_force: Mapped[OptionalString]
    failed_whole: Mapped[bool] = mapped_column(server_default=text("false"))
    __table_args__ = (
        one_of("trigger", ["scheduled", "manual"]),
        one_of("state", ["succeeded", "partly_failed", "failed"]),
        Index(
            "uq_job_runs_slot",
            "job",
            "slot",
            unique=True,
            postgresql_where=text("trigger = 'scheduled'"),
        ),
        Index("ix_job_runs_started_at", "job", "started_at"),
    )


class JobRunEffect(Base):
    """What a run did in one force, or its fault there; no row where it did nothing."""

    __tablename__ = "job_run_effects"
    force: Mapped[ForceKey]
    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    raised: Mapped[int] = mapped_column(server_default="0")
    cleared: Mapped[int] = mapped_column(server_default="0")
    error: Mapped[OptionalString]
