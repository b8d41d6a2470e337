"""Tables of dip samples: what was drawn, its files, and how each was marked."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from offenders.db import Base
from offenders.domain.columns import (
    ForceKey,
    IdKey,
    Json,
    Moment,
    OptionalString,
    String,
    in_force,
    one_of,
)
from offenders.domain.command.rules import List
from offenders.domain.wanted import models as wanted  # noqa: F401 - keys refer to its tables


class DipSample(Base):
    """One draw of files, of an LPA or the whole force, from what was outstanding at a moment.

    Seed, moment and area make the draw; the populations are how many files each list held then.
    The figures are those by which it was drawn and is judged.
    """

    __tablename__ = "dip_samples"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    reference: Mapped[String]
    lpa: Mapped[OptionalString]
    as_at: Mapped[Moment]
    seed: Mapped[String]
    populations: Mapped[Json]
    figures: Mapped[Json]
    drawn_by: Mapped[String]
    recorded_at: Mapped[Moment]
    version: Mapped[int] = mapped_column(server_default="1")
    __table_args__ = (
        in_force("lpa", "lpas", "code"),
        Index("uq_dip_samples_reference", "force", "reference", unique=True),
        Index("ix_dip_samples_recorded_at", "force", "recorded_at", "id"),
    )


class DipFile(Base):
    """One file of a sample: the want, and the list from which it was drawn."""

    __tablename__ = "dip_files"
    force: Mapped[ForceKey]
    sample_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    list: Mapped[String]
    want_id: Mapped[UUID]
    __table_args__ = (
        one_of("list", List),
        CheckConstraint("position > 0", name="counts_from_one"),
        in_force("sample_id", "dip_samples"),
        in_force("want_id", "wants"),
        Index("uq_dip_files_want", "force", "sample_id", "want_id", unique=True),
        Index("ix_dip_files_want_id", "force", "want_id"),
    )


class DipMark(Base):
    """How one file was marked; the latest mark counts, those before it are kept."""

    __tablename__ = "dip_marks"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    sample_id: Mapped[UUID]
    position: Mapped[int]
    answers: Mapped[Json]
    mark: Mapped[String]
    notes: Mapped[OptionalString]
    marked_by: Mapped[String]
    recorded_at: Mapped[Moment]
    __table_args__ = (
        one_of("mark", ["satisfactory", "unsatisfactory"]),
        ForeignKeyConstraint(
            ["force", "sample_id", "position"],
            ["dip_files.force", "dip_files.sample_id", "dip_files.position"],
        ),
        Index("ix_dip_marks_file", "force", "sample_id", "position", "recorded_at"),
    )
